//! Starting a process.

use crate::{
    fault::{broken, path_fault},
    files::open_for_append,
    local::PassEnv,
    process::{
        leader::Leader,
        pty::{self, Pty},
        running::{Running, Wires},
        shell,
        streams::Streams,
    },
};
use gimlet_ports::{
    Cell, Child, FileKind, HostFault, Launch, OutputTo, Program, StdinFrom, WhichStream,
};
use std::{
    fs,
    io::{self, ErrorKind},
    os::{fd::OwnedFd, unix::process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};
use tokio::{io::AsyncWriteExt, net::unix::pipe::Sender, runtime::Handle, task::JoinHandle};

/// Read by a shell before the command, against what the caller wants.
const SHELL_START_FILES: [&str; 2] = ["BASH_ENV", "ENV"];
const TERMINAL_NAME: &str = "xterm-256color";

/// Starts processes in a certain way.
#[derive(Debug)]
pub(crate) struct Starter {
    shell: PathBuf,
    pass_env: PassEnv,
    remove_env: Vec<String>,
    set_env: Vec<(String, String)>,
    session: Session,
}

/// How a process is set apart from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    /// A group of its own: the fast way, good where we have no terminal.
    Ours,
    /// A session of its own, so that it cannot read or write our terminal behind our back.
    Own,
    /// A session of its own whose terminal is its standard input.
    OwnTerminal,
}

impl Starter {
    pub(crate) fn new(
        shell: Option<PathBuf>,
        pass_env: PassEnv,
        remove_env: Vec<String>,
        set_env: Vec<(String, String)>,
    ) -> Self {
        let has_terminal = fs::File::open("/dev/tty").is_ok();
        let session = if has_terminal {
            Session::Own
        } else {
            Session::Ours
        };
        Self {
            shell: shell.unwrap_or_else(shell::find),
            pass_env,
            remove_env,
            set_env,
            session,
        }
    }

    /// Starts a process. Needs a runtime.
    pub(crate) fn start(
        &self,
        launch: Launch,
        cell: Option<Cell>,
    ) -> Result<Box<dyn Child>, HostFault> {
        if Handle::try_current().is_err() {
            return Err(broken(
                "start a process",
                &"there is no runtime to follow it",
            ));
        }
        let Launch {
            program,
            cwd,
            env,
            stdin,
            output,
            final_cwd,
        } = launch;
        let (name, arguments) = match program {
            Program::Shell(line) => {
                let arguments = shell::arguments(&self.shell, &line, final_cwd.as_deref());
                (self.shell.clone(), arguments)
            }
            Program::Argv(mut argv) => {
                if argv.is_empty() {
                    return Err(broken("start a process", &"no program is named"));
                }
                let arguments = argv.split_off(1);
                (argv.into_iter().collect(), arguments)
            }
        };
        let mut command = match &cell {
            None => Command::new(&name),
            Some(cell) => {
                let mut command = Command::new(&cell.program);
                command.arg0(&cell.name).args(&cell.arguments).arg(&name);
                command
            }
        };
        command.args(arguments);
        let on_terminal = matches!(output, OutputTo::Pty(_));
        self.pass_on(&mut command);
        command.current_dir(&cwd).env("PWD", &cwd);
        if on_terminal {
            command.env("TERM", TERMINAL_NAME);
        }
        command.envs(env);
        let (inherits, overseer) = match cell {
            None => (None, None),
            Some(cell) => {
                command.envs(cell.env);
                (cell.inherits, Some(cell.overseer))
            }
        };
        set_apart(
            &mut command,
            if on_terminal {
                Session::OwnTerminal
            } else {
                self.session
            },
        );

        let wiring = wire(&mut command, &stdin, output)?;
        let spawned = spawn(&mut command, inherits.as_ref());
        drop(inherits);
        // Our copies of the process's ends; while they are open its streams never end.
        drop(command);
        let mut child = spawned.map_err(|error| start_fault(&name, &cwd, &error))?;
        let (out, err, input) = (child.stdout.take(), child.stderr.take(), child.stdin.take());
        let follow = |error: io::Error| broken("follow the process", &error);
        let leader = Leader::new(child).map_err(follow)?;
        let mut running = Running::new(leader, wiring.wires, overseer);
        let mut streams = Streams::default();
        if let Some(out) = out {
            streams.add(WhichStream::Out, out.into()).map_err(follow)?;
        }
        if let Some(err) = err {
            streams.add(WhichStream::Err, err.into()).map_err(follow)?;
        }
        if let Some(terminal) = wiring.terminal {
            let keyboard = terminal.try_clone().map_err(follow)?;
            streams.add(WhichStream::Out, terminal).map_err(follow)?;
            running.fed_by(feed(keyboard, pty::typed(bytes_of(&stdin))).map_err(follow)?);
        }
        if let Some(input) = input {
            running.fed_by(feed(input.into(), bytes_of(&stdin).to_vec()).map_err(follow)?);
        }
        running.reads(streams);
        Ok(Box::new(running))
    }

    fn pass_on(&self, command: &mut Command) {
        match &self.pass_env {
            PassEnv::All => {}
            PassEnv::Only(variables) => {
                command
                    .env_clear()
                    .envs(variables.iter().map(|(name, value)| (name, value)));
            }
        }
        for name in SHELL_START_FILES {
            command.env_remove(name);
        }
        for name in &self.remove_env {
            command.env_remove(name);
        }
        for (name, value) in &self.set_env {
            command.env(name, value);
        }
    }
}

/// Spawns a process that inherits this descriptor and no other.
fn spawn(command: &mut Command, inherits: Option<&OwnedFd>) -> io::Result<std::process::Child> {
    /// While it may be inherited, nobody else starts a process that would.
    static INHERITING: Mutex<()> = Mutex::new(());
    let _alone = INHERITING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(inherits) = inherits {
        rustix::io::fcntl_setfd(inherits, rustix::io::FdFlags::empty())?;
    }
    command.spawn()
}

/// What stays on our side of a process's streams, beside its pipes.
struct Wiring {
    terminal: Option<OwnedFd>,
    wires: Wires,
}

fn wire(command: &mut Command, stdin: &StdinFrom, output: OutputTo) -> Result<Wiring, HostFault> {
    command.stdin(match stdin {
        StdinFrom::Null => Stdio::null(),
        StdinFrom::Bytes(_) => Stdio::piped(),
    });
    match output {
        OutputTo::Events => {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            Ok(Wiring {
                terminal: None,
                wires: Wires::Pipes,
            })
        }
        OutputTo::File(path) => {
            let file = open_for_append(&path)?;
            let twin = file
                .try_clone()
                .map_err(|e| path_fault("open", &path, &e))?;
            command.stdout(file).stderr(twin);
            Ok(Wiring {
                terminal: None,
                wires: Wires::File,
            })
        }
        OutputTo::Pty(size) => {
            let open = |error: io::Error| broken("open a terminal", &error);
            let Pty { ours, theirs } = pty::open(size).map_err(open)?;
            command
                .stdin(theirs.try_clone().map_err(open)?)
                .stdout(theirs.try_clone().map_err(open)?)
                .stderr(theirs);
            Ok(Wiring {
                terminal: Some(ours),
                wires: Wires::Terminal,
            })
        }
    }
}

#[expect(
    unsafe_code,
    reason = "the standard library has no stable way to start a process in a new session"
)]
fn set_apart(command: &mut Command, session: Session) {
    let enter = match session {
        Session::Ours => {
            command.process_group(0);
            return;
        }
        Session::Own => || rustix::process::setsid().map(drop),
        Session::OwnTerminal => || {
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())
        },
    };
    let enter: fn() -> rustix::io::Result<()> = enter;
    // SAFETY: between fork and exec the closure makes one or two system calls and nothing
    // else: it allocates nothing, takes no lock and touches no memory of the parent.
    unsafe {
        command.pre_exec(move || Ok(enter()?));
    }
}

fn start_fault(program: &Path, cwd: &Path, error: &io::Error) -> HostFault {
    // The system does not say which of the two it means.
    match fs::metadata(cwd) {
        Err(error) => path_fault("enter", cwd, &error),
        Ok(meta) if !meta.is_dir() => HostFault::WrongKind {
            path: cwd.to_owned(),
            kind: FileKind::File,
        },
        Ok(_) if error.kind() == ErrorKind::ArgumentListTooLong => broken(
            "start a process",
            &"its arguments and environment are too long",
        ),
        Ok(_) => path_fault("start", program, error),
    }
}

fn bytes_of(stdin: &StdinFrom) -> &[u8] {
    match stdin {
        StdinFrom::Null => &[],
        StdinFrom::Bytes(bytes) => bytes,
    }
}

/// Writes to a process until all is written or nobody reads any more.
fn feed(to: OwnedFd, bytes: Vec<u8>) -> io::Result<JoinHandle<()>> {
    rustix::io::ioctl_fionbio(&to, true)?;
    let mut to = Sender::from_owned_fd_unchecked(to)?;
    // A program need not read its input; then there is nothing more to do for it.
    Ok(tokio::spawn(
        async move { drop(to.write_all(&bytes).await) },
    ))
}
