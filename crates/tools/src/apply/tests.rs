#![expect(
    clippy::string_slice,
    reason = "every index here is a character boundary"
)]

use super::*;
use proptest::prelude::*;

fn change(old: &str, new: &str, places: Places) -> Change {
    Change {
        old: old.to_owned(),
        new: new.to_owned(),
        places,
    }
}

/// Applies a change to a text; gives the new text with the note, or the refusal.
fn try_one(text: &str, old: &str, new: &str) -> Result<(String, Option<String>), String> {
    let applied = apply(text.as_bytes(), &change(old, new, Places::One));
    applied
        .map(|done| (String::from_utf8(done.bytes).unwrap(), done.note))
        .map_err(|why| why.to_string())
}

/// The edit succeeds without a note.
fn exact(text: &str, old: &str, new: &str, result: &str) {
    assert_eq!(
        try_one(text, old, new),
        Ok((result.to_owned(), None)),
        "{text:?} {old:?}"
    );
}

/// The edit succeeds, and the note says this.
fn tolerant(text: &str, old: &str, new: &str, result: &str, note: &str) {
    assert_eq!(
        try_one(text, old, new),
        Ok((result.to_owned(), Some(note.to_owned()))),
        "{text:?} {old:?}"
    );
}

/// The edit is refused with this reason.
fn refused(text: &str, old: &str, new: &str, why: &str) {
    assert_eq!(
        try_one(text, old, new),
        Err(why.to_owned()),
        "{text:?} {old:?}"
    );
}

#[test]
fn an_exact_unique_match_is_replaced() {
    exact("a\nb\nc\n", "b", "x", "a\nx\nc\n");
    exact("a\nb\nc\n", "b\n", "", "a\nc\n");
    exact("a\nb\nc", "c", "c\nd", "a\nb\nc\nd");
    exact("let x = 1;", "x = 1", "y = 2", "let y = 2;");
    exact("größe → 1", "→", "=", "größe = 1");
    exact("\u{feff}a\nb\n", "a\n", "x\n", "\u{feff}x\nb\n");
}

#[test]
fn line_ends_stay_those_of_the_file() {
    exact("a\r\nb\r\nc\r\n", "b", "x\ny", "a\r\nx\r\ny\r\nc\r\n");
    exact("a\nb\r\nc\n", "b", "x\ny", "a\nx\r\ny\r\nc\n");
    exact("a\r\nb\nc\r\n", "b", "x\ny", "a\r\nx\ny\nc\r\n");
    exact("a\r\nb", "b", "x\ny", "a\r\nx\r\ny");
    let note = "the file's own line ends were kept";
    tolerant(
        "a\r\nb\r\nc\r\n",
        "a\nb\n",
        "a\nx\ny\n",
        "a\r\nx\r\ny\r\nc\r\n",
        note,
    );
    tolerant("a\nb\nc\n", "a\r\nb", "a\r\nx", "a\nx\nc\n", note);
    tolerant(
        "a\nb\r\nc\nd\r\n",
        "a\nb\nc",
        "a\nB\nc",
        "a\nB\r\nc\nd\r\n",
        note,
    );
    tolerant("a\r\nb\r\nc", "b\nc", "b\nx", "a\r\nb\r\nx", note);
    tolerant(
        "\u{feff}a\r\nb\r\n",
        "a\nb",
        "a\nx",
        "\u{feff}a\r\nx\r\n",
        note,
    );
    tolerant("xa\r\nbz\r\n", "a\nb", "1\n2", "x1\r\n2z\r\n", note);
    tolerant("a\r\nb\r\nc\r\n", "a\nb\n", "", "c\r\n", note);
}

#[test]
fn a_quoted_line_end_stands_for_either_kind() {
    let note = "the file's own line ends were kept";
    tolerant("a\r\n }", "\n }", "}", "a}", note);
    let both = "old_string fits 2 places, on lines 1, 3; quote more of the lines around the one \
                that is meant, or set replace_all";
    refused("a\nb\na\r\nb\n", "a\nb", "c", both);
    exact("x\r\na\nb\n", "a\nb", "c\nd", "x\r\nc\nd\n");
}

#[test]
fn trailing_whitespace_is_forgiven_and_kept_on_lines_that_stay() {
    tolerant(
        "if x {  \n    go();\n}\n",
        "if x {\n    go();\n}",
        "if x {\n    stop();\n}",
        "if x {  \n    stop();\n}\n",
        "matched after ignoring trailing whitespace on 1 line",
    );
    tolerant(
        "a\t\nb \nc\n",
        "a\nb\nc\n",
        "a\nb\nd\n",
        "a\t\nb \nd\n",
        "matched after ignoring trailing whitespace on 2 lines",
    );
    tolerant(
        "a \nb",
        "a\nb\n",
        "a\nc\n",
        "a \nc",
        "matched after ignoring trailing whitespace on 1 line",
    );
}

#[test]
fn a_consistent_shift_of_indentation_is_forgiven_and_applied_to_new_lines() {
    tolerant(
        "fn f() {\n        if x {\n            go();\n        }\n}\n",
        "if x {\n    go();\n}",
        "if x {\n    go();\n    stop();\n}",
        "fn f() {\n        if x {\n            go();\n            stop();\n        }\n}\n",
        "matched after ignoring the indentation of 3 lines; 8 spaces more were put before new lines",
    );
    tolerant(
        "\tif x {\n\t\tgo();\n\t}\n",
        "    if x {\n        go();\n    }\n",
        "    if x {\n        stop();\n    }\n",
        "\tif x {\n\t\tstop();\n\t}\n",
        "matched after ignoring the indentation of 3 lines; 4 spaces became 1 tab in new lines",
    );
    tolerant(
        "  a:\n    b: 1\n    c: 2\n",
        "    a:\n      b: 1",
        "    a:\n      b: 3",
        "  a:\n    b: 3\n    c: 2\n",
        "matched after ignoring the indentation of 2 lines; 2 spaces were taken from new lines",
    );
}

#[test]
fn an_inconsistent_indentation_is_not_guessed() {
    let text = "if x:\n    a\n      b\n";
    let refusal = try_one(text, "if x:\n  a\n  b", "if x:\n  a\n  c").unwrap_err();
    assert!(refusal.starts_with("old_string was not found"), "{refusal}");
}

#[test]
fn a_block_is_anchored_by_its_ends_where_the_edit_leaves_the_difference_alone() {
    let text = "start {\n  one\n  two (2)\n  three\n}\nrest\n";
    tolerant(
        text,
        "start {\n  one\n  two\n  three\n}",
        "start {\n  one\n  two\n  four\n}",
        "start {\n  one\n  two (2)\n  four\n}\nrest\n",
        "matched by its first and last lines; 1 line between differ from old_string and were \
         kept as they stand in the file",
    );
    let touching = try_one(
        text,
        "start {\n  one\n  two\n  three\n}",
        "start {\n  one\n  TWO\n  three\n}",
    );
    assert!(
        touching
            .unwrap_err()
            .starts_with("old_string was not found")
    );
}

#[test]
fn what_is_ambiguous_is_refused_with_line_numbers() {
    refused(
        "a\nb\na\nc\na\n",
        "a",
        "x",
        "old_string fits 3 places, on lines 1, 3, 5; quote more of the lines around the one that \
         is meant, or set replace_all",
    );
    refused(
        "aaa",
        "aa",
        "b",
        "old_string fits 2 places, on lines 1, 1; quote more of the lines around the one that is \
         meant, or set replace_all",
    );
    refused(
        "x \ny\nx\t\ny\n",
        "x\ny",
        "z",
        "old_string fits 2 places, on lines 1, 3; quote more of the lines around the one that is \
         meant, or set replace_all",
    );
}

#[test]
fn every_place_is_replaced_where_all_are_meant() {
    let all = |text: &str, old: &str, new: &str| {
        let applied = apply(text.as_bytes(), &change(old, new, Places::All)).unwrap();
        (
            String::from_utf8(applied.bytes).unwrap(),
            applied.spots.len(),
        )
    };
    assert_eq!(all("a b a b a", "a", "xx"), ("xx b xx b xx".to_owned(), 3));
    assert_eq!(all("aaaa", "aa", "b"), ("bb".to_owned(), 2));
    assert_eq!(
        all("a\r\nb\r\na\r\nb\r\n", "a\nb", "c\nd"),
        ("c\r\nd\r\nc\r\nd\r\n".to_owned(), 2)
    );
    assert_eq!(
        all("x \ny\nx \ny\n", "x\ny\n", "z\n"),
        ("z\nz\n".to_owned(), 2)
    );
}

#[test]
fn what_would_change_nothing_is_refused() {
    refused(
        "a",
        "a",
        "a",
        "old_string and new_string are the same: nothing would change",
    );
    refused(
        "a",
        "",
        "b",
        "old_string is empty; it must quote the text to be replaced",
    );
    let same = "old_string and new_string are the same: nothing would change";
    refused("a  \nb\n", "a\nb\n", "a  \nb\n", same);
}

#[test]
fn confusions_are_told() {
    refused(
        "say \u{201c}hi\u{201d}\n",
        "say \"hi\"",
        "x",
        "old_string was not found, but line 1 has it with typographic quotes, dashes or spaces; \
         quote it exactly:\nsay \u{201c}hi\u{201d}",
    );
    refused(
        "one\ntwo\n\"x\"\n",
        "two\\n\\\"x\\\"",
        "y",
        "old_string was not found, but would fit at line 2 if its escapes (such as \\n or \\\") \
         were the characters they mean; write these characters themselves",
    );
    refused(
        "a = \"x\\ny\"\n",
        "x\ny",
        "z",
        "old_string was not found, but would fit at line 1 with backslash escapes (such as \\n or \
         \\\") as the file has them; keep the backslashes",
    );
    refused(
        "one\ntwo\n",
        "     1\tone\n     2\ttwo",
        "y",
        "old_string was not found: it begins with the line numbers that Read shows; leave them out",
    );
    refused(
        "fn a() {}\nfn second(number: u32) {}\n",
        "fn second(number: u64) {}",
        "y",
        "old_string was not found; the most similar text is at line 2:\nfn second(number: u32) {}",
    );
    refused(
        "a\nb\n",
        "zebra crossing",
        "y",
        "old_string was not found, and nothing in the file looks like it",
    );
}

#[test]
fn bytes_that_are_no_text_are_edited_only_byte_for_byte() {
    let latin = b"gr\xfc\xdfe\nx = 1\n";
    let applied = apply(latin, &change("x = 1", "x = 2", Places::One)).unwrap();
    assert_eq!(applied.bytes, b"gr\xfc\xdfe\nx = 2\n");
    assert_eq!(
        applied.note.as_deref(),
        Some("the file is not UTF-8; the bytes of old_string were replaced exactly")
    );
    assert_eq!(
        apply(latin, &change("x =  1", "y", Places::One)),
        Err(Unapplied::NotText)
    );
    let twice = apply(b"\xff a a", &change("a", "b", Places::One));
    assert_eq!(
        twice,
        Err(Unapplied::Ambiguous {
            count: 2,
            lines: "1, 1".to_owned()
        })
    );
}

#[test]
fn spots_tell_the_lines_before_and_after() {
    let applied = apply(b"a\nb\nc\nd\nb\n", &change("b\n", "x\ny\nz\n", Places::All)).unwrap();
    assert_eq!(
        applied.spots,
        [
            Spot {
                first: 2,
                old_lines: 1,
                new_lines: 3
            },
            Spot {
                first: 5,
                old_lines: 1,
                new_lines: 3
            }
        ]
    );
}

/// Lines of few different words, so that repetition and near misses are common.
fn text() -> impl Strategy<Value = String> {
    let line = prop::string::string_regex("[ \t]{0,3}[abü{}]{0,4}[ ]{0,1}").unwrap();
    (prop::collection::vec(line, 1..12), any::<bool>()).prop_map(|(lines, closed)| {
        let mut text = lines.join("\n");
        if closed {
            text.push('\n');
        }
        text
    })
}

fn boundaries(text: &str) -> Vec<usize> {
    (0..=text.len())
        .filter(|at| text.is_char_boundary(*at))
        .collect()
}

/// A text, a part of it, and what shall stand there.
fn edit() -> impl Strategy<Value = (String, String, String)> {
    (
        text(),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        text(),
    )
        .prop_filter_map(
            "the part is empty or the same as the new text",
            |(text, one, other, new)| {
                let at = boundaries(&text);
                let (one, other) = (*one.get(&at), *other.get(&at));
                let old = text[one.min(other)..one.max(other)].to_owned();
                (!old.is_empty() && old != new).then_some((text, old, new))
            },
        )
}

fn is_unique(text: &str, part: &str) -> bool {
    let starts = boundaries(text)
        .into_iter()
        .filter(|at| text[*at..].starts_with(part));
    starts.count() == 1
}

proptest! {
    #[test]
    fn a_unique_edit_equals_naive_replacement((text, old, new) in edit()) {
        let applied = apply(text.as_bytes(), &change(&old, &new, Places::One));
        if is_unique(&text, &old) {
            let applied = applied.unwrap();
            prop_assert_eq!(String::from_utf8(applied.bytes).unwrap(), text.replacen(&old, &new, 1));
            prop_assert_eq!(applied.note, None);
        } else {
            let ambiguous = matches!(applied, Err(Unapplied::Ambiguous { .. }));
            prop_assert!(ambiguous);
        }
    }

    #[test]
    fn an_edit_of_all_equals_naive_replacement((text, old, new) in edit()) {
        let applied = apply(text.as_bytes(), &change(&old, &new, Places::All)).unwrap();
        prop_assert_eq!(String::from_utf8(applied.bytes).unwrap(), text.replace(&old, &new));
    }

    #[test]
    fn crlf_and_bom_are_kept((text, old, new) in edit()) {
        prop_assume!(is_unique(&text, &old));
        // A text that itself breaks a line end in two is another text.
        let crlf = |text: &str| text.replace('\n', "\r\n");
        let file = format!("\u{feff}{}", crlf(&text));
        let applied = apply(file.as_bytes(), &change(&old, &new, Places::One)).unwrap();
        let meant = format!("\u{feff}{}", crlf(&text.replacen(&old, &new, 1)));
        // A text without any line end has none to keep.
        let meant = if text.contains('\n') { meant } else {
            format!("\u{feff}{}", text.replacen(&old, &new, 1))
        };
        prop_assert_eq!(String::from_utf8(applied.bytes).unwrap(), meant);
    }

    #[test]
    fn lines_outside_a_tolerant_match_never_change(
        (text, old, new) in edit(),
        indent in "[ \t]{0,4}",
    ) {
        // The quoted text is bent out of shape; whatever happens must be one splice.
        let old: Vec<String> = old.split('\n').map(|line| format!("{indent}{}", line.trim_end())).collect();
        let old = old.join("\n");
        prop_assume!(!old.is_empty());
        if let Ok(applied) = apply(text.as_bytes(), &change(&old, &new, Places::One)) {
            let after = String::from_utf8(applied.bytes).unwrap();
            let [spot] = applied.spots.as_slice() else { panic!("one place was meant") };
            let before: Vec<&str> = text.split('\n').collect();
            let after: Vec<&str> = after.split('\n').collect();
            let first = usize::try_from(spot.first).unwrap() - 1;
            prop_assert_eq!(&before[..first], &after[..first]);
            let rest = before.len() - first - usize::try_from(spot.old_lines).unwrap();
            let rest = rest.min(after.len() - first);
            // The line next to the place may have been joined to it.
            let rest = rest.saturating_sub(1);
            prop_assert_eq!(&before[before.len() - rest..], &after[after.len() - rest..]);
        }
    }
}
