//! Puts the pieces of a page together: gaps between them, marks around them.

use url::Url;

/// Lists and quotations inside each other that are shown as such.
const DEPTH: usize = 8;

/// What stands between two pieces; the larger one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

/// The text so far.
pub(super) struct Writer<'a> {
    base: Option<&'a Url>,
    out: String,
    gap: Gap,
    title: Option<String>,
    in_title: bool,
    /// Open lists with the number of the next item, where items have numbers.
    lists: Vec<Option<u32>>,
    quotes: usize,
    pre: usize,
    is_strong: bool,
    link: Option<Link>,
    /// Cells of the row so far.
    cells: u32,
}

struct Link {
    to: String,
    /// Where in the output its text begins.
    at: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(base: Option<&'a Url>) -> Self {
        Self {
            base,
            out: String::new(),
            gap: Gap::None,
            title: None,
            in_title: false,
            lists: Vec::new(),
            quotes: 0,
            pre: 0,
            is_strong: false,
            link: None,
            cells: 0,
        }
    }

    pub(super) fn gap(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.in_title {
            self.title.get_or_insert_default().push_str(text);
            return;
        }
        if self.pre > 0 {
            for line in text.split_inclusive('\n') {
                self.fill();
                self.out.push_str(line.trim_end_matches('\n'));
                if line.ends_with('\n') {
                    self.new_line();
                }
            }
            return;
        }
        for (place, word) in text.split(is_blank).enumerate() {
            if place > 0 {
                self.gap(Gap::Space);
            }
            if !word.is_empty() {
                self.fill();
                self.out.push_str(word);
            }
        }
    }

    /// A sign that belongs to what follows it.
    pub(super) fn mark(&mut self, sign: &str) {
        self.fill();
        self.out.push_str(sign);
    }

    pub(super) fn mark_strong(&mut self) {
        if self.pre == 0 {
            // The gap before the closing sign belongs behind it.
            if !self.is_strong {
                self.fill();
            }
            self.out.push_str("**");
            self.is_strong = !self.is_strong;
        }
    }

    /// An end without a beginning is none.
    pub(super) fn end_strong(&mut self) {
        if self.is_strong {
            self.mark_strong();
        }
    }

    pub(super) fn code(&mut self) {
        if self.pre == 0 {
            self.fill();
            self.out.push('`');
        }
    }

    pub(super) fn begin_title(&mut self) {
        self.in_title = self.title.is_none();
    }

    pub(super) fn end_title(&mut self) {
        self.in_title = false;
    }

    pub(super) fn begin_list(&mut self, first: Option<u32>) {
        if self.lists.len() < DEPTH {
            self.lists.push(first);
        }
    }

    pub(super) fn end_list(&mut self) {
        self.lists.pop();
    }

    pub(super) fn begin_item(&mut self) {
        let sign = match self.lists.last_mut() {
            Some(Some(number)) => {
                let sign = format!("{number}. ");
                *number = number.saturating_add(1);
                sign
            }
            Some(None) | None => "- ".to_owned(),
        };
        let depth = self.lists.len().saturating_sub(1);
        self.mark(&format!("{}{sign}", "  ".repeat(depth)));
    }

    pub(super) fn begin_quote(&mut self) {
        // The gap before it is written without its mark.
        if self.quotes < DEPTH {
            self.quotes += 1;
        }
    }

    pub(super) fn end_quote(&mut self) {
        self.quotes = self.quotes.saturating_sub(1);
    }

    pub(super) fn begin_pre(&mut self) {
        if self.pre == 0 {
            self.mark("```");
            self.new_line();
        }
        self.pre += 1;
    }

    pub(super) fn end_pre(&mut self) {
        if self.pre == 1 {
            self.gap = Gap::None;
            if !self.out.ends_with('\n') {
                self.new_line();
            }
            self.out.push_str("```");
        }
        self.pre = self.pre.saturating_sub(1);
    }

    pub(super) fn begin_row(&mut self) {
        self.cells = 0;
    }

    pub(super) fn begin_cell(&mut self) {
        if self.cells > 0 {
            // Whatever lay inside the cell before, a row stays on its line.
            self.gap = Gap::Space;
            self.mark("| ");
        }
        self.cells += 1;
    }

    /// A link inside the page says nothing to who reads its text.
    pub(super) fn begin_link(&mut self, to: Option<&str>) {
        self.end_link();
        let to = to.map(str::trim).filter(|to| !to.starts_with('#'));
        let joined = to.and_then(|to| match self.base {
            Some(base) => base.join(to).ok(),
            None => Url::parse(to).ok(),
        });
        if let Some(url) = joined
            && matches!(url.scheme(), "http" | "https" | "mailto")
        {
            self.link = Some(Link {
                to: url.to_string(),
                at: self.out.len(),
            });
        }
    }

    pub(super) fn end_link(&mut self) {
        let Some(Link { to, at }) = self.link.take() else {
            return;
        };
        let text = self.out.get(at..).unwrap_or_default();
        let blank = text.len() - text.trim_start().len();
        if !text.trim().is_empty() && self.pre == 0 {
            self.out.insert(at + blank, '[');
            self.out.extend(["](", &to, ")"]);
        }
    }

    /// Where the next piece will stand.
    pub(super) fn position(&self) -> usize {
        self.out.len()
    }

    /// The whole, or the part that `main` names, under the page's title.
    pub(super) fn finish(mut self, main: Option<(usize, usize)>) -> String {
        self.end_link();
        let body = match main {
            Some((from, to)) => self.out.get(from..to).unwrap_or(&self.out),
            None => &self.out,
        };
        let body = body.trim();
        let title = self.title.unwrap_or_default();
        let title: Vec<&str> = title
            .split(is_blank)
            .filter(|word| !word.is_empty())
            .collect();
        if title.is_empty() {
            body.to_owned()
        } else {
            format!("title: {}\n\n{body}", title.join(" "))
        }
    }

    /// Writes the gap that is due.
    fn fill(&mut self) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        if self.out.is_empty() {
            self.out.push_str(&"> ".repeat(self.quotes));
            return;
        }
        match gap {
            Gap::None => {}
            Gap::Space if self.out.ends_with([' ', '\n']) => {}
            Gap::Space => self.out.push(' '),
            // An item or a quotation that has just begun goes on in its own line.
            Gap::Line | Gap::Paragraph if self.ends_in_mark() => {}
            Gap::Line => self.new_line(),
            Gap::Paragraph => {
                self.trim_line();
                self.out.push('\n');
                self.new_line();
            }
        }
    }

    fn ends_in_mark(&self) -> bool {
        let line = self.out.rsplit('\n').next().unwrap_or_default();
        let mark = line.trim();
        mark == "-" || mark.strip_suffix('.').is_some_and(is_number)
    }

    fn new_line(&mut self) {
        self.trim_line();
        self.out.push('\n');
        self.out.push_str(&"> ".repeat(self.quotes));
    }

    /// Takes blanks away from the end, but not the sign of an item.
    fn trim_line(&mut self) {
        if self.pre == 0 {
            let kept = self.out.trim_end_matches(' ').len();
            self.out.truncate(kept);
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}
