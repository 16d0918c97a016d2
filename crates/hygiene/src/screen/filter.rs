//! The sanitiser as a stream: it takes bytes in pieces of any size and gives the same text
//! whatever the pieces are.

use super::{
    Channel,
    chars::{self, Class},
    layout::{self, Layout},
    model::joins,
    sgr::Paint,
};

/// Characters of a sequence that are held while its end is awaited. What is longer was none:
/// it is shown as text.
const LONGEST_SEQUENCE: usize = 4096;
/// Characters of a link's text and address that are remembered.
const LONGEST_LINK: usize = 512;

/// A sanitiser for one text of one channel.
#[derive(Debug)]
pub struct Screen {
    channel: Channel,
    is_begun: bool,
    /// Bytes of a character that is not complete yet.
    tail: Vec<u8>,
    state: State,
    /// Whether a carriage return waits for what follows.
    has_return: bool,
    hidden: Option<Hidden>,
    /// A joiner that waits for the letter after it.
    joiner: Option<char>,
    /// The last character that was shown, for what may follow it.
    before: Option<char>,
    paint: Paint,
    layout: Layout,
    link: Option<Link>,
}

#[derive(Debug)]
enum State {
    Ground,
    /// After ESC.
    Escape,
    /// After ESC and an intermediate character.
    Designate,
    /// Within a control sequence.
    Control(String),
    /// Within a string for the terminal.
    Text(Text),
}

#[derive(Debug)]
struct Text {
    kind: Kind,
    payload: String,
    /// ESC was seen: the string ends if a backslash follows.
    is_ending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Osc,
    Dcs,
    Apc,
    Pm,
    Sos,
    Title,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Osc => "OSC",
            Self::Dcs => "DCS",
            Self::Apc => "APC",
            Self::Pm => "PM",
            Self::Sos => "SOS",
            Self::Title => "title",
        }
    }
}

/// A run of characters that nobody sees.
#[derive(Clone, Copy, Debug)]
struct Hidden {
    class: Class,
    first: char,
    count: usize,
}

/// A link whose text is being shown.
#[derive(Debug)]
struct Link {
    address: String,
    text: String,
}

impl Screen {
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            is_begun: false,
            tail: Vec::new(),
            state: State::Ground,
            has_return: false,
            hidden: None,
            joiner: None,
            before: None,
            paint: Paint::default(),
            layout: Layout::default(),
            link: None,
        }
    }

    /// Takes the next piece and appends what of it may be shown.
    pub fn push(&mut self, piece: &[u8], out: &mut String) {
        self.begin(out);
        let joined;
        let mut rest = if self.tail.is_empty() {
            piece
        } else {
            let mut all = std::mem::take(&mut self.tail);
            all.extend_from_slice(piece);
            joined = all;
            joined.as_slice()
        };
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.take(text, out);
                    return;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    self.take(std::str::from_utf8(good).unwrap_or_default(), out);
                    let Some(length) = error.error_len() else {
                        self.tail = bad.to_vec();
                        return;
                    };
                    self.char(char::REPLACEMENT_CHARACTER, out);
                    rest = bad.get(length..).unwrap_or_default();
                }
            }
        }
    }

    /// Ends the text: what was held back is shown, colours and links are closed.
    pub fn finish(mut self, out: &mut String) {
        self.begin(out);
        if !std::mem::take(&mut self.tail).is_empty() {
            self.char(char::REPLACEMENT_CHARACTER, out);
        }
        self.abandon(out);
        self.end_joiner(None, out);
        self.end_hidden(out);
        if std::mem::take(&mut self.has_return) && !self.breaks_at_returns() {
            self.mark_control('\r', out);
        }
        self.end_link(out);
        self.layout.finish(out);
        if self.paint.on {
            out.push_str("\u{1b}[0m");
        }
    }

    fn begin(&mut self, out: &mut String) {
        if !std::mem::replace(&mut self.is_begun, true) {
            out.push_str(self.channel.label());
        }
    }

    fn take(&mut self, text: &str, out: &mut String) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.is_idle() {
                let is_simple = |byte: &u8| matches!(byte, 0x20..=0x7e);
                let length = rest.bytes().take_while(|byte| is_simple(byte)).count();
                if length > 1 {
                    let (simple, after) = rest.split_at(length);
                    out.push_str(simple);
                    self.before = simple.chars().next_back();
                    rest = after;
                    continue;
                }
            }
            let mut all = rest.chars();
            if let Some(c) = all.next() {
                self.char(c, out);
            }
            rest = all.as_str();
        }
    }

    /// Whether plain characters can be copied without looking at each.
    fn is_idle(&self) -> bool {
        matches!(self.state, State::Ground)
            && !self.has_return
            && self.hidden.is_none()
            && self.joiner.is_none()
            && self.link.is_none()
            && !self.channel.is_decided_by()
    }

    fn char(&mut self, c: char, out: &mut String) {
        match std::mem::replace(&mut self.state, State::Ground) {
            State::Ground => self.ground(c, out),
            State::Escape => self.escape(c, out),
            State::Designate => match c {
                '\u{20}'..='\u{2f}' => self.state = State::Designate,
                '\u{30}'..='\u{7e}' => {}
                _ => self.ground(c, out),
            },
            State::Control(params) => self.control(params, c, out),
            State::Text(text) => self.text(text, c, out),
        }
    }

    fn ground(&mut self, c: char, out: &mut String) {
        let class = chars::class(c);
        if self.has_return && c != '\u{1b}' {
            self.has_return = false;
            if c == '\n' {
                // The two are one line end.
            } else if self.breaks_at_returns() {
                // What a terminal would write over stays readable.
                self.line_end(out);
            } else {
                self.mark_control('\r', out);
            }
        }
        self.end_joiner(Some(c), out);
        if self.hidden.is_some_and(|hidden| hidden.class != class) {
            self.end_hidden(out);
        }
        match class {
            Class::Plain => self.show(c, out),
            Class::Control => self.low(c, out),
            Class::HighControl => self.high(c, out),
            Class::Joiner => {
                if self.channel.is_decided_by() {
                    self.hide(c, class);
                } else {
                    self.joiner = Some(c);
                }
            }
            Class::Selector => {
                let may = matches!(c, '\u{fe0e}' | '\u{fe0f}')
                    && self.hidden.is_none()
                    && self.before.is_some_and(chars::takes_selector);
                if may {
                    // The picture stays what a joiner may follow; a second selector may not.
                    self.put(c, out);
                    if !self.before.is_some_and(chars::is_pictograph) {
                        self.before = None;
                    }
                } else {
                    self.hide(c, class);
                }
            }
            Class::Direction | Class::Tag | Class::Invisible => self.hide(c, class),
        }
    }

    fn low(&mut self, c: char, out: &mut String) {
        match c {
            '\u{1b}' if self.channel.reads_sequences() => self.state = State::Escape,
            '\n' if !self.channel.is_one_line() => self.line_end(out),
            '\t' if !self.channel.is_one_line() => self.show(c, out),
            '\r' if !self.channel.is_one_line() => self.has_return = true,
            _ => self.mark_control(c, out),
        }
    }

    fn high(&mut self, c: char, out: &mut String) {
        if !self.channel.reads_sequences() {
            self.mark_code(c, out);
            return;
        }
        match c {
            '\u{9b}' => self.state = State::Control(String::new()),
            '\u{9d}' => self.string(Kind::Osc),
            '\u{90}' => self.string(Kind::Dcs),
            '\u{9f}' => self.string(Kind::Apc),
            '\u{9e}' => self.string(Kind::Pm),
            '\u{98}' => self.string(Kind::Sos),
            // The end of a string that never began.
            '\u{9c}' => {}
            _ => self.mark_code(c, out),
        }
    }

    fn escape(&mut self, c: char, out: &mut String) {
        match c {
            '[' => self.state = State::Control(String::new()),
            ']' => self.string(Kind::Osc),
            'P' => self.string(Kind::Dcs),
            '_' => self.string(Kind::Apc),
            '^' => self.string(Kind::Pm),
            'X' => self.string(Kind::Sos),
            'k' => self.string(Kind::Title),
            '\u{20}'..='\u{2f}' => self.state = State::Designate,
            // A whole sequence of two characters: save, restore, reset and so on.
            '\u{30}'..='\u{7e}' => {}
            _ => self.ground(c, out),
        }
    }

    fn control(&mut self, mut params: String, c: char, out: &mut String) {
        match c {
            '\u{20}'..='\u{3f}' if params.len() < LONGEST_SEQUENCE => {
                params.push(c);
                self.state = State::Control(params);
            }
            '\u{40}'..='\u{7e}' => {
                if c == 'm'
                    && self.channel.keeps_colours()
                    && let Some(paint) = self.paint.pass(&params)
                {
                    self.end_hidden(out);
                    out.push_str(&paint);
                }
            }
            _ => {
                // No sequence after all, and no terminal agrees with another on what it is.
                self.mark_control('\u{1b}', out);
                self.ground(c, out);
            }
        }
    }

    fn string(&mut self, kind: Kind) {
        self.state = State::Text(Text {
            kind,
            payload: String::new(),
            is_ending: false,
        });
    }

    fn text(&mut self, mut text: Text, c: char, out: &mut String) {
        if text.is_ending {
            if c == '\\' {
                self.obeyed(&text, out);
            } else {
                self.unended(&text, out);
                self.escape(c, out);
            }
            return;
        }
        match c {
            '\u{7}' | '\u{9c}' => self.obeyed(&text, out),
            '\u{1b}' => {
                text.is_ending = true;
                self.state = State::Text(text);
            }
            // A string that ends with no line would swallow the screen.
            '\n' | '\r' | '\u{18}' | '\u{1a}' => {
                self.unended(&text, out);
                self.ground(c, out);
            }
            _ if text.payload.len() >= LONGEST_SEQUENCE => {
                self.unended(&text, out);
                self.ground(c, out);
            }
            _ => {
                text.payload.push(c);
                self.state = State::Text(text);
            }
        }
    }

    /// Says what a complete string for the terminal was, instead of sending it.
    fn obeyed(&mut self, text: &Text, out: &mut String) {
        if text.kind == Kind::Osc
            && let Some(link) = text.payload.strip_prefix("8;")
        {
            self.end_link(out);
            let address = link.split_once(';').map_or("", |(_, address)| address);
            if !address.is_empty() {
                self.link = Some(Link {
                    address: address.chars().take(LONGEST_LINK).collect(),
                    text: String::new(),
                });
            }
            return;
        }
        let number: String = text
            .payload
            .chars()
            .take_while(char::is_ascii_digit)
            .take(4)
            .collect();
        let mark = if text.kind == Kind::Osc && !number.is_empty() {
            format!("⟦OSC {number}⟧")
        } else {
            format!("⟦{}⟧", text.kind.name())
        };
        self.mark(&mark, out);
    }

    /// Shows a string that never ended, because it may be text that something hid.
    fn unended(&mut self, text: &Text, out: &mut String) {
        self.mark_control('\u{1b}', out);
        for c in text.payload.chars() {
            self.ground(c, out);
            // What looks like the start of a sequence in there is none either.
            if !matches!(self.state, State::Ground) {
                self.state = State::Ground;
                self.mark_code(c, out);
            }
        }
    }

    /// Ends whatever sequence is under way.
    fn abandon(&mut self, out: &mut String) {
        match std::mem::replace(&mut self.state, State::Ground) {
            State::Ground => {}
            State::Text(text) => self.unended(&text, out),
            State::Escape | State::Designate | State::Control(_) => {
                self.mark_control('\u{1b}', out);
            }
        }
    }

    fn breaks_at_returns(&self) -> bool {
        matches!(self.channel, Channel::ToolOutput | Channel::ModelText)
    }

    fn line_end(&mut self, out: &mut String) {
        self.end_link(out);
        self.put('\n', out);
        self.before = None;
    }

    fn show(&mut self, c: char, out: &mut String) {
        if let Some(link) = &mut self.link
            && link.text.len() < LONGEST_LINK
        {
            link.text.push(c);
        }
        self.put(c, out);
        self.before = Some(c);
    }

    fn put(&mut self, c: char, out: &mut String) {
        if self.channel.is_decided_by() {
            self.layout.push(c, out);
        } else {
            out.push(c);
        }
    }

    fn mark(&mut self, mark: &str, out: &mut String) {
        self.end_joiner(None, out);
        self.end_hidden(out);
        if self.channel.is_decided_by() {
            self.layout.mark(mark, out);
        } else {
            out.push_str(mark);
        }
        self.before = None;
    }

    fn mark_control(&mut self, c: char, out: &mut String) {
        self.mark(chars::picture(c).encode_utf8(&mut [0; 4]), out);
    }

    fn mark_code(&mut self, c: char, out: &mut String) {
        let mut mark = String::new();
        layout::spell(c, &mut mark);
        self.mark(&mark, out);
    }

    fn hide(&mut self, c: char, class: Class) {
        let hidden = self.hidden.get_or_insert(Hidden {
            class,
            first: c,
            count: 0,
        });
        hidden.count += 1;
    }

    fn end_hidden(&mut self, out: &mut String) {
        let Some(hidden) = self.hidden.take() else {
            return;
        };
        let mark = match (hidden.class, hidden.count) {
            (Class::Tag, count) => format!("⟨{count} × invisible text⟩"),
            (_, 1) => format!("⟨U+{:04X}⟩", u32::from(hidden.first)),
            (_, count) => format!("⟨{count} × U+{:04X}…⟩", u32::from(hidden.first)),
        };
        self.mark(&mark, out);
    }

    /// Decides about a joiner now that the character after it is known.
    fn end_joiner(&mut self, next: Option<char>, out: &mut String) {
        let Some(joiner) = self.joiner.take() else {
            return;
        };
        if self.hidden.is_none() && joins(self.before, next) {
            self.put(joiner, out);
        } else {
            if self
                .hidden
                .is_some_and(|hidden| hidden.class != Class::Joiner)
            {
                self.end_hidden(out);
            }
            self.hide(joiner, Class::Joiner);
        }
    }

    /// Tells where a link leads, unless its text says so.
    fn end_link(&mut self, out: &mut String) {
        let Some(link) = self.link.take() else {
            return;
        };
        self.end_joiner(None, out);
        self.end_hidden(out);
        if link.text.trim() == link.address {
            return;
        }
        self.mark(" ⟨", out);
        for c in link.address.chars() {
            if chars::class(c) == Class::Plain {
                self.put(c, out);
            } else {
                self.mark_code(c, out);
            }
        }
        self.mark("⟩", out);
    }
}
