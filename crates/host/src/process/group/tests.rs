//! What the lines of `/proc` say about groups.

use super::is_living_member;

#[test]
fn a_running_member_lives() {
    assert!(is_living_member(b"12 (bash) S 1 7 7 0 -1", 7));
}

#[test]
fn a_zombie_does_not_live() {
    assert!(!is_living_member(b"12 (bash) Z 1 7 7 0 -1", 7));
}

#[test]
fn a_member_of_another_group_is_none() {
    assert!(!is_living_member(b"12 (bash) S 7 8 7 0 -1", 7));
}

#[test]
fn a_name_with_parentheses_and_spaces_misleads_nobody() {
    assert!(is_living_member(b"12 (a) Z 1 9 (b) R 1 7 7 0 -1", 7));
}
