//! Registers: what is kept of deleted and yanked text, and putting it back.

use super::{Mode, Register, Vim, grammar::Command, lines::without_feed, motions::first_letter};
use crate::editor::{
    Outcome,
    buffer::Buffer,
    motion::{line_end, line_start, next, previous},
};

/// Bytes that one command may put in; a count does not go beyond.
const MOST_PUT_BYTES: usize = 4 * 1024 * 1024;
/// The register that takes everything and keeps nothing.
const NOWHERE: char = '_';
const UNNAMED: char = '"';
const YANKED: char = '0';

impl Vim {
    pub(super) fn keep(&mut self, register: Option<char>, kept: Register) {
        let name = register.unwrap_or(UNNAMED);
        if name == NOWHERE {
            return;
        }
        if name.is_uppercase() {
            let name = name.to_ascii_lowercase();
            let old = self.registers.entry(name).or_default();
            if kept.is_lines && !old.text.is_empty() {
                old.text.push('\n');
            }
            old.text.push_str(&kept.text);
            old.is_lines |= kept.is_lines;
        } else {
            self.registers.insert(name, kept.clone());
        }
        self.registers.insert(UNNAMED, kept);
    }

    pub(super) fn kept_as_yanked(&mut self, register: Option<char>) {
        if register.is_none()
            && let Some(kept) = self.registers.get(&UNNAMED).cloned()
        {
            self.registers.insert(YANKED, kept);
        }
    }

    fn register(&self, name: Option<char>) -> Option<&Register> {
        let name = name.unwrap_or(UNNAMED).to_ascii_lowercase();
        self.registers
            .get(&name)
            .filter(|kept| !kept.text.is_empty() || kept.is_lines)
    }

    pub(super) fn put(
        &mut self,
        buffer: &mut Buffer,
        command: Command,
        is_before: bool,
    ) -> Outcome {
        let Some(kept) = self.register(command.register) else {
            return Outcome::Moved;
        };
        let most = MOST_PUT_BYTES / (kept.text.len() + 1);
        let times = command.count.unwrap_or(1).min(most.max(1));
        let (text, at) = (buffer.text(), buffer.cursor());
        if kept.is_lines {
            let lines = vec![kept.text.as_str(); times].join("\n");
            let (place, put) = if is_before {
                (line_start(text, at), format!("{lines}\n"))
            } else {
                (line_end(text, at), format!("\n{lines}"))
            };
            buffer.replace(place..place, &put);
            let first = place + usize::from(!is_before);
            buffer.move_to(first_letter(buffer.text(), first));
        } else {
            let place = if is_before || at == line_end(text, at) {
                at
            } else {
                next(text, at)
            };
            let put = kept.text.repeat(times);
            buffer.replace(place..place, &put);
            buffer.move_to(previous(buffer.text(), buffer.cursor()));
        }
        Outcome::Changed
    }

    pub(super) fn put_selected(&mut self, buffer: &mut Buffer, command: Command) -> Outcome {
        let (Some(range), Some(kept)) = (
            self.selection(buffer),
            self.register(command.register).cloned(),
        ) else {
            return Outcome::Moved;
        };
        let is_lines = self.mode == Mode::VisualLine;
        let range = if is_lines {
            without_feed(buffer, range)
        } else {
            range
        };
        self.mode = Mode::Normal;
        let old = buffer.slice(range.clone()).to_owned();
        self.keep(
            None,
            Register {
                text: old,
                is_lines,
            },
        );
        let put = match (kept.is_lines, is_lines) {
            (true, false) => format!("\n{}\n", kept.text),
            _ => kept.text,
        };
        buffer.replace(range.clone(), &put);
        let last = previous(buffer.text(), buffer.cursor());
        buffer.move_to(if is_lines { range.start } else { last });
        Outcome::Changed
    }
}
