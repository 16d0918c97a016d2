//! Keys of providers: in the system's keyring, or in a file that only its owner can read.

mod file;
mod keyring;

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a keyring may take to answer.
const KEYRING_LIMIT: Duration = Duration::from_secs(3);

/// A secret text. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself. Not for logs, errors or listings.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a secret lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The system's keyring.
    Keyring,
    /// The credentials file.
    File,
}

/// Whether the system's keyring is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyring {
    /// Where there is one.
    System,
    /// Not at all: everything goes to the file.
    Off,
}

/// What became of a secret that was to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where it lies now.
    pub place: Place,
    /// Why not in the keyring, where it should be.
    pub because: Option<String>,
}

/// Why a secret could not be read or kept. Never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialFault {
    /// Others can read the file: `chmod 600` it, and take the keys in it for known.
    #[error("{} can be read by others (mode {mode:03o}, should be 600)", path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is not what it should be.
    #[error("{}: {why}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, without its content.
        why: String,
    },
    /// The disk or the permissions say no.
    #[error("{}: {why}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// In the operating system's words.
        why: String,
    },
    /// The keyring has the secret and does not give it.
    #[error("the keyring: {why}")]
    Keyring {
        /// In the keyring's words.
        why: String,
    },
    /// The name is empty or holds control characters.
    #[error("`{name}` cannot be a name of a credential")]
    Name {
        /// The name.
        name: String,
    },
}

/// The person's credentials. Making one touches nothing; the keyring is only asked for a
/// name that the file says is there, so a start without stored keys never waits for it.
#[derive(Clone, Debug)]
pub struct Credentials {
    file: PathBuf,
    keyring: Keyring,
    limit: Duration,
}

impl Credentials {
    /// The credentials below a configuration folder.
    pub fn new(config: &Path, keyring: Keyring) -> Self {
        Self {
            file: config.join("credentials.json"),
            keyring,
            limit: KEYRING_LIMIT,
        }
    }

    /// The same, with another limit for the keyring's answer.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// The file with what is not in the keyring, and the names of what is.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// The secret of that name, if there is one.
    ///
    /// # Errors
    /// When the file is open to others or malformed, or the keyring has it and fails.
    pub fn get(&self, name: &str) -> Result<Option<Secret>, CredentialFault> {
        let kept = file::read(&self.file)?;
        if let Some(secret) = kept.secrets.get(name) {
            return Ok(Some(Secret::new(secret.clone())));
        }
        if !kept.keyring.contains(name) {
            return Ok(None);
        }
        match self.keyring {
            Keyring::Off => Err(CredentialFault::Keyring {
                why: format!("`{name}` is there, but it is not used"),
            }),
            Keyring::System => keyring::get(name, self.limit)
                .map(|found| found.map(Secret::new))
                .map_err(|why| CredentialFault::Keyring { why }),
        }
    }

    /// Keeps a secret under a name, in place of an earlier one: in the keyring where there
    /// is one that answers in time, else in the file.
    ///
    /// # Errors
    /// When the file is open to others, malformed or cannot be written.
    pub fn set(&self, name: &str, secret: &Secret) -> Result<Stored, CredentialFault> {
        check_name(name)?;
        // A file that must be mended is found before the keyring is changed.
        file::read(&self.file)?;
        let because = match self.keyring {
            Keyring::Off => None,
            Keyring::System => match keyring::set(name, secret.expose(), self.limit) {
                Ok(()) => {
                    file::change(&self.file, |kept| {
                        kept.secrets.remove(name);
                        kept.keyring.insert(name.to_owned());
                    })?;
                    return Ok(Stored {
                        place: Place::Keyring,
                        because: None,
                    });
                }
                Err(why) => Some(why),
            },
        };
        file::change(&self.file, |kept| {
            kept.secrets
                .insert(name.to_owned(), secret.expose().to_owned());
        })?;
        Ok(Stored {
            place: Place::File,
            because,
        })
    }

    /// Removes a secret from wherever it lies and returns the places. None: there was none.
    ///
    /// # Errors
    /// When the file is open to others or cannot be written, or the keyring has it and
    /// fails; a name whose removal failed is still listed.
    pub fn delete(&self, name: &str) -> Result<Vec<Place>, CredentialFault> {
        let kept = file::read(&self.file)?;
        let mut places = Vec::new();
        if kept.secrets.contains_key(name) {
            file::change(&self.file, |kept| {
                kept.secrets.remove(name);
            })?;
            places.push(Place::File);
        }
        if kept.keyring.contains(name) {
            match self.keyring {
                Keyring::Off => {
                    let why = format!("`{name}` is there, but it is not used");
                    return Err(CredentialFault::Keyring { why });
                }
                Keyring::System => keyring::delete(name, self.limit)
                    .map_err(|why| CredentialFault::Keyring { why })?,
            }
            file::change(&self.file, |kept| {
                kept.keyring.remove(name);
            })?;
            places.push(Place::Keyring);
        }
        Ok(places)
    }

    /// The names of all secrets with their places; never a secret. Does not ask the keyring.
    ///
    /// # Errors
    /// When the file is open to others or malformed.
    pub fn list(&self) -> Result<Vec<(String, Place)>, CredentialFault> {
        let kept = file::read(&self.file)?;
        let in_file = kept.secrets.keys().map(|name| (name.clone(), Place::File));
        let in_keyring = kept
            .keyring
            .iter()
            .filter(|name| !kept.secrets.contains_key(*name))
            .map(|name| (name.clone(), Place::Keyring));
        let mut all: Vec<(String, Place)> = in_file.chain(in_keyring).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(all)
    }

    /// Tells whether there is a keyring that answers in time; `Err` says why not.
    ///
    /// # Errors
    /// When there is none, or it does not answer.
    pub fn keyring_status(&self) -> Result<(), String> {
        match self.keyring {
            Keyring::Off => Err("switched off".to_owned()),
            Keyring::System => keyring::status(self.limit),
        }
    }
}

fn check_name(name: &str) -> Result<(), CredentialFault> {
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(CredentialFault::Name {
            name: name.escape_default().to_string(),
        });
    }
    Ok(())
}
