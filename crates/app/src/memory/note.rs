//! Notes: a line that a person adds to a memory file.

use super::{LeftOut, MemoryRow, MemoryScope, MemorySearch, MemoryState, MemorySurvey};
use crate::launch::Launch;
use gimlet_ports::OpenFault;
use gimlet_settings::InstructionFiles;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// Which memory a note goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteTo {
    /// The person's, for every project.
    User,
    /// The project's, for everyone who works on it.
    Project,
    /// The person's, for this project alone.
    Local,
}

/// Where a note was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteWritten {
    /// The file.
    pub path: PathBuf,
    /// True when it was made for the note.
    pub is_new: bool,
    /// Files that a new file imports, because they would not count beside it otherwise.
    pub imports: Vec<PathBuf>,
}

/// Adds a note to a memory file: the nearest one that counts, or a new one.
///
/// # Errors
/// When the note is empty, the settings are wrong, or the file cannot be written.
pub fn add_note(launch: &Launch, to: NoteTo, text: &str) -> Result<NoteWritten, OpenFault> {
    let (settings, dirs) = launch.load_settings()?;
    let search = MemorySearch::new(&launch.cwd, launch, &settings, &dirs);
    add(&search, to, text)
}

pub(super) fn add(search: &MemorySearch, to: NoteTo, text: &str) -> Result<NoteWritten, OpenFault> {
    let Some(line) = as_item(text) else {
        return Err(OpenFault::User {
            text: "the note is empty".to_owned(),
            hint: None,
        });
    };
    if to != NoteTo::User && !search.trust.is_trusted() {
        return Err(OpenFault::User {
            text: "the folder is not trusted, so its memory files do not count and none is written"
                .to_owned(),
            hint: Some("`gimlet trust grant` trusts it".to_owned()),
        });
    }
    let survey = search.survey();
    let path = place(search, &survey, to);
    // A link that the repository brought along could lead to any file of the person's.
    if to != NoteTo::User && !search.trust.stays_inside(&path) {
        return Err(OpenFault::User {
            text: format!(
                "{} is a link that leads out of the repository",
                path.display()
            ),
            hint: Some("add the note to the file that it leads to".to_owned()),
        });
    }
    let imports = if to == NoteTo::Local && !path.exists() {
        pushed_aside(search, &survey)
    } else {
        Vec::new()
    };
    let is_new =
        write(&path, &heading(&path, &imports), &line).map_err(|error| OpenFault::Environment {
            text: format!("{} cannot be written: {error}", path.display()),
            hint: None,
        })?;
    Ok(NoteWritten {
        path,
        is_new,
        imports,
    })
}

/// The file that a note goes to.
fn place(search: &MemorySearch, survey: &MemorySurvey, to: NoteTo) -> PathBuf {
    match to {
        NoteTo::User => {
            let own = ["GIMLET.md", "AGENTS.md"].map(|name| search.config.join(name));
            let [first, _] = &own;
            own.iter()
                .find(|path| path.is_file())
                .unwrap_or(first)
                .clone()
        }
        NoteTo::Local => search.workspace().join("CLAUDE.local.md"),
        NoteTo::Project => nearest(search, survey).unwrap_or_else(|| {
            let name = match search.which {
                InstructionFiles::ClaudeMd => "CLAUDE.md",
                InstructionFiles::ClaudeMdOrAgentsMd if has_local(survey) => "CLAUDE.md",
                InstructionFiles::ClaudeMdOrAgentsMd
                | InstructionFiles::ClaudeMdAndAgentsMd
                | InstructionFiles::ManagedOnly => "AGENTS.md",
            };
            search.workspace().join(name)
        }),
    }
}

/// The project's own file that is nearest to the session's folder. An empty one serves too, and
/// one that counts because another imports it.
fn nearest(search: &MemorySearch, survey: &MemorySurvey) -> Option<PathBuf> {
    const NAMES: [&str; 3] = ["AGENTS.md", "CLAUDE.md", "GIMLET.md"];
    let workspace = search.workspace();
    let fits = |row: &&MemoryRow| {
        let counts = match &row.state {
            MemoryState::Loaded { .. } | MemoryState::LeftOut(LeftOut::Empty) => true,
            MemoryState::Waits { .. } | MemoryState::LeftOut(_) => false,
        };
        let is_shared = match row.scope {
            MemoryScope::Project | MemoryScope::Local => true,
            MemoryScope::Managed | MemoryScope::User => false,
        };
        let is_named = row
            .path
            .file_name()
            .is_some_and(|name| NAMES.iter().any(|known| name == *known));
        counts && is_shared && is_named && row.path.starts_with(workspace)
    };
    survey.rows.iter().rfind(fits).map(|row| row.path.clone())
}

fn has_local(survey: &MemorySurvey) -> bool {
    survey
        .rows
        .iter()
        .any(|row| row.scope == MemoryScope::Local)
}

/// `AGENTS.md` files that a new `CLAUDE.local.md` would take the place of.
fn pushed_aside(search: &MemorySearch, survey: &MemorySurvey) -> Vec<PathBuf> {
    if search.which != InstructionFiles::ClaudeMdOrAgentsMd || !survey.agents_count {
        return Vec::new();
    }
    let workspace = search.workspace();
    let loaded = survey.rows.iter().filter(|row| {
        row.scope == MemoryScope::Project
            && row.imported_by.is_none()
            && row.path.file_name().is_some_and(|name| name == "AGENTS.md")
            && row.path.starts_with(workspace)
            && matches!(row.state, MemoryState::Loaded { .. })
    });
    loaded.map(|row| row.path.clone()).collect()
}

fn heading(path: &Path, imports: &[PathBuf]) -> String {
    let mut out = String::from("# Notes\n\n");
    for import in imports {
        let near = path
            .parent()
            .and_then(|folder| import.strip_prefix(folder).ok());
        let named = near
            .unwrap_or(import)
            .display()
            .to_string()
            .replace(' ', "\\ ");
        out.extend(["@", &named, "\n"]);
    }
    if !imports.is_empty() {
        out.push('\n');
    }
    out
}

/// The note as an item of a list; `None` when it says nothing.
fn as_item(text: &str) -> Option<String> {
    let mut lines = text.trim().lines().map(str::trim_end);
    let mut out = format!("- {}\n", lines.next().filter(|first| !first.is_empty())?);
    for line in lines {
        out.push_str(if line.is_empty() { "" } else { "  " });
        out.push_str(line);
        out.push('\n');
    }
    Some(out)
}

/// Appends in one write, so that two notes at once both stay whole. True for a new file.
fn write(path: &Path, heading: &str, line: &str) -> io::Result<bool> {
    if !path.exists() {
        match create(path, &format!("{heading}{line}")) {
            Ok(()) => return Ok(true),
            // Someone was faster, or it is a link that leads nowhere yet.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    let gap = if ends_with_line(&mut file)? { "" } else { "\n" };
    file.write_all(format!("{gap}{line}").as_bytes())?;
    Ok(false)
}

/// Puts a file in place with all its text, unless something stands there.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let permissions = fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new()
        .permissions(permissions)
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|error| error.error)
}

fn ends_with_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests;
