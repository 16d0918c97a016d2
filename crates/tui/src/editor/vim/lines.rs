//! Changes to whole lines, and where insert mode begins.

use super::{
    grammar::{Entry, Shift},
    motions::first_letter,
};
use crate::editor::{
    buffer::Buffer,
    motion::{char_at, line_end, line_start, next},
};
use std::ops::Range;

/// What `>` puts before a line and `<` takes away.
const INDENT: &str = "    ";

pub(super) fn enter(buffer: &mut Buffer, entry: Entry) {
    let (text, at) = (buffer.text(), buffer.cursor());
    match entry {
        Entry::Here => {}
        Entry::After => buffer.move_to(next(text, at).min(line_end(text, at))),
        Entry::FirstLetter => buffer.move_to(first_letter(text, at)),
        Entry::LineEnd => buffer.move_to(line_end(text, at)),
        Entry::LineBelow => {
            let end = line_end(text, at);
            buffer.hold_step();
            buffer.replace(end..end, "\n");
        }
        Entry::LineAbove => {
            let start = line_start(text, at);
            buffer.hold_step();
            buffer.replace(start..start, "\n");
            buffer.move_to(start);
        }
    }
}

pub(super) fn without_feed(buffer: &Buffer, range: Range<usize>) -> Range<usize> {
    let has_feed = buffer.slice(range.clone()).ends_with('\n');
    range.start..range.end - usize::from(has_feed)
}

/// Lines are deleted with one of the line feeds beside them.
pub(super) fn delete_lines(buffer: &mut Buffer, range: Range<usize>) {
    let Range { start, end } = range;
    if end < buffer.text().len() {
        buffer.replace(start..end + 1, "");
    } else if start > 0 {
        buffer.replace(start - 1..end, "");
    } else {
        buffer.replace(start..end, "");
    }
    let at = start.min(buffer.text().len());
    buffer.move_to(first_letter(buffer.text(), at));
}

pub(super) fn shift(buffer: &mut Buffer, range: &Range<usize>, way: Shift) {
    let whole = line_start(buffer.text(), range.start)..line_end(buffer.text(), range.end);
    let shifted = |line: &str| match way {
        Shift::In if line.is_empty() => String::new(),
        Shift::In => format!("{INDENT}{line}"),
        Shift::Out => {
            let is_tab = line.starts_with('\t');
            let blanks = line.len() - line.trim_start_matches(' ').len();
            let cut = if is_tab { 1 } else { blanks.min(INDENT.len()) };
            line.get(cut..).unwrap_or_default().to_owned()
        }
    };
    let lines: Vec<_> = buffer
        .slice(whole.clone())
        .split('\n')
        .map(shifted)
        .collect();
    buffer.replace(whole.clone(), &lines.join("\n"));
    buffer.move_to(first_letter(buffer.text(), whole.start));
}

/// Joins lines with the one that the cursor is on.
pub(super) fn join(buffer: &mut Buffer, times: usize, with_blank: bool) {
    for _ in 0..times {
        let end = line_end(buffer.text(), buffer.cursor());
        if end >= buffer.text().len() {
            return;
        }
        if !with_blank {
            buffer.replace(end..end + 1, "");
            continue;
        }
        let letter = first_letter(buffer.text(), end + 1);
        let text = buffer.text();
        let has_blank = end == line_start(text, end)
            || text
                .get(..end)
                .is_some_and(|before| before.ends_with([' ', '\t']));
        let is_closing = matches!(char_at(text, letter), None | Some(')' | '\n'));
        let blank = if has_blank || is_closing { "" } else { " " };
        buffer.replace(end..letter, blank);
        buffer.move_to(end);
    }
}
