//! Lines as bytes.

use super::{
    CLEAR_REST,
    strategy::{Colours, Strategy},
};
use crate::text;
use ratatui::{
    style::{Color, Modifier, Style},
    text::{Line, Span},
};
use unicode_segmentation::UnicodeSegmentation as _;

/// Writes a row and clears what stood behind it. The cursor is in the row's first column.
pub(super) fn row(out: &mut Vec<u8>, line: &Line<'_>, columns: usize, strategy: &Strategy) {
    let wide = text::line_width(line);
    // Of other letters the terminal may think that they are narrower or wider.
    let is_certain = line.spans.iter().all(|span| span.content.is_ascii());
    if !is_certain {
        out.extend_from_slice(CLEAR_REST);
    }
    spans(out, line.style, &line.spans, columns, strategy);
    if is_certain && wide < columns {
        out.extend_from_slice(CLEAR_REST);
    }
}

/// Writes what differs between two rows; the cursor is in the row's first column. Where the
/// start is the same and certain to be as wide as we think, it is skipped.
pub(super) fn row_over(
    out: &mut Vec<u8>,
    old: &Line<'_>,
    new: &Line<'_>,
    columns: usize,
    strategy: &Strategy,
) {
    let (skipped, rest) = common_start(old, new);
    let is_certain = new
        .spans
        .iter()
        .chain(&old.spans)
        .all(|span| span.content.is_ascii());
    if skipped < 4 || !is_certain {
        return row(out, new, columns, strategy);
    }
    super::moved(out, skipped, 'C');
    spans(out, new.style, &rest, columns - skipped, strategy);
    if text::line_width(new) < columns && text::line_width(new) < text::line_width(old) {
        out.extend_from_slice(CLEAR_REST);
    }
}

/// Columns of the common start, and what follows it in the new row.
fn common_start<'a>(old: &Line<'_>, new: &Line<'a>) -> (usize, Vec<Span<'a>>) {
    if old.style != new.style {
        return (0, new.spans.clone());
    }
    let letters = |line: &Line<'_>| -> Vec<(u8, Style)> {
        let spans = line.spans.iter();
        spans
            .flat_map(|span| span.content.bytes().map(|byte| (byte, span.style)))
            .collect()
    };
    let same = letters(old)
        .iter()
        .zip(&letters(new))
        .take_while(|(a, b)| a == b)
        .count();
    let mut left = same;
    let mut rest = Vec::new();
    for span in &new.spans {
        let length = span.content.len();
        if left >= length {
            left -= length;
            continue;
        }
        let Some(tail) = span.content.get(left..) else {
            return (0, new.spans.clone());
        };
        rest.push(Span::styled(tail.to_owned(), span.style));
        left = 0;
    }
    (same, rest)
}

fn spans(out: &mut Vec<u8>, base: Style, spans: &[Span<'_>], columns: usize, strategy: &Strategy) {
    let mut left = columns;
    let mut current = Style::new();
    for span in spans {
        let style = base.patch(span.style);
        if style != current {
            sgr(out, style, strategy.colours);
            current = style;
        }
        let link = strategy.links.then(|| address(span)).flatten();
        if let Some(link) = link {
            out.extend_from_slice(format!("\x1b]8;;{link}\x1b\\").as_bytes());
        }
        for grapheme in span.content.graphemes(true) {
            let wide = text::grapheme_width(grapheme);
            // What is a control character is no text, whoever let it through.
            if wide > left || grapheme.chars().any(char::is_control) {
                continue;
            }
            left -= wide;
            out.extend_from_slice(grapheme.as_bytes());
        }
        if link.is_some() {
            out.extend_from_slice(b"\x1b]8;;\x1b\\");
        }
    }
    if current != Style::new() {
        out.extend_from_slice(b"\x1b[m");
    }
}

/// The address of a span that is one and looks like one: what a click opens is what is read.
fn address<'a>(span: &'a Span<'_>) -> Option<&'a str> {
    let text = span.content.as_ref();
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    (is_web && is_plain && span.style.add_modifier.contains(Modifier::UNDERLINED)).then_some(text)
}

fn sgr(out: &mut Vec<u8>, style: Style, colours: Colours) {
    out.extend_from_slice(b"\x1b[0");
    for (modifier, code) in [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
        (Modifier::CROSSED_OUT, "9"),
    ] {
        if style.add_modifier.contains(modifier) {
            out.push(b';');
            out.extend_from_slice(code.as_bytes());
        }
    }
    if let Some(colour) = style.fg {
        out.extend(colour_code(colour, 30, colours));
    }
    if let Some(colour) = style.bg {
        out.extend(colour_code(colour, 40, colours));
    }
    out.push(b'm');
}

fn colour_code(colour: Color, base: u8, colours: Colours) -> Vec<u8> {
    let named = |index: u8| {
        let code = if index < 8 {
            base + index
        } else {
            base + 60 + index - 8
        };
        format!(";{code}").into_bytes()
    };
    if colours == Colours::None {
        return Vec::new();
    }
    match colour {
        Color::Reset => format!(";{}", base + 9).into_bytes(),
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
        Color::Indexed(index) => match colours {
            Colours::Sixteen => named(index % 16),
            Colours::Indexed | Colours::True => format!(";{};5;{index}", base + 8).into_bytes(),
            Colours::None => Vec::new(),
        },
        Color::Rgb(red, green, blue) => match colours {
            Colours::True => format!(";{};2;{red};{green};{blue}", base + 8).into_bytes(),
            Colours::Indexed => {
                format!(";{};5;{}", base + 8, indexed(red, green, blue)).into_bytes()
            }
            Colours::Sixteen => named(nearest_of_sixteen(red, green, blue)),
            Colours::None => Vec::new(),
        },
    }
}

/// The nearest of the 256: the cube of 6 steps, or the ramp of greys.
fn indexed(red: u8, green: u8, blue: u8) -> u8 {
    let spread = red.max(green).max(blue) - red.min(green).min(blue);
    if spread < 12 {
        let level = u16::from(red) + u16::from(green) + u16::from(blue);
        let step = (level / 3).saturating_sub(3) / 10;
        return 232 + u8::try_from(step.min(23)).unwrap_or(23);
    }
    let step = |value: u8| match value {
        0..=47 => 0,
        48..=114 => 1,
        value => (value - 35) / 40,
    };
    16 + 36 * step(red) + 6 * step(green) + step(blue)
}

fn nearest_of_sixteen(red: u8, green: u8, blue: u8) -> u8 {
    let top = red.max(green).max(blue);
    let low = red.min(green).min(blue);
    if top - low < 40 {
        return match top {
            0..=60 => 0,
            61..=150 => 8,
            151..=210 => 7,
            211.. => 15,
        };
    }
    let middle = low + (top - low) / 2;
    let bit = |value: u8, bit: u8| if value > middle { bit } else { 0 };
    bit(red, 1) | bit(green, 2) | bit(blue, 4)
}
