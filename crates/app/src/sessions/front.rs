//! The sessions of this process as front ends reach them.

use super::{Hub, Persistence, environment, log_fault};
use gimlet_ports::{
    EventStream, Later, ModelRow, OpenFault, OpenSpec, SessionHead, SessionRow, Sessions,
    Snapshots as _,
};
use gimlet_protocol::{
    Accepted, Change, EntryId, FileDiff, Op, OpKey, Refusal, RestorePreview, RestoreWish,
    SessionId, Timeline, UndoWhat,
};
use gimlet_store::{Scope, Store};

impl Sessions for Hub {
    fn open(&self, spec: OpenSpec) -> Later<'_, Result<SessionHead, OpenFault>> {
        Box::pin(self.open_session(spec))
    }

    fn submit(
        &self,
        session: SessionId,
        key: OpKey,
        op: Op,
    ) -> Later<'_, Result<Accepted, Refusal>> {
        Box::pin(async move {
            let mut narrowed = None;
            if let Op::Configure {
                change: Change::Mode { mode },
            } = &op
            {
                narrowed = Some(*mode);
            }
            let act = match self.attended(&session) {
                None => self.launch.deck.act(&op),
                Some(_) => None,
            };
            let accepted = self.handle(&session)?.submit(key.clone(), op).await?;
            if let Some(act) = act {
                self.launch.deck.performed(act);
            }
            if let Some(mode) = narrowed {
                self.hold_workers_to(&session, mode, &key).await;
            }
            Ok(accepted)
        })
    }

    fn follow(
        &self,
        session: SessionId,
        after: Option<EntryId>,
    ) -> Later<'_, Result<EventStream, Refusal>> {
        Box::pin(async move { self.handle(&session)?.follow(after).await })
    }

    fn list(&self) -> Later<'_, Result<Vec<SessionRow>, OpenFault>> {
        Box::pin(async move {
            let store = self.store.clone();
            let scope = Scope::Folder(self.launch.cwd.clone());
            let listed = tokio::task::spawn_blocking(move || store.list(&scope)).await;
            let listing = listed
                .map_err(|error| environment(error.to_string(), None))?
                .map_err(|fault| log_fault(&fault))?;
            let rows = listing.cards.into_iter().map(|card| SessionRow {
                id: card.id,
                title: card.title,
                first_prompt: card.first_prompt.unwrap_or_default(),
                entries: card.entries,
                at: card.updated,
            });
            Ok(rows.collect())
        })
    }

    fn models(&self) -> Later<'_, Vec<ModelRow>> {
        Box::pin(async move { self.registry.rows() })
    }

    fn timeline(&self, session: SessionId) -> Later<'_, Result<Timeline, Refusal>> {
        Box::pin(async move {
            let (taker, log) = self.past_of(&session)?;
            Ok(taker.timeline(log).await)
        })
    }

    fn preview(
        &self,
        session: SessionId,
        wish: RestoreWish,
    ) -> Later<'_, Result<RestorePreview, Refusal>> {
        Box::pin(async move {
            let (taker, log) = self.past_of(&session)?;
            taker.preview(log, wish).await
        })
    }

    fn diff(
        &self,
        session: SessionId,
        what: UndoWhat,
    ) -> Later<'_, Result<Vec<FileDiff>, Refusal>> {
        Box::pin(async move {
            let (taker, log) = self.past_of(&session)?;
            taker.diff(log, what).await
        })
    }

    fn close_all(&self) -> Later<'_, ()> {
        Box::pin(async move {
            let open = self.all_open().clone();
            // Workers began after those who started them, and end before them.
            for (id, session) in open.into_iter().rev() {
                let key = OpKey(format!("{id}:close:{}", Store::fresh_id()));
                // A session that is gone already needs no closing.
                if session.handle.submit(key, Op::Close).await.is_ok() {
                    session.handle.ended().await;
                }
                if let Some(worker) = &session.worker {
                    worker.told().await;
                }
                self.all_open().remove(&id);
                // What goes on has its output and its `/tmp` there.
                let goes_on = session.tools.tasks.some_go_on();
                self.leave_worktree(session).await;
                if self.launch.persistence == Persistence::None && !goes_on {
                    self.leave_no_trace(&id);
                }
            }
        })
    }
}
