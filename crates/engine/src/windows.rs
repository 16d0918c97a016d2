//! Windows: what calls change on the disk, taken around them, and taking it back.

use crate::{
    driver::Driver,
    inbox::{Working, log_refusal, not_now},
    step::{Step, next_step},
};
use gimlet_ports::{AnyTool, LogFault, Restore, Scene, Snapshots, Window};
use gimlet_protocol::{
    Accepted, Access, Call, EntryId, Fact, FileChange, NoteKind, Noted, Op, OpKey, Refusal,
    RestoreWish, RewindScope, SessionState, Snapshot, SnapshotOf, TaskId, UndoWhat,
};
use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};
use tokio::sync::oneshot;

/// Paths that the model is told of after files were restored.
const MOST_TOLD: usize = 40;

/// An operation on files that waits until the session rests.
pub(crate) struct Restoring {
    restore: Restore,
    /// Where the conversation goes afterwards.
    rewind_to: Option<EntryId>,
    accepted: Accepted,
    answer: oneshot::Sender<Result<Accepted, Refusal>>,
}

/// True for operations that change files.
pub(crate) fn changes_files(op: &Op) -> bool {
    match op {
        Op::Undo { .. } | Op::Redo { .. } => true,
        Op::Rewind { scope, .. } => *scope != RewindScope::Conversation,
        Op::Prompt { .. }
        | Op::Steer { .. }
        | Op::EditQueued { .. }
        | Op::Answer { .. }
        | Op::Interrupt
        | Op::Configure { .. }
        | Op::Compact { .. }
        | Op::Revoke { .. }
        | Op::Resume
        | Op::Close => false,
    }
}

impl Driver {
    /// The window of a call that may write.
    pub(crate) fn window_of(
        &mut self,
        tool: &dyn AnyTool,
        call: &Call,
        scene: &Scene,
    ) -> Option<(Arc<dyn Snapshots>, Window)> {
        let snapshots = self.parts.snapshots.clone()?;
        // A plan that fails now fails when the call runs, too: before it touches anything.
        let accesses = tool.plan(&call.input, scene).ok()?.accesses;
        if !accesses.iter().any(may_write) {
            return None;
        }
        self.windows.insert(call.id.clone());
        let window = Window {
            call: call.id.clone(),
            accesses,
            tasks: self.tasks_about(),
        };
        Some((snapshots, window))
    }

    /// Closes the windows of calls that did not come to their end.
    pub(crate) async fn close_windows(&mut self) -> Result<(), LogFault> {
        let Some(snapshots) = self.parts.snapshots.clone() else {
            return Ok(());
        };
        for call in std::mem::take(&mut self.windows) {
            if let Some(snapshot) = snapshots.close(&call).await {
                self.record(vec![Fact::Snapshot(Box::new(snapshot))])?;
            }
        }
        Ok(())
    }

    /// Takes the change sets of calls that ran when an earlier process of the session died.
    pub(crate) async fn take_leftovers(&mut self) -> Result<(), LogFault> {
        let Some(snapshots) = self.parts.snapshots.clone() else {
            return Ok(());
        };
        let facts: Vec<Fact> = snapshots
            .leftovers()
            .await
            .into_iter()
            .map(|snapshot| Fact::Snapshot(Box::new(snapshot)))
            .collect();
        if facts.is_empty() {
            return Ok(());
        }
        self.record(facts)?;
        self.parts.log.sync()?;
        snapshots.settled().await;
        Ok(())
    }

    /// At rest: what background tasks changed, and that everything told so far is in the log.
    pub(crate) async fn settle_windows(&mut self) -> Result<(), LogFault> {
        let Some(snapshots) = self.parts.snapshots.clone() else {
            return Ok(());
        };
        let tasks = self.tasks_about();
        if !tasks.is_empty()
            && let Some(snapshot) = snapshots.meanwhile(tasks).await
        {
            self.record(vec![Fact::Snapshot(Box::new(snapshot))])?;
        }
        snapshots.settled().await;
        Ok(())
    }

    /// The background tasks that run, and those that did when this was last asked.
    fn tasks_about(&mut self) -> Vec<TaskId> {
        let tasks = &self.index.desk().tasks;
        let running: BTreeSet<TaskId> = tasks
            .iter()
            .filter(|(_, task)| task.ended.is_none())
            .map(|(id, _)| id.clone())
            .collect();
        let before = std::mem::replace(&mut self.tasks_before, running.clone());
        running.union(&before).cloned().collect()
    }

    /// Takes an operation on files; it is carried out, and answered, when the loop comes round.
    pub(crate) fn ask_to_restore(
        &mut self,
        key: OpKey,
        op: Op,
        working: Working,
        answer: oneshot::Sender<Result<Accepted, Refusal>>,
    ) -> Result<(), (Refusal, oneshot::Sender<Result<Accepted, Refusal>>)> {
        let busy = !self.held && next_step(&self.index, &self.live) != Step::Rest;
        if working == Working::Yes || busy || self.restoring.is_some() {
            return Err((not_now("a turn is running; interrupt it first"), answer));
        }
        if self.parts.snapshots.is_none() {
            return Err((not_now("no snapshots are taken in this session"), answer));
        }
        let (wish, conflicts, rewind_to) = match op {
            Op::Undo { what, conflicts } => (RestoreWish::Undo { what }, conflicts, None),
            Op::Redo { conflicts } => (RestoreWish::Redo, conflicts, None),
            Op::Rewind {
                to,
                scope,
                conflicts,
            } => {
                if self.index.last().is_none_or(|last| to >= last) {
                    let why = "that entry is not earlier than the last one";
                    return Err((not_now(why), answer));
                }
                let what = UndoWhat::Since { entry: to };
                let both = (scope == RewindScope::Both).then_some(to);
                (RestoreWish::Undo { what }, conflicts, both)
            }
            Op::Prompt { .. }
            | Op::Steer { .. }
            | Op::EditQueued { .. }
            | Op::Answer { .. }
            | Op::Interrupt
            | Op::Configure { .. }
            | Op::Compact { .. }
            | Op::Revoke { .. }
            | Op::Resume
            | Op::Close => return Err((not_now("that changes no files"), answer)),
        };
        self.restoring = Some(Restoring {
            accepted: Accepted {
                key: key.clone(),
                after: self.index.last(),
            },
            restore: Restore {
                key,
                wish,
                conflicts,
            },
            rewind_to,
            answer,
        });
        Ok(())
    }

    /// Carries out an operation on files.
    pub(crate) async fn restore(&mut self, restoring: Restoring) -> Result<(), LogFault> {
        self.enter(SessionState::Running);
        let Restoring {
            restore,
            rewind_to,
            accepted,
            answer,
        } = restoring;
        let key = restore.key.clone();
        let outcome = self.restored(restore, rewind_to).await;
        if outcome.is_ok() {
            self.taken.insert(key);
        }
        // A client that no longer waits for the answer has still asked.
        drop(answer.send(outcome.map(|()| accepted)));
        Ok(())
    }

    async fn restored(
        &mut self,
        restore: Restore,
        rewind_to: Option<EntryId>,
    ) -> Result<(), Refusal> {
        let Some(snapshots) = self.parts.snapshots.clone() else {
            return Err(not_now("no snapshots are taken in this session"));
        };
        let key = restore.key.clone();
        let log = self
            .parts
            .log
            .read(None)
            .map_err(|fault| log_refusal(&fault))?;
        let log = log.filter_map(Result::ok).collect();
        let snapshot = snapshots.restore(log, restore).await?;
        if tells(&snapshot) {
            let tell = rewind_to.is_none() && snapshot.total > 0;
            let told = tell.then(|| Fact::Noted(told_of_restored(&snapshot)));
            let facts = std::iter::once(Fact::Snapshot(Box::new(snapshot)));
            let facts = facts.chain(told).collect();
            self.record(facts).map_err(|fault| log_refusal(&fault))?;
            self.parts.log.sync().map_err(|fault| log_refusal(&fault))?;
        }
        snapshots.settled().await;
        match rewind_to {
            Some(to) => self.rewind(&key, to, Working::No),
            None => Ok(()),
        }
    }
}

/// False for a restore that found nothing to take back.
fn tells(snapshot: &Snapshot) -> bool {
    snapshot.total > 0
        || match &snapshot.of {
            SnapshotOf::Undo { undone, .. } => !undone.is_empty(),
            SnapshotOf::Redo { .. } | SnapshotOf::Call { .. } | SnapshotOf::Background { .. } => {
                true
            }
        }
}

fn may_write(access: &Access) -> bool {
    match access {
        Access::Write { .. } | Access::Run { .. } => true,
        Access::Read { .. }
        | Access::Reach { .. }
        | Access::Publish { .. }
        | Access::Spawn { .. }
        | Access::Escalate { .. }
        | Access::Person { .. } => false,
    }
}

/// What the model is told of files that were restored behind its back.
pub fn told_of_restored(snapshot: &Snapshot) -> Noted {
    let mut text = String::from(
        "The person restored files to an earlier state. Read before you edit. Changed on the disk:",
    );
    for FileChange { path, after, .. } in snapshot.changes.iter().take(MOST_TOLD) {
        let gone = if after.is_none() { " (removed)" } else { "" };
        // Writing to a string cannot fail.
        write!(text, "\n- {}{gone}", path.display()).unwrap_or_default();
    }
    let told = snapshot.changes.len().min(MOST_TOLD) as u64;
    if snapshot.total > told {
        write!(text, "\n- and {} more", snapshot.total - told).unwrap_or_default();
    }
    Noted {
        kind: NoteKind::Reminder,
        text,
    }
}
