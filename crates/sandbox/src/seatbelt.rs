//! macOS: the same bounds as a profile of Seatbelt, for `sandbox-exec`.
//!
//! Made and tested as text; it has not been run yet.

use gimlet_protocol::{Bounds, Network, Paths};
use std::{fmt::Write as _, path::Path};

/// The program that holds another to a profile.
pub const SANDBOX_EXEC: &str = "/usr/bin/sandbox-exec";

/// What every program writes to.
const DEVICES: [&str; 6] = [
    "/dev/null",
    "/dev/zero",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/stdout",
    "/dev/stderr",
];

/// Folders for temporary files where the session has none of its own.
const TEMPORARY: [&str; 3] = ["/private/tmp", "/private/var/tmp", "/private/var/folders"];

/// The profile of a command. Of several rules that fit the last one holds.
pub fn profile(bounds: &Bounds) -> String {
    let mut out = String::from("(version 1)\n(allow default)\n");
    // Writing to a string cannot fail.
    let mut line = |text: &str| writeln!(out, "{text}").unwrap_or_default();
    line("; Written is only what is named.");
    line("(deny file-write*)");
    for device in DEVICES {
        line(&format!(
            "(allow file-write* (literal {}))",
            quoted(Path::new(device))
        ));
    }
    line("(allow file-write* (regex #\"^/dev/ttys[0-9]+$\"))");
    if bounds.temporary.is_none() {
        for folder in TEMPORARY {
            line(&format!(
                "(allow file-write* (subpath {}))",
                quoted(Path::new(folder))
            ));
        }
    }
    each(&bounds.write, "allow file-write*", &mut line);
    line("; What decides what runs later stays as it is, and is not made.");
    each(&bounds.protect, "deny file-write*", &mut line);
    line("; Keys cannot be read.");
    each(&bounds.hide, "deny file-read* file-write*", &mut line);
    each(&bounds.show, "allow file-read*", &mut line);
    for path in bounds.write.iter() {
        if bounds.hide.iter().any(|hidden| path.starts_with(hidden)) {
            line(&format!(
                "(allow file-read* file-write* (subpath {}))",
                quoted(path)
            ));
        }
    }
    line("; Others are left alone.");
    line("(deny signal)");
    line("(allow signal (target same-sandbox))");
    line("(deny process-info* (target others))");
    line("(deny mach-priv-task-port)");
    line("(deny system-privilege)");
    match bounds.network {
        // The proxy stands in a network of the command's own, which there is not here.
        Network::Own | Network::Proxy => line("(deny network*)"),
        Network::Open => {}
    }
    out
}

fn each(paths: &Paths, rule: &str, line: &mut impl FnMut(&str)) {
    for path in paths.iter() {
        line(&format!("({rule} (subpath {}))", quoted(path)));
    }
}

fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests;
