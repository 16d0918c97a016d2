//! `test`, `[` and `[[`: comparisons, and questions about files.

use super::Study;
use crate::shell::{Dynamic, Word};

pub(super) fn study(name: &str, args: &[Word]) -> Study {
    let mut study = Study::free();
    let args = match args {
        [inner @ .., last] if name == "[" => {
            if last.text != "]" {
                return Study::refused("its bracket is not closed");
            }
            inner
        }
        _ => args,
    };
    for (at, word) in args.iter().enumerate() {
        let text = word.text.as_str();
        if matches!(text, "-v" | "-R") {
            return Study::refused("the index of a variable may run commands");
        }
        if word.dynamic == Dynamic::Unknown || !word.globs.is_empty() {
            return Study::refused("one of its words is not known");
        }
        let asks_file = at > 0
            && args.get(at - 1).is_some_and(|flag| {
                let flag = flag.text.as_str();
                flag.len() == 2
                    && flag.starts_with('-')
                    && !matches!(flag, "-z" | "-n" | "-o" | "-a" | "-t")
                    || matches!(flag, "-nt" | "-ot" | "-ef")
            });
        let before = args
            .get(at + 1)
            .is_some_and(|flag| matches!(flag.text.as_str(), "-nt" | "-ot" | "-ef"));
        let looks_like = text.starts_with(['/', '~']) || text.split('/').any(|part| part == "..");
        if asks_file || before || looks_like {
            study.reads.push(word.clone());
        }
    }
    study
}
