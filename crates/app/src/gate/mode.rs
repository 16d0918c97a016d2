//! The mode's vote: what goes through without a question.

use super::paths;
use gimlet_ports::{Broken, Case, Judge};
use gimlet_protocol::{Access, Mode, Reason, Verdict};
use std::path::{Component, Path};

/// Votes as the permission mode says.
///
/// 0. What needs a person's answer is asked in every mode.
/// 1. `bypassPermissions` allows everything else.
/// 2. Reading inside the workspace, the added folders and the session's own folder is allowed.
/// 3. `plan` denies writing and running.
/// 4. `acceptEdits` allows writing inside the workspace and the added folders, but not into
///    folders that decide what runs (`.git`, `.gimlet`, `.claude`, `.vscode`, `.idea`).
/// 5. Everything else is left to the others.
pub(super) struct ModeJudge;

impl Judge for ModeJudge {
    fn name(&self) -> &'static str {
        "mode"
    }

    fn vote(&self, case: &Case<'_>) -> Result<Option<(Verdict, Reason)>, Broken> {
        let scene = case.scene;
        if matches!(case.access, Access::Person { .. }) {
            return Ok(Some(vote(Verdict::Ask, "only a person can answer")));
        }
        if scene.mode == Mode::BypassPermissions {
            return Ok(Some(vote(Verdict::Allow, "the mode is bypassPermissions")));
        }
        let workspace = || std::iter::once(&scene.root).chain(&scene.added);
        Ok(match case.access {
            Access::Read { path } => paths::is_within(path, workspace().chain([&scene.scratch]))
                .then(|| vote(Verdict::Allow, "reading inside the workspace is free")),
            Access::Write { .. } | Access::Run { .. } if scene.mode == Mode::Plan => Some(vote(
                Verdict::Deny,
                "the mode is plan: nothing is changed or run",
            )),
            Access::Write { path } if scene.mode == Mode::AcceptEdits => {
                let free = paths::is_within(path, workspace()) && !decides_what_runs(path);
                free.then(|| vote(Verdict::Allow, "the mode is acceptEdits"))
            }
            Access::Write { .. }
            | Access::Run { .. }
            | Access::Reach { .. }
            | Access::Publish { .. }
            | Access::Spawn { .. }
            | Access::Escalate { .. }
            | Access::Person { .. } => None,
        })
    }
}

/// Folders whose files decide what other programs run.
const DECIDING_FOLDERS: [&str; 5] = [".git", ".gimlet", ".claude", ".vscode", ".idea"];

fn decides_what_runs(path: &Path) -> bool {
    paths::real(path)
        .components()
        .any(|component| match component {
            Component::Normal(name) => DECIDING_FOLDERS
                .iter()
                .any(|folder| name.eq_ignore_ascii_case(folder)),
            Component::Prefix(_)
            | Component::RootDir
            | Component::CurDir
            | Component::ParentDir => false,
        })
}

fn vote(verdict: Verdict, text: &str) -> (Verdict, Reason) {
    (
        verdict,
        Reason {
            judge: "mode".to_owned(),
            text: text.to_owned(),
            source: None,
        },
    )
}
