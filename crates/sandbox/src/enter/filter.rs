//! The filter of system calls: what no build, test or tool of a repository needs, and what
//! others have used to get out.

use super::system::{self, Outcome};
use gimlet_protocol::{Network, Strength};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Width, SeccompCmpOp as Is, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};
use std::{collections::BTreeMap, os::fd::OwnedFd};

/// Never, whatever the arguments; with what it is to people.
const NEVER: [(libc::c_long, &str); 42] = [
    (libc::SYS_ptrace, "tracing a process (ptrace)"),
    (
        libc::SYS_process_vm_readv,
        "reading another process's memory",
    ),
    (
        libc::SYS_process_vm_writev,
        "writing another process's memory",
    ),
    (libc::SYS_pidfd_getfd, "taking another process's files"),
    (libc::SYS_kcmp, "comparing processes (kcmp)"),
    (libc::SYS_io_uring_setup, "io_uring"),
    (libc::SYS_io_uring_enter, "io_uring"),
    (libc::SYS_io_uring_register, "io_uring"),
    (libc::SYS_bpf, "programs in the kernel (bpf)"),
    (libc::SYS_perf_event_open, "performance events"),
    (libc::SYS_userfaultfd, "userfaultfd"),
    (libc::SYS_keyctl, "the kernel's keys"),
    (libc::SYS_add_key, "the kernel's keys"),
    (libc::SYS_request_key, "the kernel's keys"),
    (libc::SYS_mount, "mounting"),
    (libc::SYS_umount2, "unmounting"),
    (libc::SYS_pivot_root, "another root folder"),
    (libc::SYS_move_mount, "mounting"),
    (libc::SYS_open_tree, "mounting"),
    (libc::SYS_fsopen, "mounting"),
    (libc::SYS_fspick, "mounting"),
    (libc::SYS_fsconfig, "mounting"),
    (libc::SYS_fsmount, "mounting"),
    (libc::SYS_mount_setattr, "mounting"),
    (libc::SYS_setns, "another namespace"),
    (libc::SYS_unshare, "namespaces of its own"),
    (libc::SYS_chroot, "another root folder (chroot)"),
    (libc::SYS_open_by_handle_at, "opening files by their handle"),
    (libc::SYS_name_to_handle_at, "opening files by their handle"),
    (libc::SYS_init_module, "loading kernel modules"),
    (libc::SYS_finit_module, "loading kernel modules"),
    (libc::SYS_delete_module, "unloading kernel modules"),
    (libc::SYS_kexec_load, "another kernel"),
    (libc::SYS_reboot, "rebooting"),
    (libc::SYS_swapon, "swap"),
    (libc::SYS_swapoff, "swap"),
    (libc::SYS_acct, "process accounting"),
    (libc::SYS_quotactl, "disk quotas"),
    (libc::SYS_syslog, "the kernel's log"),
    (libc::SYS_settimeofday, "setting the clock"),
    (libc::SYS_clock_settime, "setting the clock"),
    (libc::SYS_sethostname, "renaming the machine"),
];

/// What depends on its arguments.
const SOME: [(libc::c_long, &str); 3] = [
    (libc::SYS_clone, "namespaces of its own"),
    (libc::SYS_ioctl, "typing into a terminal"),
    (libc::SYS_socket, "a raw or unusual socket"),
];

/// Types words into another's terminal.
const TIOCSTI: u64 = 0x5412;
/// Does the same on a console.
const TIOCLINUX: u64 = 0x541c;

/// Which sockets may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sockets {
    /// None that reaches the network.
    Local,
    /// None that is raw: the network is another's to confine.
    Usual,
}

impl Sockets {
    /// Without a network of its own there is nothing else to keep a command off the other's.
    pub(super) fn for_level(strength: Strength, network: Network) -> Self {
        match (strength, network) {
            (Strength::Namespaces, _) | (_, Network::Open) => Self::Usual,
            (Strength::None | Strength::Rules, Network::Own | Network::Proxy) => Self::Local,
        }
    }
}

/// What a refused call is to people.
pub(super) fn what(call: libc::c_long) -> &'static str {
    let mut known = NEVER.iter().chain(&SOME);
    known
        .find(|(number, _)| *number == call)
        .map_or("a system call", |(_, what)| what)
}

/// Installs the filter; no way leads back.
pub(super) fn install(sockets: Sockets) -> Outcome<()> {
    apply(&unknown()?)?;
    apply(&filter(refused(sockets)?, libc::EPERM)?)
}

/// Installs it so that what it refuses is told where the descriptor is read, and refused there.
pub(super) fn install_and_notify(sockets: Sockets) -> Outcome<OwnedFd> {
    apply(&unknown()?)?;
    let mut program = filter(refused(sockets)?, libc::EPERM)?;
    let refusal = libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs();
    for line in &mut program {
        let returns = u32::from(line.code) == libc::BPF_RET | libc::BPF_K;
        if returns && line.k == refusal {
            line.k = libc::SECCOMP_RET_USER_NOTIF;
        }
    }
    system::install_with_notices(&program)
}

fn apply(program: &BpfProgram) -> Outcome<()> {
    seccompiler::apply_filter(program)
        .map_err(|error| format!("the filter of system calls failed: {error}"))
}

/// Programs go on with the older call, whose flags can be looked at.
fn unknown() -> Outcome<BpfProgram> {
    let newer = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    filter(newer, libc::ENOSYS)
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn filter(rules: Rules, errno: libc::c_int) -> Outcome<BpfProgram> {
    let failed = |error: &dyn std::fmt::Display| format!("the filter of system calls: {error}");
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| failed(&error))?;
    let errno = SeccompAction::Errno(errno.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, errno, arch);
    filter
        .and_then(BpfProgram::try_from)
        .map_err(|error| failed(&error))
}

fn refused(sockets: Sockets) -> Outcome<Rules> {
    let mut rules: Rules = NEVER.iter().map(|(call, _)| (*call, Vec::new())).collect();
    let user = u64::from(libc::CLONE_NEWUSER.unsigned_abs());
    rules.insert(
        libc::SYS_clone,
        vec![rule([(0, Is::MaskedEq(user), user)])?],
    );
    rules.insert(
        libc::SYS_ioctl,
        vec![
            rule([(1, Is::Eq, TIOCSTI)])?,
            rule([(1, Is::Eq, TIOCLINUX)])?,
        ],
    );
    let family = |family: libc::c_int| u64::from(family.unsigned_abs());
    let (unix, netlink) = (family(libc::AF_UNIX), family(libc::AF_NETLINK));
    let (inet, inet6) = (family(libc::AF_INET), family(libc::AF_INET6));
    let raw = family(libc::SOCK_RAW);
    let mut unwanted = vec![
        rule([
            (0, Is::Ne, unix),
            (0, Is::Ne, inet),
            (0, Is::Ne, inet6),
            (0, Is::Ne, netlink),
        ])?,
        rule([(0, Is::Ne, netlink), (1, Is::MaskedEq(0xf), raw)])?,
    ];
    if sockets == Sockets::Local {
        unwanted.push(rule([(0, Is::Eq, inet)])?);
        unwanted.push(rule([(0, Is::Eq, inet6)])?);
    }
    rules.insert(libc::SYS_socket, unwanted);
    Ok(rules)
}

/// All conditions together: which argument, how it is compared, with what.
fn rule<const N: usize>(conditions: [(u8, Is, u64); N]) -> Outcome<SeccompRule> {
    let conditions = conditions
        .into_iter()
        .map(|(argument, is, value)| SeccompCondition::new(argument, Width::Dword, is, value))
        .collect::<Result<Vec<_>, _>>();
    conditions
        .and_then(SeccompRule::new)
        .map_err(|error| format!("the filter of system calls: {error}"))
}
