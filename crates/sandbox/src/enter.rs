//! Linux: the process that confines itself and becomes the command.
//!
//! In a world of its own three processes are involved. The first makes the namespaces and waits
//! for word of how the command ended; the second is the first process of the new world: it
//! arranges what is mounted, reaps, answers what the filter refuses, and ends when nobody is
//! there any more; the third drops what it may do and becomes the command. Without a world of
//! its own there are two: one that watches, and the command.

mod filter;
mod mounts;
mod rules;
mod system;
mod watch;

use crate::{NOT_CONFINED, Told, Wire};
use gimlet_protocol::{Bounds, Network, Strength};
use std::{ffi::OsString, io::PipeWriter, path::PathBuf};
use system::{Forked, Outcome};
use watch::Watch;

/// What this system offers, found by trying it in a process of its own.
pub fn strength() -> Strength {
    let world = || {
        system::new_world(Network::Own)?;
        system::in_child(|| match mounts::arrange(&Bounds::default(), &[]) {
            Ok(()) => 0,
            Err(_) => 1,
        })
    };
    match system::in_child(|| world().unwrap_or(1)) {
        Ok(0) => Strength::Namespaces,
        Ok(_) | Err(_) if rules::are_there() => Strength::Rules,
        Ok(_) | Err(_) => Strength::None,
    }
}

/// Confines this process by the first argument and becomes the command of the others. Returns
/// the exit code of the command, or [`NOT_CONFINED`] with a word on standard error. Must be
/// called before anything else starts a thread.
pub fn enter(arguments: Vec<OsString>) -> i32 {
    if let [only] = &arguments[..]
        && only == crate::PROBE
    {
        let name = match strength() {
            Strength::None => "none",
            Strength::Rules => "rules",
            Strength::Namespaces => "namespaces",
        };
        return system::print(name);
    }
    match confined(arguments) {
        Ok(code) => code,
        Err(why) => {
            system::say(&format!("gimlet: the command was not run: {why}\n"));
            NOT_CONFINED
        }
    }
}

/// A command with what is around it.
struct Run {
    command: Vec<OsString>,
    cwd: PathBuf,
    wire: Option<Wire>,
}

fn confined(arguments: Vec<OsString>) -> Outcome<i32> {
    let mut arguments = arguments.into_iter();
    let told = arguments.next().unwrap_or_default();
    let told = told.to_str().ok_or("the confinement is no text")?;
    let told: Told = serde_json::from_str(told)
        .map_err(|error| format!("the confinement is malformed: {error}"))?;
    let run = Run {
        command: arguments.collect(),
        cwd: std::env::current_dir().map_err(|error| format!("no working folder: {error}"))?,
        wire: told.wire.map(Wire::inherited),
    };
    if run.command.is_empty() {
        return Err("there is no command".to_owned());
    }
    if run.wire.is_none() {
        system::die_with_parent()?;
    }
    system::close_others(told.wire)?;
    let Some(bounds) = told.bounds else {
        return watched(&run, || Ok(()));
    };
    match bounds.strength {
        Strength::Namespaces => {
            // In a network of its own the kernel tells of nobody else's.
            let sockets = system::listening_sockets();
            system::new_world(bounds.network)
                .map_err(|why| format!("it needs namespaces of its own: {why}"))?;
            in_new_world(&bounds, &run, &sockets)
        }
        Strength::Rules => watched(&run, || restrict(&bounds)),
        Strength::None => Err("there is nothing to confine it by".to_owned()),
    }
}

/// The first process: starts the second and waits for its word, deaf to what the group is told.
fn in_new_world(bounds: &Bounds, run: &Run, sockets: &[PathBuf]) -> Outcome<i32> {
    let pipe = std::io::pipe();
    let (mut hears, tells) = pipe.map_err(|error| format!("no pipe: {error}"))?;
    match system::fork()? {
        Forked::Parent(child) => {
            drop(tells);
            system::ignore_requests_to_end();
            system::let_go_of_streams();
            let end = system::read_end(&mut hears);
            if run.wire.is_none() || end.is_none() {
                // Its world is gone with it.
                let fate = system::wait_for(child)?;
                return Ok(end.unwrap_or(fate).become_it());
            }
            Ok(end.map_or(NOT_CONFINED, system::End::become_it))
        }
        Forked::Child => {
            drop(hears);
            let code = arrange_and_run(bounds, run, sockets, tells).unwrap_or_else(|why| {
                system::say(&format!("gimlet: the command was not run: {why}\n"));
                NOT_CONFINED
            });
            system::leave(code)
        }
    }
}

/// The second process: the world as the command will see it.
fn arrange_and_run(
    bounds: &Bounds,
    run: &Run,
    sockets: &[PathBuf],
    tells: PipeWriter,
) -> Outcome<i32> {
    if run.wire.is_none() {
        system::die_with_parent()?;
    }
    mounts::arrange(bounds, sockets)?;
    system::limit_world(bounds.limits.processes);
    let mut watch = Watch::new(run.wire.as_ref(), watch::Whom::World)?;
    if bounds.network == Network::Proxy {
        watch.hand_over_door()?;
    }
    let (takes, gives) = Wire::pair().map_err(|error| format!("no sockets: {error}"))?;
    match system::fork()? {
        Forked::Parent(child) => {
            drop(gives);
            watch.until_over(child, Some(takes), Some(tells))
        }
        Forked::Child => {
            drop(takes);
            Watch::leave_to_the_command();
            let why = restrict_and_report(bounds, &gives).map_or_else(
                |why| why,
                |()| system::become_command(&run.command, &run.cwd),
            );
            system::say(&format!("gimlet: the command was not run: {why}\n"));
            system::leave(NOT_CONFINED)
        }
    }
}

/// Without a world of its own: this process watches, and a child becomes the command.
fn watched(run: &Run, restrict: impl FnOnce() -> Outcome<()>) -> Outcome<i32> {
    system::adopt_orphans();
    let watch = Watch::new(run.wire.as_ref(), watch::Whom::Children)?;
    match system::fork()? {
        Forked::Parent(child) => {
            system::ignore_requests_to_end();
            watch.until_over(child, None, None)
        }
        Forked::Child => {
            system::die_with_parent()?;
            Watch::leave_to_the_command();
            let why = restrict().map_or_else(
                |why| why,
                |()| system::become_command(&run.command, &run.cwd),
            );
            system::say(&format!("gimlet: the command was not run: {why}\n"));
            system::leave(NOT_CONFINED)
        }
    }
}

/// Gives up what this process may do, for good, without namespaces.
fn restrict(bounds: &Bounds) -> Outcome<()> {
    system::limit(&bounds.limits)?;
    system::drop_capabilities()?;
    if !rules::restrict(bounds)? {
        return Err("neither namespaces nor Landlock are to be had here".to_owned());
    }
    filter::install(filter::Sockets::for_level(Strength::Rules, bounds.network))
}

/// The same in a world of its own; what the filter refuses is told.
fn restrict_and_report(bounds: &Bounds, gives: &Wire) -> Outcome<()> {
    system::limit(&bounds.limits)?;
    system::drop_capabilities()?;
    rules::restrict(bounds)?;
    let sockets = filter::Sockets::for_level(Strength::Namespaces, bounds.network);
    let notices = filter::install_and_notify(sockets)?;
    watch::hand_over_notices(gives, &notices)
}
