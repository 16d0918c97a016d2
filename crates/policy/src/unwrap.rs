//! Programs that run other programs: what really runs is looked for behind them.

use crate::{shell::Word, unwrap::table::WRAPPERS};

mod table;

/// What runs behind a command, level by level.
#[derive(Clone, Debug, Default)]
pub(crate) struct Views {
    /// The command itself and each command behind a wrapper.
    pub(crate) commands: Vec<Vec<Word>>,
    /// Texts that a shell will run.
    pub(crate) scripts: Vec<String>,
}

/// Wrappers in wrappers that are looked through one by one.
const MOST_LEVELS: usize = 24;
/// Words of a command that is taken from the middle of a longer one.
const PIECE: usize = 48;

/// The command behind wrappers that run it unchanged: what a rule that allows may speak of.
pub(crate) fn bare(words: &[Word]) -> &[Word] {
    let mut words = words;
    while let Some(inner) = transparent(words) {
        words = inner;
    }
    words
}

/// True when one of the wrappers that [`bare`] takes off adds words of its own.
pub(crate) fn adds_words(words: &[Word]) -> bool {
    let mut words = words;
    loop {
        let Some(inner) = transparent(words) else {
            return false;
        };
        if words.first().is_some_and(|word| word.text == "xargs") {
            return true;
        }
        words = inner;
    }
}

fn transparent(words: &[Word]) -> Option<&[Word]> {
    let [name, args @ ..] = words else {
        return None;
    };
    let flag = |allowed: &[&str], valued: &[&str]| {
        let mut at = 0;
        while let Some(word) = args.get(at) {
            let text = word.known()?;
            if !text.starts_with('-') || text == "-" {
                break;
            }
            at += 1;
            if text == "--" {
                break;
            }
            let glued = valued.iter().any(|flag| {
                text.strip_prefix(flag).is_some_and(|rest| {
                    !rest.is_empty() && (!flag.starts_with("--") || rest.starts_with('='))
                })
            });
            if valued.contains(&text) {
                args.get(at)?.known()?;
                at += 1;
            } else if !glued && !allowed.contains(&text) {
                return None;
            }
        }
        args.get(at..)
    };
    let rest = match name.known()? {
        "nohup" | "builtin" | "noglob" => flag(&[], &[])?,
        "xargs" if !args.first()?.text.starts_with('-') => args,
        "command" | "time" => flag(&["-p"], &[])?,
        "stdbuf" => flag(&[], &["-o", "-e", "-i", "--output", "--error", "--input"])?,
        "nice" => {
            let number = args.first().and_then(Word::known).is_some_and(|text| {
                text.strip_prefix('-')
                    .is_some_and(|digits| digits.trim_start_matches('-').parse::<u8>().is_ok())
            });
            if number {
                args.get(1..)?
            } else {
                flag(&[], &["-n", "--adjustment"])?
            }
        }
        "timeout" => {
            let rest = flag(
                &["--preserve-status", "--foreground", "--verbose", "-v"],
                &["-k", "-s", "--kill-after", "--signal"],
            )?;
            let [span, rest @ ..] = rest else { return None };
            let text = span.known()?;
            let digits = text.trim_end_matches(['s', 'm', 'h', 'd']);
            (!digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.'))
                .then_some(rest)?
        }
        _ => return None,
    };
    (!rest.is_empty()).then_some(rest)
}

/// The name of a program without its folder.
pub(crate) fn base_name(text: &str) -> &str {
    let name = text.rsplit('/').next().unwrap_or(text);
    name.strip_prefix('=')
        .filter(|name| !name.is_empty())
        .unwrap_or(name)
}

/// Everything that runs behind a command, as far as its text tells.
pub(crate) fn views(words: &[Word]) -> Views {
    let mut views = Views::default();
    let mut todo = vec![words.to_vec()];
    while let Some(words) = todo.pop() {
        if views.commands.len() >= MOST_LEVELS {
            // What is left is seen without its wrappers' options.
            views.commands.extend(suffixes(&words));
            break;
        }
        let [name, args @ ..] = words.as_slice() else {
            continue;
        };
        let mut plain = words.clone();
        let base = base_name(&name.text).to_owned();
        if base != name.text
            && let Some(first) = plain.first_mut()
        {
            first.text.clone_from(&base);
            views.commands.push(plain);
        }
        inner(&base, args, &mut todo, &mut views.scripts);
        views.commands.push(words);
    }
    views
}

/// The command that begins at each word, cut short.
pub(crate) fn suffixes(words: &[Word]) -> Vec<Vec<Word>> {
    let piece = |from: usize| words.get(from..words.len().min(from + PIECE));
    (0..words.len())
        .filter_map(|from| piece(from).map(<[Word]>::to_vec))
        .collect()
}

fn joined(words: &[Word]) -> String {
    words
        .iter()
        .map(|word| word.text.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The commands and texts that a program is told to run.
fn inner(name: &str, args: &[Word], todo: &mut Vec<Vec<Word>>, scripts: &mut Vec<String>) {
    match name {
        "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" | "mksh" | "fish" | "su" | "script"
        | "npx" | "runuser" => {
            scripts.extend(after_c(args));
        }
        "eval" => {
            let marked = args.first().is_some_and(|word| word.text == "--");
            scripts.push(joined(args.get(usize::from(marked)..).unwrap_or_default()));
        }
        // No program: what was taken for an option of the word before.
        name if name.len() > 1 && name.starts_with('-') => todo.extend(
            (0..args.len().min(8))
                .filter_map(|from| args.get(from..))
                .map(<[Word]>::to_vec),
        ),
        "trap" => scripts.extend(
            args.iter()
                .find(|word| !word.text.starts_with('-'))
                .map(|word| word.text.clone()),
        ),
        "alias" => {
            let values = args.iter().filter_map(|word| word.text.split_once('='));
            scripts.extend(values.map(|(_, text)| text.to_owned()));
        }
        "ssh" | "mosh" => {
            let mut rest = options(
                args,
                "-B: -b: -c: -D: -E: -e: -F: -I: -i: -J: -L: -l: -m: -O: -o: -p: -Q: -R: -S: -W: -w:",
            );
            rest = rest.get(1..).unwrap_or_default();
            scripts.push(joined(rest));
        }
        "find" | "gfind" | "bfs" => {
            let starts = args.iter().enumerate().filter(|(_, word)| {
                matches!(word.text.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir")
            });
            for (at, _) in starts {
                let command = args.get(at + 1..).unwrap_or_default();
                let end = command
                    .iter()
                    .position(|word| matches!(word.text.as_str(), ";" | "+"))
                    .unwrap_or(command.len());
                todo.extend(command.get(..end).map(<[Word]>::to_vec));
            }
        }
        "fd" | "fdfind" => {
            let start = args.iter().position(|word| {
                matches!(word.text.as_str(), "-x" | "-X" | "--exec" | "--exec-batch")
            });
            todo.extend(
                start
                    .and_then(|at| args.get(at + 1..))
                    .map(<[Word]>::to_vec),
            );
            todo.extend(
                args.iter()
                    .filter_map(|word| word.text.strip_prefix("--exec="))
                    .map(|text| vec![Word::fixed(text)]),
            );
        }
        "git" => {
            let plain = without_git_options(args);
            if plain.len() != args.len() {
                let mut words = vec![Word::fixed("git")];
                words.extend_from_slice(plain);
                todo.push(words);
            }
            match plain {
                [first, second, rest @ ..] if first.text == "bisect" && second.text == "run" => {
                    todo.push(rest.to_vec());
                }
                [first, second, rest @ ..]
                    if first.text == "submodule" && second.text == "foreach" =>
                {
                    scripts.push(joined(rest));
                }
                _ => {}
            }
            scripts.extend(
                args.iter()
                    .filter_map(|word| word.text.split_once("=!"))
                    .map(|(_, text)| text.to_owned()),
            );
        }
        _ => wrapper(name, args, todo, scripts),
    }
}

fn wrapper(name: &str, args: &[Word], todo: &mut Vec<Vec<Word>>, scripts: &mut Vec<String>) {
    let Some(found) = WRAPPERS.iter().find(|wrapper| wrapper.name == name) else {
        return;
    };
    if name == "env" {
        for (at, word) in args.iter().enumerate() {
            let split = word
                .text
                .strip_prefix("--split-string=")
                .or_else(|| word.text.strip_prefix("-S").filter(|rest| !rest.is_empty()));
            let split = split.map(str::to_owned).or_else(|| {
                let flag = word.text == "--split-string"
                    || (word.text.starts_with('-')
                        && !word.text.starts_with("--")
                        && word.text.ends_with('S'));
                flag.then(|| joined(args.get(at + 1..).unwrap_or_default()))
            });
            scripts.extend(split);
        }
    }
    if name == "flock" || name == "watch" || name == "parallel" {
        scripts.extend(after_c(args));
    }
    let mut rest = options(args, found.flags);
    // Only some wrappers take assignments; where they do not, looking too far does no harm.
    rest = after_assignments(rest);
    rest = after_assignments(rest.get(found.operands..).unwrap_or_default());
    if found.shell {
        let end = rest
            .iter()
            .position(|word| word.text.starts_with(":::"))
            .unwrap_or(rest.len());
        scripts.push(joined(rest.get(..end).unwrap_or(rest)));
    }
    todo.push(rest.to_vec());
    if found.anywhere {
        // Its options are not known well enough: a command may begin at each word.
        todo.extend(
            (1..args.len().min(24))
                .filter_map(|from| args.get(from..).map(<[Word]>::to_vec))
                .filter(|words| {
                    words
                        .first()
                        .is_some_and(|word| !word.text.starts_with('-'))
                }),
        );
    }
}

fn after_assignments(words: &[Word]) -> &[Word] {
    let assigns = |word: &Word| is_assignment(&word.text);
    let from = words.iter().position(|word| !assigns(word));
    words.get(from.unwrap_or(words.len())..).unwrap_or_default()
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// What stands after a program's options. `flags` names those that take a word of their own.
fn options<'w>(args: &'w [Word], flags: &str) -> &'w [Word] {
    let valued = |flag: &str| {
        flags
            .split(' ')
            .any(|known| known.strip_suffix(':') == Some(flag))
    };
    let mut at = 0;
    while let Some(word) = args.get(at) {
        let text = word.text.as_str();
        if text == "--" {
            at += 1;
            break;
        }
        if !text.starts_with('-') || text == "-" {
            break;
        }
        at += 1;
        if text.starts_with("--") {
            at += usize::from(valued(text));
            continue;
        }
        // A cluster such as `-vs KILL`: the first letter with a value takes what is left.
        let letters: Vec<char> = text.chars().skip(1).collect();
        let taker = letters
            .iter()
            .position(|letter| valued(&format!("-{letter}")));
        at += usize::from(taker.is_some_and(|taker| taker + 1 == letters.len()));
    }
    args.get(at.min(args.len())..).unwrap_or_default()
}

/// The text after `-c`, wherever among the options it stands.
fn after_c(args: &[Word]) -> Option<String> {
    let at = args.iter().position(|word| {
        let text = word.text.as_str();
        matches!(text, "--command" | "--call")
            || (text.starts_with('-') && !text.starts_with("--") && text.contains('c'))
    })?;
    if let Some(text) = args.iter().find_map(|word| {
        word.text
            .strip_prefix("--command=")
            .or_else(|| word.text.strip_prefix("--call="))
    }) {
        return Some(text.to_owned());
    }
    let rest = args.get(at + 1..)?;
    let text = options(rest, "-o: -O: --rcfile: --init-file:").first()?;
    Some(text.text.clone())
}

/// The arguments of git from its subcommand on.
pub(crate) fn without_git_options(args: &[Word]) -> &[Word] {
    options(
        args,
        "-C: -c: --git-dir: --work-tree: --namespace: --exec-path: --super-prefix: --config-env: --attr-source:",
    )
}
