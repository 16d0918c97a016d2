//! What is known of a tool outside the process that runs it.

use crate::Risk;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which calls may overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Runs together with its shared neighbours.
    Shared,
    /// Runs alone.
    Exclusive,
}

/// When the model learns of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    /// In every request.
    Always,
    /// By name only, until it is looked up.
    Deferred,
    /// Only where the session asks for it by name.
    OnRequest,
}

/// A tool as the model is told of it. Frozen when the session starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Unique in the session.
    pub name: String,
    /// What the model reads.
    pub description: String,
    /// JSON Schema of the input.
    pub input_schema: Value,
    /// How much harm the tool can do at most.
    pub risk: Risk,
    /// Which calls may overlap.
    pub lane: Lane,
}
