//! What is told and what stands in; what it comes to is tried in the tests of the program.

use super::*;
use gimlet_protocol::Bounds;
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

fn bounds(root: &Path) -> Bounds {
    Bounds {
        write: [root.to_owned()].into_iter().collect(),
        protect: [root.join(".git/hooks"), root.join(".mcp.json")]
            .into_iter()
            .collect(),
        ..Bounds::default()
    }
}

#[test]
fn what_is_told_to_the_helper_is_what_it_reads() {
    let told = Told {
        bounds: Some(bounds(Path::new("/w"))),
        wire: Some(7),
    };
    let arguments = told.arguments().unwrap();
    let read: Told = serde_json::from_str(arguments[0].to_str().unwrap()).unwrap();
    assert_eq!(read, told);
}

#[test]
fn something_stands_in_for_what_is_missing_until_the_last_one_lets_go() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().canonicalize().unwrap();
    let (git, servers) = (root.join(".git"), root.join(".mcp.json"));
    let (mut one, mut other) = (bounds(&root), bounds(&root));
    let first = Placeholders::put(&mut one).unwrap();
    let second = Placeholders::put(&mut other).unwrap();
    assert!(one.protect.iter().any(|path| path == git));
    assert_eq!(one, other);
    drop(first);
    for path in [&git, &servers] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o222, 0);
    }
    drop(second);
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
}

#[test]
fn what_is_there_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().canonicalize().unwrap();
    fs::create_dir_all(root.join(".git/hooks")).unwrap();
    fs::write(root.join(".mcp.json"), "{}").unwrap();
    let mut bounds = bounds(&root);
    drop(Placeholders::put(&mut bounds).unwrap());
    assert!(root.join(".git/hooks").is_dir());
    assert_eq!(fs::read_to_string(root.join(".mcp.json")).unwrap(), "{}");
}

#[test]
fn the_leavings_of_a_killed_program_are_taken_over() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().canonicalize().unwrap();
    fs::create_dir(root.join(".mcp.json")).unwrap();
    fs::set_permissions(root.join(".mcp.json"), fs::Permissions::from_mode(0o555)).unwrap();
    let mut bounds = bounds(&root);
    drop(Placeholders::put(&mut bounds).unwrap());
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
}

#[test]
fn what_stands_in_stays_while_a_command_that_goes_on_shares_it() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().canonicalize().unwrap();
    let mut bounds = bounds(&root);
    let standing = Placeholders::put(&mut bounds).unwrap();
    let (ours, theirs) = Wire::pair().unwrap();
    standing.share(&ours).unwrap();
    drop(standing);
    assert_eq!(fs::read_dir(&root).unwrap().count(), 2);
    // Whoever comes and goes later does not take it away either.
    drop(Placeholders::put(&mut bounds).unwrap());
    assert_eq!(fs::read_dir(&root).unwrap().count(), 2);
    drop((ours, theirs));
    drop(Placeholders::put(&mut bounds).unwrap());
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
}

#[test]
fn what_was_told_arrives_though_the_one_who_told_it_left_without_listening() {
    let (ours, theirs) = Wire::pair().unwrap();
    theirs.tell(&News::Refused("mounting".to_owned())).unwrap();
    ours.tell(&News::Outlive).unwrap();
    drop(ours);
    assert!(matches!(theirs.hear(), Ok(Some(News::Outlive))));
    assert!(matches!(theirs.hear(), Ok(None)));
}
