//! Rules that allow too much where a reviewer decides instead of a person.

use crate::{rules::CommandPattern, unwrap};

/// Programs that run code: rules with a wildcard for them do not count where a reviewer decides.
const INTERPRETERS: [&str; 35] = [
    "sh",
    "bash",
    "zsh",
    "dash",
    "ksh",
    "fish",
    "python",
    "python2",
    "python3",
    "node",
    "nodejs",
    "deno",
    "bun",
    "ruby",
    "perl",
    "php",
    "lua",
    "luajit",
    "Rscript",
    "julia",
    "swift",
    "osascript",
    "pwsh",
    "powershell",
    "tsx",
    "ts-node",
    "eval",
    "exec",
    "env",
    "sudo",
    "doas",
    "ssh",
    "xargs",
    "awk",
    "source",
];

/// Programs that run scripts and packages by name, and the words that make them do so.
const PACKAGE_RUNNERS: [(&str, &[&str]); 12] = [
    ("npm", &["run", "exec", "x", "run-script"]),
    ("pnpm", &["run", "exec", "dlx"]),
    ("yarn", &["run", "exec", "dlx"]),
    ("bun", &["run", "x"]),
    ("npx", &[]),
    ("bunx", &[]),
    ("pnpx", &[]),
    ("uvx", &[]),
    ("uv", &["run", "tool"]),
    ("pipx", &["run"]),
    ("poetry", &["run"]),
    ("make", &[]),
];

/// Rules that allow too much where a reviewer decides instead of a person.
pub(super) fn is_blanket(pattern: &CommandPattern) -> bool {
    let (head, wild) = pattern.head();
    if !wild {
        return false;
    }
    match head.as_slice() {
        [] => true,
        [name, rest @ ..] => {
            let name = unwrap::base_name(name);
            let versioned = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            if INTERPRETERS.contains(&name) || INTERPRETERS.contains(&versioned) {
                return true;
            }
            PACKAGE_RUNNERS.iter().any(|(runner, words)| {
                *runner == name
                    && (rest.is_empty()
                        || (rest.len() == 1
                            && rest.first().is_some_and(|word| words.contains(word)))
                        || (words.is_empty() && name != "make"))
            })
        }
    }
}
