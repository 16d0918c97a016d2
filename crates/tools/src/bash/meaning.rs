//! What exit codes and signals mean.

/// What an exit code of 1 means where it is no failure.
pub(super) fn of(command: &str, code: Option<i32>) -> Option<&'static str> {
    if code != Some(1) {
        return None;
    }
    let mut words = last_command(command);
    let program = words.next()?;
    let program = program.rsplit('/').next().unwrap_or(program);
    match program {
        "grep" | "egrep" | "fgrep" | "rg" => Some("no matches found"),
        "find" => Some("some folders could not be read"),
        "diff" => Some("the files differ"),
        "test" | "[" => Some("the condition is false"),
        "git" => match words.find(|word| !word.starts_with('-'))? {
            "grep" => Some("no matches found"),
            "diff" => Some("there are differences"),
            _ => None,
        },
        _ => None,
    }
}

/// The words of the command whose exit code is that of the whole line: the last one.
fn last_command(command: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    let mut escaped = false;
    let mut from = 0;
    for (at, char) in command
        .trim_end_matches([' ', '\t', '\n', ';'])
        .char_indices()
    {
        match (quote, char) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), char) if open == char => quote = None,
            (None, '\'' | '"') => quote = Some(char),
            (None, ';' | '&' | '|' | '\n' | '(') => from = at + char.len_utf8(),
            _ => {}
        }
    }
    command
        .get(from..)
        .unwrap_or_default()
        .split_whitespace()
        .skip_while(|word| is_assignment(word) || matches!(*word, "!" | "then" | "do" | "else"))
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// The name of a signal that is likely to be met, in brackets.
pub(super) fn signal(number: i32) -> &'static str {
    match number {
        2 => " (SIGINT)",
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
