//! What is left of a text, and what counts as an import.

use super::{Parts, take_apart};

fn body(text: &str) -> String {
    take_apart(text).body
}

fn imports(text: &str) -> Vec<String> {
    take_apart(text).imports
}

#[test]
fn front_matter_is_taken_off_when_it_is_closed() {
    let expected = Parts {
        front: Some("paths: src\n".to_owned()),
        body: "Use tabs.\n".to_owned(),
        imports: Vec::new(),
    };
    assert_eq!(take_apart("---\npaths: src\n---\nUse tabs.\n"), expected);
    assert_eq!(
        take_apart("\u{feff}---\r\npaths: src\r\n...\r\nUse tabs.\n").body,
        "Use tabs.\n"
    );
    assert_eq!(take_apart("---\npaths: src\nUse tabs.\n").front, None);
    assert_eq!(
        body("---\npaths: src\nUse tabs.\n"),
        "---\npaths: src\nUse tabs.\n"
    );
    assert_eq!(body("Text.\n---\nMore.\n"), "Text.\n---\nMore.\n");
}

#[test]
fn a_comment_goes_and_takes_its_line_along_where_nothing_else_stands_on_it() {
    assert_eq!(body("one\n<!-- hidden -->\ntwo\n"), "one\ntwo\n");
    assert_eq!(body("one\n  <!-- hidden\nstill -->  \ntwo\n"), "one\ntwo\n");
    assert_eq!(body("one <!-- hidden --> two\n"), "one  two\n");
    assert_eq!(body("<!-- a --><!-- b -->\nend"), "end");
    assert_eq!(body("<!-- a -->"), "");
}

#[test]
fn a_comment_in_code_and_one_without_an_end_stay() {
    let kept = [
        "```html\n<!-- shown -->\n```\n",
        "~~~\n<!-- shown -->\n~~~\n",
        "- list\n  ```\n  <!-- shown -->\n  ```\n",
        "````\n```\n<!-- shown -->\n````\n",
        "Write `<!-- shown -->` here.\n",
        "Write ``a ` <!-- shown -->`` here.\n",
        "one <!-- no end\ntwo\n",
        "```\n<!-- never closed -->\n",
    ];
    for text in kept {
        assert_eq!(body(text), text);
    }
}

#[test]
fn text_after_code_is_plain_again() {
    assert_eq!(
        body("```\ncode\n```\n<!-- gone -->\nend\n"),
        "```\ncode\n```\nend\n"
    );
    assert_eq!(body("a ` b\n\n<!-- gone -->\n` c\n"), "a ` b\n\n` c\n");
    assert_eq!(body("a \\`<!-- gone -->\\` b\n"), "a \\`\\` b\n");
}

#[test]
fn imports_stand_after_a_blank_or_an_opening_mark() {
    let text = "@first.md and @docs/second.md, (@~/third.md)\n- @/etc/fourth.md\n\"@a\\ b.md\"\n";
    assert_eq!(
        imports(text),
        [
            "first.md",
            "docs/second.md,",
            "~/third.md)",
            "/etc/fourth.md",
            "a b.md\""
        ]
    );
}

#[test]
fn what_stands_in_code_or_comments_or_words_is_no_import() {
    let text = "ada@host.md\n`@code.md` and ``@more ` code.md``\n```\n@fenced.md\n```\n<!-- @hidden.md -->\n\\@escaped.md\n@\n@!x @ y\n";
    assert_eq!(imports(text), Vec::<String>::new());
}

#[test]
fn an_import_in_an_unclosed_code_span_counts() {
    assert_eq!(imports("a ` b @real.md\n"), ["real.md"]);
}

#[test]
fn other_letters_and_line_ends_come_through_unchanged() {
    let text = "Grüße, 世界 \r\n\r\n@über.md\r\n";
    assert_eq!(body(text), text);
    assert_eq!(imports(text), ["über.md"]);
}

proptest::proptest! {
    #[test]
    fn any_text_is_taken_apart_without_a_panic_and_never_grows(
        text in "[-`~<>!@a\\\\ \n]{0,60}",
    ) {
        let parts = take_apart(&text);
        proptest::prop_assert!(parts.body.len() <= text.len());
    }

    #[test]
    fn text_without_marks_comes_through_unchanged(text in "[a-zé世 \r\n.#*]{0,60}") {
        proptest::prop_assert_eq!(take_apart(&text).body, text);
    }
}
