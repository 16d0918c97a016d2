//! Rows and the cursor, at every width and after every change.

use super::*;
use crate::editor::{buffer::Buffer, layout::Layout};
use proptest::prelude::*;

#[test]
fn words_are_wrapped_and_the_cursor_has_a_cell() {
    let mut editor = editor("one two three four|");
    assert_eq!(
        rows(&mut editor, 10),
        "one two\nthree\nfour  (4)".replace("two\nthree\nfour", "two \nthree \nfour")
    );
    assert_eq!(rows(&mut editor, 80), "one two three four  (18)");
}

#[test]
fn a_word_longer_than_the_row_is_parted_between_graphemes() {
    let mut editor = editor("日本語👩‍👩‍👧e\u{301}|x");
    assert_eq!(rows(&mut editor, 5), "日本\n語👩‍👩‍👧\ne\u{301}x  (1)");
    assert_eq!(rows(&mut editor, 1).lines().count(), 6);
}

#[test]
fn few_rows_show_those_around_the_cursor() {
    let mut editor = editor("a\nb\nc|\nd\ne");
    let view = editor.view(10, 3, &ViewStyle::default());
    let shown: Vec<String> = view.rows.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["b", "c", "d"]);
    assert_eq!((view.cursor, view.above, view.below), ((1, 1), 1, 1));
}

#[test]
fn up_and_down_go_by_wrapped_rows() {
    let mut editor = editor("aaa bbb ccc|");
    rows(&mut editor, 5);
    typed(&mut editor, "<Up>");
    assert_eq!(drawn(&editor), "aaa bbb| ccc");
    typed(&mut editor, "<Up>");
    assert_eq!(drawn(&editor), "aaa| bbb ccc");
}

#[test]
fn a_paste_of_a_megabyte_is_edited_like_a_short_text() {
    let mut editor = editor("|");
    editor.paste(&"some words and more of them, again and again\n".repeat(24_000));
    assert!(editor.open_chip());
    assert!(editor.text().len() > 1_000_000);
    rows(&mut editor, 40);
    typed(&mut editor, "<C-Home>x<Down><C-k>y");
    let view = editor.view(40, 3, &ViewStyle::default());
    let shown: Vec<String> = view.rows.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "xsome words and more of them, again and",
            "ay",
            "some words and more of them, again and "
        ]
    );
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z]{1,8}",
        Just(" ".to_owned()),
        Just("\n".to_owned()),
        Just("\t".to_owned()),
        Just("日本".to_owned()),
        Just("👩‍👩‍👧".to_owned()),
        Just("e\u{301}".to_owned()),
        Just("\u{301}".to_owned()),
        Just("🇩🇪".to_owned()),
        Just("\u{1f1e9}".to_owned()),
        Just("שלום".to_owned()),
        Just("\u{200d}".to_owned()),
        Just("\u{fe0f}".to_owned()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn any_key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        6 => prop::sample::select(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$^%(){}[]\"'`;,.~<>_/ \u{301}日👩"
                .chars()
                .collect::<Vec<_>>()
        )
        .prop_map(KeyCode::Char),
        2 => prop::sample::select(vec![
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Backspace,
            KeyCode::Delete,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Home,
            KeyCode::End,
        ]),
    ];
    let modifiers = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
        KeyModifiers::SHIFT,
    ]);
    (code, modifiers).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

/// The rows must be those of a layout from scratch, and the cursor between graphemes.
fn assert_sound(buffer: &Buffer) {
    let fresh = Layout::new(buffer.text(), &buffer.chips, buffer.width());
    assert_eq!(buffer.rows(), fresh.rows(), "{:?}", buffer.text());
    let at = buffer.cursor();
    assert_eq!(motion::snapped(buffer.text(), at), at);
    let mut end = 0;
    for row in buffer.rows() {
        let gap = row.start - end;
        assert!(gap == 0 || buffer.text().as_bytes()[end] == b'\n' && gap == 1);
        end = row.end;
    }
    assert_eq!(end, buffer.text().len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn rows_after_any_change_are_those_from_scratch(
        start in text(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), text()), 1..6),
        columns in 1_usize..20,
    ) {
        let mut editor = Editor::default();
        editor.insert(&start);
        editor.view(columns, 5, &ViewStyle::default());
        for (from, to, with) in changes {
            let length = editor.text().len() + 1;
            let (from, to) = (from.index(length), to.index(length));
            editor.buffer.replace(from.min(to)..from.max(to), &with);
            assert_sound(&editor.buffer);
        }
    }

    #[test]
    fn no_key_breaks_the_editor(
        start in text(),
        keys in prop::collection::vec(any_key(), 0..40),
        is_vim: bool,
        columns in 1_usize..30,
        most_rows in 0_usize..4,
    ) {
        let mut editor = Editor::default();
        editor.insert(&start);
        editor.paste("1\n2\n3");
        editor.set_vim(is_vim);
        for key in keys {
            editor.key(key);
            let view = editor.view(columns, most_rows, &ViewStyle::default());
            assert_sound(&editor.buffer);
            prop_assert!(view.cursor.0 < view.rows.len());
            prop_assert!(view.cursor.1 < columns.max(2));
            for row in &view.rows {
                prop_assert!(crate::text::line_width(row) < columns.max(2));
            }
        }
    }

    #[test]
    fn undoing_everything_leads_back(
        start in text(),
        keys in prop::collection::vec(any_key(), 0..30),
    ) {
        let mut editor = Editor::default();
        editor.insert(&start);
        for key in &keys {
            editor.key(*key);
        }
        while editor.buffer.undo() {}
        prop_assert_eq!(editor.text(), "");
        while editor.buffer.redo() {}
        while editor.buffer.undo() {}
        prop_assert_eq!(editor.text(), "");
    }
}
