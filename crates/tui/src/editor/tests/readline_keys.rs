//! Tables of texts before and after the keys of readline, pastes and chips.

use super::*;

#[test]
fn keys_do_what_readline_does() {
    for (before, keys, after) in [
        ("|", "hello", "hello|"),
        ("hello|", "<C-a>x", "x|hello"),
        ("a b|c", "<C-e>!", "a bc!|"),
        ("one two| three", "<M-b>", "one |two three"),
        ("one| two three", "<M-f>", "one two| three"),
        ("one| two", "<C-Right>", "one two|"),
        ("foo.bar|", "<M-b>", "foo.|bar"),
        ("foo.bar baz|", "<C-w>", "foo.bar |"),
        ("foo.bar|", "<C-w>", "|"),
        ("foo.bar|", "<M-BS>", "foo.|"),
        ("one| two three", "<M-d>", "one| three"),
        ("one two|", "<C-u>", "|"),
        ("one\n|two", "<C-u>", "one|two"),
        ("one| two", "<C-k>", "one|"),
        ("one|\ntwo", "<C-k>", "one|two"),
        ("ab|cd", "<BS>", "a|cd"),
        ("ab|cd", "<C-d>", "ab|d"),
        ("ab|cd", "<Del>", "ab|d"),
        ("|ab", "<BS>", "|ab"),
        ("ab|", "<Del>", "ab|"),
        ("one two|", "<C-w><C-y><C-y>", "one twotwo|"),
        ("one two|", "<C-w><C-w><C-y>", "one two|"),
        (
            "one two three|",
            "<C-w><Left><C-w> <C-y><M-y>",
            "one  three| ",
        ),
        ("ab|", "<C-t>", "ba|"),
        ("a|bc", "<C-t>", "ba|c"),
        ("|abc", "<C-t>", "|abc"),
        ("one| two", "<M-t>", "two one|"),
        ("one two|", "<M-t>", "two one|"),
        ("|one two", "<M-u>", "ONE| two"),
        ("|ONE two", "<M-l>", "one| two"),
        ("|ONE two", "<M-c>", "One| two"),
        ("a|b", "<C-j>", "a\n|b"),
        ("a|b", "<S-Enter>", "a\n|b"),
        ("a|b", "<M-Enter>", "a\n|b"),
        ("a\\|", "<Enter>", "a\n|"),
        ("one\ntwo|", "<C-Home>", "|one\ntwo"),
        ("o|ne\ntwo", "<C-End>", "one\ntwo|"),
        ("one\nt|wo", "<Home>", "one\n|two"),
        ("one\nt|wo", "<M-lt>", "|one\ntwo"),
        ("|one\ntwo", "<M-gt>", "one\ntwo|"),
        ("longer\nab\nlonger|", "<Up><Up>", "longer|\nab\nlonger"),
        ("l|onger\nab", "<C-n>", "longer\na|b"),
    ] {
        let mut editor = editor(before);
        typed(&mut editor, keys);
        assert_eq!(drawn(&editor), after, "{before} {keys}");
    }
}

#[test]
fn a_grapheme_is_one_step_for_every_key() {
    for (before, keys, after) in [
        ("👩‍👩‍👧|x", "<Left>", "|👩‍👩‍👧x"),
        ("|👩‍👩‍👧x", "<Right>", "👩‍👩‍👧|x"),
        ("e\u{301}|", "<BS>", "|"),
        ("🇩🇪🇫🇷|", "<BS>", "🇩🇪|"),
        ("|日本", "<C-d>", "|本"),
        ("e|x", "\u{301}", "e\u{301}|x"),
        ("שלום|", "<Left>", "שלו|ם"),
        ("a\u{301}b|", "<C-t>", "ba\u{301}|"),
        ("cafe\u{301} x|", "<M-b><M-b>", "|cafe\u{301} x"),
    ] {
        let mut editor = editor(before);
        typed(&mut editor, keys);
        assert_eq!(drawn(&editor), after, "{before} {keys}");
    }
}

#[test]
fn undo_takes_back_words_and_kills_one_by_one() {
    let mut editor = editor("|");
    typed(&mut editor, "one two three<C-w>");
    let mut seen = vec![drawn(&editor)];
    for _ in 0..5 {
        typed(&mut editor, "<C-_>");
        seen.push(drawn(&editor));
    }
    assert_eq!(
        seen,
        ["one two |", "one two three|", "one two|", "one|", "|", "|"]
    );
    typed(&mut editor, "<M-_><M-_>");
    assert_eq!(drawn(&editor), "one two|");
    typed(&mut editor, "!");
    assert_eq!(typed(&mut editor, "<M-_>"), Outcome::Moved);
    assert_eq!(drawn(&editor), "one two!|");
}

#[test]
fn enter_submits_and_the_edges_lead_into_the_history() {
    let mut editor = editor("one\ntwo|");
    assert_eq!(typed(&mut editor, "<Enter>"), Outcome::Submitted);
    assert_eq!(typed(&mut editor, "<Down>"), Outcome::Later);
    assert_eq!(typed(&mut editor, "<Up>"), Outcome::Moved);
    assert_eq!(typed(&mut editor, "<Up>"), Outcome::Earlier);
    assert_eq!(typed(&mut editor, "<Esc>"), Outcome::Ignored);
    assert_eq!(editor.take().parts(), [Part::Text("one\ntwo".to_owned())]);
    assert!(editor.is_empty());
}

#[test]
fn a_long_paste_is_a_chip_that_can_be_opened_and_is_sent_whole() {
    let mut editor = editor("see | please");
    let pasted = editor.paste("one\r\ntwo\rthree");
    assert!(pasted.is_chip);
    assert_eq!(
        rows(&mut editor, 60),
        "see [pasted 3 lines #1] please  (23)"
    );
    // One key goes over it, and one takes it away.
    typed(&mut editor, "<Left><Right>");
    assert_eq!(
        editor.draft().parts(),
        [Part::Text("see one\ntwo\nthree please".to_owned())]
    );
    typed(&mut editor, "<BS><C-_>");
    assert!(editor.open_chip());
    assert_eq!(drawn(&editor), "see one\ntwo\nthree| please");
    typed(&mut editor, "<C-_>");
    assert_eq!(
        rows(&mut editor, 60),
        "see [pasted 3 lines #1] please  (23)"
    );
}

#[test]
fn a_chip_is_killed_yanked_and_stashed_with_its_text() {
    let mut first = editor("|");
    first.paste(&"x".repeat(801));
    typed(&mut first, " tail<C-a><C-k><C-y><C-y>");
    let draft = first.take();
    assert_eq!(
        draft.shown(),
        "[pasted 801 characters #1] tail[pasted 801 characters #1] tail"
    );
    let mut second = editor("|");
    second.paste("a\nb\nc");
    second.set(&draft);
    assert_eq!(
        second.draft().written_out(),
        format!("{0} tail{0} tail", "x".repeat(801))
    );
}

#[test]
fn images_are_parts_between_texts() {
    let mut editor = editor("look at |");
    editor.insert_image(7, "640×480");
    editor.insert(" and ");
    editor.insert_image(8, "");
    assert_eq!(
        editor.draft().shown(),
        "look at [image #1 640×480] and [image #2]"
    );
    assert_eq!(
        editor.take().parts(),
        [
            Part::Text("look at ".to_owned()),
            Part::Image(7),
            Part::Text(" and ".to_owned()),
            Part::Image(8),
        ]
    );
}

#[test]
fn what_is_hidden_in_a_paste_becomes_a_mark() {
    let mut editor = editor("|");
    let pasted = editor.paste("ls\u{202e}\u{1b}[31m\u{10f001}");
    assert!(pasted.has_marks);
    assert!(!editor.text().contains(['\u{202e}', '\u{1b}', '\u{10f001}']));
    assert_eq!(
        editor.paste("plain"),
        Pasted {
            is_chip: false,
            has_marks: false
        }
    );
    assert_eq!(typed(&mut editor, "\u{7}"), Outcome::Ignored);
}

#[test]
fn dragged_files_are_paths() {
    for (paste, paths) in [
        ("/tmp/a.png", vec!["/tmp/a.png"]),
        ("'/tmp/my file.png' ", vec!["/tmp/my file.png"]),
        ("/tmp/my\\ file.png", vec!["/tmp/my file.png"]),
        ("/a.png /b.png", vec!["/a.png", "/b.png"]),
        ("file:///tmp/my%20file.png", vec!["/tmp/my file.png"]),
        ("file://localhost/tmp/a", vec!["/tmp/a"]),
        ("\"C:\\Users\\me\\a.png\"", vec!["C:\\Users\\me\\a.png"]),
        ("~/a.png", vec!["~/a.png"]),
        ("hello /tmp/a.png", vec![]),
        ("file:///tmp/%zz", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(dropped_paths(paste), paths, "{paste}");
    }
}
