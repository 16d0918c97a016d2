//! JSON text to a tree that remembers lines and columns.

use crate::{
    fault::SettingsFault,
    source::{Layer, Origin, Source},
    tree::{Data, Member, Tree},
};
use jsonc_parser::{
    CollectOptions, ParseOptions, ast, common::Range, common::Ranged as _, errors::ParseError,
    parse_to_ast,
};
use serde_json::Number;
use std::{collections::HashSet, path::PathBuf, sync::Arc};

/// Where a text came from.
#[derive(Clone, Debug)]
pub(crate) enum TextOrigin {
    File(Arc<PathBuf>),
    Flag(&'static str),
}

/// Parses `text`: JSON, with comments and a comma after the last item allowed. An empty text
/// is an empty object.
pub(crate) fn parse(text: &str, layer: Layer, from: &TextOrigin) -> Result<Tree, SettingsFault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let places = Places::new(text, layer, from);
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options())
        .map_err(|error| places.malformed_at(&error))?;
    match parsed.value {
        Some(value) => places.tree(&value),
        None => Ok(Tree::empty_object(places.source(0))),
    }
}

/// What a settings file may have beside plain JSON.
pub(crate) fn options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// A fault for text that is not UTF-8 from byte `valid` on; `before` is the text up to there.
pub(crate) fn not_utf8(before: &str, layer: Layer, from: &TextOrigin) -> SettingsFault {
    let places = Places::new(before, layer, from);
    SettingsFault::Malformed {
        source_place: places.source(before.len()),
        key: last_key(before),
        what: "this is not UTF-8 text".to_owned(),
    }
}

struct Places<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
    layer: Layer,
    from: &'a TextOrigin,
}

impl<'a> Places<'a> {
    fn new(text: &'a str, layer: Layer, from: &'a TextOrigin) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0)
            .chain(starts.map(|(at, _)| at + 1))
            .collect();
        Self {
            text,
            line_starts,
            layer,
            from,
        }
    }

    fn source(&self, offset: usize) -> Source {
        let origin = match self.from {
            TextOrigin::Flag(flag) => Origin::Flag((*flag).to_owned()),
            TextOrigin::File(path) => {
                let line = self.line_starts.partition_point(|start| *start <= offset);
                let start = line
                    .checked_sub(1)
                    .and_then(|at| self.line_starts.get(at).copied());
                let before = start.and_then(|start| self.text.get(start..offset));
                let column = before.map_or(0, |before| before.chars().count()) + 1;
                Origin::File {
                    path: Arc::clone(path),
                    line,
                    column,
                }
            }
        };
        Source {
            layer: self.layer,
            origin,
        }
    }

    fn malformed_at(&self, error: &ParseError) -> SettingsFault {
        self.malformed(error.range(), &lower_first(&error.kind().to_string()))
    }

    fn malformed(&self, range: Range, what: &str) -> SettingsFault {
        SettingsFault::Malformed {
            source_place: self.source(range.start),
            key: self.text.get(..range.start).and_then(last_key),
            what: what.to_owned(),
        }
    }

    fn tree(&self, value: &ast::Value<'_>) -> Result<Tree, SettingsFault> {
        let data = match value {
            ast::Value::NullKeyword(_) => Data::Null,
            ast::Value::BooleanLit(flag) => Data::Bool(flag.value),
            ast::Value::StringLit(text) => Data::Text(text.value.to_string()),
            ast::Value::NumberLit(number) => Data::Number(
                number
                    .value
                    .parse::<Number>()
                    .map_err(|_| self.malformed(number.range, "this number is out of range"))?,
            ),
            ast::Value::Array(array) => Data::List(
                array
                    .elements
                    .iter()
                    .map(|item| self.tree(item))
                    .collect::<Result<_, _>>()?,
            ),
            ast::Value::Object(object) => Data::Object(self.members(object)?),
        };
        Ok(Tree {
            data,
            source: self.source(value.range().start),
        })
    }

    fn members(&self, object: &ast::Object<'_>) -> Result<Vec<Member>, SettingsFault> {
        let mut seen = HashSet::new();
        let mut members = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            let key = property.name.as_str();
            // Of two lists of rules one would be lost, and with it perhaps what is forbidden.
            if !seen.insert(key) {
                return Err(SettingsFault::Malformed {
                    source_place: self.source(property.name.range().start),
                    key: Some(key.to_owned()),
                    what: "the same key stands twice in one object".to_owned(),
                });
            }
            members.push(Member {
                key: key.to_owned(),
                key_source: self.source(property.name.range().start),
                value: self.tree(&property.value)?,
            });
        }
        Ok(members)
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// The last quoted text that a colon follows.
fn last_key(text: &str) -> Option<String> {
    let mut key = None;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('"') {
        let Some((quoted, tail)) = end_of_string(after).and_then(|end| after.split_at_checked(end))
        else {
            break;
        };
        rest = tail.strip_prefix('"').unwrap_or(tail);
        if rest.trim_start().starts_with(':') {
            key = Some(quoted.to_owned());
        }
    }
    key
}

fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
