//! The tools at a glance, for people.

use crate::workers::Crew;
use gimlet_protocol::{Exposure, Risk};
use gimlet_tools::{ToolOptions, freeze, toolbox, upkeep_tools, worker_tools};
use std::sync::Arc;

/// One tool, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolRow {
    /// Its name.
    pub name: String,
    /// How much harm it can do at most.
    pub risk: Risk,
    /// When the model learns of it.
    pub exposure: Exposure,
    /// What a person is told of its permission.
    pub permission: String,
    /// The first sentence of its description.
    pub about: String,
}

/// Every tool, by name.
pub fn tool_rows() -> Vec<ToolRow> {
    // An object schema that accepts everything, so that StructuredOutput is listed too.
    let options = ToolOptions {
        answer_schema: Some(serde_json::json!({"type": "object"})),
        web: Some(crate::web::web_without_search()),
    };
    let Ok(mut set) = toolbox(options) else {
        return Vec::new();
    };
    let workers = worker_tools(&Crew::shown());
    for tool in upkeep_tools(None, None).into_iter().chain(workers) {
        // Two of one name would be one row.
        drop(set.toolbox.add(tool));
    }
    freeze(&mut set.toolbox, &[]);
    set.toolbox
        .iter()
        .map(|tool| {
            let description = tool.spec().description;
            let line = description.lines().next().unwrap_or_default();
            let about = line.split_once(". ").map_or(line, |(first, _)| first);
            ToolRow {
                name: tool.name().to_owned(),
                risk: tool.risk(),
                exposure: tool.exposure(),
                permission: tool.permission().to_owned(),
                about: about.trim_end_matches('.').to_owned(),
            }
        })
        .collect()
}
