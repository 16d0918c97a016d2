//! What is being typed at the cursor, if it is something to complete.

use std::ops::Range;

/// A word to complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A command: the first word of the text, behind its slash.
    Command {
        /// The bytes of the word with the slash.
        range: Range<usize>,
        /// What was typed of the name.
        query: String,
    },
    /// A file or folder behind `@`.
    File {
        /// The bytes of the word with its `@`.
        range: Range<usize>,
        /// What was typed of the path.
        query: String,
    },
}

/// The word that ends at the cursor, if it can be completed.
pub fn token(text: &str, cursor: usize) -> Option<Token> {
    let before = text.get(..cursor)?;
    if let Some(query) = before.strip_prefix('/')
        && !query.contains(|c: char| c.is_whitespace() || c == '/')
    {
        return Some(Token::Command {
            range: 0..cursor,
            query: query.to_owned(),
        });
    }
    let at = before.rfind('@')?;
    // An address of a letter is no file.
    let is_free = before
        .get(..at)?
        .chars()
        .next_back()
        .is_none_or(|c| c.is_whitespace() || "([{\"'`,;:".contains(c));
    let word = before.get(at + 1..)?;
    let query = match word.strip_prefix('"') {
        Some(quoted) if !quoted.contains('"') => quoted,
        Some(_) => return None,
        None if word.contains(char::is_whitespace) => return None,
        None => word,
    };
    is_free.then(|| Token::File {
        range: at..cursor,
        query: query.to_owned(),
    })
}

/// What stands in the text for a path: quoted where it has blanks, and with a blank behind it
/// unless it is a folder, which may be gone on with.
pub fn mention(path: &str) -> String {
    let is_folder = path.ends_with('/');
    let has_blanks = path.contains(char::is_whitespace);
    match (has_blanks, is_folder) {
        (false, false) => format!("@{path} "),
        (false, true) => format!("@{path}"),
        (true, false) => format!("@\"{path}\" "),
        (true, true) => format!("@\"{path}"),
    }
}
