//! Wakes a resting session when one of its background tasks has news: it ended, or printed a
//! line that the model wanted to be told of.

use gimlet_engine::SessionHandle;
use gimlet_ports::Host;
use gimlet_protocol::{Block, OpKey, SessionState};
use gimlet_store::Store;
use gimlet_tools::Tasks;
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::task::JoinHandle;

/// How often running tasks are looked at.
const EVERY: Duration = Duration::from_millis(500);

/// Looks after the tasks of a session until it is dropped.
#[derive(Debug)]
pub(super) struct Waker(JoinHandle<()>);

impl Waker {
    pub(super) fn new(tasks: &Arc<Tasks>, handle: SessionHandle, host: Arc<dyn Host>) -> Self {
        Self(tokio::spawn(attend(Arc::downgrade(tasks), handle, host)))
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn attend(tasks: Weak<Tasks>, handle: SessionHandle, host: Arc<dyn Host>) {
    while let Some(tasks) = tasks.upgrade() {
        if tasks.running() == 0 && !tasks.has_news() {
            tasks.begun().await;
            continue;
        }
        tasks.follow_monitors(&*host).await;
        // What a running turn will be told with its next request is no reason to wake.
        if tasks.has_news() && rests(&handle).await {
            let news = tasks.news().join("\n");
            let text = format!("<task-notification>\n{news}\n</task-notification>");
            let key = OpKey(format!("tasks:{}", Store::fresh_id()));
            if handle.tell(key, vec![Block::text(text)]).await.is_err() {
                return;
            }
        }
        drop(tasks);
        tokio::time::sleep(EVERY).await;
    }
}

/// True while nothing is owed to anybody.
async fn rests(handle: &SessionHandle) -> bool {
    let glance = handle.look().await;
    glance.is_ok_and(|glance| glance.state == SessionState::Resting && !glance.unfinished)
}
