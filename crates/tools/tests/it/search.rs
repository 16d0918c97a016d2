//! Glob, Grep and LS.

use crate::rig::Rig;
use serde_json::{Value, json};
use std::{fs, os::unix::ffi::OsStrExt as _};

fn project() -> Rig {
    let rig = Rig::new();
    rig.put(".gitignore", "target/\n");
    fs::create_dir(rig.path(".git")).unwrap();
    rig.put(
        "src/main.rs",
        "fn main() {\n    let needle = 1;\n    go(needle);\n}\n",
    );
    rig.put(
        "src/lib.rs",
        "// no\n// Needle\n// no\n// no\n// no\n// no\n// needle\n",
    );
    rig.put("web/app.ts", "const needle = 2;\n");
    rig.put("target/out.rs", "needle\n");
    rig
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn glob_finds_by_name_and_falls_back_to_ignored_files() {
    let rig = project();
    let check = |pattern: &str, found: &[&str]| {
        assert_eq!(
            sorted(&rig.ok("Glob", json!({"pattern": pattern}))),
            found,
            "{pattern}"
        );
    };
    check("**/*.rs", &["src/lib.rs", "src/main.rs"]);
    check("*.{rs,ts}", &["src/lib.rs", "src/main.rs", "web/app.ts"]);
    check("./src/*.rs", &["src/lib.rs", "src/main.rs"]);
    check(
        "target/*.rs",
        &["[only ignored files match]", "target/out.rs"],
    );
    check("**/*.java", &["no files found"]);
    let absolute = rig.path("web/*").display().to_string();
    check(&absolute, &["web/app.ts"]);
}

#[test]
fn glob_shows_the_newest_hundred_and_counts_all() {
    let rig = Rig::new();
    for number in 0..150 {
        rig.put(&format!("{number}.txt"), "");
    }
    let gave = rig.call("Glob", json!({"pattern": "*.txt"}));
    assert!(
        gave.text
            .ends_with("[the 100 newest of 150 are shown; narrow the pattern for others]\n")
    );
    assert_eq!(gave.data["numFiles"], 100);
    assert_eq!(gave.data["truncated"], true);
    assert_eq!(gave.data["totalMatches"], 150);
}

#[test]
fn names_that_are_not_utf8_are_shown_with_a_note() {
    let rig = Rig::new();
    let name = std::ffi::OsStr::from_bytes(b"gr\xfcn.txt");
    fs::write(rig.root().join(name), "needle\n").unwrap();
    assert_eq!(
        rig.ok("Glob", json!({"pattern": "*.txt"})),
        "gr\u{fffd}n.txt\n[names with \u{fffd} are not UTF-8; reach them with Bash]\n"
    );
    assert_eq!(
        rig.ok("Grep", json!({"pattern": "needle"})),
        "gr\u{fffd}n.txt\n"
    );
    assert_eq!(
        rig.ok("LS", json!({"path": "."})),
        "/work/\ngr\u{fffd}n.txt  7\n"
    );
}

fn check(input: Value, shown: &str) {
    let rig = project();
    assert_eq!(rig.call("Grep", input.clone()).text, shown, "{input}");
}

#[test]
fn grep_has_three_modes() {
    check(
        json!({"pattern": "needle"}),
        "src/lib.rs\nsrc/main.rs\nweb/app.ts\n",
    );
    check(
        json!({"pattern": "needle", "output_mode": "content"}),
        "src/lib.rs:7:// needle\nsrc/main.rs:2:    let needle = 1;\nsrc/main.rs:3:    \
         go(needle);\nweb/app.ts:1:const needle = 2;\n",
    );
    check(
        json!({"pattern": "needle", "output_mode": "count"}),
        "src/lib.rs:1\nsrc/main.rs:2\nweb/app.ts:1\n4 matching lines in 3 files\n",
    );
}

#[test]
fn grep_has_ripgreps_flags() {
    let content = |extra: Value| {
        let mut input =
            json!({"pattern": "needle", "output_mode": "content", "path": "src/lib.rs"});
        input
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        input
    };
    check(content(json!({"-n": false})), "src/lib.rs:// needle\n");
    check(
        content(json!({"-B": 1})),
        "src/lib.rs-6-// no\nsrc/lib.rs:7:// needle\n",
    );
    check(
        content(json!({"-i": true, "-C": 1})),
        "src/lib.rs-1-// no\nsrc/lib.rs:2:// Needle\nsrc/lib.rs-3-// no\n--\nsrc/lib.rs-6-// \
         no\nsrc/lib.rs:7:// needle\n",
    );
    check(
        content(json!({"-i": true, "-A": 1})),
        "src/lib.rs:2:// Needle\nsrc/lib.rs-3-// no\n--\nsrc/lib.rs:7:// needle\n",
    );
    check(
        content(json!({"-o": true, "pattern": "n\\w+e"})),
        "src/lib.rs:7:needle\n",
    );
    check(
        json!({"pattern": "needle", "type": "rust"}),
        "src/lib.rs\nsrc/main.rs\n",
    );
    check(
        json!({"pattern": "needle", "glob": "*.{ts,js}"}),
        "web/app.ts\n",
    );
    check(
        json!({"pattern": "needle", "glob": "*.ts, main.rs"}),
        "src/main.rs\nweb/app.ts\n",
    );
    check(
        json!({"pattern": "1;.*go", "multiline": true, "output_mode": "content", "-o": true}),
        "src/main.rs:2:1;\nsrc/main.rs:3:    go\n",
    );
}

#[test]
fn grep_pages_through_long_results() {
    check(
        json!({"pattern": "needle", "head_limit": 2}),
        "src/lib.rs\nsrc/main.rs\n[cut after 2 files by head_limit; go on with offset=2, or narrow \
         the search]\n",
    );
    check(
        json!({"pattern": "needle", "head_limit": 2, "offset": 2}),
        "web/app.ts\n",
    );
    check(
        json!({"pattern": "needle", "offset": 9}),
        "no matches from 9 on",
    );
    check(json!({"pattern": "nowhere"}), "no matches");
}

#[test]
fn grep_stays_below_its_size_limit() {
    let rig = Rig::new();
    rig.put("a.txt", format!("{}\n", "x".repeat(1_000)).repeat(200));
    let gave = rig.call("Grep", json!({"pattern": "x", "output_mode": "content"}));
    assert!(gave.text.len() < 31_000, "{}", gave.text.len());
    assert!(
        gave.text.ends_with(
            "[cut after 29 lines by the size limit; go on with offset=29, or narrow the search]\n"
        ),
        "{}",
        &gave.text[gave.text.len() - 200..]
    );
    assert_eq!(gave.data["numLines"], 29);
}

#[test]
fn a_bad_pattern_or_place_is_told() {
    let rig = project();
    let text = rig.fails("Grep", json!({"pattern": "a("}));
    assert!(text.starts_with("bad pattern: "), "{text}");
    assert_eq!(
        rig.fails("Grep", json!({"pattern": "a", "path": "nowhere"})),
        "/work/nowhere does not exist (the working directory is /work)"
    );
    assert_eq!(
        rig.fails("Grep", json!({"pattern": ""})),
        "the pattern is empty"
    );
}

#[test]
fn grep_data_has_the_shape_that_clients_expect() {
    let rig = project();
    let gave = rig.call(
        "Grep",
        json!({"pattern": "needle", "type": "ts", "output_mode": "content"}),
    );
    assert_eq!(
        gave.data,
        json!({
            "mode": "content", "numFiles": 1, "filenames": [rig.path("web/app.ts")],
            "content": "web/app.ts:1:const needle = 2;\n", "numLines": 1
        })
    );
}

#[test]
fn ls_lists_a_folder_without_what_is_ignored() {
    let rig = project();
    std::os::unix::fs::symlink("src", rig.path("link")).unwrap();
    assert_eq!(
        rig.ok(
            "LS",
            json!({"path": rig.root(), "ignore": ["targ*", ".gi?", "**/web/**"]})
        ),
        "/work/\n.gitignore  8\nlink@\nsrc/\n"
    );
    fs::create_dir(rig.path("empty")).unwrap();
    assert_eq!(
        rig.ok("LS", json!({"path": "empty"})),
        "/work/empty/\n[empty]\n"
    );
    assert_eq!(
        rig.fails("LS", json!({"path": "nowhere"})),
        "/work/nowhere does not exist (the working directory is /work)"
    );
}
