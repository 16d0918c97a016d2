//! Tests of what is known to change nothing.

use super::only_looks;
use std::path::Path;

#[test]
fn only_what_is_known_to_look_is_let_off() {
    let looks = |command: &str| only_looks(command, Path::new("/work"));
    for command in [
        "ls -la",
        "cat a | head -3",
        "git status && git diff",
        "rg x src 2>/dev/null",
        "cd src && ls",
    ] {
        assert!(looks(command), "{command}");
    }
    for command in [
        "ls > a",
        "cargo test",
        "rm a",
        "cat a | tee b",
        "sed -i s/a/b/ c",
        "git checkout .",
        "find . -delete",
        "PATH=. ls",
        "ls; $(make)",
        "eval ls",
        "ls | xargs rm",
        "python x.py",
        "ls 'open",
    ] {
        assert!(!looks(command), "{command}");
    }
}
