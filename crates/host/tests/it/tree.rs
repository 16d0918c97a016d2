//! A tree of files to search, the same each time.

use std::{fmt::Write as _, fs, path::Path};

const WORDS: [&str; 16] = [
    "alpha", "Beta", "needle", "fn", "struct", "return", "émoji", "x", "while", "{", "}", "",
    "needles", "let", "=", "0x1F",
];

/// A generator of numbers that only look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Makes ordinary files in ordinary folders, `lines` lines each on average.
pub(crate) fn plant(root: &Path, files: usize, lines: usize) {
    let mut dice = Dice(files as u64 + 1);
    for number in 0..files {
        let folder = root
            .join(format!("dir{}", dice.below(7)))
            .join(format!("sub{}", dice.below(5)));
        fs::create_dir_all(&folder).unwrap();
        let ending = ["rs", "py", "txt", "md"][dice.below(4)];
        fs::write(
            folder.join(format!("file{number}.{ending}")),
            text(&mut dice, lines),
        )
        .unwrap();
    }
}

fn text(dice: &mut Dice, lines: usize) -> String {
    let mut text = String::new();
    for _ in 0..dice.below(lines * 2) {
        for _ in 0..dice.below(9) {
            let word = WORDS[dice.below(WORDS.len())];
            write!(text, "{word} ").unwrap();
        }
        text.push('\n');
    }
    if dice.below(5) == 0 {
        text.push_str("needle at an end without a newline");
    }
    text
}
