//! The reference pages and the JSON schema, made from the tables.

use crate::{
    check::expected,
    env_vars::{self, EnvGroup},
    features::Feature,
    keys::{KEYS, Key, RULE_KEYS, Scope, Shape},
};
use serde_json::{Map, Value, json};

const MADE_BY: &str = "<!-- Made by `cargo xtask gen`. Do not edit. -->\n\n";

/// The text of `docs/settings.md`.
pub fn settings_reference() -> String {
    let mut page = format!("# Settings\n\n{MADE_BY}");
    page.push_str(INTRODUCTION);
    for key in KEYS {
        section(&mut page, key, key.name);
    }
    page.push_str("## Features\n\n");
    page.push_str("| feature | stage | on by default | what it does |\n|---|---|---|---|\n");
    for card in Feature::ALL.iter().map(|feature| feature.card()) {
        let default = if card.default_on { "yes" } else { "no" };
        row(
            &mut page,
            &[
                &format!("`{}`", card.name),
                card.stage.name(),
                default,
                card.about,
            ],
        );
    }
    page
}

/// The text of `docs/environment.md`.
pub fn environment_reference() -> String {
    let mut page = format!("# Environment variables\n\n{MADE_BY}");
    page.push_str(
        "Every variable that Gimlet reads. An empty variable counts as missing. A variable that \
         sets a settings key is stronger than any file but the organisation's, and weaker than \
         a flag.\n",
    );
    for group in EnvGroup::ALL {
        page.extend([format!("\n## {}\n\n", group.title())]);
        page.push_str("| variable | since | what it does |\n|---|---|---|\n");
        for variable in env_vars::ALL
            .iter()
            .filter(|variable| variable.group == group)
        {
            let secret = if variable.secret {
                " Never shown or logged."
            } else {
                ""
            };
            row(
                &mut page,
                &[
                    &format!("`{}`", variable.name),
                    variable.since,
                    &format!("{}{secret}", variable.about),
                ],
            );
        }
    }
    page
}

/// The JSON schema of a settings file. Unknown keys are allowed, since files of other tools
/// have more.
pub fn settings_schema() -> Value {
    let mut schema = object_schema(KEYS);
    if let Value::Object(members) = &mut schema {
        let head = [
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("title", "Gimlet settings"),
        ];
        for (place, (key, text)) in head.into_iter().enumerate() {
            members.shift_insert(place, key.to_owned(), json!(text));
        }
    }
    schema
}

fn object_schema(keys: &[Key]) -> Value {
    let properties: Map<_, _> = keys
        .iter()
        .map(|key| {
            let mut schema = shape_schema(key.shape);
            if let Value::Object(members) = &mut schema {
                members.shift_insert(0, "description".to_owned(), json!(key.about));
            }
            (key.name.to_owned(), schema)
        })
        .collect();
    json!({ "type": "object", "properties": properties })
}

fn rule_schema() -> Value {
    let mut schema = shape_schema(Shape::Object(RULE_KEYS));
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("required".to_owned(), json!(["rule"]));
    }
    schema
}

fn shape_schema(shape: Shape) -> Value {
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Address => json!({ "type": "string", "pattern": "^https?://[^/\\s]\\S*$" }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Whole { min, max } => {
            json!({ "type": "integer", "minimum": min, "maximum": max })
        }
        Shape::Dollars => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Shape::Price => json!({ "type": "number", "minimum": 0 }),
        Shape::Json => json!({ "type": "object" }),
        Shape::OneOf(names) => json!({ "enum": names }),
        Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::Rules => json!({ "type": "array", "items": { "anyOf": [
            { "type": "string" },
            rule_schema(),
        ] } }),
        Shape::TextOrTexts => json!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } },
        ] }),
        Shape::Thinking => json!({ "anyOf": [
            { "enum": ["off", "adaptive"] },
            { "type": "integer", "minimum": 1, "maximum": u32::MAX },
        ] }),
        Shape::TextByName => {
            json!({ "type": "object", "additionalProperties": { "type": "string" } })
        }
        Shape::Features => {
            let switches: Map<_, _> = Feature::ALL
                .iter()
                .map(|feature| feature.card())
                .map(|card| {
                    let switch = json!({ "description": card.about, "type": "boolean" });
                    (card.name.to_owned(), switch)
                })
                .collect();
            json!({
                "type": "object",
                "properties": switches,
                "additionalProperties": { "type": "boolean" },
            })
        }
        Shape::ObjectByName(keys) => {
            json!({ "type": "object", "additionalProperties": object_schema(keys) })
        }
        Shape::Object(keys) => object_schema(keys),
    }
}

fn section(page: &mut String, key: &Key, path: &str) {
    page.extend([format!("## `{path}`\n\n")]);
    entry(page, key);
    inner(page, key, path);
}

fn inner(page: &mut String, key: &Key, path: &str) {
    match key.shape {
        Shape::Object(keys) => subsections(page, keys, path),
        Shape::ObjectByName(keys) => subsections(page, keys, &format!("{path}.NAME")),
        Shape::Text
        | Shape::Address
        | Shape::Flag
        | Shape::Whole { .. }
        | Shape::Dollars
        | Shape::Price
        | Shape::Json
        | Shape::OneOf(_)
        | Shape::Texts
        | Shape::TextOrTexts
        | Shape::Rules
        | Shape::Thinking
        | Shape::TextByName
        | Shape::Features => {}
    }
}

fn subsections(page: &mut String, keys: &[Key], path: &str) {
    for key in keys {
        let path = format!("{path}.{}", key.name);
        page.extend([format!("### `{path}`\n\n")]);
        entry(page, key);
        inner(page, key, &path);
    }
}

fn entry(page: &mut String, key: &Key) {
    let default = if key.default.is_empty() {
        String::new()
    } else {
        format!(" Default: {}.", key.default)
    };
    let repository = match key.scope {
        Scope::Anyone => "",
        Scope::Restricts => " Counts from a repository's files before it is trusted.",
        Scope::RepositoryAgreed => {
            " From a repository's files each entry counts once you agree to it."
        }
        Scope::NotRepository => " Not from a repository's files.",
        Scope::RepositoryLowers => " A repository's files may lower it, and not raise it.",
        Scope::RepositoryCareful => {
            " A repository's files may not choose `auto` or `bypassPermissions`."
        }
    };
    let is = expected(key.shape);
    page.extend([format!(
        "{}\n\nValue: {is}.{default}{repository}\n\n",
        key.about
    )]);
}

fn row(page: &mut String, cells: &[&str]) {
    page.extend([format!("| {} |\n", cells.join(" | "))]);
}

const INTRODUCTION: &str = "\
Settings are JSON objects; comments and a comma after the last item are allowed. They come in
layers, from the weakest to the strongest:

| layer | where |
|---|---|
| built-in | Gimlet itself |
| user | `~/.claude/settings.json`, then `~/.config/gimlet/settings.json` |
| project | `.claude/settings.json`, then `.gimlet/settings.json` in the working folder |
| local | `.claude/settings.local.json`, then `.gimlet/settings.local.json` in the working folder |
| environment | variables, see [environment.md](environment.md) |
| flag | `--settings FILE` or `--settings '{…}'`, then single flags such as `--model` |
| managed | `/etc/gimlet/managed-settings.json`, then `managed-settings.d/*.json` beside it by name |

`CLAUDE_CONFIG_DIR` replaces `~/.claude`, and `GIMLET_CONFIG_DIR` replaces `~/.config/gimlet`.
`--setting-sources user,project,local` says which of these three layers count.

Objects merge key by key. Lists of all layers are put one after the other without repeats, only
`fallbackModel` counts as a whole. Of anything else the strongest layer's value counts.

The project and local files lie in the repository, and a repository is not trusted: what could
run code, widen permissions or send requests elsewhere does not count from there, and a notice
says so. `permissions.deny` and `permissions.ask` always count. A file of the repository that
seems to hold a secret is refused.

A file that is not valid JSON, or a key with a value that it cannot have, stops the run with the
file, line, column and key. An unknown key is only noticed, so that files of other tools can be
brought along; nothing is ever deleted because of `cleanupPeriodDays`.

";
