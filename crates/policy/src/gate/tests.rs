//! What stays open to a grant, and what does not.

use super::Gate;
use crate::{NoLinks, RuleSource, Rules};
use gimlet_ports::{Case, Judge as _, Plan, Scene};
use gimlet_protocol::{Access, Desk, Mode, Risk, SessionId, Verdict};
use serde_json::json;
use std::sync::Arc;

fn judged(rules: &[(Verdict, &str)], command: &str) -> (Option<Verdict>, Vec<String>) {
    let mut all = Rules::default();
    for (verdict, text) in rules {
        all.add(*verdict, text, &RuleSource::default());
    }
    let gate = Gate::new(Arc::new(all), Vec::new(), Arc::new(NoLinks));
    let scene = Scene {
        session: SessionId::new("s"),
        root: "/work".into(),
        cwd: "/work".into(),
        added: Vec::new(),
        home: None,
        scratch: "/scratch".into(),
        mode: Mode::Default,
        output_chars: 1000,
        desk: Arc::new(Desk::default()),
        grants: Arc::default(),
    };
    let access = Access::Run {
        command: command.to_owned(),
        cwd: scene.cwd.clone(),
    };
    let plan = Plan {
        title: "run".to_owned(),
        risk: Risk::High,
        accesses: vec![access.clone()],
    };
    let case = Case {
        tool: "Bash",
        input: &json!({ "command": command }),
        plan: &plan,
        access: &access,
        scene: &scene,
    };
    let vote = gate.vote(&case).unwrap_or_default();
    let unsure = gate.unsure(&case).into_iter().map(|reason| reason.text);
    (vote.map(|(verdict, _)| verdict), unsure.collect())
}

#[test]
fn a_command_that_is_only_unknown_is_left_open_with_its_reason() {
    let expected = vec!["make is not known to only look".to_owned()];
    assert_eq!(judged(&[], "make"), (None, expected));
}

#[test]
fn what_rules_and_the_floor_ask_about_is_not_left_open() {
    let ask = [(Verdict::Ask, "Bash(make:*)")];
    assert_eq!(judged(&ask, "make").0, Some(Verdict::Ask));
    let allow = [(Verdict::Allow, "Bash")];
    assert_eq!(judged(&allow, "rm -rf /").0, Some(Verdict::Ask));
}

#[test]
fn what_is_known_is_voted_on() {
    assert_eq!(judged(&[], "ls").0, Some(Verdict::Allow));
    let deny = [(Verdict::Deny, "Bash(make:*)")];
    assert_eq!(judged(&deny, "ls; make").0, Some(Verdict::Deny));
}
