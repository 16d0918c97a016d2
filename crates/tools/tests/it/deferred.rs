//! Tools that are on offer by name only, and how they are found.

use crate::{rig::Rig, web::web};
use gimlet_ports::Toolbox;
use gimlet_tools::{TOOL_SEARCH, ToolOptions, freeze, reach, toolbox};
use serde_json::{Value, json};

fn all() -> Toolbox {
    let options = ToolOptions {
        web: Some(web()),
        ..ToolOptions::default()
    };
    toolbox(options).unwrap().toolbox
}

fn search(toolbox: &Toolbox, input: &Value) -> (String, Value) {
    let rig = Rig::new();
    rig.use_tools(toolbox.clone());
    let gave = rig.call(TOOL_SEARCH, input.clone());
    assert!(!gave.failed);
    (gave.text, gave.data)
}

fn found(query: &str) -> Value {
    let mut tools = all();
    freeze(&mut tools, &[]);
    search(&tools, &json!({"query": query})).1["matches"].clone()
}

#[test]
fn the_frozen_list_and_the_searched_ones_are_all_tools() {
    let mut tools = all();
    let frozen: Vec<String> = freeze(&mut tools, &[])
        .into_iter()
        .map(|spec| spec.name)
        .collect();
    assert_eq!(
        frozen,
        [
            "Bash",
            "CallTool",
            "Edit",
            "Glob",
            "Grep",
            "Read",
            "TodoWrite",
            "ToolSearch",
            "Write"
        ]
    );
    let told = tools.get(TOOL_SEARCH).unwrap().spec().description;
    let (_, told) = told.split_once("Tools: ").unwrap();
    let mut told: Vec<String> = told.split(", ").map(str::to_owned).collect();
    told.extend(frozen);
    told.sort();
    let every: Vec<String> = tools.iter().map(|tool| tool.name().to_owned()).collect();
    assert_eq!(told, every);
}

#[test]
fn a_named_tool_is_told_in_full() {
    let frozen = freeze(&mut all(), &["LS"]);
    assert!(frozen.iter().any(|spec| spec.name == "LS"));
}

#[test]
fn without_deferred_tools_there_is_nothing_to_search() {
    let mut tools = all();
    tools.retain(|name| name == "Read" || name == "Bash");
    let frozen: Vec<String> = freeze(&mut tools, &[])
        .into_iter()
        .map(|spec| spec.name)
        .collect();
    assert_eq!(frozen, ["Bash", "Read"]);
    assert!(tools.get(TOOL_SEARCH).is_none());
}

#[test]
fn a_resumed_session_reaches_what_its_frozen_list_lacks() {
    let frozen = freeze(&mut all(), &["LS"]);
    let mut tools = all();
    reach(&mut tools, &frozen);
    let (text, data) = search(&tools, &json!({"query": "select:LS,MultiEdit"}));
    assert_eq!(data["matches"], json!(["MultiEdit"]));
    assert!(text.starts_with("## MultiEdit\n"), "{text}");
}

#[test]
fn a_search_by_name_tells_everything_of_the_tool() {
    let mut tools = all();
    freeze(&mut tools, &[]);
    let (text, data) = search(&tools, &json!({"query": "select:taskstop"}));
    insta::assert_snapshot!("loaded_tool", text);
    assert_eq!(data["matches"], json!(["TaskStop"]));
    assert_eq!(data["query"], "select:taskstop");
}

#[test]
fn a_search_by_words_finds_what_fits_best_first() {
    assert_eq!(found("stop a background task")[0], "TaskStop");
    assert_eq!(found("LS"), json!(["LS"]));
    assert_eq!(found("list a folder")[0], "LS");
    assert_eq!(found("several edits of one file")[0], "MultiEdit");
}

#[test]
fn a_search_without_a_match_says_what_there_is() {
    let mut tools = all();
    freeze(&mut tools, &[]);
    let (text, data) = search(&tools, &json!({"query": "teleportation"}));
    assert!(text.starts_with("No tool fits. There are: "), "{text}");
    assert_eq!(data["matches"], json!([]));
    let (text, _) = search(&tools, &json!({"query": "select:Read"}));
    assert_eq!(text, "Read needs no loading: call it directly.");
}
