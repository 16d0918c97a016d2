//! Keys: where each provider's comes from, and how they are stored and removed.

use gimlet_settings::{Dirs, EnvVar, Settings, env_vars};
use gimlet_store::{CredentialFault, Credentials, Keyring, Place, Secret};
use std::fmt;

/// A provider and the variables that may hold its key.
#[derive(Clone, Copy, Debug)]
pub struct ProviderKeys {
    /// The provider's name.
    pub name: &'static str,
    /// Variables, the first that is set counts.
    pub variables: &'static [EnvVar],
}

/// Every provider that takes a key from a variable.
pub const PROVIDERS: &[ProviderKeys] = &[
    ProviderKeys {
        name: "anthropic",
        variables: &[env_vars::ANTHROPIC_API_KEY, env_vars::ANTHROPIC_AUTH_TOKEN],
    },
    ProviderKeys {
        name: "openai",
        variables: &[env_vars::OPENAI_API_KEY],
    },
    ProviderKeys {
        name: "openrouter",
        variables: &[env_vars::OPENROUTER_API_KEY],
    },
    ProviderKeys {
        name: "gemini",
        variables: &[env_vars::GEMINI_API_KEY, env_vars::GOOGLE_API_KEY],
    },
    ProviderKeys {
        name: "azure",
        variables: &[env_vars::AZURE_OPENAI_API_KEY],
    },
    ProviderKeys {
        name: "bedrock",
        variables: &[env_vars::AWS_BEARER_TOKEN_BEDROCK],
    },
    ProviderKeys {
        name: "deepseek",
        variables: &[env_vars::DEEPSEEK_API_KEY],
    },
    ProviderKeys {
        name: "groq",
        variables: &[env_vars::GROQ_API_KEY],
    },
    ProviderKeys {
        name: "mistral",
        variables: &[env_vars::MISTRAL_API_KEY],
    },
    ProviderKeys {
        name: "xai",
        variables: &[env_vars::XAI_API_KEY],
    },
    ProviderKeys {
        name: "together",
        variables: &[env_vars::TOGETHER_API_KEY],
    },
    ProviderKeys {
        name: "fireworks",
        variables: &[env_vars::FIREWORKS_API_KEY],
    },
    ProviderKeys {
        name: "cerebras",
        variables: &[env_vars::CEREBRAS_API_KEY],
    },
    ProviderKeys {
        name: "moonshot",
        variables: &[env_vars::MOONSHOT_API_KEY],
    },
    ProviderKeys {
        name: "zai",
        variables: &[env_vars::ZAI_API_KEY],
    },
    ProviderKeys {
        name: "qwen",
        variables: &[env_vars::DASHSCOPE_API_KEY],
    },
    ProviderKeys {
        name: "minimax",
        variables: &[env_vars::MINIMAX_API_KEY],
    },
    ProviderKeys {
        name: "github",
        variables: &[env_vars::GITHUB_MODELS_TOKEN],
    },
    ProviderKeys {
        name: "litellm",
        variables: &[env_vars::LITELLM_API_KEY],
    },
];

/// The variables that may hold a provider's key.
pub(crate) fn variables(provider: &str) -> &'static [EnvVar] {
    PROVIDERS
        .iter()
        .find(|known| known.name == provider)
        .map_or(&[], |known| known.variables)
}

/// Where a provider's key is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In this variable.
    Variable(&'static str),
    /// In the system's keyring.
    Keyring,
    /// In the credentials file.
    File,
    /// Nowhere.
    Missing,
    /// It could not be told.
    Unknown(String),
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "from {name}"),
            Self::Keyring => f.write_str("in the keyring"),
            Self::File => f.write_str("in the credentials file"),
            Self::Missing => f.write_str("none"),
            Self::Unknown(why) => write!(f, "unknown: {why}"),
        }
    }
}

/// Where each provider's key is found. The first is always told of, others where they have one.
pub fn status(settings: &Settings, dirs: &Dirs) -> Vec<(&'static str, KeyPlace)> {
    let credentials = credentials(dirs);
    PROVIDERS
        .iter()
        .map(|provider| {
            let set = provider
                .variables
                .iter()
                .find(|v| settings.env.text(v).is_some());
            let place = match set {
                Some(variable) => KeyPlace::Variable(variable.name),
                None => stored_place(&credentials, provider.name),
            };
            (provider.name, place)
        })
        .enumerate()
        .filter(|(at, (_, place))| {
            *at == 0 || !matches!(place, KeyPlace::Missing | KeyPlace::Unknown(_))
        })
        .map(|(_, row)| row)
        .collect()
}

fn stored_place(credentials: &Credentials, provider: &str) -> KeyPlace {
    match credentials.list() {
        Ok(list) => match list.into_iter().find(|(name, _)| name == provider) {
            Some((_, Place::Keyring)) => KeyPlace::Keyring,
            Some((_, Place::File)) => KeyPlace::File,
            None => KeyPlace::Missing,
        },
        Err(fault) => KeyPlace::Unknown(told(&fault)),
    }
}

/// Why a key was not stored or removed, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthFault {
    /// What was given makes no sense.
    Given(String),
    /// The file or the keyring says no.
    Kept(String),
}

/// Stores a provider's key; tells where it lies, and why not in the keyring.
///
/// # Errors
/// When it is no key, or cannot be stored.
pub fn login(
    settings: &Settings,
    dirs: &Dirs,
    provider: &str,
    key: &str,
) -> Result<String, AuthFault> {
    known(settings, provider)?;
    let key = key.trim();
    if key.is_empty() {
        return Err(AuthFault::Given(
            "the key is empty; nothing was stored".to_owned(),
        ));
    }
    if key.chars().any(|c| c.is_whitespace() || c.is_control()) {
        let text = "the key has blanks or control characters in it; nothing was stored";
        return Err(AuthFault::Given(text.to_owned()));
    }
    let credentials = credentials(dirs);
    let stored = credentials.set(provider, &Secret::new(key)).map_err(kept)?;
    Ok(match (stored.place, stored.because) {
        (Place::Keyring, _) => format!("The key for {provider} is in the system's keyring."),
        (Place::File, why) => format!(
            "The key for {provider} is in {}, readable by you alone{}.",
            credentials.path().display(),
            why.map_or_else(String::new, |why| format!(
                ", because the keyring could not take it ({why})"
            ))
        ),
    })
}

/// Removes a provider's key; tells from where.
///
/// # Errors
/// When there is no such provider, or its key cannot be removed.
pub fn logout(settings: &Settings, dirs: &Dirs, provider: &str) -> Result<String, AuthFault> {
    known(settings, provider)?;
    let places = credentials(dirs).delete(provider).map_err(kept)?;
    Ok(if places.is_empty() {
        format!("No key for {provider} was stored.")
    } else {
        format!("The key for {provider} was removed.")
    })
}

fn known(settings: &Settings, provider: &str) -> Result<(), AuthFault> {
    let keyed = PROVIDERS.iter().map(|known| known.name);
    let mut names: Vec<&str> = Vec::new();
    for name in keyed.chain(gimlet_providers::chat_providers()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.extend(settings.providers.keys().map(String::as_str));
    if names.contains(&provider) {
        return Ok(());
    }
    let names = names.join(", ");
    Err(AuthFault::Given(format!(
        "there is no provider `{provider}` that takes a key; there is {names}"
    )))
}

#[expect(clippy::needless_pass_by_value, reason = "so it fits `map_err`")]
fn kept(fault: CredentialFault) -> AuthFault {
    AuthFault::Kept(told(&fault))
}

fn told(fault: &CredentialFault) -> String {
    match fault {
        CredentialFault::TooOpen { path, .. } => {
            let path = path.display();
            format!(
                "{fault}; run `chmod 600 {path}`, and change the keys in it if others use this machine"
            )
        }
        CredentialFault::Malformed { .. }
        | CredentialFault::Disk { .. }
        | CredentialFault::Keyring { .. }
        | CredentialFault::Name { .. } => fault.to_string(),
    }
}

/// The stored keys of the person.
pub(crate) fn credentials(dirs: &Dirs) -> Credentials {
    Credentials::new(&dirs.config, Keyring::System)
}

/// A provider's stored key.
pub(crate) fn stored_key(
    credentials: &Credentials,
    provider: &str,
) -> Result<Option<String>, String> {
    let secret = credentials.get(provider).map_err(|fault| told(&fault))?;
    Ok(secret.map(|secret| secret.expose().to_owned()))
}
