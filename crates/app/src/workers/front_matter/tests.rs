use super::{Value, parted};
use std::collections::BTreeMap;

fn values(front: &str) -> BTreeMap<String, Value> {
    let whole = format!("---\n{front}---\nbody\n");
    let (values, body) = parted(&whole).unwrap().unwrap();
    assert_eq!(body, "body");
    values
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn texts_lists_and_blocks_are_read_and_the_rest_is_passed_over() {
    let read = values(
        "name: one # a comment\nquoted: \"a: \\\"b\\\"\"\nsingle: 'it''s'\ntools: Read, Agent(a, b)\n\
         list: [Read, \"Grep\"]\nitems:\n  - Read\n  - 'Grep'\nhooks:\n  Stop:\n    - command: rm\n\
         block: |\n  two\n  lines\nfolded: >-\n  one\n  line\n",
    );
    let list = Value::List(vec!["Read".to_owned(), "Grep".to_owned()]);
    let expected: BTreeMap<String, Value> = [
        ("name", text("one")),
        ("quoted", text("a: \"b\"")),
        ("single", text("it's")),
        ("tools", text("Read, Agent(a, b)")),
        ("list", list.clone()),
        ("items", list),
        ("hooks", Value::Nested),
        ("block", text("two\nlines")),
        ("folded", text("one line")),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    assert_eq!(read, expected);
    assert_eq!(
        text("Read, Agent(a, b)").items(),
        ["Read".to_owned(), "Agent(a, b)".to_owned()]
    );
}

#[test]
fn what_makes_no_sense_is_told() {
    assert_eq!(parted("No front matter."), None);
    let told = |text: &str| parted(text).unwrap().unwrap_err();
    assert_eq!(
        told("---\nname: x\n"),
        "its front matter has no closing `---`"
    );
    assert_eq!(told("---\nname\n---\n"), "line 2 is no `key: value`");
    assert_eq!(told("---\nname: \"x\n---\n"), "`\"x` has no closing quote");
    assert_eq!(told("---\ntools: [a\n---\n"), "the list `[a` is not closed");
}
