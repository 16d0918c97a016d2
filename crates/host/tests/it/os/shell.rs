//! Command lines, the shell's folder, its environment and its input.

use super::{DEADLINE, ENDED_WELL, follow, run, shell};
use crate::{folder, host};
use gimlet_host::{HostOptions, LocalHost, PassEnv};
use gimlet_ports::{Exit, Host, HostFault, Launch, OutputTo, Program, StdinFrom};
use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

fn code(code: i32) -> Exit {
    Exit {
        code: Some(code),
        ..ENDED_WELL
    }
}

/// Runs a command and tells its exit, what it said, and the folder it recorded.
async fn recorded(command: &str) -> (Exit, String, Option<String>) {
    let folder = folder();
    let file = folder.path().join("final it's cwd");
    let launch = Launch {
        final_cwd: Some(file.clone()),
        ..shell(command)
    };
    let (said, exit) = run(launch).await;
    let cwd = std::fs::read_to_string(file).ok();
    (exit, format!("{}{}", said.out(), said.err()), cwd)
}

#[tokio::test]
async fn a_command_runs_in_its_folder_with_both_streams_apart() {
    let folder = folder();
    let cwd = folder.path().canonicalize().unwrap();
    let (said, exit) = run(Launch {
        cwd: cwd.clone(),
        ..shell("pwd; echo oops >&2; exit 3")
    })
    .await;
    assert_eq!(
        (said.out(), said.err()),
        (format!("{}\n", cwd.display()), "oops\n".to_owned())
    );
    assert_eq!(exit, code(3));
}

#[tokio::test]
async fn the_last_folder_is_recorded_however_the_command_ends() {
    let quiet = |exit, cwd: &str| (exit, String::new(), Some(format!("{cwd}\n")));
    assert_eq!(recorded("cd /usr").await, quiet(code(0), "/usr"));
    assert_eq!(recorded("cd /usr; exit 7").await, quiet(code(7), "/usr"));
    assert_eq!(
        recorded("set -e; cd /usr; false; cd /").await,
        quiet(code(1), "/usr")
    );
    assert_eq!(
        recorded("set -o noclobber; cd /usr").await,
        quiet(code(0), "/usr")
    );
    assert_eq!(
        recorded("pwd() { echo no; }; cd /usr").await,
        quiet(code(0), "/usr")
    );
    assert_eq!(
        recorded("cd /usr; (cd /; exit 4)").await,
        quiet(code(4), "/usr")
    );
    assert_eq!(
        recorded("cd /usr; x=$(cd /; exit 5)").await,
        quiet(code(5), "/usr")
    );
    assert_eq!(
        recorded("cd /usr; true && false | cat").await,
        quiet(code(0), "/usr")
    );
    assert_eq!(recorded("cd /usr; exec >&-").await, quiet(code(0), "/usr"));
    assert_eq!(
        recorded("cd /usr; exec no-such-program 2>/dev/null").await,
        quiet(code(127), "/usr")
    );
}

#[tokio::test]
async fn a_shell_that_is_ended_by_sigterm_still_records_and_reports_the_signal() {
    let (exit, said, cwd) = recorded("cd /usr; kill $$; echo after").await;
    assert_eq!(
        exit,
        Exit {
            code: None,
            signal: Some(15),
            left_children: false
        }
    );
    assert_eq!((said.as_str(), cwd.as_deref()), ("", Some("/usr\n")));
}

#[tokio::test]
async fn a_command_that_replaces_the_shell_or_the_trap_leaves_no_record() {
    assert_eq!(
        recorded("cd /usr; exec true").await,
        (code(0), String::new(), None)
    );
    let own_trap = recorded("trap 'echo mine' EXIT; cd /usr").await;
    assert_eq!(own_trap, (code(0), "mine\n".to_owned(), None));
}

#[tokio::test]
async fn recording_changes_neither_lines_nor_arguments_nor_messages() {
    let (exit, said, _) = recorded("echo $# $LINENO\nno-such-program").await;
    assert_eq!(exit, code(127));
    assert_eq!(
        said,
        "0 1\nbash: line 2: no-such-program: command not found\n"
    );
    let (exit, said, cwd) = recorded("echo 'unfinished").await;
    assert_eq!(exit, code(2));
    assert!(
        said.starts_with("bash: eval: line 1: unexpected EOF"),
        "{said}"
    );
    assert_eq!(cwd.as_deref(), Some("/\n"));
    assert_eq!(recorded("set -x; :").await.1, "++ :\n");
}

#[tokio::test]
async fn a_last_folder_that_was_deleted_does_not_change_the_exit_code() {
    let (exit, _, cwd) = recorded("set -e; d=$(mktemp -d); cd $d; rmdir $d").await;
    // The shell still knows the name; whoever reads the record has to look.
    assert_eq!(exit, code(0));
    assert!(cwd.is_some());
}

#[tokio::test]
async fn plain_sh_records_as_well() {
    let folder = folder();
    let file = folder.path().join("cwd");
    let options = HostOptions {
        shell: Some(PathBuf::from("/bin/sh")),
        ..HostOptions::default()
    };
    let launch = Launch {
        final_cwd: Some(file.clone()),
        ..shell("cd /usr; set -e; false")
    };
    let mut child = LocalHost::new(options).spawn(launch).unwrap();
    assert_eq!(follow(child.as_mut()).await.1, code(1));
    assert_eq!(std::fs::read_to_string(file).unwrap(), "/usr\n");
}

#[tokio::test]
async fn a_folder_whose_name_is_not_utf8_is_entered_and_recorded() {
    let outer = folder();
    let name = OsStr::from_bytes(b"caf\xe9");
    let cwd = outer.path().canonicalize().unwrap().join(name);
    std::fs::create_dir(&cwd).unwrap();
    let file = cwd.join("record");
    let launch = Launch {
        cwd: cwd.clone(),
        final_cwd: Some(file.clone()),
        ..shell("pwd")
    };
    let (said, exit) = run(launch).await;
    assert_eq!(exit, ENDED_WELL);
    let line = [cwd.as_os_str().as_bytes(), b"\n"].concat();
    assert_eq!(said.out, line);
    assert_eq!(std::fs::read(file).unwrap(), line);
}

#[tokio::test]
async fn a_deleted_working_folder_is_named_in_the_fault() {
    let gone = folder().path().to_owned();
    let fault = host()
        .spawn(Launch {
            cwd: gone.clone(),
            ..shell("true")
        })
        .err();
    assert_eq!(fault, Some(HostFault::NotFound { path: gone }));
}

#[tokio::test]
async fn a_missing_program_is_named_in_the_fault() {
    let program = Program::Argv(vec!["/no/such/program".into()]);
    let fault = host()
        .spawn(Launch {
            program,
            ..shell("")
        })
        .err();
    assert_eq!(
        fault,
        Some(HostFault::NotFound {
            path: "/no/such/program".into()
        })
    );
}

#[tokio::test]
async fn arguments_reach_a_program_as_they_are() {
    let odd = OsString::from_vec(b"a b\xff'\"$x".to_vec());
    let program = Program::Argv(vec!["printf".into(), "%s|".into(), odd, "*".into()]);
    let (said, exit) = run(Launch {
        program,
        ..shell("")
    })
    .await;
    assert_eq!(exit, ENDED_WELL);
    assert_eq!(said.out, b"a b\xff'\"$x|*|");
}

#[tokio::test]
async fn nothing_to_read_means_the_end_of_input_at_once() {
    let (said, exit) = run(shell("cat; echo done")).await;
    assert_eq!((said.out().as_str(), exit), ("done\n", ENDED_WELL));
}

#[tokio::test]
async fn input_larger_than_a_pipe_is_read_whole() {
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    let launch = Launch {
        stdin: StdinFrom::Bytes(bytes.clone()),
        ..shell("cat")
    };
    let (said, exit) = run(launch).await;
    assert_eq!(exit, ENDED_WELL);
    assert!(said.out == bytes);
}

#[tokio::test]
async fn a_program_need_not_read_its_input() {
    let stdin = StdinFrom::Bytes(vec![b'x'; 1_000_000]);
    let (said, exit) = run(Launch {
        stdin,
        ..shell("exec <&-; echo fine")
    })
    .await;
    assert_eq!((said.out().as_str(), exit), ("fine\n", ENDED_WELL));
}

#[tokio::test]
async fn a_process_inherits_only_what_it_may() {
    let variable = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
    let options = HostOptions {
        pass_env: PassEnv::Only(vec![
            variable("PATH", "/usr/bin:/bin"),
            variable("SECRET", "s"),
            variable("BASH_ENV", "/no/such/file"),
        ]),
        remove_env: vec!["SECRET".into()],
        ..HostOptions::default()
    };
    let program = Program::Argv(vec!["env".into()]);
    let launch = Launch {
        program,
        env: vec![("GIVEN".into(), "yes".into())],
        ..shell("")
    };
    let mut child = LocalHost::new(options).spawn(launch).unwrap();
    let (said, _) = follow(child.as_mut()).await;
    let mut lines: Vec<String> = said.out().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["GIVEN=yes", "PATH=/usr/bin:/bin", "PWD=/"]);
}

#[tokio::test]
async fn removed_variables_are_missing_and_the_others_stay() {
    let options = HostOptions {
        remove_env: vec!["CARGO_PKG_NAME".into()],
        ..HostOptions::default()
    };
    let launch = shell("printenv CARGO_PKG_NAME CARGO_MANIFEST_DIR");
    let mut child = LocalHost::new(options).spawn(launch).unwrap();
    let (said, _) = follow(child.as_mut()).await;
    assert_eq!(said.out(), concat!(env!("CARGO_MANIFEST_DIR"), "\n"));
}

#[tokio::test]
async fn no_start_file_is_read_before_the_command() {
    let folder = folder();
    let start_file = folder.path().join("start");
    std::fs::write(&start_file, "echo start file").unwrap();
    // Its parent sets the variables, so that this one would inherit them.
    let program = std::env::current_exe().unwrap();
    let status = std::process::Command::new(program)
        .args([
            "--exact",
            "os::shell::nothing_to_read_means_the_end_of_input_at_once",
        ])
        .env("BASH_ENV", &start_file)
        .env("ENV", &start_file)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn output_to_a_file_keeps_the_order_of_both_streams_and_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("out");
    let output = OutputTo::File(path.clone());
    let (said, exit) = run(Launch {
        output,
        ..shell("echo 1; echo 2 >&2; echo 3")
    })
    .await;
    assert_eq!((said.out().as_str(), exit), ("", ENDED_WELL));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n2\n3\n");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn output_never_goes_to_a_device_or_pipe() {
    let folder = folder();
    let fifo = folder.path().join("fifo");
    make_fifo(&fifo);
    for path in [fifo, PathBuf::from("/dev/null")] {
        let fault = host().spawn(Launch {
            output: OutputTo::File(path.clone()),
            ..shell("true")
        });
        let kind = gimlet_ports::FileKind::Special;
        assert_eq!(fault.err(), Some(HostFault::WrongKind { path, kind }));
    }
}

#[test]
fn without_a_runtime_starting_is_refused() {
    let fault = host().spawn(shell("true")).err();
    let what = "start a process: there is no runtime to follow it".to_owned();
    assert_eq!(fault, Some(HostFault::Broken { what }));
}

#[tokio::test]
async fn many_commands_leave_no_zombie_behind() {
    let groups = futures_of(20).await;
    for group in groups {
        let stat = std::fs::read_to_string(format!("/proc/{group}/stat"));
        assert!(stat.is_err(), "{stat:?}");
    }
}

async fn futures_of(count: usize) -> Vec<i32> {
    let mut groups = Vec::new();
    for _ in 0..count {
        let mut child = host().spawn(shell("true")).unwrap();
        groups.push(child.group());
        let (_, exit) = tokio::time::timeout(DEADLINE, follow(child.as_mut()))
            .await
            .unwrap();
        assert_eq!(exit, ENDED_WELL);
        assert_eq!(child.ended(), Some(ENDED_WELL));
    }
    groups
}

pub(crate) fn make_fifo(path: &Path) {
    rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RWXU).unwrap();
}
