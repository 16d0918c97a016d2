//! Tests of the registry of variables.

use super::*;
use std::collections::BTreeSet;

#[test]
fn every_variable_is_registered_once_and_says_what_it_does() {
    let names: BTreeSet<_> = ALL.iter().map(|variable| variable.name).collect();
    assert_eq!(names.len(), ALL.len());
    let silent: Vec<_> = ALL
        .iter()
        .filter(|variable| !variable.about.ends_with('.'))
        .map(|v| v.name)
        .collect();
    assert_eq!(silent, Vec::<&str>::new());
}

#[test]
fn what_is_named_for_a_secret_is_one() {
    let named = ALL.iter().filter(|variable| {
        ["_API_KEY", "_AUTH_TOKEN", "_SECRET", "_PASSWORD"]
            .iter()
            .any(|ending| variable.name.ends_with(ending))
    });
    assert!(named.into_iter().all(|variable| variable.secret));
    let secret: Vec<_> = ALL
        .iter()
        .filter(|variable| variable.secret)
        .map(|v| v.name)
        .collect();
    assert_eq!(
        secret,
        [
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_AUTH_TOKEN",
            "OPENAI_API_KEY",
            "OPENROUTER_API_KEY",
            "BRAVE_API_KEY",
            "TAVILY_API_KEY",
            "EXA_API_KEY",
        ]
    );
}
