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

/// Every provider that takes a key.
pub const PROVIDERS: &[ProviderKeys] = &[ProviderKeys {
    name: "anthropic",
    variables: &[env_vars::ANTHROPIC_API_KEY, env_vars::ANTHROPIC_AUTH_TOKEN],
}];

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

/// Where each provider's key is found.
pub fn status(settings: &Settings, dirs: &Dirs) -> Vec<(&'static str, KeyPlace)> {
    let credentials = credentials(dirs);
    PROVIDERS
        .iter()
        .map(|provider| {
            let set = provider.variables.iter().find(|v| settings.env.text(v).is_some());
            let place = match set {
                Some(variable) => KeyPlace::Variable(variable.name),
                None => stored_place(&credentials, provider.name),
            };
            (provider.name, place)
        })
        .collect()
}

fn stored_place(credentials: &Credentials, provider: &str) -> KeyPlace {
    match credentials.list() {
        Ok(list) => match list.into_iter().find(|(name, _)| name == provider) {
            Some((_, Place::Keyring)) => KeyPlace::Keyring,
            Some((_, Place::File)) => KeyPlace::File,
            None => KeyPlace::Missing,
        },
        Err(fault) => KeyPlace::Unknown(fault.to_string()),
    }
}

/// Stores a provider's key; tells where it lies, and why not in the keyring.
///
/// # Errors
/// A sentence that says what went wrong.
pub fn login(dirs: &Dirs, provider: &str, key: &str) -> Result<String, String> {
    known(provider)?;
    let key = key.trim();
    if key.is_empty() {
        return Err("the key is empty; nothing was stored".to_owned());
    }
    if key.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("the key has blanks or control characters in it; nothing was stored".to_owned());
    }
    let credentials = credentials(dirs);
    let stored = credentials.set(provider, &Secret::new(key)).map_err(told)?;
    Ok(match (stored.place, stored.because) {
        (Place::Keyring, _) => format!("The key for {provider} is in the system's keyring."),
        (Place::File, why) => format!(
            "The key for {provider} is in {}, readable by you alone{}.",
            credentials.path().display(),
            why.map_or_else(String::new, |why| format!(", because the keyring could not take it ({why})"))
        ),
    })
}

/// Removes a provider's key; tells from where.
///
/// # Errors
/// A sentence that says what went wrong.
pub fn logout(dirs: &Dirs, provider: &str) -> Result<String, String> {
    known(provider)?;
    let places = credentials(dirs).delete(provider).map_err(told)?;
    Ok(if places.is_empty() {
        format!("No key for {provider} was stored.")
    } else {
        format!("The key for {provider} was removed.")
    })
}

fn known(provider: &str) -> Result<(), String> {
    if PROVIDERS.iter().any(|known| known.name == provider) {
        return Ok(());
    }
    let names: Vec<&str> = PROVIDERS.iter().map(|known| known.name).collect();
    Err(format!("there is no provider `{provider}` that takes a key; there is {}", names.join(", ")))
}

fn told(fault: CredentialFault) -> String {
    fault.to_string()
}

/// The stored keys of the person.
pub(crate) fn credentials(dirs: &Dirs) -> Credentials {
    Credentials::new(&dirs.config, Keyring::System)
}

/// A provider's stored key.
pub(crate) fn stored_key(credentials: &Credentials, provider: &str) -> Result<Option<String>, String> {
    let secret = credentials.get(provider).map_err(told)?;
    Ok(secret.map(|secret| secret.expose().to_owned()))
}
