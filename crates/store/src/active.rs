//! The conversation as it stands: the entries on the way from the first to the last.

use gimlet_protocol::{Entry, EntryId};
use std::collections::HashMap;

/// The active path of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivePath {
    /// Places in the given entries, in the order of the conversation.
    pub places: Vec<usize>,
    /// Entries whose parent is missing because its line is damaged. The path goes on with
    /// the nearest entry before it.
    pub gaps: Vec<EntryId>,
}

/// Walks from the last entry to the first, parent by parent. What a rewind left behind is
/// not on the path.
pub fn active_path(entries: &[Entry]) -> ActivePath {
    let by_id: HashMap<EntryId, usize> = entries
        .iter()
        .enumerate()
        .map(|(place, entry)| (entry.id, place))
        .collect();
    let mut path = ActivePath {
        places: Vec::new(),
        gaps: Vec::new(),
    };
    let mut next = entries.len().checked_sub(1);
    while let Some(place) = next {
        let Some(entry) = entries.get(place) else {
            break;
        };
        path.places.push(place);
        let Some(parent) = entry.parent else { break };
        // A parent always comes before its child; anything else would go round in circles.
        next = by_id.get(&parent).copied().filter(|found| *found < place);
        if next.is_none() {
            path.gaps.push(entry.id);
            next = nearest_before(entries.get(..place).unwrap_or_default(), parent);
        }
    }
    path.places.reverse();
    path.gaps.reverse();
    path
}

fn nearest_before(entries: &[Entry], id: EntryId) -> Option<usize> {
    entries.iter().rposition(|entry| entry.id < id)
}
