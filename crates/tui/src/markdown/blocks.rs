//! One unit of Markdown as rows.

use super::{
    addresses,
    table::{self, Table},
};
use crate::{
    fit::drawn,
    flow::{self, Pieces, append, flow, hard_rows},
    highlight::Highlighter,
    text::width,
    theme::{Role, Theme},
};
use gimlet_hygiene::screen::{Channel, clean};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use ratatui::{
    style::{Modifier, Style},
    text::{Line, Span},
};

/// What stands before code.
const CODE_INDENT: &str = "  ";

/// The lines of a unit. The number is that of its item, if it is one of a numbered list.
pub(super) fn lines(
    text: &str,
    number: Option<u64>,
    columns: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut blocks = Blocks::new(columns, theme);
    blocks.number = number;
    for event in Parser::new_ext(text, options) {
        blocks.take(event);
    }
    blocks.end_text();
    blocks.lines
}

/// The lines of a line of code.
pub(super) fn code_lines(
    line: &str,
    code: Option<&mut Highlighter>,
    columns: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mut blocks = Blocks::new(columns, theme);
    blocks.code_line(line, code);
    blocks.lines
}

/// A block around others, and what it puts before their rows.
struct Container {
    /// Before the first row, until that is drawn.
    first: Option<Span<'static>>,
    /// Before every other row.
    rest: Span<'static>,
}

struct Blocks<'t> {
    columns: usize,
    theme: &'t Theme,
    lines: Vec<Line<'static>>,
    containers: Vec<Container>,
    /// The styles of what is around the text, outermost first.
    styles: Vec<Style>,
    text: Pieces,
    /// The next numbers of the lists that are open; none for bullets.
    lists: Vec<Option<u64>>,
    number: Option<u64>,
    link: Option<OpenLink>,
    table: Option<Table>,
    code: Option<Code>,
    /// Whether the next block stands apart from the one before.
    is_apart: bool,
}

struct OpenLink {
    address: String,
    from: usize,
}

struct Code {
    text: String,
    highlighter: Option<Highlighter>,
}

impl<'t> Blocks<'t> {
    fn new(columns: usize, theme: &'t Theme) -> Self {
        Self {
            columns: columns.max(1),
            theme,
            lines: Vec::new(),
            containers: Vec::new(),
            styles: vec![theme.style(Role::Text)],
            text: Vec::new(),
            lists: Vec::new(),
            number: None,
            link: None,
            table: None,
            code: None,
            is_apart: false,
        }
    }

    fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    fn current(&self) -> Style {
        self.styles
            .iter()
            .fold(Style::new(), |all, style| all.patch(*style))
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.text.push_str(&text),
                None => self.put(&text, Role::Text),
            },
            Event::Code(code) | Event::InlineMath(code) | Event::DisplayMath(code) => {
                self.put(&code, Role::Code);
            }
            Event::InlineHtml(html) if is_break(&html) => self.put("\n", Role::Text),
            Event::Html(html) | Event::InlineHtml(html) => self.put(&html, Role::Text),
            Event::FootnoteReference(name) => self.put(&format!("[^{name}]"), Role::Text),
            Event::SoftBreak => self.put(" ", Role::Text),
            Event::HardBreak => self.put("\n", Role::Text),
            Event::Rule => {
                self.begin_block();
                let rule = "─".repeat(self.room());
                let pieces = vec![Span::styled(rule, self.style(Role::Mark))];
                self.emit(vec![pieces]);
                self.is_apart = true;
            }
            Event::TaskListMarker(is_done) => {
                let (sign, role) = if is_done {
                    ("[x] ", Role::Good)
                } else {
                    ("[ ] ", Role::Mark)
                };
                self.text.push(Span::styled(sign, self.style(role)));
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.begin_block(),
            Tag::Heading { level, .. } => {
                self.begin_block();
                let mut style = self.style(Role::Heading);
                if level == HeadingLevel::H1 {
                    style = style.add_modifier(Modifier::UNDERLINED);
                }
                self.styles.push(style);
            }
            Tag::BlockQuote(_) => {
                self.begin_block();
                let mark = Span::styled("│ ", self.style(Role::Mark));
                self.containers.push(Container {
                    first: Some(mark.clone()),
                    rest: mark,
                });
                self.styles.push(self.style(Role::Quote));
            }
            Tag::CodeBlock(kind) => {
                self.begin_block();
                let language = match &kind {
                    CodeBlockKind::Fenced(info) => info.split([' ', ',', '{', ':']).next(),
                    CodeBlockKind::Indented => None,
                };
                self.code = Some(Code {
                    text: String::new(),
                    highlighter: language.and_then(Highlighter::of),
                });
            }
            Tag::List(first) => {
                self.end_text();
                let is_outermost = self.lists.is_empty();
                let number = self.number.filter(|_| is_outermost && first.is_some());
                self.lists.push(number.or(first));
            }
            Tag::Item => self.start_item(),
            Tag::Emphasis => self.styles.push(self.style(Role::Emphasis)),
            Tag::Strong => self.styles.push(self.style(Role::Strong)),
            Tag::Strikethrough => self.styles.push(self.style(Role::Struck)),
            Tag::Link { dest_url, .. } => self.start_link(&dest_url),
            Tag::Image { dest_url, .. } => {
                self.put("image: ", Role::Dim);
                self.start_link(&dest_url);
            }
            Tag::Table(alignments) => {
                self.begin_block();
                self.table = Some(Table::new(alignments));
            }
            Tag::TableHead | Tag::TableRow => {
                if tag == Tag::TableHead {
                    self.styles.push(self.style(Role::Strong));
                }
                if let Some(table) = &mut self.table {
                    table.begin_row();
                }
            }
            Tag::TableCell
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => {
                self.end_text();
                self.is_apart = true;
            }
            TagEnd::Heading(_) => {
                self.end_text();
                self.styles.pop();
                self.is_apart = true;
            }
            TagEnd::BlockQuote(_) => {
                self.end_text();
                self.styles.pop();
                self.containers.pop();
                self.is_apart = true;
            }
            TagEnd::CodeBlock => {
                self.end_code();
                self.is_apart = true;
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.is_apart = true;
            }
            TagEnd::Item => {
                self.end_text();
                // An item without any text still has its mark.
                if self
                    .containers
                    .last()
                    .is_some_and(|item| item.first.is_some())
                {
                    self.emit(vec![Vec::new()]);
                }
                self.containers.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::TableHead => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.text);
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    let rows = table::rows(&table, self.room(), self.theme);
                    self.emit(rows);
                }
                self.is_apart = true;
            }
            TagEnd::TableRow
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    fn start_item(&mut self) {
        // Items of one list stand together unless they hold paragraphs.
        let is_apart = self.is_apart && self.lines.last().is_some_and(|line| line.spans.is_empty());
        self.is_apart = is_apart;
        let depth = self.lists.len();
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number = number.saturating_add(1);
                mark
            }
            _ if depth % 2 == 1 => "• ".to_owned(),
            _ => "◦ ".to_owned(),
        };
        // Marks of a deep list must leave room for text.
        let columns = width(&mark);
        let (mark, columns) = if self.room() > columns + 4 {
            (mark, columns)
        } else {
            (String::new(), 0)
        };
        let style = self.style(Role::Mark);
        self.containers.push(Container {
            first: Some(Span::styled(mark, style)),
            rest: Span::styled(" ".repeat(columns), Style::new()),
        });
    }

    fn start_link(&mut self, address: &str) {
        self.link = Some(OpenLink {
            address: clean(Channel::Name, address).into_owned(),
            from: self.text.len(),
        });
    }

    /// Writes the address behind the text, unless the text is the address.
    fn end_link(&mut self) {
        let Some(link) = self.link.take() else {
            return;
        };
        let written = self.text.get(link.from..).unwrap_or_default();
        let text: String = written.iter().map(|piece| piece.content.as_ref()).collect();
        let bare = link
            .address
            .strip_prefix("mailto:")
            .unwrap_or(&link.address);
        if link.address.is_empty() || text.trim() == link.address || text.trim() == bare {
            return;
        }
        let dim = self.style(Role::Dim);
        let is_address = addresses::is_address(&link.address);
        let style = if is_address {
            self.style(Role::Link)
        } else {
            dim
        };
        self.text.push(Span::styled(" (", dim));
        self.text.push(Span::styled(link.address, style));
        self.text.push(Span::styled(")", dim));
    }

    /// Appends text that is on the way into a line.
    fn put(&mut self, text: &str, role: Role) {
        let mut style = self.current();
        if role != Role::Text {
            style = style.patch(self.style(role));
        }
        if text == "\n" {
            self.text.push(Span::styled("\n", style));
            return;
        }
        // An entity can stand for a character that the sanitiser never saw.
        let cleaned = clean(Channel::ModelText, text);
        let cleaned = drawn(&cleaned.replace('\n', " ")).into_owned();
        if role == Role::Code {
            self.text.push(Span::styled(cleaned, style));
            return;
        }
        for (is_address, part) in addresses::parts(&cleaned) {
            let style = if is_address {
                style.patch(self.style(Role::Link))
            } else {
                style
            };
            self.text.push(Span::styled(part.to_owned(), style));
        }
    }

    fn begin_block(&mut self) {
        self.end_text();
        // The first block of an item stands beside its mark.
        let is_beside = self
            .containers
            .last()
            .is_some_and(|item| item.first.is_some());
        if std::mem::take(&mut self.is_apart) && !is_beside && !self.lines.is_empty() {
            self.emit(vec![Vec::new()]);
        }
    }

    /// Columns between the containers and the edge.
    fn room(&self) -> usize {
        let taken: usize = self.containers.iter().map(|c| width(&c.rest.content)).sum();
        self.columns.saturating_sub(taken).max(1)
    }

    fn end_text(&mut self) {
        let mut text = std::mem::take(&mut self.text);
        // Blanks at the end of the line before a break are not drawn.
        if let Some(last) = text.last_mut() {
            let kept = last.content.trim_end().len();
            last.content.to_mut().truncate(kept);
        }
        if text.iter().all(|piece| piece.content.is_empty()) {
            return;
        }
        let rows = flow(&text, self.room());
        self.emit(rows);
    }

    fn end_code(&mut self) {
        let Some(mut code) = self.code.take() else {
            return;
        };
        for line in code.text.lines() {
            self.code_line(line, code.highlighter.as_mut());
        }
    }

    fn code_line(&mut self, line: &str, highlighter: Option<&mut Highlighter>) {
        let cleaned = clean(Channel::ModelText, line);
        let line = drawn(&cleaned);
        let base = self.style(Role::CodeBlock);
        let pieces: Pieces = match highlighter {
            Some(highlighter) => highlighter
                .line(&line)
                .into_iter()
                .map(|(role, text)| Span::styled(text.to_owned(), base.patch(self.style(role))))
                .collect(),
            None => vec![Span::styled(line.to_string(), base)],
        };
        let indent = if self.room() > 2 * CODE_INDENT.len() {
            CODE_INDENT
        } else {
            ""
        };
        let mut rows = hard_rows(&pieces, self.room() - indent.len());
        for row in &mut rows {
            if row.iter().any(|piece| !piece.content.is_empty()) {
                row.insert(0, Span::styled(indent, Style::new()));
            }
        }
        self.emit(rows);
    }

    /// Appends rows within the containers.
    fn emit(&mut self, rows: Vec<Pieces>) {
        for pieces in rows {
            let mut line = Vec::new();
            let mut room = self.columns;
            for container in &mut self.containers {
                let piece = container
                    .first
                    .take()
                    .unwrap_or_else(|| container.rest.clone());
                // Containers deeper than the screen is wide are not drawn.
                if width(&piece.content) < room {
                    room -= width(&piece.content);
                    append(&mut line, piece);
                }
            }
            let room = self.columns.saturating_sub(flow::columns(&line));
            for piece in whole_addresses(pieces, room) {
                append(&mut line, piece);
            }
            trim_end(&mut line);
            self.lines.push(Line::from(line));
        }
    }
}

/// Part of an address must not look like one: what a click opens is what is read.
fn whole_addresses(mut pieces: Pieces, room: usize) -> Pieces {
    let is_full = flow::columns(&pieces) >= room;
    if let Some(last) = pieces
        .last_mut()
        .filter(|last| is_full && last.content.starts_with("http"))
    {
        last.style = last.style.remove_modifier(Modifier::UNDERLINED);
    }
    pieces
}

/// Takes away blanks that nobody sees.
fn trim_end(line: &mut Pieces) {
    while let Some(last) = line.last_mut() {
        let kept = last.content.trim_end().len();
        if kept > 0 {
            if kept < last.content.len() {
                last.content.to_mut().truncate(kept);
            }
            return;
        }
        line.pop();
    }
}

fn is_break(html: &str) -> bool {
    matches!(
        html.trim().to_ascii_lowercase().as_str(),
        "<br>" | "<br/>" | "<br />"
    )
}
