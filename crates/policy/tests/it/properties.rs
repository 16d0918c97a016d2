//! What no input may do: get a denied command allowed, or be allowed without being understood.

use gimlet_policy::{NoLinks, Policy, Request, RuleSource, Rules, Site};
use gimlet_protocol::{Access, Mode, Verdict};
use proptest::{prelude::*, test_runner::RngSeed};
use serde_json::json;
use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

fn rules(list: &[(Verdict, &str)]) -> Rules {
    let mut rules = Rules::default();
    for (verdict, text) in list {
        rules.add(*verdict, text, &RuleSource::default());
    }
    rules
}

fn judged(rules: &Rules, command: &str) -> Verdict {
    let site = Site {
        root: "/work/shop".into(),
        cwd: "/work/shop".into(),
        home: Some("/home/me".into()),
        ..Site::default()
    };
    let accesses = [Access::Run {
        command: command.to_owned(),
        cwd: site.cwd.clone(),
    }];
    let policy = Policy {
        rules,
        ground: &NoLinks,
    };
    let request = Request {
        tool: "Bash",
        input: &json!({ "command": command }),
        accesses: &accesses,
        site: &site,
        mode: Mode::Default,
    };
    policy.decide(&request).verdict()
}

/// Spellings of the program that is denied.
const NAMES: [&str; 12] = [
    "rm",
    "'rm'",
    "\"rm\"",
    "\\rm",
    "r''m",
    "r\\m",
    "$'rm'",
    "$'\\x72m'",
    "/bin/rm",
    "/bin//rm",
    "\"/usr/bin/rm\"",
    "{rm,-f}",
];

/// What may stand around a simple command, which stays one.
const AROUND_SIMPLE: [&str; 24] = [
    "timeout 5 @",
    "timeout -s KILL 5 @",
    "nice @",
    "nice -n 3 @",
    "nohup @",
    "env @",
    "env -i A=b @",
    "sudo @",
    "sudo -u root @",
    "doas @",
    "command @",
    "stdbuf -oL @",
    "setsid @",
    "ionice -c3 @",
    "xargs @",
    "xargs -n1 @",
    "A=b @",
    "LANG=C @",
    "exec @",
    "flock lock @",
    "strace -f @",
    "busybox @",
    "watch @",
    "time @",
];

/// What may stand around any command.
const AROUND_ANY: [&str; 20] = [
    "true && @",
    "true; @",
    "@ | cat",
    "ls | @",
    "(@)",
    "{ @; }",
    "echo $(@)",
    "echo \"$(@)\"",
    "cat <(@)",
    "if true; then @; fi",
    "while true; do @; done",
    "for i in 1 2; do @; done",
    "! { @; }",
    "x() { @; }; x",
    "echo a & @",
    "case a in a) @;; esac",
    "true || @",
    "echo \"a\nb\"; @",
    "# a\n@",
    "echo ${x:-$(@)}",
];

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// What hands any command to a shell as a text; a simple command comes out.
const AS_TEXT: [&str; 6] = [
    "sh -c @",
    "bash -lc @",
    "eval @",
    "bash -o pipefail -c @",
    "env -S @",
    "su -c @",
];

fn wrapped(name: usize, layers: &[(u8, usize)]) -> String {
    let mut command = format!("{} -rf x", NAMES[name % NAMES.len()]);
    let mut simple = true;
    for (kind, which) in layers {
        let (form, inner, stays) = match kind % 3 {
            0 if simple => (
                AROUND_SIMPLE[which % AROUND_SIMPLE.len()],
                command.clone(),
                true,
            ),
            1 => (AS_TEXT[which % AS_TEXT.len()], quoted(&command), true),
            _ => (AROUND_ANY[which % AROUND_ANY.len()], command.clone(), false),
        };
        command = form.replacen('@', &inner, 1);
        simple = stays;
    }
    command
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn no_wrapping_turns_a_denied_command_into_an_allowed_one(
        name in 0_usize..NAMES.len(),
        layers in prop::collection::vec((any::<u8>(), any::<usize>()), 0..6),
    ) {
        let command = wrapped(name, &layers);
        let rules = rules(&[(Verdict::Allow, "Bash"), (Verdict::Deny, "Bash(rm:*)")]);
        prop_assert_ne!(judged(&rules, &command), Verdict::Allow, "{}", command);
        if layers.len() < 3 {
            prop_assert_eq!(judged(&rules, &command), Verdict::Deny, "{}", command);
        }
    }

    #[test]
    fn a_broken_rule_allows_nothing(text in "[A-Za-z*()_: \\\\/.~-]{0,24}") {
        let rules = rules(&[(Verdict::Allow, text.as_str())]);
        if !rules.faults.is_empty() {
            prop_assert_eq!(judged(&rules, "make"), Verdict::Ask, "{}", text);
        }
    }

    #[test]
    fn any_text_can_be_a_rule_or_a_command(rule in ".{0,40}", command in ".{0,60}") {
        for verdict in [Verdict::Allow, Verdict::Ask, Verdict::Deny] {
            judged(&rules(&[(verdict, rule.as_str())]), &command);
        }
    }
}

/// Pieces from which hostile command lines are made.
const PIECES: [&str; 44] = [
    "ls", "cat", "echo", "a", "-l", " ", " ", " ", "'", "\"", "`", "$", "(", ")", "{", "}", "<",
    ">", "|", "&", ";", "\n", "\\", "#", "*", "?", "[", "]", "$(", "${", "<<E", "\nE\n", "<(",
    "((", "))", "[[", "]]", "if", "then", "fi", "do", "done", "=", "!",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn what_is_allowed_is_a_whole_command_for_bash(picks in prop::collection::vec(0_usize..PIECES.len(), 1..14)) {
        let command: String = picks.iter().map(|pick| PIECES[*pick]).collect();
        if judged(&Rules::default(), &command) == Verdict::Allow {
            let status = Command::new("bash")
                .args(["-n", "-c", &command])
                .stderr(Stdio::null())
                .status()
                .expect("bash");
            prop_assert!(status.success(), "{:?}", command);
        }
    }
}

#[test]
fn hostile_input_is_judged_in_time_and_what_is_denied_in_it_stays_denied() {
    let rules = rules(&[(Verdict::Allow, "Bash"), (Verdict::Deny, "Bash(rm:*)")]);
    let nested = |open: &str, close: &str, times: usize| {
        format!("{}rm x{}", open.repeat(times), close.repeat(times))
    };
    let inputs = [
        nested("(", ")", 400),
        nested("$(", ")", 400),
        nested("{ ", "; }", 400),
        nested("if true; then ", "; fi", 300),
        nested("timeout 5 ", "", 900),
        nested("eval ", "", 900),
        "true; ".repeat(1500) + "rm x",
        "true | ".repeat(1300) + "rm x",
        "true && ".repeat(60_000) + "rm x",
        "a=".repeat(4000) + "; rm x",
        "for i in a b c d e f g h; do ".repeat(12) + "rm x" + &"; done".repeat(12),
        "'".repeat(9_001) + "; rm x",
        "\\".repeat(9_000) + "; rm x",
        "<<E ".repeat(900) + "\nrm x\nE\n",
        "{a,b}".repeat(60) + "; rm x",
        "`".repeat(3001) + " rm x",
        "x".repeat(3_000_000) + "; rm x",
        "echo ".to_owned() + &"${x:-".repeat(500) + "$(rm x)" + &"}".repeat(500),
    ];
    for input in inputs {
        let begun = Instant::now();
        let verdict = judged(&rules, &input);
        let start: String = input.chars().take(40).collect();
        assert_ne!(verdict, Verdict::Allow, "{start}");
        // Far above what a build for tests needs on a busy machine; growth without bounds is not.
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{start}: {:?}",
            begun.elapsed()
        );
    }
}
