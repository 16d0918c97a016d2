//! The permission gate: who votes in a session, from the strictest judge to the mode.
//!
//! 1. The floor denies what no setting lifts: writing into Gimlet's own folders.
//! 2. Rules of flags and settings deny, ask or allow.
//! 3. The mode allows what it covers, or denies (plan).
//! 4. What nobody votes on is asked, or denied where nobody can answer.
//!
//! Deny beats ask beats allow; `ports::rule` combines the votes.

mod mode;
mod paths;
mod rules;

pub(crate) use rules::{RuleFault, Rules};

use gimlet_ports::{Broken, Case, Judge};
use gimlet_protocol::{Access, Reason, Verdict};
use std::{path::PathBuf, sync::Arc};

/// The judges of a session.
pub(crate) fn judges(rules: Rules, own_folders: Vec<PathBuf>) -> Vec<Arc<dyn Judge>> {
    vec![
        Arc::new(Floor { own_folders }),
        Arc::new(rules),
        Arc::new(mode::ModeJudge),
    ]
}

/// Denies what no setting lifts.
struct Floor {
    own_folders: Vec<PathBuf>,
}

impl Judge for Floor {
    fn name(&self) -> &'static str {
        "floor"
    }

    fn vote(&self, case: &Case<'_>) -> Result<Option<(Verdict, Reason)>, Broken> {
        let Access::Write { path } = case.access else {
            return Ok(None);
        };
        let real = paths::real(path);
        if real.starts_with(paths::real(&case.scene.scratch)) {
            return Ok(None);
        }
        let own = self
            .own_folders
            .iter()
            .find(|folder| real.starts_with(paths::real(folder)));
        Ok(own.map(|folder| {
            let text = format!("{} holds Gimlet's own files", folder.display());
            (
                Verdict::Deny,
                Reason {
                    judge: "floor".to_owned(),
                    text,
                    source: None,
                },
            )
        }))
    }
}

#[cfg(test)]
mod tests;
