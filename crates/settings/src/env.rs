//! The environment as a value.

use crate::env_vars::{self, EnvVar};
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
};

/// A snapshot of environment variables. Only registered variables can be read from it, and
/// its `Debug` shows names alone, since values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Env {
    variables: BTreeMap<OsString, OsString>,
}

impl Env {
    /// Copies this process's environment. Where `HOME` is missing, the system's user
    /// database is asked for the home folder.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one door to the environment"
    )]
    pub fn of_process() -> Self {
        let mut env = Self {
            variables: std::env::vars_os().collect(),
        };
        if env.path(&env_vars::HOME).is_none()
            && let Some(home) = std::env::home_dir().filter(|home| home.is_absolute())
        {
            env.variables
                .insert(env_vars::HOME.name.into(), home.into());
        }
        env
    }

    /// Makes an environment of `pairs` and nothing else.
    pub fn of<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        Self { variables }
    }

    /// The names of all variables that are text.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().filter_map(|name| name.to_str())
    }

    /// The variable as text. An empty one counts as missing, and so does one that is not
    /// UTF-8.
    pub fn text(&self, variable: &EnvVar) -> Option<&str> {
        self.raw(variable)?.to_str()
    }

    /// The variable as it is. An empty one counts as missing.
    pub fn raw(&self, variable: &EnvVar) -> Option<&OsStr> {
        self.named(variable.name)
    }

    /// The variable as an absolute path; a relative one counts as missing.
    pub fn path(&self, variable: &EnvVar) -> Option<PathBuf> {
        self.raw(variable)
            .map(Path::new)
            .filter(|path| path.is_absolute())
            .map(Path::to_owned)
    }

    /// True when the variable is set to something that does not mean no.
    pub fn is_on(&self, variable: &EnvVar) -> bool {
        self.text(variable).is_some_and(|value| {
            !["0", "false", "no", "off"].contains(&value.to_ascii_lowercase().as_str())
        })
    }

    /// Every variable in the order of names, for the environment of a child process.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    pub(crate) fn named(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.into(), value.into());
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests;
