//! The built-in tools: each declares what it will touch, then touches only that, through the
//! `Host` that its call was given.
//!
//! A tool is a module with its description for the model (`.md`) beside it; `toolset` lists
//! them all. This crate must never know the engine, a provider or the real file system.

mod agent;
mod apply;
mod apply_patch;
mod ask_user_question;
mod bash;
mod call_tool;
mod config;
mod edit;
mod editing;
mod enter_plan_mode;
mod enter_worktree;
mod exit_plan_mode;
mod exit_worktree;
mod freshness;
mod glob;
mod grep;
mod items;
mod limits;
mod list_sessions;
mod loose;
mod ls;
mod memory;
mod merge_worktree;
mod monitor;
mod multi_edit;
mod notebook_edit;
mod patch;
mod paths;
mod read;
mod send_message;
mod sleep;
mod structured_output;
mod task_create;
mod task_get;
mod task_list;
mod task_output;
mod task_stop;
mod task_update;
mod tasks;
mod todo_write;
mod tool_search;
mod toolset;
mod upkeep;
mod web_fetch;
mod web_page;
mod web_search;
mod write;

pub use apply::{Applied, Change, Hint, Places, Spot, Unapplied, apply};
pub use patch::{Hunk, difference};
pub use structured_output::{BadSchema, STRUCTURED_OUTPUT, StructuredOutput};
pub use tasks::{EndedTask, Tasks};
pub use tool_search::{TOOL_SEARCH, freeze, reach};
pub use toolset::{ToolOptions, ToolSet, toolbox, worker_tools, worktree_tools};
pub use upkeep::upkeep_tools;
