//! Rulings on what leaves, as a table, with the session's other judges; and pushes of a real
//! repository.

use super::{Outbound, credit, remotes::Remotes};
use crate::gate::judges;
use gimlet_policy::{RuleSource, Rules};
use gimlet_ports::{Plan, Scene, rule};
use gimlet_protocol::{Access, Desk, Mode, PublishTarget, Risk, Ruling, SessionId, Verdict};
use gimlet_settings::UndercoverSettings;
use gimlet_trust::{Book, Git, GitEnv, Workspace};
use std::{fs, path::PathBuf, sync::Arc};

struct World {
    folder: tempfile::TempDir,
    settings: UndercoverSettings,
}

/// A key in pieces, so that scanners of this repository stay quiet.
fn key() -> String {
    ["ghp_", "FAKE1fake2FAKE3fake4", "FAKE5fake6FAKE7f"].concat()
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["work", "data"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let settings = UndercoverSettings::default();
        Self { folder, settings }
    }

    fn work(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("work")
    }

    fn git() -> Git {
        Git::new(GitEnv {
            path: Some("/usr/local/bin:/usr/bin:/bin".into()),
            home: None,
            config_home: None,
        })
        .apart()
        .with("user.name", "A")
        .with("user.email", "a@example.com")
    }

    fn made(&self, arguments: &[&str]) {
        Self::git()
            .at(&self.work())
            .unwrap()
            .run(arguments)
            .unwrap();
    }

    fn commit(&self, text: &str, message: &str) {
        fs::write(self.work().join("file.txt"), text).unwrap();
        self.made(&["add", "--all"]);
        self.made(&["commit", "--quiet", "--message", message]);
    }

    fn judge(&self, mode: Mode, access: Access) -> Ruling {
        let work = self.work();
        let scene = Scene {
            session: SessionId::new("s"),
            root: work.clone(),
            cwd: work.clone(),
            added: Vec::new(),
            home: None,
            scratch: work.join("scratch"),
            mode,
            output_chars: 30_000,
            desk: Arc::new(Desk::default()),
            grants: Arc::default(),
        };
        let plan = Plan {
            title: "t".to_owned(),
            risk: Risk::High,
            accesses: vec![access],
        };
        let mut rules = Rules::default();
        rules.add(Verdict::Allow, "Bash(git:*)", &RuleSource::default());
        let book = Book::empty(&self.folder.path().join("data"));
        let trusted = Workspace::for_this_run(&work, None, &book);
        let mut judges = judges(rules, Vec::new(), &trusted);
        let terms = ["Blue Orca".to_owned()];
        judges.push(Arc::new(Outbound::new(&terms, &self.settings, Self::git())));
        let input = serde_json::Value::Null;
        rule(&judges, Verdict::Ask, ("Bash", &input, &plan, &scene))
    }

    fn run(&self, command: &str) -> Ruling {
        let cwd = self.work();
        let command = command.to_owned();
        self.judge(Mode::Default, Access::Run { command, cwd })
    }
}

fn text(ruling: &Ruling) -> String {
    let own = ruling
        .because
        .iter()
        .filter(|reason| reason.judge == "outbound");
    own.map(|reason| reason.text.clone()).collect()
}

#[test]
fn what_leaves_in_a_command_is_denied_with_its_place_and_a_rewrite() {
    let world = World::new();
    let with_key = format!("git commit -m 'Use {}'", key());
    let here = format!("git commit -F - <<'EOF'\nOne\n\nUse {}\nEOF", key());
    let table = [
        (
            with_key.as_str(),
            "the message of the commit, line 1, character 5: ",
        ),
        (
            here.as_str(),
            "the text of the here-document, line 3, character 5: ",
        ),
        (
            "git commit -m 'For blue_ORCA'",
            "say instead `For [internal]`",
        ),
        (
            "git commit -m 'For BlueOrca'",
            "confidential term `Blue Orca`",
        ),
        (
            "git commit -m 'For Blu\u{435} \u{41e}rca'",
            "confidential term",
        ),
        (
            "git commit -m 'For Bl\u{200b}ue\u{2060} Orca'",
            "confidential term",
        ),
        (
            "git commit --amend -m x -m 'blue-orca'",
            "confidential term",
        ),
        (
            "git commit -m \"$(cat <<'EOF'\nblue orca\nEOF\n)\"",
            "confidential term",
        ),
        (
            "git checkout -b feature/blue-orca",
            "the name of the branch",
        ),
        ("git tag blue.orca", "the name of the tag"),
        ("gh pr create --title 'Blue Orca' --body x", "the title"),
        ("glab issue create -t x -d 'Blue Orca'", "the text"),
        ("curl -d 'blue orca' https://example.com/", "what is posted"),
    ];
    for (command, told) in table {
        let ruling = world.run(command);
        assert_eq!(ruling.verdict, Verdict::Deny, "{command}");
        let text = text(&ruling);
        assert!(
            text.contains(told) && !text.contains(&key()),
            "{command}: {text}"
        );
    }
    // No mode lifts it, and what other tools publish is judged, too.
    let command = with_key.clone();
    let cwd = world.work();
    let run = Access::Run { command, cwd };
    let ruling = world.judge(Mode::BypassPermissions, run);
    assert_eq!(ruling.verdict, Verdict::Deny);
    let publish = Access::Publish {
        text: "blue orca".to_owned(),
        to: PublishTarget {
            kind: "issue".to_owned(),
            address: String::new(),
        },
    };
    assert_eq!(
        world.judge(Mode::BypassPermissions, publish).verdict,
        Verdict::Deny
    );
}

#[test]
fn what_is_clean_is_ruled_as_before() {
    let world = World::new();
    for (command, verdict) in [
        ("git commit -m 'Mend the scorecard'", Verdict::Allow),
        ("git commit -m \"$(cat note)\"", Verdict::Ask),
        ("git checkout -b mend", Verdict::Allow),
        ("git log --grep 'blue orca'", Verdict::Allow),
        ("gh pr create --title Mend", Verdict::Ask),
        ("curl -d 'blue orca' http://localhost:80/", Verdict::Ask),
        ("make", Verdict::Ask),
    ] {
        let ruling = world.run(command);
        assert_eq!(
            (ruling.verdict, text(&ruling)),
            (verdict, String::new()),
            "{command}"
        );
    }
}

#[test]
fn lines_that_credit_a_tool_leave_only_where_the_person_keeps_them() {
    let mut world = World::new();
    let trailer = "git commit -m 'Mend it' -m 'Co-Authored-By: Claude <noreply@example.com>'";
    assert_eq!(world.run(trailer).verdict, Verdict::Allow);
    world.settings.leaves_out_attribution = true;
    let ruling = world.run(trailer);
    assert_eq!(ruling.verdict, Verdict::Deny);
    assert!(text(&ruling).contains("leave the line out"), "{ruling:?}");
    let found = |text: &str| credit::find("x", text).len();
    assert_eq!(
        found("Fix\n\n🤖 Generated with [Tool](https://example.com)"),
        1
    );
    assert_eq!(found("Assisted-by: Gimlet"), 1);
    // People, and talk of what is generated, are no credit.
    assert_eq!(found("Co-authored-by: Ann Lee <ann@example.com>"), 0);
    assert_eq!(found("Generated by the build script"), 0);
    assert_eq!(found("Claude Monet's palette is generated with care"), 0);
}

#[test]
fn what_a_push_takes_along_is_looked_through() {
    let mut world = World::new();
    world.made(&["init", "--quiet", "--initial-branch=main"]);
    world.made(&["remote", "add", "origin", "https://git.example/team/it.git"]);
    world.commit("plain\n", "Begin");
    assert_eq!(world.run("git push origin main").verdict, Verdict::Allow);
    world.made(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    world.commit("plain\nfor blue orca\n", "Go on");
    for command in [
        "git push",
        "git push origin main",
        "git push --all",
        "git push https://x.example/y HEAD",
    ] {
        let ruling = world.run(command);
        assert_eq!(ruling.verdict, Verdict::Deny, "{command}");
        let text = text(&ruling);
        assert!(
            text.contains("file.txt, line 2, character 5: confidential term"),
            "{text}"
        );
    }
    // It may make what it pushes.
    let ruling = world.run("git commit -m x && git push");
    assert!(text(&ruling).contains("in a call of its own"), "{ruling:?}");
    assert_eq!(world.run("git push origin \"$X\"").verdict, Verdict::Ask);
    assert_eq!(world.run("git push origin no-such").verdict, Verdict::Ask);
    // To an internal remote it may go; the message of a commit is judged all the same.
    world.settings.internal_remotes = vec!["git.example/team".to_owned()];
    assert_eq!(world.run("git push origin main").verdict, Verdict::Allow);
    assert_eq!(world.run("git push").verdict, Verdict::Allow);
    assert_eq!(
        world.run("git push https://x.example/y main").verdict,
        Verdict::Deny
    );
    assert_eq!(
        world.run("git commit -m 'blue orca'").verdict,
        Verdict::Deny
    );
    // Known there, it does not leave with this push.
    world.settings.internal_remotes.clear();
    world.made(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    assert_eq!(world.run("git push origin main").verdict, Verdict::Allow);
}

#[test]
fn only_what_is_named_is_internal() {
    let named = ["git.corp.example/team", "Forge.Example"].map(str::to_owned);
    let remotes = Remotes::new(&named);
    for address in [
        "https://git.corp.example/team",
        "https://me:x@git.corp.example:8443/team/it.git",
        "git@git.corp.example:team/it.git",
        "ssh://git@git.corp.example:22/Team/it",
        "forge.example:a/b",
    ] {
        assert!(remotes.covers(address), "{address}");
    }
    for address in [
        "https://git.corp.example/teams/it",
        "https://git.corp.example/team/../other",
        "https://git.corp.example/team/%2e%2e/other",
        "https://git.corp.example@evil.example/team",
        "evil.example:x@forge.example/y",
        "https://forge.example.evil.example/",
        "ext::sh -c x forge.example",
        "helper://forge.example/a",
        "git@git.corp.example:22/team/it",
        "/forge.example",
        "",
    ] {
        assert!(!remotes.covers(address), "{address}");
    }
}
