//! Which examples rules cover.

use super::covers_example;
use crate::{paths::Site, rules::RuleSource};
use gimlet_protocol::Verdict::{self, Allow, Ask, Deny};

fn covers(verdict: Verdict, rule: &str, example: &str) -> bool {
    let site = Site {
        root: "/work/shop".into(),
        cwd: "/work/shop".into(),
        home: Some("/home/me".into()),
        ..Site::default()
    };
    let source = RuleSource {
        name: "settings.json:3".to_owned(),
        folder: "/work/shop".into(),
        ..RuleSource::default()
    };
    covers_example(verdict, rule, &source, example, &site)
}

#[test]
fn a_rule_covers_what_would_be_ruled_because_of_it() {
    let table = [
        (Allow, "Bash(cargo test:*)", "cargo test -p x", true),
        (Allow, "Bash(cargo test:*)", "cargo test && ls", true),
        (Allow, "Bash(cargo test:*)", "cargo publish", false),
        (
            Allow,
            "Bash(cargo test:*)",
            "cargo test && cargo publish",
            false,
        ),
        // It goes through, and not because of the rule.
        (Allow, "Bash(cargo test:*)", "ls", false),
        (Allow, "Bash(make", "make", false),
        (Deny, "Bash(rm:*)", "ls; sudo rm x", true),
        (Deny, "Bash(rm:*)", "ls", false),
        (Deny, "Bash(rm:*", "rm x", true),
        (Ask, "Bash(git push:*)", "git push origin main", true),
        (Ask, "Bash(git push:*)", "git pull", false),
        (Deny, "Read(.env)", "config/.env", true),
        (Deny, "Read(.env)", "src/main.rs", false),
        (Allow, "Edit(src/**)", "src/a.rs", true),
        (Allow, "Edit(src/**)", "build.rs", false),
        (Allow, "Read(~/notes/**)", "~/notes/a", true),
        (
            Allow,
            "WebFetch(domain:*.example.com)",
            "https://docs.example.com/a",
            true,
        ),
        (
            Allow,
            "WebFetch(domain:*.example.com)",
            "example.com",
            false,
        ),
        (Deny, "Agent(plan)", "plan", true),
        (Deny, "Agent(plan)", "explore", false),
        (Allow, "mcp__box", "mcp__box__open", true),
        (Allow, "mcp__box", "mcp__boxes__open", false),
    ];
    for (verdict, rule, example, expected) in table {
        assert_eq!(
            covers(verdict, rule, example),
            expected,
            "{verdict:?} {rule} on {example}"
        );
    }
}
