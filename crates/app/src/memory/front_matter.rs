//! The one key of a rule's front matter that counts: `paths`.

/// The patterns of `paths`: a list, or a text with commas between. `None` where the key is
/// missing or empty.
pub(super) fn paths(front: &str) -> Option<Vec<String>> {
    let mut lines = front.lines();
    let value = lines.find_map(|line| line.strip_prefix("paths:"))?;
    let value = without_comment(value).trim();
    let patterns = if value.is_empty() {
        let items = lines
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        items
            .map_while(|line| line.strip_prefix('-'))
            .map(scalar)
            .collect()
    } else if value.starts_with('[') {
        // Such a list may go on over lines, up to its bracket.
        let mut whole = value.to_owned();
        while !without_comment(&whole).trim_end().ends_with(']') {
            let Some(line) = lines.next() else { break };
            whole.push(' ');
            whole.push_str(without_comment(line).trim());
        }
        let inner = whole.trim().trim_start_matches('[').trim_end();
        split_at_commas(inner.strip_suffix(']').unwrap_or(inner))
            .iter()
            .map(|item| scalar(item))
            .collect()
    } else {
        split_at_commas(&scalar(value))
    };
    let patterns: Vec<String> = patterns
        .into_iter()
        .map(|pattern: String| pattern.trim().to_owned())
        .filter(|pattern| !pattern.is_empty())
        .collect();
    (!patterns.is_empty()).then_some(patterns)
}

/// A value without its quotes, or a plain one without the comment after it.
fn scalar(text: &str) -> String {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('"') {
        let mut out = String::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => match chars.next() {
                    Some(c @ ('"' | '\\')) => out.push(c),
                    // Not YAML's, but a pattern's own.
                    other => {
                        out.push('\\');
                        out.extend(other);
                    }
                },
                c => out.push(c),
            }
        }
        return out;
    }
    if let Some(inner) = text.strip_prefix('\'') {
        let mut out = String::new();
        let mut chars = inner.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '\'' {
                out.push(c);
            } else if chars.next_if_eq(&'\'').is_some() {
                out.push('\'');
            } else {
                break;
            }
        }
        return out;
    }
    without_comment(text).trim().to_owned()
}

/// Cuts a comment off: a `#` after a blank, outside quotes.
fn without_comment(text: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '#') if before.is_whitespace() => {
                return text.get(..at).unwrap_or(text);
            }
            (None, '"' | '\'') if before.is_whitespace() || before == '[' || before == ',' => {
                quote = Some(c);
            }
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        before = c;
    }
    text
}

/// Cuts at commas that stand outside quotes, braces and brackets.
fn split_at_commas(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '{') => depth += 1,
            (None, '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

#[cfg(test)]
mod tests;
