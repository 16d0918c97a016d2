//! The one sanitiser for text from outside: whatever reaches a terminal or a prompt goes
//! through it, by the channel that it comes from.

mod chars;
mod filter;
mod layout;
mod model;
mod sgr;

pub use filter::Screen;
pub use model::{as_data, for_model, without_own_envelopes};

use chars::Class;
use std::borrow::Cow;

/// Where a text comes from and where it is shown; this decides what may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// What a command or a tool printed: lines, colours pass.
    ToolOutput,
    /// What a model wrote: lines, no colours.
    ModelText,
    /// The text of a file, each control character shown.
    FileContent,
    /// A message for a person that repeats text from outside: lines, each control character shown.
    Message,
    /// What someone is asked to permit: as [`Channel::Message`], and nothing may be hidden by
    /// empty lines, long runs of blanks or look-alike letters.
    PermissionPrompt,
    /// The question whether a folder is trusted: one line of [`Channel::PermissionPrompt`].
    TrustDialog,
    /// A name from a repository, such as that of a branch: one line.
    Name,
    /// The name that an MCP server gives a tool: one line, labelled as foreign.
    McpToolName,
    /// What an MCP server says about a tool: lines, labelled as foreign.
    McpDescription,
    /// A line that a repository or a helper program fills: one line, colours pass.
    StatusLine,
}

impl Channel {
    /// Whether sequences of the terminal are read as such and taken out. Elsewhere their
    /// characters are shown one by one, because someone decides by what he reads.
    fn reads_sequences(self) -> bool {
        matches!(self, Self::ToolOutput | Self::ModelText | Self::StatusLine)
    }

    fn keeps_colours(self) -> bool {
        matches!(self, Self::ToolOutput | Self::StatusLine)
    }

    fn is_one_line(self) -> bool {
        matches!(
            self,
            Self::TrustDialog | Self::Name | Self::McpToolName | Self::StatusLine
        )
    }

    /// Whether someone decides by this text, so that nothing in it may look like something else.
    fn is_decided_by(self) -> bool {
        matches!(
            self,
            Self::PermissionPrompt | Self::TrustDialog | Self::Name | Self::McpToolName
        )
    }

    /// What stands before the text, so that a foreign name is not taken for one of Gimlet's.
    fn label(self) -> &'static str {
        match self {
            Self::McpToolName => "[mcp] ",
            Self::McpDescription => "[text of the server] ",
            Self::ToolOutput
            | Self::ModelText
            | Self::FileContent
            | Self::Message
            | Self::PermissionPrompt
            | Self::TrustDialog
            | Self::Name
            | Self::StatusLine => "",
        }
    }
}

/// The whole text as the channel may show it.
pub fn clean(channel: Channel, text: &str) -> Cow<'_, str> {
    if channel.label().is_empty() && !channel.is_decided_by() && is_plain(channel, text) {
        return Cow::Borrowed(text);
    }
    let mut screen = Screen::new(channel);
    let mut out = String::with_capacity(text.len() + 16);
    screen.push(text.as_bytes(), &mut out);
    screen.finish(&mut out);
    Cow::Owned(out)
}

/// One line of at most `most_chars` characters, blanks around it taken away.
pub fn one_line(text: &str, most_chars: usize) -> String {
    let spaced: String = text
        .trim()
        .chars()
        .map(|c| if matches!(c, '\n' | '\t') { ' ' } else { c })
        .collect();
    let shown = clean(Channel::Message, &spaced);
    if shown.chars().count() <= most_chars {
        return shown.into_owned();
    }
    let kept: String = shown.chars().take(most_chars.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// JSON text for a terminal: what the format leaves unescaped and a terminal obeys or hides is
/// escaped too. The value stays the same.
pub fn json(json: &str) -> Cow<'_, str> {
    let acts = |c: char| !matches!(c, '\n' | '\t' | '\r') && chars::class(c) != Class::Plain;
    if !json.contains(acts) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        if acts(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    out.extend(char::from_digit((u32::from(*unit) >> shift) & 0xf, 16));
                }
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether nothing in the text needs a mark.
fn is_plain(channel: Channel, text: &str) -> bool {
    let breaks = !channel.is_one_line();
    text.chars().all(|c| match c {
        '\n' | '\t' => breaks,
        c => chars::class(c) == Class::Plain,
    })
}

#[cfg(test)]
mod tests;
