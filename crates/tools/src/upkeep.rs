//! The tools that look at what is beside the session: settings, and other sessions.

use crate::{config::Config, list_sessions::ListSessions};
use gimlet_ports::{AnyTool, Preferences, Shelf};
use std::sync::Arc;

/// Makes them. Without what they look at they are there all the same and say so.
pub fn upkeep_tools(
    preferences: Option<Arc<dyn Preferences>>,
    shelf: Option<Arc<dyn Shelf>>,
) -> Vec<Arc<dyn AnyTool>> {
    vec![
        Arc::new(Config { preferences }),
        Arc::new(ListSessions { shelf }),
    ]
}
