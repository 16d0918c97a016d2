//! What a confinement kept a command from, so that neither the model nor the person takes it
//! for a fault of the command.

use super::watch::{Ending, Ran};
use gimlet_protocol::{Bounds, Confinement, Network, Paths};
use std::path::Path;

/// Lines that are told, at most.
const MOST_TOLD: usize = 6;

/// Words of programs whose network is not there.
const OFFLINE: [&str; 8] = [
    "could not resolve",
    "temporary failure in name resolution",
    "name or service not known",
    "network is unreachable",
    "getaddrinfo",
    "no address associated with hostname",
    "eai_again",
    "enetunreach",
];

/// Words of programs that ran into a limit, and which.
const LIMITS: [(&str, &str); 6] = [
    ("file size limit exceeded", "the size of a file"),
    ("file too large", "the size of a file"),
    ("cannot fork", "the number of processes"),
    ("fork: retry", "the number of processes"),
    (
        "resource temporarily unavailable",
        "the number of processes",
    ),
    ("cannot allocate memory", "memory"),
];

/// What the confinement did to a command, each a sentence; nothing where it did nothing that
/// can be told.
pub(super) fn explain(confinement: Option<&Confinement>, ran: &Ran) -> Vec<String> {
    let Some(Confinement::Held(bounds)) = confinement else {
        return Vec::new();
    };
    let failed = !matches!(ran.end, Ending::Ended(exit) if exit.code == Some(0));
    let output = format!("{}\n{}", ran.err.ends(), ran.out.ends());
    let mut told = Vec::new();
    if failed && !ran.refused.is_empty() {
        told.push(format!("the sandbox refused {}", ran.refused.join(", ")));
    }
    told.extend(of_output(bounds, &output, failed));
    if failed
        && let Ending::Ended(exit) = ran.end
        && exit.signal == Some(SIGXFSZ)
    {
        told.push("the sandbox limits the size of a file".to_owned());
    }
    told.truncate(MOST_TOLD);
    if !told.is_empty() {
        told.push(
            "to run it unconfined, call Bash with dangerouslyDisableSandbox: a person is asked"
                .to_owned(),
        );
    }
    told
}

/// A file grew past its limit.
const SIGXFSZ: i32 = 25;

fn of_output(bounds: &Bounds, output: &str, failed: bool) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut tell = |text: String| {
        if !told.contains(&text) {
            told.push(text);
        }
    };
    for line in output.lines() {
        let folded = line.to_lowercase();
        if folded.contains("read-only file system") || folded.contains("erofs") {
            tell(of_writing(bounds, line));
        }
        if !failed {
            continue;
        }
        let denied = folded.contains("permission denied")
            || folded.contains("no such file")
            || folded.contains("not permitted");
        if denied && let Some(hidden) = named(line, &bounds.hide) {
            tell(format!("the sandbox hides {}", hidden.display()));
        } else if denied && let Some(kept) = named(line, &bounds.protect) {
            tell(format!("the sandbox keeps {} as it is", kept.display()));
        }
        if OFFLINE.iter().any(|words| folded.contains(words)) {
            match bounds.network {
                Network::Own => tell("the sandbox has no network".to_owned()),
                Network::Proxy => tell(
                    "the sandbox reaches hosts only through the proxy that HTTP_PROXY, HTTPS_PROXY \
                     and ALL_PROXY name; names are looked up by it alone"
                        .to_owned(),
                ),
                Network::Open => {}
            }
        }
        if let Some((_, what)) = LIMITS.iter().find(|(words, _)| folded.contains(words)) {
            tell(format!("the sandbox limits {what}"));
        }
    }
    told
}

fn of_writing(bounds: &Bounds, line: &str) -> String {
    if let Some(kept) = named(line, &bounds.protect) {
        return format!("the sandbox keeps {} as it is", kept.display());
    }
    let roots: Vec<String> = bounds
        .write
        .iter()
        .filter(|root| Some(*root) != bounds.temporary.as_deref())
        .map(|root| root.display().to_string())
        .collect();
    format!(
        "the sandbox lets only {} and /tmp be written, without what runs code later",
        roots.join(", ")
    )
}

/// The path of a list that a line speaks of, in full or by the end of its name.
fn named<'p>(line: &str, paths: &'p Paths) -> Option<&'p Path> {
    paths.iter().find(|path| {
        let names: Vec<_> = path.components().rev().take(2).collect();
        let short = match &names[..] {
            [name, above] if above.as_os_str() == ".git" => {
                Path::new(".git").join(name.as_os_str())
            }
            [name, ..] => Path::new(name.as_os_str()).to_owned(),
            [] => return false,
        };
        line.contains(&*path.to_string_lossy())
            || (short.to_string_lossy().starts_with('.')
                && line.contains(&*short.to_string_lossy()))
    })
}

#[cfg(test)]
mod tests;
