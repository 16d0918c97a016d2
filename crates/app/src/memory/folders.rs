//! The names of memory files, folder by folder, in the order in which they are loaded.

use super::{LeftOut, MemoryScope, MemorySearch};
use gimlet_settings::InstructionFiles;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Rules that one folder may have.
const MOST_RULES: usize = 1_000;
/// Folders in folders that are looked through for rules.
const DEEPEST_RULES: usize = 16;

/// A path at which a memory file may stand.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    pub(super) scope: MemoryScope,
    /// The folder that it belongs to: where its `paths` start, and out of which a project's
    /// file must not lead.
    pub(super) base: PathBuf,
    pub(super) kind: Kind,
    /// Why it does not count, if that is known before it is looked at.
    pub(super) unwanted: Option<LeftOut>,
}

impl Candidate {
    /// Marks a file of a kind that the settings or flags leave out.
    fn drop_unwanted(&mut self, search: &MemorySearch) {
        let is_source = match self.scope {
            MemoryScope::Managed => return,
            MemoryScope::User => search.sources.user,
            MemoryScope::Project => search.sources.project,
            MemoryScope::Local => search.sources.local,
        };
        if search.which == InstructionFiles::ManagedOnly {
            self.unwanted = Some(managed_only());
        } else if !is_source {
            self.unwanted = Some(LeftOut::NotASource);
        }
    }
}

/// What a file's front matter can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing that counts.
    Plain,
    /// Which files it waits for.
    Rule,
}

/// Whether `AGENTS.md` files count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Agents {
    Count,
    Not(LeftOut),
}

/// Everywhere that a session's start looks, and whether `AGENTS.md` counts.
pub(super) fn at_start(
    search: &MemorySearch,
    is_excluded: &dyn Fn(&Path) -> bool,
) -> (Vec<Candidate>, Agents) {
    let mut out: Vec<Candidate> = Vec::new();
    for path in &search.managed {
        out.push(plain(path.clone(), MemoryScope::Managed, Path::new("/")));
    }
    out.extend(of_the_person(search));
    let agents = agents_at_start(search, is_excluded);
    let mut folders: Vec<&Path> = search.root.ancestors().collect();
    folders.reverse();
    if search.added_count {
        let added = search.added.iter().map(PathBuf::as_path);
        folders.extend(added.filter(|added| !search.root.starts_with(added)));
    }
    for folder in folders {
        out.extend(of_folder(search, folder, &agents));
    }
    (out, agents)
}

fn of_the_person(search: &MemorySearch) -> Vec<Candidate> {
    let mut out = Vec::new();
    if let Some(claude) = &search.claude {
        out.push(plain(claude.join("CLAUDE.md"), MemoryScope::User, claude));
        // Their `paths` start at the project.
        out.extend(rules(
            &claude.join("rules"),
            MemoryScope::User,
            search.workspace(),
        ));
    }
    for name in ["AGENTS.md", "GIMLET.md"] {
        out.push(plain(
            search.config.join(name),
            MemoryScope::User,
            &search.config,
        ));
    }
    for candidate in &mut out {
        candidate.drop_unwanted(search);
    }
    out
}

/// The files of one folder of the project.
pub(super) fn of_folder(search: &MemorySearch, folder: &Path, agents: &Agents) -> Vec<Candidate> {
    let project = |path: PathBuf| plain(path, MemoryScope::Project, folder);
    let dot_claude = dot_claude(search, folder);
    let mut out = Vec::new();
    let agents_files = [
        Some(folder.join("AGENTS.md")),
        dot_claude.as_ref().map(|at| at.join("AGENTS.md")),
    ];
    for path in agents_files.into_iter().flatten() {
        let mut candidate = project(path);
        if let Agents::Not(why) = agents {
            candidate.unwanted = Some(why.clone());
        }
        out.push(candidate);
    }
    out.push(project(folder.join("CLAUDE.md")));
    if let Some(dot_claude) = &dot_claude {
        out.push(project(dot_claude.join("CLAUDE.md")));
        out.extend(rules(
            &dot_claude.join("rules"),
            MemoryScope::Project,
            folder,
        ));
    }
    out.push(project(folder.join("GIMLET.md")));
    out.push(plain(
        folder.join("CLAUDE.local.md"),
        MemoryScope::Local,
        folder,
    ));
    for candidate in &mut out {
        candidate.drop_unwanted(search);
    }
    out
}

/// The `.claude` of a folder, unless it is missing or the person's own.
fn dot_claude(search: &MemorySearch, folder: &Path) -> Option<PathBuf> {
    let path = folder.join(".claude");
    (path.is_dir() && !is_the_persons(search, &path)).then_some(path)
}

fn is_the_persons(search: &MemorySearch, path: &Path) -> bool {
    let Some(claude) = &search.claude else {
        return false;
    };
    claude == path
        || matches!((claude.canonicalize(), path.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Whether `AGENTS.md` counts from the file system's root down to the session's folder.
fn agents_at_start(search: &MemorySearch, is_excluded: &dyn Fn(&Path) -> bool) -> Agents {
    match search.which {
        InstructionFiles::ManagedOnly => Agents::Not(managed_only()),
        InstructionFiles::ClaudeMd => Agents::Not(LeftOut::NotWanted {
            setting: "claude-md",
        }),
        InstructionFiles::ClaudeMdAndAgentsMd => Agents::Count,
        InstructionFiles::ClaudeMdOrAgentsMd => {
            let folders = search.root.ancestors();
            let mut claims = folders.filter_map(|folder| claim_of(search, folder, is_excluded));
            claims
                .next()
                .map_or(Agents::Count, |by| Agents::Not(LeftOut::Claimed { by }))
        }
    }
}

/// Whether `AGENTS.md` counts in a folder below the session's own, when it counts there.
pub(super) fn agents_below(
    search: &MemorySearch,
    folder: &Path,
    is_excluded: &dyn Fn(&Path) -> bool,
) -> Agents {
    let claim = match search.which {
        InstructionFiles::ClaudeMdOrAgentsMd => claim_of(search, folder, is_excluded),
        InstructionFiles::ClaudeMd
        | InstructionFiles::ClaudeMdAndAgentsMd
        | InstructionFiles::ManagedOnly => None,
    };
    claim.map_or(Agents::Count, |by| Agents::Not(LeftOut::Claimed { by }))
}

/// The file of a folder for which `AGENTS.md` gives way.
fn claim_of(
    search: &MemorySearch,
    folder: &Path,
    is_excluded: &dyn Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let shared = search.sources.project.then(|| folder.join("CLAUDE.md"));
    let hidden = search
        .sources
        .project
        .then(|| folder.join(".claude/CLAUDE.md"));
    let local = search.sources.local.then(|| folder.join("CLAUDE.local.md"));
    let mut paths = [shared, hidden, local].into_iter().flatten();
    paths.find(|path| {
        path.is_file()
            && !is_excluded(path)
            && path
                .parent()
                .is_none_or(|parent| !is_the_persons(search, parent))
    })
}

fn managed_only() -> LeftOut {
    LeftOut::NotWanted {
        setting: "managed-only",
    }
}

fn plain(path: PathBuf, scope: MemoryScope, base: &Path) -> Candidate {
    Candidate {
        path,
        scope,
        base: base.to_owned(),
        kind: Kind::Plain,
        unwanted: None,
    }
}

/// The rules in a folder and the folders in it, by path. A folder that links lead to twice is
/// looked through once.
fn rules(folder: &Path, scope: MemoryScope, base: &Path) -> Vec<Candidate> {
    let mut paths = Vec::new();
    collect_rules(folder, DEEPEST_RULES, &mut BTreeSet::new(), &mut paths);
    paths.sort();
    let rule = |path| Candidate {
        path,
        scope,
        base: base.to_owned(),
        kind: Kind::Rule,
        unwanted: None,
    };
    paths.into_iter().map(rule).collect()
}

fn collect_rules(
    folder: &Path,
    deeper: usize,
    been: &mut BTreeSet<PathBuf>,
    out: &mut Vec<PathBuf>,
) {
    let Ok(items) = fs::read_dir(folder) else {
        return;
    };
    if deeper == 0 || !folder.canonicalize().is_ok_and(|real| been.insert(real)) {
        return;
    }
    let mut items: Vec<PathBuf> = items.flatten().map(|item| item.path()).collect();
    items.sort();
    for path in items {
        if out.len() >= MOST_RULES {
            return;
        }
        if path.is_dir() {
            collect_rules(&path, deeper - 1, been, out);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            out.push(path);
        }
    }
}
