//! `find`: folders, then tests and actions of which only the looking ones are known.

use super::Study;
use crate::shell::Word;

/// Tests and actions without a word of their own.
const PLAIN: [&str; 34] = [
    "-print",
    "-print0",
    "-prune",
    "-o",
    "-a",
    "-or",
    "-and",
    "-not",
    "!",
    "(",
    ")",
    ",",
    "-depth",
    "-d",
    "-empty",
    "-true",
    "-false",
    "-ls",
    "-mount",
    "-xdev",
    "-readable",
    "-writable",
    "-executable",
    "-nouser",
    "-nogroup",
    "-daystart",
    "-noleaf",
    "-warn",
    "-nowarn",
    "-quit",
    "-ignore_readdir_race",
    "-noignore_readdir_race",
    "-help",
    "-version",
];
/// Tests with a word.
const VALUED: [&str; 27] = [
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-iwholename",
    "-regex",
    "-iregex",
    "-regextype",
    "-type",
    "-xtype",
    "-size",
    "-mtime",
    "-atime",
    "-ctime",
    "-mmin",
    "-amin",
    "-cmin",
    "-perm",
    "-user",
    "-group",
    "-uid",
    "-gid",
    "-links",
    "-inum",
    "-maxdepth",
    "-mindepth",
];
/// Further tests with a word.
const ALSO_VALUED: [&str; 6] = [
    "-printf", "-lname", "-ilname", "-fstype", "-used", "-newermt",
];
/// Tests with a file.
const FILES: [&str; 5] = ["-newer", "-anewer", "-cnewer", "-samefile", "-neweraa"];

pub(super) fn study(args: &[Word]) -> Study {
    let mut study = Study::free();
    study.walks = true;
    let mut words = args.iter().peekable();
    while words
        .next_if(|word| matches!(word.text.as_str(), "-H" | "-P"))
        .is_some()
    {}
    while let Some(word) = words.next_if(|word| {
        !(word.text.starts_with('-') || matches!(word.text.as_str(), "(" | ")" | "!" | ","))
    }) {
        study.reads.push(word.clone());
    }
    if study.reads.is_empty() {
        study.reads.push(Word::fixed("."));
    }
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let why = if word.known().is_none() {
            Some("one of its words is not known")
        } else if PLAIN.contains(&text) {
            None
        } else if VALUED.contains(&text) || ALSO_VALUED.contains(&text) {
            words
                .next()
                .is_none_or(|value| value.known().is_none())
                .then_some("a test of it is not known")
        } else if FILES.contains(&text) {
            study.reads.extend(words.next().cloned());
            None
        } else {
            Some("it may run, write or remove something")
        };
        if let Some(why) = why {
            study
                .not_free
                .get_or_insert_with(|| format!("`{}`: {why}", word.raw));
        }
    }
    if args.iter().any(|word| !word.globs.is_empty()) {
        study.not_free.get_or_insert_with(|| {
            "a wildcard may stand for a file that is named like a flag".to_owned()
        });
    }
    study
}
