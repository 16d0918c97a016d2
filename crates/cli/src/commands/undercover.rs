//! `gimlet undercover`: looks for what must not leave, by hand or before each push.

use super::plain_launch;
use crate::{
    args::{UndercoverArgs, UndercoverCommand},
    exit::{self, Exit},
};
use gimlet_app::undercover::{Leak, Scope, scan};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// Runs before each push. Where Gimlet is gone nothing is pushed unseen.
const HOOK: &str =
    "#!/bin/sh\n# Made by `gimlet undercover install`.\nexec gimlet undercover scan --push\n";

pub(crate) fn run(args: UndercoverArgs) -> Exit {
    let launch = match plain_launch() {
        Ok(launch) => launch,
        Err(exit) => return exit,
    };
    match args.command {
        UndercoverCommand::Install => install(&launch.cwd),
        UndercoverCommand::Scan { staged, push, what } => {
            let settings = match launch.load_settings() {
                Ok((settings, _)) => settings,
                Err(fault) => return exit::open_fault(&fault),
            };
            let scope = match what {
                _ if push => Scope::Push,
                Some(what) if launch.cwd.join(&what).is_file() => Scope::File(what.into()),
                Some(range) if !staged => Scope::Range(range),
                Some(_) | None => Scope::Staged,
            };
            let git = gimlet_app::git(&launch.env);
            match scan(&launch.cwd, &scope, &settings.confidential_terms, &git) {
                Ok(leaks) => report(&leaks),
                Err(fault) => {
                    let hint = "name a file, a range such as origin/main..HEAD, or --staged";
                    exit::complain(Exit::Usage, &fault.to_string(), Some(hint))
                }
            }
        }
    }
}

fn report(leaks: &[Leak]) -> Exit {
    if leaks.is_empty() {
        return exit::print_line("Nothing was found that should not leave.");
    }
    let lines: Vec<String> = leaks
        .iter()
        .map(|leak| {
            let Leak {
                place,
                line,
                column,
                what,
                instead,
            } = leak;
            format!("{place}:{line}:{column}: {what}\n  instead: {instead}")
        })
        .collect();
    exit::print_line(&lines.join("\n"));
    let count = leaks.len();
    let text = format!("{count} of what is about to leave should stay here");
    exit::complain(Exit::Failed, &text, None)
}

fn install(folder: &Path) -> Exit {
    match hook_of(folder).and_then(|hook| write_new(&hook).map(|made| (hook, made))) {
        Ok((hook, Made::New)) => exit::print_line(&format!("made {}", hook.display())),
        Ok((hook, Made::Already)) => {
            exit::print_line(&format!("{} is there already", hook.display()))
        }
        Ok((hook, Made::Other)) => {
            let text = format!("{} is there already and is not ours", hook.display());
            let hint = "add `gimlet undercover scan --push` to it yourself";
            exit::complain(Exit::Failed, &text, Some(hint))
        }
        Err(error) => {
            let text = format!("no hook was made: {error}");
            exit::complain(Exit::Environment, &text, Some("run it in a git repository"))
        }
    }
}

enum Made {
    New,
    Already,
    Other,
}

fn write_new(hook: &Path) -> io::Result<Made> {
    match fs::read_to_string(hook) {
        Ok(text) if text == HOOK => return Ok(Made::Already),
        Ok(_) => return Ok(Made::Other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(folder) = hook.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(hook, HOOK)?;
    fs::set_permissions(hook, fs::Permissions::from_mode(0o755))?;
    Ok(Made::New)
}

/// Where git looks for the hook, which is one folder for all worktrees.
fn hook_of(folder: &Path) -> io::Result<PathBuf> {
    let git = folder
        .ancestors()
        .map(|above| above.join(".git"))
        .find(|git| git.exists())
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "this is no git repository"))?;
    if git.is_dir() {
        return Ok(git.join("hooks/pre-push"));
    }
    // A worktree or submodule: its file names the folder, which names the common one.
    let told = fs::read_to_string(&git)?;
    let own = told
        .trim()
        .strip_prefix("gitdir:")
        .unwrap_or_default()
        .trim();
    let own = git.parent().unwrap_or(folder).join(own);
    let common = match fs::read_to_string(own.join("commondir")) {
        Ok(common) => own.join(common.trim()),
        Err(_) => own,
    };
    Ok(common.join("hooks/pre-push"))
}
