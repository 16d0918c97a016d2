//! What files in the repository may say: they are written by whoever wrote the repository.

use crate::{
    fault::SettingsFault,
    keys::{self, Foreign, KEYS, Key, Scope, Shape},
    tree::{Data, Member, Tree},
};
use gimlet_trust::{Capability, CapabilityKind, Workspace};

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
pub fn looks_secret(key: &str) -> bool {
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

/// Why a repository's value does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The person has not trusted the repository, or not agreed to this of it.
    NotAgreed,
    /// No repository may say it; a fragment after "because".
    Never(String),
}

/// Says why a repository's value of `key` does not count. Containers are looked into instead.
pub(crate) fn refusal(
    key: &Key,
    path: &str,
    value: &Tree,
    weaker: Option<&Tree>,
    workspace: &Workspace,
) -> Option<Refused> {
    let holds_keys = matches!(key.shape, Shape::Object(_)) && key.scope == Scope::Anyone;
    let never = never(key, value, weaker);
    if never.is_some() || holds_keys {
        return never.map(Refused::Never);
    }
    let counts = match key.scope {
        Scope::Restricts => true,
        Scope::Anyone | Scope::NotRepository | Scope::RepositoryAgreed => workspace.is_trusted(),
        // Nobody set a limit, or a higher one: this one is lower.
        Scope::RepositoryLowers => workspace.is_trusted() || weaker.is_some(),
        Scope::RepositoryCareful => {
            let is_wider = value
                .text()
                .is_some_and(|mode| keys::AGREED_MODES.contains(&mode));
            let agreed = || workspace.permits(&capability(path, value));
            workspace.is_trusted() && (!is_wider || agreed())
        }
    };
    (!counts).then_some(Refused::NotAgreed)
}

/// Takes out of a list what the person has not agreed to. Returns how many entries went.
pub(crate) fn keep_agreed(path: &str, list: &mut Tree, workspace: &Workspace) -> usize {
    let Data::List(items) = &mut list.data else {
        return 0;
    };
    let before = items.len();
    items.retain(|item| workspace.permits(&capability(path, item)));
    before - items.len()
}

fn never(key: &Key, value: &Tree, weaker: Option<&Tree>) -> Option<String> {
    match key.scope {
        Scope::Anyone | Scope::Restricts | Scope::RepositoryAgreed => None,
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

/// Everything in a repository's file that would run, widen or redirect something, whether this
/// version acts on it or not: what a person is shown before they trust it.
pub(crate) fn capabilities(tree: &Tree) -> Vec<Capability> {
    let mut out = Vec::new();
    collect(tree.members(), KEYS, "", &mut out);
    out
}

fn collect(members: &[Member], known: &[Key], above: &str, out: &mut Vec<Capability>) {
    for member in members {
        let path = join(above, &member.key);
        let value = &member.value;
        let key = known.iter().find(|key| key.name == member.key);
        match key.map(|key| (key.scope, key.shape)) {
            Some((Scope::Anyone, Shape::Object(inner))) => {
                collect(value.members(), inner, &path, out);
            }
            Some((Scope::RepositoryAgreed, _)) => {
                let items = value.items().iter();
                out.extend(items.map(|item| capability(&path, item)));
            }
            Some((Scope::RepositoryCareful, _)) => {
                let mode = value.text().unwrap_or_default();
                if keys::AGREED_MODES.contains(&mode) || keys::WIDE_MODES.contains(&mode) {
                    out.push(capability(&path, value));
                }
            }
            Some((Scope::NotRepository, _)) => each(&path, value, out),
            None if keys::foreign(&path) == Some(Foreign::Powerful) => each(&path, value, out),
            Some((Scope::Anyone | Scope::Restricts | Scope::RepositoryLowers, _)) | None => {}
        }
    }
}

/// Each member of a value by itself, so that a new one is told apart from those known.
fn each(path: &str, value: &Tree, out: &mut Vec<Capability>) {
    if value.members().is_empty() {
        out.push(capability(path, value));
    }
    for member in value.members() {
        out.push(capability(&join(path, &member.key), &member.value));
    }
}

fn capability(path: &str, value: &Tree) -> Capability {
    let kind = kind_of(path);
    let text = match kind {
        CapabilityKind::Rule => value.rule(),
        CapabilityKind::Folder
        | CapabilityKind::Mode
        | CapabilityKind::Variable
        | CapabilityKind::Hook
        | CapabilityKind::Helper
        | CapabilityKind::Server
        | CapabilityKind::Program
        | CapabilityKind::InlineCommand
        | CapabilityKind::Git
        | CapabilityKind::Setting => value.text(),
    };
    let shown = match text {
        Some(text) => text.to_owned(),
        None => value.to_value().to_string(),
    };
    let what = match kind {
        CapabilityKind::Rule | CapabilityKind::Folder | CapabilityKind::Mode => shown,
        CapabilityKind::Variable => {
            format!("{}={shown}", path.strip_prefix("env.").unwrap_or(path))
        }
        CapabilityKind::Hook
        | CapabilityKind::Helper
        | CapabilityKind::Server
        | CapabilityKind::Program
        | CapabilityKind::InlineCommand
        | CapabilityKind::Git
        | CapabilityKind::Setting => format!("{path} {shown}"),
    };
    Capability {
        kind,
        what,
        place: value.source.to_string(),
    }
}

/// Keys that name a command.
const HELPERS: [&str; 11] = [
    "apiKeyHelper",
    "awsAuthRefresh",
    "awsCredentialExport",
    "fileSuggestion",
    "gcpAuthRefresh",
    "otelHeadersHelper",
    "policyHelper",
    "processWrapper",
    "proxyAuthHelper",
    "statusLine",
    "subagentStatusLine",
];

fn kind_of(path: &str) -> CapabilityKind {
    let top = path.split('.').next().unwrap_or_default();
    let lower = top.to_ascii_lowercase();
    match path {
        "permissions.allow" => CapabilityKind::Rule,
        "permissions.additionalDirectories" => CapabilityKind::Folder,
        "permissions.defaultMode" => CapabilityKind::Mode,
        _ if top == "env" => CapabilityKind::Variable,
        _ if top == "hooks" => CapabilityKind::Hook,
        _ if HELPERS.contains(&top) => CapabilityKind::Helper,
        _ if lower.contains("mcp") => CapabilityKind::Server,
        _ if lower.contains("plugin") || lower.contains("marketplace") => CapabilityKind::Program,
        _ => CapabilityKind::Setting,
    }
}
