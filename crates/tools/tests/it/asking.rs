//! Tools that need a person, and those that keep the list of work.

use crate::rig::Rig;
use gimlet_protocol::{Mark, Mode};
use serde_json::{Value, json};

fn question() -> Value {
    json!({"questions": [{
        "question": "Which?", "header": "Which",
        "options": [{"label": "A", "description": "first"}, {"label": "B"}],
        "multiSelect": "true",
    }]})
}

#[test]
fn answers_are_told_as_the_person_gave_them() {
    let rig = Rig::new();
    assert_eq!(
        rig.accesses("AskUserQuestion", &question()),
        ["person Which?"]
    );
    let mut answered = question();
    answered["answers"] = json!({"Which?": ["A", "B"]});
    answered["response"] = json!("and hurry");
    let gave = rig.call("AskUserQuestion", answered);
    assert_eq!(gave.text, "Which?\n→ A, B\nThe person says: and hurry");
    assert_eq!(gave.data["answers"], json!({"Which?": ["A", "B"]}));
    assert_eq!(
        rig.ok("AskUserQuestion", question()),
        "The person let the questions pass without an answer. Decide yourself."
    );
}

#[test]
fn questions_that_do_not_fit_are_not_asked() {
    let rig = Rig::new();
    assert_eq!(
        rig.fails("AskUserQuestion", json!({"questions": []})),
        "ask 1 to 4 questions at once"
    );
}

#[test]
fn plan_mode_is_entered_and_left_by_marks() {
    let rig = Rig::new();
    assert_eq!(
        rig.fails("ExitPlanMode", json!({"plan": "Do it."})),
        "plan mode is not on"
    );
    assert_eq!(
        rig.call("EnterPlanMode", json!({})).marks,
        [Mark::PlanBegan]
    );
    rig.scene.borrow_mut().mode = Mode::Plan;
    assert_eq!(
        rig.fails("EnterPlanMode", json!({})),
        "plan mode is on already"
    );
    assert_eq!(
        rig.fails("ExitPlanMode", json!({"plan": " "})),
        "the plan is empty"
    );
    assert_eq!(
        rig.accesses("ExitPlanMode", &json!({"plan": "Do it."})),
        ["person Do it."]
    );
    let gave = rig.call(
        "ExitPlanMode",
        json!({"plan": "Do it.", "planWasEdited": true}),
    );
    assert_eq!(gave.marks, [Mark::PlanApproved]);
    assert_eq!(
        gave.text,
        "The person approved the plan as follows:\nDo it."
    );
    assert_eq!(
        gave.data,
        json!({"plan": "Do it.", "isAgent": false, "planWasEdited": true})
    );
}

#[test]
fn numbers_of_tasks_are_never_given_twice() {
    let rig = Rig::new();
    let create = |subject: &str| {
        let input = json!({"subject": subject, "description": ""});
        rig.call("TaskCreate", input).data["task"]["id"].clone()
    };
    assert_eq!((create("a"), create("b")), (json!("1"), json!("2")));
    rig.ok("TaskUpdate", json!({"taskId": 2, "status": "deleted"}));
    rig.restart();
    assert_eq!(create("c"), "3");
    assert_eq!(
        rig.ok("TaskList", json!({})),
        "1 [pending] a\n3 [pending] c"
    );
}

#[test]
fn tasks_that_wait_are_shown_with_what_they_wait_for() {
    let rig = Rig::new();
    for subject in ["a", "b"] {
        rig.ok(
            "TaskCreate",
            json!({"subject": subject, "description": "more", "metadata": {"k": 1}}),
        );
    }
    let gave = rig.call(
        "TaskUpdate",
        json!({"taskId": "#1", "addBlocks": ["2"], "metadata": {"k": null, "n": 2}, "status": "in_progress"}),
    );
    assert_eq!(
        gave.data,
        json!({
            "success": true, "taskId": "1",
            "updatedFields": ["status", "metadata", "blocks"],
            "statusChange": {"from": "pending", "to": "in_progress"},
        })
    );
    let got = rig.call("TaskGet", json!({"taskId": "1"})).data;
    assert_eq!(
        got["task"],
        json!({
            "id": "1", "subject": "a", "description": "more", "status": "in_progress",
            "blocks": ["2"], "blockedBy": [], "metadata": {"n": 2},
        })
    );
    let list = rig.call("TaskList", json!({})).data;
    assert_eq!(list["tasks"][1]["blockedBy"], json!(["1"]));
    rig.ok("TaskUpdate", json!({"taskId": "1", "status": "completed"}));
    let list = rig.call("TaskList", json!({})).data;
    assert_eq!(list["tasks"][1]["blockedBy"], json!([]));
    assert_eq!(
        rig.fails("TaskGet", json!({"taskId": "9"})),
        "there is no task 9; there are 1, 2"
    );
    assert_eq!(
        rig.fails("TaskUpdate", json!({"taskId": "1"})),
        "the input changes nothing"
    );
}
