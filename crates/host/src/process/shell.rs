//! The shell: where it is, and how a command line is handed to it.

use std::{
    ffi::OsString,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::PermissionsExt,
    },
    path::{Path, PathBuf},
};

const BASH: [&str; 5] = [
    "/bin/bash",
    "/usr/bin/bash",
    "/usr/local/bin/bash",
    "/opt/homebrew/bin/bash",
    "/run/current-system/sw/bin/bash",
];
const SH: &str = "/bin/sh";

/// Finds `bash`, otherwise `sh`.
pub(super) fn find() -> PathBuf {
    let bash = BASH.iter().map(PathBuf::from).find(|path| is_program(path));
    bash.unwrap_or_else(|| PathBuf::from(SH))
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The shell's arguments for a command line. With `final_cwd`, its last working directory is
/// written to that file when it ends by itself; a command that replaces the shell (`exec`) or
/// sets an EXIT trap of its own leaves no record.
pub(super) fn arguments(shell: &Path, command: &str, final_cwd: Option<&Path>) -> Vec<OsString> {
    let Some(file) = final_cwd else {
        return vec!["-c".into(), command.into()];
    };
    // `set +x` keeps the trap out of a trace, `|| :` keeps it out of the exit code, `command`
    // passes over functions, and `>|` over `noclobber`. The command is evaluated rather than
    // appended, so that the shell counts its lines from one and a syntax error in it does not
    // keep the trap from being set.
    let mut trap = b"{ set +x; } 2>/dev/null; command pwd -P 2>/dev/null >| ".to_vec();
    trap.extend(quoted(file.as_os_str().as_bytes()));
    trap.extend(b" || :");
    let mut script = b"trap ".to_vec();
    script.extend(quoted(&trap));
    script.extend(b" EXIT; gimlet_command=$1; shift; eval \"$gimlet_command\"");
    let name = shell.file_name().unwrap_or(shell.as_os_str());
    vec![
        "-c".into(),
        OsString::from_vec(script),
        name.to_owned(),
        command.into(),
    ]
}

/// The bytes in single quotes.
fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for byte in bytes {
        match byte {
            b'\'' => quoted.extend(b"'\\''"),
            other => quoted.push(*other),
        }
    }
    quoted.push(b'\'');
    quoted
}
