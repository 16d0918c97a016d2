//! What a repository may do: nothing, until the person says so.
//!
//! [`Workspace`] is the one gate through which files of a repository are read to be obeyed, and
//! [`Git`] the one door through which git is started. This crate is a leaf: everything that
//! reads repositories may see it, and it knows no setting, no session and no front end.

mod book;
mod capability;
mod git;
mod guard;
mod identity;
mod place;
mod survey;
mod workspace;

pub use book::{Book, BookFault, Grant};
pub use capability::{Capability, CapabilityKind};
pub use git::{Git, GitEnv, GitFault, GitOutput, GitRepository, session_environment};
pub use guard::{Unsafe, others_may_write};
pub use identity::Identity;
pub use place::{GitEntry, Place};
pub use survey::survey;
pub use workspace::{Obeyed, Standing, Untrusted, Withheld, Workspace};
