//! What is known of each language.

mod table;

/// How a language is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Words, strings, numbers, comments.
    Code,
    /// The same, where what stands before a colon or an equals sign is a key.
    Data,
    /// Tags.
    Markup,
    Markdown,
    Diff,
}

/// What a language has beside the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trait {
    /// Words with a capital are types, those in capitals constants.
    CapitalTypes,
    /// `name!` is called.
    Macros,
    /// Lifetimes, characters, raw strings and attributes of Rust.
    RustQuotes,
    NestedComments,
    /// A comment begins only behind a blank.
    CommentAfterBlank,
    /// The first word of a command is what is run.
    Commands,
    /// Keywords are the same in capitals.
    AnyCase,
    /// `@name` says something of what follows.
    Decorators,
    /// `#name` at the start of a line.
    Directives,
    DollarWords,
    DashWords,
    /// `[name]` begins a section.
    Sections,
}

/// A kind of string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quote {
    pub(super) open: &'static str,
    pub(super) close: &'static str,
    pub(super) has_escapes: bool,
    /// Whether it goes on over line ends.
    pub(super) has_lines: bool,
}

/// A language. Words are parted by blanks.
#[derive(Debug)]
pub(super) struct Language {
    /// The names of the language and the ends of its files' names.
    pub(super) names: &'static str,
    pub(super) kind: Kind,
    pub(super) line_comments: &'static [&'static str],
    pub(super) block_comments: &'static [(&'static str, &'static str)],
    pub(super) strings: &'static [Quote],
    pub(super) keywords: &'static str,
    pub(super) types: &'static str,
    pub(super) constants: &'static str,
    pub(super) sigils: &'static [char],
    pub(super) traits: &'static [Trait],
}

impl Language {
    pub(super) fn has(&self, wanted: Trait) -> bool {
        self.traits.contains(&wanted)
    }

    pub(super) fn is_keyword(&self, word: &str) -> bool {
        self.is_among(self.keywords, word)
    }

    pub(super) fn is_type(&self, word: &str) -> bool {
        self.is_among(self.types, word)
    }

    pub(super) fn is_constant(&self, word: &str) -> bool {
        self.is_among(self.constants, word)
    }

    fn is_among(&self, words: &str, word: &str) -> bool {
        let any_case = self.has(Trait::AnyCase);
        words
            .split(' ')
            .any(|known| known == word || any_case && known.eq_ignore_ascii_case(word))
    }
}

/// The language of that name.
pub(super) fn named(name: &str) -> Option<&'static Language> {
    if name.is_empty() {
        return None;
    }
    let is_named = |language: &&Language| {
        let mut names = language.names.split(' ');
        names.any(|known| known.eq_ignore_ascii_case(name))
    };
    table::ALL.iter().find(is_named)
}

#[cfg(test)]
pub(super) fn all() -> &'static [Language] {
    table::ALL
}
