//! `gimlet auth`, with the file that stands in for a keyring.

use crate::{
    rig::{KEY, Rig, assert_shown},
    wire::Wire,
};
use std::{fmt::Write as _, fs, os::unix::fs::PermissionsExt as _};

#[test]
fn a_key_is_stored_used_told_of_and_removed() {
    let rig = Rig::new();
    let wire = Wire::saying(&["ok"]);
    let mut text = String::new();
    let mut show = |about: &str, run: crate::rig::Finished| {
        writeln!(text, "$ gimlet auth {about}\n{}", run.shown()).unwrap();
    };
    show("status", rig.gimlet(["auth", "status"]).finish().expect(1));
    show(
        "login",
        rig.gimlet(["auth", "login"])
            .stdin(format!("{KEY}\n"))
            .finish()
            .quietly(),
    );
    show("status", rig.gimlet(["auth", "status"]).finish().quietly());
    show(
        "status --json",
        rig.gimlet(["auth", "status", "--json"]).finish().quietly(),
    );
    let run = rig
        .gimlet(["-p", "hi"])
        .env("ANTHROPIC_BASE_URL", wire.url())
        .finish();
    assert_eq!(run.quietly().out(), "ok\n");
    assert_eq!(wire.requests()[0].header("x-api-key"), Some(KEY));
    show("logout", rig.gimlet(["auth", "logout"]).finish().quietly());
    show("logout", rig.gimlet(["auth", "logout"]).finish().quietly());
    show("status", rig.gimlet(["auth", "status"]).finish().expect(1));
    assert_shown!(rig, text);
    let left = fs::read_to_string(rig.own().join("config/credentials.json")).unwrap();
    assert!(!left.contains(KEY));
}

#[test]
fn the_file_is_readable_by_its_owner_alone_and_refused_otherwise() {
    let rig = Rig::new();
    rig.gimlet(["auth", "login"]).stdin(KEY).finish().quietly();
    let file = rig.own().join("config/credentials.json");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let mut text = String::new();
    for arguments in [
        &["auth", "status"][..],
        &["-p", "hi"],
        &["auth", "login"],
        &["auth", "logout"],
    ] {
        let input = if arguments[0] == "-p" { "" } else { KEY };
        let run = rig.gimlet(arguments).stdin(input).finish();
        writeln!(text, "$ gimlet {}\n{}", arguments.join(" "), run.shown()).unwrap();
    }
    assert_shown!(rig, text);
}

#[test]
fn what_is_no_key_and_who_is_no_provider_is_refused() {
    let rig = Rig::new();
    let mut text = String::new();
    for (arguments, input) in [
        (&["auth", "login"][..], "\n"),
        (&["auth", "login"], "two words\n"),
        (&["auth", "login", "nobody"], KEY),
        (&["auth", "logout", "nobody"], ""),
        (&["auth"], ""),
    ] {
        let run = rig.gimlet(arguments).stdin(input).finish().expect(2);
        writeln!(text, "$ gimlet {}\n{}", arguments.join(" "), run.shown()).unwrap();
    }
    assert_shown!(rig, text);
    assert!(!rig.own().join("config/credentials.json").exists());
}

#[test]
fn a_variable_wins_over_the_stored_key_and_a_token_goes_as_a_bearer() {
    let rig = Rig::new();
    let wire = Wire::saying(&["a", "b"]);
    rig.gimlet(["auth", "login"])
        .stdin("sk-ant-stored")
        .finish()
        .quietly();
    rig.connected(&wire, ["-p", "hi"]).finish().quietly();
    rig.gimlet(["-p", "hi"])
        .env("ANTHROPIC_AUTH_TOKEN", KEY)
        .env("ANTHROPIC_BASE_URL", wire.url())
        .finish()
        .quietly();
    let requests = wire.requests();
    assert_eq!(requests[0].header("x-api-key"), Some(KEY));
    let bearer = format!("Bearer {KEY}");
    assert_eq!(requests[1].header("authorization"), Some(bearer.as_str()));
    let status = rig
        .gimlet(["auth", "status"])
        .env("ANTHROPIC_API_KEY", KEY)
        .finish()
        .quietly();
    assert_eq!(status.out(), "anthropic: from ANTHROPIC_API_KEY\n");
}
