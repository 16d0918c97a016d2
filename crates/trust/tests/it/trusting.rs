//! What a person trusts, what that covers, and when it ends.

use crate::rig::Rig;
use gimlet_trust::{
    Book, BookFault, Capability, CapabilityKind, Grant, Identity, Place, Standing, Untrusted,
    Withheld, Workspace, survey,
};
use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

fn look(rig: &Rig, name: &str) -> Workspace {
    let book = Book::open(&rig.at("own")).unwrap();
    Workspace::look(&rig.at(name), Some(&rig.at("home")), &book)
}

fn is_trusted(rig: &Rig, name: &str) -> bool {
    look(rig, name).is_trusted()
}

fn trust(rig: &Rig, name: &str) {
    let mut book = Book::open(&rig.at("own")).unwrap();
    let place = Place::find(&rig.at(name), Some(&rig.at("home"))).unwrap();
    book.add(Grant {
        identity: Identity::of(&place).unwrap(),
        at: "today".to_owned(),
        capabilities: survey(&place).iter().map(Capability::fingerprint).collect(),
        root: place.root,
    })
    .unwrap();
}

#[test]
fn nothing_is_trusted_until_the_person_says_so() {
    let rig = Rig::new();
    rig.repository("repo");
    rig.folder("repo/sub");
    assert_eq!(
        *look(&rig, "repo").standing(),
        Standing::Untrusted(Untrusted::NeverAsked)
    );
    trust(&rig, "repo/sub");
    assert!(is_trusted(&rig, "repo") && is_trusted(&rig, "repo/sub"));
    let mut book = Book::open(&rig.at("own")).unwrap();
    assert!(book.remove(&rig.at("repo")).unwrap());
    assert!(!book.remove(&rig.at("repo")).unwrap());
    assert!(!is_trusted(&rig, "repo"));
}

#[test]
fn a_grant_covers_neither_a_repository_inside_nor_a_neighbour() {
    let rig = Rig::new();
    rig.repository("repo");
    rig.repository("repo/vendor/inner");
    rig.repository("repo-evil");
    trust(&rig, "repo");
    assert!(!is_trusted(&rig, "repo/vendor/inner"));
    assert!(!is_trusted(&rig, "repo-evil"));
    let workspace = look(&rig, "repo");
    assert!(workspace.covers(&rig.at("repo/vendor")));
    assert!(!workspace.covers(&rig.at("repo/vendor/inner")));
    trust(&rig, "repo/vendor/inner");
    assert!(look(&rig, "repo").covers(&rig.at("repo/vendor/inner")));
}

#[test]
fn a_folder_outside_of_git_is_covered_with_the_folders_in_it() {
    let rig = Rig::new();
    rig.folder("plain/a/b");
    rig.repository("plain/repo");
    rig.folder("home/other");
    trust(&rig, "plain");
    assert!(is_trusted(&rig, "plain/a/b"));
    assert!(!is_trusted(&rig, "plain/repo"));
    // Whoever trusts their home does not trust what they downloaded into it.
    trust(&rig, "home");
    assert!(is_trusted(&rig, "home"));
    assert!(!is_trusted(&rig, "home/other"));
}

#[test]
fn a_worktree_is_trusted_with_its_repository_and_a_pretender_is_not() {
    let rig = Rig::new();
    let main = rig.repository("main");
    rig.made(&main, &["worktree", "add", "-q", "-b", "side", "../tree"]);
    let pointer = fs::read_to_string(rig.at("tree/.git")).unwrap();
    rig.file("liar/.git", &pointer);
    rig.file(
        "other/.git",
        &format!("gitdir: {}\n", main.join(".git").display()),
    );
    assert!(!is_trusted(&rig, "tree"));
    trust(&rig, "main");
    assert!(is_trusted(&rig, "tree"));
    assert!(!is_trusted(&rig, "liar") && !is_trusted(&rig, "other"));
    // For a run, too.
    let book = Book::empty(&rig.at("own"));
    let run = Workspace::for_this_run(&main, None, &book);
    assert!(run.covers(&rig.at("tree")) && !run.covers(&rig.at("liar")));
}

#[test]
fn what_stands_where_a_trusted_folder_was_is_not_trusted() {
    let replaced = Standing::Untrusted(Untrusted::Replaced);
    let rig = Rig::new();
    rig.repository("repo");
    rig.repository("evil");
    trust(&rig, "repo");
    fs::rename(rig.at("repo"), rig.at("moved")).unwrap();
    assert!(!is_trusted(&rig, "moved"));
    fs::rename(rig.at("evil"), rig.at("repo")).unwrap();
    assert_eq!(*look(&rig, "repo").standing(), replaced);
    // A link in its place is where it leads.
    fs::rename(rig.at("repo"), rig.at("evil")).unwrap();
    symlink(rig.at("evil"), rig.at("repo")).unwrap();
    assert!(!is_trusted(&rig, "repo"));
    // The folder itself comes back.
    fs::remove_file(rig.at("repo")).unwrap();
    fs::rename(rig.at("moved"), rig.at("repo")).unwrap();
    assert!(is_trusted(&rig, "repo"));
    // Another repository in the same folder.
    fs::rename(rig.at("evil/.git"), rig.at("repo/.git2")).unwrap();
    fs::rename(rig.at("repo/.git"), rig.at("repo/.git1")).unwrap();
    fs::rename(rig.at("repo/.git2"), rig.at("repo/.git")).unwrap();
    assert_eq!(*look(&rig, "repo").standing(), replaced);
}

#[test]
fn a_folder_may_become_a_repository() {
    let rig = Rig::new();
    let folder = rig.folder("plain");
    trust(&rig, "plain");
    rig.made(&folder, &["init", "--quiet"]);
    assert!(is_trusted(&rig, "plain"));
}

#[test]
fn what_came_after_the_consent_is_not_permitted() {
    let rig = Rig::new();
    rig.repository("repo");
    rig.file(
        "repo/.mcp.json",
        r#"{"mcpServers": {"x": {"command": "x"}}}"#,
    );
    trust(&rig, "repo");
    let unknown = || {
        let workspace = look(&rig, "repo");
        let found = survey(workspace.place());
        let unknown = workspace.unknown(&found);
        let lines: Vec<String> = unknown.iter().map(ToString::to_string).collect();
        lines.join("\n")
    };
    assert_eq!(unknown(), "");
    rig.file(
        "repo/.mcp.json",
        r#"{"mcpServers": {"x": {"command": "x", "args": ["evil"]}, "y": {"url": "${URL}"}}}"#,
    );
    rig.trap("repo/.git/hooks/pre-commit");
    rig.file(
        "repo/.git/config",
        "[core]\n\tbare = false\n[filter \"x\"]\n\tclean = evil\n",
    );
    rig.file("repo/.claude/commands/c.md", "Look:\n!`touch x`\n");
    let told = unknown();
    // The digest is that of a script with the scratch folder in it.
    let (front, back) = told.split_once("pre-commit (").unwrap();
    let (digest, back) = back.split_at(12);
    assert!(digest.chars().all(|c| c.is_ascii_hexdigit()));
    insta::assert_snapshot!(format!("{front}pre-commit ([DIGEST]{back}"));
}

#[test]
fn files_are_read_through_the_gate_alone() {
    let rig = Rig::new();
    rig.repository("repo");
    rig.repository("repo/inner");
    rig.file("repo/a.md", "a");
    rig.file("repo/inner/b.md", "b");
    rig.file("secret", "s");
    symlink("a.md", rig.at("repo/link.md")).unwrap();
    symlink(rig.at("secret"), rig.at("repo/out.md")).unwrap();
    symlink("inner", rig.at("repo/folder")).unwrap();
    let read = |name: &str| {
        let read = look(&rig, "repo").read(&rig.at("repo").join(name), 4);
        read.map(|obeyed| String::from_utf8(obeyed.into_bytes()).unwrap())
    };
    assert!(matches!(read("a.md"), Err(Withheld::Untrusted)));
    trust(&rig, "repo");
    assert_eq!(read("a.md").unwrap(), "a");
    assert_eq!(read("link.md").unwrap(), "a");
    assert!(matches!(read("out.md"), Err(Withheld::Outside { .. })));
    assert!(matches!(read("inner/b.md"), Err(Withheld::Untrusted)));
    assert!(matches!(read("folder/b.md"), Err(Withheld::Untrusted)));
    assert!(matches!(read("none.md"), Err(Withheld::Missing)));
    assert!(matches!(read("inner"), Err(Withheld::NotAFile)));
    assert!(matches!(read("a.txt"), Err(Withheld::TooLong { bytes: 8 })));
}

#[test]
fn restrictions_are_read_before_trust_and_not_through_a_link_out() {
    let rig = Rig::new();
    rig.repository("repo");
    rig.file("repo/a", "a");
    rig.file("secret", "s");
    symlink(rig.at("secret"), rig.at("repo/out")).unwrap();
    let workspace = look(&rig, "repo");
    let read = |name: &str| workspace.read_restrictions(&rig.at("repo").join(name), 9);
    assert_eq!(read("a").unwrap(), b"a");
    assert!(matches!(read("out"), Err(Withheld::Outside { .. })));
}

#[test]
fn folders_above_count_where_nobody_else_may_write_them() {
    let rig = Rig::new();
    rig.repository("above/repo");
    trust(&rig, "above/repo");
    assert!(look(&rig, "above/repo").covers(&rig.at("above")));
    fs::set_permissions(rig.at("above"), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(!look(&rig, "above/repo").covers(&rig.at("above")));
    assert!(!look(&rig, "above/repo").covers(Path::new("/tmp")));
}

#[test]
fn a_book_that_others_may_write_or_that_is_damaged_is_not_believed() {
    let rig = Rig::new();
    rig.repository("repo");
    trust(&rig, "repo");
    let path = rig.at("own/trust.json");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(matches!(
        Book::open(&rig.at("own")),
        Err(BookFault::Unsafe(_))
    ));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(Book::open(&rig.at("own")).is_ok());
    for text in ["{", "[]", r#"{"format": 2, "folders": []}"#] {
        fs::write(&path, text).unwrap();
        assert!(matches!(
            Book::open(&rig.at("own")),
            Err(BookFault::Damaged { .. })
        ));
    }
}

#[test]
fn a_capability_is_known_again_wherever_it_stands() {
    let one = |kind, place: &str| Capability {
        kind,
        what: "touch x".to_owned(),
        place: place.to_owned(),
    };
    let hook = one(CapabilityKind::Hook, "a");
    assert_eq!(
        hook.fingerprint(),
        one(CapabilityKind::Hook, "b").fingerprint()
    );
    assert_ne!(
        hook.fingerprint(),
        one(CapabilityKind::Helper, "a").fingerprint()
    );
}

#[test]
fn nothing_is_written_through_a_link_that_leads_out() {
    let rig = Rig::new();
    rig.repository("repo");
    rig.folder("home/x");
    for (name, to) in [
        ("repo/out", "../home/.bashrc"),
        ("repo/in", "a.txt"),
        ("repo/new", "sub/new.md"),
        ("repo/round", "round"),
        ("repo/far", "out"),
        ("repo/folder", "../home/x"),
    ] {
        symlink(to, rig.at(name)).unwrap();
    }
    let workspace = look(&rig, "repo");
    let stays = |name: &str| workspace.stays_inside(&rig.at("repo").join(name));
    for name in ["a.txt", "in", "new", "none.md", "sub/deep/none.md"] {
        assert!(stays(name), "{name}");
    }
    for name in [
        "out",
        "round",
        "far",
        "folder/x",
        "folder",
        "../home/x/y",
        ".git",
    ] {
        assert!(!stays(name), "{name}");
    }
}
