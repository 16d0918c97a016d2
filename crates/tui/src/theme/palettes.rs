//! The palettes: which role has which colour.
//!
//! Text keeps the terminal's own colour wherever it can. What has a colour of Gimlet's is held to
//! a contrast of 4.5 on the backgrounds that people have; a test reckons it.

use super::{Palette, Role};
use ratatui::style::{Color, Modifier, Style};

/// How a role looks in a palette.
pub(super) fn style(palette: Palette, role: Role) -> Style {
    let shape = shape(role);
    match palette {
        Palette::Plain => plain(role, shape),
        Palette::Sixteen => sixteen(role, shape),
        Palette::Dark => painted(role, shape, &DARK),
        Palette::Light => painted(role, shape, &LIGHT),
        Palette::DarkCalm => painted(role, shape, &DARK_CALM),
        Palette::LightCalm => painted(role, shape, &LIGHT_CALM),
    }
}

/// The colours of a palette, as `0xrrggbb`.
struct Paints {
    dim: u32,
    accent: u32,
    heading: u32,
    code: u32,
    link: u32,
    good: u32,
    warning: u32,
    bad: u32,
    /// Backgrounds of lines and words that were added and removed, and the words' colour.
    added: u32,
    added_word: u32,
    removed: u32,
    removed_word: u32,
    word: u32,
    /// What must be seen at once.
    alarm: (u32, u32),
    keyword: u32,
    literal: u32,
    number: u32,
    function: u32,
    kind: u32,
    variable: u32,
}

const DARK: Paints = Paints {
    dim: 0x00a3_abb8,
    accent: 0x0086_c1ff,
    heading: 0x00e5_c890,
    code: 0x00b3_dcff,
    link: 0x0086_c1ff,
    good: 0x0093_d6a3,
    warning: 0x00ec_c06c,
    bad: 0x00ff_9c96,
    added: 0x0011_3220,
    added_word: 0x0022_5f3c,
    removed: 0x0042_1c1f,
    removed_word: 0x007a_2c31,
    word: 0x00ff_ffff,
    alarm: (0x0016_1616, 0x00ff_b454),
    keyword: 0x00d6_b3ff,
    literal: 0x00ab_d9a9,
    number: 0x00f4_ba88,
    function: 0x0093_c4ff,
    kind: 0x0085_d6cb,
    variable: 0x00ea_c886,
};

const LIGHT: Paints = Paints {
    dim: 0x0055_5c68,
    accent: 0x0009_50a8,
    heading: 0x0073_4800,
    code: 0x000a_4a86,
    link: 0x0009_50a8,
    good: 0x0012_5f2a,
    warning: 0x0074_4a00,
    bad: 0x00a8_1420,
    added: 0x00d9_f3df,
    added_word: 0x00a5_e0b3,
    removed: 0x00fd_e3e1,
    removed_word: 0x00f9_b9b4,
    word: 0x0010_1010,
    alarm: (0x0010_1010, 0x00ff_b347),
    keyword: 0x0077_1f86,
    literal: 0x0010_5a2c,
    number: 0x0085_3c00,
    function: 0x0009_50a8,
    kind: 0x0000_5a57,
    variable: 0x0066_4700,
};

/// Blue and orange instead of green and red.
const DARK_CALM: Paints = Paints {
    good: 0x0086_c1ff,
    bad: 0x00ff_b074,
    added: 0x000f_2d4d,
    added_word: 0x0020_5288,
    removed: 0x0045_290c,
    removed_word: 0x0077_4510,
    literal: 0x00b3_dcff,
    ..DARK
};

const LIGHT_CALM: Paints = Paints {
    good: 0x0009_50a8,
    bad: 0x0092_3d00,
    added: 0x00dc_ebfd,
    added_word: 0x00b0_d3fb,
    removed: 0x00ff_e8d3,
    removed_word: 0x00ff_c894,
    literal: 0x000a_4a86,
    ..LIGHT
};

fn colour(paint: u32) -> Color {
    Color::from_u32(paint)
}

fn painted(role: Role, shape: Style, paints: &Paints) -> Style {
    let paint = match role {
        Role::Dim
        | Role::Mark
        | Role::Quote
        | Role::Thought
        | Role::LineNumber
        | Role::Frame
        | Role::Hunk
        | Role::Comment => paints.dim,
        Role::Accent | Role::Chosen => paints.accent,
        Role::Heading => paints.heading,
        Role::Code => paints.code,
        Role::Link => paints.link,
        Role::Good => paints.good,
        Role::Warning | Role::Match => paints.warning,
        Role::Bad => paints.bad,
        Role::Keyword => paints.keyword,
        Role::Literal => paints.literal,
        Role::Number => paints.number,
        Role::Function => paints.function,
        Role::Type => paints.kind,
        Role::Variable => paints.variable,
        Role::Added => return shape.bg(colour(paints.added)),
        Role::Removed => return shape.bg(colour(paints.removed)),
        Role::AddedWord => return shape.fg(colour(paints.word)).bg(colour(paints.added_word)),
        Role::RemovedWord => {
            return shape
                .fg(colour(paints.word))
                .bg(colour(paints.removed_word));
        }
        Role::Unseen => {
            let (front, back) = paints.alarm;
            return shape.fg(colour(front)).bg(colour(back));
        }
        Role::Text
        | Role::Strong
        | Role::Emphasis
        | Role::Struck
        | Role::Person
        | Role::CodeBlock
        | Role::Tool
        | Role::Selection
        | Role::Operator => return shape,
    };
    shape.fg(colour(paint))
}

/// What does not depend on colours.
fn shape(role: Role) -> Style {
    let style = Style::new();
    match role {
        Role::Strong | Role::Heading | Role::Tool => style.add_modifier(Modifier::BOLD),
        Role::Emphasis | Role::Thought => style.add_modifier(Modifier::ITALIC),
        Role::Struck => style.add_modifier(Modifier::CROSSED_OUT),
        Role::Link => style.add_modifier(Modifier::UNDERLINED),
        Role::Selection => style.add_modifier(Modifier::REVERSED),
        Role::Match | Role::AddedWord | Role::RemovedWord | Role::Chosen => {
            style.add_modifier(Modifier::BOLD)
        }
        Role::Text
        | Role::Dim
        | Role::Accent
        | Role::Person
        | Role::Code
        | Role::CodeBlock
        | Role::Quote
        | Role::Mark
        | Role::Good
        | Role::Warning
        | Role::Bad
        | Role::Added
        | Role::Removed
        | Role::LineNumber
        | Role::Hunk
        | Role::Frame
        | Role::Unseen
        | Role::Keyword
        | Role::Literal
        | Role::Number
        | Role::Comment
        | Role::Function
        | Role::Type
        | Role::Variable
        | Role::Operator => style,
    }
}

/// Without colours, what matters less is dim and what must be seen is reversed or underlined.
fn plain(role: Role, shape: Style) -> Style {
    match role {
        Role::Dim | Role::LineNumber | Role::Comment | Role::Thought | Role::Frame => {
            shape.add_modifier(Modifier::DIM)
        }
        Role::Unseen | Role::Chosen => shape.add_modifier(Modifier::REVERSED),
        Role::Bad | Role::Warning | Role::Accent => shape.add_modifier(Modifier::BOLD),
        Role::AddedWord | Role::RemovedWord => shape.add_modifier(Modifier::UNDERLINED),
        Role::Text
        | Role::Strong
        | Role::Emphasis
        | Role::Struck
        | Role::Person
        | Role::Heading
        | Role::Code
        | Role::CodeBlock
        | Role::Link
        | Role::Quote
        | Role::Mark
        | Role::Tool
        | Role::Good
        | Role::Added
        | Role::Removed
        | Role::Hunk
        | Role::Selection
        | Role::Match
        | Role::Keyword
        | Role::Literal
        | Role::Number
        | Role::Function
        | Role::Type
        | Role::Variable
        | Role::Operator => shape,
    }
}

/// Colours that every theme of a terminal keeps readable. Its grey is not one of them: where that
/// is the background, as in some, text of it would be unseen, so what matters less is dim.
fn sixteen(role: Role, shape: Style) -> Style {
    let colour = match role {
        Role::Dim
        | Role::Mark
        | Role::Quote
        | Role::Thought
        | Role::LineNumber
        | Role::Frame
        | Role::Hunk
        | Role::Comment => return shape.add_modifier(Modifier::DIM),
        Role::Unseen => return shape.add_modifier(Modifier::REVERSED),
        Role::AddedWord => return shape.fg(Color::Green).add_modifier(Modifier::UNDERLINED),
        Role::RemovedWord => return shape.fg(Color::Red).add_modifier(Modifier::UNDERLINED),
        Role::Accent | Role::Chosen | Role::Code => Color::Cyan,
        Role::Link | Role::Function => Color::Blue,
        Role::Good | Role::Added | Role::Literal => Color::Green,
        Role::Warning | Role::Match | Role::Number => Color::Yellow,
        Role::Bad | Role::Removed => Color::Red,
        Role::Keyword | Role::Type => Color::Magenta,
        Role::Text
        | Role::Strong
        | Role::Emphasis
        | Role::Struck
        | Role::Person
        | Role::Heading
        | Role::CodeBlock
        | Role::Tool
        | Role::Selection
        | Role::Variable
        | Role::Operator => return shape,
    };
    shape.fg(colour)
}

#[cfg(test)]
mod tests;
