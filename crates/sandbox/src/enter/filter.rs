//! The filter of system calls: what no build, test or tool of a repository needs, and what
//! others have used to get out.

use super::system::Outcome;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Width, SeccompCmpOp as Is, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};
use std::collections::BTreeMap;

/// Never, whatever the arguments.
const NEVER: [libc::c_long; 38] = [
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_chroot,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
];

/// Types words into another's terminal.
const TIOCSTI: u64 = 0x5412;
/// Does the same on a console.
const TIOCLINUX: u64 = 0x541c;

/// Installs the filter; no way leads back.
pub(super) fn install(offline: bool) -> Outcome<()> {
    let refuse = filter(refused(offline)?, libc::EPERM)?;
    // Programs go on with the older call, whose flags can be looked at.
    let newer = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let unknown = filter(newer, libc::ENOSYS)?;
    for program in [unknown, refuse] {
        seccompiler::apply_filter(&program)
            .map_err(|error| format!("the filter of system calls failed: {error}"))?;
    }
    Ok(())
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

fn refused(offline: bool) -> Outcome<Rules> {
    let mut rules: Rules = NEVER.iter().map(|call| (*call, Vec::new())).collect();
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
    let mut sockets = vec![
        rule([
            (0, Is::Ne, unix),
            (0, Is::Ne, inet),
            (0, Is::Ne, inet6),
            (0, Is::Ne, netlink),
        ])?,
        rule([(0, Is::Ne, netlink), (1, Is::MaskedEq(0xf), raw)])?,
    ];
    if offline {
        sockets.push(rule([(0, Is::Eq, inet)])?);
        sockets.push(rule([(0, Is::Eq, inet6)])?);
    }
    rules.insert(libc::SYS_socket, sockets);
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
