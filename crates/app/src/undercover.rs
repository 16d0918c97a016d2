//! What is about to leave the machine, looked through for secrets and confidential terms.

use gimlet_hygiene::{secrets, terms::Terms};
use gimlet_trust::{Git, GitFault, GitRepository};
use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// What is looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What the next commit would add.
    Staged,
    /// What the commits of a range add, and what they say, as git names ranges.
    Range(String),
    /// A file as it is.
    File(PathBuf),
    /// What git tells a hook before a push, on standard input.
    Push,
}

/// Something that should not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The file, or the commit whose message it is.
    pub place: String,
    /// The line in the file, or in the message, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What it is: a kind of secret, or `confidential term` and which.
    pub what: String,
    /// The line as it could be said instead.
    pub instead: String,
}

/// Why nothing could be looked through.
#[derive(Debug, thiserror::Error)]
pub enum ScanFault {
    /// A file or the input cannot be read.
    #[error("cannot read {what}: {error}")]
    Unreadable {
        /// What was to be read.
        what: String,
        /// What the system says.
        error: io::Error,
    },
    /// Git does not do what it is asked.
    #[error(transparent)]
    Git(#[from] GitFault),
}

/// Looks through it.
///
/// # Errors
/// When what is named cannot be read; a hook must then refuse.
pub fn scan(
    folder: &Path,
    scope: &Scope,
    terms: &[String],
    git: &Git,
) -> Result<Vec<Leak>, ScanFault> {
    let mut scan = Scan::new(Terms::new(terms));
    match scope {
        Scope::File(path) => {
            let what = path.display().to_string();
            let bytes = fs::read(folder.join(path)).map_err(|error| ScanFault::Unreadable {
                what: what.clone(),
                error,
            })?;
            scan.text(&what, &String::from_utf8_lossy(&bytes));
        }
        Scope::Staged => scan.diff(&git.at(folder)?.run(&diff(&["--cached"]))?),
        Scope::Range(range) => scan.commits(&git.at(folder)?, &[range.as_str()])?,
        Scope::Push => {
            let mut told = String::new();
            io::stdin()
                .read_to_string(&mut told)
                .map_err(|error| ScanFault::Unreadable {
                    what: "standard input".to_owned(),
                    error,
                })?;
            let git = git.at(folder)?;
            for line in told.lines() {
                scan.push(&git, line)?;
            }
        }
    }
    Ok(scan.leaks)
}

/// What of a text should not leave.
pub(crate) fn look(terms: &Terms, place: &str, text: &str) -> Vec<Leak> {
    let mut scan = Scan::new(terms.clone());
    scan.text(place, text);
    scan.leaks
}

/// What of commits should not leave: what they add and say. `which` is as `git rev-list` takes it.
pub(crate) fn look_at_commits(
    terms: &Terms,
    git: &GitRepository,
    which: &[&str],
) -> Result<Vec<Leak>, ScanFault> {
    let mut scan = Scan::new(terms.clone());
    scan.commits(git, which)?;
    Ok(scan.leaks)
}

/// Looking through, with what was found so far.
struct Scan {
    terms: Terms,
    leaks: Vec<Leak>,
}

impl Scan {
    fn new(terms: Terms) -> Self {
        let leaks = Vec::new();
        Self { terms, leaks }
    }

    /// One line of what git tells: local reference and object, remote reference and object.
    fn push(&mut self, git: &GitRepository, line: &str) -> Result<(), ScanFault> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, object, reference, known] = words[..] else {
            return Ok(());
        };
        let is_nothing = |object: &str| object.bytes().all(|digit| digit == b'0');
        if is_nothing(object) {
            return Ok(());
        }
        self.text("the name of the branch or tag", reference);
        if is_nothing(known) {
            // New there: everything that no remote has yet.
            return self.commits(git, &[object, "--not", "--remotes"]);
        }
        self.commits(git, &[&format!("{known}..{object}")])
    }

    /// The messages and changes of commits.
    fn commits(&mut self, git: &GitRepository, which: &[&str]) -> Result<(), ScanFault> {
        let mut list = vec!["rev-list", "--reverse", "--max-count=10000"];
        list.extend_from_slice(which);
        list.push("--");
        for commit in git.run(&list)?.lines() {
            let shown = [
                "log",
                "-1",
                "--no-show-signature",
                "--format=%an <%ae>%n%B",
                commit,
            ];
            let short: String = commit.chars().take(12).collect();
            self.text(&format!("the message of {short}"), &git.run(&shown)?);
            let mut changes = vec!["log", "-1", "--no-show-signature", "--format=", "-m", "-p"];
            changes.extend_from_slice(&PLAIN);
            changes.push(commit);
            self.diff(&git.run(&changes)?);
        }
        Ok(())
    }

    /// The lines that a diff adds.
    fn diff(&mut self, diff: &str) {
        let (mut place, mut line) = (String::new(), 0);
        let mut added: Vec<(usize, &str)> = Vec::new();
        for text in diff.lines() {
            if let Some(path) = text.strip_prefix("+++ ") {
                self.lines(&place, &std::mem::take(&mut added));
                path.strip_prefix("b/")
                    .unwrap_or(path)
                    .clone_into(&mut place);
                self.text("the name of a file", &place.clone());
            } else if let Some(hunk) = text.strip_prefix("@@ ") {
                self.lines(&place, &std::mem::take(&mut added));
                line = first_line(hunk);
            } else if let Some(new) = text.strip_prefix('+') {
                added.push((line, new));
                line += 1;
            } else if text.starts_with(' ') {
                line += 1;
            }
        }
        self.lines(&place, &added);
    }

    fn text(&mut self, place: &str, text: &str) {
        let lines: Vec<(usize, &str)> = (1..).zip(text.lines()).collect();
        self.lines(place, &lines);
    }

    /// Neighbouring lines are looked through together: a key may go over several.
    fn lines(&mut self, place: &str, lines: &[(usize, &str)]) {
        let text: String = lines.iter().flat_map(|(_, line)| [*line, "\n"]).collect();
        let mut starts = Vec::with_capacity(lines.len());
        let mut at = 0;
        for (number, line) in lines {
            starts.push((at, *number, *line));
            at += line.len() + 1;
        }
        let found = secrets::find(&text)
            .into_iter()
            .map(|finding| (finding.span, finding.kind.to_owned()));
        let hits = self.terms.find(&text).into_iter();
        let hits = hits.map(|hit| (hit.span, format!("confidential term `{}`", hit.term)));
        for (span, what) in found.chain(hits) {
            let Some((start, line, text)) = starts
                .iter()
                .rev()
                .find(|(start, _, _)| *start <= span.start)
            else {
                continue;
            };
            let front = text.get(..span.start - start).unwrap_or_default();
            self.leaks.push(Leak {
                place: place.to_owned(),
                line: *line,
                column: front.chars().count() + 1,
                what,
                instead: self.terms.rewrite(&secrets::redact(text)).trim().to_owned(),
            });
        }
    }
}

/// The first line of the new side: `-a,b +c,d @@ …`.
fn first_line(hunk: &str) -> usize {
    let new = hunk
        .split_whitespace()
        .find_map(|word| word.strip_prefix('+'));
    let number = new.and_then(|new| new.split(',').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// A diff of text and of what git takes for none.
const PLAIN: [&str; 3] = ["--no-color", "--unified=0", "--text"];

fn diff<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["diff"];
    arguments.extend_from_slice(&PLAIN);
    arguments.extend_from_slice(more);
    arguments
}
