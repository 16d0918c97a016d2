use super::{
    Frame, Full, Inline, Sync,
    strategy::{Colours, Keyboard, Notify, Surroundings},
};
use proptest::prelude::*;
use ratatui::{
    style::{Color, Style},
    text::{Line, Span},
};

/// A terminal with its scrollback.
pub(crate) struct Screen {
    pub(crate) parser: vt100::Parser,
    columns: u16,
}

impl Screen {
    pub(crate) fn new(columns: u16, rows: u16) -> Self {
        let parser = vt100::Parser::new(rows, columns, 10_000);
        Self { parser, columns }
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
    }

    /// Everything that was ever on it, from the first line of the scrollback.
    pub(crate) fn everything(&mut self) -> Vec<String> {
        self.parser.screen_mut().set_scrollback(usize::MAX);
        let mut depth = self.parser.screen().scrollback();
        let mut lines = Vec::new();
        let rows = usize::from(self.parser.screen().size().0);
        while depth > 0 {
            self.parser.screen_mut().set_scrollback(depth);
            let shown = self.parser.screen().rows(0, self.columns);
            let take = depth.min(rows);
            lines.extend(shown.take(take));
            depth -= take;
        }
        self.parser.screen_mut().set_scrollback(0);
        lines.extend(self.parser.screen().rows(0, self.columns));
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }
}

pub(crate) fn table() -> super::Strategy {
    Surroundings {
        term: "xterm-kitty".to_owned(),
        ..Surroundings::default()
    }
    .strategy()
}

fn line(text: &str) -> Line<'static> {
    Line::raw(text.to_owned())
}

pub(crate) fn text_of(lines: &[Line<'_>]) -> Vec<String> {
    let mut lines: Vec<String> = lines
        .iter()
        .map(|line| line.to_string().trim_end().to_owned())
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn lines(columns: usize, most: usize) -> impl Strategy<Value = Vec<Line<'static>>> {
    let letters = prop_oneof![
        Just("a"),
        Just("b "),
        Just("漢"),
        Just("é"),
        Just("-"),
        Just("x\u{301}"),
        Just("…"),
    ];
    let text = proptest::collection::vec(letters, 0..columns).prop_map(move |parts| {
        crate::text::cut(&parts.concat(), columns)
            .trim_end()
            .to_owned()
    });
    let styled = (text, any::<bool>()).prop_map(|(text, bold)| {
        let style = if bold {
            Style::new().fg(Color::Red)
        } else {
            Style::new()
        };
        Line::from(Span::styled(text, style))
    });
    proptest::collection::vec(styled, 0..most)
}

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let frame = (lines(20, 5), lines(20, 7), any::<Option<(u8, u8)>>()).prop_map(
        |(settled, live, cursor)| Frame {
            settled,
            cursor: cursor.filter(|_| !live.is_empty()).map(|(row, column)| {
                (
                    usize::from(row) % live.len().max(1),
                    usize::from(column) % 20,
                )
            }),
            live,
        },
    );
    proptest::collection::vec(frame, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_is_lost_or_doubled_in_the_scrollback(frames in frames(), marked in any::<bool>()) {
        let sync = if marked { Sync::Marked } else { Sync::Plain };
        let mut screen = Screen::new(20, 8);
        screen.take(b"$ gimlet\r\n");
        let mut inline = Inline::new(20);
        let mut settled = vec![line("$ gimlet")];
        // A screen that has scrolled does not scroll back.
        let mut deepest = 0;
        for frame in &frames {
            let mut bytes = Vec::new();
            inline.draw(frame, &table(), sync, &mut bytes);
            screen.take(&bytes);
            settled.extend(frame.settled.clone());
            let mut expected = settled.clone();
            expected.extend(frame.live.clone());
            prop_assert_eq!(screen.everything(), text_of(&expected));
            deepest = deepest.max(settled.len() + frame.live.len().max(1));
            if let Some((row, column)) = frame.cursor {
                let (at, column_at) = screen.parser.screen().cursor_position();
                let from_end = frame.live.len() - row;
                let all = settled.len() + frame.live.len();
                let top = deepest.saturating_sub(8);
                prop_assert_eq!(usize::from(at), all - from_end - top);
                prop_assert_eq!(usize::from(column_at), column);
                prop_assert!(!screen.parser.screen().hide_cursor());
            }
            let mut again = Vec::new();
            let same = Frame { settled: Vec::new(), ..frame.clone() };
            inline.draw(&same, &table(), sync, &mut again);
            prop_assert!(again.is_empty(), "nothing changed, and {:?} was written", again);
        }
    }

    #[test]
    fn a_frame_over_another_is_as_if_drawn_alone(frames in frames()) {
        let mut screen = Screen::new(20, 8);
        let mut full = Full::new(20, 8);
        for frame in &frames {
            let mut bytes = Vec::new();
            full.draw(frame, &table(), Sync::Plain, &mut bytes);
            screen.take(&bytes);
            let mut alone = Screen::new(20, 8);
            let mut bytes = Vec::new();
            Full::new(20, 8).draw(frame, &table(), Sync::Plain, &mut bytes);
            alone.take(&bytes);
            let seen = |screen: &Screen| {
                let screen = screen.parser.screen();
                let rows: Vec<_> = screen.rows_formatted(0, 20).collect();
                // Nobody sees where a hidden cursor stands.
                let cursor = (!screen.hide_cursor()).then(|| screen.cursor_position());
                (rows, cursor)
            };
            prop_assert_eq!(seen(&screen), seen(&alone));
        }
    }
}

#[test]
fn a_wider_or_narrower_terminal_keeps_what_is_finished() {
    let mut screen = Screen::new(30, 8);
    let mut inline = Inline::new(30);
    let strategy = super::Strategy {
        reflows: false,
        ..table()
    };
    let mut bytes = Vec::new();
    let frame = Frame {
        settled: vec![line("finished one"), line("finished two")],
        live: vec![line("live one"), line("live two"), line("> ")],
        cursor: Some((2, 2)),
    };
    inline.draw(&frame, &strategy, Sync::Plain, &mut bytes);
    screen.take(&bytes);
    for columns in [20u16, 40, 12] {
        screen.parser.screen_mut().set_size(8, columns);
        screen.columns = columns;
        let mut bytes = Vec::new();
        inline.resize(usize::from(columns), &strategy, &mut bytes);
        let frame = Frame {
            settled: Vec::new(),
            ..frame.clone()
        };
        inline.draw(&frame, &strategy, Sync::Plain, &mut bytes);
        screen.take(&bytes);
        assert_eq!(
            screen.everything(),
            ["finished one", "finished two", "live one", "live two", "> "]
        );
    }
}

#[test]
fn a_changed_letter_costs_few_bytes() {
    let mut inline = Inline::new(80);
    let frame = |text: &str| Frame {
        settled: Vec::new(),
        live: vec![line("status"), line(text)],
        cursor: Some((1, text.len())),
    };
    inline.draw(
        &frame("> what is writte"),
        &table(),
        Sync::Plain,
        &mut Vec::new(),
    );
    let mut bytes = Vec::new();
    inline.draw(
        &frame("> what is written"),
        &table(),
        Sync::Plain,
        &mut bytes,
    );
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(
        text,
        "\u{1b}[?25l\u{1b}[?7l\r\u{1b}[16Cn\u{1b}[?7h\r\u{1b}[17C\u{1b}[?25h"
    );
}

#[test]
fn each_terminal_has_its_row() {
    let of = |set: &dyn Fn(&mut Surroundings)| {
        let mut surroundings = Surroundings {
            term: "xterm-256color".to_owned(),
            ..Surroundings::default()
        };
        set(&mut surroundings);
        let row = surroundings.strategy();
        (
            row.name,
            row.reflows,
            row.links,
            row.keyboard,
            row.notify,
            row.colours,
        )
    };
    let program = |name: &'static str| move |s: &mut Surroundings| s.term_program = name.to_owned();
    let term = |name: &'static str| move |s: &mut Surroundings| s.term = name.to_owned();
    let rows = [
        of(&term("xterm-kitty")),
        of(&program("WezTerm")),
        of(&program("ghostty")),
        of(&program("iTerm.app")),
        of(&program("Apple_Terminal")),
        of(&program("vscode")),
        of(&|s| s.windows_terminal = "1".to_owned()),
        of(&|s| s.vte = "7600".to_owned()),
        of(&|s| s.konsole = "240800".to_owned()),
        of(&term("foot")),
        of(&term("alacritty")),
        of(&|_| {}),
        of(&|s| {
            s.tmux = "/tmp/x".to_owned();
            s.term_program = "WezTerm".to_owned();
        }),
        of(&term("screen.xterm-256color")),
        of(&|s| s.zellij = "0".to_owned()),
        of(&term("linux")),
        of(&term("dumb")),
        of(&term("rxvt")),
    ];
    insta::assert_debug_snapshot!(rows);
}

#[test]
fn no_colour_is_shown_where_none_is_wanted() {
    let surroundings = Surroundings {
        term: "xterm-kitty".to_owned(),
        no_color: "1".to_owned(),
        ..Surroundings::default()
    };
    let strategy = surroundings.strategy();
    assert_eq!(
        (strategy.colours, strategy.keyboard),
        (Colours::None, Keyboard::Kitty)
    );
    assert_eq!(strategy.notify, Notify::NinetyNine);
    let frame = Frame {
        live: vec![Line::from(Span::styled(
            "text",
            Style::new().fg(Color::Red),
        ))],
        ..Frame::default()
    };
    let mut bytes = Vec::new();
    Inline::new(20).draw(&frame, &strategy, Sync::Plain, &mut bytes);
    assert!(!String::from_utf8(bytes).unwrap().contains("31"));
}
