//! What a command may try to get out: each attempt with the words in which its refusal is told.

/// Whether an attempt succeeds without a confinement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outside {
    /// Always.
    Works,
    /// Only with a tool, a right or a kernel that not every machine has.
    MayWork,
}

/// An attempt. In its script `OUT` is a folder outside with a `victim`, a `secret` folder that is
/// hidden with a `key` in it, and a hidden `keyfile`; `PORT` a server on loopback, `PORT6` one on
/// version 6; `US` a process outside.
pub(crate) struct Attempt {
    pub(crate) name: &'static str,
    pub(crate) script: &'static str,
    /// One of these is said.
    pub(crate) said: &'static [&'static str],
    pub(crate) outside: Outside,
}

const fn works(name: &'static str, script: &'static str, said: &'static [&'static str]) -> Attempt {
    Attempt {
        name,
        script,
        said,
        outside: Outside::Works,
    }
}

const fn may(name: &'static str, script: &'static str, said: &'static [&'static str]) -> Attempt {
    Attempt {
        name,
        script,
        said,
        outside: Outside::MayWork,
    }
}

const READ_ONLY: &[&str] = &["Read-only file system"];
const DENIED: &[&str] = &["Permission denied", "Operation not permitted"];
const HIDDEN: &[&str] = &["Permission denied", "No such file", "not permitted"];
const NOBODY: &[&str] = &["No such process", "No such file", "not found", "failed"];
const NO_NETWORK: &[&str] = &["Network is unreachable", "Connection refused"];

/// Writing outside.
pub(crate) const WRITING: &[Attempt] = &[
    works("write a file outside", "echo x > OUT/victim", READ_ONLY),
    works(
        "append to a file outside",
        "echo x >> OUT/victim",
        READ_ONLY,
    ),
    works("make a file outside", "touch OUT/made", READ_ONLY),
    works(
        "make a folder outside",
        "mkdir OUT/folder && rmdir OUT/folder",
        READ_ONLY,
    ),
    works("remove a file outside", "rm OUT/victim", READ_ONLY),
    works("move a file outside", "mv OUT/victim OUT/moved", READ_ONLY),
    works("steal a file", "mv OUT/victim stolen", READ_ONLY),
    works("change rights outside", "chmod 0777 OUT/victim", READ_ONLY),
    works(
        "change times outside",
        "touch -d 2001-01-01 OUT/victim",
        READ_ONLY,
    ),
    works(
        "empty a file outside",
        "truncate -s 0 OUT/victim",
        READ_ONLY,
    ),
    works(
        "write through a link",
        "ln -sf OUT/victim l && echo x > l",
        READ_ONLY,
    ),
    works(
        "write through a linked folder",
        "ln -sfn OUT d && echo x > d/victim",
        READ_ONLY,
    ),
    works(
        "swap a folder for a link",
        "mkdir -p s/OUTER && touch s/OUTER/victim && rm -r s && ln -sfn OUT s && echo x > s/victim",
        READ_ONLY,
    ),
    works(
        "link a file in and write it",
        "ln -f OUT/victim hard && echo x > hard",
        &[
            "Invalid cross-device link",
            "Operation not permitted",
            "Read-only file system",
        ],
    ),
    works(
        "write through /proc/self/root",
        "echo x > /proc/self/root/OUT/victim",
        READ_ONLY,
    ),
    works(
        "write through /proc/self/cwd",
        "cd OUT && echo x > /proc/self/cwd/victim",
        READ_ONLY,
    ),
    works(
        "write through an open folder",
        "exec 9< OUT && echo x > /proc/self/fd/9/victim",
        READ_ONLY,
    ),
    works(
        "write from Python",
        "python3 -c 'import os; os.open(\"OUT/victim\", os.O_WRONLY)'",
        READ_ONLY,
    ),
    works(
        "a program from memory writes outside",
        "python3 -c 'import os; f = os.memfd_create(\"m\", 0); os.write(f, open(\"/bin/sh\", \"rb\").read()); os.execve(f, [\"sh\", \"-c\", \"echo x > OUT/victim\"], {})'",
        READ_ONLY,
    ),
    works(
        "attributes outside",
        "python3 -c 'import os; os.setxattr(\"OUT/victim\", \"user.x\", b\"1\")'",
        &["Read-only file system", "Operation not supported"],
    ),
];

/// Places that make code run later.
pub(crate) const LATER: &[Attempt] = &[
    works("write a hook", "echo x > .git/hooks/pre-commit", READ_ONLY),
    works(
        "replace the folder of hooks",
        "mv .git/hooks .git/gone",
        &["busy", "Read-only"],
    ),
    works(
        "move what holds the hooks",
        "mv .git gone && mv gone .git",
        &["busy"],
    ),
    works(
        "git's hooks elsewhere",
        "git config core.hooksPath /tmp",
        &["Read-only", "could not lock", "could not write"],
    ),
    works(
        "a driver of git's",
        "git config diff.x.textconv ./x",
        &["Read-only", "could not lock", "could not write"],
    ),
    works(
        "git's watcher",
        "git config core.fsmonitor ./x",
        &["Read-only", "could not lock", "could not write"],
    ),
    works(
        "git's settings by hand",
        "echo '[alias]' >> .git/config",
        READ_ONLY,
    ),
    works(
        "replace git's settings",
        "mv .git/config .git/c && cp .git/c .git/config",
        &["busy", "Read-only"],
    ),
    works(
        "make the agent's settings",
        "mkdir -p .claude && echo {} > .claude/settings.json",
        READ_ONLY,
    ),
    works(
        "make Gimlet's settings",
        "mkdir -p .gimlet && echo {} > .gimlet/settings.json",
        READ_ONLY,
    ),
    works(
        "name servers",
        "echo {} > .mcp.json",
        &["directory", "Read-only"],
    ),
    works(
        "rename onto servers",
        "echo {} > m && mv -T m .mcp.json",
        &["directory", "busy", "Read-only"],
    ),
    works(
        "link servers",
        "rmdir .mcp.json 2>/dev/null; ln -s x .mcp.json && test -L .mcp.json",
        &["exists", "busy", "Read-only"],
    ),
    works(
        "an editor's tasks",
        "mkdir -p .vscode && echo {} > .vscode/tasks.json",
        READ_ONLY,
    ),
    works(
        "a shell's environment",
        "echo x > .envrc",
        &["directory", "Read-only"],
    ),
    works(
        "hooks of a manager",
        "mkdir -p .husky && echo x > .husky/pre-commit",
        READ_ONLY,
    ),
];

/// Secrets, and other processes.
pub(crate) const OTHERS: &[Attempt] = &[
    works("read a key", "cat OUT/secret/key", HIDDEN),
    works("list keys", "ls OUT/secret/key", HIDDEN),
    works(
        "read a key by a link",
        "ln -sfn OUT/secret k && cat k/key",
        HIDDEN,
    ),
    works(
        "read a key through /proc",
        "cat /proc/self/root/OUT/secret/key",
        HIDDEN,
    ),
    works("copy a key", "cp OUT/secret/key key", HIDDEN),
    works("read a hidden file", "cat OUT/keyfile", DENIED),
    works(
        "link a hidden file",
        "ln -f OUT/keyfile k && cat k",
        &["cross-device", "Permission denied", "not permitted"],
    ),
    works(
        "uncover a hidden file",
        "chmod 0644 OUT/keyfile && cat OUT/keyfile",
        &["Read-only", "Permission denied"],
    ),
    works("see a process", "kill -0 US", NOBODY),
    works("end a process", "kill -CONT US", NOBODY),
    works("look into a process", "cat /proc/US/status", NOBODY),
    works(
        "a process's environment",
        "cat /proc/US/environ > /dev/null",
        NOBODY,
    ),
    works("list a process", "ps -p US", &["PID"]),
    works(
        "trace a child",
        "python3 -c 'import ctypes,sys; sys.exit(ctypes.CDLL(None).ptrace(0,0,0,0) != 0)'",
        &["refused tracing a process (ptrace)"],
    ),
    works(
        "read a process's memory",
        "python3 -c 'import ctypes,os,sys; l=ctypes.CDLL(None, use_errno=True); l.process_vm_readv(os.getpid(),0,0,0,0,0); sys.exit(ctypes.get_errno() == 1)'",
        &["refused reading another process's memory"],
    ),
    works(
        "take a process's files",
        "python3 -c 'import ctypes,os,sys; f=os.pidfd_open(os.getpid()); sys.exit(ctypes.CDLL(None).syscall(438,f,0,0) < 0)'",
        &["refused taking another process's files"],
    ),
];

/// The network.
pub(crate) const NETWORK: &[Attempt] = &[
    works(
        "a server by IPv4",
        "exec 3<>/dev/tcp/127.0.0.1/PORT",
        NO_NETWORK,
    ),
    works(
        "a server by name",
        "exec 3<>/dev/tcp/localhost/PORT",
        NO_NETWORK,
    ),
    works(
        "a server by a mapped address",
        "exec 3<>/dev/tcp/::ffff:127.0.0.1/PORT",
        NO_NETWORK,
    ),
    may("a server by IPv6", "exec 3<>/dev/tcp/::1/PORT6", NO_NETWORK),
    may(
        "a far address",
        "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect((\"192.0.2.1\", 9))'",
        NO_NETWORK,
    ),
    may(
        "a name server",
        "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b\"x\", (\"192.0.2.53\", 53))'",
        NO_NETWORK,
    ),
    may(
        "a cloud's metadata",
        "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect((\"169.254.169.254\", 80))'",
        NO_NETWORK,
    ),
    works(
        "a socket with a path",
        "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"OUT/socket\")'",
        &[
            "Permission denied",
            "Connection refused",
            "Operation not permitted",
        ],
    ),
    works(
        "a socket without a path",
        "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"\\0ABSTRACT\")'",
        &["Connection refused", "Operation not permitted"],
    ),
    may(
        "a packet socket",
        "python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'",
        &["refused a raw or unusual socket"],
    ),
    may(
        "a raw socket",
        "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)'",
        &["refused a raw or unusual socket"],
    ),
    may(
        "a socket to the machine's host",
        "python3 -c 'import socket; socket.socket(40, socket.SOCK_STREAM)'",
        &["refused a raw or unusual socket"],
    ),
];

/// What belongs to the whole machine.
pub(crate) const KERNEL: &[Attempt] = &[
    works(
        "a world of its own",
        "unshare --user true",
        &["refused namespaces of its own"],
    ),
    may(
        "another's world",
        "nsenter -t 1 -m true",
        &[
            "refused another namespace",
            "Permission denied",
            "Operation not permitted",
            "No such file",
        ],
    ),
    may(
        "another root",
        "chroot / true",
        &["refused another root folder"],
    ),
    may(
        "mount",
        "mount -t tmpfs none /mnt && umount /mnt",
        &["refused mounting", "permission denied"],
    ),
    may(
        "unmount",
        "umount /proc && false || mountpoint -q /nowhere",
        &["refused unmounting", "must be superuser", "not mounted"],
    ),
    works(
        "io_uring",
        "python3 -c 'import ctypes,sys; b=(ctypes.c_char*120)(); sys.exit(ctypes.CDLL(None).syscall(425,1,b) < 0)'",
        &["refused io_uring"],
    ),
    may(
        "programs in the kernel",
        "python3 -c 'import ctypes,sys; b=(ctypes.c_char*120)(); sys.exit(ctypes.CDLL(None).syscall(321,0,b,48) < 0)'",
        &["refused programs in the kernel (bpf)"],
    ),
    may(
        "faults of memory",
        "python3 -c 'import ctypes,sys; sys.exit(ctypes.CDLL(None).syscall(323,0) < 0)'",
        &["refused userfaultfd"],
    ),
    works(
        "keys of the kernel",
        "python3 -c 'import ctypes,sys; sys.exit(ctypes.CDLL(None).syscall(250,0,-3,1) < 0)'",
        &["refused the kernel's keys"],
    ),
    may(
        "type into a terminal",
        "python3 -c 'import fcntl,os,pty,termios; m,s=pty.openpty(); fcntl.ioctl(s, termios.TIOCSTI, b\"x\")'",
        &["refused typing into a terminal"],
    ),
];

/// Rights and devices.
pub(crate) const RIGHTS: &[Attempt] = &[
    may(
        "another owner",
        "touch o && chown 12345 o",
        &["Invalid argument", "not permitted"],
    ),
    may(
        "another person",
        "setpriv --reuid 12345 --clear-groups true",
        &["Invalid argument", "not permitted"],
    ),
    may("a device", "mknod n b 7 0", DENIED),
    may(
        "a disk",
        "head -c 1 /dev/$(lsblk -dno NAME | head -1) > /dev/null",
        &["No such file", "Permission denied", "cannot open"],
    ),
    may(
        "the kernel's memory",
        "head -c 1 /proc/kcore > /dev/null",
        HIDDEN,
    ),
    may(
        "the kernel's settings",
        "echo 1 > /proc/sys/vm/drop_caches",
        &["Permission denied", "Read-only"],
    ),
    may(
        "a group of processes",
        "mkdir /sys/fs/cgroup/gimlet-was-here && rmdir /sys/fs/cgroup/gimlet-was-here",
        &[
            "Read-only",
            "Permission denied",
            "No such file",
            "cannot create",
        ],
    ),
    may(
        "the clock",
        "date -s @$(date +%s)",
        &["refused setting the clock", "cannot set date"],
    ),
    may(
        "the machine's name",
        "hostname \"$(hostname)\"",
        &[
            "refused renaming the machine",
            "you must be root",
            "must be root",
            "not found",
        ],
    ),
];
