use crate::scenario::{Act, Scene};
use gimlet_protocol::CallId;

fn fault(text: &str) -> String {
    match Scene::parse("scenarios/x.scene", text, "/w") {
        Ok(scene) => format!("no fault: {scene:?}"),
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn a_bad_scene_names_its_file_and_line() {
    let faults = [
        "prompt hi\nmodel sings",
        "# nothing",
        "files a : 3\nprompt hi",
        "prompt hi\nlimit turns 3",
        "prompt hi\nreturns \"x\"",
        "prompt hi\nmodel call Read {file_path: 1}",
        "and say \"x\"",
        "prompt hi\nmodel fail busy often",
        "prompt hi\nanswer perhaps",
        "prompt hi\nmode relaxed",
        "prompt hi\ninterrupt during reply",
        "prompt hi\nmodel say \"open",
        "prompt hi\nclap",
    ]
    .map(fault);
    insta::assert_snapshot!(faults.join("\n"));
}

#[test]
fn results_belong_to_the_calls_of_the_line_above_in_their_order() {
    let text = "prompt go\nmodel call A {}\n and call B {}\nreturns \"a\"\nreturns failed \"b\"\nmodel call A {}\nruns A";
    let scene = Scene::parse("x.scene", text, "/w").unwrap();
    let calls: Vec<CallId> = scene
        .steps
        .iter()
        .filter_map(|step| match &step.act {
            Act::Returns(call, ..) | Act::Runs(call) => Some(call.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(calls, ["c1", "c2", "c3"].map(CallId::from));
}

#[test]
fn base64_becomes_the_bytes_that_it_stands_for() {
    let scene = Scene::parse("x", "files a = base64 \"AP8Qgw==\"\nprompt go", "/w").unwrap();
    assert_eq!(
        scene.setup.files,
        [("a".to_owned(), vec![0x00, 0xff, 0x10, 0x83])]
    );
}
