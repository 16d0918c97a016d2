//! The last step for text that someone decides by: blanks that push something out of sight and
//! letters that look like others are told.

use super::chars;
use crate::lookalike;

/// Blanks in a row that are shown as they are.
const MOST_BLANKS: usize = 32;
/// Line ends in a row that are shown as they are.
const MOST_BREAKS: usize = 3;
/// Letters of a word that are looked at together.
const LONGEST_WORD: usize = 128;

/// What is held back until it is known how it goes on.
#[derive(Debug, Default)]
pub(super) struct Layout {
    breaks: usize,
    blanks: Vec<char>,
    more_blanks: usize,
    word: String,
    word_chars: usize,
}

impl Layout {
    pub(super) fn push(&mut self, c: char, out: &mut String) {
        if c == '\n' {
            self.end_word(out);
            if self.breaks == 0 {
                self.end_blanks(out);
            } else {
                self.blanks.clear();
                self.more_blanks = 0;
            }
            self.breaks += 1;
            return;
        }
        if c == ' ' || c == '\t' {
            self.end_word(out);
            if self.blanks.len() < MOST_BLANKS {
                self.blanks.push(c);
            } else {
                self.more_blanks += 1;
            }
            return;
        }
        self.end_breaks(out);
        self.end_blanks(out);
        if chars::is_odd_blank(c) {
            self.end_word(out);
            spell(c, out);
        } else if c.is_alphanumeric() {
            self.word.push(c);
            self.word_chars += 1;
            if self.word_chars == LONGEST_WORD {
                self.end_word(out);
            }
        } else {
            self.end_word(out);
            out.push(c);
        }
    }

    /// A mark, which is never part of a word.
    pub(super) fn mark(&mut self, mark: &str, out: &mut String) {
        self.end_word(out);
        self.end_breaks(out);
        self.end_blanks(out);
        out.push_str(mark);
    }

    pub(super) fn finish(&mut self, out: &mut String) {
        self.end_word(out);
        self.end_breaks(out);
        self.end_blanks(out);
    }

    fn end_breaks(&mut self, out: &mut String) {
        if self.breaks > MOST_BREAKS {
            out.extend([format!("\n⟨{} empty lines⟩\n", self.breaks - 1)]);
        } else {
            out.extend(std::iter::repeat_n('\n', self.breaks));
        }
        self.breaks = 0;
    }

    fn end_blanks(&mut self, out: &mut String) {
        if self.more_blanks > 0 {
            let all = self.blanks.len() + self.more_blanks;
            out.extend([format!(" ⟨{all} blanks⟩ ")]);
        } else {
            out.extend(&self.blanks);
        }
        self.blanks.clear();
        self.more_blanks = 0;
    }

    fn end_word(&mut self, out: &mut String) {
        if self.word.is_empty() {
            return;
        }
        out.push_str(&self.word);
        if lookalike::deceives(&self.word) {
            out.push_str("⟨not as it looks:");
            for c in self.word.chars().filter(|c| lookalike::latin(*c).is_some()) {
                out.extend([format!(" U+{:04X}", u32::from(c))]);
            }
            out.push('⟩');
        }
        self.word.clear();
        self.word_chars = 0;
    }
}

/// The number of a character in its mark.
pub(super) fn spell(c: char, out: &mut String) {
    out.extend([format!("⟨U+{:04X}⟩", u32::from(c))]);
}
