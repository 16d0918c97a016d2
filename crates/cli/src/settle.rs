//! Gives back the pages of the program that only starting needed.

use rustix::mm::{Advice, madvise};
use std::{ffi::c_void, fs, os::unix::ffi::OsStrExt as _, path::Path};

/// Lets go of the program's own code and constants as they lie in memory now. What is needed
/// again is mapped again from the same file, a few microseconds later; what only starting
/// needed, the larger part, stays away.
pub(crate) fn settle() {
    let (Ok(maps), Ok(program)) = (fs::read("/proc/self/maps"), fs::read_link("/proc/self/exe"))
    else {
        return;
    };
    for line in maps.split(|byte| *byte == b'\n') {
        if let Some((start, length)) = clean(line, &program) {
            let start: *mut c_void = std::ptr::with_exposed_provenance_mut(start);
            #[expect(unsafe_code, reason = "the system call is named by address")]
            // SAFETY: the range is one whole private mapping of the program's file that was
            // never written: code, or the file's constant front. Its pages hold what the file
            // holds, so a page that is let go comes back the same.
            let given = unsafe { madvise(start, length, Advice::LinuxDontNeed) };
            // Memory that stays is no harm.
            given.unwrap_or_default();
        }
    }
}

/// The mapping of a line of `/proc/PID/maps` where it is the program's and cannot have been
/// written: code, or the constants at the file's start. What lies behind them was written when
/// the program was loaded, and would come back without that.
fn clean(line: &[u8], program: &Path) -> Option<(usize, usize)> {
    if !line.ends_with(program.as_os_str().as_bytes()) {
        return None;
    }
    let mut fields = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let (access, offset) = (fields.next()?, fields.next()?);
    let at_front = offset.bytes().all(|digit| digit == b'0');
    if access != "r-xp" && !(access == "r--p" && at_front) {
        return None;
    }
    let hex = |text: &str| usize::from_str_radix(text, 16).ok();
    let (start, end) = (hex(start)?, hex(end)?);
    Some((start, end.checked_sub(start)?))
}

#[cfg(test)]
mod tests;
