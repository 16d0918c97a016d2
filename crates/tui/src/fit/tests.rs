use super::*;
use proptest::prelude::*;

#[test]
fn a_path_keeps_both_its_ends() {
    assert_eq!(cut_middle("crates/tui/src/editor.rs", 12), "crate…tor.rs");
    assert_eq!(cut_middle("short", 12), "short");
    assert_eq!(cut_middle("日本語日本語", 6), "日…語");
}

#[test]
fn a_tabulator_is_drawn_as_blanks() {
    assert_eq!(drawn("a\tb\u{7}c"), "a    bc");
}

proptest! {
    #[test]
    fn a_cut_fits(text in "\\PC{0,40}", columns in 0_usize..30) {
        prop_assert!(width(&cut_middle(&text, columns)) <= columns);
    }

    #[test]
    fn padding_fills_the_width(text in "[ -~日本é👩]{0,40}", columns in 0_usize..30) {
        prop_assert_eq!(width(&padded(&text, columns)), columns);
    }
}
