//! What Edit and `MultiEdit` share: read, check that the model knows the file, apply all
//! changes, write once.

use crate::{
    apply::{Applied, Change, Places, Spot, apply},
    freshness::{self, Stale, tell},
    limits::{EDIT_BYTES, ORIGINAL_BYTES},
    memory::{self, Memory},
    patch::{self, Hunk},
    paths,
};
use gimlet_ports::{HostFault, Plan, Scene, ToolCx, ToolFault, ToolReturn, WriteHow};
use gimlet_protocol::{Access, Block, Mark, Risk, Stamp};
use serde::Serialize;
use std::path::Path;

/// The structured output.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum EditData {
    /// The file was changed.
    Done(Box<Edited>),
    /// The file was not as the model knew it.
    Stale {
        /// What the model reads.
        error: String,
    },
}

/// What was changed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Edited {
    file_path: String,
    old_string: String,
    new_string: String,
    /// `null` when it is larger than `ORIGINAL_BYTES` or not UTF-8.
    original_file: Option<String>,
    structured_patch: Vec<Hunk>,
    user_modified: bool,
    replace_all: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    edits: Option<Vec<EditedPart>>,
}

#[derive(Serialize)]
struct EditedPart {
    old_string: String,
    new_string: String,
    replace_all: bool,
}

pub(crate) fn change(old: String, new: String, replace_all: Option<bool>) -> Change {
    let places = if replace_all == Some(true) {
        Places::All
    } else {
        Places::One
    };
    Change { old, new, places }
}

pub(crate) fn plan(file_path: &str, scene: &Scene, verb: &str) -> Result<Plan, ToolFault> {
    let path = paths::resolve(scene, file_path)?;
    Ok(Plan {
        title: format!("{verb} {}", paths::title(scene, &path)),
        risk: Risk::Medium,
        accesses: vec![Access::Read { path: path.clone() }, Access::Write { path }],
    })
}

pub(crate) async fn run(
    memory: &Memory,
    file_path: &str,
    changes: Vec<Change>,
    cx: &ToolCx,
) -> Result<ToolReturn<EditData>, ToolFault> {
    let path = paths::resolve(&cx.scene, file_path)?;
    let (content, stamp) = match cx.host.read(&path, EDIT_BYTES).await {
        Ok(read) => read,
        Err(HostFault::NotFound { .. }) => return create(memory, &path, changes, cx).await,
        Err(fault @ HostFault::TooLarge { .. }) => {
            return Err(ToolFault::Tell(format!(
                "{fault}; change it with a command in Bash"
            )));
        }
        Err(fault) => return Err(tell(&fault, &cx.scene)),
    };
    if content.is_empty()
        && let [Change { old, .. }] = changes.as_slice()
        && old.is_empty()
    {
        return write(
            memory,
            &path,
            Before {
                content,
                stamp,
                whole: true,
            },
            changes,
            cx,
        )
        .await;
    }
    if content.iter().take(8_192).any(|byte| *byte == 0) {
        let name = paths::short(&cx.scene, &path);
        return Err(ToolFault::Tell(format!(
            "{name} is a binary file; it cannot be edited as text"
        )));
    }
    let seen = match freshness::check(&cx.scene, memory, &path, (&content, &stamp)) {
        Ok(seen) => seen,
        Err(Stale { text, marks }) => {
            let content = vec![Block::text(text.clone())];
            let data = EditData::Stale { error: text };
            return Ok(ToolReturn {
                content,
                data,
                marks,
                failed: true,
            });
        }
    };
    let before = Before {
        content,
        stamp,
        whole: seen.whole,
    };
    write(memory, &path, before, changes, cx).await
}

/// The file as it stands before the edit.
struct Before {
    content: Vec<u8>,
    stamp: Stamp,
    /// Whether the model has seen all of it.
    whole: bool,
}

/// An edit of nothing in a file that does not exist makes the file.
async fn create(
    memory: &Memory,
    path: &Path,
    changes: Vec<Change>,
    cx: &ToolCx,
) -> Result<ToolReturn<EditData>, ToolFault> {
    let [Change { old, new, .. }] = changes.as_slice() else {
        return Err(tell(
            &HostFault::NotFound {
                path: path.to_owned(),
            },
            &cx.scene,
        ));
    };
    if !old.is_empty() {
        return Err(tell(
            &HostFault::NotFound {
                path: path.to_owned(),
            },
            &cx.scene,
        ));
    }
    let how = WriteHow {
        make_folders: true,
        must_be_new: true,
        ..WriteHow::default()
    };
    let stamp = cx.host.write(path, new.as_bytes(), how).await;
    let stamp = Stamp {
        whole: true,
        ..stamp.map_err(|fault| tell(&fault, &cx.scene))?
    };
    memory.keep(path, &stamp, new.as_bytes());
    let text = format!("created {}", paths::short(&cx.scene, path));
    let bytes = new.clone();
    Ok(done(
        path,
        Vec::new(),
        bytes.as_bytes(),
        changes,
        Outcome {
            text,
            stamp,
            loose: false,
        },
    ))
}

async fn write(
    memory: &Memory,
    path: &Path,
    before: Before,
    changes: Vec<Change>,
    cx: &ToolCx,
) -> Result<ToolReturn<EditData>, ToolFault> {
    let mut windows = if before.whole {
        None
    } else {
        memory.windows(path, &before.stamp)
    };
    let mut content = before.content.clone();
    let mut lines = Vec::new();
    let mut loose = false;
    for (index, change) in changes.iter().enumerate() {
        let which = match changes.len() {
            1 => String::new(),
            count => format!("edit {} of {count}: ", index + 1),
        };
        let applied = if content.is_empty() && change.old.is_empty() {
            filled(&change.new)
        } else {
            apply(&content, change)
                .map_err(|why| ToolFault::Tell(refusal(&which, changes.len(), &why.to_string())))?
        };
        if let Some(seen) = &windows {
            if let Some(line) = memory::uncovered(seen, &applied.spots) {
                let why = format!(
                    "line {line} of {} was not among the lines that were read; Read it with \
                     offset and limit first",
                    paths::short(&cx.scene, path)
                );
                return Err(ToolFault::Tell(refusal(&which, changes.len(), &why)));
            }
            windows = Some(memory::moved(seen, &applied.spots));
        }
        lines.push(format!("{which}{}", summary(&applied)));
        loose |= applied.loose;
        content = applied.bytes;
    }
    if content == before.content {
        return Err(ToolFault::Tell(
            "the edits undo each other: nothing would change".to_owned(),
        ));
    }
    let how = WriteHow {
        expect_hash: Some(before.stamp.hash),
        ..WriteHow::default()
    };
    let stamp = match cx.host.write(path, &content, how).await {
        Ok(stamp) => Stamp {
            whole: before.whole,
            ..stamp
        },
        Err(HostFault::Changed { .. }) => {
            return Err(ToolFault::Tell(format!(
                "{} was changed by something else at this moment; nothing was written, try again",
                paths::short(&cx.scene, path)
            )));
        }
        Err(fault) => return Err(tell(&fault, &cx.scene)),
    };
    memory.keep(path, &stamp, &content);
    if let Some(windows) = windows {
        memory.edited(path, &stamp, windows);
    }
    let text = format!(
        "edited {}: {}",
        paths::short(&cx.scene, path),
        lines.join("\n")
    );
    Ok(done(
        path,
        before.content,
        &content,
        changes,
        Outcome { text, stamp, loose },
    ))
}

/// An empty file gets its first content.
fn filled(new: &str) -> Applied {
    let new_lines = u64::try_from(new.lines().count()).unwrap_or(u64::MAX);
    let spots = vec![Spot {
        first: 1,
        old_lines: 0,
        new_lines,
    }];
    Applied {
        bytes: new.as_bytes().to_vec(),
        spots,
        note: None,
        loose: false,
    }
}

fn refusal(which: &str, edits: usize, why: &str) -> String {
    let all = if edits > 1 {
        "\n(none of the edits was made)"
    } else {
        ""
    };
    format!("{which}{why}{all}")
}

/// Says what was replaced and where.
fn summary(applied: &Applied) -> String {
    let mut text = match applied.spots.as_slice() {
        [spot] if spot.old_lines <= 1 => format!("replaced line {}", spot.first),
        [spot] => format!(
            "replaced lines {}-{}",
            spot.first,
            spot.first + spot.old_lines - 1
        ),
        spots => format!("replaced {} places", spots.len()),
    };
    if let Some(note) = &applied.note {
        text.push_str(" (");
        text.push_str(note);
        text.push(')');
    }
    text
}

struct Outcome {
    text: String,
    stamp: Stamp,
    /// True when a tolerant match should be shown.
    loose: bool,
}

fn done(
    path: &Path,
    before: Vec<u8>,
    after: &[u8],
    mut changes: Vec<Change>,
    outcome: Outcome,
) -> ToolReturn<EditData> {
    let old = String::from_utf8_lossy(&before);
    let hunks = patch::hunks(&old, &String::from_utf8_lossy(after));
    let Outcome {
        mut text,
        stamp,
        loose,
    } = outcome;
    if loose {
        // The model is shown what a tolerant match did.
        text.push('\n');
        text.push_str(&patch::unified(&hunks).text);
    }
    let single = if changes.len() == 1 {
        changes.pop()
    } else {
        None
    };
    let edits = changes
        .into_iter()
        .map(|change| EditedPart {
            old_string: change.old,
            new_string: change.new,
            replace_all: change.places == Places::All,
        })
        .collect::<Vec<_>>();
    let replace_all = single
        .as_ref()
        .is_some_and(|change| change.places == Places::All);
    let (old_string, new_string) = single
        .map(|change| (change.old, change.new))
        .unwrap_or_default();
    let original_file = if before.len() <= ORIGINAL_BYTES {
        String::from_utf8(before).ok()
    } else {
        None
    };
    let data = Edited {
        file_path: path.display().to_string(),
        old_string,
        new_string,
        original_file,
        structured_patch: hunks,
        user_modified: false,
        replace_all,
        edits: (!edits.is_empty()).then_some(edits),
    };
    let mut made = ToolReturn::text(text, EditData::Done(Box::new(data)));
    made.marks.push(Mark::Seen {
        path: path.to_owned(),
        stamp,
    });
    made
}
