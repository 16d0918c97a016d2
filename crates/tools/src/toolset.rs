//! The table of all tools, and what those of one session share.

use crate::{
    agent::Agent,
    apply_patch::ApplyPatch,
    ask_user_question::AskUserQuestion,
    bash::Bash,
    edit::Edit,
    enter_plan_mode::EnterPlanMode,
    enter_worktree::EnterWorktree,
    exit_plan_mode::ExitPlanMode,
    exit_worktree::ExitWorktree,
    glob::Glob,
    grep::Grep,
    ls::Ls,
    memory::Memory,
    merge_worktree::MergeWorktree,
    monitor::Monitor,
    multi_edit::MultiEdit,
    notebook_edit::NotebookEdit,
    read::Read,
    send_message::SendMessage,
    sleep::Sleep,
    structured_output::{BadSchema, StructuredOutput},
    task_create::TaskCreate,
    task_get::TaskGet,
    task_list::TaskList,
    task_output::TaskOutput,
    task_stop::TaskStop,
    task_update::TaskUpdate,
    tasks::Tasks,
    todo_write::TodoWrite,
    web_fetch::WebFetch,
    web_search::WebSearch,
    write::Write,
};
use gimlet_ports::{AnyTool, Toolbox, Web, Workers, Worktrees};
use serde_json::Value;
use std::{fmt, sync::Arc};

/// What a session wants of its tools.
#[derive(Clone, Default)]
pub struct ToolOptions {
    /// The JSON Schema of the final answer; with it there is the tool `StructuredOutput`.
    pub answer_schema: Option<Value>,
    /// The web; without it there are no tools for it.
    pub web: Option<Arc<dyn Web>>,
}

impl fmt::Debug for ToolOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolOptions")
            .field("answer_schema", &self.answer_schema)
            .field("web", &self.web.is_some())
            .finish()
    }
}

/// The tools of one session with the state that they share.
#[derive(Clone)]
pub struct ToolSet {
    /// The tools.
    pub toolbox: Toolbox,
    /// The background tasks. They end when the last holder of the set lets go of it.
    pub tasks: Arc<Tasks>,
}

/// What tools of one session share.
#[derive(Default)]
struct Shared {
    memory: Arc<Memory>,
    tasks: Arc<Tasks>,
}

/// Makes a tool.
type Make = fn(&Shared) -> Arc<dyn AnyTool>;

/// Every tool that needs nothing but what the session shares.
const TOOLS: [Make; 22] = [
    |shared| {
        Arc::new(Read {
            memory: shared.memory.clone(),
        })
    },
    |shared| {
        Arc::new(Write {
            memory: shared.memory.clone(),
        })
    },
    |shared| {
        Arc::new(Edit {
            memory: shared.memory.clone(),
        })
    },
    |shared| {
        Arc::new(MultiEdit {
            memory: shared.memory.clone(),
        })
    },
    |_| Arc::new(Glob),
    |_| Arc::new(Grep),
    |_| Arc::new(Ls),
    |shared| {
        Arc::new(Bash {
            tasks: shared.tasks.clone(),
        })
    },
    |shared| {
        Arc::new(TaskOutput {
            tasks: shared.tasks.clone(),
        })
    },
    |shared| {
        Arc::new(TaskStop {
            tasks: shared.tasks.clone(),
        })
    },
    |_| Arc::new(TodoWrite),
    |shared| {
        Arc::new(ApplyPatch {
            memory: shared.memory.clone(),
        })
    },
    |shared| {
        Arc::new(NotebookEdit {
            memory: shared.memory.clone(),
        })
    },
    |shared| {
        Arc::new(Sleep {
            tasks: shared.tasks.clone(),
        })
    },
    |shared| {
        Arc::new(Monitor {
            tasks: shared.tasks.clone(),
        })
    },
    |_| Arc::new(AskUserQuestion),
    |_| Arc::new(EnterPlanMode),
    |_| Arc::new(ExitPlanMode),
    |_| Arc::new(TaskCreate),
    |_| Arc::new(TaskGet),
    |_| Arc::new(TaskList),
    |_| Arc::new(TaskUpdate),
];

/// The tools through which a session has workers.
pub fn worker_tools(workers: &Arc<dyn Workers>) -> Vec<Arc<dyn AnyTool>> {
    vec![
        Arc::new(Agent::new(Arc::clone(workers))),
        Arc::new(SendMessage {
            workers: Arc::clone(workers),
        }),
        Arc::new(MergeWorktree {
            workers: Arc::clone(workers),
        }),
    ]
}

/// The tools through which a session moves into a git worktree and back.
pub fn worktree_tools(worktrees: &Arc<dyn Worktrees>) -> Vec<Arc<dyn AnyTool>> {
    vec![
        Arc::new(EnterWorktree {
            worktrees: Arc::clone(worktrees),
        }),
        Arc::new(ExitWorktree {
            worktrees: Arc::clone(worktrees),
        }),
    ]
}

/// Makes the tools of a session.
///
/// # Errors
/// When the schema of the answer is none.
pub fn toolbox(options: ToolOptions) -> Result<ToolSet, BadSchema> {
    let shared = Shared::default();
    let mut toolbox = Toolbox::default();
    let mut tools: Vec<Arc<dyn AnyTool>> = TOOLS.iter().map(|make| make(&shared)).collect();
    if let Some(schema) = options.answer_schema {
        tools.push(Arc::new(StructuredOutput::new(schema)?));
    }
    if let Some(web) = options.web {
        tools.push(Arc::new(WebFetch {
            web: Arc::clone(&web),
        }));
        tools.push(Arc::new(WebSearch::new(web)));
    }
    for tool in tools {
        let added = toolbox.add(tool);
        debug_assert_eq!(added, Ok(()), "the names in the table are unique");
    }
    Ok(ToolSet {
        toolbox,
        tasks: shared.tasks,
    })
}
