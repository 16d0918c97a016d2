//! Reading text, and everything that is none.

use crate::rig::Rig;
use gimlet_protocol::Mark;
use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt as _};

fn check(content: &[u8], input: serde_json::Value, shown: &str) {
    let rig = Rig::new();
    rig.put("a.txt", content);
    let mut input = input;
    input["file_path"] = json!("a.txt");
    assert_eq!(rig.call("Read", input).text, shown);
}

#[test]
fn text_comes_with_line_numbers_and_ranges() {
    check(b"one\ntwo\n", json!({}), "     1\tone\n     2\ttwo\n");
    check(b"one\ntwo", json!({}), "     1\tone\n     2\ttwo\n");
    check(
        b"\xef\xbb\xbfone\r\ntwo\r\n",
        json!({}),
        "     1\tone\n     2\ttwo\n",
    );
    check(
        b"a\nb\nc\nd\n",
        json!({"offset": 2, "limit": 2}),
        "     2\tb\n     3\tc\n[lines 2-3 of 4]\n",
    );
    check(b"a\nb\n", json!({"offset": 2}), "     2\tb\n");
    check(b"\n\n", json!({}), "     1\t\n     2\t\n");
}

#[test]
fn notices_tell_what_is_not_plain_text() {
    check(b"", json!({}), "[a.txt is empty]");
    check(
        b"a\nb\n",
        json!({"offset": 9}),
        "[offset 9 is past the end: a.txt has 2 lines]",
    );
    check(
        b"a\nb\n",
        json!({"offset": 0}),
        "offset is 0; lines are counted from 1",
    );
    check(
        b"a\nb\n",
        json!({"limit": 0}),
        "limit is 0; at least one line must be asked for",
    );
    check(
        b"a\nb\n",
        json!({"pages": "1"}),
        "a.txt is no PDF; pages does not apply",
    );
    check(
        b"ab\x00cd",
        json!({}),
        "a.txt is a binary file (5 bytes); look at it with a command such as file or xxd",
    );
    check(
        b"gr\xfcn\n",
        json!({}),
        "     1\tgr\u{fffd}n\n[not valid UTF-8: bytes that could not be read are shown as \u{fffd}]\n",
    );
    let control = b"a\x1b[31mb\n";
    check(control, json!({}), "     1\ta\u{1b}[31mb\n");
}

#[test]
fn what_is_no_file_is_told() {
    let rig = Rig::new();
    fs::create_dir(rig.path("sub")).unwrap();
    assert_eq!(
        rig.fails("Read", json!({"file_path": "sub"})),
        "sub is a folder; list it with Glob or with ls in Bash"
    );
    assert_eq!(
        rig.fails("Read", json!({"file_path": "/dev/zero"})),
        "/dev/zero is a device, socket or pipe; only ordinary files are read"
    );
    assert_eq!(
        rig.fails("Read", json!({"file_path": "no.txt"})),
        "/work/no.txt does not exist (the working directory is /work)"
    );
}

#[test]
fn a_file_past_the_line_cap_comes_as_a_first_page() {
    let rig = Rig::new();
    let lines: String = (1..=5_000).map(|number| format!("{number}\n")).collect();
    rig.put("a.txt", lines);
    let text = rig.ok("Read", json!({"file_path": "a.txt"}));
    assert!(text.ends_with(
        "  2000\t2000\n[PARTIAL view: lines 1-2000 of 5000, cut by the line limit; read on with \
         offset=2001]\n"
    ));
    let text = rig.ok("Read", json!({"file_path": "a.txt", "offset": 4_001}));
    assert!(text.ends_with("  5000\t5000\n"));
    assert_eq!(
        rig.fails("Read", json!({"file_path": "a.txt", "limit": 3_000})),
        "limit is at most 2000 lines"
    );
}

#[test]
fn a_file_past_the_size_cap_comes_as_a_first_page_and_explicit_ranges_are_refused() {
    let rig = Rig::new();
    rig.put("a.txt", format!("{}\n", "x".repeat(999)).repeat(500));
    let text = rig.ok("Read", json!({"file_path": "a.txt"}));
    assert!(
        text.ends_with(
            "[PARTIAL view: lines 1-100 of 500, cut by the size limit; read on with offset=101]\n"
        ),
        "{}",
        &text[text.len() - 200..]
    );
    assert_eq!(
        rig.fails(
            "Read",
            json!({"file_path": "a.txt", "offset": 11, "limit": 200})
        ),
        "these lines hold more than 100000 bytes; 100 lines fit: ask with offset=11 limit=100"
    );
}

#[test]
fn long_lines_are_cut_and_say_so() {
    let rig = Rig::new();
    rig.put("a.txt", format!("{}\nshort\n", "ü".repeat(5_000)));
    let text = rig.ok("Read", json!({"file_path": "a.txt"}));
    assert_eq!(
        text,
        format!(
            "     1\t{} [… 3000 more characters]\n     2\tshort\n",
            "ü".repeat(2_000)
        )
    );
}

#[test]
fn large_files_are_read_by_window() {
    let rig = Rig::new();
    let lines: String = (1..=1_000_000)
        .map(|number| format!("line {number}\n"))
        .collect();
    assert!(lines.len() > 8 << 20);
    rig.put("a.txt", lines);
    let text = rig.ok(
        "Read",
        json!({"file_path": "a.txt", "offset": 700_000, "limit": 2}),
    );
    assert!(
        text.starts_with("700000\tline 700000\n700001\tline 700001\n"),
        "{text}"
    );
}

#[test]
fn a_sparse_file_of_two_gigabytes_is_told_to_be_binary_in_little_memory() {
    let rig = Rig::new();
    fs::File::create(rig.path("a.img"))
        .unwrap()
        .set_len(2 << 30)
        .unwrap();
    let before = peak_bytes();
    assert_eq!(
        rig.fails("Read", json!({"file_path": "a.img"})),
        "a.img is a binary file (2147483648 bytes); look at it with a command such as file or xxd"
    );
    let refusal = rig.fails("Write", json!({"file_path": "a.img", "content": "x"}));
    assert_eq!(
        refusal,
        "/work/a.img has 2147483648 bytes; the limit is 16777216; replace it with a command in Bash"
    );
    assert!(peak_bytes() - before < 64 << 20);
}

/// The most memory that this process has held so far.
pub(crate) fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1_024
}

#[test]
fn reading_marks_what_was_seen() {
    let rig = Rig::new();
    rig.put("a.txt", "a\nb\nc\n");
    let hash = blake3::hash(b"a\nb\nc\n").to_hex().to_string();
    let part = rig.call("Read", json!({"file_path": "a.txt", "limit": 1}));
    let whole = rig.call("Read", json!({"file_path": "a.txt"}));
    let part_again = rig.call("Read", json!({"file_path": "a.txt", "limit": 1}));
    let seen: Vec<(bool, String)> = [part, whole, part_again]
        .into_iter()
        .map(|gave| match gave.marks.as_slice() {
            [Mark::Seen { path, stamp }] => {
                assert_eq!(*path, rig.path("a.txt"));
                (stamp.whole, stamp.hash.clone())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        seen,
        [(false, hash.clone()), (true, hash.clone()), (true, hash)]
    );
}

#[test]
fn an_unreadable_file_is_told() {
    let rig = Rig::new();
    rig.put("a.txt", "secret");
    fs::set_permissions(rig.path("a.txt"), fs::Permissions::from_mode(0o000)).unwrap();
    let gave = rig.call("Read", json!({"file_path": "a.txt"}));
    // The superuser may read everything.
    if fs::read(rig.path("a.txt")).is_err() {
        assert!(
            gave.failed && gave.text.starts_with("/work/a.txt: "),
            "{}",
            gave.text
        );
    } else {
        assert_eq!(gave.text, "     1\tsecret\n");
    }
}

#[test]
fn data_has_the_shape_that_clients_expect() {
    let rig = Rig::new();
    rig.put("a.txt", "a\nb\nc\n");
    let gave = rig.call(
        "Read",
        json!({"file_path": "a.txt", "offset": 2, "limit": 1}),
    );
    let file_path = rig.path("a.txt").display().to_string();
    let file = json!({
        "filePath": file_path, "content": "b", "numLines": 1, "startLine": 2, "totalLines": 3
    });
    assert_eq!(gave.data, json!({"type": "text", "file": file}));
}
