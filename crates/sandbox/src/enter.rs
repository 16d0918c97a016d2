//! Linux: the process that confines itself and becomes the command.
//!
//! Three processes are involved. The first makes the namespaces and waits; the second is the
//! first process of the new world, arranges what is mounted and reaps; the third drops what it
//! may do and becomes the command. All end with the one that started the first.

mod filter;
mod mounts;
mod rules;
mod system;

use crate::{Confinement, NOT_CONFINED, Network, Strength};
use std::{ffi::OsString, path::Path};
use system::{Forked, Outcome};

/// What this system offers, found by trying it in a process of its own.
pub fn strength() -> Strength {
    let namespaces = system::in_child(|| match system::new_world(Network::Own) {
        Ok(()) => 0,
        Err(_) => 1,
    });
    match namespaces {
        Ok(0) => Strength::Namespaces,
        Ok(_) | Err(_) if rules::are_there() => Strength::Rules,
        Ok(_) | Err(_) => Strength::None,
    }
}

/// Confines this process by the first argument and becomes the command of the others. Returns
/// the exit code of the command, or [`NOT_CONFINED`] with a word on standard error. Must be
/// called before anything else starts a thread.
pub fn enter(arguments: Vec<OsString>) -> i32 {
    match confined(arguments) {
        Ok(code) => code,
        Err(why) => {
            system::say(&format!("gimlet: the command was not run: {why}\n"));
            NOT_CONFINED
        }
    }
}

fn confined(arguments: Vec<OsString>) -> Outcome<i32> {
    let mut arguments = arguments.into_iter();
    let told = arguments.next().unwrap_or_default();
    let told = told.to_str().ok_or("the confinement is no text")?;
    let confinement: Confinement = serde_json::from_str(told)
        .map_err(|error| format!("the confinement is malformed: {error}"))?;
    let command: Vec<OsString> = arguments.collect();
    if command.is_empty() {
        return Err("there is no command".to_owned());
    }
    let cwd = std::env::current_dir().map_err(|error| format!("no working folder: {error}"))?;
    system::die_with_parent()?;
    system::close_other_files();
    match system::new_world(confinement.network) {
        Ok(()) => in_new_world(&confinement, &command, &cwd),
        Err(why) if confinement.at_least >= Strength::Namespaces => {
            Err(format!("it needs namespaces of its own: {why}"))
        }
        Err(_) => {
            restrict(&confinement, Strength::Rules)?;
            Err(system::become_command(&command, &cwd))
        }
    }
}

/// The first process: starts the second and waits for it, deaf to what the group is told.
fn in_new_world(confinement: &Confinement, command: &[OsString], cwd: &Path) -> Outcome<i32> {
    match system::fork()? {
        Forked::Parent(child) => {
            system::ignore_requests_to_end();
            system::wait_for(child)
        }
        Forked::Child => {
            let code = arrange_and_run(confinement, command, cwd).unwrap_or_else(|why| {
                system::say(&format!("gimlet: the command was not run: {why}\n"));
                NOT_CONFINED
            });
            system::leave(code)
        }
    }
}

/// The second process: the world as the command will see it.
fn arrange_and_run(confinement: &Confinement, command: &[OsString], cwd: &Path) -> Outcome<i32> {
    system::die_with_parent()?;
    mounts::arrange(confinement)?;
    match system::fork()? {
        Forked::Parent(child) => system::reap_until(child),
        Forked::Child => {
            let why = restrict(confinement, Strength::Namespaces)
                .map_or_else(|why| why, |()| system::become_command(command, cwd));
            system::say(&format!("gimlet: the command was not run: {why}\n"));
            system::leave(NOT_CONFINED)
        }
    }
}

/// The third process: gives up what it may do, for good.
fn restrict(confinement: &Confinement, strength: Strength) -> Outcome<()> {
    system::limit(&confinement.limits)?;
    system::drop_capabilities()?;
    let ruled = rules::restrict(confinement)?;
    if !ruled && strength < Strength::Namespaces {
        return Err("neither namespaces nor Landlock are to be had here".to_owned());
    }
    let offline = confinement.network == Network::Own && strength < Strength::Namespaces;
    filter::install(offline)
}
