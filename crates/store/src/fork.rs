//! A new session that begins as a copy of another.

use crate::{
    Store,
    log::{
        FORMAT, Faults as _, Header, LogView, RawEntry, SessionFile, now, place_after, slice, why,
    },
};
use gimlet_ports::LogFault;
use gimlet_protocol::{EntryId, SessionId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap as _};
use serde_json::value::{RawValue, to_raw_value};
use std::{borrow::Cow, fmt, io::Write as _, path::Path};

/// How much of a log is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkAt {
    /// All of it.
    End,
    /// Up to this entry, with it.
    Entry(EntryId),
}

impl Store {
    /// Copies a log up to an entry under a new id; the other may be in use. Every line is
    /// copied byte for byte but two: `opened` gets the new id and says where it comes from,
    /// and an entry that now ends its batch is told so. The scratch folder is not copied;
    /// files in the old one stay where the log says.
    ///
    /// # Errors
    /// When there is no such session or entry, or the copy cannot be written; nothing is
    /// left behind then.
    pub fn fork(
        &self,
        of: &SessionId,
        at: ForkAt,
        id: &SessionId,
        cwd: &Path,
    ) -> Result<SessionFile, LogFault> {
        let view = self.view(of)?;
        let tail = view.tail()?;
        let broken = |error: std::io::Error| LogFault::broken_at(view.path(), &error);
        let wanted = match at {
            ForkAt::End => tail.last_id.map(EntryId),
            ForkAt::Entry(entry) => Some(entry),
        };
        let Some(last) = wanted else {
            return Err(LogFault::Missing {
                what: format!("`{of}`, which has no entries"),
            });
        };
        if tail.next_id <= last.0 {
            return Err(LogFault::Missing {
                what: format!("`{of}` at entry {last}"),
            });
        }
        let end = place_after(view.file(), &tail, last).map_err(broken)?;
        let copied = slice(view.file(), tail.header_end, end).map_err(broken)?;
        let from = (of.clone(), last);
        let bytes = adopted(&view, &copied, id, &from)?;
        let header = Header {
            gimlet_log: FORMAT,
            session: id.clone(),
            created: now(),
            cwd: crate::layout::canonical(cwd),
            forked_from: Some(from),
        };
        let made = self.create_as(header)?;
        let path = made.path().to_owned();
        let lock = made.into_lock();
        let written = std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .and_then(|mut file| {
                file.write_all(&bytes)?;
                file.sync_all()
            });
        drop(lock);
        if let Err(error) = written {
            drop(std::fs::remove_file(&path));
            return Err(LogFault::broken_at(&path, &error));
        }
        Ok(SessionFile::open(&path)?.0)
    }
}

/// The lines of a log as they stand in its copy.
fn adopted(
    view: &LogView,
    lines: &[u8],
    id: &SessionId,
    from: &(SessionId, EntryId),
) -> Result<Vec<u8>, LogFault> {
    let failed = |error: serde_json::Error| LogFault::Broken {
        path: view.path().to_owned(),
        why: format!("the copy cannot be written: {}", why(&error)),
    };
    let mut out = Vec::with_capacity(lines.len() + 256);
    let last_start = lines
        .len()
        .checked_sub(1)
        .and_then(|end| memchr::memrchr(b'\n', lines.get(..end)?))
        .map_or(0, |place| place + 1);
    let mut at = 0;
    let mut opened = false;
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let is_last = at == last_start;
        at += line.len();
        // Only the first entries can be `opened`; the rest is copied without a look.
        let raw = if !opened || is_last {
            RawEntry::parse(line)
        } else {
            None
        };
        let Some(mut raw) = raw else {
            out.extend_from_slice(line);
            continue;
        };
        let mut changed = is_last && raw.more;
        if is_last {
            raw.more = false;
        }
        let renamed;
        if !opened && raw.tag().as_deref() == Some("opened") {
            opened = true;
            changed = true;
            renamed = renamed_opened(raw.fact, id, from).map_err(failed)?;
            raw.fact = &renamed;
        }
        if changed {
            serde_json::to_writer(&mut out, &raw).map_err(failed)?;
            out.push(b'\n');
        } else {
            out.extend_from_slice(line);
        }
    }
    Ok(out)
}

fn renamed_opened(
    fact: &RawValue,
    id: &SessionId,
    from: &(SessionId, EntryId),
) -> Result<Box<RawValue>, serde_json::Error> {
    let mut fact: Members<'_> = serde_json::from_str(fact.get())?;
    let Some(data) = fact
        .0
        .iter()
        .find(|(name, _)| name == "data")
        .map(|(_, data)| data)
    else {
        return to_raw_value(&fact);
    };
    let text = data.get().to_owned();
    let mut data: Members<'_> = serde_json::from_str(&text)?;
    data.set("session", to_raw_value(id)?);
    data.set("forked_from", to_raw_value(from)?);
    fact.set("data", to_raw_value(&data)?);
    to_raw_value(&fact)
}

/// An object whose members stay as they are, text and order.
struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

impl Members<'_> {
    fn set(&mut self, name: &str, value: Box<RawValue>) {
        let value = Cow::Owned(value);
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((Cow::Owned(name.to_owned()), value)),
        }
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Vec<(Cow<'de, str>, Cow<'de, RawValue>)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((Cow::Owned(name), Cow::Borrowed(value)));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Visitor).map(Members)
    }
}
