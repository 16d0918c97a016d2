//! The rule that a file is read before it is changed, and not changed by anyone since.

use crate::{
    memory::{self, Memory},
    patch, paths,
};
use gimlet_ports::{HostFault, Scene, ToolFault};
use gimlet_protocol::{Mark, Stamp};
use std::path::Path;

/// What stands in the way of a change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stale {
    /// What the model reads.
    pub(crate) text: String,
    /// That the model now knows the file, where all that changed is in the text.
    pub(crate) marks: Vec<Mark>,
}

/// Looks whether the model knows this state of the file.
///
/// # Errors
/// With what to do about it: read the file, or look at what changed.
pub(crate) fn check(
    scene: &Scene,
    memory: &Memory,
    path: &Path,
    now: (&[u8], &Stamp),
) -> Result<Stamp, Stale> {
    let name = paths::short(scene, path);
    let Some(seen) = scene.desk.seen.get(path) else {
        let text = format!("{name} has not been read yet; Read it before changing it");
        return Err(Stale {
            text,
            marks: Vec::new(),
        });
    };
    let (content, stamp) = now;
    if memory::same(seen, stamp) {
        return Ok(seen.clone());
    }
    let known = memory.content(path, seen);
    let texts = known.as_ref().and_then(|old| {
        Some((
            std::str::from_utf8(old).ok()?,
            std::str::from_utf8(content).ok()?,
        ))
    });
    let Some((old, new)) = texts else {
        let text = format!("{name} changed since it was read; Read it again before changing it");
        return Err(Stale {
            text,
            marks: Vec::new(),
        });
    };
    let shown = patch::unified(&patch::hunks(old, new));
    let advice = if shown.cut {
        "Read it again before changing it."
    } else {
        "Nothing was written. This difference counts as read: repeat the change if it still fits."
    };
    let text = format!(
        "{name} changed since it was read. What changed:\n{}{advice}",
        shown.text
    );
    let mut marks = Vec::new();
    if !shown.cut {
        let stamp = Stamp {
            whole: seen.whole,
            ..stamp.clone()
        };
        memory.keep(path, &stamp, content);
        marks.push(Mark::Seen {
            path: path.to_owned(),
            stamp,
        });
    }
    Err(Stale { text, marks })
}

/// A host's fault in the words for the model.
pub(crate) fn tell(fault: &HostFault, scene: &Scene) -> ToolFault {
    match fault {
        HostFault::NotFound { path } => ToolFault::Tell(format!(
            "{} does not exist (the working directory is {})",
            path.display(),
            scene.cwd.display()
        )),
        HostFault::Denied { .. }
        | HostFault::WrongKind { .. }
        | HostFault::TooLarge { .. }
        | HostFault::Exists { .. }
        | HostFault::Changed { .. }
        | HostFault::NoSpace { .. }
        | HostFault::BadPattern { .. }
        | HostFault::Stopped
        | HostFault::Broken { .. } => ToolFault::Tell(fault.to_string()),
    }
}
