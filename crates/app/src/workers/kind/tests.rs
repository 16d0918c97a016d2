use super::{Kind, narrower};
use gimlet_protocol::Mode;

#[test]
fn a_kind_has_the_tools_of_its_definition_and_never_those_of_the_person() {
    let text = "---\nname: a\ndescription: b\ntools: Read, Task(x), Config\n---\nWork.\n";
    let kind = Kind::parse(text).unwrap().unwrap();
    assert!(kind.has("Read") && kind.has("Agent"));
    assert!(!kind.has("Write") && !kind.has("Config"));
    let text = "---\nname: a\ndescription: b\ndisallowedTools: [Bash]\n---\nWork.\n";
    let kind = Kind::parse(text).unwrap().unwrap();
    assert!(kind.has("Write") && !kind.has("Bash") && !kind.has("AskUserQuestion"));
}

#[test]
fn a_malformed_definition_says_what_is_wrong() {
    let told = |front: &str| Kind::parse(&format!("---\n{front}---\nWork.\n")).unwrap_err();
    assert_eq!(told("name: a\n"), "it has no `description`");
    assert_eq!(told("description: b\n"), "it has no `name`");
    let whole = "name: a\ndescription: b\n";
    assert_eq!(
        told(&format!("{whole}permissionMode: yolo\n")),
        "there is no mode `yolo`"
    );
    assert_eq!(
        told(&format!("{whole}background: maybe\n")),
        "`background` is `maybe` and not true or false"
    );
    assert_eq!(
        told(&format!("{whole}maxTurns: 0\n")),
        "`maxTurns` is no whole number above 0"
    );
}

#[test]
fn no_kind_widens_the_mode_of_the_session() {
    for (session, _) in Mode::ALL {
        assert_eq!(narrower(session, None), session);
        assert_ne!(
            (session != Mode::BypassPermissions)
                .then(|| narrower(session, Some(Mode::BypassPermissions))),
            Some(Mode::BypassPermissions)
        );
    }
    assert_eq!(narrower(Mode::AcceptEdits, Some(Mode::Plan)), Mode::Plan);
    assert_eq!(narrower(Mode::DontAsk, Some(Mode::Plan)), Mode::DontAsk);
    assert_eq!(
        narrower(Mode::BypassPermissions, Some(Mode::Default)),
        Mode::Default
    );
}
