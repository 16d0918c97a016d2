use super::{Breaks, one_line, visible, visible_json};

#[test]
fn escape_sequences_become_pictures() {
    assert_eq!(
        visible("a\u{1b}[31mb\u{7f}\u{9b}c", Breaks::Keep),
        "a␛[31mb␡\\u{9b}c"
    );
}

#[test]
fn line_breaks_stay_or_become_spaces() {
    assert_eq!(visible("a\n\tb\r", Breaks::Keep), "a\n\tb␍");
    assert_eq!(visible("a\n\tb\r", Breaks::Show), "a  b␍");
}

#[test]
fn direction_marks_are_shown_by_number() {
    assert_eq!(visible("x\u{202e}y", Breaks::Keep), "x\\u{202e}y");
}

#[test]
fn a_long_line_is_cut_between_characters() {
    assert_eq!(one_line("  äöüß  ", 3), "äö…");
    assert_eq!(one_line("äöü", 3), "äöü");
}

#[test]
fn json_for_a_terminal_reads_back_the_same() {
    let text = "\u{1b}\u{7f}\u{9b}\u{202e} plain";
    let json = serde_json::to_string(text).unwrap();
    let shown = visible_json(&json);
    assert!(shown.is_ascii());
    assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
}
