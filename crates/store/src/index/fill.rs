//! Taking a log's new lines into the index.

use super::{Index, IndexFault, Progress, Row, put_row};
use crate::{
    card::{FileStamp, SessionCard, scan_card, shortened, text_of},
    log::{Faults as _, LogView, RawEntry, next_line, slice},
};
use gimlet_ports::LogFault;
use gimlet_protocol::{Change, Fact, Mark};
use rusqlite::{OptionalExtension as _, Transaction, params};
use serde::Deserialize;
use std::{collections::BTreeSet, path::Path, time::Instant};

/// How much is read between two looks at the clock.
const CHUNK_BYTES: u64 = 4 * 1024 * 1024;
/// How much of one text is searchable.
const TEXT_BYTES: usize = 256 * 1024;

/// What the index knows of a session.
struct Known {
    key: i64,
    done: u64,
    inode: i64,
    card: SessionCard,
}

/// Takes a session's texts out.
pub(super) fn clear(change: &Transaction<'_>, key: i64) -> Result<(), IndexFault> {
    change.execute(
        "DELETE FROM text WHERE rowid IN (SELECT rowid FROM place WHERE session = ?1)",
        [key],
    )?;
    change.execute("DELETE FROM place WHERE session = ?1", [key])?;
    Ok(())
}

impl Index {
    pub(super) fn update_until(
        &mut self,
        log: &Path,
        until: Option<Instant>,
    ) -> Result<Progress, IndexFault> {
        let Some(id) = crate::layout::session_of(log) else {
            return Ok(Progress::Done);
        };
        let stamp = FileStamp::of(log)?;
        let relative = self.relative(log).to_vec();
        let change = self.connection.transaction()?;
        let mut card = match scan_damage(log)? {
            Some(card) => {
                // Nothing to read in it, but a listing shows that it is there.
                let text = json(&card)?;
                let row = Row {
                    id: id.as_str(),
                    path: &relative,
                    stamp: Some(stamp),
                    done: 0,
                    updated: card.updated.0,
                    card: &text,
                };
                let key = put_row(&change, &row)?;
                clear(&change, key)?;
                change.commit()?;
                return Ok(Progress::Done);
            }
            None => fresh_card(log)?,
        };
        let view = LogView::open(log)?;
        let tail = view.tail()?;
        let known = known(&change, id.as_str())?;
        let mut done = tail.header_end;
        if let Some(known) = known {
            // A log only grows; a shorter or another file is read from its start.
            if known.inode == stamp.inode.cast_signed() && known.done <= tail.end && known.done > 0
            {
                done = known.done.max(tail.header_end);
                card.title = known.card.title;
                card.first_prompt = known.card.first_prompt;
            } else {
                clear(&change, known.key)?;
            }
        }
        card.entries = tail.next_id;
        card.size = stamp.size;
        if let Some(at) = tail.last_at {
            card.updated.0 = at;
        }
        let mut row = Row {
            id: id.as_str(),
            path: &relative,
            stamp: None,
            done,
            updated: card.updated.0,
            card: "{}",
        };
        let key = put_row(&change, &row)?;
        let broken = |error: std::io::Error| LogFault::broken_at(log, &error);
        let mut paths = BTreeSet::new();
        while done < tail.end && until.is_none_or(|until| Instant::now() < until) {
            let stop = next_line(view.file(), (done + CHUNK_BYTES).min(tail.end), tail.end)
                .map_err(broken)?;
            let bytes = slice(view.file(), done, stop).map_err(broken)?;
            for line in bytes.split(|byte| *byte == b'\n') {
                let mut taker = Taker {
                    change: &change,
                    key,
                    card: &mut card,
                    paths: &mut paths,
                };
                taker.take(line)?;
            }
            done = stop;
        }
        let text = json(&card)?;
        row.done = done;
        row.card = &text;
        let progress = if done < tail.end {
            Progress::Partly
        } else {
            row.stamp = Some(stamp);
            Progress::Done
        };
        if row.stamp.is_none() {
            // The inode is kept, so that the next update goes on from here.
            put_row(&change, &row)?;
            change.execute(
                "UPDATE session SET inode = ?2 WHERE key = ?1",
                params![key, stamp.inode.cast_signed()],
            )?;
        } else {
            put_row(&change, &row)?;
        }
        change.commit()?;
        Ok(progress)
    }
}

fn json(card: &SessionCard) -> Result<String, IndexFault> {
    serde_json::to_string(card).map_err(|error| IndexFault::Broken {
        why: error.to_string(),
    })
}

fn known(change: &Transaction<'_>, id: &str) -> Result<Option<Known>, IndexFault> {
    let row = change
        .query_row(
            "SELECT key, done, inode, card FROM session WHERE id = ?1",
            [id],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get::<_, i64>(1)?,
                    row.get(2)?,
                    row.get::<_, String>(3)?,
                ))
            },
        )
        .optional()?;
    Ok(row.and_then(|(key, done, inode, card)| {
        let card = serde_json::from_str(&card).ok()?;
        Some(Known {
            key,
            done: done.cast_unsigned(),
            inode,
            card,
        })
    }))
}

/// The card of a log whose start cannot be read.
fn scan_damage(log: &Path) -> Result<Option<SessionCard>, LogFault> {
    match LogView::open(log).and_then(|view| view.header()) {
        Ok(_) => Ok(None),
        Err(LogFault::Newer { .. } | LogFault::Corrupt { .. }) => scan_card(log).map(Some),
        Err(fault) => Err(fault),
    }
}

fn fresh_card(log: &Path) -> Result<SessionCard, LogFault> {
    let header = LogView::open(log)?.header()?;
    Ok(SessionCard {
        id: header.session,
        path: log.to_owned(),
        cwd: header.cwd,
        title: None,
        first_prompt: None,
        created: header.created,
        updated: header.created,
        entries: 0,
        size: 0,
        damage: None,
    })
}

struct Taker<'a, 'c> {
    change: &'a Transaction<'c>,
    key: i64,
    card: &'a mut SessionCard,
    paths: &'a mut BTreeSet<String>,
}

impl Taker<'_, '_> {
    fn take(&mut self, line: &[u8]) -> Result<(), IndexFault> {
        let Some(raw) = RawEntry::parse(line) else {
            return Ok(());
        };
        let Some(tag) = raw.tag() else { return Ok(()) };
        match &*tag {
            // Results are large and not searched; only the paths of their marks are.
            "returned" => self.take_marks(&raw),
            "prompted" | "steered" | "said" | "configured" => {
                let Ok(fact) = serde_json::from_str::<Fact>(raw.fact.get()) else {
                    return Ok(());
                };
                self.take_fact(raw.id.0, &fact)
            }
            _ => Ok(()),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only these four kinds come here"
    )]
    fn take_fact(&mut self, entry: u64, fact: &Fact) -> Result<(), IndexFault> {
        match fact {
            Fact::Prompted(incoming) | Fact::Steered(incoming) => {
                let text = text_of(&incoming.content);
                if self.card.first_prompt.is_none() && matches!(fact, Fact::Prompted(_)) {
                    self.card.first_prompt = Some(shortened(&text, crate::card::PROMPT_CHARS));
                }
                self.add(entry, "prompt", &text)
            }
            Fact::Said(said) => self.add(entry, "reply", &said.text),
            Fact::Configured(Change::Title { title }) => {
                self.card.title = Some(title.clone());
                self.add(entry, "title", title)
            }
            _ => Ok(()),
        }
    }

    fn take_marks(&mut self, raw: &RawEntry<'_>) -> Result<(), IndexFault> {
        #[derive(Deserialize)]
        struct Returned {
            data: Marks,
        }
        #[derive(Deserialize)]
        struct Marks {
            #[serde(default)]
            marks: Vec<Mark>,
        }
        let Ok(result) = serde_json::from_str::<Returned>(raw.fact.get()) else {
            return Ok(());
        };
        for mark in result.data.marks {
            if let Mark::Seen { path, .. } = mark {
                let path = path.to_string_lossy().into_owned();
                if self.paths.insert(path.clone()) && !self.has_path(&path)? {
                    self.add(raw.id.0, "path", &path)?;
                }
            }
        }
        Ok(())
    }

    fn has_path(&self, path: &str) -> Result<bool, IndexFault> {
        let found: Option<i64> = self
            .change
            .prepare_cached(
                "SELECT 1 FROM place JOIN text ON text.rowid = place.rowid
                 WHERE place.session = ?1 AND place.kind = 'path' AND text.body = ?2",
            )?
            .query_row(params![self.key, path], |row| row.get(0))
            .optional()?;
        Ok(found.is_some())
    }

    fn add(&self, entry: u64, kind: &str, text: &str) -> Result<(), IndexFault> {
        let mut end = text.len().min(TEXT_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = text.get(..end).unwrap_or_default().replace('\0', " ");
        if text.trim().is_empty() {
            return Ok(());
        }
        self.change
            .prepare_cached("INSERT INTO place (session, entry, kind) VALUES (?1, ?2, ?3)")?
            .execute(params![self.key, entry.cast_signed(), kind])?;
        let row = self.change.last_insert_rowid();
        self.change
            .prepare_cached("INSERT INTO text (rowid, body) VALUES (?1, ?2)")?
            .execute(params![row, text])?;
        Ok(())
    }
}
