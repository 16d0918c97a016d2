//! Workers that write in worktrees of their own, on real repositories.

use crate::rig::{Rig, Session, call, job, say};
use gimlet_app::{WorktreeState, Worktrees};
use gimlet_ports::Sessions as _;
use gimlet_protocol::{Fact, Mode, Op, Reply, ReplyScope, ReturnedHow, SessionId};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A repository with committed, staged, changed, untracked and ignored files, and a stash.
struct Repository {
    rig: Rig,
}

impl Repository {
    fn new() -> Self {
        let rig = Rig::new();
        let this = Self { rig };
        this.git(&["init", "-q", "-b", "main"]);
        this.rig.file(".gitignore", "ignored/\n");
        this.rig
            .file("committed.txt", "one\ntwo\nthree\nfour\nfive\n");
        this.rig.file("changed.txt", "old\n");
        this.rig.file("stashed.txt", "before\n");
        this.git(&["add", "-A"]);
        this.git(&["commit", "-q", "-m", "first"]);
        this.rig.file("stashed.txt", "in the stash\n");
        this.git(&["stash", "-q"]);
        this.rig.file("staged.txt", "staged\n");
        this.git(&["add", "staged.txt"]);
        this.rig.file("staged.txt", "staged and changed again\n");
        this.rig.file("changed.txt", "new and not committed\n");
        this.rig.file("untracked/a.txt", "nobody knows it\n");
        this.rig.file("ignored/big.bin", "stays\n");
        this
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=P", "-c", "user.email=p@example.org"])
            .args(["-c", "commit.gpgSign=false"])
            .args(arguments)
            .current_dir(self.rig.work())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.rig.work().join("../home"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What must not change by itself: index, HEAD, stash, branches, worktrees, settings.
    fn persons(&self) -> Vec<String> {
        vec![
            self.git(&["ls-files", "-s"]),
            self.git(&["rev-parse", "HEAD"]),
            self.git(&["symbolic-ref", "HEAD"]),
            self.git(&["stash", "list"]),
            self.git(&["for-each-ref"]),
            self.git(&["worktree", "list"]),
            fs::read_to_string(self.rig.work().join(".git/config")).unwrap(),
        ]
    }

    fn worktrees(&self) -> Worktrees {
        let state = self.rig.work().join("../home/gimlet/state");
        Worktrees::new(&state, &self.rig.launch.env)
    }

    /// The folders that worktrees lie in.
    fn places(&self) -> Vec<PathBuf> {
        let folder = self.rig.work().join("../home/gimlet/state/worktrees");
        let listing = fs::read_dir(folder).into_iter().flatten().flatten();
        let folders = listing.map(|item| item.path()).filter(|path| path.is_dir());
        folders.collect()
    }

    /// A worker that writes these files, by relative path, and reports.
    fn writer(&self, name: &str, files: &[(&str, &str)]) -> String {
        let mut line = String::from("set -e\n");
        for (path, text) in files {
            let folder = Path::new(path).parent().unwrap().display().to_string();
            if !folder.is_empty() {
                writeln!(line, "mkdir -p {folder}").unwrap();
            }
            writeln!(line, "printf '%s' '{text}' > {path}").unwrap();
        }
        self.rig.model(
            name,
            &[call("w1", "Bash", json!({"command": line})), say("written")],
        )
    }
}

fn apart(model: &str) -> Value {
    let mut input = job("general", model);
    input["run_in_background"] = json!(false);
    input
}

fn merge(worker: &SessionId) -> Value {
    json!({"tool": "MergeWorktree", "input": {"worker": worker}})
}

/// Lets a first turn start the workers, then a second merge what they left.
async fn begin(repository: &mut Repository, workers: &[String]) -> Session {
    repository.rig.launch.permission_mode = Some(Mode::BypassPermissions);
    let calls: Vec<Value> = workers
        .iter()
        .enumerate()
        .map(|(n, worker)| {
            json!({"type": "call", "tool": "Agent", "input": apart(worker), "id": format!("a{n}")})
        })
        .collect();
    let model = repository
        .rig
        .model("main", &[json!(calls), say("all reported")]);
    let mut session = repository.rig.begin(&model).await;
    session.turn("go").await;
    session
}

/// Goes on with a session whose model now merges these workers.
async fn merging(repository: &Repository, session: Session, workers: &[SessionId]) -> Session {
    let id = session.close().await;
    let mut replies: Vec<Value> = workers
        .iter()
        .enumerate()
        .map(|(n, worker)| call(&format!("m{n}"), "CallTool", merge(worker)))
        .collect();
    replies.push(say("merged"));
    repository.rig.model("main", &replies);
    let mut session = repository.rig.resume(&id).await;
    session.turn("merge").await;
    session
}

#[tokio::test]
async fn a_worker_sees_the_present_state_and_its_changes_come_back_unstaged() {
    let mut repository = Repository::new();
    let look = "cat committed.txt changed.txt staged.txt untracked/a.txt stashed.txt; \
                ls ignored 2>&1; git status --porcelain; git log --oneline | wc -l; \
                git stash list | wc -l; rm committed.txt; printf made > new.txt; \
                printf more >> changed.txt; chmod +x staged.txt; ln -s new.txt link";
    let worker = repository.rig.model(
        "worker",
        &[call("w1", "Bash", json!({"command": look})), say("done")],
    );
    let before = repository.persons();
    let session = begin(&mut repository, &[worker]).await;
    let hired = session.hired().remove(0);
    let (_, told) = session.results().remove(0);
    for line in [
        "D committed.txt",
        "M changed.txt",
        "A new.txt",
        "A link",
        "+made",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let saw = repository.rig.log(&hired.worker);
    let saw = saw.iter().find_map(|fact| match fact {
        Fact::Returned(returned) => Some(crate::rig::text_of(&returned.content)),
        _ => None,
    });
    let saw = saw.unwrap();
    for line in [
        "one\ntwo\nthree\nfour\nfive\nnew and not committed\nstaged and changed again\nnobody knows it\nbefore\n",
        "AM staged.txt",
        " M changed.txt",
        "?? untracked/",
        "No such file",
    ] {
        assert!(saw.contains(line), "{line:?}: {saw}");
    }
    assert!(saw.ends_with("1\n0"), "{saw}");
    // Nothing is the person's until it is merged.
    assert!(!repository.rig.work().join("new.txt").exists());
    assert_eq!(repository.persons(), before);

    let session = merging(&repository, session, &[hired.worker]).await;
    let (returned, text) = session.results().remove(0);
    assert_eq!(returned.how, ReturnedHow::Done, "{text}");
    let work = repository.rig.work();
    assert!(!work.join("committed.txt").exists());
    assert_eq!(repository.rig.text("new.txt"), "made");
    assert_eq!(
        repository.rig.text("changed.txt"),
        "new and not committed\nmore"
    );
    assert_eq!(
        fs::read_link(work.join("link")).unwrap(),
        Path::new("new.txt")
    );
    let mode = fs::metadata(work.join("staged.txt")).unwrap().permissions();
    assert!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o111 == 0o111);
    assert_eq!(repository.persons(), before);
    assert_eq!(repository.rig.text("ignored/big.bin"), "stays\n");
    session.close().await;
    assert_eq!(repository.places(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn eight_writers_at_once_lose_and_stage_nothing_and_show_what_conflicts() {
    let mut repository = Repository::new();
    // Six that keep apart, and two that write the same line.
    let mut workers: Vec<String> = (0..6)
        .map(|n| {
            let (file, text) = (format!("made/{n}.txt"), format!("by {n}"));
            repository.writer(&format!("writer{n}"), &[(&file, &text)])
        })
        .collect();
    for n in 6..8 {
        let text = format!("one\nof {n}\nthree\nfour\nfive\n");
        workers.push(repository.writer(&format!("writer{n}"), &[("committed.txt", &text)]));
    }
    let before = repository.persons();
    let session = begin(&mut repository, &workers).await;
    let ids: Vec<SessionId> = session
        .hired()
        .into_iter()
        .map(|hired| hired.worker)
        .collect();
    assert_eq!(ids.len(), 8);
    assert!(
        session
            .results()
            .iter()
            .all(|(returned, _)| returned.how == ReturnedHow::Done)
    );
    assert_eq!(repository.persons(), before);
    // The person goes on meanwhile.
    repository.rig.file(
        "committed.txt",
        "one\ntwo\nthree\nfour\nfive, by the person\n",
    );
    let session = merging(&repository, session, &ids).await;
    let results = session.results();
    let failed: Vec<&String> = results
        .iter()
        .filter(|(returned, _)| returned.how == ReturnedHow::Failed)
        .map(|(_, text)| text)
        .collect();
    assert_eq!(failed.len(), 1, "{results:?}");
    for shown in [
        "Nothing was merged",
        "committed.txt: both changed the same lines",
        "<<<<<<< yours",
        ">>>>>>> the worker's",
    ] {
        assert!(failed[0].contains(shown), "{shown}: {}", failed[0]);
    }
    for n in 0..6 {
        assert_eq!(
            repository.rig.text(&format!("made/{n}.txt")),
            format!("by {n}")
        );
    }
    let merged = repository.rig.text("committed.txt");
    assert!(
        (6..8).any(|n| merged == format!("one\nof {n}\nthree\nfour\nfive, by the person\n")),
        "{merged}"
    );
    assert_eq!(
        repository.rig.text("changed.txt"),
        "new and not committed\n"
    );
    assert_eq!(repository.persons(), before);
    session.close().await;
    // The one that conflicts is kept and listed, and nothing else is there.
    let rows = repository.worktrees().rows();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].state, WorktreeState::Kept);
    assert_eq!(repository.places().len(), 1);
    let merged = repository.worktrees().merge(&rows[0].worker).unwrap();
    assert!(
        !merged.0
            && merged
                .1
                .contains("committed.txt: both changed the same lines")
    );
    repository.worktrees().discard(&rows[0].worker).unwrap();
    assert_eq!(repository.places(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_merge_is_asked_with_the_diff_and_what_is_refused_stays() {
    let repository = Repository::new();
    let path = |worker: &SessionId| {
        let rows = repository.worktrees().rows();
        let row = rows.into_iter().find(|row| row.worker == *worker).unwrap();
        row.worktree
    };
    // It learns of its folder from the environment, so the write is relative here.
    let worker = repository.writer("worker", &[("new.txt", "made")]);
    let model = repository.rig.model(
        "main",
        &[call("a", "Agent", apart(&worker)), say("reported")],
    );
    let mut session = repository.rig.begin(&model).await;
    session.prompt("go").await;
    let id = session
        .until(|facts| {
            facts.iter().find_map(|fact| match fact {
                Fact::Hired(hired) => Some(hired.worker.clone()),
                _ => None,
            })
        })
        .await;
    let asked = loop {
        let log = repository.rig.log(&id);
        let asked = log.into_iter().find_map(|fact| match fact {
            Fact::Asked(asked) => Some(asked),
            _ => None,
        });
        match asked {
            Some(asked) => break asked,
            None => tokio::task::yield_now().await,
        }
    };
    answer(&session, &id, asked.call, allowed()).await;
    session.rests().await;
    assert!(path(&id).join("new.txt").exists());
    let top = session.close().await;

    repository.rig.model(
        "main",
        &[
            call("m1", "CallTool", merge(&id)),
            say("refused"),
            call("m2", "CallTool", merge(&id)),
            say("merged"),
        ],
    );
    let mut session = repository.rig.resume(&top).await;
    for (number, reply) in [Reply::Deny { reason: None }, allowed()]
        .into_iter()
        .enumerate()
    {
        session.prompt("merge").await;
        let asked = session
            .until(|facts| {
                let mut asked = facts.iter().filter_map(|fact| match fact {
                    Fact::Asked(asked) => Some(asked.clone()),
                    _ => None,
                });
                asked.nth(number)
            })
            .await;
        assert!(asked.question.title.starts_with("merge 1 files of worker"));
        let preview = asked.question.preview.unwrap();
        assert!(
            preview.contains("+++ b/new.txt\n") && preview.contains("+made"),
            "{preview}"
        );
        assert!(!repository.rig.work().join("new.txt").exists());
        let own = session.id.clone();
        answer(&session, &own, asked.call, reply).await;
        session.rests().await;
    }
    assert_eq!(repository.rig.text("new.txt"), "made");
    session.close().await;
    assert_eq!(repository.places(), Vec::<PathBuf>::new());
}

fn allowed() -> Reply {
    Reply::Allow {
        scope: ReplyScope::Once,
        offer: 0,
        input: None,
    }
}

async fn answer(session: &Session, to: &SessionId, call: gimlet_protocol::CallId, reply: Reply) {
    let op = Op::Answer { call, reply };
    let key = format!("answer {to} {:?}", session.facts.len());
    session
        .hub
        .submit(to.clone(), key.as_str().into(), op)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_worker_that_changes_nothing_leaves_nothing_and_one_stays_out_of_the_original() {
    let mut repository = Repository::new();
    let path = repository.rig.work().join("changed.txt");
    let worker = repository.rig.model(
        "worker",
        &[
            call("w1", "Read", json!({"file_path": path})),
            call(
                "w2",
                "Edit",
                json!({"file_path": path, "old_string": "new", "new_string": "x"}),
            ),
            call(
                "w3",
                "Bash",
                json!({"command": format!("echo x > {}", path.display())}),
            ),
            say("it would not let me"),
        ],
    );
    let session = begin(&mut repository, &[worker]).await;
    let hired = session.hired().remove(0);
    let (_, told) = session.results().remove(0);
    assert!(!told.contains("MergeWorktree"), "{told}");
    let refused: Vec<String> = repository
        .rig
        .log(&hired.worker)
        .into_iter()
        .filter_map(|fact| match fact {
            Fact::Refused(refused) => Some(refused.text),
            _ => None,
        })
        .collect();
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(
        refused
            .iter()
            .all(|text| text.contains("leaves the original alone"))
    );
    assert_eq!(
        repository.rig.text("changed.txt"),
        "new and not committed\n"
    );
    assert_eq!(repository.places().len(), 1);
    session.close().await;
    assert_eq!(repository.places(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn no_hook_filter_or_monitor_of_a_repository_is_run_for_a_worktree() {
    let mut repository = Repository::new();
    let witness = repository.rig.work().parent().unwrap().join("witness");
    let bait = format!("touch {}", witness.display());
    for (key, value) in [
        ("core.fsmonitor", bait.clone()),
        ("filter.bait.clean", format!("sh -c '{bait}; cat'")),
        ("filter.bait.smudge", format!("sh -c '{bait}; cat'")),
        ("diff.bait.textconv", format!("sh -c '{bait}; cat $1' -")),
        ("merge.bait.driver", bait.clone()),
    ] {
        repository.git(&["config", key, &value]);
    }
    for hook in ["post-checkout", "post-index-change", "pre-commit"] {
        let hook = repository.rig.file(
            &format!(".git/hooks/{hook}"),
            &format!("#!/bin/sh\n{bait}\n"),
        );
        fs::set_permissions(hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    repository.rig.file(
        ".gitattributes",
        "*.txt filter=bait diff=bait merge=bait text eol=crlf\n",
    );
    // A worker may set up its own as well.
    let sets = format!(
        "git config core.fsmonitor '{bait}'; git config filter.bait.clean '{bait}'; printf 'made\\r\\n' > new.txt"
    );
    let worker = repository.rig.model(
        "worker",
        &[call("w1", "Bash", json!({"command": sets})), say("done")],
    );
    let session = begin(&mut repository, &[worker]).await;
    let id = session.hired().remove(0).worker;
    let session = merging(&repository, session, &[id]).await;
    assert_eq!(repository.rig.text("new.txt"), "made\r\n");
    assert!(!witness.exists());
    session.close().await;
}

#[tokio::test]
async fn a_worker_goes_on_after_its_changes_were_merged() {
    let mut repository = Repository::new();
    let worker = repository.writer("worker", &[("new.txt", "made")]);
    let session = begin(&mut repository, &[worker]).await;
    let id = session.hired().remove(0).worker;
    let session = merging(&repository, session, std::slice::from_ref(&id)).await;
    let top = session.close().await;
    repository.rig.file("person.txt", "since then\n");
    let line = "cat person.txt new.txt > both.txt";
    repository.rig.model(
        "worker",
        &[call("w9", "Bash", json!({"command": line})), say("went on")],
    );
    repository.rig.model(
        "main",
        &[
            call(
                "s1",
                "CallTool",
                json!({"tool": "SendMessage", "input": {"to": id, "message": "go on"}}),
            ),
            say("waiting"),
            say("heard"),
        ],
    );
    let mut session = repository.rig.resume(&top).await;
    session.turn("send").await;
    let told = |facts: &[Fact]| {
        let reported = facts.iter().find_map(|fact| match fact {
            Fact::Reported(reported) => Some(reported.changes.clone()),
            _ => None,
        });
        reported.flatten()
    };
    let changes = session.until(told).await;
    assert_eq!(changes.files.len(), 1);
    assert_eq!(changes.files[0].path, Path::new("both.txt"));
    assert!(
        changes.diff.contains("+since then\n+made"),
        "{}",
        changes.diff
    );
    session.close().await;
}

#[tokio::test]
async fn what_differs_in_kind_conflicts_and_nothing_behind_a_link_is_written() {
    let mut repository = Repository::new();
    let outside = repository.rig.work().join("../outside");
    fs::create_dir(&outside).unwrap();
    let worker = repository.writer(
        "worker",
        &[
            ("untracked/b.txt", "through a link"),
            ("changed.txt", "by the worker"),
            ("deep", "file"),
        ],
    );
    let session = begin(&mut repository, &[worker]).await;
    let id = session.hired().remove(0).worker;
    let work = repository.rig.work();
    fs::remove_dir_all(work.join("untracked")).unwrap();
    std::os::unix::fs::symlink(&outside, work.join("untracked")).unwrap();
    fs::remove_file(work.join("changed.txt")).unwrap();
    fs::create_dir(work.join("deep")).unwrap();
    let session = merging(&repository, session, &[id]).await;
    let (returned, text) = session.results().remove(0);
    assert_eq!(returned.how, ReturnedHow::Failed);
    for line in [
        "untracked/b.txt: untracked is a link here",
        "changed.txt: the worker changed it, and you removed it",
        "deep: it is a folder here",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert!(!work.join("changed.txt").exists());
    session.close().await;
}

#[tokio::test]
async fn a_session_moves_into_a_worktree_and_back_without_losing_work() {
    let mut repository = Repository::new();
    repository.rig.launch.permission_mode = Some(Mode::BypassPermissions);
    let enter = json!({"tool": "EnterWorktree", "input": {"name": "apart"}});
    let exit = |discard: bool| {
        let input = json!({"action": "remove", "discard_changes": discard});
        json!({"tool": "ExitWorktree", "input": input})
    };
    let work = "git branch --show-current; cat changed.txt; echo made > made.txt";
    let model = repository.rig.model(
        "main",
        &[
            call("e1", "CallTool", enter.clone()),
            call("e2", "CallTool", enter),
            call("w1", "Bash", json!({"command": work})),
            call("x1", "CallTool", exit(false)),
            call("x2", "CallTool", exit(true)),
            call(
                "w2",
                "Bash",
                json!({"command": "git branch --show-current"}),
            ),
            say("done"),
        ],
    );
    let before = repository.persons();
    let status = repository.git(&["status", "--porcelain"]);
    let mut session = repository.rig.begin(&model).await;
    session.turn("go").await;
    let mut texts: Vec<String> = session
        .results()
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let refused = session.facts.iter().find_map(|fact| match fact {
        Fact::Refused(refused) => Some(refused.text.clone()),
        _ => None,
    });
    assert!(refused.unwrap().contains("is in the worktree"));
    assert!(
        texts[0].ends_with("Paths of before lead to the original."),
        "{texts:?}"
    );
    assert!(texts[1].starts_with("worktree-apart\nold"), "{texts:?}");
    assert!(
        texts[2].contains("they would be lost:\n?? made.txt"),
        "{texts:?}"
    );
    assert!(texts[3].ends_with("apart is gone."), "{texts:?}");
    assert_eq!(texts.remove(4), "main");
    session.close().await;
    assert_eq!(repository.persons(), before);
    assert_eq!(repository.git(&["status", "--porcelain"]), status);
}
