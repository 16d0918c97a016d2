//! What must outlive every compaction, folded from facts: what the person asked for, which
//! files were touched, and which commands fail.

use gimlet_protocol::{Block, Call, Desk, Mark, Returned, ReturnedHow, Stamp, TodoStatus};
use std::{borrow::Cow, collections::BTreeMap, path::PathBuf};

/// Characters of one failing command's output that are kept.
const ERROR_CHARS: usize = 1_500;
/// Bytes of one failing command that are kept.
const COMMAND_BYTES: usize = 4_000;
/// Failing commands that are kept, the newest ones.
const MOST_FAILING: usize = 200;
/// The smallest part of an error that is worth its place.
const LEAST_ERROR_CHARS: usize = 200;
/// Files that are listed, the last touched ones.
const MOST_FILES: usize = 200;

/// What happened to a file last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touch {
    Read,
    Written,
}

/// Everything that is kept word for word.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Essentials {
    requests: Vec<String>,
    files: BTreeMap<PathBuf, (u64, Touch, Stamp)>,
    failing: Vec<(String, String)>,
    /// The plan that was approved last.
    plan: Option<String>,
    touches: u64,
}

impl Essentials {
    /// Takes in what the person said.
    pub(crate) fn request(&mut self, content: &[Block]) {
        let text = texts(content);
        if !text.trim().is_empty() {
            self.requests.push(text);
        }
    }

    /// Each of them, the newest last.
    pub(crate) fn requests(&self) -> &[String] {
        &self.requests
    }

    /// Takes in the result of a call.
    pub(crate) fn result(&mut self, call: &Call, returned: &Returned) {
        for mark in &returned.marks {
            if let Mark::Seen { path, stamp } = mark {
                let touch = if call.tool == "Read" {
                    Touch::Read
                } else {
                    Touch::Written
                };
                let written = matches!(self.files.get(path), Some((_, Touch::Written, _)));
                let touch = if written { Touch::Written } else { touch };
                self.touches += 1;
                self.files
                    .insert(path.clone(), (self.touches, touch, stamp.clone()));
            }
        }
        if returned.marks.contains(&Mark::PlanApproved) {
            let plan = returned.data.as_ref().and_then(|data| data.get("plan"));
            self.plan = plan.and_then(|plan| plan.as_str()).map(str::to_owned);
        }
        let Some(command) = call
            .input
            .get("command")
            .and_then(serde_json::Value::as_str)
        else {
            return;
        };
        self.failing.retain(|(known, _)| known != command);
        let failed = match returned.how {
            ReturnedHow::Failed | ReturnedHow::TimedOut => true,
            ReturnedHow::Done | ReturnedHow::Interrupted | ReturnedHow::Lost => false,
        };
        if failed {
            self.failing.push((
                command.to_owned(),
                last_chars(&texts(&returned.content), ERROR_CHARS),
            ));
            if self.failing.len() > MOST_FAILING {
                self.failing.remove(0);
            }
        }
    }

    /// The part of a compaction that no model writes.
    /// `most_bytes` is for all requests but the newest together; where they are longer, the
    /// longest lose their middle, and only those. The newest is what is being worked on.
    pub(crate) fn text(&self, desk: &Desk, most_bytes: usize) -> String {
        // Errors have half of what requests have.
        let errors = self.failing.iter().map(|(_, error)| error.len());
        let error_chars = longest_whole(errors, most_bytes / 2).max(LEAST_ERROR_CHARS);
        let mut out = String::from("## What the person asked, in their words\n");
        let earlier = self.requests.len().saturating_sub(1);
        let lengths = self.requests.iter().take(earlier).map(String::len);
        let longest = longest_whole(lengths, most_bytes);
        for (number, request) in self.requests.iter().enumerate() {
            let most = if number < earlier {
                longest
            } else {
                usize::MAX
            };
            let request = without_middle(request, most);
            line(
                &mut out,
                &format!("\n### Request {}\n{request}", number + 1),
            );
        }
        if let Some(plan) = &self.plan {
            line(
                &mut out,
                &format!("\n## The plan that the person approved\n{plan}"),
            );
        }
        write_open(&mut out, desk);
        self.write_files(&mut out);
        if !self.failing.is_empty() {
            out.push_str("\n## Commands that failed when last run\n");
            for (command, error) in &self.failing {
                let command = without_middle(command, COMMAND_BYTES);
                let error = last_chars(error, error_chars);
                line(&mut out, &format!("\n$ {command}\n{error}"));
            }
        }
        out
    }

    fn write_files(&self, out: &mut String) {
        if self.files.is_empty() {
            return;
        }
        out.push_str("\n## Files touched, with their last known state\n");
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by_key(|(_, (touched, _, _))| std::cmp::Reverse(*touched));
        for (path, (_, touch, stamp)) in files.iter().take(MOST_FILES) {
            let touch = if *touch == Touch::Written {
                "written"
            } else {
                "read"
            };
            let part = if stamp.whole {
                ""
            } else {
                ", only a part was seen"
            };
            line(
                out,
                &format!("- {} ({touch}, {} bytes{part})", path.display(), stamp.size),
            );
        }
        if files.len() > MOST_FILES {
            line(
                out,
                &format!("- and {} more, touched earlier", files.len() - MOST_FILES),
            );
        }
    }
}

/// What is still to be done.
fn write_open(out: &mut String, desk: &Desk) {
    let todos = desk.todos.iter();
    let todos = todos.filter_map(|todo| {
        let mark = mark_of(todo.status)?;
        Some(format!("- [{mark}] {}", todo.content))
    });
    let items = desk.items.values().filter_map(|item| {
        let mark = mark_of(item.status)?;
        let about = if item.description.is_empty() {
            String::new()
        } else {
            format!(": {}", item.description)
        };
        Some(format!(
            "- [{mark}] task {}: {}{about}",
            item.number, item.subject
        ))
    });
    let open: Vec<String> = todos.chain(items).collect();
    if !open.is_empty() {
        out.push_str("\n## Open todos\n");
        for todo in &open {
            line(out, todo);
        }
    }
}

fn mark_of(status: TodoStatus) -> Option<&'static str> {
    match status {
        TodoStatus::Pending => Some("pending"),
        TodoStatus::InProgress => Some("in progress"),
        TodoStatus::Completed => None,
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn texts(content: &[Block]) -> String {
    let mut out = String::new();
    for block in content {
        if let Block::Text { text, .. } = block {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(text);
        }
    }
    out
}

/// The length up to which texts may stay whole so that all of them together, cut to it, have
/// at most `most` bytes.
fn longest_whole(lengths: impl Iterator<Item = usize>, most: usize) -> usize {
    let mut lengths: Vec<usize> = lengths.collect();
    lengths.sort_unstable();
    let mut left = most;
    for (shorter, length) in lengths.iter().enumerate() {
        let each = left / (lengths.len() - shorter);
        if *length > each {
            return each;
        }
        left -= length;
    }
    usize::MAX
}

/// A text that is longer than `most` bytes without what stands between its ends.
fn without_middle(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let (front, rest) = text.split_at(text.floor_char_boundary(most / 2));
    let (middle, back) = rest.split_at(rest.ceil_char_boundary(rest.len() - most / 2));
    let missing = middle.len();
    Cow::Owned(format!(
        "{front}\n[{missing} bytes are left out here; the session's log has them]\n{back}"
    ))
}

/// The end of an output: errors stand there.
fn last_chars(text: &str, most: usize) -> String {
    let text = text.trim_end();
    let chars = text.chars().count();
    if chars <= most {
        return text.to_owned();
    }
    let tail: String = text.chars().skip(chars - most).collect();
    format!("[{} characters left out]\n{tail}", chars - most)
}

#[cfg(test)]
mod tests;
