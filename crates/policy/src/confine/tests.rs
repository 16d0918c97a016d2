//! Confinements of calls: what a session's commands are held to, and what lifts it.

use super::*;
use crate::rules::RuleSource;
use gimlet_protocol::{Desk, SessionId};

fn scene(mode: Mode) -> Scene {
    Scene {
        session: SessionId::new("s"),
        root: "/w".into(),
        cwd: "/w/src".into(),
        added: vec!["/added".into()],
        home: Some("/home/p".into()),
        scratch: "/data/scratch/s".into(),
        mode,
        output_chars: 1000,
        grants: Arc::default(),
        desk: Arc::new(Desk::default()),
    }
}

fn confiner(change: impl FnOnce(&mut Holding)) -> Confiner {
    let mut holding = Holding {
        strength: Strength::Namespaces,
        network: Network::Proxy,
        ..Holding::default()
    };
    change(&mut holding);
    Confiner::new(Arc::new(Rules::default()), holding)
}

fn run(command: &str) -> Vec<Access> {
    vec![Access::Run {
        command: command.to_owned(),
        cwd: "/w/src".into(),
    }]
}

fn leaving(command: &str) -> Vec<Access> {
    let mut accesses = run(command);
    accesses.push(Access::Escalate {
        why: "it must".to_owned(),
    });
    accesses
}

fn why_open(confinement: Option<Confinement>) -> String {
    match confinement {
        Some(Confinement::Open { why }) => why,
        other => panic!("{other:?}"),
    }
}

fn held(confinement: Option<Confinement>) -> Bounds {
    match confinement {
        Some(Confinement::Held(bounds)) => *bounds,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_workspace_is_writable_but_for_what_makes_code_run_later() {
    let bounds = held(confiner(|_| {}).of(&run("make"), &scene(Mode::Default)));
    let write: Vec<&Path> = bounds.write.iter().collect();
    let expected = ["/w", "/added", "/data/scratch/s/tmp"].map(Path::new);
    assert_eq!(write, expected);
    for kept in ["/w/.git/hooks", "/w/.claude", "/added/.mcp.json"] {
        assert!(
            bounds.protect.iter().any(|path| path == Path::new(kept)),
            "{kept}"
        );
    }
    assert!(
        bounds
            .hide
            .iter()
            .any(|path| path == Path::new("/home/p/.ssh"))
    );
    assert_eq!(bounds.network, Network::Proxy);
    assert_eq!(
        bounds.temporary.as_deref(),
        Some(Path::new("/data/scratch/s/tmp"))
    );
}

#[test]
fn every_mode_but_one_confines() {
    for (mode, _) in Mode::ALL {
        let confinement = confiner(|_| {}).of(&run("make"), &scene(mode));
        if mode == Mode::BypassPermissions {
            assert!(why_open(confinement).contains("bypassPermissions"));
        } else {
            held(confinement);
        }
    }
}

#[test]
fn a_call_that_runs_nothing_has_none() {
    let read = [Access::Read {
        path: "/w/a".into(),
    }];
    assert_eq!(confiner(|_| {}).of(&read, &scene(Mode::Default)), None);
}

#[test]
fn leaving_is_asked_for_by_name_unless_it_is_never_possible() {
    let scene = scene(Mode::Default);
    let open = confiner(|_| {}).of(&leaving("make"), &scene);
    assert!(why_open(open).contains("by name"));
    let strict = confiner(|holding| holding.always_confined = true);
    held(strict.of(&leaving("make"), &scene));
}

#[test]
fn excluded_commands_run_open_only_where_every_part_is_one() {
    let confiner = confiner(|holding| holding.excluded = vec!["docker *".to_owned()]);
    let scene = scene(Mode::Default);
    let of = |line: &str| confiner.of(&run(line), &scene);
    assert!(why_open(of("docker ps -a && docker images")).contains("excludedCommands"));
    for line in [
        "docker ps; make",
        "docker ps > out",
        "docker run $(cat x)",
        "DOCKER_HOST=x docker ps",
        "docker ps | sh",
        "docker ps\nmake",
        "(docker ps) & curl x",
        "docker ps 'unclosed",
    ] {
        held(of(line));
    }
}

#[test]
fn less_than_everything_is_said_or_refused() {
    let scene = scene(Mode::Default);
    for strength in [Strength::None, Strength::Rules] {
        let refuses = confiner(|holding| {
            holding.strength = strength;
            holding.refuse_less = true;
        });
        let confinement = refuses.of(&run("make"), &scene);
        assert!(
            matches!(confinement, Some(Confinement::Refused { .. })),
            "{confinement:?}"
        );
    }
    let rules = confiner(|holding| holding.strength = Strength::Rules);
    let bounds = held(rules.of(&run("make"), &scene));
    assert_eq!(
        (bounds.strength, bounds.network),
        (Strength::Rules, Network::Own)
    );
    let none = confiner(|holding| holding.strength = Strength::None);
    assert!(why_open(none.of(&run("make"), &scene)).contains("cannot be confined"));
}

#[test]
fn rules_that_deny_files_hold_for_commands_where_they_name_a_place() {
    let mut rules = Rules::default();
    let source = RuleSource {
        folder: "/w".into(),
        ..RuleSource::default()
    };
    for rule in [
        "Read(//etc/secret)",
        "Read(~/notes/**)",
        "Edit(/locked/**)",
        "Read(*.pem)",
    ] {
        rules.add(Verdict::Deny, rule, &source);
    }
    let holding = confiner(|_| {}).holding;
    let bounds = Confiner::new(Arc::new(rules), holding).bounds(&scene(Mode::Default));
    for hidden in ["/etc/secret", "/home/p/notes"] {
        assert!(
            bounds.hide.iter().any(|path| path == Path::new(hidden)),
            "{hidden}"
        );
    }
    assert!(
        bounds
            .protect
            .iter()
            .any(|path| path == Path::new("/w/locked"))
    );
    assert!(
        bounds
            .hide
            .iter()
            .all(|path| !path.to_string_lossy().contains("pem"))
    );
}

#[test]
fn a_home_that_may_be_written_keeps_its_start_files() {
    let bounds =
        confiner(|_| {})
            .holding
            .bounds(Path::new("/home/p"), &[], Some(Path::new("/home/p")));
    assert!(
        bounds
            .protect
            .iter()
            .any(|path| path == Path::new("/home/p/.bashrc"))
    );
}
