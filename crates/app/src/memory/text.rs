//! The text of a memory file: what the model is given of it, and what it imports.

/// A memory file taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// The front matter between its fences, where there is one.
    pub(super) front: Option<String>,
    /// The text without front matter and comments.
    pub(super) body: String,
    /// What stands after each `@` that may name a file, outside code, in order.
    pub(super) imports: Vec<String>,
}

/// Takes a file apart: HTML comments go and `@` counts, both outside code alone.
pub(super) fn take_apart(text: &str) -> Parts {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (front, body) = front_matter(text);
    let mut scan = Scan {
        rest: body,
        before: None,
        parts: Parts::default(),
    };
    scan.run();
    Parts {
        front: front.map(str::to_owned),
        ..scan.parts
    }
}

/// Front matter and the rest. An unclosed one is text like any other.
fn front_matter(text: &str) -> (Option<&str>, &str) {
    let (first, rest) = split_line(text);
    if first.trim_end() != "---" {
        return (None, text);
    }
    let mut after = rest;
    while !after.is_empty() {
        let front_bytes = rest.len() - after.len();
        let (line, next) = split_line(after);
        if matches!(line.trim_end(), "---" | "...") {
            return (rest.get(..front_bytes), next);
        }
        after = next;
    }
    (None, text)
}

/// The first line with its end, and the rest.
fn split_line(text: &str) -> (&str, &str) {
    let end = text.find('\n').map_or(text.len(), |at| at + 1);
    split(text, end)
}

fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// A walk over Markdown that knows code, comments and imports, and nothing else.
struct Scan<'a> {
    rest: &'a str,
    /// The character before `rest`, in the source.
    before: Option<char>,
    parts: Parts,
}

impl<'a> Scan<'a> {
    fn run(&mut self) {
        while !self.rest.is_empty() {
            let at_line_start = matches!(self.before, None | Some('\n'));
            if at_line_start && let Some(fence) = Fence::opened_by(split_line(self.rest).0) {
                self.keep_fenced(&fence);
            } else if self.rest.starts_with("<!--") {
                self.drop_comment();
            } else if self.rest.starts_with('`') {
                self.keep_code_span();
            } else if self.rest.starts_with('\\') {
                // What is escaped begins neither code nor an import.
                self.keep_chars(2);
            } else {
                if self.rest.starts_with('@') && self.may_begin_import() {
                    self.parts.imports.extend(import_at(self.rest));
                }
                self.keep_chars(1);
            }
        }
    }

    fn may_begin_import(&self) -> bool {
        self.before
            .is_none_or(|c| c.is_whitespace() || "([{\"'".contains(c))
    }

    fn keep(&mut self, bytes: usize) {
        let kept = self.pass(bytes);
        self.parts.body.push_str(kept);
    }

    fn keep_chars(&mut self, chars: usize) {
        let bytes = self.rest.chars().take(chars).map(char::len_utf8).sum();
        self.keep(bytes);
    }

    fn pass(&mut self, bytes: usize) -> &'a str {
        let (passed, rest) = split(self.rest, bytes);
        self.rest = rest;
        self.before = passed.chars().next_back().or(self.before);
        passed
    }

    fn keep_fenced(&mut self, fence: &Fence) {
        let (line, _) = split_line(self.rest);
        self.keep(line.len());
        while !self.rest.is_empty() {
            let (line, _) = split_line(self.rest);
            self.keep(line.len());
            if fence.is_closed_by(line) {
                return;
            }
        }
    }

    /// Backticks with no partner in their paragraph are plain characters.
    fn keep_code_span(&mut self) {
        let ticks = run_of(self.rest, '`');
        let inside = split(self.rest, ticks).1;
        let paragraph = inside
            .find("\n\n")
            .map_or(inside, |end| split(inside, end).0);
        let mut searched = 0;
        while let Some(at) = split(paragraph, searched).1.find('`') {
            let here = searched + at;
            let found = run_of(split(paragraph, here).1, '`');
            if found == ticks {
                self.keep(ticks + here + found);
                return;
            }
            searched = here + found;
        }
        self.keep(ticks);
    }

    /// A comment that never ends stays: dropping the rest of the file would hide too much.
    fn drop_comment(&mut self) {
        const OPENING: usize = "<!--".len();
        let Some(end) = split(self.rest, OPENING).1.find("-->") else {
            self.keep(OPENING);
            return;
        };
        self.pass(OPENING + end + "-->".len());
        let line_start = self.parts.body.rfind('\n').map_or(0, |at| at + 1);
        let line = split(&self.parts.body, line_start).1;
        let (left_of_line, _) = split_line(self.rest);
        // A line that held nothing else goes as a whole.
        if line.trim().is_empty() && left_of_line.trim().is_empty() {
            self.parts.body.truncate(line_start);
            self.pass(left_of_line.len());
        }
    }
}

/// The opening of a fenced block.
struct Fence {
    mark: char,
    length: usize,
}

impl Fence {
    fn opened_by(line: &str) -> Option<Self> {
        let line = unindented(line);
        let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let length = run_of(line, mark);
        let info = split(line, length).1;
        (length >= 3 && (mark == '~' || !info.contains('`'))).then_some(Self { mark, length })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let line = unindented(line).trim_end();
        line.chars().all(|c| c == self.mark) && line.len() >= self.length
    }
}

/// Fences also stand in lists and quotes.
fn unindented(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '>'])
}

fn run_of(text: &str, mark: char) -> usize {
    text.chars().take_while(|c| *c == mark).count()
}

/// The path after an `@`; a blank in it is written `\ `.
fn import_at(text: &str) -> Option<String> {
    let mut path = String::new();
    let mut chars = text.chars().skip(1);
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(' ') => path.push(' '),
                _ => break,
            },
            '`' | '<' => break,
            c if c.is_whitespace() => break,
            c => path.push(c),
        }
    }
    let first = path.chars().next()?;
    (first.is_alphanumeric() || "./~_".contains(first)).then_some(path)
}

#[cfg(test)]
mod tests;
