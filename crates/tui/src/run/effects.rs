//! What the client asked for, under way.

use super::Pending;
use crate::{
    client::{Client, Done, Effect},
    place::{Place, Report},
    state::Tone,
    strings,
};
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture};
use gimlet_ports::{EventStream, OpenFault, OpenSpec, Sessions};
use gimlet_protocol::{Op, OpKey, SessionId};
use std::sync::Arc;

/// What came of an effect.
pub(crate) enum Came {
    /// The client is told.
    Told(Done),
    /// A session was opened, with its events.
    Opened(Box<gimlet_ports::SessionHead>, EventStream),
    /// The events of a worker.
    Follows(SessionId, EventStream),
    /// Nothing is to be told.
    Nothing,
}

/// What is under way.
pub(crate) struct Jobs {
    sessions: Arc<dyn Sessions>,
    place: Arc<dyn Place>,
    pending: Pending,
    feeds: Vec<(SessionId, EventStream)>,
    /// Operations go one after the other, in the order in which they were asked for.
    operations: std::collections::VecDeque<(SessionId, OpKey, Op)>,
    operating: bool,
}

impl Jobs {
    pub(super) fn new(sessions: Arc<dyn Sessions>, place: Arc<dyn Place>) -> Self {
        Self {
            sessions,
            place,
            pending: Pending::new(),
            feeds: Vec::new(),
            operations: std::collections::VecDeque::new(),
            operating: false,
        }
    }

    /// Waits for the next end of something; for ever where nothing is under way.
    pub(super) async fn next(&mut self) -> Done {
        loop {
            let Some(came) = self.pending.next().await else {
                return std::future::pending().await;
            };
            match came {
                Came::Nothing => {}
                Came::Told(done) => {
                    if matches!(done, Done::Submitted(..)) {
                        self.operating = false;
                        self.operate();
                    }
                    return done;
                }
                Came::Follows(session, events) => self.feeds.push((session, events)),
                Came::Opened(head, events) => {
                    self.feeds.push((head.id.clone(), events));
                    return Done::Opened(head);
                }
            }
        }
    }

    /// Streams that are to be followed.
    pub(super) fn take_feeds(&mut self) -> Vec<(SessionId, EventStream)> {
        std::mem::take(&mut self.feeds)
    }

    /// Opens a session.
    pub(super) fn open(&mut self, spec: OpenSpec) {
        let sessions = Arc::clone(&self.sessions);
        self.push(async move {
            let head = match sessions.open(spec).await {
                Ok(head) => head,
                Err(fault) => {
                    let (OpenFault::User { text, hint }
                    | OpenFault::Config { text, hint }
                    | OpenFault::Environment { text, hint }) = fault;
                    return Came::Told(Done::NotOpened(text, hint));
                }
            };
            match sessions.follow(head.id.clone(), None).await {
                Ok(events) => Came::Opened(Box::new(head), events),
                Err(refusal) => Came::Told(Done::NotOpened(refusal.sentence(), None)),
            }
        });
        let place = Arc::clone(&self.place);
        self.push(async move { Came::Told(Done::Branch(place.branch())) });
    }

    fn push(&mut self, job: impl Future<Output = Came> + Send + 'static) {
        let job: BoxFuture<'static, Came> = job.boxed();
        self.pending.push(job);
    }

    fn operate(&mut self) {
        if self.operating {
            return;
        }
        let Some((session, key, op)) = self.operations.pop_front() else {
            return;
        };
        self.operating = true;
        let sessions = Arc::clone(&self.sessions);
        self.push(async move {
            let refusal = sessions.submit(session, key, op.clone()).await.err();
            Came::Told(Done::Submitted(op, refusal))
        });
    }

    /// Begins what does not need the terminal.
    pub(super) fn begin(&mut self, effect: Effect) {
        let sessions = Arc::clone(&self.sessions);
        let place = Arc::clone(&self.place);
        match effect {
            Effect::Submit(session, key, op) => {
                self.operations.push_back((session, key, op));
                self.operate();
            }
            Effect::Open(spec) => self.open(spec),
            Effect::Follow(worker) => self.push(async move {
                match sessions.follow(worker.clone(), None).await {
                    Ok(events) => Came::Follows(worker, events),
                    // A worker of an earlier run has ended with it.
                    Err(_) => Came::Nothing,
                }
            }),
            Effect::ListSessions => self.push(async move {
                Came::Told(match sessions.list().await {
                    Ok(rows) => Done::Sessions(rows),
                    Err(fault) => {
                        let (OpenFault::User { text, .. }
                        | OpenFault::Config { text, .. }
                        | OpenFault::Environment { text, .. }) = fault;
                        Done::Told(Tone::Warning, text)
                    }
                })
            }),
            Effect::ListModels => {
                self.push(async move { Came::Told(Done::Models(sessions.models().await)) });
            }
            Effect::ListFiles => self.push(async move {
                Came::Told(Done::Files(place.files(Client::most_files()).await))
            }),
            Effect::Timeline(session) => self.push(async move {
                Came::Told(match sessions.timeline(session).await {
                    Ok(timeline) => Done::Timeline(timeline),
                    Err(refusal) => Done::Told(Tone::Warning, strings::refusal(&refusal)),
                })
            }),
            Effect::Preview(session, point) => self.push(async move {
                let Some(wish) = point.wish() else {
                    return Came::Nothing;
                };
                let preview = sessions.preview(session, wish).await;
                Came::Told(Done::Preview(point, preview))
            }),
            Effect::Difference(session, what) => self.push(async move {
                Came::Told(match sessions.diff(session, what).await {
                    Ok(files) => Done::Difference(files),
                    Err(refusal) => Done::Told(Tone::Warning, strings::refusal(&refusal)),
                })
            }),
            Effect::Report(report) => {
                self.push(
                    async move { Came::Told(Done::Report(report, place.report(report).await)) },
                );
                if report == Report::Changes {
                    let place = Arc::clone(&self.place);
                    self.push(async move { Came::Told(Done::Branch(place.branch())) });
                }
            }
            Effect::Shell(command) => self.push(async move {
                let end = place.shell(command.clone()).await;
                Came::Told(Done::Shell(command, end.output, end.code))
            }),
            Effect::Remember(note) => self.push(async move {
                Came::Told(match place.remember(note).await {
                    Ok(file) => Done::Told(Tone::Quiet, strings::noted_in(&file)),
                    Err(why) => Done::Told(Tone::Warning, why),
                })
            }),
            Effect::Save(name, text) => self.push(async move {
                Came::Told(match place.save(&name, &text) {
                    Ok(path) => Done::Told(Tone::Quiet, strings::saved_in(&path)),
                    Err(why) => Done::Told(Tone::Warning, why),
                })
            }),
            Effect::Sent(entry) => self.place.sent(&entry),
            Effect::SaveKeys(text) => {
                let told = match self.place.save_keys(&text) {
                    Ok(path) => Done::Told(Tone::Quiet, strings::saved_in(&path)),
                    Err(fault) => Done::Told(Tone::Warning, fault),
                };
                self.push(async move { Came::Told(told) });
            }
            Effect::Note(name, value) => self.place.note(name, &value),
            // These need the terminal.
            Effect::Edit(..)
            | Effect::Copy(_)
            | Effect::Notify(_)
            | Effect::Suspend
            | Effect::Layout(_)
            | Effect::Redraw
            | Effect::Leave => {}
        }
    }
}
