//! Styles by meaning. Components name a role, never a colour; a palette gives each role a style.

pub mod contrast;
mod palettes;

use ratatui::style::Style;

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident,)*) => {
        /// What a piece of text is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role { $($(#[$doc])* $role,)* }

        impl Role {
            /// Every role, in order.
            pub const ALL: &[Self] = &[$(Self::$role,)*];
        }
    };
}

roles! {
    /// Ordinary text.
    Text,
    /// Text that matters less: hints, durations, folded output.
    Dim,
    /// Text that matters more.
    Strong,
    /// Text that stands aslant.
    Emphasis,
    /// Text that was struck out.
    Struck,
    /// The one colour of the product: the prompt's mark, the chosen row, activity.
    Accent,
    /// What the person said.
    Person,
    /// Headings of markdown.
    Heading,
    /// Code within a sentence.
    Code,
    /// Lines of a code block.
    CodeBlock,
    /// Addresses.
    Link,
    /// Quoted text.
    Quote,
    /// Marks of lists, rules, frames of tables.
    Mark,
    /// The model's reasoning.
    Thought,
    /// The name of a tool.
    Tool,
    /// Success.
    Good,
    /// What wants attention.
    Warning,
    /// Failure and danger.
    Bad,
    /// A line that was added.
    Added,
    /// Words that were added within a changed line.
    AddedWord,
    /// A line that was removed.
    Removed,
    /// Words that were removed within a changed line.
    RemovedWord,
    /// Numbers of lines.
    LineNumber,
    /// Headers of hunks.
    Hunk,
    /// The row under the cursor of a list.
    Chosen,
    /// Selected text.
    Selection,
    /// Letters that a search matched.
    Match,
    /// Frames and rules of dialogues.
    Frame,
    /// A character that is made visible: control, invisible, look-alike.
    Unseen,
    /// Syntax: keywords.
    Keyword,
    /// Syntax: strings.
    Literal,
    /// Syntax: numbers and constants.
    Number,
    /// Syntax: comments.
    Comment,
    /// Syntax: functions.
    Function,
    /// Syntax: types.
    Type,
    /// Syntax: variables and fields.
    Variable,
    /// Syntax: operators and punctuation.
    Operator,
}

/// Which colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Palette {
    /// For dark backgrounds.
    Dark,
    /// For light backgrounds.
    Light,
    /// For dark backgrounds, telling apart without red and green.
    DarkCalm,
    /// For light backgrounds, telling apart without red and green.
    LightCalm,
    /// The terminal's own sixteen colours.
    Sixteen,
    /// No colour: bold, dim, underlined and reversed text alone.
    Plain,
}

impl Palette {
    /// Every palette with the name that settings use.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Dark, "dark"),
        (Self::Light, "light"),
        (Self::DarkCalm, "dark-daltonized"),
        (Self::LightCalm, "light-daltonized"),
        (Self::Sixteen, "ansi"),
        (Self::Plain, "plain"),
    ];

    /// The palette of that name.
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == name);
        found.map(|(palette, _)| *palette)
    }

    /// The name that settings use.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(palette, _)| *palette == self);
        found.map_or("dark", |(_, name)| name)
    }
}

/// A style for each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    palette: Palette,
}

impl Theme {
    /// The theme of a palette.
    pub fn new(palette: Palette) -> Self {
        Self { palette }
    }

    /// Which palette it is.
    pub fn palette(&self) -> Palette {
        self.palette
    }

    /// How text of that role looks.
    pub fn style(&self, role: Role) -> Style {
        palettes::style(self.palette, role)
    }
}
