//! Identifiers. Each is a newtype, so that one cannot be passed for another.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Wraps the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the identifier.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

/// The number of an entry in its session's log: 0, 1, 2 … in the order of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub u64);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

string_id!(
    /// A session: a UUID in its hyphenated lower-case form.
    SessionId
);
string_id!(
    /// A tool call, as the provider named it; unique within a session.
    CallId
);
string_id!(
    /// One reply of a model; the blocks of the reply share it.
    ReplyId
);
string_id!(
    /// Chosen by the client for each operation, so that a repeated submission is recognised.
    OpKey
);
string_id!(
    /// A background task of a session.
    TaskId
);
string_id!(
    /// Something that a person granted in a session.
    GrantId
);
