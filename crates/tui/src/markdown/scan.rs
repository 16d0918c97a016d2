//! Where blocks end: a text is taken line by line and given out in units that can be rendered
//! each by itself, as soon as they are complete.
//!
//! A unit is never cut where the whole text would be read differently; where that cannot be told
//! from a line alone, the unit goes on.

/// What can be rendered by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Paragraphs, a heading, a quote, a table, or one item of a list.
    Block {
        text: String,
        /// The number of an item of a numbered list.
        number: Option<u64>,
        is_apart: bool,
    },
    /// A fence begins.
    FenceOpened {
        language: String,
        is_apart: bool,
    },
    /// A line of a fence.
    CodeLine(String),
    FenceClosed,
}

impl Unit {
    /// Whether an empty row stands before it.
    pub(super) fn is_apart(&self) -> bool {
        match self {
            Self::Block { is_apart, .. } | Self::FenceOpened { is_apart, .. } => *is_apart,
            Self::CodeLine(_) | Self::FenceClosed => false,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    Text,
    /// An item of a list; what belongs to it is indented so far.
    Item {
        indent: usize,
        is_after_blank: bool,
    },
    Fence(Fence),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fence {
    sign: char,
    length: usize,
    indent: usize,
}

/// What the last unit was, for the space before the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Nothing,
    Text,
    Item,
    Heading,
    Code,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Scanner {
    open: Open,
    /// The lines of the open unit.
    text: String,
    last: Last,
    /// Whether an empty line stood before the open unit.
    is_after_blank: bool,
    has_blank: bool,
    /// The number of the open item and the delimiter of its list.
    number: Option<(u64, char)>,
    next_number: Option<(u64, char)>,
}

impl Scanner {
    /// The text of the open unit.
    pub(super) fn open_text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_in_fence(&self) -> bool {
        matches!(self.open, Open::Fence(_))
    }

    /// Takes a line and gives out what is complete with it.
    pub(super) fn line(&mut self, line: &str) -> Vec<Unit> {
        let mut units = Vec::new();
        match &mut self.open {
            Open::Fence(fence) => {
                if fence.is_closed_by(line) {
                    self.open = Open::Nothing;
                    self.last = Last::Code;
                    units.push(Unit::FenceClosed);
                } else {
                    let indent = indent(line).min(fence.indent);
                    units.push(Unit::CodeLine(line.chars().skip(indent).collect()));
                }
                return units;
            }
            Open::Item {
                indent: inner,
                is_after_blank,
            } => {
                if is_blank(line) {
                    *is_after_blank = true;
                    self.push(line);
                    return units;
                }
                let is_inside = indent(line) >= *inner;
                let is_lazy = !*is_after_blank && !begins_block(line);
                if is_inside || is_lazy {
                    *is_after_blank = false;
                    self.push(line);
                    return units;
                }
            }
            Open::Text => {
                if !is_blank(line) && !interrupts(line) {
                    self.push(line);
                    return units;
                }
            }
            Open::Nothing => {}
        }
        units.extend(self.completed());
        if is_blank(line) {
            self.has_blank = true;
        } else {
            units.extend(self.begin(line));
        }
        units
    }

    /// The open unit, which is complete.
    pub(super) fn completed(&mut self) -> Option<Unit> {
        let kind = match std::mem::take(&mut self.open) {
            Open::Nothing => return None,
            Open::Fence(_) => {
                self.last = Last::Code;
                return Some(Unit::FenceClosed);
            }
            Open::Text => Last::Text,
            Open::Item { is_after_blank, .. } => {
                self.has_blank |= is_after_blank;
                Last::Item
            }
        };
        let text = std::mem::take(&mut self.text);
        Some(self.block(text, kind))
    }

    fn block(&mut self, text: String, kind: Last) -> Unit {
        let is_apart = self.is_apart(kind);
        self.last = kind;
        let number = self.number.take();
        self.next_number = number.map(|(number, delimiter)| (number.saturating_add(1), delimiter));
        Unit::Block {
            text,
            number: number.map(|(number, _)| number),
            is_apart,
        }
    }

    /// Blocks stand apart where the text has an empty line, and around headings and code.
    fn is_apart(&self, kind: Last) -> bool {
        match (self.last, kind) {
            (Last::Nothing, _) => false,
            (Last::Item | Last::Text, Last::Item) => self.is_after_blank,
            _ => true,
        }
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn begin(&mut self, line: &str) -> Option<Unit> {
        self.is_after_blank = std::mem::take(&mut self.has_blank);
        if let Some((fence, language)) = fence(line) {
            let is_apart = self.is_apart(Last::Code);
            self.next_number = None;
            self.open = Open::Fence(fence);
            return Some(Unit::FenceOpened { language, is_apart });
        }
        if let Some(marker) = marker(line) {
            // Numbers of one list go on, whatever the text says.
            self.number = marker
                .number
                .map(|(number, delimiter)| match self.next_number {
                    Some((next, known)) if known == delimiter && self.last == Last::Item => {
                        (next, delimiter)
                    }
                    _ => (number, delimiter),
                });
            self.open = Open::Item {
                indent: marker.inner,
                is_after_blank: false,
            };
            self.push(line);
            return None;
        }
        self.number = None;
        self.push(line);
        if is_heading(line) {
            let text = std::mem::take(&mut self.text);
            return Some(self.block(text, Last::Heading));
        }
        self.open = Open::Text;
        None
    }
}

impl Fence {
    fn is_closed_by(&self, line: &str) -> bool {
        let text = line.trim_end();
        let signs = text.trim_start_matches(' ');
        let length = signs.chars().take_while(|c| *c == self.sign).count();
        indent(line) < 4 && length >= self.length && signs.chars().all(|c| c == self.sign)
    }
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// Columns of blanks before the text.
fn indent(line: &str) -> usize {
    let mut columns = 0;
    for c in line.chars() {
        match c {
            ' ' => columns += 1,
            '\t' => columns += 4 - columns % 4,
            _ => break,
        }
    }
    columns
}

fn fence(line: &str) -> Option<(Fence, String)> {
    let indent = indent(line);
    let text = line.trim_start();
    let sign = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = text.chars().take_while(|c| *c == sign).count();
    let info = text.get(length..)?.trim();
    if length < 3 || indent > 3 || sign == '`' && info.contains('`') {
        return None;
    }
    let language = info.split([' ', ',', '{', ':']).next().unwrap_or_default();
    let fence = Fence {
        sign,
        length,
        indent,
    };
    Some((fence, language.to_owned()))
}

fn is_heading(line: &str) -> bool {
    let text = line.trim_start();
    let signs = text.chars().take_while(|c| *c == '#').count();
    let after = text.get(signs..).unwrap_or_default();
    (1..=6).contains(&signs)
        && indent(line) < 4
        && (after.is_empty() || after.starts_with([' ', '\t']))
}

/// Whether the line is one of Markdown's rules.
fn is_rule(line: &str) -> bool {
    let mut signs = line.chars().filter(|c| !c.is_whitespace());
    let Some(sign) = signs.next().filter(|c| matches!(c, '-' | '*' | '_')) else {
        return false;
    };
    let mut count = 1;
    indent(line) < 4
        && signs.all(|c| {
            count += 1;
            c == sign
        })
        && count >= 3
}

struct Marker {
    number: Option<(u64, char)>,
    /// How far what belongs to the item is indented.
    inner: usize,
    is_empty: bool,
}

fn marker(line: &str) -> Option<Marker> {
    let outer = indent(line);
    if outer > 3 || is_rule(line) {
        return None;
    }
    let text = line.trim_start();
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let delimiter = text.get(digits..)?.chars().next()?;
    let number = match (digits, delimiter) {
        (0, '-' | '*' | '+') => None,
        (1..=9, '.' | ')') => Some((text.get(..digits)?.parse().ok()?, delimiter)),
        _ => return None,
    };
    let after = text.get(digits + 1..)?;
    if !after.is_empty() && !after.starts_with([' ', '\t']) {
        return None;
    }
    let gap = indent(after);
    let is_empty = is_blank(after);
    // Text that is indented by five and more is code within the item.
    let gap = if is_empty || gap > 4 { 1 } else { gap };
    Some(Marker {
        number,
        inner: outer + digits + 1 + gap,
        is_empty,
    })
}

/// Whether a line ends a paragraph before it.
fn interrupts(line: &str) -> bool {
    if fence(line).is_some() || is_heading(line) {
        return true;
    }
    marker(line).is_some_and(|marker| {
        let starts_list = marker.number.is_none_or(|(number, _)| number == 1);
        starts_list && !marker.is_empty
    })
}

/// Whether a line cannot be the lazy end of a paragraph of an item.
fn begins_block(line: &str) -> bool {
    fence(line).is_some()
        || is_heading(line)
        || marker(line).is_some()
        || is_rule(line)
        || line.trim_start().starts_with('>')
}

/// As much of an incomplete line as says what it will be: marks alone may become anything.
pub(super) fn shown_start(line: &str, is_in_fence: bool) -> &str {
    let is_mark = |c: char| c.is_whitespace() || "-=*+#>|`~_:.)".contains(c) || c.is_ascii_digit();
    let is_fence = |c: char| matches!(c, '`' | '~' | ' ');
    let is_undecided = if is_in_fence {
        !is_blank(line) && line.chars().all(is_fence)
    } else {
        line.chars().all(is_mark) || fence(line).is_some()
    };
    if is_undecided { "" } else { line }
}
