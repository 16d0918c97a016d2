//! Worktrees of workers, by the real program: killed at any instant, and by hand.

use crate::rig::Rig;
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// A model that plays these replies.
fn model(rig: &Rig, name: &str, replies: &[Value]) -> String {
    let replies: Vec<Value> = replies
        .iter()
        .map(|items| json!({"items": items}))
        .collect();
    let script = json!({"format": 1, "name": name, "replies": replies});
    let path = rig.root().join(format!("{name}.json"));
    fs::write(&path, script.to_string()).unwrap();
    format!("scripted/{}", path.display())
}

fn call(id: &str, tool: &str, input: Value) -> Value {
    json!({"type": "call", "tool": tool, "input": input, "id": id})
}

fn say(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

/// A repository with work in it, and a model that has three workers write and merges them.
fn prepared(merges: bool) -> (Rig, String) {
    let rig = Rig::new();
    rig.file("lines.txt", "a\nb\nc\nd\ne\nf\ng\n");
    rig.git(&["add", "--all"]);
    rig.git(&["commit", "--quiet", "--message=Lines"]);
    rig.file("greeting.txt", "hello\nworld\nchanged\n");
    rig.file("staged.txt", "staged\n");
    rig.git(&["add", "staged.txt"]);
    rig.file("untracked.txt", "untracked\n");
    let lines = [("a", 1), ("d", 4), ("g", 7)];
    let agents: Vec<Value> = lines
        .iter()
        .map(|(letter, line)| {
            let command = format!(
                "sed -i {line}s/{letter}/{letter}{letter}/ lines.txt; mkdir -p made/{letter}; \
                 for n in 1 2 3 4 5; do echo $n > made/{letter}/$n; done"
            );
            let work = json!([call("w", "Bash", json!({"command": command}))]);
            let worker = model(&rig, letter, &[work, say("done")]);
            let input = json!({
                "description": "write", "prompt": "Write.", "subagent_type": "general",
                "model": worker, "name": letter, "run_in_background": false,
            });
            call(letter, "Agent", input)
        })
        .collect();
    let mut replies = vec![json!(agents)];
    if merges {
        let merge = |(letter, _): &(&str, i32)| {
            let input = json!({"tool": "MergeWorktree", "input": {"worker": letter}});
            call(&format!("merge {letter}"), "CallTool", input)
        };
        replies.push(json!(lines.iter().map(merge).collect::<Vec<_>>()));
    }
    replies.push(say("done"));
    let main = model(&rig, "main", &replies);
    (rig, main)
}

fn run(rig: &Rig, model: &str) -> crate::rig::Run {
    rig.gimlet(["-p", "Go", "--permission-mode", "bypassPermissions"])
        .args(["--model", model])
}

fn persons(rig: &Rig) -> Vec<String> {
    vec![
        rig.git(&["ls-files", "-s"]),
        rig.git(&["for-each-ref"]),
        rig.git(&["rev-parse", "HEAD"]),
        rig.git(&["worktree", "list"]),
        rig.text("greeting.txt"),
        rig.text("staged.txt"),
        rig.text("untracked.txt"),
    ]
}

fn rows(rig: &Rig) -> Vec<Value> {
    let listed = rig
        .gimlet(["worktrees", "--json"])
        .finish()
        .expect(0)
        .json();
    listed.as_array().unwrap().clone()
}

fn places(rig: &Rig) -> Vec<PathBuf> {
    let folder = rig.own().join("state/worktrees");
    let listing = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = listing.map(|item| item.path());
    paths.filter(|path| path.is_dir()).collect()
}

#[test]
fn workers_write_and_their_worktrees_are_merged_and_gone() {
    let (rig, model) = prepared(true);
    let before = persons(&rig);
    run(&rig, &model).finish().expect(0);
    assert_eq!(rig.text("lines.txt"), "aa\nb\nc\ndd\ne\nf\ngg\n");
    assert_eq!(rig.text("made/g/5"), "5\n");
    assert_eq!(persons(&rig), before);
    assert_eq!(places(&rig), Vec::<PathBuf>::new());
    rig.gimlet(["worktrees"]).finish().quietly();
}

#[test]
fn what_waits_is_listed_shown_merged_and_discarded_by_hand() {
    let (rig, model) = prepared(false);
    run(&rig, &model).finish().expect(0);
    let rows = rows(&rig);
    assert_eq!(rows.len(), 3, "{rows:?}");
    let id = |n: usize| rows[n]["worker"].as_str().unwrap().to_owned();
    let shown = rig.gimlet(["worktrees", "show", &id(0)]).finish().quietly();
    assert!(shown.out().contains("+aa\n"), "{}", shown.shown());
    // It is told of at the next start.
    let next = run(&rig, &self::model(&rig, "next", &[say("hello")]))
        .finish()
        .expect(0);
    let told = "3 worktrees hold changes of workers that were not merged: `gimlet worktrees`";
    assert!(next.err().contains(told), "{}", next.shown());
    rig.gimlet(["worktrees", "merge", &id(0)])
        .finish()
        .quietly();
    rig.gimlet(["worktrees", "discard", &id(1)])
        .finish()
        .quietly();
    assert_eq!(rig.text("lines.txt"), "aa\nb\nc\nd\ne\nf\ng\n");
    rig.file("lines.txt", "x\n");
    let refused = rig
        .gimlet(["worktrees", "merge", &id(2)])
        .finish()
        .expect(1);
    assert!(
        refused
            .err()
            .contains("lines.txt: both changed the same lines")
    );
    let missing = rig
        .gimlet(["worktrees", "show", "nobody"])
        .finish()
        .expect(2);
    assert!(missing.err().contains("there is no worktree `nobody`"));
    assert_eq!(self::rows(&rig).len(), 1);
}

mod os {
    use super::{persons, places, prepared, rows, run};
    use crate::rig::files;
    use std::{fs, path::PathBuf, time::Instant};

    /// How often it is killed.
    const ROUNDS: u32 = 12;

    #[test]
    fn killed_at_any_instant_everything_is_cleared_away_or_listed() {
        let (rig, model) = prepared(true);
        let began = Instant::now();
        run(&rig, &model).finish().expect(0);
        let whole = began.elapsed();
        let mut cut_short = 0;
        for round in 0..ROUNDS {
            let (rig, model) = prepared(true);
            let before = persons(&rig);
            run(&rig, &model)
                .start()
                .killed_after(whole * round / ROUNDS);
            let rows = rows(&rig);
            assert_eq!(persons(&rig), before);
            assert_eq!(places(&rig).len(), rows.len(), "{rows:?}");
            let beside = files(&rig.work())
                .into_iter()
                .filter(|path| path.display().to_string().contains(".gimlet-"));
            assert_eq!(beside.collect::<Vec<_>>(), Vec::<PathBuf>::new());
            for row in &rows {
                cut_short += 1;
                assert_ne!(row["state"], "in_use", "{row}");
                let worker = row["worker"].as_str().unwrap();
                rig.gimlet(["worktrees", "merge", worker])
                    .finish()
                    .expect(0);
            }
            // Of each line there is the old or the new, and no other.
            for line in fs::read_to_string(rig.work().join("lines.txt"))
                .unwrap()
                .lines()
            {
                let is_whole = line.chars().all(|c| line.starts_with(c)) && line.len() <= 2;
                assert!(is_whole, "{line}");
            }
            assert_eq!(persons(&rig), before);
            assert_eq!(places(&rig), Vec::<PathBuf>::new());
        }
        assert!(cut_short > 0, "no kill fell into the work");
    }
}
