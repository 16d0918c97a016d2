//! The scenes, one test each.

use crate::{ground::scenarios, performance::perform};
use std::collections::BTreeSet;

macro_rules! scenes {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                perform(stringify!($name));
            }
        )*

        const LISTED: &[&str] = &[$(stringify!($name)),*];
    };
}

scenes! {
    accept_edits
    agent
    answer_edited
    apply_patch
    ask_user_question
    ask_user_question_alone
    asked_always
    asked_once
    auto_nobody
    auto_reviewed
    auto_three_denials
    bash
    bash_background
    bash_fails
    bash_timeout
    busy_for_too_long
    busy_then_well
    busy_with_fallback
    busy_without_fallback
    credentials
    cut_then_well
    declined
    denied
    denied_without_reason
    dont_ask
    edit_file
    edit_unread
    enter_worktree
    exclusive_between_shared
    follow_up_after_rest
    follow_up_while_running
    garbage_once
    garbage_twice
    glob
    grep
    interrupt_during_reply
    interrupt_during_tool
    interrupt_skips_the_rest
    interrupt_while_asked
    invalid_input
    invalid_json
    killed_in_tool
    length_empty
    length_three_times
    length_with_calls
    length_without_calls
    limit_budget
    limit_budget_crashed
    limit_turns
    ls
    merge_worktree
    monitor
    multi_edit
    no_model
    nobody_answers
    notebook_edit
    parallel_reads
    paused
    permission_remembered
    plan_mode
    plan_then_do
    prefix
    queued_edited
    queued_withdrawn
    read_image
    read_missing
    read_notebook
    read_pdf
    read_text
    rejected
    rule_denies
    rule_takes_tools
    sleep
    stale_edit
    send_message
    steer_between_rounds
    steer_while_a_tool_runs
    structured_output
    structured_output_never
    structured_output_nudged
    structured_output_wrong_then_right
    task_list
    todo_write
    too_long
    too_long_compacted
    tool_search
    unknown_tool
    web_fetch
    web_search
    write_file
}

#[test]
fn every_scene_is_listed() {
    let files: BTreeSet<String> = std::fs::read_dir(scenarios())
        .unwrap()
        .filter_map(|file| {
            Some(
                file.unwrap()
                    .file_name()
                    .to_str()?
                    .strip_suffix(".scene")?
                    .to_owned(),
            )
        })
        .collect();
    let listed: BTreeSet<String> = LISTED.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(listed, files);
}
