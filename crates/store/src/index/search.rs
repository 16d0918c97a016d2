//! Full-text search over the index.

use super::{Index, IndexFault};
use gimlet_protocol::{EntryId, SessionId};
use rusqlite::{params_from_iter, types::Value};
use std::collections::HashMap;

/// A place where the words of a query stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The session.
    pub session: SessionId,
    /// The entry.
    pub entry: EntryId,
    /// `prompt`, `reply`, `title` or `path`.
    pub kind: String,
    /// The text around the first word, in one line.
    pub excerpt: String,
}

/// Shorter words than this have no trigram and are looked for one text at a time.
const TRIGRAM_CHARS: usize = 3;
/// How many places of one session are told.
const PER_SESSION: usize = 3;
/// How many characters stand around the first word.
const AROUND_CHARS: usize = 60;

impl Index {
    /// Finds texts that hold every word of the query, in any case; nothing in the query has
    /// a special meaning. The newest session comes first.
    ///
    /// # Errors
    /// When the index is in use for long or damaged.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, IndexFault> {
        let query = query.replace('\0', " ");
        let words: Vec<&str> = query.split_whitespace().collect();
        let Some(first) = words.first() else {
            return Ok(Vec::new());
        };
        let (long, short): (Vec<&str>, Vec<&str>) = words
            .iter()
            .partition(|word| word.chars().count() >= TRIGRAM_CHARS);
        let mut values = Vec::new();
        let mut wheres = Vec::new();
        if !long.is_empty() {
            let quoted: Vec<String> = long
                .iter()
                .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
                .collect();
            values.push(Value::Text(quoted.join(" AND ")));
            wheres.push("text MATCH ?1".to_owned());
        }
        for word in short {
            let word = word
                .replace('\\', r"\\")
                .replace('%', r"\%")
                .replace('_', r"\_");
            values.push(Value::Text(format!("%{word}%")));
            wheres.push(format!(r"text.body LIKE ?{} ESCAPE '\'", values.len()));
        }
        let sql = format!(
            "SELECT session.id, place.entry, place.kind, text.body
             FROM text JOIN place ON place.rowid = text.rowid
             JOIN session ON session.key = place.session
             WHERE {} ORDER BY session.updated DESC, session.id DESC, place.entry",
            wheres.join(" AND ")
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut hits = Vec::new();
        let mut counts: HashMap<String, usize> = HashMap::new();
        while let Some(row) = rows.next()? {
            if hits.len() >= limit {
                break;
            }
            let session: String = row.get(0)?;
            let count = counts.entry(session.clone()).or_default();
            *count += 1;
            if *count > PER_SESSION {
                continue;
            }
            let entry: i64 = row.get(1)?;
            let body: String = row.get(3)?;
            hits.push(Hit {
                session: SessionId(session),
                entry: EntryId(entry.cast_unsigned()),
                kind: row.get(2)?,
                excerpt: excerpt(&body, first),
            });
        }
        Ok(hits)
    }
}

/// The text around the first place of `word`, in one line.
fn excerpt(body: &str, word: &str) -> String {
    let place = find_folded(body, word).unwrap_or(0);
    let (before, after) = body.split_at_checked(place).unwrap_or(("", body));
    let from = before
        .char_indices()
        .rev()
        .nth(AROUND_CHARS - 1)
        .map_or(0, |(at, _)| at);
    let window = AROUND_CHARS + word.chars().count();
    let to = after
        .char_indices()
        .nth(window)
        .map_or(after.len(), |(at, _)| at);
    let text = [
        before.get(from..).unwrap_or_default(),
        after.get(..to).unwrap_or_default(),
    ]
    .concat();
    let words: Vec<&str> = text.split_whitespace().collect();
    let (left, right) = (
        if from > 0 { "…" } else { "" },
        if to < after.len() { "…" } else { "" },
    );
    format!("{left}{}{right}", words.join(" "))
}

/// Where `word` begins in `body` in any case.
fn find_folded(body: &str, word: &str) -> Option<usize> {
    body.char_indices().map(|(at, _)| at).find(|at| {
        let rest = body.get(*at..).unwrap_or_default();
        let mut folded = rest.chars().flat_map(char::to_lowercase);
        word.chars()
            .flat_map(char::to_lowercase)
            .all(|wanted| folded.next() == Some(wanted))
    })
}
