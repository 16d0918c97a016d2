//! What is told of the words that real programs have for it.

use super::*;

fn bounds() -> Bounds {
    Bounds {
        write: ["/w".into(), "/s/tmp".into()].into_iter().collect(),
        protect: ["/w/.git/hooks".into(), "/w/.claude".into()]
            .into_iter()
            .collect(),
        hide: ["/home/p/.ssh".into()].into_iter().collect(),
        temporary: Some("/s/tmp".into()),
        network: Network::Proxy,
        ..Bounds::default()
    }
}

#[test]
fn each_refusal_is_told_as_what_it_was() {
    for (output, told) in [
        (
            "bash: line 1: /etc/x: Read-only file system",
            "lets only /w and /tmp be written",
        ),
        (
            "touch: cannot touch '.git/hooks/x': Read-only file system",
            "keeps /w/.git/hooks as it is",
        ),
        (
            "mkdir: cannot create directory ‘.claude/x’: Read-only file system",
            "keeps /w/.claude as it is",
        ),
        (
            "cat: /home/p/.ssh/id: Permission denied",
            "hides /home/p/.ssh",
        ),
        (
            "curl: (6) Could not resolve host: x.example",
            "through the proxy",
        ),
        (
            "bash: fork: retry: Resource temporarily unavailable",
            "limits the number of processes",
        ),
    ] {
        let found = of_output(&bounds(), output, true);
        assert_eq!(found.len(), 1, "{output}: {found:?}");
        assert!(found[0].contains(told), "{output}: {found:?}");
    }
}

#[test]
fn ordinary_failures_are_not_the_sandbox_s() {
    for output in [
        "cat: a: No such file or directory",
        "error: 3 tests failed",
        "Permission denied",
    ] {
        assert_eq!(of_output(&bounds(), output, true), Vec::<String>::new());
    }
    let resolved = "warning: could not resolve symbol";
    assert_eq!(of_output(&bounds(), resolved, false), Vec::<String>::new());
}
