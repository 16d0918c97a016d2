use super::{format::Whole, places::Places, replay::compare};
use serde_json::{Value, json};
use std::path::Path;

fn places() -> Places {
    let mut places = Places::default();
    places.path(Path::new("/home/someone"), "{{HOME}}");
    places.path(Path::new("/home/someone/work"), "{{CWD}}");
    places
}

#[test]
fn folders_dates_and_keys_are_taken_out_and_folders_come_back_as_they_are_here() {
    let key = format!("ghp_{}", "Ab1".repeat(12));
    let mut value = json!({
        "a": "/home/someone/work/x.rs, made 2026-11-26, in /home/someone/.cache",
        "b": [format!("the key is {key}"), 7, "12026-11-26 is no date"],
    });
    places().named(&mut value);
    let text = value.to_string();
    assert!(!text.contains(&key), "{text}");
    assert_eq!(
        value["a"],
        "{{CWD}}/x.rs, made {{DATE}}, in {{HOME}}/.cache"
    );
    assert_eq!(value["b"][2], "12026-11-26 is no date");
    let mut elsewhere = Places::default();
    elsewhere.path(Path::new("/tmp/copy"), "{{CWD}}");
    elsewhere.resolved(&mut value);
    assert_eq!(
        value["a"],
        "/tmp/copy/x.rs, made {{DATE}}, in {{HOME}}/.cache"
    );
}

fn whole(messages: &[Value]) -> Whole {
    Whole {
        system: vec![json!("Be brief.")],
        tools: vec![json!({"name": "Read"})],
        options: json!({"thinking": "off"}),
        messages: messages.to_vec(),
    }
}

#[test]
fn a_request_is_the_one_before_and_what_was_added() {
    let first = whole(&[json!("one"), json!("two")]);
    let second = whole(&[json!("one"), json!("other"), json!("three")]);
    let sent = first.up_to(&second);
    assert_eq!((sent.kept, sent.messages.len()), (1, 2));
    assert!(sent.system.is_none() && sent.tools.is_none() && sent.options.is_none());
    assert_eq!(first.followed_by(&sent), second);
}

#[test]
fn every_difference_is_told_with_its_place_and_what_stands_there() {
    let tape = whole(&[
        json!({"text": "took 12 ms"}),
        json!({"text": "three passed"}),
    ]);
    let mut now = whole(&[
        json!({"text": "took 9 ms"}),
        json!({"text": "two passed"}),
        json!({"text": "and one more"}),
    ]);
    now.tools = Vec::new();
    let told: Vec<(String, String, String, bool)> = compare(&tape, &now)
        .into_iter()
        .map(|found| (found.place, found.tape, found.now, found.numbers_only))
        .collect();
    let line = |place: &str, tape: &str, now: &str, numbers_only| {
        (
            place.to_owned(),
            tape.to_owned(),
            now.to_owned(),
            numbers_only,
        )
    };
    assert_eq!(
        told,
        [
            line("tools/0", r#"{"name":"Read"}"#, "nothing", false),
            line("messages/0/text", "took 12 ms", "took 9 ms", true),
            line("messages/1/text", "three passed", "two passed", false),
            line("messages/2", "nothing", r#"{"text":"and one more"}"#, false),
        ]
    );
}
