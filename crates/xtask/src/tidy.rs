//! Rules that the compiler does not know. Each is a function from the tree to findings.

mod arrows;
mod dependencies;
mod effects;
mod files;
mod generated;
mod tools;

use crate::repository::Repository;
use std::fmt;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// `path`, `path:line` or the name of a package.
    pub(crate) place: String,
    /// What is wrong, and what to do.
    pub(crate) text: String,
}

impl Finding {
    fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            text: text.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// Every rule.
const RULES: &[fn(&Repository) -> Vec<Finding>] = &[
    arrows::check,
    dependencies::placed,
    dependencies::explained,
    effects::doors,
    effects::git,
    effects::tasks,
    effects::variables,
    effects::registry,
    files::names,
    files::heads,
    files::sizes,
    files::leftovers,
    generated::check,
    tools::check,
];

/// Holds the tree against every rule.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    RULES.iter().flat_map(|rule| rule(repository)).collect()
}

#[cfg(test)]
mod tests;
