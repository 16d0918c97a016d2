//! `StructuredOutput`: takes the final answer in a shape that the caller of the session gave.

use crate::limits::SCHEMA_ERRORS;
use gimlet_ports::{AnyTool, Later, Plan, Scene, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Exposure, Lane, Mark, Risk, ToolSpec};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::time::Duration;
use thiserror::Error;

/// The tool's name.
pub const STRUCTURED_OUTPUT: &str = "StructuredOutput";

/// The field that holds the answer where its schema is not that of an object.
const WRAPPED: &str = "value";

/// The tool, for one schema.
pub struct StructuredOutput {
    validator: Validator,
    schema: Value,
    wrapped: bool,
}

/// The schema is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("invalid JSON schema{at}: {why}")]
pub struct BadSchema {
    /// Where in the schema, with a space before it; may be empty.
    pub at: String,
    /// What is wrong.
    pub why: String,
}

impl StructuredOutput {
    /// Makes the tool. `format` is an annotation only.
    ///
    /// # Errors
    /// When the schema is not valid, or needs another document.
    pub fn new(schema: Value) -> Result<Self, BadSchema> {
        if !schema.is_object() {
            let why = "it must be an object".to_owned();
            return Err(BadSchema {
                at: String::new(),
                why,
            });
        }
        let validator = jsonschema::options()
            .should_validate_formats(false)
            .build(&schema)
            .map_err(|error| {
                let at = match error.instance_path().as_str() {
                    "" => String::new(),
                    path => format!(" at {path}"),
                };
                BadSchema {
                    at,
                    why: error.to_string(),
                }
            })?;
        let wrapped = schema.get("type").is_none_or(|kind| kind != "object");
        let schema = if wrapped { wrap(schema) } else { schema };
        Ok(Self {
            validator,
            schema,
            wrapped,
        })
    }

    fn check(&self, input: &Value) -> Result<Value, ToolFault> {
        let answer = if self.wrapped {
            input.get(WRAPPED).ok_or_else(|| {
                ToolFault::Tell(format!("the answer belongs into the field \"{WRAPPED}\""))
            })?
        } else {
            input
        };
        let mut errors = self.validator.iter_errors(answer);
        let told: Vec<String> = errors
            .by_ref()
            .take(SCHEMA_ERRORS)
            .map(|error| match error.instance_path().as_str() {
                "" => format!("- {error}"),
                path => format!("- {path}: {error}"),
            })
            .collect();
        if told.is_empty() {
            return Ok(answer.clone());
        }
        let more = match errors.count() {
            0 => String::new(),
            count => format!("\n[and {count} more]"),
        };
        Err(ToolFault::Tell(format!(
            "the answer does not fit its schema; correct it and call {STRUCTURED_OUTPUT} \
             again:\n{}{more}",
            told.join("\n")
        )))
    }
}

/// Providers want an object at the root of an input.
fn wrap(mut schema: Value) -> Value {
    let mut root = Map::new();
    if let Some(inner) = schema.as_object_mut() {
        // References such as `#/$defs/name` count from the root.
        for definitions in ["$defs", "definitions"] {
            if let Some(moved) = inner.shift_remove(definitions) {
                root.insert(definitions.to_owned(), moved);
            }
        }
        inner.shift_remove("$schema");
    }
    root.insert("type".to_owned(), json!("object"));
    root.insert("properties".to_owned(), json!({ WRAPPED: schema }));
    root.insert("required".to_owned(), json!([WRAPPED]));
    Value::Object(root)
}

impl AnyTool for StructuredOutput {
    fn name(&self) -> &str {
        STRUCTURED_OUTPUT
    }

    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: STRUCTURED_OUTPUT.to_owned(),
            description: include_str!("structured_output.md").trim_end().to_owned(),
            input_schema: self.schema.clone(),
            risk: self.risk(),
            lane: self.lane(),
        }
    }

    fn exposure(&self) -> Exposure {
        // It is there only where a schema was given, and then the model must know it.
        Exposure::Always
    }

    fn permission(&self) -> &'static str {
        "never asks: it touches nothing outside the session"
    }

    fn risk(&self) -> Risk {
        Risk::Low
    }

    fn lane(&self) -> Lane {
        Lane::Exclusive
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn plan(&self, _: &Value, _: &Scene) -> Result<Plan, ToolFault> {
        Ok(Plan {
            title: "give the answer".to_owned(),
            risk: Risk::Low,
            accesses: Vec::new(),
        })
    }

    fn run(&self, input: Value, _: ToolCx) -> Later<'_, Result<ToolReturn<Value>, ToolFault>> {
        Box::pin(async move {
            let answer = self.check(&input)?;
            let marks = vec![Mark::TurnDone];
            Ok(ToolReturn {
                marks,
                ..ToolReturn::text("the answer fits its schema", answer)
            })
        })
    }
}
