//! The system calls. Each does one thing, checks what came of it and says what failed.

use gimlet_protocol::{Limits, Network};
use std::{
    ffi::{CStr, CString, OsString},
    fs,
    io::{self, PipeReader, Read as _, Write as _},
    mem::MaybeUninit,
    os::{
        fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
        unix::{ffi::OsStrExt as _, process::CommandExt as _},
    },
    path::{Path, PathBuf},
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

/// Writes to standard output; returns the exit code that tells whether that worked.
pub(super) fn print(text: &str) -> i32 {
    i32::from(io::stdout().write_all(text.as_bytes()).is_err())
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

/// Closes what was left open by mistake, behind standard error, but for one descriptor, which
/// the command does not inherit.
pub(super) fn close_others(but: Option<libc::c_int>) -> Outcome<()> {
    let close = |first: libc::c_uint, last: libc::c_uint| {
        #[expect(unsafe_code, reason = "close_range has no safe form")]
        // SAFETY: nothing of this process owns a descriptor above 2 but the one that is kept.
        unsafe {
            // An old kernel has no such call; descriptors are opened to close on exec anyway.
            libc::syscall(libc::SYS_close_range, first, last, 0);
        }
    };
    let Some(kept) = but else {
        close(3, libc::c_uint::MAX);
        return Ok(());
    };
    let number = libc::c_uint::try_from(kept).map_err(|_| "there is no such wire".to_owned())?;
    if number > 3 {
        close(3, number - 1);
    }
    close(number + 1, libc::c_uint::MAX);
    #[expect(unsafe_code, reason = "fcntl has no safe form")]
    // SAFETY: takes numbers only.
    let result = unsafe { libc::fcntl(kept, libc::F_SETFD, libc::FD_CLOEXEC) };
    checked("there is no wire", result).map(drop)
}

/// Nothing that this process holds keeps the command's streams open.
pub(super) fn let_go_of_streams() {
    #[expect(unsafe_code, reason = "dup2 has no safe form")]
    // SAFETY: takes numbers and a string with its end.
    unsafe {
        let nothing = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
        for stream in 0..3 {
            if nothing < 0 {
                libc::close(stream);
            } else {
                libc::dup2(nothing, stream);
            }
        }
        if nothing > 2 {
            libc::close(nothing);
        }
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
    if network != Network::Open {
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
    if network != Network::Open {
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
        Forked::Parent(child) => wait_for(child).map(End::code),
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

/// How a process ended, as the kernel writes it.
#[derive(Clone, Copy)]
pub(super) struct End(pub(super) libc::c_int);

impl End {
    /// The exit code; 128 and the signal where one ended it.
    fn code(self) -> i32 {
        if libc::WIFSIGNALED(self.0) {
            128 + libc::WTERMSIG(self.0)
        } else {
            libc::WEXITSTATUS(self.0)
        }
    }

    /// Ends this process by the same signal, or returns the exit code to end with.
    pub(super) fn become_it(self) -> i32 {
        if libc::WIFSIGNALED(self.0) {
            let signal = libc::WTERMSIG(self.0);
            #[expect(unsafe_code, reason = "signal and kill have no safe form")]
            // SAFETY: restores the usual behaviour and signals this process alone.
            unsafe {
                libc::prctl(libc::PR_SET_DUMPABLE, 0);
                libc::signal(signal, libc::SIG_DFL);
                libc::kill(libc::getpid(), signal);
            }
        }
        self.code()
    }
}

/// What there is to reap.
pub(super) enum Reaped {
    Ended(libc::pid_t, End),
    /// Those that are left still run.
    Nobody,
    NoChildren,
}

/// Waits for one child.
pub(super) fn wait_for(child: libc::pid_t) -> Outcome<End> {
    loop {
        match wait(child, 0)? {
            Reaped::Ended(_, end) => return Ok(end),
            Reaped::Nobody => {}
            Reaped::NoChildren => return Err("the command was lost".to_owned()),
        }
    }
}

/// The end of any child, without waiting.
pub(super) fn next_end() -> Outcome<Reaped> {
    wait(-1, libc::WNOHANG)
}

fn wait(whom: libc::pid_t, options: libc::c_int) -> Outcome<Reaped> {
    let mut status = 0;
    #[expect(unsafe_code, reason = "waitpid has no safe form")]
    // SAFETY: the pointer is to a live integer.
    let ended = unsafe { libc::waitpid(whom, &raw mut status, options) };
    if ended < 0 {
        let error = io::Error::last_os_error();
        return match error.raw_os_error() {
            Some(libc::EINTR) => Ok(Reaped::Nobody),
            Some(libc::ECHILD) => Ok(Reaped::NoChildren),
            _ => Err(format!("the command was lost: {error}")),
        };
    }
    let over = libc::WIFEXITED(status) || libc::WIFSIGNALED(status);
    if ended > 0 && over {
        return Ok(Reaped::Ended(ended, End(status)));
    }
    Ok(Reaped::Nobody)
}

/// The word of the second process on how the command ended; `None` where it ended without one.
pub(super) fn read_end(from: &mut PipeReader) -> Option<End> {
    let mut status = [0; size_of::<libc::c_int>()];
    from.read_exact(&mut status).ok()?;
    Some(End(libc::c_int::from_ne_bytes(status)))
}

/// A descriptor that can be read when a child ended.
pub(super) fn hear_of_children() -> Outcome<OwnedFd> {
    #[expect(unsafe_code, reason = "signalfd has no safe form")]
    // SAFETY: the set is initialised before it is used; the descriptor is new.
    unsafe {
        let mut set: libc::sigset_t = MaybeUninit::zeroed().assume_init();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut());
        let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
        let fd = checked(
            "cannot hear of children",
            libc::signalfd(-1, &raw const set, flags),
        )?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// For a child: signals come as usual.
pub(super) fn hear_as_usual() {
    #[expect(unsafe_code, reason = "sigprocmask has no safe form")]
    // SAFETY: the set is initialised before it is used.
    unsafe {
        let mut set: libc::sigset_t = MaybeUninit::zeroed().assume_init();
        libc::sigemptyset(&raw mut set);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, ptr::null_mut());
    }
}

/// Takes what [`hear_of_children`] holds, so that it can be waited for again.
pub(super) fn forget_signals(children: &OwnedFd) {
    let mut room = [0_u8; 8 * size_of::<libc::signalfd_siginfo>()];
    #[expect(unsafe_code, reason = "a descriptor of signals has no safe form")]
    // SAFETY: the room has the length that is given.
    unsafe {
        libc::read(children.as_raw_fd(), room.as_mut_ptr().cast(), room.len());
    }
}

/// Waits until one of these descriptors speaks or is left; -1 stands for none.
pub(super) fn wait_for_any<const N: usize>(fds: [RawFd; N]) -> Outcome<[bool; N]> {
    let mut polled = fds.map(|fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    });
    #[expect(unsafe_code, reason = "poll has no safe form")]
    // SAFETY: the array is live and has the length that is given.
    let result = unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, -1) };
    if result < 0 && io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
        return Err(format!("cannot wait: {}", io::Error::last_os_error()));
    }
    Ok(polled.map(|polled| result > 0 && polled.revents != 0))
}

/// Children whose parent ended become this process's.
pub(super) fn adopt_orphans() {
    #[expect(unsafe_code, reason = "prctl has no safe form")]
    // SAFETY: takes numbers only. Where it fails orphans are only ended with their group.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
}

/// Ends every child of this process, and those that thereby become its own.
pub(super) fn end_children() {
    const ROUNDS: usize = 100;
    for _ in 0..ROUNDS {
        let children = fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
        let mut none = true;
        for child in children.split_ascii_whitespace() {
            let Ok(child) = child.parse::<libc::pid_t>() else {
                continue;
            };
            none = false;
            #[expect(unsafe_code, reason = "kill and waitpid have no safe form")]
            // SAFETY: the number is a child's that was not reaped, so it is nobody else's.
            unsafe {
                libc::kill(child, libc::SIGKILL);
                libc::waitpid(child, ptr::null_mut(), 0);
            }
        }
        if none {
            return;
        }
    }
}

/// Ends the whole process group, this process with it.
pub(super) fn end_own_group() {
    #[expect(unsafe_code, reason = "kill has no safe form")]
    // SAFETY: 0 means the own group, whatever its number.
    unsafe {
        libc::kill(0, libc::SIGKILL);
    }
}

/// At most so many processes in this world, whoever they are of.
pub(super) fn limit_world(processes: u64) {
    /// The kernel keeps these for itself.
    const RESERVED: u64 = 301;
    let most = processes.max(RESERVED).to_string();
    // A kernel that counts for all worlds together refuses; there the limit of the person holds.
    fs::write("/proc/sys/kernel/pid_max", most).unwrap_or_default();
}

/// Installs a filter whose questions are answered by whoever reads the descriptor.
pub(super) fn install_with_notices(program: &[seccompiler::sock_filter]) -> Outcome<OwnedFd> {
    let length = u16::try_from(program.len())
        .map_err(|_| "the filter of system calls is too long".to_owned())?;
    let filter = libc::sock_fprog {
        len: length,
        filter: program.as_ptr().cast_mut().cast(),
    };
    #[expect(unsafe_code, reason = "seccomp has no safe form")]
    // SAFETY: the program is live, has the length that is given, and its lines have the layout
    // of the kernel's; the descriptor is new.
    unsafe {
        let result = libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            ptr::from_ref(&filter),
        );
        let fd = checked_long("the filter of system calls failed", result)?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Refuses the next call that a filter asks about, and returns which it was.
pub(super) fn refuse_next(notices: RawFd) -> Option<libc::c_long> {
    #[expect(unsafe_code, reason = "a filter's notices have no safe form")]
    // SAFETY: both structures are of the kernel's size and zeroed, as it wants them.
    unsafe {
        let mut asked: libc::seccomp_notif = MaybeUninit::zeroed().assume_init();
        if libc::ioctl(notices, libc::SECCOMP_IOCTL_NOTIF_RECV as _, &raw mut asked) < 0 {
            return None;
        }
        let mut answer: libc::seccomp_notif_resp = MaybeUninit::zeroed().assume_init();
        answer.id = asked.id;
        answer.error = -libc::EPERM;
        // Where the one who asked has ended, nobody needs the answer.
        libc::ioctl(
            notices,
            libc::SECCOMP_IOCTL_NOTIF_SEND as _,
            &raw mut answer,
        );
        Some(libc::c_long::from(asked.data.nr))
    }
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

/// Terminals that nobody else has.
pub(super) fn mount_terminals(at: &Path) -> Outcome<()> {
    let flags = libc::MS_NOSUID | libc::MS_NOEXEC;
    let options = c"newinstance,ptmxmode=0666,mode=620";
    mount(Some(c"devpts"), at, Some(c"devpts"), flags, Some(options))
}

/// Sockets with a path on which someone listens, as far as the kernel tells.
pub(super) fn listening_sockets() -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/net/unix").unwrap_or_default();
    // The path comes last, and nothing before it has a slash.
    let paths = table
        .lines()
        .filter_map(|line| line.get(line.find(" /")? + 1..))
        .map(PathBuf::from);
    let mut paths: Vec<PathBuf> = paths.collect();
    paths.sort_unstable();
    paths.dedup();
    paths
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

/// Makes what is mounted at a path read-only, and nothing below it.
pub(super) fn make_place_read_only(path: &Path) -> Outcome<()> {
    set_read_only(libc::AT_FDCWD, &text(path)?, 0)
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
        (libc::RLIMIT_DATA, limits.memory_bytes.min(most_memory())),
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

/// Three quarters of the machine's memory.
fn most_memory() -> u64 {
    #[expect(unsafe_code, reason = "sysinfo has no safe form")]
    // SAFETY: the structure is live and of the kernel's size.
    let info = unsafe {
        let mut info: libc::sysinfo = MaybeUninit::zeroed().assume_init();
        if libc::sysinfo(&raw mut info) < 0 {
            return u64::MAX;
        }
        info
    };
    let bytes = info.totalram.saturating_mul(u64::from(info.mem_unit));
    bytes / 4 * 3
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
        // SAFETY: takes numbers only; unknown capabilities are refused, and come last.
        let result = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
        if result < 0 && io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL) {
            break;
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
