//! Exit codes, and the one door for errors to the person.

use gimlet_hygiene::{
    screen::{Channel, clean},
    secrets,
};
use gimlet_ports::OpenFault;
use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

/// How the program ended. The numbers are part of the interface (`docs/exit-codes.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Success,
    /// The turn, or what was asked for, failed.
    Failed,
    /// The arguments make no sense, or name what is not there.
    Usage,
    /// The settings are wrong.
    Config,
    /// The machine is not as needed: disk, folders, locks.
    Environment,
    /// A bug.
    Bug,
    /// Interrupted twice.
    Interrupted,
    /// Terminated.
    Terminated,
    /// As the command that was run.
    Of(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Config => 3,
            Exit::Environment => 4,
            Exit::Bug => 70,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
            Exit::Of(code) => code,
        })
    }
}

/// Prints a line; a closed pipe is not an error.
pub(crate) fn print_line(line: &str) -> Exit {
    print(&format!("{line}\n"))
}

/// Prints text; a closed pipe is not an error. Programs get it as it is; on a terminal nothing
/// in it acts or hides.
pub(crate) fn print(text: &str) -> Exit {
    let mut out = io::stdout().lock();
    let text = if out.is_terminal() {
        clean(Channel::Message, text)
    } else {
        text.into()
    };
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Exit::Success,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Success,
        Err(error) => complain(
            Exit::Environment,
            &format!("standard output: {error}"),
            None,
        ),
    }
}

/// Says what is wrong, where, and what to do, in one sentence and a hint.
pub(crate) fn complain(exit: Exit, text: &str, hint: Option<&str>) -> Exit {
    let mut message = format!("error: {text}\n");
    if let Some(hint) = hint.filter(|hint| !hint.is_empty()) {
        message.push_str("hint: ");
        message.push_str(hint);
        message.push('\n');
    }
    tell(&harmless(&message));
    exit
}

/// Says what the person should know, though all goes on.
pub(crate) fn notice(text: &str) {
    tell(&format!("note: {}\n", harmless(text)));
}

/// A message that may repeat text from outside: nothing in it acts, and no key is shown.
fn harmless(text: &str) -> String {
    clean(Channel::Message, &secrets::redact(text)).into_owned()
}

/// Writes to standard error; where that is closed nobody is left to tell.
pub(crate) fn tell(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

/// Says why a session was not opened.
pub(crate) fn open_fault(fault: &OpenFault) -> Exit {
    let (exit, text, hint) = match fault {
        OpenFault::User { text, hint } => (Exit::Usage, text, hint),
        OpenFault::Config { text, hint } => (Exit::Config, text, hint),
        OpenFault::Environment { text, hint } => (Exit::Environment, text, hint),
    };
    complain(exit, text, hint.as_deref())
}

/// Help and version go to standard output; mistakes in the arguments are usage errors.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    let text = error.render();
    if error.use_stderr() {
        tell(&text.to_string());
        Exit::Usage
    } else {
        print(&text.to_string())
    }
}

/// A bug is told in one line with its place, not with a trace over the terminal.
pub(crate) fn end_quietly_on_bugs() {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let what = info.payload_as_str().unwrap_or("unknown");
        tell(&format!(
            "error: this is a bug{place}: {what}\nhint: the session is safe; please report this line\n"
        ));
    }));
}
