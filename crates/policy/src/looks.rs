//! Whether a command line changes nothing, so that nobody need look what it changed.

use crate::{
    commands::{self, Study},
    shell::{self, RedirectKind, Start, Step},
    unwrap,
};
use std::path::Path;

/// True for a command line that is known to only look: each of its programs is on the tables of
/// those that do, with flags that are known, and it writes into no file. What is not
/// understood, in whatever part, is not known.
pub fn only_looks(command: &str, cwd: &Path) -> bool {
    if command.len() > shell::LONGEST_JUDGED {
        return false;
    }
    let start = Start {
        cwd: cwd.to_owned(),
        home: None,
    };
    let line = shell::analyse(command, &start);
    line.doubts.is_empty()
        && line.steps.iter().all(step_looks)
        && shell::agrees(command, &line.spelled)
}

pub(crate) fn step_looks(step: &Step) -> bool {
    let bare = unwrap::bare(&step.words);
    let study = if bare.is_empty() {
        Study::default()
    } else {
        commands::study(bare, unwrap::adds_words(&step.words))
    };
    let is_free = study.not_free.is_none() && study.writes.is_empty() && study.removes.is_empty();
    let is_plain = !step.shadow && step.more.is_none() && step.assignments.is_empty();
    let writes_no_file = step.redirects.iter().all(|redirect| match redirect.kind {
        RedirectKind::Read | RedirectKind::Text | RedirectKind::Copy => true,
        RedirectKind::Write | RedirectKind::ReadWrite => redirect
            .target
            .as_ref()
            .is_some_and(|target| target.known() == Some("/dev/null")),
    });
    is_free && is_plain && writes_no_file
}

#[cfg(test)]
mod tests;
