//! The palettes: which role has which colour.

use super::{Palette, Role};
use ratatui::style::{Color, Modifier, Style};

/// How a role looks in a palette.
pub(super) fn style(palette: Palette, role: Role) -> Style {
    let shape = shape(role);
    match palette {
        Palette::Plain => plain(role, shape),
        Palette::Sixteen => sixteen(role).map_or(shape, |colour| shape.fg(colour)),
        Palette::Dark | Palette::DarkCalm | Palette::Light | Palette::LightCalm => {
            sixteen(role).map_or(shape, |colour| shape.fg(colour))
        }
    }
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

fn sixteen(role: Role) -> Option<Color> {
    match role {
        Role::Dim
        | Role::Mark
        | Role::Quote
        | Role::Thought
        | Role::LineNumber
        | Role::Frame
        | Role::Comment => Some(Color::DarkGray),
        Role::Accent | Role::Chosen | Role::Hunk | Role::Code => Some(Color::Cyan),
        Role::Link | Role::Function => Some(Color::Blue),
        Role::Good | Role::Added | Role::AddedWord | Role::Literal => Some(Color::Green),
        Role::Warning | Role::Match | Role::Number | Role::Unseen => Some(Color::Yellow),
        Role::Bad | Role::Removed | Role::RemovedWord => Some(Color::Red),
        Role::Keyword | Role::Type => Some(Color::Magenta),
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
        | Role::Operator => None,
    }
}
