//! The folders that hold Gimlet's own files.

use crate::{
    env::Env,
    env_vars::{self, EnvVar},
    fault::DirsFault,
};
use std::path::PathBuf;

/// The folders, all absolute. None of them need exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dirs {
    /// Settings that the person writes.
    pub config: PathBuf,
    /// Sessions and snapshots: what must not be lost.
    pub data: PathBuf,
    /// What can be made again at any time.
    pub cache: PathBuf,
    /// Logs, locks and sockets.
    pub state: PathBuf,
    /// The person's home, where one is known.
    pub home: Option<PathBuf>,
}

impl Dirs {
    /// Finds the folders: `GIMLET_CONFIG_DIR`, `GIMLET_DATA_DIR`, `GIMLET_CACHE_DIR` and
    /// `GIMLET_STATE_DIR` first, then folders in `GIMLET_HOME`, then the XDG variables, then
    /// their customary places in the home folder. A relative path in an XDG variable does
    /// not count, as that specification has it.
    ///
    /// # Errors
    /// When a folder is given by none of these, or a variable of Gimlet's own is relative.
    pub fn find(env: &Env) -> Result<Self, DirsFault> {
        Ok(Self {
            config: CONFIG.find(env)?,
            data: DATA.find(env)?,
            cache: CACHE.find(env)?,
            state: STATE.find(env)?,
            home: env.path(&env_vars::HOME),
        })
    }
}

/// Where one of the folders may be.
struct Folder {
    direct: EnvVar,
    in_gimlet_home: &'static str,
    xdg: EnvVar,
    in_home: &'static str,
}

const CONFIG: Folder = Folder {
    direct: env_vars::GIMLET_CONFIG_DIR,
    in_gimlet_home: "config",
    xdg: env_vars::XDG_CONFIG_HOME,
    in_home: ".config",
};
const DATA: Folder = Folder {
    direct: env_vars::GIMLET_DATA_DIR,
    in_gimlet_home: "data",
    xdg: env_vars::XDG_DATA_HOME,
    in_home: ".local/share",
};
const CACHE: Folder = Folder {
    direct: env_vars::GIMLET_CACHE_DIR,
    in_gimlet_home: "cache",
    xdg: env_vars::XDG_CACHE_HOME,
    in_home: ".cache",
};
const STATE: Folder = Folder {
    direct: env_vars::GIMLET_STATE_DIR,
    in_gimlet_home: "state",
    xdg: env_vars::XDG_STATE_HOME,
    in_home: ".local/state",
};

impl Folder {
    fn find(&self, env: &Env) -> Result<PathBuf, DirsFault> {
        if let Some(direct) = own_path(env, &self.direct)? {
            return Ok(direct);
        }
        if let Some(gimlet_home) = own_path(env, &env_vars::GIMLET_HOME)? {
            return Ok(gimlet_home.join(self.in_gimlet_home));
        }
        env.path(&self.xdg)
            .or_else(|| {
                env.path(&env_vars::HOME)
                    .map(|home| home.join(self.in_home))
            })
            .map(|base| base.join("gimlet"))
            .ok_or(DirsFault::NoHome)
    }
}

/// A path in a variable of Gimlet's own. A relative one is a mistake worth telling, since
/// ignoring it would write to a place that the person wanted to avoid.
fn own_path(env: &Env, variable: &EnvVar) -> Result<Option<PathBuf>, DirsFault> {
    match env.raw(variable) {
        None => Ok(None),
        Some(_) => env.path(variable).map(Some).ok_or(DirsFault::Relative {
            variable: variable.name,
        }),
    }
}

#[cfg(test)]
mod tests;
