//! `ApplyPatch`: what it does to files, and what it refuses.

use crate::rig::Rig;
use serde_json::json;

fn patch(rig: &Rig, lines: &[&str]) -> crate::rig::Gave {
    let body = lines.join("\n");
    let patch = format!("*** Begin Patch\n{body}\n*** End Patch");
    rig.call("ApplyPatch", json!({ "patch": patch }))
}

fn read(rig: &Rig, names: &[&str]) {
    for name in names {
        rig.ok("Read", json!({ "file_path": name }));
    }
}

#[test]
fn a_patch_declares_every_file_that_it_touches() {
    let rig = Rig::new();
    let text = "*** Begin Patch\n*** Add File: a\n+1\n*** Update File: b\n*** Move to: c\n-x\n\
                *** Delete File: d\n*** End Patch";
    let input = json!({ "patch": text });
    assert_eq!(
        rig.accesses("ApplyPatch", &input),
        [
            "read /work/a",
            "write /work/a",
            "read /work/b",
            "write /work/b",
            "write /work/c",
            "read /work/d",
            "write /work/d"
        ]
    );
    assert_eq!(
        rig.plan("ApplyPatch", &input).unwrap().title,
        "patch 3 files"
    );
}

#[test]
fn hunks_go_where_their_lines_stand() {
    let rig = Rig::new();
    rig.put(
        "a.rs",
        "fn one() {\n    go();\n}\n\nfn two() {\n    go();\n}\n",
    );
    read(&rig, &["a.rs"]);
    let gave = patch(
        &rig,
        &[
            "*** Update File: a.rs",
            "@@ fn two() {",
            "-    go();",
            "+    stay();",
            "@@",
            "+// the end",
        ],
    );
    assert_eq!(gave.text, "updated a.rs");
    assert_eq!(
        rig.content("a.rs"),
        "fn one() {\n    go();\n}\n\nfn two() {\n    stay();\n}\n// the end\n"
    );
}

#[test]
fn of_places_that_fit_the_one_below_the_hunk_before_is_meant() {
    let rig = Rig::new();
    rig.put("a", "x\none\nx\ntwo\n");
    read(&rig, &["a"]);
    patch(
        &rig,
        &["*** Update File: a", "-one", "+ONE", "@@", "-x", "+y"],
    );
    assert_eq!(rig.content("a"), "x\nONE\ny\ntwo\n");
}

#[test]
fn lines_that_fit_several_places_change_nothing() {
    let rig = Rig::new();
    rig.put("a", "x\none\nx\n");
    read(&rig, &["a"]);
    let gave = patch(&rig, &["*** Update File: a", "-x", "+y"]);
    assert!(gave.failed);
    assert!(gave.text.contains("fit 2 places"), "{}", gave.text);
    let gave = patch(&rig, &["*** Update File: a", "-x", "+y", "*** End of File"]);
    assert!(!gave.failed, "{}", gave.text);
    assert_eq!(rig.content("a"), "x\none\ny\n");
}

#[test]
fn line_ends_and_indentation_are_tolerated_as_in_an_edit() {
    let rig = Rig::new();
    rig.put("a", "    if x:\r\n        go()\r\n");
    read(&rig, &["a"]);
    let gave = patch(
        &rig,
        &["*** Update File: a", " if x:", "-    go()", "+    stay()"],
    );
    assert!(!gave.failed, "{}", gave.text);
    assert_eq!(rig.content("a"), "    if x:\r\n        stay()\r\n");
}

#[test]
fn a_file_without_a_last_line_end_is_changed_at_its_end() {
    let rig = Rig::new();
    rig.put("a", "one\ntwo");
    read(&rig, &["a"]);
    let gave = patch(&rig, &["*** Update File: a", " one", "-two", "+three"]);
    assert!(!gave.failed, "{}", gave.text);
    assert_eq!(rig.content("a"), "one\nthree");
}

#[test]
fn unread_and_stale_files_are_refused_and_nothing_is_written() {
    let rig = Rig::new();
    rig.put("a", "one\n");
    rig.put("b", "two\n");
    read(&rig, &["a"]);
    let both = [
        "*** Update File: a",
        "-one",
        "+ONE",
        "*** Update File: b",
        "-two",
        "+TWO",
    ];
    let gave = patch(&rig, &both);
    assert_eq!(
        gave.text,
        "b has not been read yet; Read it before changing it"
    );
    read(&rig, &["b"]);
    rig.put("b", "two\nmore\n");
    let gave = patch(&rig, &both);
    assert!(
        gave.text.starts_with("b changed since it was read"),
        "{}",
        gave.text
    );
    assert!(gave.failed);
    assert_eq!(
        (rig.content("a"), rig.content("b")),
        ("one\n".into(), "two\nmore\n".into())
    );
}

#[test]
fn a_write_that_fails_takes_back_those_before_it() {
    let rig = Rig::new();
    rig.put("a", "one\n");
    rig.put("file", "in the way\n");
    read(&rig, &["a"]);
    let gave = patch(
        &rig,
        &[
            "*** Update File: a",
            "-one",
            "+ONE",
            "*** Add File: new",
            "+x",
            "*** Add File: file/b",
            "+y",
        ],
    );
    assert!(gave.failed);
    assert!(
        gave.text.ends_with("(nothing was changed)"),
        "{}",
        gave.text
    );
    assert_eq!(rig.content("a"), "one\n");
    assert!(!rig.path("new").exists());
}

#[test]
fn a_patch_that_does_not_fit_its_form_says_where() {
    let rig = Rig::new();
    let fails = |text: &str| rig.fails("ApplyPatch", json!({ "patch": text }));
    assert_eq!(fails("hello"), "a patch begins with `*** Begin Patch`");
    assert_eq!(
        fails("*** Begin Patch\n*** Delete File: a\n"),
        "the patch has no `*** End Patch`: it may have been cut"
    );
    assert_eq!(
        fails("*** Begin Patch\n*** Add File: a\nx\n*** End Patch"),
        "line 3 of the patch needs a `+` at its start: x"
    );
    assert_eq!(
        fails("*** Begin Patch\n*** Update File: a\n*** End Patch"),
        "the patch changes nothing in a"
    );
    assert_eq!(
        fails("*** Begin Patch\n*** Delete File: a\n*** Delete File: a\n*** End Patch"),
        "the patch names a twice"
    );
}

#[test]
fn an_existing_file_is_not_added_and_not_moved_over() {
    let rig = Rig::new();
    rig.put("a", "one\n");
    rig.put("b", "two\n");
    read(&rig, &["a", "b"]);
    let gave = patch(&rig, &["*** Add File: a", "+x"]);
    assert!(gave.text.starts_with("a: exists already"), "{}", gave.text);
    let gave = patch(&rig, &["*** Update File: a", "*** Move to: b"]);
    assert!(
        gave.text.starts_with("a: b exists already"),
        "{}",
        gave.text
    );
    assert_eq!(rig.content("b"), "two\n");
}
