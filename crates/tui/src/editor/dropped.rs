//! Files that were dragged onto the terminal: it pastes their paths, each terminal in its way.

/// The paths in a paste, if it is nothing but absolute paths: quoted, with backslashes before
/// blanks, or as `file:` addresses; one or several on a line.
pub fn dropped_paths(paste: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for word in words(paste.trim()) {
        match path(&word) {
            Some(path) => paths.push(path),
            None => return Vec::new(),
        }
    }
    paths
}

fn path(word: &str) -> Option<String> {
    if let Some(address) = word.strip_prefix("file://") {
        let local = address.strip_prefix("localhost").unwrap_or(address);
        return local.starts_with('/').then(|| decoded(local)).flatten();
    }
    let is_windows =
        matches!(word.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    (word.starts_with('/') || word.starts_with("~/") || is_windows).then(|| word.to_owned())
}

/// The words of a line as a shell parts them, without any expansion.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), _) if open == c => quote = None,
            // A drive's path keeps its backslashes; a blank or a sign behind one is escaped.
            (None | Some('"'), '\\') => {
                let next = chars.clone().next();
                let is_escape = next.is_some_and(|next| !next.is_alphanumeric());
                let kept = if is_escape {
                    chars.next().unwrap_or(c)
                } else {
                    c
                };
                word.get_or_insert_default().push(kept);
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// An address with its `%xx` written out, if that is text.
fn decoded(address: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let code = digit(rest.next())? * 16 + digit(rest.next())?;
        bytes.push(u8::try_from(code).ok()?);
    }
    String::from_utf8(bytes).ok()
}
