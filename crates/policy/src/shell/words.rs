//! Words of a command line: quotes taken off, braces spread, the rest marked.

mod braces;

use super::lower::Frame;
use braces::brace_spread;
use shuck_ast::{WordPart, WordPartNode};
use std::path::Path;

/// Most words that braces may spread one word into.
const MOST_SPREAD: usize = 64;
/// Stands in a word's text for what only the running shell knows.
pub(crate) const UNKNOWN: char = '\u{fffc}';

/// A word after quotes and braces are resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// As it is spelled.
    pub raw: String,
    /// What the program gets, as far as it is known; U+FFFC stands for the rest.
    pub text: String,
    /// Where in `text` unquoted `*`, `?` and `[` stand.
    pub globs: Vec<usize>,
    /// Whether some of it is only known to the running shell.
    pub dynamic: Dynamic,
}

/// Whether some of a word is only known to the running shell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dynamic {
    /// All of it is known.
    #[default]
    No,
    /// A value that does no harm where it is only printed.
    Plain,
    /// Anything.
    Unknown,
}

impl Word {
    /// A word that is known.
    pub fn fixed(text: &str) -> Self {
        Self {
            raw: text.to_owned(),
            text: text.to_owned(),
            ..Self::default()
        }
    }

    /// The text, when all of it is known and nothing is left to be matched with files.
    pub fn known(&self) -> Option<&str> {
        (self.dynamic == Dynamic::No && self.globs.is_empty()).then_some(&self.text)
    }

    /// The word without its first bytes.
    pub(crate) fn rest(&self, from: usize) -> Self {
        Self {
            raw: self.raw.clone(),
            text: self.text.get(from..).unwrap_or_default().to_owned(),
            globs: self
                .globs
                .iter()
                .filter_map(|at| at.checked_sub(from))
                .collect(),
            dynamic: self.dynamic,
        }
    }
}

/// One character of a word, or what stands for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Atom {
    Char {
        c: char,
        quoted: bool,
    },
    /// A wildcard that holds also where it is quoted: it came from a loop over files.
    Glob(char),
    Dynamic(Dynamic),
}

/// What was found in a word beside its text.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Command lines in the word, as text, each with whether it is one that only yields a text.
    pub(super) inner: Vec<String>,
    /// What is not understood.
    pub(super) doubts: Vec<String>,
    /// Text that is not taken apart, in which commands may stand anywhere.
    pub(super) opaque: Vec<String>,
}

/// The words that one word of the syntax tree stands for.
pub(super) fn decode(
    source: &str,
    word: &shuck_ast::Word,
    frame: &Frame<'_>,
    found: &mut Found,
) -> Vec<Word> {
    let (from, to) = (word.span.start.offset(), word.span.end.offset());
    let Some(raw) = source.get(from..to) else {
        found
            .doubts
            .push("a word's place in the text is not known".to_owned());
        return vec![Word {
            dynamic: Dynamic::Unknown,
            text: UNKNOWN.to_string(),
            ..Word::default()
        }];
    };
    let mut decoder = Decoder {
        source,
        at: from,
        to,
        frame,
        found,
        atoms: Vec::new(),
        extents: Vec::new(),
    };
    decoder.collect(&word.parts);
    decoder.run();
    let atoms = decoder.atoms;
    let mut spread = Vec::new();
    if brace_spread(&atoms, &mut spread, 0).is_err() {
        found
            .doubts
            .push("its braces stand for too many words".to_owned());
        spread = vec![atoms];
    }
    spread
        .into_iter()
        .map(|atoms| finish(raw, &atoms, frame))
        .collect()
}

struct Decoder<'a, 'f> {
    source: &'a str,
    at: usize,
    to: usize,
    frame: &'a Frame<'f>,
    found: &'a mut Found,
    atoms: Vec<Atom>,
    extents: Vec<(usize, usize, &'a WordPart)>,
}

impl<'a> Decoder<'a, '_> {
    /// Notes where expansions begin and end.
    fn collect(&mut self, parts: &'a [WordPartNode]) {
        for part in parts {
            let extent = (part.span.start.offset(), part.span.end.offset(), &part.kind);
            match &part.kind {
                WordPart::Literal(_) | WordPart::SingleQuoted { dollar: false, .. } => {}
                WordPart::DoubleQuoted { parts, .. } => self.collect(parts),
                _ => self.extents.push(extent),
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.source.get(self.at..self.to)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn push(&mut self, c: char, quoted: bool) {
        self.atoms.push(Atom::Char { c, quoted });
    }

    fn run(&mut self) {
        let mut double = false;
        while self.at < self.to {
            if let Some(found) = self
                .extents
                .iter()
                .find(|(from, end, _)| *from == self.at && *end > self.at && *end <= self.to)
                .copied()
            {
                self.expansion(found, double);
                continue;
            }
            let Some(c) = self.next() else { break };
            match (c, double) {
                ('"', _) => double = !double,
                ('\'', false) => self.single(),
                ('\\', _) => self.escaped(double),
                ('$', false) if self.peek() == Some('"') => {}
                ('$', _)
                    if self
                        .peek()
                        .is_some_and(|c| c.is_alphanumeric() || "_{([?#$!@*-'".contains(c)) =>
                {
                    // The syntax tree saw no expansion where one may stand.
                    if !(double && self.peek() == Some('\'')) {
                        self.doubt("an expansion is not understood");
                    }
                    self.push('$', true);
                }
                ('`', _) => {
                    self.doubt("a backtick is not understood");
                    self.push('`', true);
                }
                ('(' | ')' | '<' | '>', false) => {
                    self.doubt("a pattern with brackets is not understood");
                    self.push(c, true);
                }
                _ => self.push(c, double),
            }
        }
        if double {
            self.doubt("a quote is not closed");
        }
    }

    fn single(&mut self) {
        loop {
            match self.next() {
                Some('\'') => return,
                Some(c) => self.push(c, true),
                None => return self.doubt("a quote is not closed"),
            }
        }
    }

    fn escaped(&mut self, double: bool) {
        match self.next() {
            Some('\n') => {}
            Some(c) if double && !matches!(c, '$' | '`' | '"' | '\\') => {
                self.push('\\', true);
                self.push(c, true);
            }
            Some(c) => self.push(c, true),
            None => self.push('\\', true),
        }
    }

    fn doubt(&mut self, text: &str) {
        self.found.doubts.push(text.to_owned());
    }

    fn expansion(&mut self, (from, end, kind): (usize, usize, &'a WordPart), double: bool) {
        self.at = end;
        let raw = self.source.get(from..end).unwrap_or_default();
        match kind {
            WordPart::SingleQuoted { value, .. } => {
                if raw.contains("\\c")
                    || raw.contains("\\0")
                    || raw.contains("\\x0")
                    || raw.contains("\\u0000")
                    || raw.contains('{')
                {
                    self.doubt("an escape in `$'…'` is read differently by shells");
                }
                let text = value.slice(self.source);
                for c in text.chars().take_while(|c| *c != '\0') {
                    if c.is_control() && !matches!(c, '\n' | '\t') {
                        self.found
                            .doubts
                            .push("it makes a control character".to_owned());
                    }
                    self.push(c, true);
                }
            }
            WordPart::Variable(name) if raw.len() <= name.as_str().len() + 3 => {
                self.variable(name.as_str(), double);
            }
            WordPart::Parameter(parameter) => match parameter.bourne() {
                Some(shuck_ast::BourneParameterExpansion::Access { reference })
                    if reference.subscript.is_none()
                        && raw.len() == reference.name.as_str().len() + 3 =>
                {
                    let name = reference.name.as_str().to_owned();
                    self.variable(&name, double);
                }
                _ => self.opaque(raw, "what `${…}` makes is not known"),
            },
            WordPart::CommandSubstitution { .. } => self.substitution(raw, double),
            WordPart::ProcessSubstitution { .. } => {
                if let Some(inner) = raw.get(2..raw.len().saturating_sub(1)) {
                    self.found.inner.push(inner.to_owned());
                }
                self.atoms.push(Atom::Dynamic(Dynamic::Unknown));
            }
            WordPart::ArithmeticExpansion { .. } => {
                let inner = raw.get(3..raw.len().saturating_sub(2)).unwrap_or_default();
                let plain = raw.starts_with("$((")
                    && inner
                        .chars()
                        .all(|c| c.is_ascii_digit() || " +-*/%()<>=!&|^~?:".contains(c));
                if plain {
                    self.atoms.push(Atom::Dynamic(Dynamic::Plain));
                } else {
                    self.opaque(raw, "arithmetic with names may run commands");
                }
            }
            _ => self.opaque(raw, "an expansion is not understood"),
        }
    }

    /// Something that only the shell knows; commands inside are looked for all the same.
    fn opaque(&mut self, raw: &str, why: &str) {
        self.doubt(why);
        self.found.inner.extend(super::scan::inner_commands(raw));
        self.found.opaque.push(raw.to_owned());
        self.atoms.push(Atom::Dynamic(Dynamic::Unknown));
    }

    fn variable(&mut self, name: &str, double: bool) {
        if let Some(values) = self.frame.vars.get(name) {
            match values {
                Some(word)
                    if word.dynamic == Dynamic::No
                        && (double || !word.text.contains([' ', '\t', '\n'])) =>
                {
                    for (at, c) in word.text.char_indices() {
                        if word.globs.contains(&at) {
                            self.atoms.push(Atom::Glob(c));
                        } else {
                            self.push(c, true);
                        }
                    }
                }
                _ => self.atoms.push(Atom::Dynamic(Dynamic::Unknown)),
            }
            return;
        }
        let path = match name {
            "HOME" => self.frame.start.home.as_deref(),
            "PWD" => match self.frame.folders.as_slice() {
                [Some(only)] => Some(only.as_path()),
                _ => None,
            },
            _ => None,
        };
        match path.and_then(Path::to_str) {
            Some(text) if double || !text.contains([' ', '\t', '\n', '*', '?', '[']) => {
                for c in text.chars() {
                    self.push(c, true);
                }
            }
            _ if PLAIN.contains(&name) => self.atoms.push(Atom::Dynamic(Dynamic::Plain)),
            _ => self.atoms.push(Atom::Dynamic(Dynamic::Unknown)),
        }
    }

    fn substitution(&mut self, raw: &str, double: bool) {
        let inner = if let Some(inner) =
            raw.strip_prefix("$(").and_then(|raw| raw.strip_suffix(')'))
        {
            inner.to_owned()
        } else if let Some(inner) = raw.strip_prefix('`').and_then(|raw| raw.strip_suffix('`')) {
            if inner.contains('\\') {
                self.doubt("backslashes inside backticks are read differently by shells");
            }
            inner
                .replace("\\`", "`")
                .replace("\\$", "$")
                .replace("\\\\", "\\")
        } else {
            return self.opaque(raw, "a substitution is not understood");
        };
        if double && let Some(text) = super::lower::constant_text(&inner) {
            for c in text.chars() {
                self.push(c, true);
            }
            self.found.inner.push(inner);
            return;
        }
        self.found.inner.push(inner);
        self.atoms.push(Atom::Dynamic(Dynamic::Unknown));
    }
}

/// Variables whose value does no harm where it is only printed.
const PLAIN: [&str; 22] = [
    "HOME",
    "PWD",
    "OLDPWD",
    "USER",
    "LOGNAME",
    "SHELL",
    "UID",
    "EUID",
    "HOSTNAME",
    "LANG",
    "TERM",
    "PATH",
    "RANDOM",
    "SECONDS",
    "LINENO",
    "PPID",
    "?",
    "#",
    "$",
    "!",
    "-",
    "BASH_VERSION",
];

/// True for variables whose value does no harm where it is only printed.
pub(super) fn is_plain(name: &str) -> bool {
    PLAIN.contains(&name)
}

fn finish(raw: &str, atoms: &[Atom], frame: &Frame<'_>) -> Word {
    let mut word = Word {
        raw: raw.to_owned(),
        ..Word::default()
    };
    let mut atoms = atoms;
    if let [
        Atom::Char {
            c: '~',
            quoted: false,
        },
        rest @ ..,
    ] = atoms
    {
        let ends = matches!(rest.first(), None | Some(Atom::Char { c: '/', .. }));
        if let Some(home) = frame
            .start
            .home
            .as_deref()
            .and_then(Path::to_str)
            .filter(|_| ends)
        {
            word.text.push_str(home);
        } else {
            word.text.push(UNKNOWN);
            word.dynamic = Dynamic::Unknown;
        }
        atoms = rest;
    }
    for (at, atom) in atoms.iter().enumerate() {
        match *atom {
            Atom::Char { c, quoted } => {
                // A bracket that is never closed is a bracket.
                let closes =
                    |atom: &Atom| matches!(atom, Atom::Char { c: ']', .. } | Atom::Dynamic(_));
                let special = match c {
                    '*' | '?' => true,
                    '[' => atoms.iter().skip(at + 2).any(closes),
                    _ => false,
                };
                if !quoted && special {
                    word.globs.push(word.text.len());
                }
                word.text.push(c);
            }
            Atom::Glob(c) => {
                word.globs.push(word.text.len());
                word.text.push(c);
            }
            Atom::Dynamic(dynamic) => {
                word.text.push(UNKNOWN);
                word.dynamic = word.dynamic.max(dynamic);
            }
        }
    }
    word
}
