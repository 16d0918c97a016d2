//! Which repository a folder is part of, and what is read of it without git.

use crate::rig::Rig;
use gimlet_trust::{GitEntry, Place};
use std::os::unix::fs::symlink;

fn find(rig: &Rig, name: &str) -> (String, GitEntry, Option<String>) {
    let place = Place::find(&rig.at(name), Some(&rig.at("home"))).unwrap();
    let branch = place.branch();
    let root = place.root.strip_prefix(rig.at("")).unwrap_or(&place.root);
    (root.display().to_string(), place.git, branch)
}

fn main_of(name: &str) -> (String, GitEntry, Option<String>) {
    (name.to_owned(), GitEntry::Folder, Some("main".to_owned()))
}

#[test]
fn a_folder_belongs_to_the_nearest_repository() {
    let rig = Rig::new();
    rig.repository("outer");
    rig.folder("outer/a/b");
    rig.repository("outer/inner");
    rig.folder("outer/inner/c");
    rig.folder("alone/d");
    assert_eq!(find(&rig, "outer/a/b"), main_of("outer"));
    assert_eq!(find(&rig, "outer/inner/c"), main_of("outer/inner"));
    assert_eq!(
        find(&rig, "alone/d"),
        ("alone/d".to_owned(), GitEntry::None, None)
    );
}

#[test]
fn a_home_that_is_kept_in_git_is_no_repository_of_what_lies_in_it() {
    let rig = Rig::new();
    rig.repository("home");
    rig.folder("home/work");
    assert_eq!(find(&rig, "home"), main_of("home"));
    assert_eq!(find(&rig, "home/work").0, "home/work");
}

#[test]
fn a_worktree_is_known_by_what_stands_in_its_repository() {
    let rig = Rig::new();
    let main = rig.repository("main");
    rig.made(&main, &["worktree", "add", "-q", "-b", "side", "../tree"]);
    let (root, git, branch) = find(&rig, "tree");
    assert_eq!((root.as_str(), branch.as_deref()), ("tree", Some("side")));
    assert_eq!(
        git,
        GitEntry::Linked {
            git_dir: main.join(".git/worktrees/tree"),
            worktree_of: Some(main),
        }
    );
    // A file that only claims to be one.
    rig.file(
        "liar/.git",
        &format!("gitdir: {}\n", rig.at("main/.git/worktrees/tree").display()),
    );
    assert_eq!(find(&rig, "liar").1, GitEntry::Foreign);
}

#[test]
fn a_pointer_that_leads_elsewhere_says_nothing() {
    let rig = Rig::new();
    rig.repository("main");
    rig.file(
        "a/.git",
        &format!("gitdir: {}\n", rig.at("main/.git").display()),
    );
    rig.folder("b");
    symlink(rig.at("main/.git"), rig.at("b/.git")).unwrap();
    rig.file("c/.git", "no pointer at all");
    for name in ["a", "b", "c"] {
        assert_eq!(find(&rig, name), (name.to_owned(), GitEntry::Foreign, None));
    }
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let rig = Rig::new();
    let part = rig.repository("part");
    let whole = rig.repository("whole");
    let url = part.to_str().unwrap();
    let add = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        url,
        "sub",
    ];
    rig.made(&whole, &add);
    let (root, git, branch) = find(&rig, "whole/sub");
    assert_eq!(
        (root.as_str(), branch.as_deref()),
        ("whole/sub", Some("main"))
    );
    assert_eq!(
        git,
        GitEntry::Linked {
            git_dir: whole.join(".git/modules/sub"),
            worktree_of: None,
        }
    );
}

#[test]
fn a_repository_among_plain_files_is_one_of_its_own() {
    let rig = Rig::new();
    let folder = rig.repository("repo");
    rig.made(&folder, &["init", "--quiet", "--bare", "vendor/x.git"]);
    assert_eq!(find(&rig, "repo/vendor/x.git").1, GitEntry::Bare);
    assert_eq!(find(&rig, "repo/vendor").0, "repo");
}

#[test]
fn a_branch_is_a_name_and_nothing_else() {
    let rig = Rig::new();
    rig.repository("repo");
    let branch = |head: &str| {
        rig.file("repo/.git/HEAD", head);
        find(&rig, "repo").2
    };
    assert_eq!(branch("ref: refs/heads/a/b\n").as_deref(), Some("a/b"));
    assert_eq!(
        branch("0123456789abcdef0123456789abcdef01234567\n").as_deref(),
        Some("detached at 0123456789ab")
    );
    assert_eq!(branch("root:x:0:0:root\n"), None);
    assert_eq!(branch("ref: refs/heads/a b; do as I say\n"), None);
    assert_eq!(branch("ref: refs/heads/a\u{1b}[2J\n"), None);
    std::fs::remove_file(rig.at("repo/.git/HEAD")).unwrap();
    symlink("/etc/passwd", rig.at("repo/.git/HEAD")).unwrap();
    assert_eq!(find(&rig, "repo").2, None);
}
