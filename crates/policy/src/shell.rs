//! Shell command lines, taken apart on a syntax tree into the simple commands that would run.
//!
//! Nothing here decides. What is not fully understood becomes a doubt, and a command line with
//! doubts is never let through without a question. What is understood is kept also when there
//! are doubts, so that rules that restrict still see it.

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else the parser knows is asked about"
)]
mod lower;
mod scan;
mod second;
mod signs;
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else the parser knows is asked about"
)]
mod words;

pub(crate) use scan::pieces;
pub(crate) use second::agrees;
pub(crate) use signs::{is_bidi, is_invisible};
pub use words::{Dynamic, Word};

use std::{collections::BTreeMap, path::PathBuf};

/// Longest command line that is analysed, in bytes. A longer one is only searched for what is
/// denied, and asked about.
pub const LONGEST: usize = 10_000;
/// Longest command line that is judged at all: no longer one can be handed to a shell as one
/// argument on Linux.
pub(crate) const LONGEST_JUDGED: usize = 128 * 1024;
/// Text that one analysis parses at most, nested command lines included.
pub(crate) const MOST_PARSED: usize = 6 * LONGEST;
/// Deepest nesting of command lines in command lines.
pub(crate) const DEEPEST: usize = 8;
/// Most simple commands of one analysis.
pub(crate) const MOST_STEPS: usize = 2000;
/// Stands for the home folder in a word that was not written.
pub(crate) const HOME_MARK: &str = "\u{fffb}home";

/// What a command line was found to do.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Every simple command, in the order of the text.
    pub steps: Vec<Step>,
    /// Why it cannot be let through without a question.
    pub doubts: Vec<String>,
    /// The names of the commands as the text spells them, to compare with a second reading.
    pub(crate) spelled: Vec<String>,
}

impl Line {
    pub(crate) fn doubt(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.doubts.contains(&text) && self.doubts.len() < 20 {
            self.doubts.push(text);
        }
    }
}

/// One simple command.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// As it is spelled.
    pub raw: String,
    /// The program and its arguments. Empty for a redirection or assignment alone.
    pub words: Vec<Word>,
    /// Assignments before the program: name and value.
    pub assignments: Vec<(String, Word)>,
    /// Redirections of it and of what it stands in.
    pub redirects: Vec<Redirect>,
    /// The folders in which it may run; `None` is a folder that is not known.
    pub folders: Vec<Option<PathBuf>>,
    /// What it does beside running a program, such as defining a function.
    pub more: Option<&'static str>,
    /// True when it is only seen to be denied or asked about: the text of an `eval`, the rest
    /// of a line that does not parse.
    pub shadow: bool,
}

/// One redirection.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// What it does.
    pub kind: RedirectKind,
    /// The file, where there is one.
    pub target: Option<Word>,
}

/// What a redirection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// Reads a file.
    Read,
    /// Writes a file.
    Write,
    /// Reads and writes a file.
    ReadWrite,
    /// A text that stands in the command line.
    Text,
    /// Copies or closes a descriptor.
    Copy,
}

/// What is known before a command line runs.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Where it starts. Absolute.
    pub cwd: PathBuf,
    /// The person's home.
    pub home: Option<PathBuf>,
}

/// Takes a command line apart.
pub fn analyse(command: &str, start: &Start) -> Line {
    let mut line = Line::default();
    if let Some(sign) = signs::suspicious(command) {
        line.doubt(sign);
    }
    let mut budget = MOST_PARSED;
    lower::lower_text(
        &mut line,
        command,
        &lower::Frame {
            start,
            vars: BTreeMap::new(),
            folders: vec![Some(start.cwd.clone())],
            depth: 0,
            shadow: false,
        },
        &mut budget,
    );
    line
}

/// Takes a command line apart that stands inside another one, such as the text of `sh -c`.
pub(crate) fn analyse_nested(
    command: &str,
    start: &Start,
    depth: usize,
    budget: &mut usize,
) -> Line {
    let mut line = Line::default();
    lower::lower_text(
        &mut line,
        command,
        &lower::Frame {
            start,
            vars: BTreeMap::new(),
            folders: vec![None],
            depth,
            shadow: true,
        },
        budget,
    );
    line
}
