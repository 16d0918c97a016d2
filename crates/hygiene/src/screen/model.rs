//! Text from outside as a model may receive it: what people cannot see is taken out or spelled,
//! and nothing can close the envelope that it stands in.

use super::chars::{self, Class};
use std::borrow::Cow;

/// The text without smuggled characters. What could carry words that nobody sees (tags, runs of
/// selectors) is taken out and counted; single invisible characters and those that turn the
/// direction are spelled, so that the model knows what the file really has.
pub fn for_model(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_suspect) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut removed = 0_usize;
    let mut before: Option<char> = None;
    let mut rest = text.chars().enumerate().peekable();
    while let Some((place, c)) = rest.next() {
        let class = chars::class(c);
        let next = rest.peek().map(|(_, next)| *next);
        let is_ordinary = match class {
            // Carriage returns and the like are no secret; the log and the files have them too.
            Class::Plain | Class::Control | Class::HighControl => true,
            Class::Joiner => joins(before, next),
            Class::Selector => {
                matches!(c, '\u{fe0e}' | '\u{fe0f}') && before.is_some_and(chars::takes_selector)
            }
            Class::Direction | Class::Tag | Class::Invisible => false,
        };
        if !is_ordinary && matches!(class, Class::Tag | Class::Selector) {
            removed += 1;
            continue;
        }
        tell_removed(&mut out, &mut removed);
        if is_ordinary {
            out.push(c);
            // A selector belongs to the picture before it, and only one may.
            before = (class != Class::Selector || next == Some('\u{200d}')).then_some(
                if class == Class::Selector {
                    before.unwrap_or(c)
                } else {
                    c
                },
            );
        } else if !(c == '\u{feff}' && place == 0) {
            out.extend([format!("⟨U+{:04X}⟩", u32::from(c))]);
            before = None;
        }
    }
    tell_removed(&mut out, &mut removed);
    Cow::Owned(out)
}

/// Names of the envelopes in which Gimlet itself speaks to the model.
const OWN_ENVELOPES: [&str; 2] = ["system-reminder", "conversation-so-far"];

/// The text inside an envelope with this name, which it cannot close or open again, nor pass
/// for one of Gimlet's own: a bracket before such a name is spelled with its look-alike.
pub fn as_data(name: &str, text: &str) -> String {
    let clean = for_model(text);
    let [reminder, earlier] = OWN_ENVELOPES;
    let inner = without_tags(&clean, &[name, reminder, earlier]);
    let mut out = format!("<{name}>\n{inner}");
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out.extend([format!("</{name}>")]);
    out
}

/// Text from outside that opens and closes none of the envelopes in which Gimlet itself speaks.
pub fn without_own_envelopes(text: &str) -> Cow<'_, str> {
    without_tags(text, &OWN_ENVELOPES)
}

/// Spells the bracket before each of these names with its look-alike, whatever their case and
/// the blanks and strokes before them.
fn without_tags<'t>(text: &'t str, names: &[&str]) -> Cow<'t, str> {
    let begins_tag = |after: &str| {
        let inner = after.trim_start_matches(|c: char| c == '/' || c.is_whitespace());
        names.iter().any(|name| {
            inner
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        })
    };
    let after_bracket = |at: usize| text.get(at + 1..).unwrap_or_default();
    let mut tags = text
        .match_indices('<')
        .map(|(at, _)| at)
        .filter(|at| begins_tag(after_bracket(*at)))
        .peekable();
    if tags.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut done = 0;
    for at in tags {
        out.push_str(text.get(done..at).unwrap_or_default());
        out.push('‹');
        done = at + 1;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

fn is_suspect(c: char) -> bool {
    !matches!(
        chars::class(c),
        Class::Plain | Class::Control | Class::HighControl
    )
}

/// Whether a joiner stands where writing has one.
pub(super) fn joins(before: Option<char>, next: Option<char>) -> bool {
    let (Some(before), Some(next)) = (before, next) else {
        return false;
    };
    (chars::is_pictograph(before) && chars::is_pictograph(next))
        || (chars::is_joining_letter(before) && chars::is_joining_letter(next))
}

fn tell_removed(out: &mut String, removed: &mut usize) {
    match *removed {
        0 => {}
        1 => out.push_str("⟨1 invisible character removed⟩"),
        many => out.extend([format!("⟨{many} invisible characters removed⟩")]),
    }
    *removed = 0;
}
