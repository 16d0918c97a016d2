//! Credentials in addresses and in the arguments of known commands.

use super::{Hit, push, rest_of_line};
use crate::secrets::{line::Found, value};

/// The longest address that is read.
const LONGEST: usize = 2048;

/// `scheme://name:password@host`.
pub(super) fn address(text: &str, hit: Hit, found: &mut Vec<Found>) {
    let rest = rest_of_line(text, hit.end, LONGEST);
    let is_end = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '/' | '?' | '#' | '"' | '\'' | '<' | '>' | '`' | '\\' | ')'
            )
    };
    let authority = rest.split(is_end).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else {
        return;
    };
    let context = hit.start.saturating_sub(16);
    let context = text.floor_char_boundary(context);
    if let Some((name, password)) = user.split_once(':') {
        let start = hit.end + name.len() + 1;
        if is_password(name, password) {
            let end = start + password.len();
            push("password in an address", context, start..end, found);
        }
    } else if user.len() >= 20 && user.is_ascii() && !value::is_words(user) && !is_gap(user) {
        let end = hit.end + user.len();
        push("credential in an address", context, hit.end..end, found);
    }
}

/// `sig=…`, `key=…` and the like in the query of an address.
pub(super) fn query(text: &str, hit: Hit, found: &mut Vec<Found>) {
    let before = hit
        .start
        .checked_sub(1)
        .and_then(|at| text.as_bytes().get(at));
    let word = text.get(hit.start..hit.end).unwrap_or_default();
    let is_parameter = word.starts_with(['?', '&'])
        || matches!(before, Some(b'?' | b'&' | b'-'))
        || text
            .get(..hit.start)
            .is_some_and(|before| before.ends_with("amp;"));
    if !is_parameter {
        return;
    }
    let rest = rest_of_line(text, hit.end, LONGEST);
    let length = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_%+/=.~".contains(byte))
        .count();
    let body = rest.get(..length).unwrap_or_default();
    if length >= 16 && !value::is_words(body) && !is_gap(body) && !value::is_stub(body) {
        push(
            "signed address",
            hit.start,
            hit.end..hit.end + length,
            found,
        );
    }
}

/// `curl -u name:password`.
pub(super) fn curl(text: &str, hit: Hit, found: &mut Vec<Found>) {
    let line = rest_of_line(text, hit.end, LONGEST);
    for flag in ["-u ", "-u", "--user ", "--user=", "--proxy-user "] {
        let Some(at) = line.find(flag) else {
            continue;
        };
        // Part of a longer word.
        if at > 0 && !line.get(..at).is_some_and(|before| before.ends_with(' ')) {
            continue;
        }
        let argument = line.get(at + flag.len()..).unwrap_or_default();
        let trimmed = argument.trim_start_matches(['"', '\'', ' ']);
        let from = hit.end + (line.len() - trimmed.len());
        let word = trimmed
            .split([' ', '"', '\'', '\t'])
            .next()
            .unwrap_or_default();
        if let Some((name, password)) = word.split_once(':')
            && is_password(name, password)
        {
            let start = from + name.len() + 1;
            push(
                "password in a command",
                hit.start,
                start..start + password.len(),
                found,
            );
            return;
        }
    }
}

/// `docker login -p …`, `sshpass -p…`, `mysql -p…`.
pub(super) fn login(text: &str, hit: Hit, found: &mut Vec<Found>) {
    let line = rest_of_line(text, hit.end, LONGEST);
    let Some(at) = format!(" {line}").find(" -p") else {
        return;
    };
    let argument = line.get(at + 2..).unwrap_or_default();
    let is_mysql = text
        .get(hit.start..hit.end)
        .is_some_and(|word| word.eq_ignore_ascii_case("mysql "));
    if argument.starts_with(' ') && is_mysql {
        // The program asks for it.
        return;
    }
    let trimmed = argument.trim_start_matches([' ', '"', '\'', '=']);
    let word = trimmed
        .split([' ', '"', '\'', '\t', ';', '|', '&'])
        .next()
        .unwrap_or_default();
    if is_password("", word) && !word.starts_with('-') && !value::is_words(word) {
        let start = hit.end + (line.len() - trimmed.len());
        push(
            "password in a command",
            hit.start,
            start..start + word.len(),
            found,
        );
    }
}

/// Whether what stands in the place of a password is one.
fn is_password(name: &str, password: &str) -> bool {
    let lower = password.to_ascii_lowercase();
    let is_word = [
        "pass", "password", "passwd", "pw", "pwd", "secret", "postgres", "root", "admin", "user",
        "test", "mysql", "guest", "token", "foo", "bar", "baz", "hunter2", "p", "x", "oauth2",
    ]
    .contains(&lower.as_str());
    password.len() >= 4
        && !is_word
        && !lower.eq_ignore_ascii_case(name)
        && !is_gap(password)
        && !value::is_stub(password)
        && password.is_ascii()
}

/// Whether it shows that something is to be put there.
fn is_gap(text: &str) -> bool {
    text.contains(['$', '{', '}', '<', '>', '[', ']', '(', '*', '|'])
        || text.contains("%s")
        || text.contains("...")
}
