//! The person's file of keys.

use super::{
    Binding, Source,
    actions::{Action, Context},
    chord::parse_chord,
};
use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{Object, ObjectProp, Value},
    common::Ranged,
    parse_to_ast,
};

/// Something in the file that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The line, from one.
    pub line: usize,
    /// What is wrong, and what to do, as a sentence.
    pub text: String,
}

struct Reader<'t> {
    text: &'t str,
    bindings: Vec<Binding>,
    notices: Vec<Notice>,
}

pub(super) fn read(text: &str) -> (Vec<Binding>, Vec<Notice>) {
    let mut reader = Reader {
        text,
        bindings: Vec::new(),
        notices: Vec::new(),
    };
    if text.trim().is_empty() {
        return (reader.bindings, reader.notices);
    }
    match parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()) {
        Ok(parsed) => match parsed.value {
            Some(Value::Object(root)) => reader.root(&root),
            Some(_) | None => reader.notice(0, "The file must be an object with `bindings`."),
        },
        Err(error) => {
            let at = error.range().start;
            let text = format!("This is no JSON: {}.", error.kind());
            reader.notice(at, &text);
        }
    }
    (reader.bindings, reader.notices)
}

impl Reader<'_> {
    fn notice(&mut self, at: usize, text: &str) {
        self.notices.push(Notice {
            line: self.line(at),
            text: text.to_owned(),
        });
    }

    fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn root(&mut self, root: &Object<'_>) {
        for property in &root.properties {
            let name = property.name.as_str();
            match (name, &property.value) {
                ("bindings", Value::Array(groups)) => {
                    for group in &groups.elements {
                        self.group(group);
                    }
                }
                ("bindings", other) => {
                    self.notice(other.range().start, "`bindings` must be a list.");
                }
                ("$schema" | "$docs", _) => {}
                _ => {
                    let text = format!("`{name}` means nothing here; take it out.");
                    self.notice(property.range().start, &text);
                }
            }
        }
    }

    fn group(&mut self, group: &Value<'_>) {
        let Value::Object(group) = group else {
            let text = "Each of `bindings` must be an object with `context` and `bindings`.";
            return self.notice(group.range().start, text);
        };
        let Some(context) = group.get("context") else {
            return self.notice(
                group.range().start,
                "A group of bindings needs its `context`.",
            );
        };
        let Some(context) = self.context(context) else {
            return;
        };
        match group.get("bindings").map(|property| &property.value) {
            Some(Value::Object(bindings)) => {
                for property in &bindings.properties {
                    self.binding(context, property);
                }
            }
            _ => self.notice(
                group.range().start,
                "A group needs `bindings`, an object from keys to actions.",
            ),
        }
    }

    fn context(&mut self, property: &ObjectProp<'_>) -> Option<Context> {
        let Value::StringLit(name) = &property.value else {
            self.notice(property.range().start, "`context` must be a text.");
            return None;
        };
        let found = Context::named(&name.value);
        if found.is_none() {
            let known: Vec<&str> = Context::ALL.iter().map(|context| context.name()).collect();
            let text = format!(
                "There is no context `{}`; there are {}.",
                name.value,
                known.join(", ")
            );
            self.notice(property.range().start, &text);
        }
        found
    }

    fn binding(&mut self, context: Context, property: &ObjectProp<'_>) {
        let at = property.range().start;
        let written = property.name.as_str();
        let chord = match parse_chord(written) {
            Ok(chord) => chord,
            Err(fault) => return self.notice(at, &format!("The key `{written}` {fault}.")),
        };
        if chord.iter().any(|key| key.is_reserved()) {
            let text = format!("`{written}` cannot be bound: Ctrl+C, Ctrl+D and Ctrl+M are fixed.");
            return self.notice(at, &text);
        }
        let action = if let Value::StringLit(name) = &property.value {
            let Some(action) = Action::named(&name.value) else {
                let text = format!("There is no action `{}`; `/keys` lists them.", name.value);
                return self.notice(at, &text);
            };
            Some(action)
        } else if matches!(property.value, Value::NullKeyword(_)) {
            None
        } else {
            let text = format!("`{written}` must be the name of an action, or null.");
            return self.notice(at, &text);
        };
        self.bindings.push(Binding {
            context,
            chord,
            action,
            source: Source::File {
                line: self.line(at),
            },
        });
    }
}
