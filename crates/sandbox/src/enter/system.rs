//! The system calls. Each does one thing, checks what came of it and says what failed.

use crate::{Limits, Network};
use std::{
    ffi::{CStr, CString, OsString},
    fs, io,
    os::{
        fd::{AsRawFd as _, FromRawFd as _, OwnedFd},
        unix::{ffi::OsStrExt as _, process::CommandExt as _},
    },
    path::Path,
    process::Command,
    ptr,
};

/// What went wrong is a fragment for people; there is no recovery but not to run.
pub(super) type Outcome<T> = Result<T, String>;

/// What `fork` returns.
pub(super) enum Forked {
    Parent(libc::pid_t),
    Child,
}

fn checked(what: &str, result: libc::c_int) -> Outcome<libc::c_int> {
    if result < 0 {
        return Err(format!("{what}: {}", io::Error::last_os_error()));
    }
    Ok(result)
}

fn checked_long(what: &str, result: libc::c_long) -> Outcome<libc::c_int> {
    checked(what, libc::c_int::try_from(result).unwrap_or(-1))
}

fn text(path: &Path) -> Outcome<CString> {
    CString::new(path.as_os_str().as_bytes())
        .map_err(|_| format!("{} holds a NUL byte", path.display()))
}

/// Writes to standard error, as a process that may not do much else.
pub(super) fn say(text: &str) {
    // SAFETY: the pointer and length are of one live string.
    #[expect(unsafe_code, reason = "no lock may be taken in a forked process")]
    unsafe {
        // Where it fails nobody is left to tell.
        libc::write(2, text.as_ptr().cast(), text.len());
    }
}

/// Ends this process at once.
pub(super) fn leave(code: i32) -> ! {
    #[expect(
        unsafe_code,
        reason = "what the parent registered to run at its end is not ours"
    )]
    // SAFETY: ends the process; nothing of it is used after.
    unsafe {
        libc::_exit(code)
    }
}

/// Asks the kernel to end this process when the one that started it ends, however it does.
pub(super) fn die_with_parent() -> Outcome<()> {
    #[expect(unsafe_code, reason = "prctl has no safe form")]
    // SAFETY: takes numbers only.
    let result = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    checked("cannot be tied to its parent", result).map(drop)
}

/// Closes what was left open by mistake, behind standard error.
pub(super) fn close_other_files() {
    #[expect(unsafe_code, reason = "close_range has no safe form")]
    // SAFETY: nothing of this process owns a descriptor above 2 yet.
    unsafe {
        // An old kernel has no such call; descriptors are opened to close on exec anyway.
        libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0);
    }
}

/// Namespaces of its own for users, mounts, processes, messages, names and the network.
pub(super) fn new_world(network: Network) -> Outcome<()> {
    #[expect(unsafe_code, reason = "the calls have no safe form")]
    // SAFETY: both return numbers and cannot fail.
    let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
    let mut flags = libc::CLONE_NEWUSER
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS;
    if network == Network::Own {
        flags |= libc::CLONE_NEWNET;
    }
    #[expect(unsafe_code, reason = "unshare has no safe form")]
    // SAFETY: takes a number; this process has one thread.
    let result = unsafe { libc::unshare(flags) };
    checked("no namespaces", result)?;
    let write = |path: &str, text: String| {
        fs::write(path, text).map_err(|error| format!("{path}: {error}"))
    };
    write("/proc/self/setgroups", "deny".to_owned())?;
    write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    if network == Network::Own {
        raise_loopback();
    }
    Ok(())
}

/// Makes the new network's loopback usable, so that a test can serve itself. Without it there
/// is no network at all, which is no less confined.
fn raise_loopback() {
    #[repr(C)]
    struct Request {
        name: [u8; 16],
        flags: libc::c_short,
        rest: [u8; 22],
    }
    let mut request = Request {
        name: *b"lo\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        flags: libc::c_short::try_from(libc::IFF_UP).unwrap_or(1),
        rest: [0; 22],
    };
    #[expect(unsafe_code, reason = "the calls have no safe form")]
    // SAFETY: the descriptor is a fresh socket or refused; the request has the size and shape
    // that the kernel reads (`struct ifreq`, 40 bytes).
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        if socket >= 0 {
            libc::ioctl(socket, libc::SIOCSIFFLAGS, ptr::from_mut(&mut request));
            libc::close(socket);
        }
    }
}

/// Runs something in a child and returns its exit code.
pub(super) fn in_child(work: impl FnOnce() -> i32) -> Outcome<i32> {
    match fork()? {
        Forked::Parent(child) => wait_for(child),
        Forked::Child => leave(work()),
    }
}

pub(super) fn fork() -> Outcome<Forked> {
    #[expect(unsafe_code, reason = "fork has no safe form")]
    // SAFETY: this process has one thread, so the child may do whatever the parent may.
    let child = unsafe { libc::fork() };
    Ok(match checked("no process", child)? {
        0 => Forked::Child,
        child => Forked::Parent(child),
    })
}

/// Waits for one child and returns its exit code; 128 and the signal where one ended it.
pub(super) fn wait_for(child: libc::pid_t) -> Outcome<i32> {
    loop {
        if let Some(code) = wait(child)?.filter(|(ended, _)| *ended == child) {
            return Ok(code.1);
        }
    }
}

/// Waits as the first process of a world must: for everyone, until this child ends.
pub(super) fn reap_until(child: libc::pid_t) -> Outcome<i32> {
    loop {
        if let Some((ended, code)) = wait(-1)?
            && ended == child
        {
            return Ok(code);
        }
    }
}

fn wait(whom: libc::pid_t) -> Outcome<Option<(libc::pid_t, i32)>> {
    let mut status = 0;
    #[expect(unsafe_code, reason = "waitpid has no safe form")]
    // SAFETY: the pointer is to a live integer.
    let ended = unsafe { libc::waitpid(whom, &raw mut status, 0) };
    if ended < 0 {
        let error = io::Error::last_os_error();
        if error.kind() == io::ErrorKind::Interrupted {
            return Ok(None);
        }
        return Err(format!("the command was lost: {error}"));
    }
    if libc::WIFEXITED(status) {
        return Ok(Some((ended, libc::WEXITSTATUS(status))));
    }
    if libc::WIFSIGNALED(status) {
        return Ok(Some((ended, 128 + libc::WTERMSIG(status))));
    }
    Ok(None)
}

/// Requests to end are for the command; this process ends when that has.
pub(super) fn ignore_requests_to_end() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT] {
        #[expect(unsafe_code, reason = "signal has no safe form")]
        // SAFETY: ignoring installs no handler.
        unsafe {
            libc::signal(signal, libc::SIG_IGN);
        }
    }
}

/// Nothing that is mounted from here on is seen outside, nor the reverse.
pub(super) fn keep_mounts_to_ourselves() -> Outcome<()> {
    mount(
        None,
        Path::new("/"),
        None,
        libc::MS_REC | libc::MS_PRIVATE,
        None,
    )
}

/// A file system in memory.
pub(super) fn mount_memory(at: &Path, mode: &str, bytes: u64) -> Outcome<()> {
    let options = CString::new(format!("mode={mode},size={bytes}")).unwrap_or_default();
    let flags = libc::MS_NOSUID | libc::MS_NODEV;
    mount(Some(c"tmpfs"), at, Some(c"tmpfs"), flags, Some(&options))
}

/// The view of processes that fits the new world.
pub(super) fn mount_processes() -> Outcome<()> {
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    mount(
        Some(c"proc"),
        Path::new("/proc"),
        Some(c"proc"),
        flags,
        None,
    )
}

fn mount(
    source: Option<&CStr>,
    at: &Path,
    kind: Option<&CStr>,
    flags: libc::c_ulong,
    options: Option<&CStr>,
) -> Outcome<()> {
    let place = text(at)?;
    let pointer = |text: Option<&CStr>| text.map_or(ptr::null(), CStr::as_ptr);
    #[expect(unsafe_code, reason = "mount has no safe form")]
    // SAFETY: each pointer is null or to a live string with its end.
    let result = unsafe {
        libc::mount(
            pointer(source),
            place.as_ptr(),
            pointer(kind),
            flags,
            pointer(options).cast(),
        )
    };
    checked(&format!("cannot mount on {}", at.display()), result).map(drop)
}

/// Makes everything mounted at and below a path read-only.
pub(super) fn make_read_only(path: &Path) -> Outcome<()> {
    set_read_only(libc::AT_FDCWD, &text(path)?, libc::AT_RECURSIVE)
}

fn set_read_only(at: libc::c_int, path: &CStr, flags: libc::c_int) -> Outcome<()> {
    let wanted = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    #[expect(unsafe_code, reason = "mount_setattr has no safe form")]
    // SAFETY: the path has its end, and the attributes have the size that is given.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            at,
            path.as_ptr(),
            flags,
            ptr::from_ref(&wanted),
            size_of::<libc::mount_attr>(),
        )
    };
    checked_long("cannot make what is mounted read-only", result).map(drop)
}

/// A tree of mounts that hangs nowhere yet.
pub(super) struct Detached {
    tree: OwnedFd,
    folder: bool,
}

impl Detached {
    /// A copy of what is at a path.
    pub(super) fn take(path: &Path) -> Outcome<Self> {
        let place = text(path)?;
        let flags = libc::OPEN_TREE_CLONE
            | libc::OPEN_TREE_CLOEXEC
            | libc::AT_RECURSIVE.unsigned_abs()
            | libc::AT_SYMLINK_NOFOLLOW.unsigned_abs();
        #[expect(unsafe_code, reason = "open_tree has no safe form")]
        // SAFETY: the path has its end.
        let result =
            unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, place.as_ptr(), flags) };
        let tree = checked_long(&format!("cannot take {}", path.display()), result)?;
        #[expect(unsafe_code, reason = "the kernel has just made it")]
        // SAFETY: the descriptor is new and nobody else's.
        let tree = unsafe { OwnedFd::from_raw_fd(tree) };
        let folder = path.is_dir();
        Ok(Self { tree, folder })
    }

    pub(super) fn is_dir(&self) -> bool {
        self.folder
    }

    pub(super) fn make_read_only(&self) -> Outcome<()> {
        let flags = libc::AT_RECURSIVE | libc::AT_EMPTY_PATH;
        set_read_only(self.tree.as_raw_fd(), c"", flags)
    }

    /// Hangs it at a path.
    pub(super) fn attach(self, at: &Path) -> Outcome<()> {
        let place = text(at)?;
        #[expect(unsafe_code, reason = "move_mount has no safe form")]
        // SAFETY: both paths have their ends, and the descriptor is open.
        let result = unsafe {
            libc::syscall(
                libc::SYS_move_mount,
                self.tree.as_raw_fd(),
                c"".as_ptr(),
                libc::AT_FDCWD,
                place.as_ptr(),
                libc::MOVE_MOUNT_F_EMPTY_PATH,
            )
        };
        checked_long(&format!("cannot show {}", at.display()), result).map(drop)
    }
}

/// Sets the limits.
pub(super) fn limit(limits: &Limits) -> Outcome<()> {
    let table = [
        (libc::RLIMIT_NPROC, limits.processes),
        (libc::RLIMIT_FSIZE, limits.file_bytes),
        (libc::RLIMIT_CORE, 0),
    ];
    for (what, most) in table {
        let mut now = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        #[expect(unsafe_code, reason = "limits have no safe form")]
        // SAFETY: the pointers are to one live structure; a limit is only lowered.
        let result = unsafe {
            libc::getrlimit(what, &raw mut now);
            let most = most.min(now.rlim_max);
            let wanted = libc::rlimit {
                rlim_cur: most.min(now.rlim_cur),
                rlim_max: most,
            };
            libc::setrlimit(what, &raw const wanted)
        };
        checked("cannot set a limit", result)?;
    }
    Ok(())
}

/// Gives up every capability, and the way to new ones.
pub(super) fn drop_capabilities() -> Outcome<()> {
    /// `_LINUX_CAPABILITY_VERSION_3`, with this process as whom.
    const HEAD: [u32; 2] = [0x2008_0522, 0];
    /// Being user 0 means nothing, and that cannot be undone: `SECBIT_NOROOT`,
    /// `SECBIT_NO_SETUID_FIXUP`, `SECBIT_NO_CAP_AMBIENT_RAISE`, each with its lock.
    const BITS: libc::c_ulong = 0b11 | 0b1100 | 0b1100_0000;
    let none = [0_u32; 6];
    for capability in 0..64 {
        #[expect(unsafe_code, reason = "prctl has no safe form")]
        // SAFETY: takes numbers only; unknown capabilities are refused.
        unsafe {
            libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
    }
    #[expect(unsafe_code, reason = "the calls have no safe form")]
    // SAFETY: takes numbers, and two live arrays of the shape that version 3 has.
    let (caps, privileges) = unsafe {
        // Only who had capabilities may set the bits; who had none needs them not.
        libc::prctl(libc::PR_SET_SECUREBITS, BITS, 0, 0, 0);
        (
            libc::syscall(libc::SYS_capset, HEAD.as_ptr(), none.as_ptr()),
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        )
    };
    checked_long("cannot give up capabilities", caps)?;
    checked("cannot give up new privileges", privileges).map(drop)
}

/// Becomes the command. Returns only why that failed.
pub(super) fn become_command(command: &[OsString], cwd: &Path) -> String {
    let Some((program, arguments)) = command.split_first() else {
        return "there is no command".to_owned();
    };
    let error = Command::new(program)
        .args(arguments)
        .current_dir(cwd)
        .exec();
    format!("{}: {error}", Path::new(program).display())
}
