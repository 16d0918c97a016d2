//! The system prompt as a whole.

use super::{Environment, MemoryFile, PromptParts, system_prompt};

fn parts() -> PromptParts {
    PromptParts {
        environment: Environment {
            cwd: "/home/ada/engine".into(),
            added: vec!["/home/ada/notes".into()],
            git_branch: Some("main".to_owned()),
            platform: "linux".to_owned(),
            shell: "bash".to_owned(),
            date: "2026-11-22".to_owned(),
        },
        memory: vec![MemoryFile {
            path: "/home/ada/engine/AGENTS.md".into(),
            text: "Use tabs.\n".to_owned(),
        }],
        ..PromptParts::default()
    }
}

#[test]
fn the_prompt_holds_identity_environment_and_memory_in_this_order() {
    insta::assert_snapshot!(system_prompt(&parts()).join("\n=====\n"));
}

#[test]
fn a_replaced_prompt_keeps_the_environment_and_an_appended_text_comes_last() {
    let parts = PromptParts {
        replaced: Some("You are a calculator.".to_owned()),
        appended: Some("Answer in French.".to_owned()),
        memory: Vec::new(),
        ..parts()
    };
    let prompt = system_prompt(&parts);
    assert_eq!(
        prompt.first().map(String::as_str),
        Some("You are a calculator.")
    );
    assert_eq!(prompt.last().map(String::as_str), Some("Answer in French."));
    assert_eq!(prompt.len(), 3);
}

#[test]
fn a_long_memory_file_is_cut_and_says_so() {
    let long = MemoryFile {
        path: "/m/AGENTS.md".into(),
        text: "é".repeat(50_000),
    };
    let prompt = system_prompt(&PromptParts {
        memory: vec![long],
        ..parts()
    });
    let memory = prompt.last().unwrap();
    assert_eq!(memory.matches('é').count(), 40_000);
    assert!(memory.contains("[cut: 40000 of 50000 characters; read /m/AGENTS.md for the rest]"));
}
