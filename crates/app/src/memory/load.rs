//! Loading: each candidate is checked, read, and put in place together with what it imports.

use super::{
    LARGEST_FILE_BYTES, LeftOut, MemoryRow, MemoryScope, MemorySearch, MemoryState, MemorySurvey,
    WaitingRule,
    folders::{self, Agents, Candidate, Kind},
    front_matter,
    globs::{Excludes, PathPatterns},
    text,
};
use gimlet_engine::MemoryFile;
use gimlet_trust::Withheld;
use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

/// Steps that an import may be away from a memory file.
pub(super) const MOST_HOPS: usize = 4;

/// Surveys what a session begins with.
pub(super) fn survey(search: &MemorySearch) -> MemorySurvey {
    let mut loader = Loader::new(search);
    let (candidates, agents) = folders::at_start(search, &|path| loader.is_excluded(path));
    for candidate in candidates {
        loader.offer(&candidate);
    }
    loader.survey.agents_count = agents == Agents::Count;
    loader.forget_claims_on_imported();
    loader.survey.cut();
    loader.survey
}

/// Reads memory files into a survey.
pub(super) struct Loader<'a> {
    search: &'a MemorySearch,
    /// Where a project's files may lead.
    inside: Vec<PathBuf>,
    excludes: Excludes,
    pub(super) survey: MemorySurvey,
}

/// How a file came to be looked at.
#[derive(Clone, Copy)]
struct Way<'a> {
    scope: MemoryScope,
    /// Where the file may lead beside the workspace: the folder that it belongs to.
    base: Option<&'a Path>,
    /// The files that led here by imports, the first one first, as they really lie.
    chain: &'a [PathBuf],
    imported_by: Option<&'a Path>,
    unwanted: Option<&'a LeftOut>,
    /// The base of `paths`, for a rule that may wait.
    waits_in: Option<&'a Path>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(search: &'a MemorySearch) -> Self {
        let (excludes, bad_excludes) = Excludes::new(&search.excludes, search.home.as_deref());
        let mut inside = vec![search.workspace().to_owned()];
        inside.extend(search.added.iter().cloned());
        let inside = inside
            .iter()
            .filter_map(|folder| folder.canonicalize().ok())
            .collect();
        let survey = MemorySurvey {
            bad_excludes,
            ..MemorySurvey::default()
        };
        Self {
            search,
            inside,
            excludes,
            survey,
        }
    }

    /// A loader that has what `before` loaded.
    pub(super) fn after(search: &'a MemorySearch, before: &MemorySurvey) -> Self {
        let mut loader = Self::new(search);
        loader.survey.loaded.clone_from(&before.loaded);
        loader
    }

    /// True when the settings exclude the path or what it leads to.
    pub(super) fn is_excluded(&self, path: &Path) -> bool {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.excludes.hit(path, &real).is_some()
    }

    /// Takes in what stands at a candidate's path, if anything does.
    pub(super) fn offer(&mut self, candidate: &Candidate) {
        self.take(
            &candidate.path,
            Way {
                scope: candidate.scope,
                base: Some(&candidate.base),
                chain: &[],
                imported_by: None,
                unwanted: candidate.unwanted.as_ref(),
                waits_in: (candidate.kind == Kind::Rule).then_some(&*candidate.base),
            },
        );
    }

    /// An `AGENTS.md` that the claiming file imports is loaded, and nothing else is to be told.
    fn forget_claims_on_imported(&mut self) {
        let MemorySurvey { rows, loaded, .. } = &mut self.survey;
        rows.retain(|row| match &row.state {
            MemoryState::LeftOut(LeftOut::Claimed { .. }) => {
                let real = row.path.canonicalize().ok();
                real.is_none_or(|real| !loaded.iter().any(|(known, _)| *known == real))
            }
            MemoryState::Loaded { .. } | MemoryState::Waits { .. } | MemoryState::LeftOut(_) => {
                true
            }
        });
    }

    /// Takes in a rule whose file has come.
    pub(super) fn release(&mut self, rule: &WaitingRule) {
        self.take(
            &rule.path,
            Way {
                scope: rule.scope,
                base: rule.path.parent(),
                chain: &[],
                imported_by: None,
                unwanted: None,
                waits_in: None,
            },
        );
    }

    fn take(&mut self, path: &Path, way: Way<'_>) {
        match self.read(path, way) {
            Ok(Some((real, raw))) => self.place(path, real, &raw, way),
            Ok(None) => {}
            Err(why) => self.add_row(path, way, MemoryState::LeftOut(why)),
        }
    }

    /// The file as it is, with where it really lies. `None` where nothing stands.
    fn read(&self, path: &Path, way: Way<'_>) -> Result<Option<(PathBuf, String)>, LeftOut> {
        let unreadable = |error: io::Error| LeftOut::Unreadable {
            why: error.to_string(),
        };
        let info = match fs::metadata(path) {
            Ok(info) if info.is_dir() => return Ok(None),
            Ok(info) => info,
            Err(error) if is_nothing(&error) => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        if let Some(why) = way.unwanted {
            return Err(why.clone());
        }
        let of_repository = match way.scope {
            MemoryScope::Managed | MemoryScope::User => false,
            MemoryScope::Project | MemoryScope::Local => true,
        };
        // What an import names is judged by the file that names it, where that was read.
        let folder = way.imported_by.unwrap_or(path).parent().unwrap_or(path);
        if of_repository && !self.search.trust.covers(folder) {
            return Err(LeftOut::NotTrusted);
        }
        let real = path.canonicalize().map_err(unreadable)?;
        if way.chain.contains(&real) {
            return Err(LeftOut::Circle);
        }
        if let Some((_, of)) = self.survey.loaded.iter().find(|(known, _)| *known == real) {
            return Err(LeftOut::Twice { of: of.clone() });
        }
        if way.scope != MemoryScope::Managed
            && let Some(pattern) = self.excludes.hit(path, &real)
        {
            return Err(LeftOut::Excluded {
                pattern: pattern.to_owned(),
            });
        }
        if way.chain.len() > MOST_HOPS {
            return Err(LeftOut::TooDeep);
        }
        if !self.may_lead_to(&real, way) {
            return Err(LeftOut::Outside { real });
        }
        if !info.is_file() {
            return Err(LeftOut::NotText);
        }
        if info.len() > LARGEST_FILE_BYTES {
            return Err(LeftOut::TooLarge { bytes: info.len() });
        }
        let bytes = if of_repository {
            let read = self.search.trust.read(path, LARGEST_FILE_BYTES);
            read.map_err(|withheld| match withheld {
                Withheld::Missing => LeftOut::Missing,
                Withheld::Untrusted => LeftOut::NotTrusted,
                Withheld::Outside { real } => LeftOut::Outside { real },
                Withheld::NotAFile => LeftOut::NotText,
                Withheld::TooLong { bytes } => LeftOut::TooLarge { bytes },
                Withheld::Unreadable(error) => unreadable(error),
            })?
            .into_bytes()
        } else {
            fs::read(path).map_err(unreadable)?
        };
        if bytes.contains(&0) {
            return Err(LeftOut::NotText);
        }
        Ok(Some((real, String::from_utf8_lossy(&bytes).into_owned())))
    }

    /// A repository must not put files of the person into a conversation by naming them.
    fn may_lead_to(&self, real: &Path, way: Way<'_>) -> bool {
        match way.scope {
            MemoryScope::Managed | MemoryScope::User => true,
            MemoryScope::Project | MemoryScope::Local => {
                let base = way.base.and_then(|base| base.canonicalize().ok());
                base.iter()
                    .chain(&self.inside)
                    .any(|folder| real.starts_with(folder))
            }
        }
    }

    fn place(&mut self, path: &Path, real: PathBuf, raw: &str, way: Way<'_>) {
        let parts = text::take_apart(raw);
        let patterns = parts.front.as_deref().and_then(front_matter::paths);
        if let (Some(base), Some(patterns)) = (way.waits_in, patterns) {
            let patterns = PathPatterns::new(patterns, base, self.search.home.as_deref());
            let state = MemoryState::Waits {
                patterns: patterns.texts.clone(),
                bad: patterns.bad.clone(),
            };
            self.add_row(path, way, state);
            let rule = WaitingRule {
                path: path.to_owned(),
                scope: way.scope,
                patterns,
            };
            self.survey.waiting.push(rule);
            return;
        }
        self.survey.loaded.push((real.clone(), path.to_owned()));
        let mut chain = way.chain.to_vec();
        chain.push(real);
        for named in &parts.imports {
            // What a file imports stands before it, so that its own words come last.
            self.import(named, path, &chain, way.scope);
        }
        let chars = parts.body.trim().chars().count();
        if chars == 0 {
            self.add_row(path, way, MemoryState::LeftOut(LeftOut::Empty));
            return;
        }
        let tokens = tokens_of(&parts.body);
        self.add_row(
            path,
            way,
            MemoryState::Loaded {
                chars,
                tokens,
                cut_to: None,
            },
        );
        let text = parts.body.trim().to_owned();
        self.survey.files.push(MemoryFile {
            path: path.to_owned(),
            text,
        });
    }

    fn import(&mut self, named: &str, by: &Path, chain: &[PathBuf], scope: MemoryScope) {
        let way = Way {
            scope,
            base: None,
            chain,
            imported_by: Some(by),
            unwanted: None,
            waits_in: None,
        };
        let spellings = spellings(named);
        let paths = || {
            spellings
                .iter()
                .filter_map(|named| self.import_path(named, by))
        };
        if let Some(path) = paths().find(|path| path.is_file()) {
            self.take(&path, way);
        } else if let Some(path) = paths().next_back().filter(|path| looks_meant(named, path)) {
            self.add_row(&path, way, MemoryState::LeftOut(LeftOut::Missing));
        }
    }

    fn import_path(&self, named: &str, by: &Path) -> Option<PathBuf> {
        match named.strip_prefix("~/") {
            Some(rest) => self.search.home.as_ref().map(|home| home.join(rest)),
            None if named.starts_with('~') => None,
            // An absolute path replaces the folder.
            None => by.parent().map(|folder| lexical(&folder.join(named))),
        }
    }

    fn add_row(&mut self, path: &Path, way: Way<'_>, state: MemoryState) {
        let row = MemoryRow {
            path: path.to_owned(),
            scope: way.scope,
            imported_by: way.imported_by.map(Path::to_owned),
            state,
        };
        // A file that is imported again and again is told of once.
        if !self.survey.rows.contains(&row) {
            self.survey.rows.push(row);
        }
    }
}

/// Nothing stands there, or a part of the way is no folder.
fn is_nothing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// A named file as it is written, without a heading after `#`, and without the punctuation
/// of the sentence that it stands in.
fn spellings(named: &str) -> Vec<String> {
    let file = named.split_once('#').map_or(named, |(file, _)| file);
    let plain = file.trim_end_matches([
        ',', '.', ';', ':', '!', '?', ')', ']', '}', '"', '\'', '*', '_', '>',
    ]);
    let mut out: Vec<String> = Vec::new();
    for spelling in [named, file, plain] {
        if !spelling.is_empty() && !out.iter().any(|known| known == spelling) {
            out.push(spelling.to_owned());
        }
    }
    out
}

/// True for what was surely meant as a file, unlike a person's handle or a package's name.
fn looks_meant(named: &str, path: &Path) -> bool {
    let begins_as_path = ["./", "../", "/", "~/"]
        .iter()
        .any(|start| named.starts_with(start));
    begins_as_path || path.extension().is_some_and(|extension| extension == "md")
}

/// The path without `.` and `..`, by its words alone.
fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(component),
        }
    }
    out
}

/// Estimated tokens of a text; `deps.md` gives 3.6 bytes to a token as the mean.
fn tokens_of(text: &str) -> usize {
    text.trim().len() * 10 / 36
}
