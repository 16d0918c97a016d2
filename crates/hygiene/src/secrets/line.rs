//! Everything that is found in one block, put in order.

use super::{Finding, context, marks, pem, tokens};

/// A finding with the place where its context begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) finding: Finding,
    pub(super) context: usize,
}

/// What was found, in order and without overlaps.
pub(super) fn scan(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    pem::scan(text, &mut found);
    tokens::scan(text, &mut found);
    context::scan(text, &mut found);
    if let Some(bare) = marks::without_marks(text) {
        let mut hidden = Vec::new();
        tokens::scan(&bare.text, &mut hidden);
        found.extend(hidden.into_iter().map(|one| bare.back(text, one)));
    }
    if found.len() > 1 {
        in_order(&mut found);
    }
    found
}

/// Sorts, and makes one of those that overlap.
fn in_order(found: &mut Vec<Found>) {
    found.sort_by_key(|one| (one.finding.span.start, usize::MAX - one.finding.span.end));
    found.dedup_by(|next, before| {
        let overlaps = next.finding.span.start < before.finding.span.end;
        if overlaps {
            before.finding.span.end = before.finding.span.end.max(next.finding.span.end);
            before.context = before.context.min(next.context);
        }
        overlaps
    });
}
