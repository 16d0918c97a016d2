//! A JSON object that is written member by member, so that long parts are copied once.

use serde::Serialize;
use serde_json::{Map, Value};

/// An object that is being written.
pub(crate) struct Members(pub(crate) Vec<u8>);

impl Members {
    pub(crate) fn begin() -> Self {
        Self(vec![b'{'])
    }

    pub(crate) fn key(&mut self, key: &str) -> Result<(), serde_json::Error> {
        self.comma();
        serde_json::to_writer(&mut self.0, key)?;
        self.0.push(b':');
        Ok(())
    }

    pub(crate) fn put(
        &mut self,
        key: &str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), serde_json::Error> {
        self.key(key)?;
        serde_json::to_writer(&mut self.0, value)
    }

    /// Members that are JSON already, unless the person gives the first of them.
    pub(crate) fn raw(&mut self, members: &str, given: &Map<String, Value>) {
        let is_given = |key| given.contains_key(key);
        if !members.is_empty() && !members.split('"').nth(1).is_some_and(is_given) {
            self.comma();
            self.0.extend_from_slice(members.as_bytes());
        }
    }

    pub(crate) fn comma(&mut self) {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
    }
}
