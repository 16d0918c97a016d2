//! Acts the person of a scene out on a stage, also when the stage breaks down on the way.

use super::{
    Act, Scene, Step,
    crew::first_id,
    person::{Seen, TurnEnd},
    told,
};
use futures::{FutureExt as _, StreamExt as _};
use gimlet_ports::{EventStream, ModelRequest, OpenSpec, SessionHead, Sessions};
use gimlet_protocol::{
    Block, CallId, Change, Entry, EntryId, Event, Fact, Op, OpKey, QueueLane, Refusal, Reply,
    ReturnedHow, SessionId,
};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

/// Where a scene is played.
pub trait Stage {
    /// The folder that the session works in.
    fn root(&self) -> &Path;

    /// Begins what one process would: makes its sessions.
    ///
    /// # Errors
    /// When they cannot be made, in a sentence.
    fn sessions(&self) -> Result<Arc<dyn Sessions>, String>;

    /// True once for each crash that the stage itself brought about.
    fn take_crash(&self) -> bool;

    /// Every request that a model received, where the stage can tell.
    fn requests(&self) -> Option<Vec<ModelRequest>>;
}

/// What a step waits for at most. A scene that needs longer hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Every scene's session.
pub const SESSION: &str = "00000000-0000-7000-8000-000000000001";

/// Plays a scene to its end and returns the facts.
///
/// # Errors
/// With the file and line of the step that went wrong, and why.
pub async fn play(scene: &Scene, stage: &dyn Stage) -> Result<Vec<Entry>, String> {
    let spec = OpenSpec::New {
        id: Some(SessionId::new(SESSION)),
    };
    let mut person = Person::enter(stage, spec).await?;
    person
        .play(scene, &scene.steps.iter().collect::<Vec<_>>())
        .await?;
    Ok(person.leave().await)
}

/// Goes on with a scene in another process after the first one was killed.
///
/// # Errors
/// With the file and line of the step that went wrong, and why.
pub async fn go_on(scene: &Scene, stage: &dyn Stage) -> Result<Vec<Entry>, String> {
    let spec = OpenSpec::Earlier {
        name: SESSION.to_owned(),
    };
    let mut person = Person::enter(stage, spec).await?;
    // Operations are told by their keys; only answers have to be counted.
    let answered = person
        .seen
        .answers()
        .into_keys()
        .filter(|call| first_id(call) == **call)
        .count();
    person.crashes = 1;
    person
        .pick_up(person.seen.last())
        .await
        .map_err(Halt::text)?;
    let (mut asks, mut answers) = (0, 0);
    let left = scene.steps.iter().filter(|step| match &step.act {
        Act::Asks(_) => later(&mut asks, answered),
        Act::Answer(_) => later(&mut answers, answered),
        _ => true,
    });
    person.play(scene, &left.collect::<Vec<_>>()).await?;
    Ok(person.leave().await)
}

/// Counts on; true when the count is past what was done already.
fn later(count: &mut usize, done: usize) -> bool {
    *count += 1;
    *count > done
}

enum Halt {
    /// The session is gone.
    Gone,
    /// Something is not as the scene says.
    Wrong(String),
}

impl Halt {
    fn text(self) -> String {
        match self {
            Self::Gone => "the session is gone".to_owned(),
            Self::Wrong(text) => text,
        }
    }
}

struct Person<'a> {
    stage: &'a dyn Stage,
    sessions: Arc<dyn Sessions>,
    head: SessionHead,
    events: EventStream,
    seen: Seen,
    crashes: usize,
    /// Which question each line answers.
    answering: BTreeMap<usize, CallId>,
    /// The operation that queued a prompt last.
    queued: Option<(OpKey, QueueLane)>,
}

impl<'a> Person<'a> {
    async fn enter(stage: &'a dyn Stage, spec: OpenSpec) -> Result<Self, String> {
        let sessions = stage.sessions()?;
        let head = sessions
            .open(spec)
            .await
            .map_err(|fault| format!("{fault:?}"))?;
        let events = sessions.follow(head.id.clone(), None).await;
        let events = events
            .map_err(|refusal| format!("{refusal:?}"))?
            .fuse()
            .boxed();
        let seen = Seen::new();
        let answering = BTreeMap::new();
        let mut person = Self {
            stage,
            sessions,
            head,
            events,
            seen,
            crashes: 0,
            answering,
            queued: None,
        };
        let last = person.head.last;
        person.catch_up(last).await.map_err(Halt::text)?;
        Ok(person)
    }

    async fn play(&mut self, scene: &Scene, steps: &[&Step]) -> Result<(), String> {
        for step in steps {
            loop {
                match self.step(step).await {
                    Ok(()) => break,
                    Err(Halt::Gone) if self.stage.take_crash() => {
                        self.recover()
                            .await
                            .map_err(|halt| self.report(scene, step, halt))?;
                    }
                    Err(halt) => return Err(self.report(scene, step, halt)),
                }
            }
        }
        Ok(())
    }

    fn report(&self, scene: &Scene, step: &Step, halt: Halt) -> String {
        let facts = super::redacted_facts(&self.seen.entries, &Vec::new());
        format!(
            "{}:{}: {}\nafter these facts:\n{facts}",
            scene.path,
            step.number,
            halt.text()
        )
    }

    async fn leave(self) -> Vec<Entry> {
        self.sessions.close_all().await;
        self.seen.entries
    }

    /// The process is gone: another one takes the session over, as a person would do it.
    async fn recover(&mut self) -> Result<(), Halt> {
        self.crashes += 1;
        self.sessions = self.stage.sessions().map_err(Halt::Wrong)?;
        let name = self.head.id.to_string();
        let head = self.sessions.open(OpenSpec::Earlier { name }).await;
        self.head = head.map_err(|fault| Halt::Wrong(format!("{fault:?}")))?;
        let after = self.seen.last();
        let events = self.sessions.follow(self.head.id.clone(), after).await;
        let events = events.map_err(|refusal| Halt::Wrong(format!("{refusal:?}")))?;
        self.events = events.fuse().boxed();
        self.seen.begin_again();
        self.pick_up(after).await
    }

    /// Resumes what was cut short; ends again what the person had ended.
    async fn pick_up(&mut self, after: Option<EntryId>) -> Result<(), Halt> {
        if self.head.last != after {
            self.catch_up(self.head.last).await?;
        }
        // What the log tells of the past is no promise of the new process.
        self.seen.begin_again();
        let key = OpKey(format!(
            "pick-up-{}",
            self.head.last.map_or(0, |last| last.0)
        ));
        let op = match (self.seen.turn(), self.head.unfinished) {
            (TurnEnd::Interrupted | TurnEnd::Faulted, _) if !self.seen.open_calls().is_empty() => {
                Op::Interrupt
            }
            (TurnEnd::Open, true) => Op::Resume,
            _ => return Ok(()),
        };
        self.submit(key, op).await
    }

    async fn catch_up(&mut self, last: Option<EntryId>) -> Result<(), Halt> {
        while self.seen.last() < last {
            self.next().await?;
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<(), Halt> {
        match tokio::time::timeout(PATIENCE, self.events.next()).await {
            Ok(Some(event)) => {
                self.seen.take(event);
                Ok(())
            }
            Ok(None) => Err(Halt::Gone),
            Err(_) => Err(Halt::Wrong(format!(
                "nothing came for {} s; {}",
                PATIENCE.as_secs(),
                self.seen.standing()
            ))),
        }
    }

    /// Takes in what is there already.
    fn glance(&mut self) {
        while let Some(Some(event)) = self.events.next().now_or_never() {
            let event: Event = event;
            self.seen.take(event);
        }
    }

    async fn submit(&mut self, key: OpKey, op: Op) -> Result<(), Halt> {
        let submitted = self.sessions.submit(self.head.id.clone(), key, op).await;
        match submitted {
            Ok(_) => {
                self.glance();
                Ok(())
            }
            Err(Refusal::NoSession { .. }) => {
                // What was shown before the end still counts.
                self.glance();
                Err(Halt::Gone)
            }
            Err(refusal) => Err(Halt::Wrong(format!("{refusal:?}"))),
        }
    }

    /// Waits until the facts tell; on the way gives the same answer to the same question
    /// about a call that had to be made again.
    async fn wait<T>(&mut self, told: impl Fn(&Seen) -> Option<T>) -> Result<T, Halt> {
        loop {
            if let Some(told) = told(&self.seen) {
                return Ok(told);
            }
            match self.seen.known_answer() {
                Some((call, reply)) => self.answer_again(call, reply).await?,
                None => self.next().await?,
            }
        }
    }

    async fn answer_again(&mut self, call: CallId, reply: Reply) -> Result<(), Halt> {
        let key = OpKey(format!("answer-{call}"));
        self.submit(key, Op::Answer { call, reply }).await
    }

    async fn step(&mut self, step: &Step) -> Result<(), Halt> {
        let key = OpKey(format!("line-{}", step.number));
        match &step.act {
            Act::Prompt(text) => {
                self.queued = Some((key.clone(), QueueLane::FollowUp));
                self.submit(
                    key,
                    Op::Prompt {
                        content: vec![Block::text(text)],
                    },
                )
                .await
            }
            Act::Steer(text) => {
                self.queued = Some((key.clone(), QueueLane::Steer));
                self.submit(
                    key,
                    Op::Steer {
                        content: vec![Block::text(text)],
                    },
                )
                .await
            }
            Act::EditQueued(text) => self.edit_queued(key, text).await,
            Act::Answer(reply) => self.answer(step.number, key, reply).await,
            Act::Interrupt => self.submit(key, Op::Interrupt).await,
            Act::Mode(mode) => self.configure(key, Change::Mode { mode: *mode }).await,
            Act::Write(name, bytes) => write_file(&self.stage.root().join(name), bytes),
            Act::Asks(text) => self.sees_question(text).await,
            Act::Runs(call) => {
                self.wait(|seen| {
                    let call = seen.current(call);
                    (seen.runs(&call) || seen.end_of(&call).is_some()).then_some(())
                })
                .await
            }
            Act::Speaks(text) => {
                let spoken = |seen: &Seen| {
                    let over = seen.turn() == TurnEnd::Interrupted;
                    (seen.speaking.contains(text.as_str()) || over).then_some(())
                };
                self.wait(spoken).await
            }
            Act::Returns(call, how, text) => self.sees_end(call, Some(*how), text).await,
            Act::Refused(call, text) => self.sees_end(call, None, text).await,
            Act::Faults(class, text) => self.sees_fault(class, text).await,
            Act::Rests => self.wait(|seen| seen.rests().then_some(())).await,
            Act::Finds(name, expected) => self.finds(name, expected.as_deref()),
            Act::Requests(count) => self.counts(*count),
            Act::Hears(text) => self.hears(text),
        }
    }

    async fn edit_queued(&mut self, key: OpKey, text: &str) -> Result<(), Halt> {
        let Some((queued, lane)) = self.queued.clone() else {
            return Err(Halt::Wrong("nothing was queued".to_owned()));
        };
        let content = if text.is_empty() {
            Vec::new()
        } else {
            vec![Block::text(text)]
        };
        let done = self.seen.entries.iter().any(|entry| match &entry.fact {
            Fact::Withdrawn(withdrawn) => *withdrawn == queued,
            Fact::Queued(item) => item.incoming.key == queued && item.incoming.content == content,
            _ => false,
        });
        if done && self.crashes > 0 {
            return Ok(());
        }
        self.submit(
            key,
            Op::EditQueued {
                queued,
                content,
                lane,
            },
        )
        .await
    }

    async fn configure(&mut self, key: OpKey, change: Change) -> Result<(), Halt> {
        let last = self
            .seen
            .entries
            .iter()
            .rev()
            .find_map(|entry| match &entry.fact {
                Fact::Configured(change) => Some(change),
                _ => None,
            });
        if self.crashes > 0 && last == Some(&change) {
            return Ok(());
        }
        self.submit(key, Op::Configure { change }).await
    }

    async fn sees_question(&mut self, text: &str) -> Result<(), Halt> {
        let told = self
            .wait(|seen| match seen.new_question() {
                Some((_, question)) => Some(Some(told::question(question))),
                None if seen.rests() => Some(None),
                None => None,
            })
            .await?;
        match told {
            Some(told) => contains(&told, text, "the question"),
            None => Err(Halt::Wrong("the turn ended without a question".to_owned())),
        }
    }

    async fn answer(&mut self, line: usize, key: OpKey, reply: &Reply) -> Result<(), Halt> {
        let call = match self.answering.get(&line) {
            Some(call) => call.clone(),
            None => match self.seen.new_question() {
                Some((call, _)) => call.clone(),
                None => return Err(Halt::Wrong("no question is open".to_owned())),
            },
        };
        self.answering.insert(line, call.clone());
        // Written before the crash: the answer's key is not in the log.
        if self.seen.answers().contains_key(&call) {
            return Ok(());
        }
        self.submit(
            key,
            Op::Answer {
                call,
                reply: reply.clone(),
            },
        )
        .await
    }

    async fn sees_end(
        &mut self,
        call: &CallId,
        how: Option<ReturnedHow>,
        text: &str,
    ) -> Result<(), Halt> {
        let end = self.wait(|seen| seen.end_of(&seen.current(call))).await?;
        if end.how != how {
            return Err(Halt::Wrong(format!(
                "{} ended as {:?} and not as {how:?}: {}",
                end.call, end.how, end.text
            )));
        }
        contains(&end.text, text, "the result")
    }

    async fn sees_fault(&mut self, class: &str, text: &str) -> Result<(), Halt> {
        let last = |seen: &Seen| {
            let fault = seen
                .entries
                .iter()
                .rev()
                .find_map(|entry| match &entry.fact {
                    Fact::Faulted(fault) => Some(fault.clone()),
                    _ => None,
                });
            if fault.is_none() && seen.rests() {
                Some(None)
            } else {
                fault.map(Some)
            }
        };
        let Some(fault) = self.wait(last).await? else {
            return Err(Halt::Wrong("the turn ended without a fault".to_owned()));
        };
        let (found, told) = told::fault(&fault);
        if found != class {
            return Err(Halt::Wrong(format!(
                "the fault is of class {found}: {told}"
            )));
        }
        contains(told, text, "the fault")
    }

    fn finds(&self, name: &str, expected: Option<&[u8]>) -> Result<(), Halt> {
        let found = fs::read(self.stage.root().join(name)).ok();
        if found.as_deref() == expected {
            return Ok(());
        }
        let shown =
            |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let (found, expected) = (shown(found.as_deref()), shown(expected));
        Err(Halt::Wrong(format!(
            "{name} is {found:?} and not {expected:?}"
        )))
    }

    fn counts(&mut self, count: usize) -> Result<(), Halt> {
        self.glance();
        let made = self
            .seen
            .entries
            .iter()
            .filter(|entry| matches!(entry.fact, Fact::Spent(_)))
            .count();
        // A crash makes requests of its own.
        if made == count || (self.crashes > 0 && made >= count) {
            return Ok(());
        }
        Err(Halt::Wrong(format!(
            "{made} requests were made and not {count}"
        )))
    }

    fn hears(&self, text: &str) -> Result<(), Halt> {
        let Some(requests) = self.stage.requests() else {
            return Ok(());
        };
        let Some(request) = requests.last() else {
            return Err(Halt::Wrong("no request was made".to_owned()));
        };
        // A call that is made again puts its round between.
        let from = if self.crashes > 0 {
            0
        } else {
            request.messages.len().saturating_sub(1)
        };
        let heard = request
            .messages
            .iter()
            .skip(from)
            .map(|message| told::blocks(&message.blocks));
        contains(
            &heard.collect::<Vec<_>>().join("\n"),
            text,
            "what the model heard",
        )
    }
}

fn contains(told: &str, wanted: &str, what: &str) -> Result<(), Halt> {
    if told.contains(wanted) {
        return Ok(());
    }
    Err(Halt::Wrong(format!(
        "{what} has no {wanted:?}, but is: {told}"
    )))
}

/// Writes a file and the folders that it needs.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Halt> {
    put(path, bytes).map_err(|error| Halt::Wrong(format!("{}: {error}", path.display())))
}

/// Writes a file and the folders that it needs.
///
/// # Errors
/// When the system says no.
pub fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}
