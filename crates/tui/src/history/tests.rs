use super::*;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn entry(project: &str, text: &str) -> Entry {
    Entry {
        at: 1,
        project: project.into(),
        session: None,
        text: text.into(),
    }
}

fn history() -> History {
    History::new(
        "/a",
        vec![
            entry("/a", "fix the test"),
            entry("/b", "elsewhere"),
            entry("/a", "Run the Tests"),
            entry("/a", "fix the test"),
            entry("/a", "fix the test"),
            entry("/a", "commit"),
        ],
    )
}

fn shown(draft: Option<Draft>) -> Option<String> {
    draft.map(|draft| draft.shown())
}

#[test]
fn the_arrows_go_through_the_project_and_back_to_what_was_typed() {
    let mut history = history();
    let typed = Draft::of("half a prom");
    let mut seen = Vec::new();
    while let Some(draft) = history.earlier(&typed) {
        seen.push(draft.shown());
    }
    assert_eq!(
        seen,
        ["commit", "fix the test", "Run the Tests", "fix the test"]
    );
    assert_eq!(shown(history.later()).as_deref(), Some("Run the Tests"));
    history.later();
    assert_eq!(shown(history.later()).as_deref(), Some("commit"));
    assert_eq!(history.later(), Some(typed));
    assert_eq!(history.later(), None);
}

#[test]
fn what_is_sent_is_added_once() {
    let mut history = history();
    assert_eq!(history.add("commit\n", 5, None), None);
    assert_eq!(history.add("  ", 5, None), None);
    let added = history.add("new", 5, Some("s")).unwrap();
    assert_eq!(
        added.line(),
        r#"{"at":5,"project":"/a","session":"s","text":"new"}"#
    );
    assert_eq!(
        shown(history.earlier(&Draft::default())).as_deref(),
        Some("new")
    );
    let long = history.add(&"é".repeat(MOST_TEXT_BYTES), 6, None).unwrap();
    assert_eq!(long.text.len(), MOST_TEXT_BYTES);
}

#[test]
fn a_file_is_read_line_by_line_and_its_faults_are_counted() {
    let entries = history().entries().to_vec();
    let lines: Vec<String> = entries.iter().map(Entry::line).collect();
    let text = format!("{}\n\nnonsense\n{{\"at\":1}}\n", lines.join("\n"));
    assert_eq!(Entry::read(&text), (entries, 2));
}

fn typed(search: &mut Search, history: &History, text: &str) {
    for c in text.chars() {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        assert_eq!(search.key(history, key), SearchOutcome::Open);
    }
}

fn control(c: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
}

#[test]
fn letters_narrow_the_search_and_scopes_widen_it() {
    let history = history();
    let mut search = Search::new(&history, "");
    assert_eq!(search.found().count(), 3);
    typed(&mut search, &history, "test the");
    assert_eq!(
        search.found().collect::<Vec<_>>(),
        ["fix the test", "Run the Tests"]
    );
    search.key(&history, control('r'));
    search.key(&history, control('r'));
    assert_eq!(search.chosen(), Some("Run the Tests"));
    search.key(&history, control('u'));
    typed(&mut search, &history, "Tests");
    assert_eq!(search.found().collect::<Vec<_>>(), ["Run the Tests"]);
    search.key(&history, control('u'));
    typed(&mut search, &history, "else");
    assert_eq!(search.chosen(), None);
    search.key(&history, control('s'));
    assert_eq!(
        (search.chosen(), search.scope()),
        (Some("elsewhere"), Scope::Everywhere)
    );
}

#[test]
fn a_search_is_accepted_executed_or_cancelled() {
    let history = history();
    for (code, expected) in [
        (KeyCode::Enter, SearchOutcome::Executed("commit".to_owned())),
        (KeyCode::Esc, SearchOutcome::Accepted("commit".to_owned())),
        (KeyCode::Tab, SearchOutcome::Accepted("commit".to_owned())),
    ] {
        let mut search = Search::new(&history, "comm");
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        assert_eq!(search.key(&history, key), expected);
    }
    let mut search = Search::new(&history, "zzz");
    assert_eq!(search.key(&history, control('c')), SearchOutcome::Cancelled);
    let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
    assert_eq!(search.key(&history, enter), SearchOutcome::Cancelled);
}
