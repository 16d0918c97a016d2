//! The front matter of a definition: the part of YAML that people write there.
//!
//! Texts, quoted texts, blocks of text, and lists of texts count. What is nested deeper is
//! passed over, so that keys for other programs do no harm.

use std::collections::BTreeMap;

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// One text.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
    /// Something nested, which nothing here reads.
    Nested,
}

impl Value {
    /// The text, or nothing for a list.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::List(_) | Self::Nested => None,
        }
    }

    /// The items: of a list, or of a text with commas between.
    pub(super) fn items(&self) -> Vec<String> {
        let trimmed = |text: &str| text.trim().to_owned();
        let items: Vec<String> = match self {
            Self::Text(text) => split_at_commas(text),
            Self::List(items) => items.iter().map(|item| trimmed(item)).collect(),
            Self::Nested => Vec::new(),
        };
        items.into_iter().filter(|item| !item.is_empty()).collect()
    }
}

/// What stands in front, and the body.
pub(super) type Parts<'a> = (BTreeMap<String, Value>, &'a str);

/// Parts a file into its front matter and its body; `None` where it has no front matter.
pub(super) fn parted(text: &str) -> Option<Result<Parts<'_>, String>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rest = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            let (front, body) = rest.split_at_checked(at)?;
            let body = body.get(line.len()..).unwrap_or_default();
            return Some(values(front).map(|values| (values, body.trim())));
        }
        at += line.len();
    }
    Some(Err("its front matter has no closing `---`".to_owned()))
}

fn values(front: &str) -> Result<BTreeMap<String, Value>, String> {
    let lines: Vec<&str> = front.lines().collect();
    let mut values = BTreeMap::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        if line.starts_with([' ', '\t', '-']) {
            return Err(format!("line {} belongs to no key", at + 1));
        }
        let Some((key, value)) = line.split_once(':') else {
            return Err(format!("line {} is no `key: value`", at + 1));
        };
        let nested: Vec<&str> = lines
            .iter()
            .skip(at)
            .take_while(|line| line.trim().is_empty() || line.starts_with([' ', '\t', '-']))
            .copied()
            .collect();
        at += nested.len();
        values.insert(key.trim().to_owned(), value_of(value.trim(), &nested)?);
    }
    Ok(values)
}

fn value_of(value: &str, nested: &[&str]) -> Result<Value, String> {
    if let Some(style) = value.strip_prefix(['|', '>']) {
        if !matches!(style.trim(), "" | "-" | "+") {
            return Err(format!("`{value}` begins no block of text"));
        }
        let between = if value.starts_with('|') { "\n" } else { " " };
        let lines: Vec<&str> = nested.iter().map(|line| line.trim()).collect();
        return Ok(Value::Text(lines.join(between).trim().to_owned()));
    }
    if let Some(inner) = value.strip_prefix('[') {
        let whole = std::iter::once(inner).chain(nested.iter().copied());
        let whole = whole.collect::<Vec<_>>().join(" ");
        let Some(inner) = whole.trim_end().strip_suffix(']') else {
            return Err(format!("the list `{value}` is not closed"));
        };
        let items = split_at_commas(inner);
        return Ok(Value::List(
            items
                .iter()
                .map(|item| scalar(item))
                .collect::<Result<_, _>>()?,
        ));
    }
    let mut filled = nested.iter().map(|line| line.trim());
    if value.is_empty() {
        let lines: Vec<&str> = filled.filter(|line| !line.is_empty()).collect();
        let items = lines.iter().map(|line| line.strip_prefix("- "));
        return match items.collect::<Option<Vec<_>>>() {
            _ if lines.is_empty() => Ok(Value::Text(String::new())),
            Some(items) => {
                let items: Result<Vec<_>, _> = items.into_iter().map(scalar).collect();
                Ok(items.map_or(Value::Nested, Value::List))
            }
            None => Ok(Value::Nested),
        };
    }
    if value.starts_with('{') || filled.any(|line| line.starts_with("- ")) {
        return Ok(Value::Nested);
    }
    // A text may go on over lines.
    let whole = std::iter::once(value).chain(nested.iter().map(|line| line.trim()));
    let whole: Vec<&str> = whole.filter(|line| !line.is_empty()).collect();
    Ok(Value::Text(scalar(&whole.join(" "))?))
}

/// A text without its quotes and the comment after it.
fn scalar(text: &str) -> Result<String, String> {
    let text = text.trim();
    for quote in ['"', '\''] {
        let Some(inner) = text.strip_prefix(quote) else {
            continue;
        };
        let Some((inner, after)) = inner.rsplit_once(quote) else {
            return Err(format!("`{text}` has no closing quote"));
        };
        if !after.trim().is_empty() && !after.trim_start().starts_with('#') {
            return Err(format!("`{text}` goes on after its quote"));
        }
        return Ok(if quote == '"' {
            inner
                .replace("\\n", "\n")
                .replace("\\\"", "\"")
                .replace("\\\\", "\\")
        } else {
            inner.replace("''", "'")
        });
    }
    let plain = text.split_once(" #").map_or(text, |(before, _)| before);
    Ok(plain.trim().to_owned())
}

/// Cuts at commas outside brackets: `Agent(a, b)` is one item.
fn split_at_commas(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = items.last_mut() {
            last.push(c);
        }
    }
    items
        .into_iter()
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
