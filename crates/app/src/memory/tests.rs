//! Which memory files are found, and in which order.

use super::{MemorySearch, find};
use gimlet_settings::InstructionFiles;
use std::{fs, path::Path};

fn found(root: &Path, which: InstructionFiles, excluded: &[String]) -> Vec<String> {
    let config = root.join("config");
    let search = MemorySearch {
        root: &root.join("a/b"),
        home: Some(&root.join("home")),
        config: &config,
        which,
        excluded,
    };
    let shown = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
    find(&search).files.iter().map(|file| shown(&file.path)).collect()
}

fn tree(files: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("a/b")).unwrap();
    for name in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    root
}

#[test]
fn the_persons_files_come_first_and_the_nearest_last() {
    let root = tree(&["a/AGENTS.md", "a/b/AGENTS.md", "config/GIMLET.md", "a/GIMLET.md"]);
    assert_eq!(
        found(root.path(), InstructionFiles::default(), &[]),
        ["config/GIMLET.md", "a/AGENTS.md", "a/GIMLET.md", "a/b/AGENTS.md"]
    );
}

#[test]
fn agents_files_give_way_to_claude_files_unless_both_are_wanted() {
    let root = tree(&["a/AGENTS.md", "a/b/CLAUDE.md", "home/.claude/CLAUDE.md"]);
    assert_eq!(
        found(root.path(), InstructionFiles::default(), &[]),
        ["home/.claude/CLAUDE.md", "a/b/CLAUDE.md"]
    );
    assert_eq!(
        found(root.path(), InstructionFiles::ClaudeMdAndAgentsMd, &[]),
        ["home/.claude/CLAUDE.md", "a/AGENTS.md", "a/b/CLAUDE.md"]
    );
}

#[test]
fn a_linked_file_is_taken_once_and_an_excluded_one_not_at_all() {
    let root = tree(&["a/b/CLAUDE.md", "a/CLAUDE.md"]);
    std::os::unix::fs::symlink("CLAUDE.md", root.path().join("a/b/GIMLET.md")).unwrap();
    let excluded = [root.path().join("a/CLAUDE.md").display().to_string()];
    assert_eq!(found(root.path(), InstructionFiles::default(), &excluded), ["a/b/CLAUDE.md"]);
}
