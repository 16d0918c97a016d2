//! Tests of the table of keys.

use super::*;
use std::collections::BTreeSet;

#[test]
fn a_slip_of_the_finger_finds_the_key_that_was_meant() {
    let meant = [
        "modle",
        "MaxTurns",
        "permissions.alow",
        "fallbackModels",
        "hat",
        "zzz",
    ];
    assert_eq!(
        meant.map(nearest),
        [
            Some("model".to_owned()),
            Some("maxTurns".to_owned()),
            Some("permissions.allow".to_owned()),
            Some("fallbackModel".to_owned()),
            None,
            None,
        ]
    );
}

#[test]
fn distance_counts_single_changes() {
    assert_eq!(distance("", "abc"), 3);
    assert_eq!(distance("kitten", "sitting"), 3);
    assert_eq!(distance("same", "same"), 0);
}

#[test]
fn no_key_stands_in_two_tables() {
    let known: BTreeSet<_> = known_paths().collect();
    let foreign: Vec<_> = POWERFUL.iter().chain(HARMLESS).copied().collect();
    let unique: BTreeSet<_> = foreign.iter().copied().collect();
    assert_eq!(unique.len(), foreign.len());
    let both: Vec<_> = foreign
        .iter()
        .filter(|path| known.contains(**path))
        .collect();
    assert_eq!(both, Vec::<&&str>::new());
}
