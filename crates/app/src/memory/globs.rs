//! Patterns of paths: what settings exclude, and what rules wait for.

use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};
use std::path::{Path, PathBuf};

/// Patterns that the braces of one list may expand to.
const MOST_PATTERNS: usize = 1_000;

/// The patterns of `claudeMdExcludes`, for absolute paths.
#[derive(Debug, Default)]
pub(super) struct Excludes(Vec<(String, GlobMatcher)>);

impl Excludes {
    /// Makes the patterns ready; what is no pattern comes back as the second part.
    pub(super) fn new(patterns: &[String], home: Option<&Path>) -> (Self, Vec<String>) {
        let mut globs = Vec::new();
        let mut bad = Vec::new();
        for pattern in patterns {
            let full = whole_folder(&in_home(pattern, home));
            let made: Option<Vec<GlobMatcher>> = expanded(&full, MOST_PATTERNS)
                .and_then(|all| all.iter().map(|one| matcher(one)).collect());
            match made {
                Some(made) => globs.extend(made.into_iter().map(|glob| (pattern.clone(), glob))),
                None => bad.push(pattern.clone()),
            }
        }
        (Self(globs), bad)
    }

    /// The first pattern that fits the path as it was found, or where it leads.
    pub(super) fn hit(&self, path: &Path, real: &Path) -> Option<&str> {
        let fits = |glob: &GlobMatcher| glob.is_match(path) || glob.is_match(real);
        self.0
            .iter()
            .find(|(_, glob)| fits(glob))
            .map(|(pattern, _)| pattern.as_str())
    }
}

/// The patterns of a rule's `paths`.
#[derive(Clone, Debug)]
pub(super) struct PathPatterns {
    /// As they were written.
    pub(super) texts: Vec<String>,
    /// Those that are no patterns; they fit nothing.
    pub(super) bad: Vec<String>,
    base: PathBuf,
    below_base: GlobSet,
    absolute: GlobSet,
}

impl PathPatterns {
    /// Patterns that start at `base`, or at the root of the file system where they begin with
    /// a slash or `~/`.
    pub(super) fn new(texts: Vec<String>, base: &Path, home: Option<&Path>) -> Self {
        let mut bad = Vec::new();
        let mut below_base = GlobSetBuilder::new();
        let mut absolute = GlobSetBuilder::new();
        let mut left = MOST_PATTERNS;
        for text in &texts {
            let full = whole_folder(&in_home(text.trim_start_matches("./"), home));
            let Some(all) = expanded(&full, left) else {
                bad.push(text.clone());
                continue;
            };
            left -= all.len();
            for one in &all {
                // A leading slash is also written for the project's own folder.
                match (glob(one.trim_start_matches('/')), glob(one)) {
                    (Some(relative), Some(full)) => {
                        below_base.add(relative);
                        if one.starts_with('/') {
                            absolute.add(full);
                        }
                    }
                    _ if bad.last() != Some(text) => bad.push(text.clone()),
                    _ => {}
                }
            }
        }
        Self {
            texts,
            bad,
            base: base.to_owned(),
            below_base: below_base.build().unwrap_or_default(),
            absolute: absolute.build().unwrap_or_default(),
        }
    }

    /// True when the absolute path fits one of them.
    pub(super) fn fit(&self, path: &Path) -> bool {
        let below = below(path, &self.base);
        below.is_some_and(|path| self.below_base.is_match(path)) || self.absolute.is_match(path)
    }
}

/// The path from `folder` on, also where one of the two goes through a link.
pub(super) fn below(path: &Path, folder: &Path) -> Option<PathBuf> {
    if let Ok(rest) = path.strip_prefix(folder) {
        return Some(rest.to_owned());
    }
    // A file that is gone by now still has its folder.
    let parent = path.parent()?.canonicalize().ok()?;
    let real = parent.join(path.file_name()?);
    real.strip_prefix(folder.canonicalize().ok()?)
        .ok()
        .map(Path::to_owned)
}

fn glob(pattern: &str) -> Option<globset::Glob> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .ok()
}

fn matcher(pattern: &str) -> Option<GlobMatcher> {
    glob(pattern).map(|glob| glob.compile_matcher())
}

/// A pattern that ends with a slash means everything in the folder.
fn whole_folder(pattern: &str) -> String {
    if pattern.ends_with('/') {
        format!("{pattern}**")
    } else {
        pattern.to_owned()
    }
}

/// `~/` is the home folder, whose own name is no pattern.
fn in_home(pattern: &str, home: Option<&Path>) -> String {
    match (pattern.strip_prefix("~/"), home.and_then(Path::to_str)) {
        (Some(rest), Some(home)) => format!("{}/{rest}", globset::escape(home)),
        _ => pattern.to_owned(),
    }
}

/// Every pattern that the braces of one stand for, or `None` when there are more than `most`.
/// Braces without a comma are plain characters.
fn expanded(pattern: &str, most: usize) -> Option<Vec<String>> {
    let mut done = Vec::new();
    let mut open = vec![(String::new(), pattern.to_owned())];
    while let Some((front, rest)) = open.pop() {
        match first_braces(&rest) {
            None => done.push(front + &literal_braces(&rest)),
            Some(Braces {
                before,
                choices,
                after,
            }) => {
                // The last is taken up first.
                for choice in choices.iter().rev() {
                    open.push((
                        format!("{front}{}", literal_braces(&before)),
                        format!("{choice}{after}"),
                    ));
                }
            }
        }
        if done.len() + open.len() > most {
            return None;
        }
    }
    Some(done)
}

struct Braces {
    before: String,
    choices: Vec<String>,
    after: String,
}

/// The first braces with a comma in them.
fn first_braces(pattern: &str) -> Option<Braces> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut start = 0;
    while start < chars.len() {
        match chars.get(start) {
            Some('\\') => start += 1,
            Some('{') => {
                if let Some((choices, end)) = choices(&chars, start) {
                    let before = chars.iter().take(start).collect();
                    let after = chars.iter().skip(end + 1).collect();
                    return Some(Braces {
                        before,
                        choices,
                        after,
                    });
                }
            }
            _ => {}
        }
        start += 1;
    }
    None
}

/// What stands between the commas of the braces that open at `start`, and where they close.
fn choices(chars: &[char], start: usize) -> Option<(Vec<String>, usize)> {
    let mut choices = vec![String::new()];
    let mut depth = 0_usize;
    let mut at = start + 1;
    while let Some(c) = chars.get(at) {
        match c {
            '}' if depth == 0 => return (choices.len() > 1).then_some((choices, at)),
            ',' if depth == 0 => {
                choices.push(String::new());
                at += 1;
                continue;
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if let Some(last) = choices.last_mut() {
            last.push(*c);
            if *c == '\\' {
                at += 1;
                last.extend(chars.get(at));
            }
        }
        at += 1;
    }
    None
}

/// Escapes the braces that stand for themselves.
fn literal_braces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if matches!(c, '{' | '}') {
            out.push('\\');
        }
        out.push(c);
        if c == '\\' {
            out.extend(chars.next());
        }
    }
    out
}

#[cfg(test)]
mod tests;
