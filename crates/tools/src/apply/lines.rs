//! A text as lines that remember where they stand and how they end.

/// One line of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Where it begins, in bytes.
    pub(crate) start: usize,
    /// Without its end.
    pub(crate) content: &'a str,
    /// `"\n"`, `"\r\n"`, or empty at the end of the text.
    pub(crate) end: &'a str,
}

impl Line<'_> {
    /// Where the content ends.
    pub(crate) fn content_end(&self) -> usize {
        self.start + self.content.len()
    }

    /// Where the next line begins.
    pub(crate) fn next_start(&self) -> usize {
        self.content_end() + self.end.len()
    }
}

/// The lines of a text. A text that ends with a line end has an empty last line, as
/// `str::split` sees it; so joining the lines gives the text back.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let (whole, after) = match rest?.split_once('\n') {
            Some((line, after)) => (line, Some(after)),
            None => (rest?, None),
        };
        rest = after;
        let (content, end) = match (whole.strip_suffix('\r'), after.is_some()) {
            (Some(content), true) => (content, "\r\n"),
            (None, true) => (whole, "\n"),
            (_, false) => (whole, ""),
        };
        let line = Line {
            start,
            content,
            end,
        };
        start = line.next_start();
        Some(line)
    })
}

/// The whitespace that a line begins with.
pub(crate) fn indent(content: &str) -> &str {
    content
        .strip_suffix(content.trim_start())
        .unwrap_or_default()
}

/// The text with every `"\r\n"` as `"\n"`.
pub(crate) fn unified(text: &str) -> String {
    text.replace("\r\n", "\n")
}
