//! What a simple command reads and writes, and whether it only looks.
//!
//! The knowledge stands in tables: programs with the flags that are known to do no harm. A flag
//! that is not listed is not known, and a command with one is never let through by itself.

mod awk;
mod edits;
mod find;
mod flags;
mod git;
mod sed;
mod table;
mod tests_of_files;

pub use table::{ROWS, Row};

use crate::shell::{Dynamic, Word};

/// What is known of a simple command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Study {
    /// Files and folders that it reads.
    pub(crate) reads: Vec<Word>,
    /// Files and folders that it creates or changes.
    pub(crate) writes: Vec<Word>,
    /// Files and folders that it removes.
    pub(crate) removes: Vec<Word>,
    /// Words that may be files that it touches.
    pub(crate) guesses: Vec<Word>,
    /// Why it is not let through as one that only looks.
    pub(crate) not_free: Option<String>,
    /// Why it is not let through where files may be edited.
    pub(crate) not_edit: Option<String>,
    /// True when it walks through everything below what it reads.
    pub(crate) walks: bool,
    /// True when it is git, which obeys the configuration of the folder it runs in.
    pub(crate) git: bool,
    /// True when it changes the folder of what follows.
    pub(crate) moves: bool,
}

impl Study {
    fn free() -> Self {
        Self {
            not_edit: Some("it does not edit files".to_owned()),
            ..Self::default()
        }
    }

    fn refused(why: impl Into<String>) -> Self {
        let why = why.into();
        Self {
            not_free: Some(why.clone()),
            not_edit: Some(why),
            ..Self::default()
        }
    }

    fn reads(mut self, words: Vec<Word>) -> Self {
        self.reads.extend(words);
        self
    }
}

/// Studies a command from which wrappers were taken off. `fed` is true when further words come
/// from elsewhere, as with `xargs`.
pub(crate) fn study(words: &[Word], fed: bool) -> Study {
    let [name, args @ ..] = words else {
        return Study::free();
    };
    let mut study = match name.known() {
        Some(known) => known_program(known, args),
        None => Study::refused("which program runs is only known when it runs"),
    };
    if fed && !matches!(name.text.as_str(), "echo") {
        let why = "what it is given is only known when it runs".to_owned();
        study.not_free.get_or_insert_with(|| why.clone());
        study.not_edit.get_or_insert(why);
    }
    if study.not_free.is_some() {
        study.guesses = guesses(args);
    }
    study
}

/// Folders of the system whose programs are the ones of the table.
const SYSTEM_FOLDERS: [&str; 2] = ["/bin/", "/usr/bin/"];

fn known_program(spelled: &str, args: &[Word]) -> Study {
    let name = SYSTEM_FOLDERS
        .iter()
        .find_map(|folder| spelled.strip_prefix(folder))
        .unwrap_or(spelled);
    match name {
        "git" => git::study(args),
        "find" => find::study(args),
        "sed" | "gsed" => sed::study(args),
        "awk" | "gawk" | "mawk" | "nawk" => awk::study(args),
        "[" | "test" | "[[" => tests_of_files::study(name, args),
        "cd" | "pushd" => folder_change(name, args),
        "command" | "type"
            if name == "type"
                || args
                    .first()
                    .is_some_and(|word| matches!(word.text.as_str(), "-v" | "-V")) =>
        {
            printed(args)
        }
        "printf"
            if args.first().is_some_and(|word| {
                word.text.starts_with('-') && word.text != "--" && word.text != "-"
            }) =>
        {
            Study::refused("its options can set variables")
        }
        "jq" if args.iter().any(|word| {
            ["env", "$ENV", "import", "include", "input_filename"]
                .iter()
                .any(|text| word.text.contains(text))
        }) =>
        {
            Study::refused("its program reads the environment or other files")
        }
        "ps" => process_list(args),
        name if asks_version(name, args) => Study::free(),
        "node" | "python" | "python3" => Study::refused(format!("{name} runs code")),
        _ => match table::row(name) {
            Some(row) => by_row(row, args),
            None => match edits::study(name, args) {
                Some(study) => study,
                None => Study::refused(format!("{name} is not known to only look")),
            },
        },
    }
}

fn by_row(row: &'static table::Parsed, args: &[Word]) -> Study {
    if row.row.operands == table::Operands::Words {
        return listing(printed(args), args);
    }
    let parsed = row.flags.parse(args);
    let mut study = Study::free();
    study.walks = row.walks(&parsed);
    let mut operands = parsed.operands.clone();
    study.reads.extend(parsed.files.iter().cloned());
    if let Some(why) = &parsed.unknown {
        study = Study {
            not_free: Some(why.clone()),
            not_edit: Some(why.clone()),
            ..study
        };
    }
    let refuse = |study: &mut Study, why: &str| {
        study.not_free.get_or_insert_with(|| why.to_owned());
    };
    if !row.row.globs
        && args.iter().any(|word| {
            !word.globs.is_empty()
                && !word
                    .text
                    .starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/')
        })
    {
        refuse(
            &mut study,
            "a wildcard may stand for a file that is named like a flag",
        );
    }
    match row.row.operands {
        table::Operands::Text | table::Operands::Words => {
            if operands.iter().any(|word| word.dynamic == Dynamic::Unknown) {
                refuse(&mut study, "it holds a value that is not known");
            }
            study = listing(study, &operands);
            operands.clear();
        }
        table::Operands::Files { most } => {
            if operands.len() > most
                || (most < usize::MAX && operands.iter().any(|word| !word.globs.is_empty()))
            {
                refuse(&mut study, "a further file would be written");
            }
        }
        table::Operands::PatternThenFiles { flags } => {
            if !parsed
                .given
                .iter()
                .any(|flag| flags.contains(&flag.as_str()))
                && !operands.is_empty()
            {
                let pattern = operands.remove(0);
                if pattern.dynamic == Dynamic::Unknown || !pattern.globs.is_empty() {
                    refuse(&mut study, "its pattern is not known");
                }
            }
        }
        table::Operands::Format => {
            if operands
                .iter()
                .any(|word| word.known().is_none_or(|text| !text.starts_with('+')))
            {
                refuse(&mut study, "it would set what it shows");
            }
            operands.clear();
        }
    }
    let here = study.walks && operands.is_empty();
    study.reads.extend(operands);
    if here || (row.row.here && study.reads.is_empty()) {
        study.reads.push(Word::fixed("."));
    }
    study
}

/// A wildcard names what stands in a folder, also where it is only printed.
fn listing(study: Study, args: &[Word]) -> Study {
    let named = args.iter().filter(|word| !word.globs.is_empty());
    let named = named.cloned().collect();
    study.reads(named)
}

/// Programs that tell their version, whatever stands in the folder: no shims that obey a file of
/// the project.
const VERSIONED: [&str; 17] = [
    "node", "python", "python3", "npm", "ruby", "perl", "php", "java", "javac", "gcc", "g++", "cc",
    "clang", "make", "cmake", "docker", "bash",
];

/// True for a question for the version and nothing else.
fn asks_version(name: &str, args: &[Word]) -> bool {
    let [only] = args else { return false };
    let flag = only.known().unwrap_or_default();
    let short = match name {
        "node" | "npm" | "php" | "ruby" => "-v",
        "python" | "python3" => "-V",
        "java" | "javac" => "-version",
        _ => "--version",
    };
    VERSIONED.contains(&name) && (flag == "--version" || flag == short)
}

/// `cd` and `pushd`: what they name is read, and the rest of the line runs there.
fn folder_change(name: &str, args: &[Word]) -> Study {
    let mut study = Study::free();
    study.moves = true;
    let operands: Vec<Word> = args
        .iter()
        .filter(|word| !matches!(word.text.as_str(), "-P" | "-L" | "-e" | "--"))
        .cloned()
        .collect();
    match operands.as_slice() {
        [only]
            if only
                .known()
                .is_some_and(|text| !text.starts_with(['-', '+']) && !text.is_empty()) =>
        {
            study.reads = operands;
        }
        [] if name == "cd" => study.reads.push(Word {
            raw: "~".to_owned(),
            text: crate::shell::HOME_MARK.to_owned(),
            ..Word::default()
        }),
        _ => study.not_free = Some("where it leads is not known".to_owned()),
    }
    study
}

/// Commands that only print what they are given.
fn printed(args: &[Word]) -> Study {
    if args.iter().any(|word| word.dynamic == Dynamic::Unknown) {
        return Study::refused("it holds a value that is not known");
    }
    Study::free()
}

/// `ps`, but for the forms that show the environment of processes.
fn process_list(args: &[Word]) -> Study {
    let fine = |word: &Word| {
        matches!(
            word.known(),
            Some(
                "aux"
                    | "ax"
                    | "auxw"
                    | "auxww"
                    | "axu"
                    | "-e"
                    | "-f"
                    | "-ef"
                    | "-A"
                    | "-l"
                    | "-a"
                    | "-u"
                    | "-x"
                    | "-ax"
                    | "--forest"
            )
        )
    };
    if args.iter().all(fine) {
        Study::free()
    } else {
        Study::refused("ps can show the environment of processes")
    }
}

/// Words that may name files, with what stands after `=`, `@`, `:` and short flags.
fn guesses(args: &[Word]) -> Vec<Word> {
    let mut out = Vec::new();
    for word in args.iter().take(200) {
        out.push(word.clone());
        for (at, c) in word.text.char_indices() {
            if matches!(c, '=' | '@' | ':' | ',') {
                out.push(word.rest(at + c.len_utf8()));
            }
        }
        if word.text.starts_with('-')
            && !word.text.starts_with("--")
            && word.text.is_char_boundary(2)
            && word.text.len() > 2
        {
            out.push(word.rest(2));
        }
    }
    out.retain(|word| !word.text.is_empty() && !word.text.starts_with('-'));
    out
}

#[cfg(test)]
mod tests;
