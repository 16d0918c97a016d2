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
            "GEMINI_API_KEY",
            "GOOGLE_API_KEY",
            "AZURE_OPENAI_API_KEY",
            "AWS_BEARER_TOKEN_BEDROCK",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "DEEPSEEK_API_KEY",
            "GROQ_API_KEY",
            "MISTRAL_API_KEY",
            "XAI_API_KEY",
            "TOGETHER_API_KEY",
            "FIREWORKS_API_KEY",
            "CEREBRAS_API_KEY",
            "MOONSHOT_API_KEY",
            "ZAI_API_KEY",
            "DASHSCOPE_API_KEY",
            "MINIMAX_API_KEY",
            "LITELLM_API_KEY",
            "GITHUB_MODELS_TOKEN",
            "BRAVE_API_KEY",
            "TAVILY_API_KEY",
            "EXA_API_KEY",
        ]
    );
}
