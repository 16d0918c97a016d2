//! Rulings as a table: mode, rules, call and what comes of it.

use super::judges;
use gimlet_policy::{RuleSource, Rules};
use gimlet_ports::{Plan, Scene, rule};
use gimlet_protocol::{Access, Desk, Mode, Risk, SessionId, Verdict};
use gimlet_trust::{Book, Workspace};
use std::{path::Path, sync::Arc};

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "work/src",
            "work/.git",
            "added",
            "outside",
            "data",
            "data/scratch",
        ] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        std::os::unix::fs::symlink(
            folder.path().join("outside"),
            folder.path().join("work/link"),
        )
        .unwrap();
        std::os::unix::fs::symlink(
            folder.path().join("outside/new"),
            folder.path().join("work/dangling"),
        )
        .unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn rule(&self, mode: Mode, rules: Rules, tool: &str, access: Access) -> Verdict {
        let scene = Scene {
            session: SessionId::new("s"),
            root: self.path("work"),
            cwd: self.path("work"),
            added: vec![self.path("added")],
            home: None,
            scratch: self.path("data/scratch"),
            mode,
            output_chars: 30_000,
            desk: Arc::new(Desk::default()),
            grants: Arc::default(),
        };
        let plan = Plan {
            title: "t".to_owned(),
            risk: Risk::High,
            accesses: vec![if let Access::Run { command, .. } = access {
                Access::Run {
                    command,
                    cwd: self.path("work"),
                }
            } else {
                access
            }],
        };
        let book = Book::empty(&self.path("data"));
        let trusted = Workspace::for_this_run(&self.path("work"), None, &book);
        let judges = judges(rules, vec![self.path("data")], &trusted);
        rule(
            &judges,
            Verdict::Ask,
            (tool, &serde_json::Value::Null, &plan, &scene),
        )
        .verdict
    }
}

fn read(path: &Path) -> Access {
    Access::Read {
        path: path.to_owned(),
    }
}

fn write(path: &Path) -> Access {
    Access::Write {
        path: path.to_owned(),
    }
}

fn run(command: &str) -> Access {
    Access::Run {
        command: command.to_owned(),
        cwd: "/".into(),
    }
}

#[test]
fn modes_rule_as_their_table_says() {
    use Mode::{AcceptEdits, BypassPermissions, Default, DontAsk, Plan};
    use Verdict::{Allow, Ask, Deny};
    let world = World::new();
    let table = [
        (Default, read(&world.path("work/src/a.rs")), Allow),
        (Default, read(&world.path("work/src/../../outside/a")), Ask),
        (Default, read(&world.path("work/link/a")), Ask),
        (Default, read(&world.path("added/a")), Allow),
        (Default, read(&world.path("data/scratch/out")), Allow),
        (Default, read(Path::new("/etc/passwd")), Ask),
        (Default, write(&world.path("work/a")), Ask),
        (Default, run("ls"), Allow),
        (Default, run("ls link"), Ask),
        (Default, run("make"), Ask),
        (AcceptEdits, write(&world.path("work/a")), Allow),
        (AcceptEdits, write(&world.path("work/link/a")), Ask),
        (AcceptEdits, write(&world.path("work/dangling")), Ask),
        (AcceptEdits, write(&world.path("work/.git/config")), Ask),
        (AcceptEdits, write(&world.path("work/.GIT/hooks/x")), Ask),
        (AcceptEdits, write(&world.path("outside/a")), Ask),
        (AcceptEdits, run("make"), Ask),
        (Plan, read(&world.path("work/a")), Allow),
        (Plan, write(&world.path("work/a")), Deny),
        (Plan, run("echo a"), Allow),
        (Plan, run("touch a"), Deny),
        (DontAsk, run("make"), Ask),
        (BypassPermissions, run("make"), Allow),
        (BypassPermissions, run("rm -rf /"), Ask),
        (
            BypassPermissions,
            write(&world.path("data/sessions/x.jsonl")),
            Deny,
        ),
        (
            BypassPermissions,
            write(&world.path("data/scratch/x")),
            Allow,
        ),
    ];
    for (mode, access, expected) in table {
        let found = world.rule(mode, Rules::default(), "T", access.clone());
        assert_eq!(found, expected, "{mode:?} {access:?}");
    }
}

#[test]
fn rules_rule_as_their_table_says() {
    use Verdict::{Allow, Ask, Deny};
    let world = World::new();
    let table = [
        (Allow, "Bash(git status:*)", "git status -s", Allow),
        (Allow, "Bash(git status:*)", "git statusx", Ask),
        (Allow, "Bash(git status:*)", "git status; rm -rf .", Ask),
        (Allow, "Bash(git status:*)", "git status $(rm x)", Ask),
        (Allow, "Bash(git status:*)", "git status > x", Ask),
        (Allow, "Bash(git status *)", "git status", Allow),
        (Allow, "Bash(make test)", "make test", Allow),
        (Allow, "Bash(make test)", "make test2", Ask),
        (Allow, "Bash", "anything | at all", Allow),
        (Allow, "Bash(a*b)", "axb", Allow),
        (Allow, "Bash(make", "make", Ask),
        (Allow, "Edit", "make", Ask),
        (Deny, "Bash(rm:*)", "ls; rm x", Deny),
        (Deny, "Bash(rm:*)", "echo $(rm x)", Deny),
        (Deny, "Bash(rm:*)", "make", Ask),
        (Deny, "Bash(rm:*", "rm x", Deny),
        (Ask, "Bash(echo:*)", "echo a", Ask),
    ];
    for (verdict, text, command, expected) in table {
        let mut rules = Rules::default();
        rules.add(verdict, text, &flag());
        let found = world.rule(Mode::Default, rules, "Bash", run(command));
        assert_eq!(found, expected, "{verdict:?} {text} on {command}");
    }
}

#[test]
fn a_deny_rule_beats_an_allow_rule_and_the_bypass() {
    let world = World::new();
    let mut rules = Rules::default();
    rules.add_list(Verdict::Allow, "Edit, Bash(ls:*) Bash(rm:*)", &flag());
    rules.add_list(Verdict::Deny, "Bash(rm:*)", &flag());
    assert!(rules.faults.is_empty());
    assert_eq!(
        world.rule(Mode::Default, rules.clone(), "Bash", run("ls -l")),
        Verdict::Allow
    );
    assert_eq!(
        world.rule(Mode::BypassPermissions, rules, "Bash", run("rm x")),
        Verdict::Deny
    );
}

#[test]
fn rules_that_are_not_understood_are_reported_with_their_place() {
    let mut rules = Rules::default();
    let source = RuleSource {
        name: "settings.json:4".to_owned(),
        ..RuleSource::default()
    };
    rules.add(Verdict::Allow, "Bash(make", &source);
    let faults: Vec<String> = rules.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        ["settings.json:4: rule `Bash(make`: it lacks its closing bracket; it allows nothing"]
    );
}

fn flag() -> RuleSource {
    RuleSource {
        name: "flag".to_owned(),
        ..RuleSource::default()
    }
}
