use super::{Decision, read_decision};
use gimlet_protocol::{Call, Grant, Mode, Offer, Reply, ReplyScope};
use serde_json::{Value, json};

fn decided(answer: Value) -> Decision {
    let call = Call {
        id: "toolu_1".into(),
        tool: "Bash".to_owned(),
        input: json!({"command": "ls"}),
        broken: None,
        opaque: None,
    };
    let offer = |rule: &str| Offer {
        grants: vec![Grant {
            title: String::new(),
            rule: rule.to_owned(),
        }],
    };
    let offers = [offer("Bash(ls)"), offer("Bash(ls:*)")];
    read_decision(&call, &offers, Ok(answer))
}

fn allow(scope: ReplyScope, input: Option<Value>) -> Decision {
    let offer = 0;
    let reply = Reply::Allow {
        scope,
        offer,
        input,
    };
    Decision {
        reply,
        interrupts: false,
        mode: None,
        left_out: Vec::new(),
    }
}

#[test]
fn an_unchanged_input_is_no_change() {
    let answer = json!({"behavior": "allow", "updatedInput": {"command": "ls"}});
    assert_eq!(decided(answer), allow(ReplyScope::Once, None));
    let answer = json!({"behavior": "allow", "updatedInput": {"command": "ls -l"}});
    assert_eq!(
        decided(answer),
        allow(ReplyScope::Once, Some(json!({"command": "ls -l"})))
    );
}

#[test]
fn rules_that_were_suggested_are_granted_and_no_others() {
    let rule = |destination: &str, inner: &str| {
        json!({"behavior": "allow", "updatedPermissions": [{
            "type": "addRules", "behavior": "allow", "destination": destination,
            "rules": [{"toolName": "Bash", "ruleContent": inner}],
        }]})
    };
    assert_eq!(
        decided(rule("session", "ls")),
        allow(ReplyScope::Session, None)
    );
    assert_eq!(
        decided(rule("localSettings", "ls")),
        allow(ReplyScope::Always, None)
    );
    let wider = decided(rule("session", "ls:*"));
    assert_eq!(
        wider.reply,
        Reply::Allow {
            scope: ReplyScope::Session,
            offer: 1,
            input: None
        }
    );
    let other = decided(rule("session", "rm:*"));
    assert_eq!(other.reply, allow(ReplyScope::Once, None).reply);
    assert_eq!(
        other.left_out,
        ["a permission update was left out: its rules are not among those that were suggested"]
    );
}

#[test]
fn a_mode_comes_with_the_answer() {
    let answer = json!({"behavior": "allow", "updatedPermissions": [
        {"type": "setMode", "mode": "acceptEdits", "destination": "session"},
    ]});
    assert_eq!(decided(answer).mode, Some(Mode::AcceptEdits));
}

#[test]
fn malformed_updates_are_left_out_and_the_answer_stands() {
    let answer = json!({"behavior": "allow", "updatedPermissions": [
        7,
        {"type": "setMode", "mode": "nonsense", "destination": "session"},
        {"type": "addDirectories", "directories": ["/x"], "destination": "session"},
    ]});
    let decision = decided(answer);
    assert_eq!(
        decision.reply,
        Reply::Allow {
            scope: ReplyScope::Once,
            offer: 0,
            input: None
        }
    );
    assert_eq!(decision.left_out.len(), 3);
    let answer = json!({"behavior": "allow", "updatedPermissions": "all"});
    assert_eq!(decided(answer).left_out.len(), 1);
}

#[test]
fn a_no_carries_its_message_and_may_end_the_turn() {
    let answer = json!({"behavior": "deny", "message": "later", "interrupt": true});
    let decision = decided(answer);
    assert_eq!(
        decision.reply,
        Reply::Deny {
            reason: Some("later".to_owned())
        }
    );
    assert!(decision.interrupts);
    let decision = decided(json!({"behavior": "deny", "message": ""}));
    assert_eq!(decision.reply, Reply::Deny { reason: None });
}

#[test]
fn an_input_that_is_no_object_is_a_no() {
    let decision = decided(json!({"behavior": "allow", "updatedInput": "ls"}));
    assert!(matches!(decision.reply, Reply::Deny { .. }));
}
