//! What is offered for which call, and that what is offered is enough and no more.

use crate::{NoLinks, Policy, Request, RuleSource, Rules, Site};
use gimlet_protocol::{Access, Grant, Mode, Verdict};
use serde_json::{Value, json};

struct Asked {
    tool: &'static str,
    access: Access,
    rules: Rules,
}

impl Asked {
    fn run(command: &str) -> Self {
        let command = command.to_owned();
        let cwd = "/work/shop".into();
        Self::of("Bash", Access::Run { command, cwd })
    }

    fn of(tool: &'static str, access: Access) -> Self {
        let rules = Rules::default();
        Self {
            tool,
            access,
            rules,
        }
    }

    fn with<R>(&self, rules: &Rules, judge: impl FnOnce(&Policy<'_>, &Request<'_>) -> R) -> R {
        let site = Site {
            root: "/work/shop".into(),
            cwd: "/work/shop".into(),
            home: Some("/home/me".into()),
            ..Site::default()
        };
        let policy = Policy {
            rules,
            ground: &NoLinks,
        };
        let request = Request {
            tool: self.tool,
            input: &Value::Null,
            accesses: std::slice::from_ref(&self.access),
            site: &site,
            mode: Mode::Default,
        };
        judge(&policy, &request)
    }

    /// The rules of each offer.
    fn offers(&self) -> Vec<Vec<String>> {
        let offers = self.with(&self.rules, |policy, request| {
            policy.offers(request, &policy.decide(request))
        });
        let rules = |grants: Vec<Grant>| grants.into_iter().map(|grant| grant.rule).collect();
        offers
            .into_iter()
            .map(|offer| rules(offer.grants))
            .collect()
    }

    fn verdict_with(&self, rule: &str) -> Verdict {
        let grant = Grant {
            title: String::new(),
            rule: rule.to_owned(),
        };
        let rules = self.rules.with_grants(&[grant], "/work/shop".as_ref());
        self.with(&rules, |policy, request| policy.decide(request).verdict())
    }
}

#[test]
fn a_command_is_offered_as_it_stands_and_with_any_arguments_where_that_is_tame() {
    let table: &[(&str, &[&[&str]])] = &[
        (
            "cargo test -p shop",
            &[&["Bash(cargo test -p shop)"], &["Bash(cargo test:*)"]],
        ),
        (
            "npm run lint -- --fix",
            &[&["Bash(npm run lint -- --fix)"], &["Bash(npm run lint:*)"]],
        ),
        ("make all", &[&["Bash(make all)"]]),
        ("git push origin main", &[&["Bash(git push origin main)"]]),
        ("python x.py", &[&["Bash(python x.py)"]]),
        ("rm a.txt", &[&["Bash(rm a.txt)"]]),
        (
            "cargo test && make all",
            &[
                &["Bash(cargo test)", "Bash(make all)"],
                &["Bash(cargo test:*)", "Bash(make all)"],
            ],
        ),
        (
            "cargo test > out.txt",
            &[
                &["Bash(cargo test > out.txt)", "Edit(//work/shop/out.txt)"],
                &["Bash(cargo test:*)", "Edit(//work/shop/**)"],
            ],
        ),
        (
            "cat /var/lib/app/x.log",
            &[&["Read(//var/lib/app/x.log)"], &["Read(//var/lib/app/**)"]],
        ),
    ];
    for (command, expected) in table {
        assert_eq!(Asked::run(command).offers(), *expected, "{command}");
    }
}

#[test]
fn what_no_grant_can_cover_is_not_offered() {
    for command in [
        "rm -rf /",
        "make $TARGET",
        "echo x > .git/hooks/pre-commit",
        "make \u{202e}all",
        "f() { make; }; f",
        "ls *.rs | xargs make *",
        "make a; make b; make c; make d; make e; make f",
    ] {
        let offers = Asked::run(command).offers();
        assert_eq!(offers, Vec::<Vec<String>>::new(), "{command}");
    }
    let path = "/work/shop/.gimlet/settings.json".into();
    let protected = Asked::of("Edit", Access::Write { path });
    assert_eq!(protected.offers(), Vec::<Vec<String>>::new());
}

#[test]
fn what_a_rule_asks_about_is_not_offered() {
    let mut asked = Asked::run("cargo test");
    let source = RuleSource::default();
    asked.rules.add(Verdict::Ask, "Bash(cargo:*)", &source);
    assert_eq!(asked.offers(), Vec::<Vec<String>>::new());
}

#[test]
fn a_file_is_offered_alone_with_its_folder_and_with_the_workspace() {
    let path = "/work/shop/src/a.rs".into();
    let inside = Asked::of("Edit", Access::Write { path });
    let expected = [
        ["Edit(//work/shop/src/a.rs)"],
        ["Edit(//work/shop/src/**)"],
        ["Edit(//work/shop/**)"],
    ];
    assert_eq!(inside.offers(), expected);
    let path = "/home/me/.ssh/config".into();
    let hidden = Asked::of("Read", Access::Read { path });
    assert_eq!(hidden.offers(), [["Read(//home/me/.ssh/config)"]]);
    let path = "/work/shop/a[1].rs".into();
    let odd = Asked::of("Edit", Access::Write { path });
    assert_eq!(odd.offers(), [["Edit(//work/shop/**)"]]);
}

#[test]
fn hosts_and_tools_are_offered_by_name() {
    let host = "docs.example".to_owned();
    let reach = Asked::of("WebFetch", Access::Reach { host });
    assert_eq!(reach.offers(), [["WebFetch(domain:docs.example)"]]);
}

#[test]
fn a_grant_covers_no_more_than_it_shows() {
    let table = [
        ("Bash(cargo test:*)", "cargo test --release", Verdict::Allow),
        ("Bash(cargo test:*)", "cargo testx", Verdict::Ask),
        ("Bash(cargo test:*)", "cargo test; rm -rf src", Verdict::Ask),
        ("Bash(cargo test:*)", "cargo test > x", Verdict::Ask),
        ("Bash(cargo test:*)", "sudo cargo test", Verdict::Ask),
        ("Bash(cargo test)", "cargo test -p a", Verdict::Ask),
        ("Bash(rm:*)", "rm -rf /", Verdict::Ask),
        ("Edit(//work/shop/**)", "echo a > .envrc", Verdict::Ask),
        ("Edit(//work/shop/**)", "echo a > b", Verdict::Allow),
    ];
    for (rule, command, expected) in table {
        let found = Asked::run(command).verdict_with(rule);
        assert_eq!(found, expected, "{rule} on {command}");
    }
    assert_eq!(json!(Verdict::Ask), "ask");
}
