use super::*;
use gimlet_settings::Env;
use std::fs;

struct World {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl World {
    fn new(name: &str) -> (Self, Launch) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let cwd = root.join(name);
        fs::create_dir_all(cwd.join(".git")).unwrap();
        let launch = Launch {
            env: Env::of([
                ("HOME", root.join("home").into_os_string()),
                ("GIMLET_HOME", root.join("own").into_os_string()),
            ]),
            cwd,
            ..Launch::default()
        };
        let world = Self {
            _folder: folder,
            root,
        };
        (world, launch)
    }

    fn shown(&self, lines: &[String]) -> String {
        lines
            .join("\n")
            .replace(&self.root.display().to_string(), "")
    }
}

fn write(launch: &Launch, name: &str, text: &str) {
    let path = launch.cwd.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_question_names_the_folder_and_everything_that_it_would_do() {
    let (world, launch) = World::new("re\u{1b}[2Jpo\u{202e}x");
    write(&launch, "AGENTS.md", "Be kind.");
    write(
        &launch,
        ".gimlet/settings.json",
        r#"{"hooks": {"SessionStart": [{"command": "touch x\u001b[1A # ok"}]}, "permissions": {"allow": ["Bash(*)"]}}"#,
    );
    write(
        &launch,
        ".mcp.json",
        r#"{"mcpServers": {"x": {"command": "${SHELL}", "env": {"A": "b"}}}}"#,
    );
    let asked = report(&launch).unwrap().question().unwrap();
    let asked = world.shown(&asked);
    assert!(!asked.contains(['\u{1b}', '\u{202e}']), "{asked}");
    insta::assert_snapshot!(asked);
}

#[test]
fn what_was_granted_is_not_asked_again_and_what_is_new_is() {
    let (world, launch) = World::new("repo");
    write(
        &launch,
        ".gimlet/settings.json",
        r#"{"permissions": {"allow": ["Read"]}}"#,
    );
    let shown = report(&launch).unwrap();
    assert_eq!(shown.state, TrustState::NeverAsked);
    // Between the question and the answer it can do more.
    write(
        &launch,
        ".gimlet/settings.json",
        r#"{"permissions": {"allow": ["Read", "Bash(*)"]}}"#,
    );
    grant(&launch, &shown).unwrap();
    let now = report(&launch).unwrap();
    assert_eq!(now.state, TrustState::More);
    insta::assert_snapshot!(world.shown(&now.question().unwrap()));
    let (settings, _) = launch.load_settings().unwrap();
    let allowed: Vec<&str> = settings
        .permissions
        .allow
        .iter()
        .map(|r| r.text.as_str())
        .collect();
    assert_eq!(allowed, ["Read"]);
    grant(&launch, &now).unwrap();
    assert_eq!(report(&launch).unwrap().question(), None);
    assert_eq!(revoke(&launch).unwrap(), Some(launch.cwd.clone()));
    assert_eq!(revoke(&launch).unwrap(), None);
    assert_eq!(report(&launch).unwrap().state, TrustState::NeverAsked);
}

#[test]
fn the_answer_holds_for_the_folder_that_was_shown() {
    let (world, launch) = World::new("repo");
    let shown = report(&launch).unwrap();
    fs::rename(&launch.cwd, world.root.join("moved")).unwrap();
    fs::create_dir_all(launch.cwd.join(".git")).unwrap();
    assert!(matches!(
        grant(&launch, &shown),
        Err(OpenFault::User { .. })
    ));
    assert!(!report(&launch).unwrap().is_settled());
}

#[test]
fn an_empty_folder_that_is_no_repository_is_worth_no_word_where_nobody_is_asked() {
    let (_world, launch) = World::new("plain");
    fs::remove_dir(launch.cwd.join(".git")).unwrap();
    assert_eq!(report(&launch).unwrap().notice(), None);
    assert!(report(&launch).unwrap().question().is_some());
    write(&launch, "AGENTS.md", "Be kind.");
    assert!(report(&launch).unwrap().notice().is_some());
    let run = Launch {
        trust: TrustFlag::ThisRun,
        ..launch
    };
    assert_eq!(report(&run).unwrap().notice(), None);
}
