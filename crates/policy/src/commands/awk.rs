//! `awk`: programs that only print what they read.

use super::{Study, flags::Flags};
use crate::shell::Word;

/// Words with which a program reaches beyond its input.
const REACHES: [&str; 14] = [
    "system",
    "getline",
    "ENVIRON",
    "ARGV",
    "ARGC",
    "PROCINFO",
    "fflush",
    "close",
    "@",
    "extension",
    "SYMTAB",
    "FUNCTAB",
    "|",
    ">",
];

pub(super) fn study(args: &[Word]) -> Study {
    let parsed = Flags::new("-F: -v: --field-separator: --assign:").parse(args);
    let mut operands = parsed.operands.into_iter();
    let mut study = Study::free();
    study.not_free = parsed.unknown;
    match operands.next() {
        Some(program) => {
            match program.known() {
                Some(text) => {
                    // After a `print`, `>` and `|` lead to a file or program; before it they compare.
                    let plain = text.replace("||", "").replace(">=", "");
                    let prints = plain.find("print").unwrap_or(plain.len());
                    let leads = |reach: &str| plain.rfind(reach).is_some_and(|at| at > prints);
                    let found = REACHES.iter().find(|reach| match **reach {
                        "|" | ">" => leads(reach),
                        reach => plain.contains(reach),
                    });
                    if let Some(reach) = found {
                        study.not_free.get_or_insert_with(|| format!("its program holds `{reach}`, with which it may run or write something"));
                    }
                }
                None => study.not_free = Some("its program is not known".to_owned()),
            }
        }
        None => study.not_free = Some("it has no program".to_owned()),
    }
    let files: Vec<Word> = operands
        .filter(|word| !word.text.contains('=') || word.text.contains('/'))
        .collect();
    if files
        .iter()
        .any(|word| word.text.starts_with(['*', '?', '[']))
    {
        study.not_free.get_or_insert_with(|| {
            "a wildcard may stand for a file that is named like a setting".to_owned()
        });
    }
    study.reads(files)
}
