//! Workers that work apart: their worktrees, and what they may do from there.

use super::{Hub, OpenSession};
use crate::{
    gate,
    worktrees::{Held, Merged, Record, WorktreeFault, Worktrees, merge},
};
use gimlet_ports::{Broken, Case, Judge, Scene, Settle};
use gimlet_protocol::{Access, Changes, Mode, Reason, SessionId, Verdict};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

impl Hub {
    fn worktrees(&self) -> Worktrees {
        Worktrees::new(&self.dirs.state, &self.launch.env)
    }

    /// Makes the worktree of a worker from what its session's folder is now.
    pub(crate) async fn make_worktree(
        &self,
        worker: &SessionId,
        top: &SessionId,
        task: &str,
        root: PathBuf,
    ) -> Result<Arc<Held>, WorktreeFault> {
        let worktrees = self.worktrees();
        let (worker, top, task) = (worker.clone(), top.clone(), task.to_owned());
        let made = move || worktrees.make(&worker, &top, &task, &root);
        match tokio::task::spawn_blocking(made).await {
            Ok(made) => made.map(Arc::new),
            Err(error) => Err(WorktreeFault::Git {
                what: "worktree".to_owned(),
                why: error.to_string(),
            }),
        }
    }

    /// The worktree of a worker of an earlier run.
    pub(crate) async fn take_worktree(&self, worker: SessionId) -> Result<Arc<Held>, String> {
        let worktrees = self.worktrees();
        let taken = tokio::task::spawn_blocking(move || worktrees.take(&worker)).await;
        let taken = taken.map_err(|error| error.to_string())?;
        let why = |fault| format!("its worktree cannot be had, so it cannot go on: {fault}");
        taken.map(Arc::new).map_err(why)
    }

    /// Makes the worktree of a resting worker again where it was settled.
    pub(crate) async fn renew_worktree(&self, worker: &SessionId) -> Result<(), String> {
        let held = self
            .all_open()
            .get(worker)
            .and_then(|open| open.worktree.clone());
        let Some(held) = held.filter(|held| !held.record().files.exists()) else {
            return Ok(());
        };
        let worktrees = self.worktrees();
        let renewed = tokio::task::spawn_blocking(move || worktrees.renew(&held)).await;
        let renewed = renewed.map_err(|error| error.to_string())?;
        renewed.map_err(|fault| format!("its worktree cannot be made again: {fault}"))
    }

    /// Merges or throws away what a worker changed.
    pub(crate) async fn settle_worktree(
        &self,
        worker: SessionId,
        changes: Changes,
        how: Settle,
    ) -> Result<String, String> {
        let held = self
            .all_open()
            .get(&worker)
            .and_then(|open| open.worktree.clone());
        let held = match held {
            Some(held) => held,
            None => self.take_worktree(worker).await?,
        };
        let settled = tokio::task::spawn_blocking(move || match how {
            Settle::Discard => {
                held.discard().map_err(|fault| fault.to_string())?;
                Ok("The changes are thrown away; the worktree is gone.".to_owned())
            }
            Settle::Merge => {
                let record = held.record();
                let merged =
                    merge(&held, Some(&changes.tree)).map_err(|fault| fault.to_string())?;
                let told = merged.told(&record.from, &record.files);
                if matches!(merged, Merged::Done { .. }) {
                    Ok(told)
                } else {
                    Err(told)
                }
            }
        });
        settled.await.map_err(|error| error.to_string())?
    }

    /// Lets go of an ended session, and of its worktree where nothing waits in it.
    pub(super) async fn leave_worktree(&self, session: OpenSession) {
        let Some(held) = session.worktree.clone() else {
            return;
        };
        // Its background commands have ended before its files are looked at.
        drop(session);
        let left = tokio::task::spawn_blocking(move || {
            // Settled already, or kept because its state is not known.
            if held.record().files.exists() && matches!(held.changes(), Ok(None)) {
                drop(held.discard());
            }
        });
        // A thread that failed leaves the worktree, which the next start looks at.
        drop(left.await);
    }

    /// Clears away what killed processes left, and tells of what waits for this folder.
    pub(super) async fn look_after_worktrees(&self) {
        let worktrees = self.worktrees();
        let looked = tokio::task::spawn_blocking(move || {
            worktrees.sweep();
            worktrees.rows()
        });
        let Ok(rows) = looked.await else {
            return;
        };
        let waiting = rows
            .iter()
            .filter(|row| row.state.waits() && self.launch.cwd.starts_with(&row.repository));
        let count = waiting.count();
        if count > 0 {
            let hold = if count == 1 {
                "worktree holds"
            } else {
                "worktrees hold"
            };
            self.note_once(format!(
                "{count} {hold} changes of workers that were not merged: `gimlet worktrees`"
            ));
        }
    }

    /// The judge of a worker that works in a worktree.
    pub(super) fn apart(&self, record: &Record, parent: &SessionId) -> Arc<dyn Judge> {
        let rules = self.launch.rules(&self.settings);
        Arc::new(Apart {
            policy: gate::judges(
                rules,
                vec![self.dirs.data.clone()],
                &self.launch.workspace(&self.dirs),
            ),
            files: record.files.clone(),
            originals: self.originals(record, parent),
        })
    }

    /// The folders that a worktree was made of: that of its parent, of the parent's parent …
    fn originals(&self, record: &Record, parent: &SessionId) -> Vec<PathBuf> {
        let mut originals = vec![record.from.clone()];
        let open = self.all_open();
        let mut above = open.get(parent);
        while let Some(OpenSession {
            worker: Some(worker),
            worktree,
            ..
        }) = above
        {
            originals.extend(worktree.iter().map(|held| held.record().from));
            above = open.get(&worker.parent);
        }
        originals
    }
}

/// Lets a worker write in its own worktree, whose changes are approved when they are merged, and
/// keeps it out of the folder that the worktree was made of.
struct Apart {
    /// The session's own judges, asked as if edits were accepted.
    policy: Vec<Arc<dyn Judge>>,
    files: PathBuf,
    originals: Vec<PathBuf>,
}

impl Judge for Apart {
    fn name(&self) -> &'static str {
        "worktree"
    }

    fn vote(&self, case: &Case<'_>) -> Result<Option<(Verdict, Reason)>, Broken> {
        match case.access {
            Access::Write { path } if self.is_original(path) => Ok(Some(self.keeps_out())),
            Access::Run { command, cwd } if self.is_original(cwd) || self.names(command) => {
                Ok(Some(self.keeps_out()))
            }
            Access::Write { .. } if case.scene.mode == Mode::Default => self.may_write(case),
            Access::Read { .. }
            | Access::Write { .. }
            | Access::Run { .. }
            | Access::Reach { .. }
            | Access::Publish { .. }
            | Access::Spawn { .. }
            | Access::Escalate { .. }
            | Access::Person { .. } => Ok(None),
        }
    }
}

impl Apart {
    /// True for what lies in an original folder, links followed, and not in the worktree.
    fn is_original(&self, path: &Path) -> bool {
        let real = real(path);
        let lies_in = |path: &Path| {
            let mut originals = self.originals.iter();
            originals.any(|original| path.starts_with(original)) && !path.starts_with(&self.files)
        };
        lies_in(path) || lies_in(&real)
    }

    /// True for a command that speaks of an original folder.
    fn names(&self, command: &str) -> bool {
        let rest = command.replace(&*self.files.to_string_lossy(), "");
        let mut originals = self.originals.iter();
        originals.any(|original| rest.contains(&*original.to_string_lossy()))
    }

    fn keeps_out(&self) -> (Verdict, Reason) {
        let files = self.files.display();
        let text = format!(
            "a worker in a worktree has its own copy, {files}, and leaves the original alone"
        );
        (Verdict::Deny, self.reason(text))
    }

    /// Allows what the policy would allow where edits are accepted.
    fn may_write(&self, case: &Case<'_>) -> Result<Option<(Verdict, Reason)>, Broken> {
        let scene = Scene {
            mode: Mode::AcceptEdits,
            root: self.files.clone(),
            added: Vec::new(),
            ..case.scene.clone()
        };
        for judge in &self.policy {
            let vote = judge.vote(&Case {
                scene: &scene,
                ..*case
            })?;
            if !matches!(vote, Some((Verdict::Allow, _))) {
                return Ok(None);
            }
        }
        let text = "it is asked about when the worktree is merged".to_owned();
        Ok(Some((Verdict::Allow, self.reason(text))))
    }

    fn reason(&self, text: String) -> Reason {
        Reason {
            judge: self.name().to_owned(),
            text,
            source: None,
        }
    }
}

/// The path with the links of what exists of it resolved.
fn real(path: &Path) -> PathBuf {
    for folder in path.ancestors() {
        if let Ok(real) = folder.canonicalize() {
            return real.join(path.strip_prefix(folder).unwrap_or(Path::new("")));
        }
    }
    path.to_owned()
}
