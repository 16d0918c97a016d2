use super::{cut, cut_line, line_width, width, wrap};
use proptest::prelude::*;
use ratatui::text::Line;

fn wrapped(text: &str, columns: usize, hanging: &'static str) -> Vec<String> {
    let lines = wrap(&Line::raw(text), columns, &Line::raw(hanging));
    lines.iter().map(ToString::to_string).collect()
}

#[test]
fn words_stay_whole_and_hang() {
    assert_eq!(
        wrapped("one two three four", 9, "  "),
        ["one two", "  three", "  four"]
    );
    assert_eq!(wrapped("", 9, ""), [""]);
    assert_eq!(wrapped("  indented text", 10, ""), ["  indented", "text"]);
}

#[test]
fn what_is_longer_than_the_width_is_broken_between_graphemes() {
    assert_eq!(wrapped("abcdefgh", 3, ""), ["abc", "def", "gh"]);
    assert_eq!(wrapped("漢字漢字", 5, ""), ["漢字", "漢字"]);
    assert_eq!(wrapped("👩‍👩‍👧x", 2, ""), ["👩‍👩‍👧", "x"]);
}

#[test]
fn what_is_left_out_is_told() {
    assert_eq!(cut("abcdef", 4), "abc…");
    assert_eq!(cut("漢字漢字", 4), "漢…");
    assert_eq!(cut("abc", 3), "abc");
    assert_eq!(
        cut_line(Line::from(vec!["ab".into(), "cdef".into()]), 4).to_string(),
        "abc…"
    );
    assert_eq!(
        cut_line(Line::from(vec!["abcd".into(), "ef".into()]), 4).to_string(),
        "abc…"
    );
}

proptest! {
    #[test]
    fn no_row_is_wider_and_no_letter_is_lost(text in "\\PC{0,60}", columns in 2usize..40) {
        let rows = wrap(&Line::raw(text.clone()), columns, &Line::raw(" "));
        for row in &rows {
            prop_assert!(line_width(row) <= columns, "{row:?}");
        }
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let all: String = rows.iter().map(ToString::to_string).collect();
        prop_assert_eq!(letters(&all), letters(&text));
        prop_assert!(width(&cut(&text, columns)) <= columns);
        prop_assert!(line_width(&cut_line(Line::raw(text), columns)) <= columns);
    }
}
