//! Commands of vim, done to the buffer.

use super::{
    Inserting, Mode, Register, Repeatable, Vim,
    grammar::{Action, Case, Command, Find, Motion, Object, Operator},
    lines::{delete_lines, enter, join, shift, without_feed},
    motions::{Turn, first_letter, found, target},
    objects,
    reach::Taken,
};
use crate::editor::{
    Outcome,
    buffer::Buffer,
    motion::{line_end, line_start, next, previous},
};

impl Vim {
    pub(super) fn apply(&mut self, buffer: &mut Buffer, command: Command) -> Outcome {
        buffer.begin_step();
        let outcome = self.done(buffer, command);
        if outcome == Outcome::Changed && self.inserting.is_none() && is_repeatable(command.action)
        {
            self.last = Some(Repeatable {
                command,
                typed: String::new(),
            });
        }
        self.settle(buffer);
        outcome
    }

    fn done(&mut self, buffer: &mut Buffer, command: Command) -> Outcome {
        let count = command.count.unwrap_or(1);
        match command.action {
            Action::Move(motion) => return self.moved(buffer, motion, command.count),
            Action::Operate(operator, target) => {
                let Some(taken) = self.taken(buffer, operator, target, command.count) else {
                    return Outcome::Moved;
                };
                return self.operate(buffer, operator, &taken, command);
            }
            Action::OperateSelected(operator) => {
                let Some(range) = self.selection(buffer) else {
                    return Outcome::Moved;
                };
                let is_lines = self.mode == Mode::VisualLine;
                let range = if is_lines {
                    without_feed(buffer, range)
                } else {
                    range
                };
                self.mode = Mode::Normal;
                return self.operate(buffer, operator, &Taken { range, is_lines }, command);
            }
            Action::Insert(entry) => {
                enter(buffer, entry);
                self.begin_insert(buffer, command);
                return Outcome::Moved;
            }
            Action::Replace(c) => {
                let at = buffer.cursor();
                let Some(range) = objects::letters(buffer.text(), at, count) else {
                    return Outcome::Moved;
                };
                buffer.replace(range, &c.to_string().repeat(count));
                buffer.move_to(previous(buffer.text(), buffer.cursor()));
            }
            Action::ReplaceSelected(c) => {
                let Some(range) = self.selection(buffer) else {
                    return Outcome::Moved;
                };
                let with = |old: char| if old == '\n' { old } else { c };
                let text: String = buffer.slice(range.clone()).chars().map(with).collect();
                self.mode = Mode::Normal;
                buffer.replace(range.clone(), &text);
                buffer.move_to(range.start);
            }
            Action::ToggleCase => {
                let at = buffer.cursor();
                let end = line_end(buffer.text(), at);
                let mut to = at;
                for _ in 0..count {
                    to = next(buffer.text(), to).min(end);
                }
                let text = objects::toggled(buffer.slice(at..to));
                buffer.replace(at..to, &text);
            }
            Action::Join { with_blank } => join(buffer, count.max(2) - 1, with_blank),
            Action::JoinSelected => {
                let Some(range) = self.selection(buffer) else {
                    return Outcome::Moved;
                };
                let feeds = without_feed(buffer, range.clone());
                let lines = buffer.slice(feeds).matches('\n').count().max(1);
                self.mode = Mode::Normal;
                buffer.move_to(range.start);
                join(buffer, lines, true);
            }
            Action::Put { is_before } => return self.put(buffer, command, is_before),
            Action::PutSelected => return self.put_selected(buffer, command),
            Action::Undo => return repeated(count, || buffer.undo()),
            Action::Redo => return repeated(count, || buffer.redo()),
            Action::Again => return self.again(buffer, command.count),
            Action::Visual { by_lines } => {
                let wanted = if by_lines {
                    Mode::VisualLine
                } else {
                    Mode::Visual
                };
                if self.mode == Mode::Normal {
                    self.anchor = buffer.cursor();
                }
                self.mode = if self.mode == wanted {
                    Mode::Normal
                } else {
                    wanted
                };
                return Outcome::Moved;
            }
            Action::OtherEnd => {
                let at = buffer.cursor();
                buffer.move_to(self.anchor);
                self.anchor = at;
                return Outcome::Moved;
            }
            Action::Select(object) => return self.select(buffer, object, count),
            Action::Search => return Outcome::Search,
        }
        Outcome::Changed
    }

    fn moved(&mut self, buffer: &mut Buffer, motion: Motion, count: Option<usize>) -> Outcome {
        if motion == Motion::Up {
            return self.moved_rows(buffer, -1, count.unwrap_or(1));
        }
        if motion == Motion::Down {
            return self.moved_rows(buffer, 1, count.unwrap_or(1));
        }
        if let Some(to) = self.target(buffer.text(), buffer.cursor(), motion, count) {
            buffer.move_to(to);
        }
        Outcome::Moved
    }

    /// Rows as they are seen; at the edges the history begins.
    fn moved_rows(&self, buffer: &mut Buffer, step: isize, count: usize) -> Outcome {
        let mut is_moved = false;
        for _ in 0..count {
            if !buffer.move_rows(step) {
                break;
            }
            is_moved = true;
        }
        if is_moved || self.mode != Mode::Normal {
            Outcome::Moved
        } else if step < 0 {
            Outcome::Earlier
        } else {
            Outcome::Later
        }
    }

    pub(super) fn target(
        &mut self,
        text: &str,
        from: usize,
        motion: Motion,
        count: Option<usize>,
    ) -> Option<usize> {
        let times = count.unwrap_or(1);
        if let Motion::Find(find) = motion {
            self.found = Some(find);
        }
        match (motion, self.found) {
            (Motion::FindAgain, Some(find)) => found(text, from, find, times, Turn::Again),
            (Motion::FindBack, Some(find)) => {
                let turned = Find {
                    is_back: !find.is_back,
                    ..find
                };
                found(text, from, turned, times, Turn::Again)
            }
            _ => target(text, from, motion, count),
        }
    }

    fn operate(
        &mut self,
        buffer: &mut Buffer,
        operator: Operator,
        taken: &Taken,
        command: Command,
    ) -> Outcome {
        let range = taken.range.clone();
        let text = buffer.slice(range.clone()).to_owned();
        match operator {
            Operator::Yank => {
                self.keep(
                    command.register,
                    Register {
                        text,
                        is_lines: taken.is_lines,
                    },
                );
                self.kept_as_yanked(command.register);
                let line = line_start(buffer.text(), buffer.cursor());
                // `yy` leaves the cursor where it is.
                if !taken.is_lines || line != range.start {
                    buffer.move_to(range.start);
                }
                return Outcome::Moved;
            }
            Operator::Delete => {
                self.keep(
                    command.register,
                    Register {
                        text,
                        is_lines: taken.is_lines,
                    },
                );
                if taken.is_lines {
                    delete_lines(buffer, range);
                } else {
                    buffer.replace(range, "");
                }
            }
            Operator::Change => {
                self.keep(
                    command.register,
                    Register {
                        text,
                        is_lines: taken.is_lines,
                    },
                );
                buffer.hold_step();
                let from = if taken.is_lines {
                    first_letter(buffer.text(), range.start).min(range.end)
                } else {
                    range.start
                };
                buffer.replace(from..range.end, "");
                buffer.move_to(from);
                self.begin_insert(buffer, command);
            }
            Operator::Shift(way) => shift(buffer, &range, way),
            Operator::Recase(case) => {
                let text = match case {
                    Case::Lower => text.to_lowercase(),
                    Case::Upper => text.to_uppercase(),
                    Case::Turned => objects::toggled(&text),
                };
                buffer.replace(range.clone(), &text);
                buffer.move_to(range.start);
            }
        }
        Outcome::Changed
    }

    fn begin_insert(&mut self, buffer: &mut Buffer, command: Command) {
        buffer.hold_step();
        self.mode = Mode::Insert;
        self.before = None;
        self.inserting = Some(Inserting {
            from: buffer.cursor(),
            command,
        });
    }

    fn select(&mut self, buffer: &mut Buffer, object: Object, count: usize) -> Outcome {
        let (text, at) = (buffer.text(), buffer.cursor());
        if let Some((range, is_lines)) = objects::object(text, at, object, count)
            && !range.is_empty()
        {
            let end = previous(text, range.end);
            // What is selected already is made longer.
            self.anchor = if self.anchor < at {
                self.anchor.min(range.start)
            } else {
                range.start
            };
            buffer.move_to(end);
            if is_lines {
                self.mode = Mode::VisualLine;
            }
        }
        Outcome::Moved
    }

    fn again(&mut self, buffer: &mut Buffer, count: Option<usize>) -> Outcome {
        let Some(last) = self.last.clone() else {
            return Outcome::Moved;
        };
        let command = Command {
            count: count.or(last.command.count),
            ..last.command
        };
        let outcome = self.done(buffer, command);
        if self.inserting.is_some() {
            buffer.insert(&last.typed);
            self.leave_insert(buffer);
            return Outcome::Changed;
        }
        outcome
    }
}

fn is_repeatable(action: Action) -> bool {
    match action {
        Action::Operate(..)
        | Action::Replace(_)
        | Action::ToggleCase
        | Action::Join { .. }
        | Action::Put { .. } => true,
        Action::Move(_)
        | Action::Insert(_)
        | Action::Undo
        | Action::Redo
        | Action::Again
        | Action::Visual { .. }
        | Action::OperateSelected(_)
        | Action::ReplaceSelected(_)
        | Action::PutSelected
        | Action::JoinSelected
        | Action::OtherEnd
        | Action::Select(_)
        | Action::Search => false,
    }
}

fn repeated(count: usize, mut step: impl FnMut() -> bool) -> Outcome {
    let mut is_changed = false;
    for _ in 0..count {
        if !step() {
            break;
        }
        is_changed = true;
    }
    if is_changed {
        Outcome::Changed
    } else {
        Outcome::Moved
    }
}
