//! A JSON value in which every part knows where it came from.

use crate::source::Source;
use serde_json::{Map, Number, Value};

/// A value with its source.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tree {
    pub(crate) data: Data,
    pub(crate) source: Source,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    /// In the order of the file. Keys are unique.
    Object(Vec<Member>),
}

/// A key of an object with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) key_source: Source,
    pub(crate) value: Tree,
}

impl Tree {
    pub(crate) fn empty_object(source: Source) -> Self {
        Self {
            data: Data::Object(Vec::new()),
            source,
        }
    }

    /// Gives every part of `value` the same source.
    pub(crate) fn from_value(value: &Value, source: &Source) -> Self {
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(flag) => Data::Bool(*flag),
            Value::Number(number) => Data::Number(number.clone()),
            Value::String(text) => Data::Text(text.clone()),
            Value::Array(items) => Data::List(
                items
                    .iter()
                    .map(|item| Self::from_value(item, source))
                    .collect(),
            ),
            Value::Object(members) => Data::Object(
                members
                    .iter()
                    .map(|(key, value)| Member {
                        key: key.clone(),
                        key_source: source.clone(),
                        value: Self::from_value(value, source),
                    })
                    .collect(),
            ),
        };
        Self {
            data,
            source: source.clone(),
        }
    }

    /// The value without its sources.
    pub(crate) fn to_value(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(flag) => Value::Bool(*flag),
            Data::Number(number) => Value::Number(number.clone()),
            Data::Text(text) => Value::String(text.clone()),
            Data::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Data::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|member| (member.key.clone(), member.value.to_value()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    pub(crate) fn members(&self) -> &[Member] {
        match &self.data {
            Data::Object(members) => members,
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match &self.data {
            Data::List(items) => items,
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Object(_) => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::List(_) | Data::Object(_) => None,
        }
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        match &self.data {
            Data::Bool(flag) => Some(*flag),
            Data::Null | Data::Number(_) | Data::Text(_) | Data::List(_) | Data::Object(_) => None,
        }
    }

    pub(crate) fn number(&self) -> Option<&Number> {
        match &self.data {
            Data::Number(number) => Some(number),
            Data::Null | Data::Bool(_) | Data::Text(_) | Data::List(_) | Data::Object(_) => None,
        }
    }

    pub(crate) fn member(&self, key: &str) -> Option<&Self> {
        self.members()
            .iter()
            .find(|member| member.key == key)
            .map(|member| &member.value)
    }

    /// The text of a permission rule, which may stand beside its examples.
    pub(crate) fn rule(&self) -> Option<&str> {
        self.text().or_else(|| self.member("rule")?.text())
    }

    /// Follows a dotted path such as `permissions.allow`.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, Self::member)
    }

    /// Puts `value` at a dotted path, making objects on the way.
    pub(crate) fn put(&mut self, path: &[&str], value: Self) {
        let Some((first, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if !matches!(self.data, Data::Object(_)) {
            self.data = Data::Object(Vec::new());
        }
        let Data::Object(members) = &mut self.data else {
            return;
        };
        if let Some(member) = members.iter_mut().find(|member| member.key == *first) {
            member.value.put(rest, value);
            return;
        }
        let source = value.source.clone();
        let mut child = Self::empty_object(source.clone());
        child.put(rest, value);
        members.push(Member {
            key: (*first).to_owned(),
            key_source: source,
            value: child,
        });
    }

    /// What the value is, for an error.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "true or false",
            Data::Number(_) => "a number",
            Data::Text(_) => "a text",
            Data::List(_) => "a list",
            Data::Object(_) => "an object",
        }
    }
}
