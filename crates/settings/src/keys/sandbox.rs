//! The keys of `sandbox`: what commands are held to.

use super::{Key, Scope, Shape};

/// The number of a limit.
const COUNT: Shape = Shape::Whole {
    min: 1,
    max: 1_000_000_000,
};

pub(super) const SANDBOX_KEYS: &[Key] = &[
    key(
        "enabled",
        Shape::Flag,
        "`true`",
        "Whether the model's commands are confined. In the mode `bypassPermissions` they are not.",
    ),
    key(
        "failIfUnavailable",
        Shape::Flag,
        "`false`",
        "Refuses commands where this machine can hold them to less than everything; otherwise \
         it is said at the start what holds, and they run.",
    ),
    key(
        "strength",
        Shape::OneOf(&["namespaces", "rules", "none"]),
        "what the machine has",
        "The most that is used: namespaces with Landlock and a filter of system calls, the latter \
         two alone, or nothing.",
    ),
    key(
        "autoAllowBashIfSandboxed",
        Shape::Flag,
        "`false`",
        "Lets confined commands run without a question. Rules that deny or ask, and the removal of \
         critical folders, still count; not in the mode `plan`.",
    ),
    key(
        "allowUnsandboxedCommands",
        Shape::Flag,
        "`true`",
        "Whether the model may ask for a command to run unconfined. With `false` such a command \
         stays confined.",
    ),
    key(
        "excludedCommands",
        Shape::Texts,
        "",
        "Patterns of commands that run unconfined, such as `docker *`; every part of a command \
         line must match one.",
    ),
    key(
        "passEnv",
        Shape::Texts,
        "",
        "Environment variables that commands get although their name says that they hold a secret.",
    ),
    Key {
        name: "filesystem",
        shape: Shape::Object(FILES),
        scope: Scope::Anyone,
        default: "",
        about: "What confined commands may read and write. Paths are absolute, begin with `~/`, or \
                are relative to the working folder.",
    },
    Key {
        name: "network",
        shape: Shape::Object(NETWORK),
        scope: Scope::Anyone,
        default: "",
        about: "Which hosts confined commands reach, through Gimlet's proxy alone.",
    },
    Key {
        name: "limits",
        shape: Shape::Object(LIMITS),
        scope: Scope::NotRepository,
        default: "",
        about: "How much a confined command may use.",
    },
];

const FILES: &[Key] = &[
    key(
        "allowWrite",
        Shape::Texts,
        "",
        "May be written, beside the workspace and `/tmp`.",
    ),
    restricting("denyWrite", "May not be written, even in the workspace."),
    restricting("denyRead", "Cannot be read."),
    key(
        "allowRead",
        Shape::Texts,
        "",
        "Can be read although it lies in something hidden.",
    ),
];

const NETWORK: &[Key] = &[
    key(
        "allowedDomains",
        Shape::Texts,
        "",
        "Hosts that are reached without a question: `example.com`, `*.example.com`, \
         `example.com:443`. Addresses of this machine and of private networks only by their own \
         name or number.",
    ),
    restricting("deniedDomains", "Hosts that are never reached."),
    key(
        "strictAllowlist",
        Shape::Flag,
        "`false`",
        "Denies other hosts instead of asking.",
    ),
    key(
        "open",
        Shape::Flag,
        "`false`",
        "Leaves the network as it is, without the proxy.",
    ),
];

const LIMITS: &[Key] = &[
    key("processes", COUNT, "4096", "Processes and threads."),
    key(
        "memoryMegabytes",
        COUNT,
        "three quarters of the machine's",
        "Memory of one process.",
    ),
    key("fileMegabytes", COUNT, "65536", "Size of one file."),
];

const fn key(name: &'static str, shape: Shape, default: &'static str, about: &'static str) -> Key {
    Key {
        name,
        shape,
        scope: Scope::NotRepository,
        default,
        about,
    }
}

/// What anyone may forbid, the repository's files included.
const fn restricting(name: &'static str, about: &'static str) -> Key {
    Key {
        name,
        shape: Shape::Texts,
        scope: Scope::Anyone,
        default: "",
        about,
    }
}
