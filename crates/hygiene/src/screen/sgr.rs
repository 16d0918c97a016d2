//! Which colours pass: such that can be read on a dark and on a light ground alike. Grounds,
//! concealment, blinking and what is near black or near white do not.

use std::fmt::Write as _;

/// What is switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paint {
    pub(super) on: bool,
}

impl Paint {
    /// The sequence again with what may pass, or nothing.
    pub(super) fn pass(&mut self, params: &str) -> Option<String> {
        let mut kept: Vec<String> = Vec::new();
        let mut parts = params.split(';').peekable();
        while let Some(part) = parts.next() {
            let mut subs = part.split(':');
            let code = number(subs.next().unwrap_or_default())?;
            match code {
                0 | 22 | 23 | 24 | 29 | 39 => {
                    if code == 0 {
                        kept.clear();
                        self.on = false;
                    }
                    kept.push(code.to_string());
                }
                1..=4 | 9 | 31..=37 | 90..=96 => {
                    // `4:3` is a curly line; plain terminals know the plain one only.
                    self.on = true;
                    kept.push(code.to_string());
                }
                38 | 48 | 58 => {
                    let rest: Vec<u32> = if part.contains(':') {
                        subs.filter(|sub| !sub.is_empty())
                            .map(number)
                            .collect::<Option<_>>()?
                    } else {
                        let space = number(parts.next().unwrap_or_default())?;
                        let more = if space == 2 { 3 } else { 1 };
                        let mut list = vec![space];
                        for _ in 0..more {
                            list.push(number(parts.next().unwrap_or_default())?);
                        }
                        list
                    };
                    if code == 38
                        && let Some(colour) = foreground(&rest)
                    {
                        self.on = true;
                        kept.push(colour);
                    }
                }
                _ => {}
            }
        }
        if kept.is_empty() {
            return None;
        }
        Some(format!("\u{1b}[{}m", kept.join(";")))
    }
}

/// A number of a sequence; an empty one is zero.
fn number(text: &str) -> Option<u32> {
    if text.is_empty() {
        return Some(0);
    }
    if text.len() > 4 {
        return None;
    }
    text.parse().ok()
}

fn foreground(rest: &[u32]) -> Option<String> {
    match rest {
        [5, index] if *index <= 255 => readable_index(*index).then(|| format!("38;5;{index}")),
        // The form with colons may name a colour space first.
        [2, red, green, blue] | [2, _, red, green, blue] => {
            let all = [*red, *green, *blue];
            if all.iter().any(|part| *part > 255) || !readable(all) {
                return None;
            }
            let mut out = "38;2".to_owned();
            for part in all {
                write!(out, ";{part}").ok()?;
            }
            Some(out)
        }
        _ => None,
    }
}

fn readable_index(index: u32) -> bool {
    match index {
        0 | 15 => false,
        1..=14 => true,
        16..=231 => {
            let level = |step: u32| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            readable([level(cube / 36), level(cube / 6 % 6), level(cube % 6)])
        }
        _ => readable([8 + 10 * (index - 232); 3]),
    }
}

/// Whether the colour is neither near black nor near white.
fn readable([red, green, blue]: [u32; 3]) -> bool {
    let light = (2126 * red + 7152 * green + 722 * blue) / 10_000;
    (16..=235).contains(&light)
}
