//! What a single character does to a terminal or to a reader.

/// Kinds of characters by what they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Shows itself.
    Plain,
    /// C0 and delete.
    Control,
    /// The control characters above ASCII.
    HighControl,
    /// Changes the direction of what follows.
    Direction,
    /// Spells text that nobody sees.
    Tag,
    /// Chooses between shapes of the character before it.
    Selector,
    /// Joins or parts letters.
    Joiner,
    /// Shows nothing or breaks a line where none is expected.
    Invisible,
}

pub(super) fn class(c: char) -> Class {
    match c {
        '\0'..='\u{1f}' | '\u{7f}' => Class::Control,
        '\u{80}'..='\u{9f}' => Class::HighControl,
        '\u{200c}' | '\u{200d}' => Class::Joiner,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Class::Direction
        }
        '\u{fe00}'..='\u{fe0f}'
        | '\u{180b}'..='\u{180d}'
        | '\u{180f}'
        | '\u{e0100}'..='\u{e01ef}' => Class::Selector,
        '\u{e0000}'..='\u{e007f}' => Class::Tag,
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0080}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}' => Class::Invisible,
        _ => Class::Plain,
    }
}

/// Blanks that are not the blank that a shell knows.
pub(super) fn is_odd_blank(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{2800}' | '\u{3000}'
    )
}

/// Characters after which one selector is part of ordinary writing.
pub(super) fn takes_selector(c: char) -> bool {
    is_pictograph(c)
        || matches!(c, '#' | '*' | '0'..='9' | '\u{a9}' | '\u{ae}' | '\u{2190}'..='\u{21ff}')
}

/// Pictures that joiners put together.
pub(super) fn is_pictograph(c: char) -> bool {
    matches!(
        c,
        '\u{203c}'
            | '\u{2049}'
            | '\u{2122}'
            | '\u{2139}'
            | '\u{2194}'..='\u{21aa}'
            | '\u{2300}'..='\u{23ff}'
            | '\u{24c2}'
            | '\u{25a0}'..='\u{27bf}'
            | '\u{2934}'..='\u{2935}'
            | '\u{2b05}'..='\u{2b55}'
            | '\u{3030}'
            | '\u{303d}'
            | '\u{3297}'
            | '\u{3299}'
            | '\u{1f000}'..='\u{1faff}'
    )
}

/// Letters of scripts in which joiners change the shape of words.
pub(super) fn is_joining_letter(c: char) -> bool {
    matches!(
        c,
        '\u{600}'..='\u{8ff}'
            | '\u{900}'..='\u{dff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17b3}'
            | '\u{1800}'..='\u{180a}'
            | '\u{1820}'..='\u{18aa}'
            | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}'
    ) && class(c) == Class::Plain
}

/// The picture of a control character of ASCII.
pub(super) fn picture(c: char) -> char {
    match u32::from(c) {
        0x7f => '\u{2421}',
        low if low < 0x20 => char::from_u32(0x2400 + low).unwrap_or('\u{fffd}'),
        _ => '\u{fffd}',
    }
}
