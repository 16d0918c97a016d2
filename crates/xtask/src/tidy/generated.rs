//! Generated files are what the generator makes, and the wire's page knows its source.

use super::Finding;
use crate::{
    generate::{self, PROTOCOL_PAGE},
    repository::Repository,
};

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    if repository.text(PROTOCOL_PAGE).is_none() {
        let text = "the page that describes crates/protocol is missing";
        findings.push(Finding::new(PROTOCOL_PAGE, text));
    }
    for (path, text) in generate::outputs(repository) {
        if repository.text(path) == Some(text.as_str()) {
            continue;
        }
        let what = if path == PROTOCOL_PAGE {
            "crates/protocol/src has changed: say here what that means for old logs and clients, \
             then run `cargo xtask gen`"
        } else {
            "not current: run `cargo xtask gen`"
        };
        findings.push(Finding::new(path, what));
    }
    findings
}
