//! The environment of git: of our own calls, and of the commands that a model runs.

/// Set for every call of our own, whose environment holds nothing else of git.
pub(super) const QUIET: [(&str, &str); 13] = [
    ("LC_ALL", "C.UTF-8"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_ASKPASS", "false"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_EDITOR", ":"),
    ("GIT_LFS_SKIP_SMUDGE", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_PAGER", "cat"),
    ("GIT_PROTOCOL_FROM_USER", "0"),
    ("GIT_SEQUENCE_EDITOR", ":"),
    ("GIT_SSH_COMMAND", "false"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("SSH_ASKPASS", "false"),
];

/// Configuration for the commands of a session. What the person's own work needs stays: hooks of
/// a commit, signatures, transports, filters and drivers of a repository that is trusted.
const IN_A_SESSION: [(&str, &str); 6] = [
    ("core.fsmonitor", "false"),
    ("core.pager", "cat"),
    ("diff.autoRefreshIndex", "false"),
    ("log.showSignature", "false"),
    ("protocol.ext.allow", "never"),
    ("safe.bareRepository", "explicit"),
];

/// Variables of a session that would have git run or read something else than the command
/// says. They are the person's, but a session's commands are not.
const TAKEN: [&str; 14] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PROXY_COMMAND",
    "GIT_TEMPLATE_DIR",
    "GIT_TRACE",
    "GIT_WORK_TREE",
];

/// What every command of a session gets, so that git reads a repository without running what
/// its configuration names; with hooks off as well where the repository is not trusted. The
/// second part are variables that it must not inherit. `inherited` is how many keys the person's
/// own environment sets so; ours come after them.
pub fn session_environment(
    trusted: bool,
    inherited: usize,
) -> (Vec<(String, String)>, Vec<String>) {
    let mut keys: Vec<(&str, &str)> = IN_A_SESSION.to_vec();
    if !trusted {
        keys.push(("core.hooksPath", "/dev/null"));
    }
    let mut set = vec![
        ("GIT_OPTIONAL_LOCKS".to_owned(), "0".to_owned()),
        ("GIT_PAGER".to_owned(), "cat".to_owned()),
        ("GIT_TERMINAL_PROMPT".to_owned(), "0".to_owned()),
        (
            "GIT_CONFIG_COUNT".to_owned(),
            (inherited + keys.len()).to_string(),
        ),
    ];
    for (number, (key, value)) in (inherited..).zip(keys) {
        set.push((format!("GIT_CONFIG_KEY_{number}"), key.to_owned()));
        set.push((format!("GIT_CONFIG_VALUE_{number}"), value.to_owned()));
    }
    (set, TAKEN.iter().map(|name| (*name).to_owned()).collect())
}
