//! Which memory files are found, in which order, and what is said of the others.

use super::{LARGEST_FILE_BYTES, LeftOut, MemorySearch, MemoryState, MemorySurvey};
use gimlet_settings::{FileSources, InstructionFiles};
use gimlet_trust::{Book, Workspace};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A machine: `home` with `config` and `.claude`, and a session in `home/p/a/b`, where
/// `home/p` is a repository.
pub(super) struct Tree {
    folder: tempfile::TempDir,
    root: PathBuf,
}

impl Tree {
    /// Files that say their own name, where no text comes after a `=`.
    pub(super) fn new(files: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for made in ["home/p/a/b", "home/p/.git"] {
            fs::create_dir_all(root.join(made)).unwrap();
        }
        let tree = Self { folder, root };
        for file in files {
            let (name, text) = file.split_once('=').unwrap_or((file, file));
            tree.write(name, text);
        }
        tree
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(super) fn link(&self, name: &str, to: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(self.at(to), path).unwrap();
    }

    pub(super) fn search(&self) -> MemorySearch {
        MemorySearch {
            root: self.at("home/p/a/b"),
            added: Vec::new(),
            added_count: false,
            home: Some(self.at("home")),
            config: self.at("config"),
            claude: Some(self.at("home/.claude")),
            managed: vec![
                self.at("etc/claude-code/CLAUDE.md"),
                self.at("etc/gimlet/GIMLET.md"),
            ],
            which: InstructionFiles::default(),
            excludes: Vec::new(),
            sources: FileSources::default(),
            trust: self.trust("home/p/a/b"),
        }
    }

    /// The person trusts the repository for this run, and those that they add.
    fn trust(&self, name: &str) -> Workspace {
        let book = Book::empty(&self.root);
        let home = self.at("home");
        let workspace = Workspace::for_this_run(&self.at(name), Some(&home), &book);
        workspace.with_added(["outside", "extra", "more"].map(|name| self.at(name)))
    }

    pub(super) fn name(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }

    fn loaded(&self, search: &MemorySearch) -> Vec<String> {
        search
            .survey()
            .files
            .iter()
            .map(|file| self.name(&file.path))
            .collect()
    }

    /// What was not loaded, as `name: why`, with paths from the tree's root.
    fn left_out(&self, survey: &MemorySurvey) -> Vec<String> {
        let root = format!("{}/", self.root.display());
        let rows = survey.rows.iter().filter_map(|row| match &row.state {
            MemoryState::LeftOut(why) => {
                Some(format!("{}: {why}", row.path.display()).replace(&root, ""))
            }
            MemoryState::Waits { patterns, .. } => Some(format!(
                "{}: waits for {}",
                self.name(&row.path),
                patterns.join(" ")
            )),
            MemoryState::Loaded { .. } => None,
        });
        rows.collect()
    }
}

#[test]
fn files_come_from_the_organisation_to_the_nearest() {
    let tree = Tree::new(&[
        "home/p/a/b/CLAUDE.local.md",
        "home/p/a/b/GIMLET.md",
        "home/p/a/b/.claude/rules/two/z.md",
        "home/p/a/b/.claude/rules/one.md",
        "home/p/a/b/.claude/CLAUDE.md",
        "home/p/a/b/CLAUDE.md",
        "home/p/a/GIMLET.md",
        "home/p/CLAUDE.local.md",
        "home/p/CLAUDE.md",
        "home/CLAUDE.md",
        "config/GIMLET.md",
        "config/AGENTS.md",
        "home/.claude/rules/tone.md",
        "home/.claude/CLAUDE.md",
        "etc/gimlet/GIMLET.md",
        "etc/claude-code/CLAUDE.md",
        // None of these is looked at.
        "home/p/a/b/c/CLAUDE.md",
        "home/p/a/b/.claude/rules/readme.txt",
        "home/p/other/CLAUDE.md",
    ]);
    assert_eq!(
        tree.loaded(&tree.search()),
        [
            "etc/claude-code/CLAUDE.md",
            "etc/gimlet/GIMLET.md",
            "home/.claude/CLAUDE.md",
            "home/.claude/rules/tone.md",
            "config/AGENTS.md",
            "config/GIMLET.md",
            "home/CLAUDE.md",
            "home/p/CLAUDE.md",
            "home/p/CLAUDE.local.md",
            "home/p/a/GIMLET.md",
            "home/p/a/b/CLAUDE.md",
            "home/p/a/b/.claude/CLAUDE.md",
            "home/p/a/b/.claude/rules/one.md",
            "home/p/a/b/.claude/rules/two/z.md",
            "home/p/a/b/GIMLET.md",
            "home/p/a/b/CLAUDE.local.md",
        ]
    );
}

#[test]
fn each_value_of_instruction_files_has_its_own_set() {
    let tree = Tree::new(&[
        "etc/gimlet/GIMLET.md",
        "home/.claude/CLAUDE.md",
        "home/p/AGENTS.md",
        "home/p/a/b/.claude/AGENTS.md",
        "home/p/a/b/GIMLET.md",
    ]);
    let loaded = |which| {
        tree.loaded(&MemorySearch {
            which,
            ..tree.search()
        })
    };
    let agents = [
        "etc/gimlet/GIMLET.md",
        "home/.claude/CLAUDE.md",
        "home/p/AGENTS.md",
        "home/p/a/b/.claude/AGENTS.md",
        "home/p/a/b/GIMLET.md",
    ];
    // The person's own CLAUDE.md claims nothing.
    assert_eq!(loaded(InstructionFiles::ClaudeMdOrAgentsMd), agents);
    assert_eq!(loaded(InstructionFiles::ClaudeMdAndAgentsMd), agents);
    assert_eq!(
        loaded(InstructionFiles::ClaudeMd),
        [
            "etc/gimlet/GIMLET.md",
            "home/.claude/CLAUDE.md",
            "home/p/a/b/GIMLET.md"
        ]
    );
    assert_eq!(
        loaded(InstructionFiles::ManagedOnly),
        ["etc/gimlet/GIMLET.md"]
    );
}

#[test]
fn one_claude_file_on_the_way_down_claims_every_agents_file() {
    for claim in [
        "home/p/CLAUDE.md",
        "home/p/a/.claude/CLAUDE.md",
        "home/p/a/b/CLAUDE.local.md",
    ] {
        let tree = Tree::new(&["home/p/AGENTS.md", "home/p/a/b/AGENTS.md", claim]);
        let search = tree.search();
        assert_eq!(tree.loaded(&search), [claim]);
        assert_eq!(
            tree.left_out(&search.survey()),
            [
                format!("home/p/AGENTS.md: it gives way to {claim}"),
                format!("home/p/a/b/AGENTS.md: it gives way to {claim}"),
            ]
        );
        let both = MemorySearch {
            which: InstructionFiles::ClaudeMdAndAgentsMd,
            ..search
        };
        assert_eq!(tree.loaded(&both).len(), 3);
    }
}

#[test]
fn rules_and_excluded_files_claim_nothing() {
    let tree = Tree::new(&[
        "home/p/AGENTS.md",
        "home/p/.claude/rules/r.md",
        "home/p/a/CLAUDE.md",
    ]);
    let excludes = vec![tree.at("home/p/a/CLAUDE.md").display().to_string()];
    let search = MemorySearch {
        excludes,
        ..tree.search()
    };
    assert_eq!(
        tree.loaded(&search),
        ["home/p/AGENTS.md", "home/p/.claude/rules/r.md"]
    );
}

#[test]
fn a_file_that_is_linked_or_imported_is_loaded_once() {
    let tree = Tree::new(&["home/p/AGENTS.md", "home/p/a/b/CLAUDE.md=@../../AGENTS.md"]);
    tree.link("home/p/a/GIMLET.md", "home/p/AGENTS.md");
    let search = MemorySearch {
        which: InstructionFiles::ClaudeMdAndAgentsMd,
        ..tree.search()
    };
    assert_eq!(
        tree.loaded(&search),
        ["home/p/AGENTS.md", "home/p/a/b/CLAUDE.md"]
    );
    assert_eq!(
        tree.left_out(&search.survey()),
        [
            "home/p/a/GIMLET.md: it is loaded already, as home/p/AGENTS.md",
            "home/p/AGENTS.md: it is loaded already, as home/p/AGENTS.md",
        ]
    );
}

#[test]
fn an_agents_file_that_is_claimed_and_imported_is_told_of_as_loaded() {
    let tree = Tree::new(&["home/p/AGENTS.md", "home/p/CLAUDE.md=@AGENTS.md"]);
    let search = tree.search();
    assert_eq!(
        tree.loaded(&search),
        ["home/p/AGENTS.md", "home/p/CLAUDE.md"]
    );
    assert_eq!(tree.left_out(&search.survey()), Vec::<String>::new());
}

#[test]
fn setting_sources_leave_out_their_kind() {
    let files = [
        "config/GIMLET.md",
        "home/p/CLAUDE.md",
        "home/p/CLAUDE.local.md",
        "home/p/AGENTS.md",
    ];
    let tree = Tree::new(&files);
    let loaded = |text: &str| {
        let sources = FileSources::named(text).unwrap();
        tree.loaded(&MemorySearch {
            sources,
            ..tree.search()
        })
    };
    assert_eq!(loaded("user"), ["config/GIMLET.md"]);
    assert_eq!(loaded("project"), ["home/p/CLAUDE.md"]);
    assert_eq!(
        loaded("user,local"),
        ["config/GIMLET.md", "home/p/CLAUDE.local.md"]
    );
    assert_eq!(loaded(""), Vec::<String>::new());
}

#[test]
fn imports_stand_before_the_file_that_names_them() {
    let tree = Tree::new(&[
        "home/p/CLAUDE.md=See @docs/style.md and @./docs/more.md.\nIn code: `@docs/code.md`.",
        "home/p/docs/style.md=@deep.md#part",
        "home/p/docs/deep.md",
        "home/p/docs/more.md",
        "home/p/docs/code.md",
    ]);
    let survey = tree.search().survey();
    let rows: Vec<_> = survey
        .rows
        .iter()
        .map(|row| {
            (
                tree.name(&row.path),
                row.imported_by.as_deref().map(|by| tree.name(by)),
            )
        })
        .collect();
    let by = |name: &str| Some(name.to_owned());
    assert_eq!(
        rows,
        [
            ("home/p/docs/deep.md".to_owned(), by("home/p/docs/style.md")),
            ("home/p/docs/style.md".to_owned(), by("home/p/CLAUDE.md")),
            ("home/p/docs/more.md".to_owned(), by("home/p/CLAUDE.md")),
            ("home/p/CLAUDE.md".to_owned(), None),
        ]
    );
}

#[test]
fn the_fifth_hop_of_imports_is_too_far() {
    let tree = Tree::new(&[
        "home/p/CLAUDE.md=0 @1.md",
        "home/p/1.md=1 @2.md",
        "home/p/2.md=2 @3.md",
        "home/p/3.md=3 @4.md",
        "home/p/4.md=4 @5.md",
        "home/p/5.md=5",
    ]);
    let survey = tree.search().survey();
    let texts: Vec<&str> = survey
        .files
        .iter()
        .filter_map(|file| file.text.get(..1))
        .collect();
    assert_eq!(texts, ["4", "3", "2", "1", "0"]);
    assert_eq!(
        tree.left_out(&survey),
        ["home/p/5.md: it is more than 4 imports away from a memory file"]
    );
    assert_eq!(survey.notices().len(), 1);
}

#[test]
fn files_that_import_each_other_are_loaded_once_and_told() {
    let tree = Tree::new(&["home/p/CLAUDE.md=@a.md", "home/p/a.md=@CLAUDE.md and @a.md"]);
    let search = tree.search();
    assert_eq!(tree.loaded(&search), ["home/p/a.md", "home/p/CLAUDE.md"]);
    assert_eq!(
        tree.left_out(&search.survey()),
        [
            "home/p/CLAUDE.md: the files import each other in a circle",
            "home/p/a.md: the files import each other in a circle",
        ]
    );
}

#[test]
fn a_projects_imports_stay_in_the_workspace_and_the_persons_go_anywhere() {
    let tree = Tree::new(&[
        "home/p/a/b/CLAUDE.md=@~/secret.md @../../inside.md @../../../../outside/x.md",
        "home/p/inside.md",
        "home/p/link/none",
        "home/secret.md",
        "outside/x.md",
        "config/GIMLET.md=@../outside/y.md",
        "outside/y.md",
    ]);
    tree.link("home/p/linked.md", "home/secret.md");
    tree.write("home/p/CLAUDE.md", "@linked.md");
    let search = tree.search();
    assert_eq!(
        tree.loaded(&search),
        [
            "outside/y.md",
            "config/GIMLET.md",
            "home/p/CLAUDE.md",
            "home/p/inside.md",
            "home/p/a/b/CLAUDE.md"
        ]
    );
    let why = "; --add-dir or permissions.additionalDirectories can add that folder";
    assert_eq!(
        tree.left_out(&search.survey()),
        [
            format!("home/p/linked.md: it lies outside the workspace, at home/secret.md{why}"),
            format!("home/secret.md: it lies outside the workspace, at home/secret.md{why}"),
            format!("outside/x.md: it lies outside the workspace, at outside/x.md{why}"),
        ]
    );
    let trusted = MemorySearch {
        added: vec![tree.at("outside")],
        ..search
    };
    assert!(tree.loaded(&trusted).contains(&"outside/x.md".to_owned()));
}

#[test]
fn links_of_a_project_that_lead_outside_are_not_followed() {
    let tree = Tree::new(&["outside/r.md", "outside/dot/CLAUDE.md", "home/p/docs/r.md"]);
    tree.link("home/p/CLAUDE.md", "outside/r.md");
    tree.link("home/p/a/.claude", "outside/dot");
    tree.link("home/p/.claude/rules/out.md", "outside/r.md");
    tree.link("home/p/.claude/rules/in.md", "home/p/docs/r.md");
    let search = tree.search();
    assert_eq!(tree.loaded(&search), ["home/p/.claude/rules/in.md"]);
    let names: Vec<String> = search
        .survey()
        .rows
        .iter()
        .map(|row| tree.name(&row.path))
        .collect();
    assert_eq!(
        names,
        [
            "home/p/CLAUDE.md",
            "home/p/.claude/rules/in.md",
            "home/p/.claude/rules/out.md",
            "home/p/a/.claude/CLAUDE.md",
        ]
    );
}

#[test]
fn a_home_folder_in_git_is_no_workspace() {
    let tree = Tree::new(&[
        "home/.git/HEAD",
        "home/q/CLAUDE.md=@../secret.md",
        "home/secret.md",
    ]);
    let search = MemorySearch {
        root: tree.at("home/q"),
        trust: tree.trust("home/q"),
        ..tree.search()
    };
    assert_eq!(search.workspace(), tree.at("home/q"));
    assert_eq!(tree.loaded(&search), ["home/q/CLAUDE.md"]);
}

#[test]
fn names_that_are_no_files_are_passed_over_unless_they_were_meant() {
    let tree = Tree::new(&[
        "home/p/CLAUDE.md=Ask @ada about @types/node, (see @./gone.txt) or @lost.md. Not @docs either.",
        "home/p/docs/x.md",
    ]);
    assert_eq!(
        tree.left_out(&tree.search().survey()),
        [
            "home/p/gone.txt: there is no such file",
            "home/p/lost.md: there is no such file"
        ]
    );
    assert_eq!(tree.search().survey().notices(), Vec::<String>::new());
}

#[test]
fn excludes_fit_a_file_or_what_it_links_to_and_never_the_organisations() {
    let tree = Tree::new(&[
        "etc/gimlet/GIMLET.md",
        "home/p/shared/rules.md",
        "home/p/a/CLAUDE.md",
        "home/p/a/b/CLAUDE.md=@../more.md",
        "home/p/a/more.md",
    ]);
    tree.link("home/p/CLAUDE.md", "home/p/shared/rules.md");
    let loaded = |pattern: &str| {
        let excludes = vec![pattern.replace("ROOT", &tree.root.display().to_string())];
        tree.loaded(&MemorySearch {
            excludes,
            ..tree.search()
        })
    };
    let managed = "etc/gimlet/GIMLET.md";
    let b = ["home/p/a/more.md", "home/p/a/b/CLAUDE.md"];
    assert_eq!(
        loaded("**/shared/*.md"),
        [managed, "home/p/a/CLAUDE.md", b[0], b[1]]
    );
    assert_eq!(
        loaded("ROOT/home/p/CLAUDE.md"),
        [managed, "home/p/a/CLAUDE.md", b[0], b[1]]
    );
    assert_eq!(
        loaded("ROOT/home/p/a/{CLAUDE,more}.md"),
        [managed, "home/p/CLAUDE.md", b[1]]
    );
    assert_eq!(loaded("~/p/a/**"), [managed, "home/p/CLAUDE.md"]);
    assert_eq!(loaded("/**"), [managed]);
    let bad = MemorySearch {
        excludes: vec!["a[".to_owned()],
        ..tree.search()
    };
    assert_eq!(
        bad.survey().notices(),
        ["`a[` in claudeMdExcludes is no pattern and fits nothing"]
    );
}

#[test]
fn rules_with_paths_wait_and_others_are_loaded() {
    let tree = Tree::new(&[
        "home/p/.claude/rules/api.md=---\npaths: [\"src/api/**\", \"x[\"]\n---\nUse JSON.",
        "home/p/.claude/rules/all.md=---\nname: all\n---\nBe kind.",
        "home/p/.claude/CLAUDE.md=---\npaths: nothing\n---\nNot a rule.",
    ]);
    let survey = tree.search().survey();
    let texts: Vec<&str> = survey.files.iter().map(|file| file.text.as_str()).collect();
    assert_eq!(texts, ["Not a rule.", "Be kind."]);
    assert_eq!(
        tree.left_out(&survey),
        ["home/p/.claude/rules/api.md: waits for src/api/** x["]
    );
    let [notice] = &survey.notices()[..] else {
        panic!("one notice is due")
    };
    assert!(
        notice.ends_with("`x[` in `paths` is no pattern and fits nothing"),
        "{notice}"
    );
}

#[test]
fn rules_in_a_circle_of_links_are_found_once() {
    let tree = Tree::new(&["home/p/.claude/rules/sub/r.md"]);
    tree.link("home/p/.claude/rules/sub/again", "home/p/.claude/rules");
    assert_eq!(
        tree.loaded(&tree.search()),
        ["home/p/.claude/rules/sub/r.md"]
    );
}

#[test]
fn what_is_too_large_no_text_or_empty_is_left_out() {
    let tree = Tree::new(&[
        "home/p/a/CLAUDE.md=\u{0}binary",
        "home/p/a/b/CLAUDE.md=<!-- nothing -->\n",
    ]);
    let limit = usize::try_from(LARGEST_FILE_BYTES).unwrap();
    tree.write("home/p/CLAUDE.md", &"x".repeat(limit + 1));
    tree.write("config/GIMLET.md", &"x".repeat(limit));
    let survey = tree.search().survey();
    assert_eq!(
        tree.left_out(&survey),
        [
            "home/p/CLAUDE.md: it has 4194305 bytes; the limit is 4194304",
            "home/p/a/CLAUDE.md: it is not a text file",
            "home/p/a/b/CLAUDE.md: it says nothing",
        ]
    );
    let told = |row: &&super::MemoryRow| matches!(&row.state, MemoryState::LeftOut(why) if why.is_worth_telling());
    assert_eq!(survey.rows.iter().filter(told).count(), 2);
}

#[test]
fn a_pipe_is_not_waited_for() {
    let tree = Tree::new(&[]);
    let path = tree.at("home/p/CLAUDE.md");
    let made = std::process::Command::new("mkfifo")
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let survey = tree.search().survey();
    assert_eq!(
        tree.left_out(&survey),
        ["home/p/CLAUDE.md: it is not a text file"]
    );
}

#[test]
fn what_the_prompt_cuts_is_told() {
    let tree = Tree::new(&[]);
    for (name, chars) in [
        ("config/GIMLET.md", 50_000),
        ("home/p/CLAUDE.md", 40_000),
        ("home/p/a/CLAUDE.md", 30_000),
        ("home/p/a/b/CLAUDE.md", 20_000),
    ] {
        tree.write(name, &"é".repeat(chars));
    }
    let survey = tree.search().survey();
    let cuts: Vec<_> = survey
        .rows
        .iter()
        .map(|row| match row.state {
            MemoryState::Loaded { chars, cut_to, .. } => (chars, cut_to),
            MemoryState::Waits { .. } | MemoryState::LeftOut(_) => (0, None),
        })
        .collect();
    assert_eq!(
        cuts,
        [
            (50_000, Some(40_000)),
            (40_000, None),
            (30_000, None),
            (20_000, Some(10_000))
        ]
    );
    assert_eq!(survey.notices().len(), 2);
}

#[test]
fn added_folders_count_when_it_is_wanted() {
    let tree = Tree::new(&[
        "home/p/CLAUDE.md",
        "extra/CLAUDE.md",
        "extra/.claude/rules/r.md",
        "extra/CLAUDE.local.md",
    ]);
    let search = MemorySearch {
        added: vec![tree.at("extra")],
        ..tree.search()
    };
    assert_eq!(tree.loaded(&search), ["home/p/CLAUDE.md"]);
    assert_eq!(
        tree.loaded(&MemorySearch {
            added_count: true,
            ..search
        }),
        [
            "home/p/CLAUDE.md",
            "extra/CLAUDE.md",
            "extra/.claude/rules/r.md",
            "extra/CLAUDE.local.md"
        ]
    );
}

#[test]
fn a_session_in_the_home_folder_takes_its_claude_folder_as_the_persons() {
    let tree = Tree::new(&["home/.claude/CLAUDE.md", "home/AGENTS.md"]);
    let search = MemorySearch {
        root: tree.at("home"),
        ..tree.search()
    };
    assert_eq!(
        tree.loaded(&search),
        ["home/.claude/CLAUDE.md", "home/AGENTS.md"]
    );
}

#[test]
fn an_unreadable_place_is_told_and_the_rest_is_loaded() {
    let tree = Tree::new(&["home/p/CLAUDE.md"]);
    // A link to itself cannot be read by anyone.
    tree.link("home/p/a/CLAUDE.md", "home/p/a/CLAUDE.md");
    let search = tree.search();
    assert_eq!(tree.loaded(&search), ["home/p/CLAUDE.md"]);
    let survey = search.survey();
    assert!(matches!(
        survey.rows.last().map(|row| &row.state),
        Some(MemoryState::LeftOut(LeftOut::Unreadable { .. }))
    ));
    drop(tree.folder);
}
