use super::*;
use crate::CallId;

fn call(tool: &str, input: Value) -> Call {
    Call {
        id: CallId("c1".to_owned()),
        tool: tool.to_owned(),
        input,
        broken: None,
        opaque: None,
    }
}

#[test]
fn a_call_of_the_door_stands_for_the_call_that_it_names() {
    let real = call("Sleep", json!({"duration_ms": 5}));
    for input in [
        json!({"tool": "Sleep", "input": {"duration_ms": 5}}),
        json!({"input": "{\"duration_ms\": 5}", "tool": " Sleep "}),
        json!({"tool": "Sleep", "duration_ms": 5}),
    ] {
        assert_eq!(through_door(&call(DOOR, input)), Some(real.clone()));
    }
    let bare = call(DOOR, json!({"tool": "TaskList", "input": null}));
    assert_eq!(through_door(&bare), Some(call("TaskList", json!({}))));
}

#[test]
fn what_names_no_tool_stays_a_call_of_the_door() {
    for input in [
        json!({}),
        json!({"tool": ""}),
        json!({"tool": DOOR, "input": {}}),
        json!({"tool": "Sleep", "input": [5]}),
        json!({"tool": "Sleep", "input": "5 seconds"}),
        json!({"tool": 5}),
    ] {
        assert_eq!(through_door(&call(DOOR, input)), None);
    }
    assert_eq!(through_door(&call("Sleep", json!({"tool": "LS"}))), None);
    let mut broken = call(DOOR, json!({"tool": "Sleep", "input": {}}));
    broken.broken = Some("cut".to_owned());
    assert_eq!(through_door(&broken), None);
}

#[test]
fn the_door_is_put_around_a_call_again() {
    let real = call("Sleep", json!({"duration_ms": 5}));
    let said = with_door(&real, DOOR);
    assert_eq!(
        said,
        call(DOOR, json!({"tool": "Sleep", "input": {"duration_ms": 5}}))
    );
    assert_eq!(through_door(&said), Some(real));
}
