use super::*;
use crate::{
    text::line_width,
    theme::{Palette, Role},
};
use proptest::prelude::*;
use ratatui::style::Modifier;

const SAMPLE: &str = include_str!("tests/sample.md");

fn theme() -> Theme {
    Theme::new(Palette::Dark)
}

fn plain(lines: &[Line<'_>]) -> String {
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn shown(text: &str, columns: usize) -> String {
    plain(&render(text, columns, &theme()))
}

#[test]
fn a_page_at_every_width() {
    for columns in [40, 80, 120] {
        insta::assert_snapshot!(format!("page_{columns}"), shown(SAMPLE, columns));
    }
}

#[test]
fn styles_are_those_of_the_roles() {
    let theme = theme();
    let lines = render("a **b *c*** `d` ~~e~~ <https://f.g>\n# H", 80, &theme);
    let spans: Vec<(String, _)> = lines
        .iter()
        .flat_map(|line| &line.spans)
        .map(|span| (span.content.to_string(), span.style))
        .collect();
    let text = theme.style(Role::Text);
    let strong = text.patch(theme.style(Role::Strong));
    assert_eq!(
        spans,
        [
            ("a ".to_owned(), text),
            ("b ".to_owned(), strong),
            ("c".to_owned(), strong.patch(theme.style(Role::Emphasis))),
            (" ".to_owned(), text),
            ("d".to_owned(), text.patch(theme.style(Role::Code))),
            (" ".to_owned(), text),
            ("e".to_owned(), text.patch(theme.style(Role::Struck))),
            (" ".to_owned(), text),
            (
                "https://f.g".to_owned(),
                text.patch(theme.style(Role::Link))
            ),
            (
                "H".to_owned(),
                text.patch(theme.style(Role::Heading))
                    .add_modifier(Modifier::UNDERLINED)
            ),
        ]
    );
}

#[test]
fn an_address_is_written_out_unless_it_is_the_text() {
    for (text, shown_as) in [
        ("[docs](https://a.b/c)", "docs (https://a.b/c)"),
        (
            "[https://a.b](https://evil.c)",
            "https://a.b (https://evil.c)",
        ),
        ("[https://a.b](https://a.b)", "https://a.b"),
        ("<me@a.b>", "me@a.b"),
        ("[x](javascript:alert)", "x (javascript:alert)"),
        ("[main.rs](src/main.rs)", "main.rs (src/main.rs)"),
        (
            "see https://a.b/c_(d). Or (http://e.f)!",
            "see https://a.b/c_(d). Or (http://e.f)!",
        ),
        (
            "![alt](https://a.b/c.png)",
            "image: alt (https://a.b/c.png)",
        ),
    ] {
        assert_eq!(shown(text, 80), shown_as, "{text}");
    }
}

#[test]
fn an_address_that_is_cut_is_not_underlined() {
    let text = format!("see https://a.b/{}", "x".repeat(60));
    for span in render(&text, 30, &theme()).into_iter().flatten() {
        let is_underlined = span.style.add_modifier.contains(Modifier::UNDERLINED);
        assert!(
            !span.content.starts_with("http") || !is_underlined,
            "{span:?}"
        );
    }
}

#[test]
fn no_entity_brings_back_what_the_sanitiser_took() {
    for text in [
        "a&#x1b;[31mb",
        "a&#8238;b",
        "`a\u{1b}]0;x\u{7}`",
        "[a](https://x/&#x1b;y)",
        "```\n\u{202e}\n```",
    ] {
        let shown = shown(text, 80);
        assert!(
            shown
                .chars()
                .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'),
            "{shown:?}"
        );
    }
}

#[test]
fn a_list_keeps_its_numbers_and_hangs() {
    assert_eq!(
        shown(
            "1. one\n1. two\n\n   more\n1. three\n\ntext\n\n7) seven",
            12
        ),
        "1. one\n2. two\n\n   more\n3. three\n\ntext\n\n7. seven"
    );
    assert_eq!(
        shown(
            "- a long item of a list\n  - [x] done\n  - [ ] open\n- b",
            14
        ),
        "• a long item\n  of a list\n  ◦ [x] done\n  ◦ [ ] open\n• b"
    );
}

#[test]
fn a_fence_within_an_item_and_one_that_never_ends() {
    assert_eq!(
        shown(
            "- a\n\n  ```rust\n  let x;\n\n  y\n  ```\n- b\n\n````\n```\nz",
            40
        ),
        "• a\n\n    let x;\n\n    y\n• b\n\n  ```\n  z"
    );
}

#[test]
fn a_table_shrinks_and_becomes_records() {
    let table = "| name | what it is for | n |\n|:--|:-:|--:|\n| alpha | the first letter of all | 1 |\n| b | x | 23 |";
    insta::assert_snapshot!(
        [60, 30, 8]
            .map(|columns| shown(table, columns))
            .join("\n=====\n")
    );
}

#[test]
fn what_is_open_is_drawn_as_it_grows() {
    let mut stream = Stream::default();
    let mut seen = Vec::new();
    for piece in [
        "# Ti",
        "tle\nsome *te",
        "xt*\n\n-",
        " a\n- b\n``",
        "`rs\nlet",
        " x = 1;\n`",
        "``\ndone",
    ] {
        stream.push(piece);
        let settled = plain(&stream.take_settled(40, &theme()));
        seen.push(format!(
            "{settled:?} | {:?}",
            plain(&stream.open(40, &theme()))
        ));
    }
    stream.finish();
    seen.push(format!("{:?}", plain(&stream.take_settled(40, &theme()))));
    insta::assert_snapshot!(seen.join("\n"));
}

#[test]
fn a_block_as_long_as_the_text_is_not_drawn_at_every_piece() {
    let mut stream = Stream::default();
    stream.push(&"word ".repeat(4000));
    let before = stream.open(80, &theme());
    stream.push("more ");
    assert_eq!(stream.open(80, &theme()), before);
    stream.push(&"more ".repeat(2000));
    assert!(stream.open(80, &theme()).len() > before.len());
    // Another width is drawn at once.
    assert!(stream.open(40, &theme()).len() > 300);
}

fn markdown_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "word ",
        "日本 ",
        "👩‍👩‍👧",
        "e\u{301}",
        "שלום ",
        "*",
        "**",
        "_",
        "`",
        "```",
        "```rust\n",
        "~~~\n",
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "2) ",
        "   ",
        "    ",
        "# ",
        "> ",
        "| a | b |\n",
        "|---|:-:|\n",
        "---\n",
        "===\n",
        "[x](https://a.b)",
        "https://a.b/c",
        "![",
        "](",
        "<b>",
        "<br>",
        "&amp;",
        "&#x1b;",
        "\\",
        "\t",
        "[ ] ",
        "\u{1b}[31m",
        "\u{202e}",
        "fn main() { \"x\" }\n",
        "~~",
        "<!--",
        "averyveryverylongwordwithoutend",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn pieces_do_not_matter(
        text in markdown_text(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        columns in 1_usize..60,
    ) {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        places.sort_unstable();
        let mut stream = Stream::default();
        let mut lines = Vec::new();
        let mut from = 0;
        for place in places {
            let Some(piece) = text.get(from..place) else { continue };
            from = place;
            stream.push(piece);
            lines.extend(stream.take_settled(columns, &theme()));
            for line in stream.open(columns, &theme()) {
                prop_assert!(line_width(&line) <= columns);
            }
        }
        stream.push(text.get(from..).unwrap());
        stream.finish();
        lines.extend(stream.take_settled(columns, &theme()));
        prop_assert!(stream.open(columns, &theme()).is_empty());
        prop_assert_eq!(&lines, &render(&text, columns, &theme()));
        for line in &lines {
            prop_assert!(line_width(line) <= columns, "{:?}", line);
        }
    }
}
