//! What files in the repository may say: they are written by whoever wrote the repository.

use crate::{
    fault::SettingsFault,
    keys::{self, Key, Scope},
    tree::{Data, Tree},
};

/// Looks for keys at any depth whose name says that they hold a secret. A value that only
/// points to an environment variable is fine.
pub(crate) fn find_secret(tree: &Tree, path: &str) -> Option<SettingsFault> {
    let in_members = tree.members().iter().find_map(|member| {
        let path = join(path, &member.key);
        if looks_secret(&member.key) && holds_text(&member.value) {
            return Some(SettingsFault::SecretInRepository {
                source_place: member.key_source.clone(),
                key: path,
            });
        }
        find_secret(&member.value, &path)
    });
    in_members.or_else(|| tree.items().iter().find_map(|item| find_secret(item, path)))
}

/// True for names such as `apiKey`, `OPENAI_API_KEY` or `GITHUB_TOKEN`.
pub(crate) fn looks_secret(key: &str) -> bool {
    let folded: String = key
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    [
        "apikey",
        "token",
        "secret",
        "secretkey",
        "accesskey",
        "password",
        "passwd",
        "privatekey",
    ]
    .iter()
    .any(|ending| folded.ends_with(ending))
}

fn holds_text(value: &Tree) -> bool {
    value.text().is_some_and(|text| {
        let points_to_variable = text.starts_with("${") && text.ends_with('}');
        !text.is_empty() && !points_to_variable
    })
}

/// Says why a repository's value of `key` does not count, as a fragment after "because".
pub(crate) fn refusal(key: &Key, value: &Tree, weaker: Option<&Tree>) -> Option<String> {
    match key.scope {
        Scope::Anyone => None,
        Scope::NotRepository => Some("a repository may not set it".to_owned()),
        Scope::RepositoryCareful => {
            let mode = value.text()?;
            keys::WIDE_MODES
                .contains(&mode)
                .then(|| format!("a repository may not choose the mode `{mode}`"))
        }
        Scope::RepositoryLowers => {
            let limit = as_number(weaker?)?;
            (as_number(value)? > limit).then(|| "a repository may not raise a limit".to_owned())
        }
    }
}

fn as_number(tree: &Tree) -> Option<f64> {
    match &tree.data {
        Data::Number(number) => number.as_f64(),
        Data::Null | Data::Bool(_) | Data::Text(_) | Data::List(_) | Data::Object(_) => None,
    }
}

/// Makes a dotted path.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
