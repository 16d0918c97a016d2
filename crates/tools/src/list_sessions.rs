//! `ListSessions`: the sessions that are kept.

use crate::loose;
use gimlet_ports::{
    Plan, Reach, Scene, Shelf, Shelved, Tool, ToolCard, ToolCx, ToolFault, ToolReturn,
};
use gimlet_protocol::{Exposure, Lane, Risk, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// Sessions that are shown where nothing else is said.
const SHOWN: u64 = 20;

/// The tool.
pub(crate) struct ListSessions {
    /// `None` where no sessions are kept.
    pub(crate) shelf: Option<Arc<dyn Shelf>>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListSessionsInput {
    /// Those of every folder
    #[serde(default, deserialize_with = "loose::flag")]
    all: Option<bool>,
    /// Default 20
    #[serde(default, deserialize_with = "loose::number")]
    limit: Option<u64>,
}

/// The structured output.
#[derive(Serialize)]
pub(crate) struct ListSessionsData {
    sessions: Vec<Row>,
    total: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    session_id: String,
    about: String,
    cwd: String,
    updated: u64,
}

impl Tool for ListSessions {
    type Input = ListSessionsInput;
    type Output = ListSessionsData;

    const CARD: ToolCard = ToolCard {
        name: "ListSessions",
        about: include_str!("list_sessions.md"),
        risk: Risk::Low,
        lane: Lane::Shared,
        exposure: Exposure::Deferred,
        permission: "never asks: it shows ids, names and folders",
        deadline: Duration::from_secs(30),
    };

    fn plan(&self, _: &ListSessionsInput, _: &Scene) -> Result<Plan, ToolFault> {
        Ok(Plan {
            title: "list sessions".to_owned(),
            risk: Risk::Low,
            accesses: Vec::new(),
        })
    }

    async fn run(
        &self,
        input: ListSessionsInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<ListSessionsData>, ToolFault> {
        let reach = if input.all == Some(true) {
            Reach::Everywhere
        } else {
            Reach::Folder
        };
        let mut found = match &self.shelf {
            Some(shelf) => shelf.sessions(reach).map_err(ToolFault::Tell)?,
            None => Vec::new(),
        };
        found.retain(|session| session.id != cx.scene.session);
        let total = found.len();
        let most = usize::try_from(input.limit.unwrap_or(SHOWN)).unwrap_or(usize::MAX);
        found.truncate(most);
        let mut lines: Vec<String> = found
            .iter()
            .map(|session| line(session, reach, cx.host.now()))
            .collect();
        if total > found.len() {
            lines.push(format!("[{} more]", total - found.len()));
        }
        let text = if lines.is_empty() {
            "there are no other sessions".to_owned()
        } else {
            lines.join("\n")
        };
        let sessions = found
            .into_iter()
            .map(|session| Row {
                session_id: session.id.to_string(),
                about: session.about,
                cwd: session.cwd.display().to_string(),
                updated: session.updated.0,
            })
            .collect();
        Ok(ToolReturn::text(text, ListSessionsData { sessions, total }))
    }
}

fn line(session: &Shelved, reach: Reach, now: Timestamp) -> String {
    let about: String = session
        .about
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let age = age(now.0.saturating_sub(session.updated.0));
    let folder = match reach {
        Reach::Folder => String::new(),
        Reach::Everywhere => format!("  {}", session.cwd.display()),
    };
    format!("{}  {age}{folder}  {about}", session.id)
}

/// How long ago, in the largest unit that fits.
fn age(ms: u64) -> String {
    let minutes = ms / 60_000;
    match (minutes / 1_440, minutes / 60, minutes) {
        (0, 0, minutes) => format!("{minutes} min ago"),
        (0, hours, _) => format!("{hours} h ago"),
        (days, _, _) => format!("{days} d ago"),
    }
}
