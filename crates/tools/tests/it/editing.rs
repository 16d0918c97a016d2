//! Write, Edit and `MultiEdit`: the rule of reading first, stale files, and what is kept.

use crate::rig::Rig;
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt as _};

fn edit(old: &str, new: &str) -> Value {
    json!({"file_path": "a.txt", "old_string": old, "new_string": new})
}

fn read_rig(content: impl AsRef<[u8]>) -> Rig {
    let rig = Rig::new();
    rig.put("a.txt", content);
    rig.ok("Read", json!({"file_path": "a.txt"}));
    rig
}

#[test]
fn a_read_file_is_edited_and_may_be_edited_again() {
    let rig = read_rig("one\ntwo\nthree\n");
    assert_eq!(
        rig.ok("Edit", edit("two", "2")),
        "edited a.txt: replaced line 2"
    );
    assert_eq!(
        rig.ok("Edit", edit("one\n2", "1\n2")),
        "edited a.txt: replaced lines 1-2"
    );
    assert_eq!(rig.content("a.txt"), "1\n2\nthree\n");
}

#[test]
fn data_of_an_edit_has_the_shape_that_clients_expect() {
    let rig = read_rig("one\ntwo\nthree\n");
    let gave = rig.call("Edit", edit("two", "2"));
    let patch = json!([{
        "oldStart": 1, "oldLines": 3, "newStart": 1, "newLines": 3,
        "lines": [" one", "-two", "+2", " three"]
    }]);
    assert_eq!(
        gave.data,
        json!({
            "filePath": rig.path("a.txt"), "oldString": "two", "newString": "2",
            "originalFile": "one\ntwo\nthree\n", "structuredPatch": patch,
            "userModified": false, "replaceAll": false
        })
    );
}

#[test]
fn an_unread_file_is_not_changed() {
    let rig = Rig::new();
    rig.put("a.txt", "one\n");
    let refusal = "a.txt has not been read yet; Read it before changing it";
    assert_eq!(rig.fails("Edit", edit("one", "two")), refusal);
    assert_eq!(
        rig.fails("Write", json!({"file_path": "a.txt", "content": "x"})),
        refusal
    );
    let edits = json!({"file_path": "a.txt", "edits": [{"old_string": "one", "new_string": "x"}]});
    assert_eq!(rig.fails("MultiEdit", edits), refusal);
    assert_eq!(rig.content("a.txt"), "one\n");
}

#[test]
fn a_file_that_changed_since_is_refused_with_a_diff_which_counts_as_read() {
    let rig = read_rig("one\ntwo\nthree\n");
    rig.put("a.txt", "one\nTWO\nthree\nfour\n");
    let gave = rig.call("Edit", edit("three", "3"));
    assert!(gave.failed);
    insta::assert_snapshot!(gave.text, @r"
    a.txt changed since it was read. What changed:
    @@ -1,3 +1,4 @@
     one
    -two
    +TWO
     three
    +four
    Nothing was written. This difference counts as read: repeat the change if it still fits.
    ");
    assert_eq!(rig.content("a.txt"), "one\nTWO\nthree\nfour\n");
    assert_eq!(
        rig.ok("Edit", edit("three", "3")),
        "edited a.txt: replaced line 3"
    );
}

#[test]
fn a_write_over_a_file_that_changed_since_is_refused_with_a_diff() {
    let rig = read_rig("one\n");
    rig.put("a.txt", "two\n");
    let text = rig.fails("Write", json!({"file_path": "a.txt", "content": "x"}));
    assert!(text.contains("-one\n+two\nNothing was written."), "{text}");
    assert_eq!(rig.content("a.txt"), "two\n");
}

#[test]
fn a_difference_too_large_to_show_does_not_count_as_read() {
    let rig = read_rig("one\n");
    let long: String = (0..2_000)
        .map(|number| format!("line {number}\n"))
        .collect();
    rig.put("a.txt", long);
    for _ in 0..2 {
        let text = rig.fails("Edit", edit("line 7\n", "x\n"));
        assert!(
            text.ends_with(
                "[the difference goes on; it is cut here]\nRead it again before changing it."
            ),
            "{text}"
        );
        assert!(text.len() < 9_000);
    }
}

#[test]
fn after_a_restart_a_changed_file_must_be_read_again_and_an_unchanged_one_not() {
    let rig = read_rig("one\ntwo\n");
    rig.restart();
    assert_eq!(
        rig.ok("Edit", edit("two", "2")),
        "edited a.txt: replaced line 2"
    );
    rig.restart();
    rig.put("a.txt", "other\n");
    assert_eq!(
        rig.fails("Edit", edit("other", "x")),
        "a.txt changed since it was read; Read it again before changing it"
    );
}

#[test]
fn a_file_that_was_only_touched_is_still_known() {
    let rig = read_rig("one\n");
    rig.put("a.txt", "one\n");
    assert_eq!(
        rig.ok("Edit", edit("one", "two")),
        "edited a.txt: replaced line 1"
    );
}

#[test]
fn only_lines_that_were_read_are_edited() {
    let rig = Rig::new();
    let lines: String = (1..=100)
        .map(|number| format!("line {number};\n"))
        .collect();
    rig.put("a.txt", lines);
    rig.ok(
        "Read",
        json!({"file_path": "a.txt", "offset": 10, "limit": 5}),
    );
    assert_eq!(
        rig.ok("Edit", edit("line 12;", "a\nb\nc")),
        "edited a.txt: replaced line 12"
    );
    // Two lines more stand before it now.
    assert_eq!(
        rig.ok("Edit", edit("line 14;", "x")),
        "edited a.txt: replaced line 16"
    );
    let refusal = "line 82 of a.txt was not among the lines that were read; Read it with offset \
                   and limit first";
    assert_eq!(rig.fails("Edit", edit("line 80;", "x")), refusal);
    rig.ok(
        "Read",
        json!({"file_path": "a.txt", "offset": 80, "limit": 5}),
    );
    assert_eq!(
        rig.ok("Edit", edit("line 80;", "x")),
        "edited a.txt: replaced line 82"
    );
}

#[test]
fn a_tolerant_match_shows_what_it_did() {
    let rig = read_rig("fn f() {\n        go();\n}\n");
    insta::assert_snapshot!(rig.ok("Edit", edit("fn f() {\n  go();\n}", "fn f() {\n  stop();\n}")), @r"
    edited a.txt: replaced lines 1-3 (matched after ignoring the indentation of 1 line; 2 spaces became 8 spaces in new lines)
    @@ -1,3 +1,3 @@
     fn f() {
    -        go();
    +        stop();
     }
    ");
}

#[test]
fn mode_bom_line_ends_and_a_missing_last_line_end_are_kept() {
    let rig = Rig::new();
    rig.put("a.txt", "\u{feff}one\r\ntwo\nthree");
    fs::set_permissions(rig.path("a.txt"), fs::Permissions::from_mode(0o751)).unwrap();
    rig.ok("Read", json!({"file_path": "a.txt"}));
    rig.ok("Edit", edit("one", "1\n1"));
    rig.ok("Edit", edit("three", "3"));
    assert_eq!(rig.content("a.txt"), "\u{feff}1\r\n1\r\ntwo\n3");
    let mode = fs::metadata(rig.path("a.txt"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o751);
}

#[test]
fn a_link_is_followed_and_stays_one() {
    let rig = Rig::new();
    rig.put("real.txt", "one\n");
    std::os::unix::fs::symlink("real.txt", rig.path("a.txt")).unwrap();
    rig.ok("Read", json!({"file_path": "a.txt"}));
    rig.ok("Edit", edit("one", "two"));
    assert_eq!(rig.content("real.txt"), "two\n");
    assert!(
        fs::symlink_metadata(rig.path("a.txt"))
            .unwrap()
            .is_symlink()
    );
}

#[test]
fn bytes_that_are_no_text_survive_an_exact_edit_and_stop_another() {
    let rig = read_rig(b"gr\xfc\xdfe\nx = 1\n");
    assert_eq!(
        rig.ok("Edit", edit("x = 1", "x = 2")),
        "edited a.txt: replaced line 2 (the file is not UTF-8; the bytes of old_string were \
         replaced exactly)"
    );
    assert_eq!(
        fs::read(rig.path("a.txt")).unwrap(),
        b"gr\xfc\xdfe\nx = 2\n"
    );
    assert_eq!(
        rig.fails("Edit", edit("grüße", "hi")),
        "the file is not UTF-8 text, and old_string does not stand in it byte for byte; only \
         byte-exact edits are safe in such a file"
    );
}

#[test]
fn an_edit_of_nothing_creates_a_file_and_fills_an_empty_one() {
    let rig = Rig::new();
    assert_eq!(rig.ok("Edit", edit("", "one\n")), "created a.txt");
    assert_eq!(rig.content("a.txt"), "one\n");
    assert_eq!(
        rig.fails("Edit", edit("", "two")),
        "old_string is empty; it must quote the text to be replaced"
    );
    rig.put("a.txt", "");
    assert_eq!(
        rig.ok("Edit", edit("", "two\n")),
        "edited a.txt: replaced line 1"
    );
    assert_eq!(rig.content("a.txt"), "two\n");
    let missing = json!({"file_path": "b.txt", "old_string": "x", "new_string": "y"});
    assert_eq!(
        rig.fails("Edit", missing),
        "/work/b.txt does not exist (the working directory is /work)"
    );
}

#[test]
fn several_edits_see_each_other_and_are_all_made_or_none() {
    let rig = read_rig("a\nb\nc\n");
    let edits = |second: &str| {
        json!({"file_path": "a.txt", "edits": [
            {"old_string": "a", "new_string": "x\ny"},
            {"old_string": second, "new_string": "z", "replace_all": true},
        ]})
    };
    assert_eq!(
        rig.fails("MultiEdit", edits("nothing")),
        "edit 2 of 2: old_string was not found, and nothing in the file looks like it\n(none of \
         the edits was made)"
    );
    assert_eq!(rig.content("a.txt"), "a\nb\nc\n");
    insta::assert_snapshot!(rig.ok("MultiEdit", edits("y\nb")), @r"
    edited a.txt: edit 1 of 2: replaced line 1
    edit 2 of 2: replaced lines 2-3
    ");
    assert_eq!(rig.content("a.txt"), "x\nz\nc\n");
    let undone = json!({"file_path": "a.txt", "edits": [
        {"old_string": "x", "new_string": "q"}, {"old_string": "q", "new_string": "x"}
    ]});
    assert_eq!(
        rig.fails("MultiEdit", undone),
        "the edits undo each other: nothing would change"
    );
    let none = json!({"file_path": "a.txt", "edits": []});
    assert_eq!(rig.fails("MultiEdit", none), "edits is empty");
}

#[test]
fn write_creates_folders_and_replaces_what_was_read() {
    let rig = Rig::new();
    let write = |content: &str| json!({"file_path": "deep/er/b.txt", "content": content});
    let gave = rig.call("Write", write("one\ntwo\n"));
    assert_eq!(gave.text, "created deep/er/b.txt (2 lines)");
    assert_eq!(
        gave.data,
        json!({
            "type": "create", "filePath": rig.path("deep/er/b.txt"), "content": "one\ntwo\n",
            "structuredPatch": [], "originalFile": null
        })
    );
    let gave = rig.call("Write", write("one\n"));
    assert_eq!(gave.text, "replaced deep/er/b.txt (1 line)");
    assert_eq!(gave.data["type"], "update");
    assert_eq!(gave.data["originalFile"], "one\ntwo\n");
    assert_eq!(
        gave.data["structuredPatch"][0]["lines"],
        json!([" one", "-two"])
    );
    assert_eq!(rig.content("deep/er/b.txt"), "one\n");
}

#[test]
fn write_takes_the_names_that_other_tools_use() {
    let rig = Rig::new();
    rig.ok("Write", json!({"path": "a.txt", "file_text": "x"}));
    rig.ok("Write", json!({"file_path": "a.txt", "file_content": "y"}));
    assert_eq!(rig.content("a.txt"), "y");
}

#[test]
fn write_keeps_crlf_and_bom_of_the_file_that_it_replaces() {
    let rig = read_rig("\u{feff}one\r\ntwo\r\n");
    assert_eq!(
        rig.ok(
            "Write",
            json!({"file_path": "a.txt", "content": "1\n2\n3\n"})
        ),
        "replaced a.txt (3 lines); its CRLF line ends and byte order mark were kept"
    );
    assert_eq!(rig.content("a.txt"), "\u{feff}1\r\n2\r\n3\r\n");
}

#[test]
fn folders_and_binary_files_are_not_edited() {
    let rig = Rig::new();
    fs::create_dir(rig.path("a.txt")).unwrap();
    assert_eq!(rig.fails("Edit", edit("a", "b")), "/work/a.txt is a folder");
    assert_eq!(
        rig.fails("Write", json!({"file_path": "a.txt", "content": ""})),
        "/work/a.txt is a folder"
    );
    rig.put("b.bin", b"\x00\x01");
    assert_eq!(
        rig.fails(
            "Edit",
            json!({"file_path": "b.bin", "old_string": "a", "new_string": "b"})
        ),
        "b.bin is a binary file; it cannot be edited as text"
    );
}

#[test]
fn a_file_that_was_deleted_since_is_told_and_may_be_written_anew() {
    let rig = read_rig("one\n");
    fs::remove_file(rig.path("a.txt")).unwrap();
    assert_eq!(
        rig.fails("Edit", edit("one", "two")),
        "/work/a.txt does not exist (the working directory is /work)"
    );
    assert_eq!(
        rig.ok("Write", json!({"file_path": "a.txt", "content": "new\n"})),
        "created a.txt (1 line)"
    );
}

#[test]
fn todos_replace_each_other() {
    let rig = Rig::new();
    let todos = |status: &str| {
        json!({"todos": [
            {"content": "Fix", "status": status, "activeForm": "Fixing"},
            {"content": "Test", "status": "pending", "activeForm": "Testing"},
        ]})
    };
    assert_eq!(
        rig.ok("TodoWrite", todos("in_progress")),
        "todos saved: 0 done, 1 in progress, 1 pending"
    );
    let gave = rig.call("TodoWrite", todos("completed"));
    assert_eq!(
        gave.data,
        json!({"oldTodos": todos("in_progress")["todos"], "newTodos": todos("completed")["todos"]})
    );
    assert_eq!(rig.scene.borrow().desk.todos.len(), 2);
}
