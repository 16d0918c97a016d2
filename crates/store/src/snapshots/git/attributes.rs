//! Which files git may convert between its blobs and the work tree.
//!
//! Only whether it may: a file for which that is so is read and held against its blob. So a
//! pattern that is not understood matches everything.

/// The attributes under which a file may differ from its blob.
const CONVERTING: [&[u8]; 6] = [
    b"text",
    b"crlf",
    b"eol",
    b"filter",
    b"ident",
    b"working-tree-encoding",
];

/// Patterns of files that may be converted.
#[derive(Clone, Debug, Default)]
pub(in crate::snapshots) struct Attributes(Vec<Vec<u8>>);

impl Attributes {
    /// Takes in the text of an attributes file.
    pub(in crate::snapshots) fn read(&mut self, text: &[u8]) {
        for line in text.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let mut words = line
                .split(|byte| matches!(byte, b' ' | b'\t'))
                .filter(|word| !word.is_empty());
            let Some(pattern) = words.next() else {
                continue;
            };
            // A quoted pattern, or a macro, whose name may stand in any other file.
            let is_odd = pattern.starts_with(b"\"") || pattern.starts_with(b"[attr]");
            if is_odd {
                self.0.push(b"*".to_vec());
            } else if words.any(converts) {
                let name = pattern.rsplit(|byte| *byte == b'/').next();
                let name = name.filter(|name| !name.is_empty()).unwrap_or(b"*");
                self.0.push(name.to_vec());
            }
        }
    }

    /// True when a file of that path may be converted.
    pub(in crate::snapshots) fn may_convert(&self, path: &[u8]) -> bool {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        self.0.iter().any(|pattern| may_match(pattern, name))
    }
}

fn converts(word: &[u8]) -> bool {
    let name = word.split(|byte| *byte == b'=').next().unwrap_or_default();
    // `-text` and `!text` take a conversion away.
    CONVERTING.contains(&name)
}

/// A glob of `*` and `?`; with anything cleverer in it, everything matches.
fn may_match(pattern: &[u8], name: &[u8]) -> bool {
    if pattern.iter().any(|byte| matches!(byte, b'[' | b'\\')) {
        return true;
    }
    let (mut at, mut in_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while in_name < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(byte) if *byte == b'?' || name.get(in_name) == Some(byte) => {
                at += 1;
                in_name += 1;
            }
            Some(_) | None => match star {
                Some((after, taken)) => {
                    star = Some((after, taken + 1));
                    at = after + 1;
                    in_name = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}
