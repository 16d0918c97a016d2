//! Landlock: writing only where it is granted, and no word to processes outside.

use super::system::Outcome;
use gimlet_protocol::{Bounds, Strength};
use landlock::{
    ABI, AccessFs, CompatLevel, Compatible as _, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetStatus, Scope,
};

/// Devices and folders without which ordinary programs fail.
const ALWAYS: [&str; 6] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
];
/// Folders that are the command's own in a world of its own, and else everyone's.
const TEMPORARY: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// The newest version whose rules are wanted; an older kernel holds what it can.
const VERSION: ABI = ABI::V6;

/// Whether the kernel has it.
pub(super) fn are_there() -> bool {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_write(ABI::V1))
        .and_then(Ruleset::create)
        .is_ok()
}

/// Restricts this process and all that come from it. False where the kernel has no Landlock.
pub(super) fn restrict(bounds: &Bounds) -> Outcome<bool> {
    let failed = |error: &dyn std::fmt::Display| format!("Landlock failed: {error}");
    let writing = AccessFs::from_write(VERSION);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(writing)
        .and_then(|rules| rules.scope(Scope::AbstractUnixSocket | Scope::Signal))
        .and_then(Ruleset::create)
        .map_err(|error| failed(&error))?;
    let granted = bounds.write.iter();
    let always = ALWAYS.iter().map(std::path::Path::new);
    let own = bounds.strength == Strength::Namespaces || bounds.temporary.is_none();
    let temporary = TEMPORARY.iter().filter(|_| own).map(std::path::Path::new);
    for path in granted.chain(always).chain(temporary) {
        // What is not there grants nothing.
        let Ok(fd) = PathFd::new(path) else { continue };
        let access = if path.is_dir() {
            writing
        } else {
            writing & AccessFs::from_file(VERSION)
        };
        rules = rules
            .add_rule(PathBeneath::new(fd, access))
            .map_err(|error| failed(&error))?;
    }
    let status = rules.restrict_self().map_err(|error| failed(&error))?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}
