//! Reading, writing and listing files.

mod lines;
mod list;
mod open;
mod remove;
mod write;

pub(crate) use lines::read_lines;
pub(crate) use list::list;
pub(crate) use open::{kind_of, modified_ns, open_file, read, stat};
pub(crate) use remove::remove;
pub(crate) use write::{append, open_for_append, write};
