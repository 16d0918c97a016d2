//! What a person allowed for always, in the sessions after that, and once it was taken back.

use crate::rig::{Rig, call, say};
use gimlet_app::{TrustFlag, grant_trust, grants, trust_report};
use gimlet_protocol::{Fact, Op, Reply, ReplyScope};
use serde_json::json;
use std::fs;

/// A session in which the model writes a file, and how the person answers where they are asked.
/// Returns how often that was, and whether the file was written.
async fn writes(rig: &Rig, name: &str, reply: Reply) -> (usize, bool) {
    let path = rig.work().join("notes.txt");
    if path.exists() {
        fs::remove_file(&path).unwrap();
    }
    let input = json!({ "file_path": &path, "content": "text" });
    let model = rig.model(name, &[call("c1", "Write", input), say("done")]);
    let mut session = rig.begin(&model).await;
    session.prompt("write it").await;
    let asked = session
        .until(|facts| {
            facts.iter().find_map(|fact| match fact {
                Fact::Asked(asked) => Some(Some(asked.call.clone())),
                Fact::Returned(_) => Some(None),
                _ => None,
            })
        })
        .await;
    if let Some(call) = asked {
        session.submit(Op::Answer { call, reply }).await;
    }
    session.rests().await;
    let asked = session.facts.iter();
    let count = asked.filter(|fact| matches!(fact, Fact::Asked(_))).count();
    session.close().await;
    (count, path.exists())
}

#[tokio::test(flavor = "multi_thread")]
async fn always_holds_in_the_next_session_until_it_is_taken_back() {
    let mut rig = Rig::new();
    rig.launch.trust = TrustFlag::AsSaid;
    grant_trust(&rig.launch, &trust_report(&rig.launch).unwrap()).unwrap();
    let always = Reply::Allow {
        scope: ReplyScope::Always,
        offer: 0,
        input: None,
    };
    let never = Reply::Deny { reason: None };
    assert_eq!(writes(&rig, "first", always).await, (1, true));
    assert_eq!(writes(&rig, "second", never.clone()).await, (0, true));

    // The repository brings the same rule along: agreed to, and no longer once it is revoked.
    let held = grants::held(&rig.launch, None).unwrap();
    let [held] = &held[..] else {
        panic!("{held:?}")
    };
    let local = rig.work().join(".gimlet/settings.local.json");
    fs::copy(&local, rig.work().join(".gimlet/settings.json")).unwrap();
    fs::remove_file(&local).unwrap();
    let counts = || {
        let (settings, _) = rig.launch.load_settings().unwrap();
        settings.permissions.allow.len()
    };
    assert_eq!(counts(), 1);
    grants::revoke(&rig.launch, &held.rule, None).unwrap();
    assert_eq!(counts(), 0);
    assert_eq!(writes(&rig, "third", never).await, (1, false));
    let again = grants::revoke(&rig.launch, &held.rule, None);
    assert!(again.is_err(), "{again:?}");
}
