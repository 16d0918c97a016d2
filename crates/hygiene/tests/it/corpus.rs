//! The cases that the project keeps of what others got wrong.

use gimlet_hygiene::{
    screen::{Channel, Screen, as_data, for_model},
    secrets::{Redactor, redact},
};
use serde_json::Value;

const OUTPUT: &str = include_str!("../corpus/output.jsonl");
const SECRETS: &str = include_str!("../corpus/secrets.jsonl");

fn cases(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().cloned().unwrap_or_default();
    list.iter()
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

fn channel(name: &str) -> Channel {
    match name {
        "tool_output" => Channel::ToolOutput,
        "model_text" => Channel::ModelText,
        "file_content" => Channel::FileContent,
        "permission_prompt" => Channel::PermissionPrompt,
        "trust_dialog" => Channel::TrustDialog,
        "branch_name" => Channel::Name,
        "mcp_tool_name" => Channel::McpToolName,
        "mcp_description" => Channel::McpDescription,
        "status_line" => Channel::StatusLine,
        other => panic!("unknown channel {other}"),
    }
}

fn shown(channel: Channel, input: &str, piece: usize) -> String {
    let mut screen = Screen::new(channel);
    let mut out = String::new();
    for piece in input.as_bytes().chunks(piece) {
        screen.push(piece, &mut out);
    }
    screen.finish(&mut out);
    out
}

/// The text without colours.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (colour, rest) = part.split_once('m').expect("colours only");
        assert!(colour.bytes().all(|b| b.is_ascii_digit() || b == b';'));
        out.push_str(rest);
    }
    out
}

fn has(class: &str, text: &str) -> bool {
    text.chars().any(|c| match class {
        "ESC" => c == '\u{1b}',
        "C0" => (c < ' ' && !matches!(c, '\t' | '\n')) || c == '\u{7f}',
        "C1" => matches!(c, '\u{80}'..='\u{9f}'),
        "BIDI" => {
            matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        }
        "TAG" => matches!(c, '\u{e0000}'..='\u{e007f}'),
        "ZW" => matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'),
        other => panic!("unknown class {other}"),
    })
}

#[test]
fn every_output_case_agrees_however_it_is_split() {
    let mut failures = Vec::new();
    for case in cases(OUTPUT) {
        let id = case["id"].as_str().unwrap();
        let channel = channel(case["channel"].as_str().unwrap());
        let input = match case["input"].as_str() {
            Some(input) => input.to_owned(),
            None => texts(&case["chunks"]).concat(),
        };
        let expect = &case["expect"];
        for piece in [1, 2, 3, 7, usize::MAX] {
            let out = shown(channel, &input, piece);
            let plain = plain(&out);
            for class in texts(&expect["no"]) {
                if has(&class, &plain) {
                    failures.push(format!("{id}: {class} in {out:?}"));
                }
            }
            for part in texts(&expect["show"]) {
                if !plain.contains(&part) {
                    failures.push(format!("{id}: no {part:?} in {out:?}"));
                }
            }
            if expect["unchanged"] == true && out != input {
                failures.push(format!("{id}: changed to {out:?}"));
            }
            if expect["mark"] == true && !plain.contains(['⟨', '␊', '␍', '␛', '[']) {
                failures.push(format!("{id}: no mark in {out:?}"));
            }
        }
        let received = for_model(&input);
        match expect["model"].as_str() {
            Some("no_tags" | "no_smuggling")
                if has("TAG", &received) || received.contains(['\u{fe00}', '\u{e0100}']) =>
            {
                failures.push(format!("{id}: the model gets {received:?}"));
            }
            Some("as_data") => {
                let whole = as_data("tool-result", &input);
                assert_eq!(whole.matches("</tool-result>").count(), 1, "{id}");
            }
            _ => {}
        }
    }
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn every_secrets_case_agrees_however_it_is_split() {
    let mut failures = Vec::new();
    for case in cases(SECRETS) {
        let id = case["id"].as_str().unwrap();
        let secret = texts(&case["parts"]).concat();
        let text = case["text"].as_str().unwrap().replace("{S}", &secret);
        let whole = redact(&text).into_owned();
        for piece in [1, 2, 5, 16] {
            let mut redactor = Redactor::default();
            let mut out = String::new();
            let all: Vec<char> = text.chars().collect();
            for piece in all.chunks(piece) {
                redactor.push(&piece.iter().collect::<String>(), &mut out);
            }
            redactor.finish(&mut out);
            assert_eq!(out, whole, "{id}");
        }
        if case["expect"] == "keep" {
            if whole != text && case["also_ok"].is_null() {
                failures.push(format!("{id}: {text:?} became {whole:?}"));
            }
            continue;
        }
        let mut gone = texts(&case["must_not_contain_parts"]).concat();
        if gone.is_empty() {
            gone.clone_from(&secret);
        }
        let body = body_of(&secret);
        let leaks = body
            .windows(12)
            .any(|run| whole.contains(&run.iter().collect::<String>()));
        if whole == text || whole.contains(&gone) || leaks {
            failures.push(format!("{id}: {text:?} became {whole:?}"));
        }
        for kept in texts(&case["must_keep"]) {
            if !whole.contains(&kept) {
                failures.push(format!("{id}: {kept:?} is gone from {whole:?}"));
            }
        }
    }
    assert_eq!(failures, Vec::<String>::new());
}

/// The key without what only says which kind it is.
fn body_of(secret: &str) -> Vec<char> {
    secret
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect::<String>()
        .chars()
        .collect()
}
