//! The generated schema says the same as the checks.

use crate::world::{USER, World};
use gimlet_settings::settings_schema;
use serde_json::{Value, json};

/// Just enough of JSON Schema for the schema that is generated.
fn fits(schema: &Value, value: &Value) -> bool {
    let kind = schema
        .get("type")
        .and_then(Value::as_str)
        .is_none_or(|kind| match kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_u64(),
            "number" => value.is_number(),
            other => panic!("the schema has an unexpected type {other}"),
        });
    let bound = |key: &str, holds: fn(f64, f64) -> bool| {
        let limit = schema.get(key).and_then(Value::as_f64);
        limit
            .zip(value.as_f64())
            .is_none_or(|(limit, value)| holds(value, limit))
    };
    let all = |key: &str, holds: &dyn Fn(&Value) -> bool| schema.get(key).is_none_or(holds);
    kind && bound("minimum", |value, limit| value >= limit)
        && bound("maximum", |value, limit| value <= limit)
        && bound("exclusiveMinimum", |value, limit| value > limit)
        && all("enum", &|names| names.as_array().unwrap().contains(value))
        && all("anyOf", &|options| {
            options.as_array().unwrap().iter().any(|o| fits(o, value))
        })
        && all("pattern", &|_| {
            value.as_str().unwrap_or_default().starts_with("http")
        })
        && all("items", &|items| {
            value
                .as_array()
                .into_iter()
                .flatten()
                .all(|v| fits(items, v))
        })
        && value.as_object().into_iter().flatten().all(|(key, value)| {
            let inner = schema
                .get("properties")
                .and_then(|properties| properties.get(key));
            inner
                .or_else(|| schema.get("additionalProperties"))
                .is_none_or(|s| fits(s, value))
        })
}

#[test]
fn schema_and_checks_agree() {
    let samples = [
        (json!({}), true),
        (json!({"model": "m", "unknown": [1]}), true),
        (json!({"model": 1}), false),
        (json!({"fallbackModel": "a"}), true),
        (json!({"fallbackModel": ["a"]}), true),
        (json!({"fallbackModel": [1]}), false),
        (json!({"thinking": "adaptive"}), true),
        (json!({"thinking": 0}), false),
        (json!({"maxTurns": 1}), true),
        (json!({"maxTurns": 0}), false),
        (json!({"maxTurns": 1.5}), false),
        (json!({"maxBudgetUsd": 0.1}), true),
        (json!({"maxBudgetUsd": 0}), false),
        (json!({"bashOutputMaxChars": 128_001}), false),
        (
            json!({"permissions": {"defaultMode": "plan", "allow": ["Read"]}}),
            true,
        ),
        (json!({"permissions": {"defaultMode": "wild"}}), false),
        (json!({"permissions": {"allow": [1]}}), false),
        (json!({"providers": {"x": {"baseUrl": "http://x"}}}), true),
        (json!({"providers": {"x": {"baseUrl": "x"}}}), false),
        (json!({"env": {"A": "b"}}), true),
        (json!({"env": {"A": 1}}), false),
        (
            json!({"features": {"fine-grained-tool-streaming": true}}),
            true,
        ),
        (
            json!({"features": {"fine-grained-tool-streaming": 1}}),
            false,
        ),
        (json!({"instructionFiles": "claude-md"}), true),
        (json!({"instructionFiles": "readme"}), false),
        (json!([]), false),
    ];
    let schema = settings_schema();
    for (sample, right) in samples {
        let checked = World::new()
            .file(USER, sample.to_string())
            .faults()
            .is_empty();
        assert_eq!(
            (checked, fits(&schema, &sample)),
            (right, right),
            "{sample}"
        );
    }
}
