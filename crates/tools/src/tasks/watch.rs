//! Monitors: tasks whose lines are told as they come.

use super::{Run, Tasks};
use crate::limits::{END_GRACE, EVENT_CHARS};
use gimlet_ports::Host;
use gimlet_protocol::TaskId;
use std::{path::PathBuf, time::Duration};
use tokio::time::Instant;

/// Bytes of output that a monitor is followed through.
const FOLLOWED_BYTES: u64 = 4 << 20;

/// How far a monitor was followed.
pub(super) struct Watch {
    what: String,
    /// When it is ended.
    over: Instant,
    /// Bytes of its output that were told.
    told: usize,
    /// Lines that wait to be told.
    events: Vec<String>,
    /// True when there is nothing more to follow.
    is_over: bool,
}

impl Watch {
    pub(super) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// What the model is told, once.
    pub(super) fn take(&mut self, id: &TaskId) -> Option<String> {
        let events = std::mem::take(&mut self.events);
        if events.is_empty() {
            return None;
        }
        let mut text = format!("monitor {id} ({}):", self.what);
        for (index, event) in events.iter().enumerate() {
            if text.len() + event.len() > EVENT_CHARS && index > 0 {
                let left = events.len() - index;
                text.extend([format!("\n[{left} more lines are in its output]")]);
                break;
            }
            text.push('\n');
            text.extend(event.chars().take(EVENT_CHARS));
        }
        Some(text)
    }
}

impl Tasks {
    /// Makes a monitor of a task.
    pub(crate) fn watch(&self, id: &TaskId, what: String, time: Duration) {
        if let Some(task) = self.all().get_mut(id) {
            task.watch = Some(Watch {
                what,
                over: Instant::now() + time,
                told: 0,
                events: Vec::new(),
                is_over: false,
            });
        }
    }

    /// Looks what monitors have printed, and ends those whose time is over.
    pub async fn follow_monitors(&self, host: &dyn Host) {
        for (id, output, told, over) in self.monitors() {
            if Instant::now() >= over && self.is_going(&id) {
                self.end(&id, END_GRACE).await;
                self.push(&id, vec!["[its time is over: it was ended]".to_owned()]);
            }
            let ended = !self.is_going(&id);
            let (new, seen) = match host.read(&output, FOLLOWED_BYTES).await {
                Ok((bytes, _)) => lines(&bytes, told, ended),
                // Not there yet, or more than is followed.
                Err(_) => (Vec::new(), told),
            };
            if let Some(watch) = self.all().get_mut(&id).and_then(|task| task.watch.as_mut())
                // Someone else may have followed it meanwhile.
                && watch.told == told
                && !watch.is_over
            {
                watch.events.extend(new);
                watch.told = seen;
                watch.is_over = ended;
            }
        }
    }

    fn monitors(&self) -> Vec<(TaskId, PathBuf, usize, Instant)> {
        let all = self.all();
        let going = all.iter().filter_map(|(id, task)| {
            let watch = task.watch.as_ref().filter(|watch| !watch.is_over)?;
            Some((id.clone(), task.output.clone(), watch.told, watch.over))
        });
        going.collect()
    }

    fn is_going(&self, id: &TaskId) -> bool {
        let mut all = self.all();
        all.get_mut(id)
            .is_some_and(|task| task.exit().is_none() && !matches!(task.run, Run::Ending))
    }

    fn push(&self, id: &TaskId, lines: Vec<String>) {
        if let Some(watch) = self.all().get_mut(id).and_then(|task| task.watch.as_mut()) {
            watch.events.extend(lines);
        }
    }
}

/// The whole lines from a place on, the last one too where nothing more comes, and how far
/// they reach.
fn lines(bytes: &[u8], from: usize, ended: bool) -> (Vec<String>, usize) {
    let rest = bytes.get(from..).unwrap_or_default();
    let whole = match rest.iter().rposition(|byte| *byte == b'\n') {
        _ if ended => rest.len(),
        Some(last) => last + 1,
        None => 0,
    };
    let text = String::from_utf8_lossy(rest.get(..whole).unwrap_or_default());
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    (lines.map(str::to_owned).collect(), from + whole)
}
