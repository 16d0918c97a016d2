//! Sessions on a thread of their own, so that no work of theirs delays a key.

use crate::exit::{self, Exit};
use gimlet_ports::{
    EventStream, Later, ModelRow, OpenFault, OpenSpec, SessionHead, SessionRow, Sessions,
};
use gimlet_protocol::{
    Accepted, EntryId, FileDiff, Op, OpKey, Refusal, RestorePreview, RestoreWish, SessionId,
    Timeline, UndoWhat,
};
use std::{sync::Arc, thread::JoinHandle};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// Sessions whose work is done by another thread.
pub(super) struct Elsewhere {
    sessions: Arc<dyn Sessions>,
    handle: Handle,
    over: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Elsewhere {
    pub(super) fn start(sessions: Arc<dyn Sessions>) -> Result<Self, Exit> {
        let no_thread = |error: std::io::Error| {
            exit::complain(Exit::Environment, &format!("no threads: {error}"), None)
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(16)
            .thread_keep_alive(std::time::Duration::from_secs(2))
            .build()
            .map_err(no_thread)?;
        let handle = runtime.handle().clone();
        let (over, ended) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("sessions".to_owned())
            .spawn(move || {
                // Ends when the sender is dropped as well.
                drop(runtime.block_on(ended));
                runtime.shutdown_background();
            })
            .map_err(no_thread)?;
        Ok(Self {
            sessions,
            handle,
            over: Some(over),
            thread: Some(thread),
        })
    }

    pub(super) fn handle(&self) -> Handle {
        self.handle.clone()
    }

    fn there<T: Send + 'static>(
        &self,
        job: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let task = self.handle.spawn(job);
        async move { task.await.ok() }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        drop(self.over.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn gone() -> Refusal {
    Refusal::NotNow {
        why: "the sessions have ended".to_owned(),
    }
}

fn gone_fault() -> OpenFault {
    OpenFault::Environment {
        text: "the sessions have ended".to_owned(),
        hint: None,
    }
}

impl Sessions for Elsewhere {
    fn open(&self, spec: OpenSpec) -> Later<'_, Result<SessionHead, OpenFault>> {
        let sessions = Arc::clone(&self.sessions);
        let job = self.there(async move { sessions.open(spec).await });
        Box::pin(async move { job.await.unwrap_or_else(|| Err(gone_fault())) })
    }

    fn submit(
        &self,
        session: SessionId,
        key: OpKey,
        op: Op,
    ) -> Later<'_, Result<Accepted, Refusal>> {
        let sessions = Arc::clone(&self.sessions);
        let job = self.there(async move { sessions.submit(session, key, op).await });
        Box::pin(async move { job.await.unwrap_or_else(|| Err(gone())) })
    }

    fn follow(
        &self,
        session: SessionId,
        after: Option<EntryId>,
    ) -> Later<'_, Result<EventStream, Refusal>> {
        let sessions = Arc::clone(&self.sessions);
        let job = self.there(async move { sessions.follow(session, after).await });
        Box::pin(async move { job.await.unwrap_or_else(|| Err(gone())) })
    }

    fn timeline(&self, session: SessionId) -> Later<'_, Result<Timeline, Refusal>> {
        let sessions = Arc::clone(&self.sessions);
        let job = self.there(async move { sessions.timeline(session).await });
        Box::pin(async move { job.await.unwrap_or_else(|| Err(gone())) })
    }

    fn preview(
        &self,
        session: SessionId,
        wish: RestoreWish,
    ) -> Later<'_, Result<RestorePreview, Refusal>> {
        let sessions = Arc::clone(&self.sessions);
        let job = self.there(async move { sessions.preview(session, wish).await });
        Box::pin(async move { job.await.unwrap_or_else(|| Err(gone())) })
    }

    fn diff(
        &self,
        session: SessionId,
        what: UndoWhat,
    ) -> Later<'_, Result<Vec<FileDiff>, Refusal>> {
        let sessions = Arc::clone(&self.sessions);
        let job = self.there(async move { sessions.diff(session, what).await });
        Box::pin(async move { job.await.unwrap_or_else(|| Err(gone())) })
    }

    fn list(&self) -> Later<'_, Result<Vec<SessionRow>, OpenFault>> {
        let sessions = Arc::clone(&self.sessions);
        let job = self.there(async move { sessions.list().await });
        Box::pin(async move { job.await.unwrap_or_else(|| Err(gone_fault())) })
    }

    fn models(&self) -> Later<'_, Vec<ModelRow>> {
        let sessions = Arc::clone(&self.sessions);
        let job = self.there(async move { sessions.models().await });
        Box::pin(async move { job.await.unwrap_or_default() })
    }

    fn close_all(&self) -> Later<'_, ()> {
        let sessions = Arc::clone(&self.sessions);
        let job = self.there(async move { sessions.close_all().await });
        Box::pin(async move { job.await.unwrap_or_default() })
    }
}
