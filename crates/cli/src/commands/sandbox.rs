//! `gimlet sandbox`: runs a command confined, and shows what holds here by trying it.

use super::plain_launch;
use crate::{
    args::{SandboxArgs, SandboxTask},
    exit::{self, Exit},
};
use gimlet_sandbox::{ARG0, Confinement, Network, Strength, strength};
use std::{
    ffi::OsString,
    fs, io,
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

/// The program itself, also where its file was moved since.
const OURSELVES: &str = "/proc/self/exe";

pub(crate) fn run(args: SandboxArgs) -> Exit {
    let launch = match plain_launch() {
        Ok(launch) => launch,
        Err(exit) => return exit,
    };
    if args.task == Some(SandboxTask::Doctor) {
        return doctor();
    }
    let home = launch.env.path(&gimlet_settings::env_vars::HOME);
    let mut confinement = Confinement::of_workspace(&launch.cwd, home.as_deref());
    let absolute = |path: PathBuf| launch.cwd.join(path);
    confinement
        .write
        .extend(args.write.into_iter().map(absolute));
    confinement.hide.extend(args.hide.into_iter().map(absolute));
    confinement.at_least = Strength::Rules;
    if args.network {
        confinement.network = Network::Open;
    }
    let mut command = match confined(&confinement, &args.command) {
        Ok(command) => command,
        Err(why) => return exit::complain(Exit::Usage, &why, None),
    };
    // Becomes the command: its streams, signals and exit code are the person's own.
    let error = command.exec();
    let why = format!("the command was not started: {error}");
    exit::complain(Exit::Environment, &why, None)
}

fn confined(confinement: &Confinement, command: &[OsString]) -> Result<Command, String> {
    let mut confined = Command::new(OURSELVES);
    confined.arg0(ARG0).args(confinement.arguments(command)?);
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

fn doctor() -> Exit {
    let found = strength();
    let mut lines = vec![found.about().to_owned()];
    let tried = match Ground::new().and_then(|ground| ground.try_all()) {
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
                "echo x > /tmp/gimlet-made && rm /tmp/gimlet-made",
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

    fn try_all(&self) -> io::Result<Vec<(Attempt, bool)>> {
        let work = self.place.join("work");
        let mut confinement = Confinement::of_workspace(&work, None);
        confinement.hide.push(self.place.join("secret"));
        confinement.at_least = Strength::Rules;
        let attempts = self.attempts()?;
        let tried = attempts.into_iter().map(|attempt| {
            let status = Self::status(&confinement, &work, &attempt.script)?;
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

    fn status(confinement: &Confinement, work: &Path, script: &str) -> io::Result<ExitStatus> {
        let shell = ["bash", "-c", script].map(OsString::from);
        let mut command = confined(confinement, &shell).map_err(io::Error::other)?;
        command
            .current_dir(work)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
    }
}
