//! Keys, completion and the history, through the client.

use crate::{
    client::{Client, Done, Effect, Layout, Purpose, Setup},
    history::{Entry, History},
    input::Input,
    terminal::Surroundings,
    theme::Palette,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gimlet_protocol::Timestamp;

fn client(keys: &str) -> Client {
    let entry = |project: &str, text: &str| Entry {
        at: 1,
        project: project.into(),
        session: None,
        text: text.into(),
    };
    let entries = vec![
        entry("/here", "fix the test"),
        entry("/there", "elsewhere"),
        entry("/here", "commit it"),
    ];
    let mut client = Client::new(Setup {
        version: "1".to_owned(),
        strategy: Surroundings::default().strategy(),
        palette: Palette::Plain,
        layout: Layout::Inline,
        reduced_motion: true,
        screen_reader: false,
        vim: false,
        prompt: None,
        history: History::new("/here", entries),
        keys: keys.to_owned(),
        notify: false,
        size: (80, 24),
        now: Timestamp(1000),
    });
    client.take_effects();
    client
}

fn press(client: &mut Client, code: KeyCode, modifiers: KeyModifiers) {
    client.input(Input::Key(KeyEvent::new(code, modifiers)));
}

fn typed(client: &mut Client, text: &str) {
    for c in text.chars() {
        press(client, KeyCode::Char(c), KeyModifiers::NONE);
    }
}

fn control(client: &mut Client, c: char) {
    press(client, KeyCode::Char(c), KeyModifiers::CONTROL);
}

fn plain(client: &mut Client, code: KeyCode) {
    press(client, code, KeyModifiers::NONE);
}

fn screen(client: &mut Client) -> String {
    let lines: Vec<String> = client
        .frame()
        .live
        .iter()
        .map(ToString::to_string)
        .collect();
    lines.join("\n")
}

#[test]
fn a_key_of_the_file_does_what_it_says() {
    let file = r#"{"bindings": [
        {"context": "Chat", "bindings": {"ctrl+e": "chat:externalEditor", "ctrl+g": null, "ctrl+q ctrl+q": "app:redraw"}},
        {"context": "Select", "bindings": {"ctrl+j": "select:next"}}
    ]}"#;
    let mut client = client(file);
    typed(&mut client, "hi");
    control(&mut client, 'e');
    let edit = Effect::Edit(Purpose::Prompt, "hi".to_owned());
    assert_eq!(client.take_effects(), [edit]);
    control(&mut client, 'g');
    assert_eq!(client.take_effects(), []);
    control(&mut client, 'q');
    assert!(screen(&mut client).contains("ctrl+q …"));
    control(&mut client, 'q');
    assert_eq!(client.take_effects(), [Effect::Redraw]);
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_line() {
    let mut client = client(
        "{\"bindings\": [\n{\"context\": \"Chat\", \"bindings\": {\"ctrl+1\": \"chat:fly\"}}]}",
    );
    let frame = client.frame();
    let told: Vec<String> = frame.settled.iter().map(ToString::to_string).collect();
    let told = told.join("\n");
    assert!(
        told.contains("keybindings.json, line 2: There is no action `chat:fly`"),
        "{told}"
    );
}

#[test]
fn keys_are_listed_and_edited() {
    let mut client = client("");
    typed(&mut client, "/keys");
    plain(&mut client, KeyCode::Enter);
    let page = screen(&mut client);
    assert!(page.contains("Everywhere (Global)"), "{page}");
    assert!(page.contains("ctrl+r"), "{page}");
    plain(&mut client, KeyCode::Esc);
    typed(&mut client, "/keys edit");
    plain(&mut client, KeyCode::Enter);
    let effects = client.take_effects();
    let Some(Effect::Edit(Purpose::Keys, text)) = effects.last() else {
        panic!("{effects:?}");
    };
    let text = text.replace(
        "\"bindings\": {\n",
        "\"bindings\": {\"ctrl+e\": \"app:redraw\"\n",
    );
    client.done(Done::Edited(Purpose::Keys, text.clone()));
    assert_eq!(client.take_effects(), [Effect::SaveKeys(text)]);
    control(&mut client, 'e');
    assert_eq!(client.take_effects(), [Effect::Redraw]);
}

#[test]
fn the_history_is_searched_here_and_everywhere() {
    let mut client = client("");
    control(&mut client, 'r');
    typed(&mut client, "test");
    let open = screen(&mut client);
    assert!(open.contains("› fix the test"), "{open}");
    plain(&mut client, KeyCode::Tab);
    assert!(screen(&mut client).contains("fix the test"));
    control(&mut client, 'u');
    control(&mut client, 'r');
    typed(&mut client, "else");
    assert!(screen(&mut client).contains("No prompt has these words."));
    control(&mut client, 's');
    assert!(screen(&mut client).contains("› elsewhere"));
    control(&mut client, 'g');
    let closed = screen(&mut client);
    assert!(!closed.contains("elsewhere"), "{closed}");
}

#[test]
fn the_arrows_lead_back_to_what_was_typed() {
    let mut client = client("");
    typed(&mut client, "half");
    plain(&mut client, KeyCode::Up);
    assert!(screen(&mut client).contains("commit it"));
    plain(&mut client, KeyCode::Up);
    assert!(screen(&mut client).contains("fix the test"));
    plain(&mut client, KeyCode::Down);
    plain(&mut client, KeyCode::Down);
    assert!(screen(&mut client).contains("half"));
}

#[test]
fn files_are_completed_folder_by_folder() {
    let mut client = client("");
    typed(&mut client, "see @sr");
    assert_eq!(client.take_effects(), [Effect::ListFiles]);
    let files = ["src/main.rs", "src/lib.rs", "docs/a.md"].map(str::to_owned);
    client.done(Done::Files(files.to_vec()));
    let offered = screen(&mut client);
    assert!(offered.contains("› src/"), "{offered}");
    plain(&mut client, KeyCode::Tab);
    typed(&mut client, "m");
    plain(&mut client, KeyCode::Tab);
    assert!(screen(&mut client).contains("see @src/main.rs"));
}

#[test]
fn many_files_are_compared_while_keys_go_on() {
    let mut client = client("");
    typed(&mut client, "@");
    let mut files: Vec<String> = (0..50_000)
        .map(|number| format!("a/file_{number}.rs"))
        .collect();
    files.push("file.rs".to_owned());
    client.done(Done::Files(files));
    typed(&mut client, "file.rs");
    // Not every file was looked at by the key itself; the client asks to be woken for the rest.
    assert_eq!(client.next_tick(), Some(1));
    let mut ticks = 0;
    while client.next_tick() == Some(1) {
        client.tick(Timestamp(1000));
        ticks += 1;
        assert!(ticks < 100);
    }
    let offered = screen(&mut client);
    assert!(offered.contains("› file.rs"), "{offered}");
}

#[test]
fn a_command_is_completed_and_a_near_one_is_not_run() {
    let mut client = client("");
    typed(&mut client, "/the");
    assert!(screen(&mut client).contains("› /theme"));
    plain(&mut client, KeyCode::Esc);
    plain(&mut client, KeyCode::Enter);
    let told = screen(&mut client);
    assert!(told.contains("/the") && told.contains("/theme"), "{told}");
}

#[test]
fn a_prompt_is_put_aside_and_taken_back() {
    let mut client = client("");
    typed(&mut client, "later");
    control(&mut client, 's');
    let empty = screen(&mut client);
    assert!(!empty.contains("later"), "{empty}");
    typed(&mut client, "x");
    plain(&mut client, KeyCode::Backspace);
    control(&mut client, 's');
    assert!(screen(&mut client).contains("later"));
}
