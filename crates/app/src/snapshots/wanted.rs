//! What a log tells of files: turns, their change sets, what was taken back, and what taking
//! back some of them amounts to, path by path.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "it looks for a few kinds among all"
)]

use gimlet_protocol::{
    Author, Block, CallId, Conflict, Entry, EntryId, Fact, FileChange, FileState, LeftOut, Refusal,
    RestoreWish, SessionId, Snapshot, SnapshotOf, SnapshotRef, Timeline, TimelineChange,
    TimelineTurn, Timestamp, UndoWhat,
};
use gimlet_store::{
    Store, active_path,
    snapshots::{Wanted, Workspace},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::PathBuf,
};

/// Characters of a prompt on the timeline.
const PROMPT_CHARS: usize = 200;
/// Paths of a change set on the timeline.
const MOST_PATHS: usize = 20;
/// Bytes of a content of which the difference is shown.
const MOST_TEXT_BYTES: usize = 512 * 1024;
/// How deep workers' workers are looked for.
const MOST_DEPTH: u32 = 8;

const BETWEEN: &str = "someone else changed it between these calls";
const DOUBT: &str = "it may have been changed by someone else";
const LATER: &str = "a later call changed it, too";

/// A change set of a session or of one of its workers.
struct Set {
    place: SnapshotRef,
    at: Timestamp,
    /// The prompt of the turn in which it was made.
    turn: Option<EntryId>,
    /// The entry of the session's own log after which it was made.
    after: EntryId,
    tool: Option<String>,
    undone: bool,
    snapshot: Snapshot,
}

/// An undo, and whether it was taken back.
struct Undo {
    entry: EntryId,
    snapshot: Snapshot,
    redone: bool,
}

/// What a log and those of its workers tell of files.
pub(super) struct History {
    /// Of calls and background tasks, in the order in which they were made.
    sets: Vec<Set>,
    undos: Vec<Undo>,
}

/// What is to be put back.
pub(super) struct Chosen {
    pub(super) wanted: Vec<Wanted>,
    pub(super) refs: Vec<SnapshotRef>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) beside: BTreeSet<String>,
    /// The undo that is taken back, where it is one.
    pub(super) undo: Option<EntryId>,
    /// Paths that calls changed later that are not among the chosen.
    later: HashSet<PathBuf>,
}

impl Chosen {
    /// The conflicts, with what is known of who is behind them.
    pub(super) fn explained(&self, mut conflicts: Vec<Conflict>) -> Vec<Conflict> {
        for conflict in &mut conflicts {
            if self.later.contains(&conflict.path) && conflict.why.ends_with("since") {
                LATER.clone_into(&mut conflict.why);
            }
        }
        conflicts
    }
}

impl History {
    pub(super) fn of(
        session: &SessionId,
        log: &[Entry],
        store: &Store,
        workspace: &Workspace,
    ) -> Self {
        let mut history = Self {
            sets: Vec::new(),
            undos: Vec::new(),
        };
        history.take(session, log, workspace);
        history.take_workers(log, store, workspace, MOST_DEPTH);
        history
            .sets
            .sort_by(|one, other| (one.at, &one.place).cmp(&(other.at, &other.place)));
        history.place_in(session, log);
        history.mark_undone(&|place| own_place(session, log, place));
        history
    }

    fn take(&mut self, session: &SessionId, log: &[Entry], workspace: &Workspace) {
        let mut tools: HashMap<&CallId, &str> = HashMap::new();
        for entry in log {
            match &entry.fact {
                Fact::Called(called) => {
                    tools.insert(&called.call.id, &called.call.tool);
                }
                Fact::Snapshot(snapshot) => {
                    let mut snapshot = (**snapshot).clone();
                    // The fact of a very large set holds only its beginning.
                    if (snapshot.changes.len() as u64) < snapshot.total
                        && let Some(whole) = workspace.set(&snapshot.set)
                    {
                        snapshot.changes = whole.changes;
                    }
                    let place = SnapshotRef {
                        session: session.clone(),
                        entry: entry.id,
                    };
                    match &snapshot.of {
                        SnapshotOf::Undo { .. } | SnapshotOf::Redo { .. } => {
                            self.undos.push(Undo {
                                entry: entry.id,
                                snapshot,
                                redone: false,
                            });
                        }
                        SnapshotOf::Call { .. } | SnapshotOf::Background { .. } => {
                            let tool = match &snapshot.of {
                                SnapshotOf::Call { call } => tools.get(call),
                                _ => None,
                            };
                            self.sets.push(Set {
                                place,
                                at: entry.at,
                                turn: None,
                                after: entry.id,
                                tool: tool.map(|tool| (*tool).to_owned()),
                                undone: false,
                                snapshot,
                            });
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Workers in the same folders: those with a worktree of their own have a past of their
    /// own.
    fn take_workers(&mut self, log: &[Entry], store: &Store, workspace: &Workspace, depth: u32) {
        if depth == 0 {
            return;
        }
        for entry in log {
            let Fact::Hired(hired) = &entry.fact else {
                continue;
            };
            if hired.worktree.is_some() {
                continue;
            }
            let view = store.view(&hired.worker).ok();
            let Some(entries) = view.and_then(|view| view.read(None).ok()) else {
                continue;
            };
            let entries: Vec<Entry> = entries.flatten().collect();
            let undos = self.undos.len();
            self.take(&hired.worker, &entries, workspace);
            self.undos.truncate(undos);
            self.take_workers(&entries, store, workspace, depth - 1);
        }
    }

    /// Tells in which turn of the session each set was made; workers' by the time.
    fn place_in(&mut self, session: &SessionId, log: &[Entry]) {
        for set in &mut self.sets {
            let is_own = set.place.session == *session;
            let earlier = |entry: &&Entry| {
                if is_own {
                    entry.id <= set.place.entry
                } else {
                    entry.at <= set.at
                }
            };
            if let Some(last) = log.iter().rev().find(earlier) {
                set.after = last.id;
            }
            let prompt = log
                .iter()
                .rev()
                .filter(earlier)
                .find(|entry| matches!(entry.fact, Fact::Prompted(_)));
            set.turn = prompt.map(|prompt| prompt.id);
        }
    }

    fn mark_undone(&mut self, own: &dyn Fn(SnapshotRef) -> SnapshotRef) {
        let mut undone: BTreeSet<SnapshotRef> = BTreeSet::new();
        for place in 0..self.undos.len() {
            let Some(undo) = self.undos.get(place) else {
                continue;
            };
            match undo.snapshot.of.clone() {
                SnapshotOf::Undo { undone: sets, .. } => {
                    undone.extend(sets.into_iter().map(own));
                }
                SnapshotOf::Redo { undo, .. } => {
                    let Some(taken) = self.undos.iter_mut().find(|it| it.entry == undo) else {
                        continue;
                    };
                    taken.redone = true;
                    if let SnapshotOf::Undo { undone: sets, .. } = &taken.snapshot.of {
                        for set in sets {
                            undone.remove(&own(set.clone()));
                        }
                    }
                }
                SnapshotOf::Call { .. } | SnapshotOf::Background { .. } => {}
            }
        }
        for set in &mut self.sets {
            set.undone = undone.contains(&set.place);
        }
    }

    /// The sets that are meant, oldest first. `live` leaves out what was taken back.
    fn chosen(&self, what: &UndoWhat, live: Live) -> Result<Vec<&Set>, Refusal> {
        let counts = |set: &&Set| live == Live::All || !set.undone;
        let is_call = |set: &&Set| matches!(set.snapshot.of, SnapshotOf::Call { .. });
        let sets = self.sets.iter().filter(counts);
        let chosen: Vec<&Set> = match what {
            UndoWhat::Turns { count } => {
                let with_changes = sets
                    .clone()
                    .filter(is_call)
                    .filter(|set| set.snapshot.total > 0);
                let turns: BTreeSet<EntryId> = with_changes.filter_map(|set| set.turn).collect();
                let count = usize::try_from(*count).unwrap_or(usize::MAX);
                let turns: BTreeSet<EntryId> = turns.into_iter().rev().take(count).collect();
                sets.filter(is_call)
                    .filter(|set| set.turn.is_some_and(|turn| turns.contains(&turn)))
                    .collect()
            }
            UndoWhat::Turn { entry } => sets
                .filter(is_call)
                .filter(|set| set.turn == Some(*entry))
                .collect(),
            UndoWhat::Call { call } => sets.filter(|set| is_of(&set.snapshot.of, call)).collect(),
            UndoWhat::Since { entry } => sets
                .filter(is_call)
                .filter(|set| set.after > *entry)
                .collect(),
        };
        if chosen.is_empty() && !matches!(what, UndoWhat::Since { .. }) {
            return Err(nothing(self.why_nothing(what)));
        }
        Ok(chosen)
    }

    fn why_nothing(&self, what: &UndoWhat) -> &'static str {
        let undone = |set: &Set| set.undone;
        match what {
            UndoWhat::Turns { .. } if self.sets.iter().any(undone) => {
                "everything that the session changed was taken back already"
            }
            UndoWhat::Turns { .. } => "the session has changed no files",
            UndoWhat::Turn { entry } => {
                if self
                    .sets
                    .iter()
                    .any(|set| set.turn == Some(*entry) && set.undone)
                {
                    "what that turn changed was taken back already"
                } else {
                    "that turn changed no files"
                }
            }
            UndoWhat::Call { call } => {
                let mut known = self.sets.iter().filter(|set| is_of(&set.snapshot.of, call));
                if known.any(undone) {
                    "what that call changed was taken back already"
                } else {
                    "no call of that name changed files"
                }
            }
            UndoWhat::Since { .. } => "nothing changed since",
        }
    }

    /// What chosen sets amount to together, whatever became of them.
    pub(super) fn changes_of(&self, what: &UndoWhat) -> Result<Vec<FileChange>, Refusal> {
        let live = match what {
            UndoWhat::Turns { .. } => Live::NotUndone,
            UndoWhat::Turn { .. } | UndoWhat::Call { .. } | UndoWhat::Since { .. } => Live::All,
        };
        let chosen = self.chosen(what, live)?;
        let composed = composed(&chosen);
        let changes = composed.into_iter().map(|(path, sum)| FileChange {
            path,
            before: sum.first,
            after: sum.last,
            author: match sum.doubt {
                Some(_) => Author::Doubtful,
                None => Author::Certain,
            },
        });
        Ok(changes
            .filter(|change| change.before != change.after)
            .collect())
    }

    pub(super) fn timeline(&self, log: &[Entry]) -> Timeline {
        let path = active_path(log);
        let on_branch: HashSet<EntryId> = path
            .places
            .iter()
            .filter_map(|place| Some(log.get(*place)?.id))
            .collect();
        let mut turns = Vec::new();
        for entry in log {
            let Fact::Prompted(incoming) = &entry.fact else {
                continue;
            };
            let sets = self.sets.iter().filter(|set| set.turn == Some(entry.id));
            turns.push(TimelineTurn {
                number: u32::try_from(turns.len() + 1).unwrap_or(u32::MAX),
                entry: entry.id,
                before: entry.parent,
                at: entry.at,
                prompt: prompt_of(&incoming.content),
                on_branch: on_branch.contains(&entry.id),
                changes: sets.map(timeline_change).collect(),
            });
        }
        Timeline {
            turns,
            can_redo: self.last_undo().is_some(),
        }
    }

    fn last_undo(&self) -> Option<&Undo> {
        let undos = self.undos.iter().rev();
        let mut open = undos
            .filter(|undo| !undo.redone && matches!(undo.snapshot.of, SnapshotOf::Undo { .. }));
        open.next()
    }
}

/// A fork has the entries of the session that it came from as its own.
fn own_place(session: &SessionId, log: &[Entry], place: SnapshotRef) -> SnapshotRef {
    let from = log.iter().find_map(|entry| match &entry.fact {
        Fact::Opened(opened) => opened.forked_from.clone(),
        _ => None,
    });
    match from {
        Some((of, last)) if of == place.session && place.entry <= last => SnapshotRef {
            session: session.clone(),
            ..place
        },
        Some(_) | None => place,
    }
}

/// Whether what was taken back counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Live {
    NotUndone,
    All,
}

/// What is to be put back for a wish.
pub(super) fn wanted(history: &History, wish: &RestoreWish) -> Result<Chosen, Refusal> {
    match wish {
        RestoreWish::Redo => {
            let undo = history.last_undo();
            let undo = undo.ok_or_else(|| nothing("there is no undo to take back"))?;
            let changes = undo.snapshot.changes.iter();
            Ok(Chosen {
                wanted: changes
                    .map(|change| Wanted {
                        path: change.path.clone(),
                        expected: change.after.clone(),
                        target: change.before.clone(),
                        doubt: None,
                    })
                    .collect(),
                refs: Vec::new(),
                left_out: undo.snapshot.left_out.clone(),
                beside: BTreeSet::new(),
                undo: Some(undo.entry),
                later: HashSet::new(),
            })
        }
        RestoreWish::Undo { what } => {
            let chosen = history.chosen(what, Live::NotUndone)?;
            let places: BTreeSet<&SnapshotRef> = chosen.iter().map(|set| &set.place).collect();
            let first = chosen.first().map(|set| set.at);
            let others = history
                .sets
                .iter()
                .filter(|set| !set.undone && Some(set.at) >= first && !places.contains(&set.place));
            let later = others.flat_map(|set| &set.snapshot.changes);
            let later = later.map(|change| change.path.clone()).collect();
            let composed = composed(&chosen);
            Ok(Chosen {
                wanted: composed
                    .into_iter()
                    .map(|(path, sum)| Wanted {
                        path,
                        expected: sum.last,
                        target: sum.first,
                        doubt: sum.doubt.map(str::to_owned),
                    })
                    .collect(),
                refs: chosen.iter().map(|set| set.place.clone()).collect(),
                left_out: chosen
                    .iter()
                    .flat_map(|set| set.snapshot.left_out.clone())
                    .collect(),
                beside: chosen
                    .iter()
                    .flat_map(|set| set.snapshot.beside.clone())
                    .collect(),
                undo: None,
                later,
            })
        }
    }
}

/// What several changes of a path amount to.
struct Sum {
    first: Option<FileState>,
    last: Option<FileState>,
    doubt: Option<&'static str>,
}

fn composed(sets: &[&Set]) -> BTreeMap<PathBuf, Sum> {
    let mut sums: BTreeMap<PathBuf, Sum> = BTreeMap::new();
    for change in sets.iter().flat_map(|set| &set.snapshot.changes) {
        let doubt = (change.author == Author::Doubtful).then_some(DOUBT);
        if let Some(sum) = sums.get_mut(&change.path) {
            if sum.last != change.before {
                sum.doubt = Some(BETWEEN);
            }
            sum.doubt = sum.doubt.or(doubt);
            sum.last.clone_from(&change.after);
        } else {
            let sum = Sum {
                first: change.before.clone(),
                last: change.after.clone(),
                doubt,
            };
            sums.insert(change.path.clone(), sum);
        }
    }
    sums
}

fn is_of(of: &SnapshotOf, name: &CallId) -> bool {
    match of {
        SnapshotOf::Call { call } => call == name,
        SnapshotOf::Background { tasks } => tasks.iter().any(|task| task.as_str() == name.as_str()),
        SnapshotOf::Undo { .. } | SnapshotOf::Redo { .. } => false,
    }
}

fn timeline_change(set: &Set) -> TimelineChange {
    let changes = &set.snapshot.changes;
    let count =
        |wanted: fn(&FileChange) -> bool| changes.iter().filter(|it| wanted(it)).count() as u64;
    TimelineChange {
        snapshot: set.place.clone(),
        of: set.snapshot.of.clone(),
        tool: set.tool.clone(),
        created: count(|change| change.before.is_none()),
        changed: count(|change| change.before.is_some() && change.after.is_some()),
        deleted: count(|change| change.after.is_none()),
        undone: set.undone,
        paths: changes
            .iter()
            .take(MOST_PATHS)
            .map(|change| change.path.display().to_string())
            .collect(),
    }
}

fn prompt_of(content: &[Block]) -> String {
    let texts = content.iter().filter_map(|block| match block {
        Block::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let whole: Vec<&str> = texts.collect();
    let whole = whole.join(" ");
    let words: Vec<&str> = whole.split_whitespace().collect();
    words.join(" ").chars().take(PROMPT_CHARS).collect()
}

/// The difference of a change as text, where both sides are.
pub(super) fn text_of(workspace: &Workspace, change: &FileChange) -> Option<String> {
    let side = |state: &Option<FileState>| match state {
        None | Some(FileState::Folder { .. }) => Some(String::new()),
        Some(FileState::Link { to }) => Some(format!("link to {}\n", to.display())),
        Some(FileState::File {
            hash: Some(hash), ..
        }) => {
            let content = workspace.content(hash).ok()?;
            let is_text = content.len() <= MOST_TEXT_BYTES && !content.contains(&0);
            String::from_utf8(content).ok().filter(|_| is_text)
        }
        Some(FileState::File { hash: None, .. } | FileState::Special) => None,
    };
    let (before, after) = (side(&change.before)?, side(&change.after)?);
    Some(gimlet_tools::difference(&before, &after))
}

pub(super) fn nothing(why: &str) -> Refusal {
    Refusal::NotNow {
        why: why.to_owned(),
    }
}
