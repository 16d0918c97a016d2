//! HTML as Markdown that is read, not rendered: headings, lists, links, code and tables. What
//! a browser would not show is left out. Linear in its input, whatever that is.

mod writer;

use html5gum::{DefaultEmitter, HtmlString, StartTag, Token, Tokenizer};
use url::Url;
use writer::{Gap, Writer};

/// Elements that are left out with all that is in them.
const UNSEEN: &[&str] = &[
    "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "canvas",
    "audio", "video", "select", "datalist", "dialog",
];
/// Elements without an end.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];
/// Elements that stand on their own with an empty line around them.
const BLOCKS: &[&str] = &[
    "p",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "nav",
    "aside",
    "ul",
    "ol",
    "dl",
    "table",
    "blockquote",
    "pre",
    "figure",
    "form",
    "fieldset",
    "details",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
];
/// Elements that begin a line.
const LINES: &[&str] = &[
    "div",
    "br",
    "li",
    "tr",
    "dt",
    "dd",
    "caption",
    "figcaption",
    "summary",
    "legend",
    "address",
    "option",
    "label",
];
/// Bytes of text from which on the main part of a page stands for all of it.
const MAIN_BYTES: usize = 300;

/// The page's text. Links are made whole with `base`.
pub(super) fn to_text(html: &str, base: Option<&Url>) -> String {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut reader = Reader {
        writer: Writer::new(base),
        unseen: None,
        main: None,
    };
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        match token {
            Token::StartTag(tag) => reader.start(&tag),
            Token::EndTag(tag) => reader.end(&lossy(&tag.name)),
            Token::String(text) => {
                if reader.unseen.is_none() {
                    reader.writer.text(&lossy(&text));
                }
            }
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    let Reader { writer, main, .. } = reader;
    let main = main.and_then(|main| Some((main.from, main.to?)));
    writer.finish(main.filter(|(from, to)| to - from >= MAIN_BYTES))
}

fn lossy(text: &HtmlString) -> String {
    String::from_utf8_lossy(text).into_owned()
}

struct Reader<'a> {
    writer: Writer<'a>,
    /// The element that is left out, and how many of its name are open.
    unseen: Option<(String, u32)>,
    main: Option<Main>,
}

/// Where in the output the main part of the page stands.
struct Main {
    from: usize,
    to: Option<usize>,
}

impl Reader<'_> {
    fn start(&mut self, tag: &StartTag<()>) {
        let name = lossy(&tag.name);
        let is_void = VOID.contains(&name.as_str());
        if let Some((unseen, depth)) = &mut self.unseen {
            if *unseen == name && !is_void {
                *depth += 1;
            }
            return;
        }
        if !is_void && (UNSEEN.contains(&name.as_str()) || is_hidden(tag)) {
            let closes_itself = tag.self_closing && matches!(name.as_str(), "svg" | "math");
            if !closes_itself {
                self.unseen = Some((name, 1));
            }
            return;
        }
        self.writer.gap(gap_around(&name));
        match name.as_str() {
            "title" => self.writer.begin_title(),
            "main" if self.main.is_none() => {
                let from = self.writer.position();
                self.main = Some(Main { from, to: None });
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let level = name.trim_start_matches('h').parse().unwrap_or(1);
                self.writer.mark(&format!("{} ", "#".repeat(level)));
            }
            "ul" | "menu" => self.writer.begin_list(None),
            "ol" => self.writer.begin_list(Some(1)),
            "li" => self.writer.begin_item(),
            "blockquote" => self.writer.begin_quote(),
            "pre" => self.writer.begin_pre(),
            "code" | "kbd" | "samp" => self.writer.code(),
            "b" | "strong" => self.writer.mark_strong(),
            "a" => self.writer.begin_link(attribute(tag, "href").as_deref()),
            "img" => {
                let about = attribute(tag, "alt").unwrap_or_default();
                if !about.trim().is_empty() {
                    self.writer.text(&format!("[image: {}]", about.trim()));
                }
            }
            "td" | "th" => self.writer.begin_cell(),
            "tr" => self.writer.begin_row(),
            "hr" => {
                self.writer.mark("---");
                self.writer.gap(Gap::Paragraph);
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if let Some((unseen, depth)) = &mut self.unseen {
            if *unseen == name {
                *depth -= 1;
                if *depth == 0 {
                    self.unseen = None;
                }
            }
            return;
        }
        match name {
            "title" => self.writer.end_title(),
            "ul" | "menu" | "ol" => self.writer.end_list(),
            "blockquote" => self.writer.end_quote(),
            "pre" => self.writer.end_pre(),
            "code" | "kbd" | "samp" => self.writer.code(),
            "b" | "strong" => self.writer.end_strong(),
            "a" => self.writer.end_link(),
            "main" => {
                let to = self.writer.position();
                if let Some(main) = &mut self.main {
                    main.to.get_or_insert(to);
                }
            }
            _ => {}
        }
        self.writer.gap(gap_around(name));
    }
}

fn gap_around(name: &str) -> Gap {
    if BLOCKS.contains(&name) {
        Gap::Paragraph
    } else if LINES.contains(&name) {
        Gap::Line
    } else {
        Gap::None
    }
}

/// True for what its own attributes keep from being shown. Style sheets are not read.
fn is_hidden(tag: &StartTag<()>) -> bool {
    let style = attribute(tag, "style").unwrap_or_default();
    let style: String = style.split_whitespace().collect();
    let style = style.to_ascii_lowercase();
    attribute(tag, "hidden").is_some()
        || attribute(tag, "aria-hidden").is_some_and(|value| value == "true")
        || style.contains("display:none")
        || style.contains("visibility:hidden")
}

fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    tag.attributes
        .get(name.as_bytes())
        .map(|value| lossy(value))
}

#[cfg(test)]
mod tests;
