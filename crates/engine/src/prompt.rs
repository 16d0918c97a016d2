//! The system prompt: put together once, when a session starts, from the `.md` parts beside
//! this file, the environment and the memory files.

use std::path::PathBuf;

const IDENTITY: &str = include_str!("prompt/identity.md");
const WORK: &str = include_str!("prompt/work.md");

/// Characters of one memory file that are taken.
pub const MEMORY_FILE_CHARS: usize = 40_000;
/// Characters of all memory files together.
pub const MEMORY_CHARS: usize = 120_000;

/// What the system prompt is made of.
#[derive(Clone, Debug, Default)]
pub struct PromptParts {
    /// Replaces identity and guidance (`--system-prompt`).
    pub replaced: Option<String>,
    /// Comes last (`--append-system-prompt`).
    pub appended: Option<String>,
    /// Where the session works.
    pub environment: Environment,
    /// Memory files, from the most general to the nearest.
    pub memory: Vec<MemoryFile>,
}

/// Where a session works, as the model is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// The folder.
    pub cwd: PathBuf,
    /// Folders that the person added.
    pub added: Vec<PathBuf>,
    /// The git branch, where there is a repository.
    pub git_branch: Option<String>,
    /// Such as `linux`.
    pub platform: String,
    /// Such as `bash`.
    pub shell: String,
    /// Today, as `2026-11-22`.
    pub date: String,
}

/// A memory file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryFile {
    /// Where it stands.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// The system prompt, in parts: first what is the same everywhere, then what is the same for
/// this folder, so that a provider's cache serves as many sessions as possible.
pub fn system_prompt(parts: &PromptParts) -> Vec<String> {
    let mut out = vec![match &parts.replaced {
        Some(text) => text.clone(),
        None => format!("{}\n{}", IDENTITY.trim_end(), WORK.trim_end()),
    }];
    out.push(environment_text(&parts.environment));
    if !parts.memory.is_empty() {
        out.push(memory_text(&parts.memory));
    }
    out.extend(parts.appended.clone());
    out
}

fn environment_text(environment: &Environment) -> String {
    let mut lines = vec![
        "<environment>".to_owned(),
        format!("working directory: {}", environment.cwd.display()),
    ];
    lines.extend(
        environment
            .added
            .iter()
            .map(|path| format!("added directory: {}", path.display())),
    );
    lines.push(match &environment.git_branch {
        Some(branch) => format!("git branch: {branch}"),
        None => "git: not a repository".to_owned(),
    });
    lines.push(format!(
        "platform: {}, shell: {}",
        environment.platform, environment.shell
    ));
    lines.push(format!("date: {}", environment.date));
    lines.push("</environment>".to_owned());
    lines.join("\n")
}

fn memory_text(files: &[MemoryFile]) -> String {
    let mut out = String::from(
        "Instructions of the person and the project. Where they differ, the later file wins.",
    );
    let mut left = MEMORY_CHARS;
    for file in files {
        let (block, taken) = instructions(file, left);
        left -= taken;
        out.push_str("\n\n");
        out.push_str(&block);
    }
    out
}

/// A memory file as the model sees it, and how many of its characters were taken: at most
/// `left` and at most [`MEMORY_FILE_CHARS`].
pub fn instructions(file: &MemoryFile, left: usize) -> (String, usize) {
    let allowed = left.min(MEMORY_FILE_CHARS);
    let kept: String = file.text.chars().take(allowed).collect();
    let whole = file.text.chars().count();
    let path = file.path.display();
    let mut out = format!("<instructions file=\"{path}\">\n{}", kept.trim_end());
    if whole > allowed {
        out +=
            format!("\n[cut: {allowed} of {whole} characters; read {path} for the rest]").as_str();
    }
    out.push_str("\n</instructions>");
    (out, whole.min(allowed))
}

#[cfg(test)]
mod tests;
