//! Memory files that come with the files they are about: those of folders below the session's
//! own, and rules that wait for paths.

use super::{
    MemorySearch, MemorySurvey,
    folders::{self, Agents},
    globs,
    load::Loader,
};
use gimlet_engine::{MEMORY_CHARS, MemoryFile, instructions};
use gimlet_ports::Reminders;
use gimlet_protocol::{Mark, Returned};
use gimlet_settings::InstructionFiles;
use std::{path::Path, sync::OnceLock};

/// The files of a session that are not loaded from its start. They are looked for when a file
/// is read or written, and reach the model as appended notes.
#[derive(Debug)]
pub(crate) struct LazyMemory {
    search: MemorySearch,
    /// Made with the first file that is touched: most sessions end without one.
    start: OnceLock<MemorySurvey>,
}

impl LazyMemory {
    pub(crate) fn new(search: MemorySearch) -> Self {
        Self {
            search,
            start: OnceLock::new(),
        }
    }

    /// The memory files that hold for a file which was read or written, without those that the
    /// session began with. The same for the same file: who calls leaves out what was told.
    pub(crate) fn touched(&self, path: &Path) -> Vec<MemoryFile> {
        if self.search.which == InstructionFiles::ManagedOnly || !path.is_absolute() {
            return Vec::new();
        }
        let start = self.start.get_or_init(|| self.search.survey());
        let below = globs::below(path, &self.search.root);
        let nested = below
            .as_deref()
            .and_then(Path::parent)
            .filter(|below| below.iter().next().is_some());
        let mut waiting = start.waiting.clone();
        if nested.is_none() && !waiting.iter().any(|rule| rule.patterns.fit(path)) {
            return Vec::new();
        }
        let mut loader = Loader::after(&self.search, start);
        let mut folder = self.search.root.clone();
        for name in nested.into_iter().flat_map(Path::iter) {
            folder.push(name);
            let is_excluded = |path: &Path| loader.is_excluded(path);
            let agents = if start.agents_count {
                folders::agents_below(&self.search, &folder, &is_excluded)
            } else {
                Agents::Not(super::LeftOut::Missing)
            };
            for candidate in folders::of_folder(&self.search, &folder, &agents) {
                loader.offer(&candidate);
            }
        }
        waiting.append(&mut loader.survey.waiting);
        for rule in waiting.iter().filter(|rule| rule.patterns.fit(path)) {
            loader.release(rule);
        }
        loader.survey.files
    }
}

impl Reminders for LazyMemory {
    fn after(&self, returned: &Returned, is_told: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let mut left = MEMORY_CHARS;
        for mark in &returned.marks {
            let Mark::Seen { path, .. } = mark else {
                continue;
            };
            for file in self.touched(path) {
                let name = name_of(&file);
                let known =
                    is_told(&name) || out.iter().any(|text| text.lines().next() == Some(&name));
                if !known {
                    let (block, taken) = instructions(&file, left);
                    left -= taken;
                    out.push(format!("{name}\n{block}"));
                }
            }
        }
        out
    }
}

/// The first line of the note, by which it is known again.
fn name_of(file: &MemoryFile) -> String {
    let path = file.path.to_string_lossy().replace(['\n', '\r'], " ");
    format!("From {path}, which holds for the file that you just used:")
}

#[cfg(test)]
mod tests;
