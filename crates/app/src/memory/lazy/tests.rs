//! What comes with a file that is read or written.

use super::{super::tests::Tree, LazyMemory};
use crate::memory::MemorySearch;
use gimlet_ports::Reminders as _;
use gimlet_protocol::{CallId, Mark, Returned, ReturnedHow, Stamp};
use gimlet_settings::{FileSources, InstructionFiles};
use std::collections::BTreeSet;

fn touched(tree: &Tree, search: MemorySearch, name: &str) -> Vec<String> {
    let files = LazyMemory::new(search).touched(&tree.at(name));
    files.iter().map(|file| tree.name(&file.path)).collect()
}

fn returned(tree: &Tree, names: &[&str]) -> Returned {
    let stamp = Stamp {
        hash: String::new(),
        size: 0,
        modified_ns: 0,
        whole: true,
    };
    let seen = |name: &&str| Mark::Seen {
        path: tree.at(name),
        stamp: stamp.clone(),
    };
    Returned {
        call: CallId("call".to_owned()),
        how: ReturnedHow::Done,
        content: Vec::new(),
        data: None,
        marks: names.iter().map(seen).collect(),
        took_ms: 0,
    }
}

#[test]
fn files_of_the_folders_on_the_way_come_with_a_file_there() {
    let tree = Tree::new(&[
        "home/p/a/b/CLAUDE.md",
        "home/p/a/b/c/CLAUDE.md=@more.md",
        "home/p/a/b/c/more.md",
        "home/p/a/b/c/d/.claude/CLAUDE.md",
        "home/p/a/b/c/d/.claude/rules/all.md",
        "home/p/a/b/c/d/.claude/rules/ts.md=---\npaths: \"*.ts\"\n---\nTypes.",
        "home/p/a/b/c/d/CLAUDE.local.md",
        "home/p/a/b/other/CLAUDE.md",
    ]);
    let here = ["home/p/a/b/c/more.md", "home/p/a/b/c/CLAUDE.md"];
    let below = [
        "home/p/a/b/c/d/.claude/CLAUDE.md",
        "home/p/a/b/c/d/.claude/rules/all.md",
        "home/p/a/b/c/d/CLAUDE.local.md",
    ];
    assert_eq!(
        touched(&tree, tree.search(), "home/p/a/b/x.rs"),
        Vec::<String>::new()
    );
    assert_eq!(touched(&tree, tree.search(), "home/p/a/b/c/x.rs"), here);
    assert_eq!(
        touched(&tree, tree.search(), "home/p/a/b/c/d/x.rs"),
        [&here[..], &below].concat()
    );
    let ts = touched(&tree, tree.search(), "home/p/a/b/c/d/x.ts");
    assert_eq!(
        ts.last().map(String::as_str),
        Some("home/p/a/b/c/d/.claude/rules/ts.md")
    );
    assert_eq!(
        touched(&tree, tree.search(), "home/p/x.rs"),
        Vec::<String>::new()
    );
    assert_eq!(
        touched(&tree, tree.search(), "elsewhere/x.rs"),
        Vec::<String>::new()
    );
}

#[test]
fn rules_that_wait_come_with_the_first_file_that_fits() {
    let tree = Tree::new(&[
        "home/p/.claude/rules/api.md=---\npaths: src/api/**\n---\nUse JSON. @../../docs/json.md",
        "home/p/docs/json.md",
        "home/.claude/rules/mine.md=---\npaths: \"**/*.rs\"\n---\nNo unwrap.",
    ]);
    assert_eq!(
        touched(&tree, tree.search(), "home/p/src/api/x.ts"),
        ["home/p/docs/json.md", "home/p/.claude/rules/api.md"]
    );
    assert_eq!(
        touched(&tree, tree.search(), "home/p/src/x.ts"),
        Vec::<String>::new()
    );
    assert_eq!(
        touched(&tree, tree.search(), "home/p/a/b/x.rs"),
        ["home/.claude/rules/mine.md"]
    );
}

#[test]
fn nested_agents_files_count_where_no_claude_file_claims_their_folder() {
    let files = [
        "home/p/a/b/c/AGENTS.md",
        "home/p/a/b/d/AGENTS.md",
        "home/p/a/b/d/CLAUDE.md",
    ];
    let tree = Tree::new(&files);
    let search = |which| MemorySearch {
        which,
        ..tree.search()
    };
    let default = InstructionFiles::ClaudeMdOrAgentsMd;
    assert_eq!(
        touched(&tree, search(default), "home/p/a/b/c/x"),
        ["home/p/a/b/c/AGENTS.md"]
    );
    assert_eq!(
        touched(&tree, search(default), "home/p/a/b/d/x"),
        ["home/p/a/b/d/CLAUDE.md"]
    );
    let both = InstructionFiles::ClaudeMdAndAgentsMd;
    assert_eq!(
        touched(&tree, search(both), "home/p/a/b/d/x"),
        ["home/p/a/b/d/AGENTS.md", "home/p/a/b/d/CLAUDE.md"]
    );
    for which in [InstructionFiles::ClaudeMd, InstructionFiles::ManagedOnly] {
        assert_eq!(
            touched(&tree, search(which), "home/p/a/b/c/x"),
            Vec::<String>::new()
        );
    }
    tree.write("home/p/CLAUDE.md", "The project's.");
    assert_eq!(
        touched(&tree, search(default), "home/p/a/b/c/x"),
        Vec::<String>::new()
    );
}

#[test]
fn what_the_session_began_with_does_not_come_again() {
    let tree = Tree::new(&[
        "home/p/a/b/CLAUDE.md=@c/CLAUDE.md",
        "home/p/a/b/c/CLAUDE.md",
    ]);
    assert_eq!(
        touched(&tree, tree.search(), "home/p/a/b/c/x"),
        Vec::<String>::new()
    );
}

#[test]
fn excludes_and_sources_hold_for_nested_files_too() {
    let tree = Tree::new(&["home/p/a/b/c/CLAUDE.md", "home/p/a/b/c/CLAUDE.local.md"]);
    let excluding = MemorySearch {
        excludes: vec!["**/c/CLAUDE.md".to_owned()],
        ..tree.search()
    };
    assert_eq!(
        touched(&tree, excluding, "home/p/a/b/c/x"),
        ["home/p/a/b/c/CLAUDE.local.md"]
    );
    let shared = FileSources {
        local: false,
        ..FileSources::default()
    };
    let search = MemorySearch {
        sources: shared,
        ..tree.search()
    };
    assert_eq!(
        touched(&tree, search, "home/p/a/b/c/x"),
        ["home/p/a/b/c/CLAUDE.md"]
    );
}

#[test]
fn a_note_names_its_file_in_the_first_line_and_is_told_once() {
    let tree = Tree::new(&[
        "home/p/a/b/c/CLAUDE.md=Use tabs.",
        "home/p/a/b/d/CLAUDE.md=Use blanks.",
    ]);
    let memory = LazyMemory::new(tree.search());
    let notes = memory.after(
        &returned(
            &tree,
            &["home/p/a/b/c/x", "home/p/a/b/c/y", "home/p/a/b/d/z"],
        ),
        &|_| false,
    );
    let path = tree.at("home/p/a/b/c/CLAUDE.md").display().to_string();
    assert_eq!(
        notes.first().map(String::as_str),
        Some(
            format!(
                "From {path}, which holds for the file that you just used:\n<instructions file=\"{path}\">\nUse tabs.\n</instructions>"
            )
            .as_str()
        )
    );
    assert_eq!(notes.len(), 2);
    let told: BTreeSet<&str> = notes
        .iter()
        .filter_map(|note| note.lines().next())
        .collect();
    let again = memory.after(&returned(&tree, &["home/p/a/b/c/x"]), &|name| {
        told.contains(name)
    });
    assert_eq!(again, Vec::<String>::new());
}

#[test]
fn notes_are_held_to_the_caps() {
    let tree = Tree::new(&[]);
    let folders = ["c", "d", "e", "f"];
    for folder in folders {
        tree.write(
            &format!("home/p/a/b/{folder}/CLAUDE.md"),
            &"é".repeat(50_000),
        );
    }
    let names: Vec<String> = folders
        .iter()
        .map(|folder| format!("home/p/a/b/{folder}/x"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let notes = LazyMemory::new(tree.search()).after(&returned(&tree, &names), &|_| false);
    let counts: Vec<usize> = notes.iter().map(|note| note.matches('é').count()).collect();
    assert_eq!(counts, [40_000, 40_000, 40_000, 0]);
    assert!(notes.iter().all(|note| note.contains("[cut: ")));
}
