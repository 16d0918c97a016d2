//! Reading a patch: sections for files, hunks in them.

use std::collections::BTreeSet;

/// What a patch does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// The file as the patch names it.
    pub(super) path: String,
    pub(super) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Makes the file.
    Add { content: String },
    /// Removes the file.
    Delete,
    /// Changes the file, and moves it where there is a new path.
    Update {
        moved_to: Option<String>,
        hunks: Vec<Hunk>,
    },
}

/// One place of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hunk {
    /// Lines that stand above the place, from the outermost on.
    pub(super) anchors: Vec<String>,
    /// What stands there.
    pub(super) old: Vec<String>,
    /// What shall stand there.
    pub(super) new: Vec<String>,
    /// True when the place is the end of the file.
    pub(super) at_end: bool,
}

impl Hunk {
    fn is_empty(&self) -> bool {
        self.old.is_empty() && self.new.is_empty()
    }
}

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const ADD: &str = "*** Add File:";
const DELETE: &str = "*** Delete File:";
const UPDATE: &str = "*** Update File:";
const MOVE: &str = "*** Move to:";
const END_OF_FILE: &str = "*** End of File";

/// Reads a patch.
///
/// # Errors
/// With the number of the line that does not fit.
pub(super) fn parse(patch: &str) -> Result<Vec<Section>, String> {
    let mut sections: Vec<Section> = Vec::new();
    let mut begun = false;
    for (at, line) in patch.lines().enumerate() {
        let wrong = |what: &str| format!("line {} of the patch {what}: {line}", at + 1);
        let word = line.trim_end();
        if !begun {
            if word == BEGIN {
                begun = true;
            } else if !word.is_empty() {
                return Err(format!("a patch begins with `{BEGIN}`"));
            }
            continue;
        }
        if word == END {
            return finished(sections);
        }
        if let Some(path) = word.strip_prefix(ADD) {
            let content = String::new();
            sections.push(section(path, What::Add { content }));
        } else if let Some(path) = word.strip_prefix(DELETE) {
            sections.push(section(path, What::Delete));
        } else if let Some(path) = word.strip_prefix(UPDATE) {
            let what = What::Update {
                moved_to: None,
                hunks: Vec::new(),
            };
            sections.push(section(path, what));
        } else {
            let Some(section) = sections.last_mut() else {
                return Err(wrong("belongs to no file"));
            };
            take_line(&mut section.what, line).map_err(wrong)?;
        }
    }
    Err(format!("the patch has no `{END}`: it may have been cut"))
}

fn section(path: &str, what: What) -> Section {
    let path = path.trim().to_owned();
    Section { path, what }
}

fn take_line(what: &mut What, line: &str) -> Result<(), &'static str> {
    match what {
        What::Delete if line.trim().is_empty() => Ok(()),
        What::Delete => Err("stands below a file that is deleted"),
        What::Add { content } => {
            let added = line.strip_prefix('+');
            content.push_str(added.ok_or("needs a `+` at its start")?);
            content.push('\n');
            Ok(())
        }
        What::Update { moved_to, hunks } => {
            if let Some(path) = line.strip_prefix(MOVE) {
                *moved_to = Some(path.trim().to_owned());
                return Ok(());
            }
            update_line(hunks, line)
        }
    }
}

fn update_line(hunks: &mut Vec<Hunk>, line: &str) -> Result<(), &'static str> {
    if let Some(anchor) = line.strip_prefix("@@") {
        // Line numbers of other dialects say nothing here.
        let anchor = match anchor.rsplit_once("@@") {
            Some((_, anchor)) => anchor.trim(),
            None => anchor.trim(),
        };
        match hunks.last_mut() {
            Some(last) if last.is_empty() => last.anchors.push(anchor.to_owned()),
            Some(_) | None => hunks.push(Hunk {
                anchors: vec![anchor.to_owned()],
                ..Hunk::default()
            }),
        }
        return Ok(());
    }
    if hunks.last().is_none_or(|last| last.at_end) {
        hunks.push(Hunk::default());
    }
    let Some(hunk) = hunks.last_mut() else {
        return Ok(());
    };
    if line.trim_end() == END_OF_FILE {
        hunk.at_end = true;
    } else if let Some(new) = line.strip_prefix('+') {
        hunk.new.push(new.to_owned());
    } else if let Some(old) = line.strip_prefix('-') {
        hunk.old.push(old.to_owned());
    } else if line.is_empty() || line.starts_with(' ') {
        let kept = line.strip_prefix(' ').unwrap_or_default();
        hunk.old.push(kept.to_owned());
        hunk.new.push(kept.to_owned());
    } else {
        return Err("begins with none of ` `, `+`, `-`, `@@`");
    }
    Ok(())
}

fn finished(mut sections: Vec<Section>) -> Result<Vec<Section>, String> {
    if sections.is_empty() {
        return Err("the patch names no file".to_owned());
    }
    let mut paths = BTreeSet::new();
    for section in &mut sections {
        let Section { path, what } = section;
        if !paths.insert(path.clone()) {
            return Err(format!("the patch names {path} twice"));
        }
        if let What::Update { moved_to, hunks } = what {
            hunks.retain(|hunk| !hunk.is_empty());
            for hunk in hunks.iter_mut() {
                hunk.anchors.retain(|anchor| !anchor.is_empty());
            }
            if hunks.is_empty() && moved_to.is_none() {
                return Err(format!("the patch changes nothing in {path}"));
            }
        }
    }
    Ok(sections)
}
