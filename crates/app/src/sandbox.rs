//! The confinement of commands on this machine: what the settings and the repository say of
//! it, and what holds commands to it.

mod door;
mod git;
#[cfg_attr(not(target_os = "linux"), path = "sandbox/keeper_elsewhere.rs")]
mod keeper;

use crate::launch::Launch;
use gimlet_policy::{Holding, Rules};
use gimlet_ports::Scene;
use gimlet_protocol::{Bounds, Limits, Network, Strength};
use gimlet_settings::{Dirs, Env, SandboxSettings, Settings, env_vars, looks_secret};
use std::{path::Path, sync::Arc};

pub(crate) use door::Door;
pub(crate) use keeper::Keeper;

/// The rules of confinement of a session that works in `root`.
pub(crate) fn holding(
    settings: &SandboxSettings,
    dirs: &Dirs,
    root: &Path,
    strength: Strength,
) -> Holding {
    let git = git::Places::of(root);
    let usual = Limits::default();
    let mut protect = settings.deny_write.clone();
    protect.extend(git.protect);
    let mut write = settings.allow_write.clone();
    write.extend(git.write);
    let mut hide = settings.deny_read.clone();
    hide.extend([&dirs.config, &dirs.data, &dirs.cache, &dirs.state].map(Clone::clone));
    Holding {
        disabled: settings.disabled,
        strength: settings
            .strength
            .map_or(strength, |most| most.min(strength)),
        refuse_less: settings.fail_if_unavailable,
        always_confined: settings.always_confined,
        auto_allow: settings.auto_allow,
        excluded: settings.excluded_commands.clone(),
        write,
        protect,
        hide,
        show: settings.allow_read.clone(),
        network: if settings.open_network {
            Network::Open
        } else {
            Network::Proxy
        },
        limits: Limits {
            processes: settings.processes.unwrap_or(usual.processes),
            memory_bytes: settings.memory_bytes.unwrap_or(usual.memory_bytes),
            file_bytes: settings.file_bytes.unwrap_or(usual.file_bytes),
            temporary_bytes: usual.temporary_bytes,
        },
    }
}

/// Variables of the environment that commands do not get: they hold secrets by their name, and
/// nobody asked for them.
pub(crate) fn withheld(env: &Env, settings: &SandboxSettings) -> Vec<String> {
    let ours = env_vars::ALL.iter().filter(|variable| variable.secret);
    let ours = ours.map(|variable| variable.name.to_owned());
    let theirs = env.names().filter(|name| looks_secret(name));
    let named = |name: &String| settings.pass_env.contains(name);
    let mut names: Vec<String> = ours.chain(theirs.map(str::to_owned)).collect();
    names.retain(|name| !named(name));
    names
}

/// What this machine can hold commands to.
pub fn strength() -> Strength {
    Keeper::strength()
}

/// The bounds of a command that a person runs by hand in a folder.
///
/// # Errors
/// When settings are wrong.
pub fn bounds_by_hand(launch: &Launch) -> Result<Bounds, gimlet_ports::OpenFault> {
    let (settings, dirs) = launch.load_settings()?;
    let holding = holding(&settings.sandbox, &dirs, &launch.cwd, Strength::Namespaces);
    let home = dirs.home.as_deref();
    Ok(holding.bounds(&launch.cwd, &[], home))
}

/// What commands of a session are held to, and who says so.
pub(crate) fn confiner(
    rules: &Arc<Rules>,
    settings: &Settings,
    dirs: &Dirs,
    root: &Path,
    strength: Strength,
) -> Arc<gimlet_policy::Confiner> {
    let holding = holding(&settings.sandbox, dirs, root, strength);
    Arc::new(gimlet_policy::Confiner::new(Arc::clone(rules), holding))
}

/// What is said, once, where commands are held to less than everything; `None` for the strength
/// where this program cannot start itself to hold them.
pub(crate) fn warning(settings: &SandboxSettings, strength: Option<Strength>) -> Option<String> {
    let about = match strength {
        _ if settings.disabled => return None,
        None => "this program cannot start itself to confine commands".to_owned(),
        Some(strength) if strength >= Strength::Namespaces || settings.strength.is_some() => {
            return None;
        }
        Some(strength) => format!("{} on this machine", strength.about()),
    };
    Some(if settings.fail_if_unavailable {
        format!("sandbox: {about}; commands are refused, as sandbox.failIfUnavailable says")
    } else if strength.is_none() {
        format!("sandbox: {about}; they run unconfined")
    } else {
        format!("sandbox: {about} (`gimlet sandbox doctor` tries what holds)")
    })
}

/// What the commands of a scene are held to, for those who explain it.
pub(crate) fn explained(
    rules: &Arc<Rules>,
    settings: &Settings,
    dirs: &Dirs,
    scene: &Scene,
    accesses: &[gimlet_protocol::Access],
) -> Option<gimlet_protocol::Confinement> {
    let strength = Keeper::strength();
    confiner(rules, settings, dirs, &scene.root, strength).of(accesses, scene)
}

#[cfg(test)]
mod tests;
