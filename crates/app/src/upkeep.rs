//! The person's settings and sessions as a session's tools may see them.

use gimlet_ports::{Preference, Preferences, Reach, Shelf, Shelved};
use gimlet_settings::{LoadSpec, Settings, with_value};
use gimlet_store::{Scope, Store};
use serde_json::{Map, Value};
use std::{path::PathBuf, sync::Arc};

/// The settings in force, and the person's own file.
pub(crate) struct OwnSettings {
    pub(crate) settings: Arc<Settings>,
    pub(crate) spec: LoadSpec,
}

impl Preferences for OwnSettings {
    fn path(&self) -> PathBuf {
        self.spec.dirs.config.join("settings.json")
    }

    fn show(&self, key: Option<&str>) -> Result<Vec<Preference>, String> {
        let is_meant = |row: &str| {
            key.is_none_or(|key| {
                row.strip_prefix(key)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        if let Some(key) = key
            && self.settings.source_of(key).is_none()
        {
            return Err(format!("there is no setting `{key}`"));
        }
        let rows = self.settings.rows().into_iter();
        Ok(rows
            .filter(|(row, _, _)| is_meant(row))
            .map(|(key, value, source)| Preference {
                key,
                value,
                source: source.to_string(),
            })
            .collect())
    }

    fn changed(&self, text: &str, key: &str, value: &Value) -> Result<String, String> {
        // As a flag it must be understood; a file would be warned of only when it is read.
        let mut trial = self.spec.clone();
        trial.flag_settings = Some(nested(key, value).to_string());
        Settings::load(&trial).map_err(|fault| fault.to_string())?;
        if self.settings.source_of(key).is_none() {
            return Err(format!("there is no setting `{key}`"));
        }
        with_value(text, key, value)
    }
}

/// The value inside the objects of its key.
fn nested(key: &str, value: &Value) -> Value {
    key.rsplit('.').fold(value.clone(), |inner, part| {
        Value::Object(Map::from_iter([(part.to_owned(), inner)]))
    })
}

/// The sessions that are kept.
pub(crate) struct OwnSessions {
    pub(crate) store: Store,
    pub(crate) folder: PathBuf,
}

impl Shelf for OwnSessions {
    fn sessions(&self, reach: Reach) -> Result<Vec<Shelved>, String> {
        let scope = match reach {
            Reach::Folder => Scope::Folder(self.folder.clone()),
            Reach::Everywhere => Scope::Everywhere,
        };
        let listing = self.store.list(&scope).map_err(|fault| fault.to_string())?;
        let mut found: Vec<Shelved> = listing
            .cards
            .into_iter()
            .map(|card| Shelved {
                id: card.id,
                about: card
                    .title
                    .or(card.first_prompt)
                    .unwrap_or_else(|| "(no prompt yet)".to_owned()),
                cwd: card.cwd,
                updated: card.updated,
            })
            .collect();
        found.sort_by_key(|session| std::cmp::Reverse(session.updated));
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
