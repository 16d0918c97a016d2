//! Tests of the feature registry.

use super::*;

#[test]
fn switches_are_names_with_a_minus_for_off() {
    let parsed: Vec<_> = switches(" a,-b,, - c ,-").collect();
    assert_eq!(parsed, [("a", true), ("b", false), ("c", false)]);
}

#[test]
fn names_are_unique_and_find_their_feature() {
    let found: Vec<_> = Feature::ALL
        .iter()
        .map(|feature| Feature::named(feature.card().name))
        .collect();
    let all: Vec<_> = Feature::ALL.iter().copied().map(Some).collect();
    assert_eq!(found, all);
    assert_eq!(Feature::named("no-such-feature"), None);
}

#[test]
fn a_removed_feature_names_the_version_that_removes_its_switch() {
    let dateless: Vec<_> = Feature::ALL
        .iter()
        .map(|feature| feature.card())
        .filter(|card| {
            matches!(card.stage, Stage::Stable | Stage::Removed) && card.removal.is_none()
        })
        .collect();
    assert_eq!(dateless, []);
}

#[test]
fn a_feature_follows_its_switch() {
    let mut features = Features::default();
    assert!(features.streams_tool_input());
    features.set(Feature::FineGrainedToolStreaming, false);
    assert!(!features.streams_tool_input());
    let listed: Vec<_> = features.list().map(|(card, on)| (card.name, on)).collect();
    assert_eq!(listed, [("fine-grained-tool-streaming", false)]);
}
