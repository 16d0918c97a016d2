//! Path patterns of rules, in the manner of gitignore files.

use super::fold;
use std::path::{Path, PathBuf};

/// One segment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// `**`: any number of names.
    Any,
    Name(Vec<Token>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
    Class {
        not: bool,
        ranges: Vec<(char, char)>,
    },
}

/// Where a pattern's first segment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// The root of the file system: `//x`.
    Root,
    /// Home: `~/x`.
    Home,
    /// The folder of the settings that hold the rule: `/x`.
    Source(PathBuf),
    /// Where commands start: `x`, `./x`.
    Cwd,
}

/// A path pattern of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern {
    anchor: Anchor,
    /// Leading `..` of the pattern.
    ups: usize,
    segments: Vec<Segment>,
    /// It names a folder: everything below is meant.
    folder: bool,
    /// It may begin at any depth below the anchor, in rules that restrict.
    floats_strictly: bool,
    /// It may begin at any depth below the anchor, in every rule.
    floats: bool,
}

/// What the anchors of patterns stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bases {
    pub(crate) cwd: PathBuf,
    pub(crate) home: Option<PathBuf>,
    /// Folders with a second spelling: as written, and where they really are.
    pub(crate) aliases: Vec<(PathBuf, PathBuf)>,
}

/// How a pattern is read: rules that restrict reach further than rules that allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Allow,
    Restrict,
}

impl PathPattern {
    /// A pattern that covers every path.
    pub(crate) fn everything() -> Self {
        Self {
            anchor: Anchor::Root,
            ups: 0,
            segments: vec![Segment::Any],
            folder: true,
            floats_strictly: false,
            floats: false,
        }
    }

    /// Reads a pattern. `source` is the folder that a leading `/` means.
    pub(crate) fn parse(text: &str, source: &Path) -> Self {
        let (anchor, rest) = if let Some(rest) = text.strip_prefix("//") {
            (Anchor::Root, rest)
        } else if text == "~" {
            (Anchor::Home, "")
        } else if let Some(rest) = text.strip_prefix("~/") {
            (Anchor::Home, rest)
        } else if let Some(rest) = text.strip_prefix('/') {
            (Anchor::Source(source.to_owned()), rest)
        } else {
            (Anchor::Cwd, text)
        };
        let dotted = rest.starts_with("./") || rest.starts_with("../");
        let (mut segments, mut ups) = (Vec::new(), 0);
        for name in rest.split('/').filter(|name| !matches!(*name, "" | ".")) {
            match name {
                ".." if segments.pop().is_none() => ups += 1,
                ".." => {}
                "**" => segments.push(Segment::Any),
                name => segments.push(Segment::Name(tokens(name))),
            }
        }
        let bare = matches!(anchor, Anchor::Cwd) && !dotted;
        let floats = bare && segments.len() == 1 && !rest.trim_end_matches('/').contains('/');
        let floats_strictly =
            bare && matches!(segments.as_slice(), [Segment::Name(_), Segment::Any]);
        Self {
            folder: rest.ends_with('/') || segments.is_empty(),
            anchor,
            ups,
            segments,
            floats_strictly,
            floats,
        }
    }

    /// Where the pattern may begin: its anchor in each spelling.
    fn bases(&self, bases: &Bases) -> Vec<PathBuf> {
        let anchor = match &self.anchor {
            Anchor::Root => Path::new("/"),
            Anchor::Home => match &bases.home {
                Some(home) => home,
                None => return Vec::new(),
            },
            Anchor::Source(folder) => folder,
            Anchor::Cwd => &bases.cwd,
        };
        let anchor = anchor.ancestors().nth(self.ups).unwrap_or(Path::new("/"));
        let mut all = vec![anchor.to_owned()];
        for (spelled, real) in &bases.aliases {
            all.extend(
                anchor
                    .strip_prefix(spelled)
                    .ok()
                    .map(|rest| real.join(rest)),
            );
        }
        all
    }

    /// The places that the pattern names without a wildcard, each with all below it; none where
    /// it speaks of names at any depth.
    pub(crate) fn places(&self, bases: &Bases) -> Vec<PathBuf> {
        if self.floats || self.floats_strictly {
            return Vec::new();
        }
        let mut below = PathBuf::new();
        for (at, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Any if at + 1 == self.segments.len() && at > 0 => {}
                Segment::Any => return Vec::new(),
                Segment::Name(tokens) => {
                    let plain = tokens.iter().map(|token| match token {
                        Token::Char(c) => Some(*c),
                        Token::One | Token::Many | Token::Class { .. } => None,
                    });
                    let Some(name) = plain.collect::<Option<String>>() else {
                        return Vec::new();
                    };
                    below.push(name);
                }
            }
        }
        if below.as_os_str().is_empty() {
            return Vec::new();
        }
        let bases = self.bases(bases).into_iter();
        bases.map(|base| base.join(&below)).collect()
    }

    /// True for a pattern of names that begin with a dot.
    pub(crate) fn is_hidden(&self) -> bool {
        self.segments.iter().any(|segment| matches!(segment, Segment::Name(tokens) if tokens.first() == Some(&Token::Char('.'))))
    }

    /// True when the pattern covers the path.
    pub(crate) fn covers(
        &self,
        path: &Path,
        reach: Reach,
        bases: &Bases,
        ignore_case: bool,
    ) -> bool {
        let below = self.folder || reach == Reach::Restrict;
        self.bases(bases)
            .iter()
            .filter_map(|base| names_below(path, base, ignore_case))
            .any(|names| {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let floats = self.floats || (self.floats_strictly && reach == Reach::Restrict);
                let last = if floats { names.len() } else { 0 };
                (0..=last)
                    .filter_map(|from| names.get(from..))
                    .any(|names| matches(&self.segments, names, below, reach, ignore_case))
            })
    }

    /// True when something below the folder may be covered.
    pub(crate) fn reaches_below(&self, folder: &Path, bases: &Bases, ignore_case: bool) -> bool {
        self.bases(bases).iter().any(|base| {
            if base.starts_with(folder) && base != folder {
                return true;
            }
            let Some(names) = names_below(folder, base, ignore_case) else {
                return false;
            };
            if self.floats || self.floats_strictly {
                return true;
            }
            for (at, name) in names.iter().enumerate() {
                match self.segments.get(at) {
                    Some(Segment::Any) => return true,
                    Some(Segment::Name(tokens)) if name_matches(tokens, name, ignore_case) => {}
                    Some(Segment::Name(_)) | None => return false,
                }
            }
            self.segments.len() > names.len()
        })
    }

    /// True when a glob of the shell may stand for a path that is covered.
    pub(crate) fn may_meet(
        &self,
        folder: &Path,
        glob: &str,
        bases: &Bases,
        ignore_case: bool,
    ) -> bool {
        // The folder part is known; each name of the glob is held against the pattern's names.
        if self.covers(folder, Reach::Restrict, bases, ignore_case) {
            return true;
        }
        if glob.contains('/') {
            return self.reaches_below(folder, bases, ignore_case);
        }
        let Some(last) = self
            .segments
            .iter()
            .rev()
            .find_map(|segment| match segment {
                Segment::Name(tokens) => Some(tokens),
                Segment::Any => None,
            })
        else {
            return self.reaches_below(folder, bases, ignore_case);
        };
        let floats =
            self.floats || self.floats_strictly || self.segments.first() == Some(&Segment::Any);
        let folder_fits = floats || self.reaches_below(folder, bases, ignore_case);
        // A pattern of deeper files is met only by walking; a wildcard names what lies right here.
        let glob = tokens(glob);
        let dotted = matches!(last.first(), Some(Token::Char('.')));
        if dotted && !matches!(glob.first(), Some(Token::Char('.'))) {
            return false;
        }
        folder_fits && meet(&glob, last)
    }
}

fn names_below(path: &Path, base: &Path, ignore_case: bool) -> Option<Vec<String>> {
    let rest = match path.strip_prefix(base) {
        Ok(rest) => rest.to_owned(),
        Err(_) if ignore_case => {
            let (path, base) = (fold(path.to_str()?), fold(base.to_str()?));
            Path::new(&path).strip_prefix(base).ok()?.to_owned()
        }
        Err(_) => return None,
    };
    Some(
        rest.components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect(),
    )
}

fn tokens(name: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => Token::Char(chars.next().unwrap_or('\\')),
            '?' => Token::One,
            '*' => {
                while chars.next_if_eq(&'*').is_some() {}
                Token::Many
            }
            '[' if chars.clone().skip(1).any(|c| c == ']') => {
                let not = chars.next_if(|c| matches!(c, '!' | '^')).is_some();
                let mut ranges: Vec<(char, char)> = Vec::new();
                while let Some(c) = chars.next() {
                    if c == ']' && !ranges.is_empty() {
                        break;
                    }
                    let mut ahead = chars.clone();
                    match (ahead.next(), ahead.next()) {
                        (Some('-'), Some(end)) if end != ']' => {
                            ranges.push((c, end));
                            chars = ahead;
                        }
                        _ => ranges.push((c, c)),
                    }
                }
                Token::Class { not, ranges }
            }
            c => Token::Char(c),
        });
    }
    out
}

/// Segments against names. `below`: a match of a folder covers everything below it.
fn matches(
    segments: &[Segment],
    names: &[&str],
    below: bool,
    reach: Reach,
    ignore_case: bool,
) -> bool {
    match segments {
        [] => names.is_empty() || below,
        // `x/**` covers `x` itself where it restricts.
        [Segment::Any] => !names.is_empty() || reach == Reach::Restrict,
        [Segment::Any, rest @ ..] => (0..=names.len())
            .filter_map(|from| names.get(from..))
            .any(|names| matches(rest, names, below, reach, ignore_case)),
        [Segment::Name(tokens), rest @ ..] => match names {
            [name, names @ ..] => {
                name_matches(tokens, name, ignore_case)
                    && matches(rest, names, below, reach, ignore_case)
            }
            [] => false,
        },
    }
}

fn name_matches(tokens: &[Token], name: &str, ignore_case: bool) -> bool {
    let name: Vec<char> = if ignore_case {
        fold(name).chars().collect()
    } else {
        name.chars().collect()
    };
    // The usual walk with one point to fall back to: linear in practice, never exponential.
    let (mut t, mut n, mut star) = (0, 0, None);
    loop {
        let fits = match (tokens.get(t), name.get(n)) {
            (None, None) => return true,
            (Some(Token::Many), _) => {
                star = Some((t, n));
                t += 1;
                continue;
            }
            (Some(token), Some(c)) => one(token, *c, ignore_case),
            (None, Some(_)) | (Some(_), None) => false,
        };
        if fits {
            (t, n) = (t + 1, n + 1);
            continue;
        }
        let Some((at, from)) = star else { return false };
        if from >= name.len() {
            return false;
        }
        star = Some((at, from + 1));
        (t, n) = (at + 1, from + 1);
    }
}

fn one(token: &Token, c: char, ignore_case: bool) -> bool {
    match token {
        Token::Char(wanted) if ignore_case => fold(&wanted.to_string()) == fold(&c.to_string()),
        Token::Char(wanted) => *wanted == c,
        Token::One | Token::Many => true,
        Token::Class { not, ranges } => {
            ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *not
        }
    }
}

/// True when some name fits both.
fn meet(left: &[Token], right: &[Token]) -> bool {
    let width = right.len() + 1;
    let mut open = vec![false; (left.len() + 1) * width];
    if let Some(first) = open.first_mut() {
        *first = true;
    }
    for l in 0..=left.len() {
        for r in 0..=right.len() {
            if !open.get(l * width + r).copied().unwrap_or_default() {
                continue;
            }
            let (a, b) = (left.get(l), right.get(r));
            let mut mark = |l: usize, r: usize| {
                if let Some(cell) = open.get_mut(l * width + r) {
                    *cell = true;
                }
            };
            if a == Some(&Token::Many) {
                mark(l + 1, r);
                if b.is_some() {
                    mark(l, r + 1);
                }
            }
            if b == Some(&Token::Many) {
                mark(l, r + 1);
                if a.is_some() {
                    mark(l + 1, r);
                }
            }
            if let (Some(a), Some(b)) = (a, b) {
                let fits = match (a, b) {
                    (Token::Many, _) | (_, Token::Many) => false,
                    (Token::Char(a), Token::Char(b)) => {
                        fold(&a.to_string()) == fold(&b.to_string())
                    }
                    (Token::Char(c), other) | (other, Token::Char(c)) => one(other, *c, false),
                    _ => true,
                };
                if fits {
                    mark(l + 1, r + 1);
                }
            }
        }
    }
    open.last().copied().unwrap_or_default()
}

/// True when a glob of the shell stands for the name, among others.
pub(crate) fn glob_covers(glob: &str, name: &str) -> bool {
    name_matches(&tokens(glob), name, false)
}
