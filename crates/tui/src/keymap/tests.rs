use super::*;
use crossterm::event::{KeyCode, KeyModifiers};

fn key(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
    KeyEvent::new(code, modifiers)
}

fn control(c: char) -> KeyEvent {
    key(KeyCode::Char(c), KeyModifiers::CONTROL)
}

const CHAT: [Context; 2] = [Context::Chat, Context::Global];

#[test]
fn every_default_can_be_read_and_stands_once() {
    let keymap = Keymap::default();
    let chords: usize = Action::ALL
        .iter()
        .map(|action| {
            rows(&keymap)
                .iter()
                .filter(|row| row.action == *action)
                .map(|row| row.keys.len())
                .sum::<usize>()
        })
        .sum();
    // Nothing replaces anything, so none is bound twice in one context.
    assert_eq!(chords, keymap.bindings.len());
    assert_eq!(keymap.bindings().count(), keymap.bindings.len());
    let listed: Vec<String> = rows(&keymap)
        .iter()
        .map(|row| {
            format!(
                "{:<14}{:<30}{:<24}{}",
                row.context.name(),
                row.action.name(),
                row.keys.join(", "),
                row.action.about()
            )
        })
        .collect();
    insta::assert_snapshot!(listed.join("\n"));
}

#[test]
fn names_and_keys_are_the_same_there_and_back() {
    for (written, event) in [
        ("ctrl+x", control('x')),
        ("alt+p", key(KeyCode::Char('p'), KeyModifiers::ALT)),
        ("shift+tab", key(KeyCode::BackTab, KeyModifiers::NONE)),
        ("shift+tab", key(KeyCode::Tab, KeyModifiers::SHIFT)),
        ("shift+g", key(KeyCode::Char('G'), KeyModifiers::NONE)),
        ("shift+g", key(KeyCode::Char('g'), KeyModifiers::SHIFT)),
        (
            "ctrl+shift+c",
            key(
                KeyCode::Char('C'),
                KeyModifiers::CONTROL | KeyModifiers::SHIFT,
            ),
        ),
        ("?", key(KeyCode::Char('?'), KeyModifiers::SHIFT)),
        ("space", key(KeyCode::Char(' '), KeyModifiers::NONE)),
        ("ctrl++", control('+')),
        ("f5", key(KeyCode::F(5), KeyModifiers::NONE)),
        ("cmd+k", key(KeyCode::Char('k'), KeyModifiers::SUPER)),
    ] {
        let event = Key::of(event).unwrap();
        assert_eq!(chord_name(&[event]), written);
        assert_eq!(parse_chord(written), Ok(vec![event]), "{written}");
        assert_eq!(Key::of(event.event()), Some(event), "{written}");
    }
    assert_eq!(parse_chord("G"), parse_chord("shift+g"));
    assert_eq!(
        parse_chord("Control+Option+Return"),
        parse_chord("ctrl+alt+enter")
    );
    assert_eq!(
        parse_chord("hyper+x"),
        Err("has the unknown modifier `hyper`".to_owned())
    );
    assert_eq!(
        parse_chord("ctrl+foo"),
        Err("has the unknown key `foo`".to_owned())
    );
    assert_eq!(parse_chord(" "), Err("has no key".to_owned()));
}

#[test]
fn a_chord_is_awaited_completed_and_dropped() {
    let keymap = Keymap::default();
    let mut chords = Chords::default();
    let mut typed = |key, now| chords.key(&keymap, &CHAT, key, now);
    assert_eq!(typed(control('x'), 0), Resolved::Pending);
    assert_eq!(typed(control('s'), 100), Resolved::Action(Action::SendNow));
    // One of the outer context.
    assert_eq!(
        typed(control('t'), 200),
        Resolved::Action(Action::ToggleTodos)
    );
    assert_eq!(typed(control('x'), 300), Resolved::Pending);
    assert_eq!(typed(control('q'), 400), Resolved::Dropped);
    assert_eq!(typed(control('x'), 500), Resolved::Pending);
    // Too late: it is a key of its own.
    assert_eq!(
        typed(control('g'), 500 + CHORD_MS + 1),
        Resolved::Action(Action::ExternalEditor)
    );
    assert_eq!(
        typed(key(KeyCode::Char('a'), KeyModifiers::NONE), 9000),
        Resolved::Unbound
    );
}

#[test]
fn a_file_goes_over_the_defaults() {
    let (keymap, notices) = Keymap::with_file(
        r#"{
  // comments are read over
  "$schema": "x",
  "bindings": [
    {"context": "Chat", "bindings": {
      "ctrl+e": "chat:externalEditor",
      "ctrl+g": null,
      "ctrl+x ctrl+s": null,
      "ctrl+x ctrl+e": null,
      "ctrl+x": "chat:stash"
    }}
  ]
}"#,
    );
    assert_eq!(notices, []);
    let mut chords = Chords::default();
    for (typed, expected) in [
        (control('e'), Resolved::Action(Action::ExternalEditor)),
        (control('g'), Resolved::Dropped),
        // All chords on it are gone, so the key is free.
        (control('x'), Resolved::Action(Action::Stash)),
    ] {
        assert_eq!(chords.key(&keymap, &CHAT, typed, 0), expected, "{typed:?}");
    }
    assert_eq!(
        keymap.chord_of(Action::ExternalEditor).as_deref(),
        Some("ctrl+e")
    );
    assert_eq!(keymap.chord_of(Action::HistoryNext), None);
    let changed: Vec<Action> = rows(&keymap)
        .into_iter()
        .filter(|row| row.is_changed)
        .map(|row| row.action)
        .collect();
    assert_eq!(
        changed,
        [Action::SendNow, Action::ExternalEditor, Action::Stash]
    );
}

#[test]
fn what_is_wrong_in_a_file_is_said_with_its_line() {
    let (keymap, notices) = Keymap::with_file(
        r#"{
  "colour": 1,
  "bindings": [
    7,
    {"bindings": {}},
    {"context": "Kitchen", "bindings": {}},
    {"context": "Chat"},
    {"context": "Chat", "bindings": {
      "ctrl+c": "chat:submit",
      "ctrl+foo": "chat:submit",
      "ctrl+1": "chat:fly",
      "ctrl+2": 3,
      "ctrl+3": "chat:stash"
    }}
  ]
}"#,
    );
    let said: Vec<String> = notices
        .iter()
        .map(|notice| format!("{}: {}", notice.line, notice.text))
        .collect();
    insta::assert_snapshot!(said.join("\n"));
    assert_eq!(keymap.chord_of(Action::Stash).as_deref(), Some("ctrl+3"));
}

#[test]
fn a_file_that_is_no_json_leaves_the_defaults() {
    for text in ["{\"bindings\": [\n", "[]", "nonsense"] {
        let (keymap, notices) = Keymap::with_file(text);
        assert_eq!(keymap, Keymap::default());
        assert_eq!(notices.len(), 1, "{text}");
    }
    assert_eq!(Keymap::with_file(" \n"), (Keymap::default(), Vec::new()));
}
