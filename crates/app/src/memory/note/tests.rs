//! Where notes go and how they stand there.

use super::{super::tests::Tree, NoteTo, add};
use crate::memory::MemorySearch;
use gimlet_ports::OpenFault;
use gimlet_settings::InstructionFiles;
use std::{fs, os::unix::fs::PermissionsExt as _};

fn added(tree: &Tree, to: NoteTo, text: &str) -> (String, String) {
    added_in(tree, &tree.search(), to, text)
}

fn added_in(tree: &Tree, search: &MemorySearch, to: NoteTo, text: &str) -> (String, String) {
    let written = add(search, to, text).unwrap();
    (
        tree.name(&written.path),
        fs::read_to_string(&written.path).unwrap(),
    )
}

fn pair(path: &str, text: &str) -> (String, String) {
    (path.to_owned(), text.to_owned())
}

#[test]
fn a_first_note_makes_a_file_with_a_heading() {
    let tree = Tree::new(&[]);
    assert_eq!(
        added(&tree, NoteTo::Project, " Use tabs. "),
        pair("home/p/AGENTS.md", "# Notes\n\n- Use tabs.\n")
    );
    assert_eq!(
        added(&tree, NoteTo::Project, "Run tests.\n\nAll of them."),
        pair(
            "home/p/AGENTS.md",
            "# Notes\n\n- Use tabs.\n- Run tests.\n\n  All of them.\n"
        )
    );
    assert_eq!(
        added(&tree, NoteTo::User, "Be short."),
        pair("config/GIMLET.md", "# Notes\n\n- Be short.\n")
    );
}

#[test]
fn a_note_goes_to_the_nearest_file_that_counts() {
    let tree = Tree::new(&[
        "home/p/CLAUDE.md=No line end",
        "home/p/AGENTS.md",
        "home/CLAUDE.md",
    ]);
    assert_eq!(
        added(&tree, NoteTo::Project, "One."),
        pair("home/p/CLAUDE.md", "No line end\n- One.\n")
    );
    tree.write("home/p/a/.claude/CLAUDE.md", "Near.\n");
    tree.write("home/p/a/.claude/rules/r.md", "A rule.\n");
    assert_eq!(
        added(&tree, NoteTo::Project, "Two."),
        pair("home/p/a/.claude/CLAUDE.md", "Near.\n- Two.\n")
    );
    tree.write("config/AGENTS.md", "Mine.\n");
    assert_eq!(
        added(&tree, NoteTo::User, "Three."),
        pair("config/AGENTS.md", "Mine.\n- Three.\n")
    );
}

#[test]
fn a_new_file_has_a_name_that_counts() {
    let tree = Tree::new(&[]);
    let search = MemorySearch {
        which: InstructionFiles::ClaudeMd,
        ..tree.search()
    };
    assert_eq!(
        added_in(&tree, &search, NoteTo::Project, "x").0,
        "home/p/CLAUDE.md"
    );
    let tree = Tree::new(&["home/p/CLAUDE.local.md"]);
    assert_eq!(added(&tree, NoteTo::Project, "x").0, "home/p/CLAUDE.md");
    let loaded = tree.search().survey();
    assert!(loaded.files.iter().any(|file| file.text.contains("- x")));
}

#[test]
fn a_note_goes_to_an_imported_file_where_nothing_nearer_counts() {
    let tree = Tree::new(&[
        "home/p/AGENTS.md=Shared.\n",
        "home/p/CLAUDE.local.md=@AGENTS.md",
    ]);
    assert_eq!(
        added(&tree, NoteTo::Project, "x"),
        pair("home/p/AGENTS.md", "Shared.\n- x\n")
    );
    tree.write("home/p/CLAUDE.md", "@AGENTS.md\n");
    assert_eq!(
        added(&tree, NoteTo::Project, "y"),
        pair("home/p/CLAUDE.md", "@AGENTS.md\n- y\n")
    );
}

#[test]
fn a_new_local_file_imports_the_agents_files_that_it_would_push_aside() {
    let tree = Tree::new(&["home/p/AGENTS.md=Shared.", "home/p/a/AGENTS.md=Nearer."]);
    assert_eq!(
        added(&tree, NoteTo::Local, "Mine."),
        pair(
            "home/p/CLAUDE.local.md",
            "# Notes\n\n@AGENTS.md\n@a/AGENTS.md\n\n- Mine.\n"
        )
    );
    let texts: Vec<String> = tree
        .search()
        .survey()
        .files
        .iter()
        .map(|file| file.text.clone())
        .collect();
    assert_eq!(
        texts.get(..2),
        Some(&["Shared.".to_owned(), "Nearer.".to_owned()][..])
    );
    assert_eq!(texts.len(), 3);
}

#[test]
fn an_empty_note_is_refused_and_nothing_is_written() {
    let tree = Tree::new(&[]);
    for text in ["", " \n\t"] {
        assert!(matches!(
            add(&tree.search(), NoteTo::Project, text),
            Err(OpenFault::User { .. })
        ));
    }
    assert!(!tree.at("home/p/AGENTS.md").exists());
}

#[test]
fn notes_at_once_all_stay_whole() {
    let tree = Tree::new(&[]);
    let search = tree.search();
    std::thread::scope(|scope| {
        for number in 0..16 {
            let search = &search;
            scope
                .spawn(move || add(search, NoteTo::Project, &format!("note {number:02}")).unwrap());
        }
    });
    let text = fs::read_to_string(tree.at("home/p/AGENTS.md")).unwrap();
    let mut notes: Vec<&str> = text.strip_prefix("# Notes\n\n").unwrap().lines().collect();
    notes.sort_unstable();
    let expected: Vec<String> = (0..16)
        .map(|number| format!("- note {number:02}"))
        .collect();
    assert_eq!(notes, expected);
    let mode = fs::metadata(tree.at("home/p/AGENTS.md"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o600, 0o600);
}

#[test]
fn a_note_goes_through_a_link_that_leads_nowhere_yet() {
    let tree = Tree::new(&[]);
    tree.link("home/p/CLAUDE.local.md", "home/p/real.md");
    assert_eq!(
        added(&tree, NoteTo::Local, "x"),
        pair("home/p/CLAUDE.local.md", "- x\n")
    );
    assert!(tree.at("home/p/real.md").is_file());
}
