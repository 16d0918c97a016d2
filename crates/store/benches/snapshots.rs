//! What looks cost: a clean git repository of 100,000 files, first and again, and the disk.
//!
//! The figures that matter are of single runs (a first look is only once the first), so they are
//! measured and printed plainly: `cargo bench -p gimlet-store --bench snapshots`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints what it measures, and may panic"
)]

use gimlet_protocol::{CallId, SessionId, SnapshotOf};
use gimlet_store::snapshots::{Opening, Reach, WindowId, Workspace, WorkspaceOptions};
use gimlet_trust::GitEnv;
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

const FOLDERS: usize = 2_000;
const FILES_EACH: usize = 50;
const RUNS: usize = 5;

fn main() {
    let dir = tempfile::TempDir::new().unwrap();
    let root = dir.path().canonicalize().unwrap().join("repository");
    plant(&root);
    let plain = dir.path().canonicalize().unwrap().join("plain");
    let status = Command::new("cp").arg("-r").arg(&root).arg(&plain).status();
    assert!(status.unwrap().success());
    fs::remove_dir_all(plain.join(".git")).unwrap();

    println!("{} files in {FOLDERS} folders", FOLDERS * FILES_EACH);
    let mut firsts = Vec::new();
    for run in 0..RUNS {
        let data = dir.path().join(format!("data-{run}"));
        let workspace = open(&data, &root);
        let (took, _) = timed(|| workspace.look());
        firsts.push(took);
        if run + 1 == RUNS {
            report(&workspace, &root, "clean git repository", &firsts);
        }
    }
    let data = dir.path().join("data-plain");
    let workspace = open(&data, &plain);
    let (took, _) = timed(|| workspace.look());
    report(&workspace, &plain, "the same without git", &[took]);
    println!(
        "disk: {} kB of {} kB",
        workspace.usage().bytes / 1_000,
        bytes(&plain) / 1_000
    );
}

fn report(workspace: &Workspace, root: &Path, what: &str, firsts: &[Duration]) {
    println!("{what}");
    println!("  first look            {}", figures(firsts));
    let mut again: Vec<Duration> = (0..RUNS * 2)
        .map(|_| timed(|| workspace.look()).0)
        .collect();
    println!("  again                 {}", figures(&again));
    again.clear();
    for run in 0..RUNS {
        let id = WindowId {
            session: SessionId::from("s"),
            id: format!("call-{run}"),
        };
        let opening = Opening {
            of: SnapshotOf::Call {
                call: CallId::from("call"),
            },
            reach: Reach {
                paths: Vec::new(),
                everything: true,
            },
            tasks: Vec::new(),
        };
        let (open, _) = timed(|| workspace.open(&id, &opening));
        for number in 0..10 {
            fs::write(
                root.join(format!("folder-{number}/file-{run}.rs")),
                format!("run {run}"),
            )
            .unwrap();
        }
        let (close, snapshot) = timed(|| workspace.close(&id));
        assert_eq!(snapshot.unwrap().total, 10);
        again.push(open + close);
    }
    println!(
        "  around a command      {} (two looks, 10 files changed)",
        figures(&again)
    );
    let workspace = open(workspace.folder().parent().unwrap().parent().unwrap(), root);
    let (took, _) = timed(|| workspace.look());
    println!("  in a new process      {}", figures(&[took]));
    println!(
        "  on the disk           {} kB",
        workspace.usage().bytes / 1_000
    );
}

fn open(data: &Path, root: &Path) -> Workspace {
    let options = WorkspaceOptions {
        roots: vec![root.to_owned()],
        git: GitEnv {
            path: Some("/usr/local/bin:/usr/bin:/bin".into()),
            ..GitEnv::default()
        },
        ..WorkspaceOptions::default()
    };
    Workspace::new(data, root, options)
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let outcome = work();
    (began.elapsed(), outcome)
}

fn figures(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = |place: usize| sorted.get(place).copied().unwrap_or_default().as_secs_f64() * 1_000.0;
    format!(
        "{:.0} ms (of {}: {:.0} to {:.0})",
        at(sorted.len() / 2),
        sorted.len(),
        at(0),
        at(sorted.len() - 1)
    )
}

/// A repository whose files were committed a while ago, as git sees it.
fn plant(root: &Path) {
    for folder in 0..FOLDERS {
        let folder = root.join(format!("folder-{folder}"));
        fs::create_dir_all(&folder).unwrap();
        for file in 0..FILES_EACH {
            let text =
                format!("fn number_{file}() {{\n    // {}\n}}\n", folder.display()).repeat(20);
            fs::write(folder.join(format!("file-{file}.rs")), text).unwrap();
        }
    }
    for args in [
        &["init", "-q"][..],
        &["add", "-A"],
        &[
            "-c",
            "gc.auto=0",
            "-c",
            "user.name=a",
            "-c",
            "user.email=a",
            "commit",
            "-qm",
            "x",
        ],
    ] {
        let status = Command::new("git").args(args).current_dir(root).status();
        assert!(status.unwrap().success(), "{args:?}");
    }
    // What was written in the same instant as the index is read by git, and by looks.
    std::thread::sleep(Duration::from_millis(1_100));
    let status = Command::new("git")
        .args(["update-index", "-q", "--really-refresh"])
        .current_dir(root)
        .status();
    status.unwrap();
}

fn bytes(folder: &Path) -> u64 {
    let mut sum = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let item = item.unwrap();
            let data = item.metadata().unwrap();
            if data.is_dir() {
                folders.push(item.path());
            } else {
                sum += data.len();
            }
        }
    }
    sum
}
