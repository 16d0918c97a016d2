//! Unified diffs, as git writes them.

use super::{FileChange, Hunk};

/// The files and hunks of a unified diff. What is none, such as modes and similarities, is
/// passed over.
pub fn unified(text: &str) -> Vec<FileChange> {
    let mut files: Vec<FileChange> = Vec::new();
    let mut old_path = "";
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(path) = line.strip_prefix("--- ") {
            old_path = path;
        } else if let Some(path) = line.strip_prefix("+++ ") {
            let is_gone = path.trim_end() == "/dev/null";
            files.push(FileChange {
                path: named(if is_gone { old_path } else { path }),
                hunks: Vec::new(),
            });
        } else if let Some((old, new)) = header(line) {
            let (mut old_left, mut new_left) = (old.1, new.1);
            let mut body = Vec::new();
            // The counts say where the hunk ends: a removed line may look like a header.
            while let Some(line) =
                lines.next_if(|line| old_left > 0 || new_left > 0 || line.starts_with('\\'))
            {
                match line.as_bytes().first() {
                    Some(b'-') => old_left = old_left.saturating_sub(1),
                    Some(b'+') => new_left = new_left.saturating_sub(1),
                    Some(b'\\') => continue,
                    _ => {
                        old_left = old_left.saturating_sub(1);
                        new_left = new_left.saturating_sub(1);
                    }
                }
                body.push(line);
            }
            if files.is_empty() {
                files.push(FileChange::default());
            }
            if let Some(file) = files.last_mut() {
                file.hunks.push(Hunk::of_lines(old.0, new.0, body));
            }
        }
    }
    files
}

fn named(path: &str) -> String {
    let path = path.split('\t').next().unwrap_or(path).trim_end();
    let path = path
        .strip_prefix("a/")
        .or_else(|| path.strip_prefix("b/"))
        .unwrap_or(path);
    path.to_owned()
}

type Place = (usize, usize);

/// The places of `@@ -1,2 +3,4 @@`: the first line and how many.
fn header(line: &str) -> Option<(Place, Place)> {
    let (old, rest) = line.strip_prefix("@@ -")?.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    Some((place(old)?, place(new)?))
}

fn place(text: &str) -> Option<Place> {
    let (start, count) = text.split_once(',').unwrap_or((text, "1"));
    Some((start.parse().ok()?, count.parse().ok()?))
}
