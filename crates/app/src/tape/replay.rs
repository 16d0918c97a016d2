//! Replaying: a session is run again on a tape, with real tools, and what differs is told.

use super::{
    format::{Performed, Whole},
    play::Player,
};
use crate::Hub;
use futures::StreamExt as _;
use gimlet_ports::{OpenFault, OpenSpec, Sessions as _};
use gimlet_protocol::{CallId, Event, Fact, Op, OpKey, Reply, SessionState, Signal};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

/// What came of a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplayReport {
    /// Requests that were made.
    pub requests: u64,
    /// In the order in which they were found.
    pub differences: Vec<Difference>,
    /// Why the tape was not played to its end, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<String>,
}

/// Something that is not as on the tape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is about.
    pub kind: DifferenceKind,
    /// The request in which it was first seen, from 1.
    pub request: u64,
    /// Where in the request.
    pub place: String,
    /// What the tape has there.
    pub tape: String,
    /// What is there now.
    pub now: String,
    /// True where only digits differ, as in times and process numbers.
    pub numbers_only: bool,
}

/// What a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The system prompt.
    System,
    /// The tools on offer.
    Tools,
    /// Limits, reasoning, the choice of tools.
    Options,
    /// The conversation.
    Message,
    /// A request that the tape has and nobody made.
    NotAsked,
    /// A request that the tape does not have.
    NotOnTape,
    /// A question to the person that came or did not come.
    Question,
}

/// How long nothing may happen.
const SILENCE: Duration = Duration::from_mins(15);
/// How much of a text is shown on each side of a difference.
const AROUND_CHARS: usize = 60;

/// Runs the tape in the hub, which was made from [`Player::launch`].
///
/// # Errors
/// When the session cannot be opened.
pub async fn replay(hub: &Arc<Hub>, player: &Arc<Player>) -> Result<ReplayReport, OpenFault> {
    let head = hub.open(OpenSpec::New { id: None }).await?;
    let cut_short = match hub.follow(head.id.clone(), None).await {
        Ok(events) => {
            let mut stage = Stage {
                hub: Arc::clone(hub),
                player: Arc::clone(player),
                session: head.id,
                due: player.tape().performed.clone().into(),
                asking: BTreeSet::new(),
                rests: true,
                submitted: 0,
            };
            stage.run(events).await.err()
        }
        Err(refusal) => Some(refusal.sentence()),
    };
    Ok(ReplayReport {
        requests: player.begun(),
        differences: player.finish(),
        cut_short,
    })
}

struct Stage {
    hub: Arc<Hub>,
    player: Arc<Player>,
    session: gimlet_protocol::SessionId,
    /// What the person did on the tape and did not do here yet.
    due: VecDeque<Performed>,
    /// Calls that wait for an answer.
    asking: BTreeSet<CallId>,
    rests: bool,
    submitted: u64,
}

impl Stage {
    /// Plays the person's part until the tape is at its end and the session rests.
    async fn run(&mut self, mut events: gimlet_ports::EventStream) -> Result<(), String> {
        loop {
            while let Some(act) = self.next_act()? {
                self.submit(act.op).await?;
            }
            if self.due.is_empty() && self.rests {
                return Ok(());
            }
            let event = tokio::time::timeout(SILENCE, events.next())
                .await
                .map_err(|_| "nothing happened for fifteen minutes".to_owned())?;
            match event {
                Some(event) => self.take(&event).await?,
                None => return Err("the session ended".to_owned()),
            }
        }
    }

    async fn take(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Signal(Signal::State { state }) => {
                self.rests = *state == SessionState::Resting;
            }
            Event::Fact(entry) => {
                if let Fact::Asked(asked) = &entry.fact {
                    self.asking.insert(asked.call.clone());
                    let answers = |act: &Performed| matches!(&act.op, Op::Answer { call, .. } if *call == asked.call);
                    if !self.due.iter().any(answers) {
                        self.unexpected_question(&asked.call).await?;
                    }
                }
            }
            Event::Signal(_) => {}
        }
        Ok(())
    }

    /// The tape's next act, where it is time for it.
    fn next_act(&mut self) -> Result<Option<Performed>, String> {
        // A question that does not come any more must not hold up what follows.
        while self.rests
            && let Some(act) = self.due.front()
            && let Op::Answer { call, .. } = &act.op
            && !self.asking.contains(call)
            && self.player.begun() > 0
        {
            self.player.tell(question(
                self.player.begun(),
                format!("call {call}"),
                "the person was asked",
                "nobody is asked",
            ));
            self.due.pop_front();
        }
        let Some(act) = self.due.front() else {
            return Ok(None);
        };
        let is_due = match &act.op {
            Op::Interrupt => return Err("the person interrupted the turn on the tape".to_owned()),
            Op::Close => true,
            Op::Answer { call, .. } => self.asking.contains(call),
            Op::Steer { .. } | Op::EditQueued { .. } => self.player.begun() >= act.after,
            Op::Prompt { .. } => {
                let begun = self.player.begun();
                begun >= act.after && (self.rests || begun > act.after)
            }
            Op::Configure { .. }
            | Op::Compact { .. }
            | Op::Rewind { .. }
            | Op::Undo { .. }
            | Op::Redo { .. }
            | Op::Revoke { .. }
            | Op::Resume => self.rests || self.player.begun() > act.after,
        };
        Ok(if is_due { self.due.pop_front() } else { None })
    }

    async fn submit(&mut self, op: Op) -> Result<(), String> {
        if matches!(op, Op::Close) {
            return Ok(());
        }
        if let Op::Answer { call, .. } = &op {
            self.asking.remove(call);
        }
        self.submitted += 1;
        self.rests &= !matches!(
            op,
            Op::Prompt { .. } | Op::Steer { .. } | Op::Compact { .. } | Op::Resume
        );
        let key = OpKey(format!("{}:tape:{}", self.session, self.submitted));
        self.hub
            .submit(self.session.clone(), key, op)
            .await
            .map(drop)
            .map_err(|refusal| refusal.sentence())
    }

    async fn unexpected_question(&mut self, call: &CallId) -> Result<(), String> {
        self.player.tell(question(
            self.player.begun(),
            format!("call {call}"),
            "nobody was asked",
            "the person is asked",
        ));
        let reply = Reply::Deny {
            reason: Some("The tape has no answer.".to_owned()),
        };
        let call = call.clone();
        self.submit(Op::Answer { call, reply }).await
    }
}

fn question(request: u64, place: String, tape: &str, now: &str) -> Difference {
    Difference {
        kind: DifferenceKind::Question,
        request,
        place,
        tape: tape.to_owned(),
        now: now.to_owned(),
        numbers_only: false,
    }
}

/// Where two requests differ.
pub(super) fn compare(tape: &Whole, now: &Whole) -> Vec<Difference> {
    let mut found = Vec::new();
    let parts = [
        (DifferenceKind::System, "system", &tape.system, &now.system),
        (DifferenceKind::Tools, "tools", &tape.tools, &now.tools),
        (
            DifferenceKind::Message,
            "messages",
            &tape.messages,
            &now.messages,
        ),
    ];
    for (kind, name, tape, now) in parts {
        for place in 0..tape.len().max(now.len()) {
            let path = format!("{name}/{place}");
            look(kind, &path, tape.get(place), now.get(place), &mut found);
        }
    }
    let options = (Some(&tape.options), Some(&now.options));
    look(
        DifferenceKind::Options,
        "options",
        options.0,
        options.1,
        &mut found,
    );
    found
}

fn look(
    kind: DifferenceKind,
    path: &str,
    tape: Option<&Value>,
    now: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    match (tape, now) {
        _ if tape == now => {}
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for place in 0..one.len().max(other.len()) {
                let path = format!("{path}/{place}");
                look(kind, &path, one.get(place), other.get(place), found);
            }
        }
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let path = format!("{path}/{name}");
                look(kind, &path, one.get(name), other.get(name), found);
            }
        }
        _ => {
            let (one, other) = (shown(tape), shown(now));
            let (tape, now) = around(&one, &other);
            let without =
                |text: &str| -> String { text.chars().filter(|c| !c.is_ascii_digit()).collect() };
            found.push(Difference {
                kind,
                request: 0,
                place: path.to_owned(),
                tape,
                now,
                numbers_only: without(&one) == without(&other),
            });
        }
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Both texts around the first character in which they differ.
fn around(one: &str, other: &str) -> (String, String) {
    let same = one
        .chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other)
        .count();
    let cut = |text: &str| {
        let start = same.saturating_sub(AROUND_CHARS);
        let lead = if start > 0 { "…" } else { "" };
        let part: String = text.chars().skip(start).take(2 * AROUND_CHARS).collect();
        let is_cut = text.chars().nth(start + 2 * AROUND_CHARS).is_some();
        format!("{lead}{part}{}", if is_cut { "…" } else { "" })
    };
    (cut(one), cut(other))
}

/// The start of a text.
pub(super) fn shortened(text: &str) -> String {
    around(text, "").0
}
