//! Holds a layer against the table of keys: what does not fit is a fault, what does not
//! count is a notice, and the rest goes on.

use crate::{
    fault::SettingsFault,
    features::{Feature, Stage},
    keys::{self, Foreign, KEYS, Key, Scope, Shape},
    notice::{Notice, NoticeKind},
    repository::{self, Refused, join},
    source::Source,
    tree::{Data, Member, Tree},
};
use gimlet_trust::Workspace;

/// What is left of a layer, and what was said about it.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) tree: Tree,
    pub(crate) notices: Vec<Notice>,
    pub(crate) faults: Vec<SettingsFault>,
}

/// Checks a whole layer. `weaker` is the merge of all weaker layers; `workspace` says what of a
/// repository's files counts.
pub(crate) fn check(tree: Tree, weaker: &Tree, workspace: &Workspace) -> Checked {
    let mut checker = Checker {
        workspace,
        notices: Vec::new(),
        faults: Vec::new(),
    };
    let source = tree.source.clone();
    if source.layer.is_repository()
        && let Some(fault) = repository::find_secret(&tree, "")
    {
        let tree = Tree::empty_object(source);
        return Checked {
            tree,
            notices: Vec::new(),
            faults: vec![fault],
        };
    }
    let tree = match tree.data {
        Data::Object(members) => {
            let at = At {
                path: "",
                weaker: Some(weaker),
            };
            Tree {
                data: Data::Object(checker.object(members, KEYS, &at)),
                source,
            }
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => {
            checker.faults.push(SettingsFault::WrongValue {
                source_place: tree.source.clone(),
                key: "the whole file".to_owned(),
                expected: "an object".to_owned(),
                found: tree.kind().to_owned(),
            });
            Tree::empty_object(source)
        }
    };
    Checked {
        tree,
        notices: checker.notices,
        faults: checker.faults,
    }
}

struct At<'a> {
    path: &'a str,
    weaker: Option<&'a Tree>,
}

struct Checker<'a> {
    workspace: &'a Workspace,
    notices: Vec<Notice>,
    faults: Vec<SettingsFault>,
}

impl Checker<'_> {
    /// Keeps the members that fit.
    fn object(&mut self, members: Vec<Member>, keys: &[Key], at: &At<'_>) -> Vec<Member> {
        let mut kept = Vec::new();
        for member in members {
            let path = join(at.path, &member.key);
            let Some(key) = keys.iter().find(|key| key.name == member.key) else {
                self.stranger(&member, path);
                continue;
            };
            if member.value.data == Data::Null {
                continue;
            }
            let weaker = at.weaker.and_then(|weaker| weaker.member(&member.key));
            let mut member = member;
            if member.value.source.layer.is_repository() {
                let refused =
                    repository::refusal(key, &path, &member.value, weaker, self.workspace);
                if let Some(refused) = refused {
                    self.refused(&refused, &member, path);
                    continue;
                }
                if key.scope == Scope::RepositoryAgreed {
                    let gone = repository::keep_agreed(&path, &mut member.value, self.workspace);
                    if gone > 0 {
                        self.refused(&Refused::NotAgreed, &member, path.clone());
                    }
                }
            }
            let Member {
                key: name,
                key_source,
                value,
            } = member;
            if let Some(value) = self.value(
                value,
                key.shape,
                &At {
                    path: &path,
                    weaker,
                },
            ) {
                kept.push(Member {
                    key: name,
                    key_source,
                    value,
                });
            }
        }
        kept
    }

    fn refused(&mut self, refused: &Refused, member: &Member, path: String) {
        let (kind, text) = match refused {
            Refused::Never(why) => (
                NoticeKind::NotFromRepository,
                format!("`{path}` does not count, because {why}"),
            ),
            Refused::NotAgreed if self.workspace.is_trusted() => (
                NoticeKind::NotAgreed,
                format!(
                    "`{path}` says what you have not agreed to; `gimlet trust` shows it, and it \
                     does not count until then"
                ),
            ),
            Refused::NotAgreed => (
                NoticeKind::NotTrusted,
                format!("`{path}` does not count, because the folder is not trusted"),
            ),
        };
        self.notice(kind, &member.key_source, path, text);
    }

    fn value(&mut self, value: Tree, shape: Shape, at: &At<'_>) -> Option<Tree> {
        if !fits(&value, shape) {
            return self.wrong(&value, shape, at.path);
        }
        let Tree { data, source } = value;
        let data = match (data, shape) {
            (Data::Object(members), Shape::Object(keys)) => {
                Data::Object(self.object(members, keys, at))
            }
            (Data::Object(members), Shape::ObjectByName(keys)) => {
                let shape = Shape::Object(keys);
                Data::Object(self.each(members, at, |checker, value, at| {
                    checker.value(value, shape, at)
                }))
            }
            (Data::Object(members), Shape::TextByName) => {
                Data::Object(self.each(members, at, |checker, value, at| {
                    checker.value(value, Shape::Text, at)
                }))
            }
            (Data::Object(members), Shape::Features) => Data::Object(self.features(members, at)),
            (Data::List(items), Shape::Texts | Shape::TextOrTexts) => {
                let items = items
                    .into_iter()
                    .filter_map(|item| self.value(item, Shape::Text, at));
                Data::List(items.collect())
            }
            (Data::List(items), Shape::Rules) => {
                let items = items.into_iter().filter_map(|item| self.rule(item, at));
                Data::List(items.collect())
            }
            (data, _) => data,
        };
        Some(Tree { data, source })
    }

    /// A permission rule: a text, or an object that has it beside its examples.
    fn rule(&mut self, item: Tree, at: &At<'_>) -> Option<Tree> {
        let Tree {
            data: Data::Object(members),
            source,
        } = item
        else {
            return self.value(item, Shape::Text, at);
        };
        let inner = At {
            path: at.path,
            weaker: None,
        };
        let before = self.faults.len();
        let members = self.object(members, keys::RULE_KEYS, &inner);
        let rule = Tree {
            data: Data::Object(members),
            source,
        };
        if rule.member("rule").is_some() {
            return Some(rule);
        }
        // A rule of the wrong kind was told already.
        if self.faults.len() == before {
            return self.wrong(&rule, Shape::Rules, at.path);
        }
        None
    }

    fn each(
        &mut self,
        members: Vec<Member>,
        at: &At<'_>,
        mut check: impl FnMut(&mut Self, Tree, &At<'_>) -> Option<Tree>,
    ) -> Vec<Member> {
        let mut kept = Vec::new();
        for Member {
            key,
            key_source,
            value,
        } in members
        {
            let path = join(at.path, &key);
            if let Some(value) = check(
                self,
                value,
                &At {
                    path: &path,
                    weaker: None,
                },
            ) {
                kept.push(Member {
                    key,
                    key_source,
                    value,
                });
            }
        }
        kept
    }

    fn features(&mut self, members: Vec<Member>, at: &At<'_>) -> Vec<Member> {
        let members = self.each(members, at, |checker, value, at| {
            checker.value(value, Shape::Flag, at)
        });
        members
            .into_iter()
            .filter(|member| {
                let path = join(at.path, &member.key);
                match Feature::named(&member.key).map(|feature| feature.card().stage) {
                    Some(Stage::Experimental | Stage::Preview | Stage::Stable) => true,
                    Some(Stage::Removed) => {
                        let text = format!("the switch `{}` does nothing any more", member.key);
                        self.notice(NoticeKind::RemovedFeature, &member.key_source, path, text);
                        false
                    }
                    None => {
                        let text = format!("there is no feature `{}`", member.key);
                        self.notice(NoticeKind::Unknown, &member.key_source, path, text);
                        false
                    }
                }
            })
            .collect()
    }

    /// A key that is not in the table.
    fn stranger(&mut self, member: &Member, path: String) {
        // Tells editors where the schema is; nothing to act on.
        if path == "$schema" {
            return;
        }
        let in_repository = member.key_source.layer.is_repository();
        let (kind, text) = match keys::foreign(&path) {
            Some(Foreign::Powerful) if in_repository => (
                NoticeKind::NotFromRepository,
                format!("`{path}` does not count, because a repository may not set it"),
            ),
            Some(Foreign::Powerful | Foreign::Harmless) => (
                NoticeKind::NotUsed,
                format!("`{path}` is known, and Gimlet does not act on it"),
            ),
            None if repository::looks_secret(&member.key) => (
                NoticeKind::Unknown,
                format!(
                    "`{path}` does not count: keys come from `gimlet auth login` or the \
                         environment"
                ),
            ),
            None => {
                let meant = keys::nearest(&path)
                    .map(|known| format!("; did you mean `{known}`?"))
                    .unwrap_or_default();
                (
                    NoticeKind::Unknown,
                    format!("there is no setting `{path}`{meant}"),
                )
            }
        };
        self.notice(kind, &member.key_source, path, text);
    }

    fn notice(&mut self, kind: NoticeKind, source: &Source, key: String, text: String) {
        self.notices.push(Notice {
            kind,
            source: source.clone(),
            key,
            text,
        });
    }

    fn wrong(&mut self, value: &Tree, shape: Shape, path: &str) -> Option<Tree> {
        self.faults.push(SettingsFault::WrongValue {
            source_place: value.source.clone(),
            key: path.to_owned(),
            expected: expected(shape),
            found: found(value, shape),
        });
        None
    }
}

/// Looks at the outermost level only; parts are checked one by one, to blame the right line.
fn fits(value: &Tree, shape: Shape) -> bool {
    match shape {
        Shape::Text => value.text().is_some(),
        Shape::Address => value.text().is_some_and(is_address),
        Shape::Flag => value.flag().is_some(),
        Shape::Whole { min, max } => whole(value).is_some_and(|n| (min..=max).contains(&n)),
        Shape::Dollars => value
            .number()
            .and_then(serde_json::Number::as_f64)
            .is_some_and(|dollars| dollars.is_finite() && dollars > 0.0),
        Shape::Price => value
            .number()
            .and_then(serde_json::Number::as_f64)
            .is_some_and(|number| number >= 0.0),
        Shape::OneOf(names) => value.text().is_some_and(|text| names.contains(&text)),
        Shape::Texts | Shape::Rules => matches!(value.data, Data::List(_)),
        Shape::TextOrTexts => matches!(value.data, Data::List(_) | Data::Text(_)),
        Shape::Thinking => {
            value
                .text()
                .is_some_and(|text| ["off", "adaptive"].contains(&text))
                || whole(value).is_some_and(|tokens| (1..=u64::from(u32::MAX)).contains(&tokens))
        }
        Shape::TextByName
        | Shape::Features
        | Shape::Json
        | Shape::ObjectByName(_)
        | Shape::Object(_) => {
            matches!(value.data, Data::Object(_))
        }
    }
}

fn is_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && !rest.chars().any(|c| c.is_whitespace() || c.is_control())
    })
}

fn whole(value: &Tree) -> Option<u64> {
    value.number().and_then(serde_json::Number::as_u64)
}

/// What would be right, as in "must be …".
pub(crate) fn expected(shape: Shape) -> String {
    match shape {
        Shape::Text => "a text".to_owned(),
        Shape::Address => "an address that begins with http:// or https://".to_owned(),
        Shape::Flag => "true or false".to_owned(),
        Shape::Whole { min, max } => format!("a whole number from {min} to {max}"),
        Shape::Dollars => "a number above 0".to_owned(),
        Shape::Price => "a number that is not below 0".to_owned(),
        Shape::OneOf([only]) => format!("\"{only}\""),
        Shape::OneOf(names) => {
            let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
            format!("one of {}", names.join(", "))
        }
        Shape::Texts => "a list of texts".to_owned(),
        Shape::TextOrTexts => "a text or a list of texts".to_owned(),
        Shape::Rules => "a list of rules, each a text or an object with `rule`".to_owned(),
        Shape::Thinking => "\"off\", \"adaptive\" or a whole number of tokens".to_owned(),
        Shape::TextByName => "an object of texts".to_owned(),
        Shape::Features => "an object of true and false".to_owned(),
        Shape::ObjectByName(_) => "an object of objects".to_owned(),
        Shape::Object(_) | Shape::Json => "an object".to_owned(),
    }
}

/// What is there. Never the value of a text, which may be a secret.
fn found(value: &Tree, shape: Shape) -> String {
    match (&value.data, shape) {
        (Data::Number(number), _) => number.to_string(),
        (Data::Text(_), Shape::Address | Shape::OneOf(_) | Shape::Thinking) => {
            "another text".to_owned()
        }
        _ => value.kind().to_owned(),
    }
}
