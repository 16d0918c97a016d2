//! `NotebookEdit`: cells change, and nothing else does.

use crate::rig::Rig;
use serde_json::{Value, json};

const NOTEBOOK: &str = r##"{
  "cells": [
    {
      "cell_type": "code",
      "execution_count": 2,
      "id": "a1",
      "metadata": {"zoom": 1.50, "big": 12345678901234567890123},
      "outputs": [{"name": "stdout", "output_type": "stream", "text": ["2\n"]}],
      "source": ["x = 1\n", "x"]
    },
    {"cell_type": "markdown", "id": "b2", "metadata": {}, "source": "# One"}
  ],
  "metadata": {"language_info": {"name": "python"}},
  "nbformat": 4, "nbformat_minor": 5
}
"##;

fn rig() -> Rig {
    let rig = Rig::new();
    rig.put("n.ipynb", NOTEBOOK);
    rig.ok("Read", json!({"file_path": "n.ipynb"}));
    rig
}

fn edit(rig: &Rig, more: &Value) -> crate::rig::Gave {
    let mut input = json!({"notebook_path": "n.ipynb", "new_source": "y = 2\ny"});
    input
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    rig.call("NotebookEdit", input)
}

#[test]
fn a_replaced_cell_loses_its_outputs_and_the_others_keep_their_bytes() {
    let rig = rig();
    let gave = edit(&rig, &json!({"cell_id": "a1"}));
    assert_eq!(gave.text, "replaced cell a1 of n.ipynb");
    assert_eq!(gave.data["old_source"], "x = 1\nx");
    insta::assert_snapshot!("notebook_replaced", rig.content("n.ipynb"));
    let (_, rest) = NOTEBOOK
        .split_once("    {\"cell_type\": \"markdown\"")
        .unwrap();
    assert!(rig.content("n.ipynb").ends_with(rest));
}

#[test]
fn a_text_source_stays_a_text() {
    let rig = rig();
    edit(&rig, &json!({"cell_id": "b2", "new_source": "# Two"}));
    assert_eq!(
        rig.content("n.ipynb"),
        NOTEBOOK.replace(
            r##"{"cell_type": "markdown", "id": "b2", "metadata": {}, "source": "# One"}"##,
            "{\n      \"cell_type\": \"markdown\",\n      \"id\": \"b2\",\n      \"metadata\": \
             {},\n      \"source\": \"# Two\"\n    }"
        )
    );
}

#[test]
fn cells_are_inserted_below_one_or_at_the_top_and_deleted_again() {
    let rig = rig();
    let insert = |more: Value| {
        let mut input = json!({"edit_mode": "insert", "cell_type": "markdown", "new_source": "hi"});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let gave = edit(&rig, &input);
        assert!(!gave.failed, "{}", gave.text);
        gave.data["cell_id"].as_str().unwrap().to_owned()
    };
    let below = insert(json!({"cell_id": "a1"}));
    let top = insert(json!({}));
    let sources = |rig: &Rig| -> Vec<Value> {
        let notebook: Value = serde_json::from_str(&rig.content("n.ipynb")).unwrap();
        let cells = notebook["cells"].as_array().unwrap().iter();
        cells.map(|cell| cell["id"].clone()).collect()
    };
    assert_eq!(sources(&rig), [&*top, "a1", &*below, "b2"]);
    for id in [&top, &below] {
        edit(&rig, &json!({"cell_id": id, "edit_mode": "delete"}));
    }
    assert_eq!(rig.content("n.ipynb"), NOTEBOOK);
    edit(&rig, &json!({"cell_id": "b2", "edit_mode": "delete"}));
    edit(&rig, &json!({"cell_id": "a1", "edit_mode": "delete"}));
    assert_eq!(sources(&rig), [] as [Value; 0]);
    insert(json!({}));
    assert_eq!(sources(&rig).len(), 1);
}

#[test]
fn what_does_not_fit_is_told() {
    let rig = rig();
    let gave = edit(&rig, &json!({"cell_id": "zz"}));
    assert_eq!(gave.text, "n.ipynb: there is no cell zz; it has 2 cells");
    let gave = edit(&rig, &json!({}));
    assert_eq!(gave.text, "say which cell in cell_id");
    let gave = edit(&rig, &json!({"cell_id": "a1", "notebook_path": "n.txt"}));
    assert_eq!(gave.text, "n.txt is no notebook; use Edit");
    rig.put("n.ipynb", NOTEBOOK.replace("x = 1", "x = 9"));
    let gave = edit(&rig, &json!({"cell_id": "a1"}));
    assert!(gave.failed);
    assert!(
        gave.text.starts_with("n.ipynb changed since it was read"),
        "{}",
        gave.text
    );
}
