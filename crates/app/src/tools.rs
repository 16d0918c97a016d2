//! The tools at a glance, for people.

use crate::{workers::Crew, worktrees::OwnWorktrees};
use gimlet_ports::Worktrees;
use gimlet_protocol::{Exposure, Risk};
use gimlet_settings::Env;
use gimlet_tools::{
    ToolOptions, ToolSet, freeze, toolbox, upkeep_tools, worker_tools, worktree_tools,
};
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

/// Every tool that a session may have, for those who look at them without one.
pub(crate) fn all_tools() -> Option<ToolSet> {
    // An object schema that accepts everything, so that StructuredOutput is among them.
    let options = ToolOptions {
        answer_schema: Some(serde_json::json!({"type": "object"})),
        web: Some(crate::web::web_without_search()),
    };
    let mut set = toolbox(options).ok()?;
    let worktrees: Arc<dyn Worktrees> = Arc::new(OwnWorktrees {
        door: crate::launch::git(&Env::default()),
    });
    let workers = worker_tools(&Crew::shown());
    let workers = workers.into_iter().chain(worktree_tools(&worktrees));
    for tool in upkeep_tools(None, None).into_iter().chain(workers) {
        // Two of one name would be one row.
        drop(set.toolbox.add(tool));
    }
    Some(set)
}

/// Every tool, by name.
pub fn tool_rows() -> Vec<ToolRow> {
    let Some(mut set) = all_tools() else {
        return Vec::new();
    };
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
