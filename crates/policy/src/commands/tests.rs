//! Every row's examples, and the small languages that have a module of their own.

use super::ROWS;
use crate::{NoLinks, Policy, Request, Rules, Site};
use gimlet_protocol::{Access, Mode, Verdict};
use serde_json::json;

fn verdict(command: &str, mode: Mode) -> Verdict {
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
    let input = json!({ "command": command });
    let rules = Rules::default();
    let policy = Policy {
        rules: &rules,
        ground: &NoLinks,
    };
    let request = Request {
        tool: "Bash",
        input: &input,
        accesses: &accesses,
        site: &site,
        mode,
    };
    policy.decide(&request).verdict()
}

fn wrong(examples: &[&str], wanted: Verdict, mode: Mode) -> Vec<String> {
    examples
        .iter()
        .filter(|command| verdict(command, mode) != wanted)
        .map(|command| format!("{command} is not {wanted:?}"))
        .collect()
}

#[test]
fn every_row_keeps_to_its_examples() {
    let mut all = Vec::new();
    for row in ROWS {
        assert!(!row.yes.is_empty() && !row.no.is_empty(), "{:?}", row.names);
        all.extend(wrong(row.yes, Verdict::Allow, Mode::Default));
        all.extend(wrong(row.no, Verdict::Ask, Mode::Default));
    }
    assert_eq!(all, Vec::<String>::new());
}

#[test]
fn sed_scripts_that_only_print_go_through() {
    let fine = [
        "sed -n 1,20p a.txt",
        "sed -n '/a/,/b/p' a.txt",
        "sed 's/a/b/g' a.txt",
        "sed -n '$='",
        "sed -e 's|a|b|' -e '/x/d' a.txt",
        "sed -E '1~2d;s/[a-z]+/x/2' a.txt",
        "sed ':a;N;$!ba;s/x/y/' a.txt",
        "sed '/a/{p;d}' a.txt",
        "sed 10q a.txt",
    ];
    assert_eq!(
        wrong(&fine, Verdict::Allow, Mode::Default),
        Vec::<String>::new()
    );
    let not = [
        "sed -i s/a/b/ a.txt",
        "sed 'w out' a.txt",
        "sed 's/a/b/e' a.txt",
        "sed 's/a/b/gw out' a.txt",
        "sed '1e ls' a.txt",
        "sed -n '/a/w out' a.txt",
        "sed '{p;e}' a.txt",
        "sed 'r /etc/passwd' a.txt",
        "sed -f x.sed a.txt",
        "sed '$!N;W out' a.txt",
        "sed 's/[/]/x/w out' a.txt",
        "sed 'ba\nw out' a.txt",
        "sed 'b;w out' a.txt",
        "sed '}w out' a.txt",
        "sed 'y/a/b/;w out' a.txt",
        "sed '0~4w out' a.txt",
        "sed '/x/I,+2w out' a.txt",
    ];
    assert_eq!(
        wrong(&not, Verdict::Ask, Mode::Default),
        Vec::<String>::new()
    );
}

#[test]
fn editing_commands_stay_in_the_workspace() {
    let fine = [
        "touch a",
        "mkdir -p a/b",
        "rm -rf build",
        "mv a b",
        "cp -r a b",
        "cp -t docs a.txt",
        "sed -i.bak s/a/b/ a.txt",
        "rmdir a",
    ];
    assert_eq!(
        wrong(&fine, Verdict::Allow, Mode::AcceptEdits),
        Vec::<String>::new()
    );
    let not = [
        "touch ../a",
        "mkdir -p ../a",
        "rm -rf *",
        "rm -rf .",
        "mv a ~",
        "mv a/.npmrc .",
        "cp -r a/. .",
        "cp a -t /etc",
        "cp --suffix=x -b a b",
        "sed -i/tmp/* s/a/b/ a.txt",
        "sed -i 's/a/b/w c' a.txt",
        "ln -s /etc a",
        "rm --no-preserve-root a",
        "rm -rf .git",
        "touch .envrc",
    ];
    assert_eq!(
        wrong(&not, Verdict::Ask, Mode::AcceptEdits),
        Vec::<String>::new()
    );
}
