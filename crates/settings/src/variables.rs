//! Environment variables that stand for settings.

use crate::{
    env::Env,
    env_vars::{self, EnvVar},
    features,
    source::{Layer, Source},
    tree::Tree,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How a variable's text becomes a setting.
enum Form {
    Text,
    /// A whole number where it is one; anything else stays a text, which checking refuses.
    Number,
    /// Parts between commas.
    List,
    Features,
    /// `0` and `off` turn reasoning off.
    Thinking,
    /// Any value that does not mean no makes the setting false.
    Not,
}

/// Later rows win.
const TABLE: &[(EnvVar, &[&str], Form)] = &[
    (env_vars::ANTHROPIC_MODEL, &["model"], Form::Text),
    (env_vars::GIMLET_MODEL, &["model"], Form::Text),
    (
        env_vars::ANTHROPIC_SMALL_FAST_MODEL,
        &["smallModel"],
        Form::Text,
    ),
    (
        env_vars::ANTHROPIC_BASE_URL,
        &["providers", "anthropic", "baseUrl"],
        Form::Text,
    ),
    (
        env_vars::OPENAI_BASE_URL,
        &["providers", "openai", "baseUrl"],
        Form::Text,
    ),
    (
        env_vars::AZURE_OPENAI_ENDPOINT,
        &["providers", "azure", "baseUrl"],
        Form::Text,
    ),
    (env_vars::ANTHROPIC_BETAS, &["betas"], Form::List),
    (env_vars::MAX_THINKING_TOKENS, &["thinking"], Form::Thinking),
    (
        env_vars::CLAUDE_CODE_MAX_OUTPUT_TOKENS,
        &["maxOutputTokens"],
        Form::Number,
    ),
    (env_vars::GIMLET_FEATURES, &["features"], Form::Features),
    (
        env_vars::DISABLE_AUTO_COMPACT,
        &["autoCompactEnabled"],
        Form::Not,
    ),
];

/// The environment with the `env` of settings files laid over and under it.
#[derive(Debug)]
pub(crate) struct Overlaid {
    pub(crate) env: Env,
    /// Where variables came from that the process did not have.
    from_files: BTreeMap<String, Source>,
}

/// Lays `env` objects over the process's environment: what the process has wins over the
/// person's file, and loses against flags and the organisation.
pub(crate) fn overlay(process: &Env, files: &[&Tree]) -> Overlaid {
    let mut overlaid = Overlaid {
        env: process.clone(),
        from_files: BTreeMap::new(),
    };
    for member in files
        .iter()
        .flat_map(|tree| tree.at("env").map_or(&[][..], Tree::members))
    {
        let Some(value) = member.value.text() else {
            continue;
        };
        let loses = match member.value.source.layer {
            Layer::Flag | Layer::Managed => false,
            Layer::BuiltIn | Layer::User | Layer::Project | Layer::Local | Layer::Environment => {
                process.named(&member.key).is_some()
            }
        };
        if !loses {
            overlaid.env.set(&member.key, value);
            overlaid
                .from_files
                .insert(member.key.clone(), member.value.source.clone());
        }
    }
    overlaid
}

/// The layer that the variables make.
pub(crate) fn layer(overlaid: &Overlaid) -> Tree {
    let mut tree = Tree::empty_object(Source {
        layer: Layer::Environment,
        origin: crate::source::Origin::BuiltIn,
    });
    for (variable, path, form) in TABLE {
        let Some(text) = overlaid.env.text(variable) else {
            continue;
        };
        let Some(value) = value_of(text, form) else {
            continue;
        };
        let source = overlaid
            .from_files
            .get(variable.name)
            .cloned()
            .unwrap_or_else(|| Source::variable(variable.name));
        tree.put(path, Tree::from_value(&value, &source));
    }
    tree
}

fn value_of(text: &str, form: &Form) -> Option<Value> {
    match form {
        Form::Text => Some(json!(text)),
        Form::List => {
            let parts: Vec<_> = text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .collect();
            Some(json!(parts))
        }
        Form::Features => Some(Value::Object(
            features::switches(text)
                .map(|(name, on)| (name.to_owned(), Value::Bool(on)))
                .collect::<Map<_, _>>(),
        )),
        Form::Thinking if text == "0" => Some(json!("off")),
        Form::Number | Form::Thinking => Some(number_or_text(text)),
        Form::Not => {
            let means_no =
                ["0", "false", "no", "off"].contains(&text.to_ascii_lowercase().as_str());
            (!means_no).then_some(Value::Bool(false))
        }
    }
}

fn number_or_text(text: &str) -> Value {
    text.trim()
        .parse::<u64>()
        .map_or_else(|_| json!(text), |number| json!(number))
}
