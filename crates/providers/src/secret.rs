//! Keys: text that goes into a request's headers and nowhere else.

use std::{fmt, sync::Arc};

/// What stands where a key would have stood.
pub const REDACTED: &str = "[redacted]";

/// A key shorter than this is no secret, and looking for it would spoil every text.
const SHORTEST: usize = 4;

/// A key or token. Neither `Debug` nor `Display` shows it.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Takes the key without the blanks and line ends around it.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().trim().into())
    }

    /// The key itself, for a header or a keyring.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Replaces every occurrence of the key in `text`.
    pub fn redact(&self, text: String) -> String {
        if self.0.len() >= SHORTEST && text.contains(&*self.0) {
            text.replace(&*self.0, REDACTED)
        } else {
            text
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
