use super::*;
use crate::{
    text::line_width,
    theme::{Palette, Role, Theme},
};
use proptest::prelude::*;

const OLD: &str = "fn main() {\n    let name = \"old\";\n    println!(\"{name}\");\n}\n\na\nb\nc\nd\ne\nf\ng\nh\ni\nlast\n";
const NEW: &str = "fn main() {\n    let name = \"new one\";\n    println!(\"{name}\");\n    // more\n}\n\na\nb\nc\nd\ne\nf\ng\nh\ni\n";

fn drawn(columns: usize, most_lines: usize, palette: Palette) -> Drawn {
    let theme = Theme::new(palette);
    let view = View {
        columns,
        theme: &theme,
        path: "src/main.rs",
        most_lines,
    };
    draw(&between(OLD, NEW, 2), &view)
}

fn plain(drawn: &Drawn) -> String {
    let lines: Vec<String> = drawn.lines.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn a_change_at_every_width() {
    let all = [20, 40, 80, 140].map(|columns| plain(&drawn(columns, 100, Palette::Dark)));
    insta::assert_snapshot!(all.join("\n=====\n"));
}

#[test]
fn changed_words_are_marked() {
    let theme = Theme::new(Palette::Plain);
    let drawn = drawn(80, 100, Palette::Plain);
    let mark = theme.style(Role::AddedWord);
    let marked: Vec<String> = drawn
        .lines
        .iter()
        .flat_map(|line| &line.spans)
        .filter(|span| span.style == theme.style(Role::Added).patch(mark))
        .map(|span| span.content.to_string())
        .collect();
    // Both kinds look alike without colours.
    assert_eq!(marked, ["old", "new one"]);
}

#[test]
fn what_is_too_much_is_counted() {
    for (most, left_out) in [(1, 4), (3, 2), (100, 0)] {
        let drawn = drawn(80, most, Palette::Dark);
        assert!(drawn.lines.len() <= most);
        assert_eq!(drawn.left_out, left_out, "{most}");
    }
}

#[test]
fn a_unified_diff_is_read_as_git_writes_it() {
    let diff = "diff --git a/x.rs b/x.rs\nindex 1..2 100644\n--- a/x.rs\n+++ b/x.rs\n@@ -1,2 +1,2 @@ fn f\n-- old\n++ new\n same\n\\ No newline at end of file\n@@ -9 +9,0 @@\n--- gone\ndiff --git a/y b/y\n--- a/y\n+++ /dev/null\n@@ -1 +0,0 @@\n-z\n";
    let changed = |tag, text: &str| Changed {
        tag,
        text: text.to_owned(),
    };
    assert_eq!(
        unified(diff),
        [
            FileChange {
                path: "x.rs".to_owned(),
                hunks: vec![
                    Hunk {
                        old_start: 1,
                        new_start: 1,
                        lines: vec![
                            changed(Tag::Removed, "- old"),
                            changed(Tag::Added, "+ new"),
                            changed(Tag::Same, "same"),
                        ],
                    },
                    Hunk {
                        old_start: 9,
                        new_start: 9,
                        lines: vec![changed(Tag::Removed, "-- gone")],
                    },
                ],
            },
            FileChange {
                path: "y".to_owned(),
                hunks: vec![Hunk {
                    old_start: 1,
                    new_start: 0,
                    lines: vec![changed(Tag::Removed, "z")],
                }],
            },
        ]
    );
    assert_eq!(counts(&between(OLD, NEW, 3)), (2, 2));
    assert_eq!(unified("no diff\n@@ nonsense @@\n"), []);
}

#[test]
fn what_is_hidden_in_a_file_is_shown() {
    let hunks = between("a\n", "a\u{202e}b\u{1b}[31m\n", 3);
    let theme = Theme::new(Palette::Dark);
    let view = View {
        columns: 60,
        theme: &theme,
        path: "x",
        most_lines: 9,
    };
    let text = plain(&draw(&hunks, &view));
    assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text:?}");
    assert!(text.contains('␛'), "{text:?}");
}

proptest! {
    #[test]
    fn the_texts_are_in_the_hunks(
        old in "([a-c日]{0,3}\n){0,12}",
        new in "([a-c日]{0,3}\n){0,12}",
    ) {
        let hunks = between(&old, &new, 100);
        let side = |gone: Tag| -> Vec<String> {
            let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
            lines.filter(|line| line.tag != gone).map(|line| line.text.clone()).collect()
        };
        let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
        if old != new {
            prop_assert_eq!(side(Tag::Added), lines(&old));
            prop_assert_eq!(side(Tag::Removed), lines(&new));
        }
    }

    #[test]
    fn lines_fit(
        old in "([a-c日👩\t\" ]{0,30}\n){0,6}",
        new in "([a-c日👩\t\" ]{0,30}\n){0,6}",
        columns in 1_usize..200,
        most_lines in 0_usize..30,
    ) {
        let theme = Theme::new(Palette::Light);
        let view = View { columns, theme: &theme, path: "a.py", most_lines };
        let drawn = draw(&between(&old, &new, 1), &view);
        prop_assert!(drawn.lines.len() <= most_lines);
        for line in drawn.lines {
            prop_assert!(line_width(&line) <= columns);
        }
    }
}
