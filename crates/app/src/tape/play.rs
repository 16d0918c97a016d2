//! Playing: models that say what the tape has, and compare what they are asked.

use super::{
    Deck, Tape,
    format::{Exchange, Item, Whole},
    places::Places,
    replay::{Difference, DifferenceKind, compare},
};
use crate::{Answers, Launch, models::card};
use futures::{StreamExt as _, stream};
use gimlet_ports::{
    Failure, Model, ModelCard, ModelEnd, ModelItem, ModelRequest, ModelStream, Models, Stop,
};
use gimlet_protocol::{Mode, SessionId};
use serde_json::Value;
use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Plays one tape, once.
pub struct Player {
    tape: Tape,
    playing: Mutex<Playing>,
}

struct Playing {
    places: Places,
    conversations: Vec<Conversation>,
    begun: u64,
    differences: Vec<Difference>,
    /// What comes again in every later request of a conversation is told once.
    told: BTreeSet<(usize, String, String, String)>,
}

struct Conversation {
    /// The session that has it, since its first request.
    live: Option<SessionId>,
    /// The last request on the tape.
    last: Whole,
    exchanges: VecDeque<Exchange>,
}

impl Conversation {
    /// What it begins with, as long as nothing of it was played.
    fn first_message(&self) -> Option<&Value> {
        self.exchanges.front()?.request.messages.first()
    }
}

impl Player {
    /// Puts a tape in.
    pub fn new(tape: Tape) -> Arc<Self> {
        let mut conversations: Vec<Conversation> = Vec::new();
        for exchange in &tape.exchanges {
            let place = exchange.conversation as usize;
            while conversations.len() <= place && conversations.len() <= tape.exchanges.len() {
                conversations.push(Conversation {
                    live: None,
                    last: Whole::default(),
                    exchanges: VecDeque::new(),
                });
            }
            if let Some(conversation) = conversations.get_mut(place) {
                conversation.exchanges.push_back(exchange.clone());
            }
        }
        Arc::new(Self {
            tape,
            playing: Mutex::new(Playing {
                places: Places::default(),
                conversations,
                begun: 0,
                differences: Vec::new(),
                told: BTreeSet::new(),
            }),
        })
    }

    /// How the session on the tape was started, in another launch's folder and environment.
    ///
    /// # Errors
    /// When the tape names a mode that there is none of.
    pub fn launch(self: &Arc<Self>, launch: Launch) -> Result<Launch, String> {
        let head = self.tape.head.clone();
        let mode = Mode::named(&head.mode)
            .ok_or_else(|| format!("the tape names the mode `{}`, which is none", head.mode))?;
        Ok(Launch {
            model: Some(head.model),
            permission_mode: Some(mode),
            allowed_tools: head.allowed_tools,
            disallowed_tools: head.disallowed_tools,
            tools: head.tools,
            system_prompt: head.system_prompt,
            append_system_prompt: head.append_system_prompt,
            max_turns: head.max_turns,
            json_schema: head.json_schema,
            answers: if head.answers {
                Answers::FromClient
            } else {
                Answers::FromNobody
            },
            deck: Deck::Play(Arc::clone(self)),
            ..launch
        })
    }

    pub(super) fn tape(&self) -> &Tape {
        &self.tape
    }

    pub(super) fn opened(&self, places: Places) {
        self.playing().places = places;
    }

    /// How many requests there were.
    pub(super) fn begun(&self) -> u64 {
        self.playing().begun
    }

    pub(super) fn tell(&self, difference: Difference) {
        self.playing().differences.push(difference);
    }

    /// What differed, and what of the tape was never asked for.
    pub(super) fn finish(&self) -> Vec<Difference> {
        let mut playing = self.playing();
        let mut differences = std::mem::take(&mut playing.differences);
        for (place, conversation) in playing.conversations.iter().enumerate() {
            if !conversation.exchanges.is_empty() {
                let left = conversation.exchanges.len();
                differences.push(Difference {
                    kind: DifferenceKind::NotAsked,
                    request: playing.begun,
                    place: format!("conversation {place}"),
                    tape: format!("{left} more requests"),
                    now: "none".to_owned(),
                    numbers_only: false,
                });
            }
        }
        differences
    }

    fn playing(&self) -> MutexGuard<'_, Playing> {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reply on the tape, after the request was compared with the tape's.
    fn answer(&self, request: &ModelRequest) -> Vec<Item> {
        let mut playing = self.playing();
        playing.begun += 1;
        let number = playing.begun;
        let mut asked = match Whole::of(request) {
            Ok(asked) => asked,
            Err(error) => return vec![refusal(&error.to_string())],
        };
        asked.settle(&playing.places);
        let Some(place) = playing.conversation_of(&request.session, &asked) else {
            playing.extra(number, &asked);
            return vec![refusal("the tape has no such conversation")];
        };
        let Some((expected, reply)) = playing.next_of(place) else {
            playing.extra(number, &asked);
            return vec![refusal("the tape has no further reply")];
        };
        for found in compare(&expected, &asked) {
            let known = (
                place,
                found.place.clone(),
                found.tape.clone(),
                found.now.clone(),
            );
            if playing.told.insert(known) {
                playing.differences.push(Difference {
                    request: number,
                    ..found
                });
            }
        }
        reply
            .into_iter()
            .map(|item| playing.here(item))
            .collect::<Result<_, _>>()
            .unwrap_or_else(|error| vec![refusal(&error.to_string())])
    }
}

impl Playing {
    /// Where the tape has a live session's conversation.
    fn conversation_of(&mut self, session: &SessionId, asked: &Whole) -> Option<usize> {
        let is_theirs = |one: &Conversation| one.live.as_ref() == Some(session);
        if let Some(place) = self.conversations.iter().position(is_theirs) {
            return Some(place);
        }
        let first = asked.messages.first();
        let free = |one: &Conversation| one.live.is_none();
        let alike = |one: &Conversation| free(one) && one.first_message() == first;
        let place = self
            .conversations
            .iter()
            .position(alike)
            .or_else(|| self.conversations.iter().position(free))?;
        self.conversations.get_mut(place)?.live = Some(session.clone());
        Some(place)
    }

    fn next_of(&mut self, place: usize) -> Option<(Whole, Vec<Item>)> {
        let conversation = self.conversations.get_mut(place)?;
        let exchange = conversation.exchanges.pop_front()?;
        conversation.last = conversation.last.followed_by(&exchange.request);
        Some((conversation.last.clone(), exchange.reply))
    }

    fn extra(&mut self, number: u64, asked: &Whole) {
        let last = asked.messages.last().map(Value::to_string);
        self.differences.push(Difference {
            kind: DifferenceKind::NotOnTape,
            request: number,
            place: "the whole request".to_owned(),
            tape: "none".to_owned(),
            now: super::replay::shortened(&last.unwrap_or_default()),
            numbers_only: false,
        });
    }

    /// The item with what the tape's names stand for here.
    fn here(&self, item: Item) -> serde_json::Result<Item> {
        let mut value = serde_json::to_value(item)?;
        self.places.resolved(&mut value);
        serde_json::from_str(&value.to_string())
    }
}

fn refusal(text: &str) -> Item {
    Item::Failed {
        class: Failure::Rejected.name().to_owned(),
        text: text.to_owned(),
        status: None,
    }
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player")
            .field("model", &self.tape.head.model)
            .finish_non_exhaustive()
    }
}

/// All models are the tape's.
pub(super) struct Played(pub(super) Arc<Player>);

impl Models for Played {
    fn model(&self, name: &str) -> Result<Arc<dyn Model>, String> {
        Ok(Arc::new(PlayedModel {
            card: card(name),
            player: Arc::clone(&self.0),
        }))
    }
}

struct PlayedModel {
    card: ModelCard,
    player: Arc<Player>,
}

impl Model for PlayedModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn stream(&self, request: ModelRequest, _stop: Stop) -> ModelStream {
        let mut index = 0;
        let items: Vec<Option<ModelItem>> = self
            .player
            .answer(&request)
            .into_iter()
            .map(|item| item.said(&mut index))
            .collect();
        let is_stopped = items.iter().any(Option::is_none);
        let said = stream::iter(items.into_iter().flatten());
        if is_stopped {
            said.chain(stream::pending()).boxed()
        } else {
            let ended = stream::iter([ModelItem::End(ModelEnd::Complete)]);
            said.chain(ended).take_while(until_end()).boxed()
        }
    }
}

/// Lets everything through up to the first end, with it.
fn until_end() -> impl FnMut(&ModelItem) -> std::future::Ready<bool> {
    let mut has_ended = false;
    move |item| {
        let goes_on = !has_ended;
        has_ended |= matches!(item, ModelItem::End(_));
        std::future::ready(goes_on)
    }
}
