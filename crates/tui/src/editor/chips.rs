//! What stands in the text as one piece: long pastes and images, shown as a label.
//!
//! A chip is one character of the far end of the last private plane, so that moving, killing,
//! yanking and undoing treat it as any other character. Text from outside cannot hold one.

use crate::{
    fit::TAB,
    text::{grapheme_width, width},
};
use std::{collections::BTreeMap, sync::Arc};

const FIRST: u32 = 0x10_f000;
const LAST: u32 = 0x10_fffd;
/// Bytes of pastes that are kept after they were sent, for undoing and yanking.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What a chip stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chip {
    /// Text that was pasted.
    Pasted(Arc<str>),
    /// An image that the host of the editor keeps under a number of its own.
    Image {
        /// The host's number.
        handle: u64,
        /// What is shown beside the number, such as `640×480`; may be empty.
        detail: Arc<str>,
    },
}

/// Every chip that the text, the kill ring or the history of changes may hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Chips {
    kept: BTreeMap<u32, Chip>,
    last: u32,
}

impl Chips {
    /// Keeps a chip and returns the character that stands for it. There is none when all numbers
    /// are in use.
    pub(super) fn add(&mut self, chip: Chip) -> Option<char> {
        let number = self.last + 1;
        let sign = char::from_u32(FIRST + number).filter(|c| u32::from(*c) <= LAST)?;
        self.last = number;
        self.kept.insert(number, chip);
        Some(sign)
    }

    pub(super) fn get(&self, c: char) -> Option<&Chip> {
        self.kept.get(&number(c)?)
    }

    /// The label of a character, if it is a chip.
    pub(super) fn label(&self, c: char) -> Option<String> {
        let number = number(c)?;
        Some(match self.kept.get(&number) {
            Some(Chip::Pasted(text)) => {
                let lines = text.lines().count();
                if lines > 1 {
                    format!("[pasted {lines} lines #{number}]")
                } else {
                    format!("[pasted {} characters #{number}]", text.chars().count())
                }
            }
            Some(Chip::Image { detail, .. }) if detail.is_empty() => format!("[image #{number}]"),
            Some(Chip::Image { detail, .. }) => format!("[image #{number} {detail}]"),
            None => format!("[gone #{number}]"),
        })
    }

    /// The cells of a grapheme of the text.
    pub(super) fn cells(&self, grapheme: &str) -> usize {
        match grapheme.chars().next().and_then(|c| self.label(c)) {
            Some(label) => width(&label),
            None if grapheme == "\t" => TAB.len(),
            None => grapheme_width(grapheme),
        }
    }

    /// Lets go of the oldest chips that the text does not hold, once they are too much.
    pub(super) fn trim(&mut self, text: &str) {
        let bytes = |chip: &Chip| match chip {
            Chip::Pasted(text) => text.len(),
            Chip::Image { .. } => 0,
        };
        let mut total: usize = self.kept.values().map(bytes).sum();
        let is_held = |number: u32| text.chars().any(|c| self::number(c) == Some(number));
        self.kept.retain(|number, chip| {
            let goes = total > MOST_BYTES && bytes(chip) > 0 && !is_held(*number);
            if goes {
                total -= bytes(chip);
            }
            !goes
        });
    }
}

/// Whether a character stands for a chip.
pub(super) fn is_chip(c: char) -> bool {
    number(c).is_some()
}

fn number(c: char) -> Option<u32> {
    let code = u32::from(c);
    (FIRST..=LAST).contains(&code).then(|| code - FIRST)
}
