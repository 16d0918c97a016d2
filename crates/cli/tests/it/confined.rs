//! Sessions whose commands are confined: what they reach, what they are told, and how they leave
//! the confinement.

use crate::{rig::Rig, wire::Wire};
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

const BASH: [&str; 2] = ["--allowedTools", "Bash Edit"];

/// Whether this machine gives namespaces.
fn holds_all(rig: &Rig) -> bool {
    let said = rig.gimlet(["sandbox", "doctor"]).finish().out();
    said.starts_with("files, processes and the network are confined\n")
}

/// Runs one command in a session of its own and returns what the model was told of it.
fn told(rig: &Rig, input: &Value, more: &[&str]) -> String {
    let wire = Wire::new();
    wire.calls("toolu_1", "Bash", input.clone());
    wire.says("Done.");
    let run = rig.connected(&wire, ["-p", "Do it"]).args(more).finish();
    assert_eq!(run.quietly().out(), "Done.\n");
    wire.result_of("toolu_1")
}

/// A server that answers each request with its first line.
fn server() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                head.push(byte[0]);
            }
            let line = String::from_utf8_lossy(&head)
                .lines()
                .next()
                .unwrap()
                .to_owned();
            let length = line.len();
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{line}");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    port
}

/// A command that gets an address through the proxy that the environment names.
fn get(rig: &Rig, address: &str) -> Value {
    let script = "import os, sys, urllib.request as u
for name in ('no_proxy', 'NO_PROXY'): os.environ.pop(name, None)
try: print(u.urlopen(sys.argv[1]).read().decode())
except u.HTTPError as e: print(e.code, e.read().decode())
";
    rig.file("get.py", script);
    json!({ "command": format!("python3 get.py {address}") })
}

fn contacts(rig: &Rig) -> Vec<Value> {
    let facts = Rig::facts(&rig.log());
    let contacts = facts.iter().map(|entry| &entry["fact"]);
    contacts
        .filter(|fact| fact["type"] == "contacted")
        .map(|fact| fact["data"].clone())
        .collect()
}

#[test]
fn what_the_sandbox_refused_is_told_and_nothing_outside_changed() {
    let rig = Rig::new();
    if !holds_all(&rig) {
        return;
    }
    let out = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let victim = out.path().canonicalize().unwrap().join("victim");
    fs::write(&victim, "as it was").unwrap();
    let write = json!({"command": format!("echo x > {}", victim.display())});
    let text = told(&rig, &write, &BASH);
    assert!(text.contains("Read-only file system"), "{text}");
    assert!(text.contains("[the sandbox lets only"), "{text}");
    assert!(text.contains("dangerouslyDisableSandbox"), "{text}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "as it was");
    let ruling = Rig::facts(&rig.log());
    let cleared = ruling
        .iter()
        .find(|entry| entry["fact"]["type"] == "cleared");
    let confinement = &cleared.unwrap()["fact"]["data"]["ruling"]["confinement"];
    assert_eq!(confinement["type"], "held");
    // With everything permitted there is no confinement.
    let bypass = ["--permission-mode", "bypassPermissions"];
    told(&rig, &write, &bypass);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "x\n");
}

#[test]
fn leaving_the_confinement_is_never_allowed_by_a_rule_for_the_tool() {
    let rig = Rig::new();
    let leave = json!({"command": "echo out > out.txt", "dangerouslyDisableSandbox": true});
    let text = told(&rig, &leave, &BASH);
    assert!(
        text.starts_with("Not permitted: run `echo out > out.txt` unconfined"),
        "{text}"
    );
    assert!(!rig.work().join("out.txt").exists());
    rig.settings(r#"{"sandbox": {"allowUnsandboxedCommands": false}}"#);
    let hidden = json!({"command": "touch .envrc || echo kept", "dangerouslyDisableSandbox": true});
    let text = told(&rig, &hidden, &BASH);
    if holds_all(&rig) {
        assert!(text.contains("kept"), "{text}");
    }
}

#[test]
fn secrets_of_the_environment_are_withheld_unless_they_are_named() {
    let rig = Rig::new();
    rig.file("show.sh", "echo \"[${MY_TOKEN-none}] [${PLAIN-none}]\"");
    let show = json!({"command": "sh show.sh"});
    let told = |rig: &Rig| {
        let wire = Wire::new();
        wire.calls("toolu_1", "Bash", show.clone());
        wire.says("Done.");
        let run = rig.connected(&wire, ["-p", "Show"]).args(BASH);
        run.env("MY_TOKEN", "x")
            .env("PLAIN", "y")
            .finish()
            .quietly();
        wire.result_of("toolu_1")
    };
    assert_eq!(told(&rig), "[none] [y]");
    rig.settings(r#"{"sandbox": {"passEnv": ["MY_TOKEN"]}}"#);
    assert_eq!(told(&rig), "[x] [y]");
}

#[test]
fn temporary_files_are_the_session_s_own() {
    let rig = Rig::new();
    if !holds_all(&rig) {
        return;
    }
    let name = format!("/tmp/gimlet-own-{}", std::process::id());
    let wire = Wire::new();
    wire.calls(
        "toolu_1",
        "Bash",
        json!({"command": format!("echo kept > {name}")}),
    );
    wire.calls("toolu_2", "Bash", json!({"command": format!("cat {name}")}));
    wire.says("Done.");
    let run = rig.connected(&wire, ["-p", "Keep"]).args(BASH).finish();
    run.quietly();
    assert_eq!(wire.result_of("toolu_2"), "kept");
    assert!(!fs::exists(&name).unwrap());
}

#[test]
fn a_host_that_is_granted_is_reached_and_others_are_denied_each_as_a_fact() {
    let rig = Rig::new();
    if !holds_all(&rig) {
        return;
    }
    let port = server();
    let allowed =
        json!({"sandbox": {"network": {"allowedDomains": [format!("127.0.0.1:{port}")]}}});
    rig.settings(&allowed.to_string());
    let text = told(
        &rig,
        &get(&rig, &format!("http://127.0.0.1:{port}/a?b")),
        &BASH,
    );
    assert_eq!(text, "GET /a?b HTTP/1.1");
    let reached = contacts(&rig);
    assert_eq!(reached.len(), 1, "{reached:?}");
    assert_eq!(
        (&reached[0]["host"], &reached[0]["port"]),
        (&json!("127.0.0.1"), &json!(port))
    );
    assert!(reached[0]["refused"].is_null() && reached[0]["received_bytes"].as_u64() > Some(0));
    let other = Rig::new();
    other.settings(&allowed.to_string());
    let text = told(&other, &get(&other, "http://unknown.example/"), &BASH);
    assert!(
        text.starts_with("403 gimlet: reaching unknown.example:80 is not permitted"),
        "{text}"
    );
    let refused = contacts(&other);
    assert_eq!(refused[0]["host"], "unknown.example");
    assert!(refused[0]["refused"].is_string());
}

#[test]
fn a_client_is_asked_about_an_unknown_host_while_the_command_waits() {
    let rig = Rig::new();
    if !holds_all(&rig) {
        return;
    }
    let port = server();
    let wire = Wire::new();
    wire.calls(
        "toolu_1",
        "Bash",
        get(&rig, &format!("http://127.0.0.1:{port}/first")),
    );
    wire.calls("toolu_2", "Bash", get(&rig, "http://other.example/"));
    wire.says("Done.");
    let stream = [
        "--input-format",
        "stream-json",
        "--output-format",
        "stream-json",
    ];
    let mut live = rig
        .connected(&wire, stream)
        .args(["--verbose", "--permission-prompt-tool", "stdio"])
        .args(BASH)
        .open_stdin()
        .start();
    live.say(&json!({"type": "user", "message": {"role": "user", "content": "Get"}}));
    for answer in [
        json!({"behavior": "allow", "updatedInput": {}}),
        json!({"behavior": "deny", "message": "not there"}),
    ] {
        let request = live.line_with("a question", |message| message["type"] == "control_request");
        assert_eq!(request["request"]["subtype"], "can_use_tool");
        live.say(&json!({
            "type": "control_response",
            "response": {"subtype": "success", "request_id": request["request_id"], "response": answer},
        }));
    }
    live.line_with("a result", |message| message["type"] == "result");
    live.close_stdin();
    live.finish().quietly();
    assert_eq!(wire.result_of("toolu_1"), "GET /first HTTP/1.1");
    let denied = wire.result_of("toolu_2");
    assert!(denied.contains("not there"), "{denied}");
    let facts = Rig::facts(&rig.log());
    let count = |kind: &str| {
        facts
            .iter()
            .filter(|entry| entry["fact"]["type"] == kind)
            .count()
    };
    assert_eq!(
        (count("asked"), count("answered"), count("returned")),
        (2, 2, 2)
    );
}

#[test]
fn what_a_command_is_held_to_is_explained() {
    let rig = Rig::new();
    let run = rig.gimlet(["policy", "explain", "make", "--json"]).finish();
    let explained: Value = serde_json::from_str(&run.out()).unwrap();
    let held = explained["confinement"]["type"].as_str().unwrap();
    assert_eq!(held == "held", holds_all(&rig), "{explained}");
    let bypass = [
        "policy",
        "explain",
        "make",
        "--permission-mode",
        "bypassPermissions",
    ];
    let run = rig.gimlet(bypass).finish();
    assert!(
        run.out()
            .contains("unconfined: the mode is bypassPermissions"),
        "{}",
        run.out()
    );
}
