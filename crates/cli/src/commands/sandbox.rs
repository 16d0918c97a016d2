//! `gimlet sandbox`: runs a command confined, and shows what holds here by trying it.

use super::plain_launch;
use crate::{
    args::{SandboxArgs, SandboxTask},
    exit::{self, Exit},
};
use gimlet_protocol::{Bounds, Network, Strength};
use gimlet_sandbox::{ARG0, Placeholders, Told};
use std::{
    ffi::OsString,
    fs, io,
    net::TcpListener,
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};
use tokio::signal::unix::{SignalKind, signal};

pub(crate) fn run(args: SandboxArgs) -> Exit {
    let launch = match plain_launch() {
        Ok(launch) => launch,
        Err(exit) => return exit,
    };
    let found = gimlet_app::sandbox_strength();
    let most = args
        .strength
        .map_or(found, |most| Strength::from(most).min(found));
    if args.task == Some(SandboxTask::Doctor) {
        return doctor(most);
    }
    let mut bounds = match gimlet_app::bounds_by_hand(&launch) {
        Ok(bounds) => bounds,
        Err(fault) => return exit::open_fault(&fault),
    };
    let absolute = |path: PathBuf| launch.cwd.join(path);
    bounds.write.extend(args.write.into_iter().map(absolute));
    bounds.hide.extend(args.hide.into_iter().map(absolute));
    bounds.strength = most;
    bounds.network = if args.network {
        Network::Open
    } else {
        Network::Own
    };
    match until_over(bounds, &args.command) {
        Ok(code) => Exit::Of(code),
        Err(error) => {
            let why = format!("the command was not run: {error}");
            exit::complain(Exit::Of(125), &why, None)
        }
    }
}

/// Runs a command whose streams are the person's own, and returns its exit code.
fn until_over(mut bounds: Bounds, command: &[OsString]) -> io::Result<u8> {
    let _placeholders = placeholders(&mut bounds)?;
    let mut command = confined(&bounds, command).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut ended = signal(SignalKind::child())?;
        // A terminal tells the command of these as well; it decides.
        let mut interrupted = signal(SignalKind::interrupt())?;
        let mut quit = signal(SignalKind::quit())?;
        let mut terminated = signal(SignalKind::terminate())?;
        let mut hung_up = signal(SignalKind::hangup())?;
        let mut child = command.spawn()?;
        loop {
            tokio::select! {
                _ = ended.recv() => {
                    if let Some(status) = child.try_wait()? {
                        return Ok(code(status));
                    }
                }
                _ = interrupted.recv() => {}
                _ = quit.recv() => {}
                // Its whole world ends with it.
                _ = terminated.recv() => child.kill()?,
                _ = hung_up.recv() => child.kill()?,
            }
        }
    })
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}

fn placeholders(bounds: &mut Bounds) -> io::Result<Placeholders> {
    if bounds.strength < Strength::Namespaces {
        return Ok(Placeholders::default());
    }
    Placeholders::put(bounds).map_err(io::Error::other)
}

fn confined(bounds: &Bounds, command: &[OsString]) -> Result<Command, String> {
    let program = gimlet_sandbox::ourselves().ok_or("this program cannot confine commands")?;
    let told = Told {
        bounds: Some(bounds.clone()),
        wire: None,
    };
    let mut confined = Command::new(program);
    confined.arg0(ARG0).args(told.arguments()?).args(command);
    Ok(confined)
}

/// One thing that is tried.
struct Attempt {
    what: &'static str,
    script: String,
    /// Whether it must work: a confinement that forbids everything is broken too.
    allowed: bool,
    proof: Proof,
}

/// What shows that an attempt worked.
#[derive(Clone, Copy)]
enum Proof {
    /// The command says so.
    Success,
    /// The file outside is another than before.
    Changed,
}

const OUTSIDE: &str = "outside";

fn doctor(strength: Strength) -> Exit {
    let mut lines = vec![strength.about().to_owned()];
    if strength == Strength::None {
        let printed = exit::print_line(&lines.join("\n"));
        return if printed == Exit::Success {
            Exit::Failed
        } else {
            printed
        };
    }
    let tried = match Ground::new().and_then(|ground| ground.try_all(strength)) {
        Ok(tried) => tried,
        Err(error) => {
            let why = format!("nothing could be tried: {error}");
            return exit::complain(Exit::Environment, &why, None);
        }
    };
    let all_hold = tried.iter().all(|(_, holds)| *holds);
    lines.extend(tried.iter().map(|(attempt, holds)| {
        let verdict = match (holds, attempt.allowed) {
            (true, true) => "works   ",
            (true, false) => "refused ",
            (false, true) => "BROKEN  ",
            (false, false) => "POSSIBLE",
        };
        format!("  {verdict}  {}", attempt.what)
    }));
    let printed = exit::print_line(&lines.join("\n"));
    if all_hold { printed } else { Exit::Failed }
}

/// A workspace, something secret and a server, made for trying and removed after.
struct Ground {
    place: PathBuf,
    server: TcpListener,
}

impl Drop for Ground {
    fn drop(&mut self) {
        // What cannot be removed lies in the folder for temporary files.
        fs::remove_dir_all(&self.place).unwrap_or_default();
    }
}

impl Ground {
    fn new() -> io::Result<Self> {
        let server = TcpListener::bind(("127.0.0.1", 0))?;
        let name = format!("gimlet-sandbox-{}", std::process::id());
        let place = std::env::temp_dir().join(name);
        fs::create_dir(&place)?;
        let ground = Self { place, server };
        for folder in ["work/.git/hooks", "secret"] {
            fs::create_dir_all(ground.place.join(folder))?;
        }
        fs::write(ground.place.join("secret/key"), "secret")?;
        fs::write(ground.place.join("outside"), OUTSIDE)?;
        Ok(ground)
    }

    fn attempts(&self) -> io::Result<Vec<Attempt>> {
        let at = |name: &str| self.place.join(name).display().to_string();
        let port = self.server.local_addr()?.port();
        let us = std::process::id();
        let refused = |what, script| Attempt {
            what,
            script,
            allowed: false,
            proof: Proof::Success,
        };
        let unchanged = |what, script| Attempt {
            proof: Proof::Changed,
            ..refused(what, script)
        };
        let works = |what, script: &str| Attempt {
            allowed: true,
            ..refused(what, script.to_owned())
        };
        Ok(vec![
            works(
                "write in the workspace",
                "echo x > made && mkdir -p d && mv made d/ && rm -r d",
            ),
            works(
                "write temporary files",
                "echo x > \"$TMPDIR/gimlet-made\" && rm \"$TMPDIR/gimlet-made\"",
            ),
            unchanged("write outside", format!("echo x > '{}'", at("outside"))),
            unchanged(
                "write through a link",
                format!("ln -s '{}' link && echo x > link", at("outside")),
            ),
            refused(
                "write where hooks are",
                "echo x > .git/hooks/post-commit".to_owned(),
            ),
            refused(
                "make the agent's settings",
                "mkdir -p .claude && echo x > .claude/settings.json".to_owned(),
            ),
            refused(
                "read what is hidden",
                format!("test -s '{}'", at("secret/key")),
            ),
            refused("see processes outside", format!("kill -0 {us}")),
            refused(
                "reach a server of this machine",
                format!("exec 3<>/dev/tcp/127.0.0.1/{port}"),
            ),
            refused("mount something", "mount -t tmpfs none d".to_owned()),
            refused("become another user", "unshare --user true".to_owned()),
        ])
    }

    fn try_all(&self, strength: Strength) -> io::Result<Vec<(Attempt, bool)>> {
        let work = self.place.join("work");
        let mut bounds = gimlet_app::policy::Holding::default().bounds(&work, &[], None);
        bounds.hide.add(self.place.join("secret"));
        bounds.strength = strength;
        let own = self.place.join("tmp");
        fs::create_dir(&own)?;
        bounds.write.add(own.clone());
        bounds.temporary = Some(own);
        let _placeholders = placeholders(&mut bounds)?;
        let attempts = self.attempts()?;
        let tried = attempts.into_iter().map(|attempt| {
            let status = Self::status(&bounds, &work, &attempt.script)?;
            // A private folder may have taken what was meant for the real one.
            let reached = fs::read_to_string(self.place.join("outside"))? != OUTSIDE;
            let worked = match attempt.proof {
                Proof::Success => status.success(),
                Proof::Changed => reached,
            };
            let ran = status.code() != Some(gimlet_sandbox::NOT_CONFINED);
            let holds = ran && worked == attempt.allowed;
            Ok((attempt, holds))
        });
        tried.collect()
    }

    fn status(bounds: &Bounds, work: &Path, script: &str) -> io::Result<ExitStatus> {
        let shell = ["bash", "-c", script].map(OsString::from);
        let mut command = confined(bounds, &shell).map_err(io::Error::other)?;
        command
            .current_dir(work)
            .env(
                "TMPDIR",
                if bounds.strength == Strength::Namespaces {
                    Path::new("/tmp")
                } else {
                    bounds.temporary.as_deref().unwrap_or(work)
                },
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
    }
}
