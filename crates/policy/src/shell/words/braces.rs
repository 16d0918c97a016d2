//! `a{b,c}` and `{1..3}`, spread as bash does.

use super::{Atom, MOST_SPREAD};

/// Too many words.
pub(super) struct Flood;

/// Spreads `a{b,c}` and `{1..3}` as bash does, innermost parts by recursion.
pub(super) fn brace_spread(
    atoms: &[Atom],
    out: &mut Vec<Vec<Atom>>,
    depth: usize,
) -> Result<(), Flood> {
    if out.len() >= MOST_SPREAD || depth > 24 {
        return Err(Flood);
    }
    let plain =
        |atom: &Atom, wanted: char| matches!(atom, Atom::Char { c, quoted: false } if *c == wanted);
    let mut from = 0;
    while let Some(open) = atoms
        .iter()
        .skip(from)
        .position(|atom| plain(atom, '{'))
        .map(|at| at + from)
    {
        let Some((close, commas)) = matching(atoms, open) else {
            from = open + 1;
            continue;
        };
        let (before, inner, after) = (
            atoms.get(..open),
            atoms.get(open + 1..close),
            atoms.get(close + 1..),
        );
        let (Some(before), Some(inner), Some(after)) = (before, inner, after) else {
            return Err(Flood);
        };
        let choices: Vec<Vec<Atom>> = if commas.is_empty() {
            if let Some(choices) = sequence(inner)? {
                choices
            } else {
                from = open + 1;
                continue;
            }
        } else {
            let mut cuts = vec![open];
            cuts.extend(commas);
            cuts.push(close);
            cuts.windows(2)
                .filter_map(|pair| match pair {
                    [left, right] => atoms.get(left + 1..*right).map(<[Atom]>::to_vec),
                    _ => None,
                })
                .collect()
        };
        for choice in choices {
            let joined: Vec<Atom> = before.iter().chain(&choice).chain(after).copied().collect();
            brace_spread(&joined, out, depth + 1)?;
        }
        return Ok(());
    }
    out.push(atoms.to_vec());
    Ok(())
}

fn matching(atoms: &[Atom], open: usize) -> Option<(usize, Vec<usize>)> {
    let (mut depth, mut commas) = (0_usize, Vec::new());
    for (at, atom) in atoms.iter().enumerate().skip(open) {
        let Atom::Char { c, quoted: false } = atom else {
            continue;
        };
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Some((at, commas)),
            '}' => depth -= 1,
            ',' if depth == 1 => commas.push(at),
            _ => {}
        }
    }
    None
}

fn sequence(inner: &[Atom]) -> Result<Option<Vec<Vec<Atom>>>, Flood> {
    let text: Option<String> = inner
        .iter()
        .map(|atom| match atom {
            Atom::Char { c, quoted: false } => Some(*c),
            _ => None,
        })
        .collect();
    let Some((low, high)) = text.as_deref().and_then(|text| text.split_once("..")) else {
        return Ok(None);
    };
    let atoms = |text: String| {
        text.chars()
            .map(|c| Atom::Char { c, quoted: true })
            .collect::<Vec<_>>()
    };
    if let (Ok(low), Ok(high)) = (low.parse::<i64>(), high.parse::<i64>()) {
        if low.abs_diff(high) >= MOST_SPREAD as u64 {
            return Err(Flood);
        }
        let (low, high) = (low.min(high), low.max(high));
        return Ok(Some((low..=high).map(|n| atoms(n.to_string())).collect()));
    }
    // Letters and steps are rare enough to be asked about.
    Err(Flood)
}
