//! Snapshots: what a script did is taken back byte for byte, and brought back.

mod scripts;

use gimlet_protocol::{
    Author, CallId, FileChange, FileState, Remedy, SessionId, Snapshot, SnapshotOf, Taken, TaskId,
};
use gimlet_store::snapshots::{
    Keep, Limits, Opening, Planned, Reach, Wanted, WindowId, Workspace, WorkspaceOptions,
};
use gimlet_trust::GitEnv;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::{
        ffi::OsStringExt as _,
        fs::{MetadataExt as _, PermissionsExt as _, symlink},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// A folder to work in, and its snapshots beside it.
struct Ground {
    dir: TempDir,
}

/// Everything in a folder: kind, permissions, and bytes or target.
type Manifest = BTreeMap<PathBuf, (char, u32, Vec<u8>)>;

impl Ground {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("work")).unwrap();
        Self { dir }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("work")
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    fn workspace(&self) -> Workspace {
        self.workspace_with(Limits::default())
    }

    fn workspace_with(&self, limits: Limits) -> Workspace {
        let options = WorkspaceOptions {
            roots: vec![self.root()],
            limits,
            git: git_environment(),
            own: vec![self.dir.path().join("data")],
        };
        Workspace::new(&self.dir.path().join("data"), &self.root(), options)
    }

    fn sh(&self, script: &str) {
        let status = Command::new("sh")
            .args(["-c", script])
            .current_dir(self.root())
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .status();
        // Some commands of a script fail, and some scripts are killed: that is what is tried.
        status.unwrap();
    }

    fn git(&self, args: &[&str]) {
        let status = Command::new("git")
            .args([
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@b",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(args)
            .current_dir(self.root())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success(), "git {args:?}");
    }

    fn commit_all(&self) {
        if !self.at(".git").exists() {
            self.git(&["init", "-q"]);
        }
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    }

    fn manifest(&self) -> Manifest {
        let mut manifest = Manifest::new();
        let mut folders = vec![self.root()];
        while let Some(folder) = folders.pop() {
            for item in fs::read_dir(&folder).unwrap() {
                let path = item.unwrap().path();
                if path.file_name().unwrap() == ".git" {
                    continue;
                }
                let data = fs::symlink_metadata(&path).unwrap();
                let mode = data.permissions().mode() & 0o7777;
                let entry = if data.is_dir() {
                    folders.push(path.clone());
                    ('d', mode, Vec::new())
                } else if data.is_symlink() {
                    let to = fs::read_link(&path).unwrap();
                    ('l', 0, to.into_os_string().into_vec())
                } else if !data.is_file() {
                    ('p', mode, Vec::new())
                } else {
                    ('f', mode, fs::read(&path).unwrap_or_default())
                };
                manifest.insert(path.strip_prefix(self.root()).unwrap().to_owned(), entry);
            }
        }
        manifest
    }
}

fn git_environment() -> GitEnv {
    // The tests' git is the system's; nothing of the person's settings is wanted.
    GitEnv {
        path: Some("/usr/local/bin:/usr/bin:/bin".into()),
        ..GitEnv::default()
    }
}

fn id(call: &str) -> WindowId {
    WindowId {
        session: SessionId::from("s-1"),
        id: call.to_owned(),
    }
}

fn of(call: &str) -> SnapshotOf {
    SnapshotOf::Call {
        call: CallId::from(call),
    }
}

fn command(call: &str, tasks: &[TaskId]) -> Opening {
    Opening {
        of: of(call),
        reach: Reach {
            paths: Vec::new(),
            everything: true,
        },
        tasks: tasks.to_vec(),
    }
}

fn naming(call: &str, reach: Reach) -> Opening {
    Opening {
        of: of(call),
        reach,
        tasks: Vec::new(),
    }
}

fn undo_of(snapshot: &Snapshot) -> Vec<Wanted> {
    let doubt = |change: &FileChange| {
        (change.author == Author::Doubtful).then(|| "it may be someone else's".to_owned())
    };
    let all = snapshot.changes.iter();
    all.map(|change| Wanted {
        path: change.path.clone(),
        expected: change.after.clone(),
        target: change.before.clone(),
        doubt: doubt(change),
    })
    .collect()
}

/// Takes a change set back as far as nothing stands in the way; the set of that.
fn undo(workspace: &Workspace, snapshot: &Snapshot) -> (Planned, Option<Snapshot>) {
    let whole = workspace.set(&snapshot.set).unwrap();
    let planned = workspace.plan(&undo_of(&whole));
    let mut steps = planned.steps.clone();
    steps.retain(|step| !planned.conflicts.iter().any(|it| it.path == step.path));
    let undone = workspace
        .carry_out(&id("undo"), of("undo"), &steps)
        .unwrap();
    (planned, undone)
}

#[test]
fn what_a_command_did_is_taken_back_and_brought_back() {
    let ground = Ground::new();
    ground.write("kept", "kept");
    ground.write("edited", "before");
    ground.write("deleted/deep/file", "gone");
    ground.write("moved", "moved");
    ground.write("Case", "case");
    symlink("kept", ground.at("link")).unwrap();
    fs::set_permissions(ground.at("edited"), fs::Permissions::from_mode(0o444)).unwrap();
    let before = ground.manifest();
    let workspace = ground.workspace();
    assert_eq!(workspace.open(&id("1"), &command("1", &[])), None);
    ground.sh(
        "chmod 755 kept; chmod u+w edited; echo after > edited; rm -r deleted; mkdir -p new/empty; \
         mv moved new/moved; mv Case CASE; ln -sfn new link; mkfifo pipe; echo x > deleted",
    );
    let after = ground.manifest();
    let snapshot = workspace.close(&id("1")).unwrap();
    let changed: Vec<String> = snapshot
        .changes
        .iter()
        .map(|change| {
            change
                .path
                .strip_prefix(ground.root())
                .unwrap()
                .display()
                .to_string()
        })
        .collect();
    assert_eq!(
        changed,
        [
            "CASE",
            "Case",
            "deleted",
            "deleted/deep",
            "deleted/deep/file",
            "edited",
            "kept",
            "link",
            "moved",
            "new",
            "new/empty",
            "new/moved",
            "pipe"
        ]
    );
    assert_eq!(snapshot.left_out.len(), 1);
    let (planned, undone) = undo(&workspace, &snapshot);
    assert_eq!(planned.conflicts, []);
    let mut expected = before;
    // A pipe can neither be kept nor made: it stays.
    expected.insert(PathBuf::from("pipe"), after[Path::new("pipe")].clone());
    assert_eq!(ground.manifest(), expected);
    undo(&workspace, &undone.unwrap());
    assert_eq!(ground.manifest(), after);
}

#[test]
fn a_named_file_is_covered_without_a_look_at_the_rest() {
    let ground = Ground::new();
    ground.write("a", "1");
    let workspace = ground.workspace();
    let reach = Reach {
        paths: vec![ground.at("new/deep/file"), ground.at("a")],
        everything: false,
    };
    workspace.open(&id("1"), &naming("1", reach));
    ground.write("new/deep/file", "x");
    ground.write("a", "2");
    ground.write("not named", "y");
    let snapshot = workspace.close(&id("1")).unwrap();
    assert_eq!(snapshot.total, 4);
    undo(&workspace, &snapshot);
    assert_eq!(ground.read("a"), "1");
    assert!(!ground.at("new").exists());
    assert_eq!(ground.read("not named"), "y");
}

#[test]
fn what_someone_else_changed_since_stands_in_the_way() {
    let ground = Ground::new();
    ground.write("a", "1");
    ground.write("b", "1");
    let workspace = ground.workspace();
    workspace.open(&id("1"), &command("1", &[]));
    ground.sh("echo 2 > a; echo 2 > b; echo 2 > c; mkdir d");
    let snapshot = workspace.close(&id("1")).unwrap();
    ground.write("a", "mine");
    ground.write("c", "mine, too");
    ground.write("d/e", "and this");
    let (planned, _) = undo(&workspace, &snapshot);
    let conflicts: Vec<(&Path, &str, Remedy)> = planned
        .conflicts
        .iter()
        .map(|conflict| {
            (
                conflict.path.strip_prefix(ground.root()).unwrap(),
                &*conflict.why,
                conflict.remedy,
            )
        })
        .collect();
    assert_eq!(
        conflicts,
        [
            (Path::new("a"), "it was changed since", Remedy::Overwrite),
            (Path::new("c"), "it was changed since", Remedy::Overwrite),
        ]
    );
    assert_eq!(ground.read("a"), "mine");
    assert_eq!(ground.read("b"), "1");
    assert_eq!(ground.read("c"), "mine, too");
    assert_eq!(ground.read("d/e"), "and this");
    // Overwritten because the person said so, it can still be had back.
    let planned = workspace.plan(&undo_of(&snapshot));
    let forced = workspace
        .carry_out(&id("f"), of("f"), &planned.steps)
        .unwrap()
        .unwrap();
    assert_eq!(ground.read("a"), "1");
    undo(&workspace, &forced);
    assert_eq!(ground.read("a"), "mine");
    assert_eq!(ground.read("c"), "mine, too");
}

#[test]
fn clean_tracked_files_are_not_copied_and_still_restored() {
    let ground = Ground::new();
    for number in 0..20 {
        ground.write(&format!("src/{number}"), &format!("file {number}"));
    }
    ground.write("crlf.txt", "one\r\ntwo\r\n");
    ground.write(".gitattributes", "*.txt text\n*.up filter=upper\n");
    ground.write("a.up", "lower");
    ground.git(&["init", "-q"]);
    ground.git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    ground.commit_all();
    ground.write("untracked", "u");
    // Git's own rule of racy entries: what it wrote in this very instant is read.
    let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    for number in 0..20 {
        let file = fs::File::options()
            .append(true)
            .open(ground.at(&format!("src/{number}")));
        file.unwrap().set_modified(long_ago).unwrap();
    }
    ground.git(&["update-index", "-q", "--refresh"]);
    let workspace = ground.workspace();
    workspace.open(&id("1"), &command("1", &[]));
    // What git has differently had to be copied: the filtered file, and the one whose line
    // ends it converts; and what it does not have.
    assert_eq!(workspace.usage().contents, 3);
    let before = ground.manifest();
    ground.sh("rm -r src; echo x > crlf.txt; rm a.up; rm untracked; git add -A; git commit -qm y");
    let snapshot = workspace.close(&id("1")).unwrap();
    fs::remove_dir_all(ground.at(".git")).unwrap();
    undo(&workspace, &snapshot);
    assert_eq!(ground.manifest(), before);
}

#[test]
fn the_index_and_head_of_git_are_never_touched() {
    let ground = Ground::new();
    ground.write("a", "1");
    ground.commit_all();
    ground.write("b", "staged");
    ground.git(&["add", "b"]);
    let inside = || {
        let git = ground.at(".git");
        [
            fs::read(git.join("index")).unwrap(),
            fs::read(git.join("HEAD")).unwrap(),
        ]
    };
    let held = inside();
    let at = fs::metadata(ground.at(".git/index")).unwrap().mtime_nsec();
    let workspace = ground.workspace();
    workspace.open(&id("1"), &command("1", &[]));
    ground.sh("echo 2 > a; rm b");
    let snapshot = workspace.close(&id("1")).unwrap();
    undo(&workspace, &snapshot);
    assert_eq!(inside(), held);
    assert_eq!(
        fs::metadata(ground.at(".git/index")).unwrap().mtime_nsec(),
        at
    );
    assert_eq!(ground.read("b"), "staged");
}

#[test]
fn a_worktree_and_a_submodule_are_read_as_repositories() {
    let ground = Ground::new();
    ground.write("main/a", "a");
    let main = ground.at("main");
    let run = |folder: &Path, script: &str| {
        let env = "GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a";
        let status = Command::new("sh")
            .args(["-ec", &format!("export {env}; {script}")])
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{script}");
    };
    run(
        &main,
        "git init -q; git add -A; git commit -qm x; git worktree add -q ../tree",
    );
    run(
        &ground.root(),
        "git init -q top; cd top; git -c protocol.file.allow=always submodule add -q ../main sub",
    );
    let before = ground.manifest();
    let workspace = ground.workspace();
    workspace.open(&id("1"), &command("1", &[]));
    ground.sh("echo changed > tree/a; rm top/sub/a; echo n > main/new");
    let snapshot = workspace.close(&id("1")).unwrap();
    assert_eq!(snapshot.total, 3);
    undo(&workspace, &snapshot);
    assert_eq!(ground.manifest(), before);
}

#[test]
fn bulk_folders_and_large_files_are_left_out_and_told() {
    let ground = Ground::new();
    ground.write("node_modules/x/index.js", "x");
    ground.write("Cargo.toml", "[package]");
    ground.write("target/debug/a", "x");
    ground.write(
        "cache/CACHEDIR.TAG",
        "Signature: 8a477f597d28d172789f06886806bc55",
    );
    ground.write("large", "123456789");
    let limits = Limits {
        file_bytes: 8,
        ..Limits::default()
    };
    let workspace = ground.workspace_with(limits);
    let told: Vec<(PathBuf, String)> = workspace
        .not_covered()
        .into_iter()
        .map(|left| {
            (
                left.path.strip_prefix(ground.root()).unwrap().to_owned(),
                left.why,
            )
        })
        .collect();
    let bulk = "it is a folder of dependencies, caches or build output".to_owned();
    let large = "it is larger than snapshots keep".to_owned();
    assert_eq!(
        told,
        [
            (PathBuf::from("Cargo.toml"), large.clone()),
            (PathBuf::from("cache"), bulk.clone()),
            (PathBuf::from("large"), large.clone()),
            (PathBuf::from("node_modules"), bulk.clone()),
            (PathBuf::from("target"), bulk.clone()),
        ]
    );
    workspace.open(&id("1"), &command("1", &[]));
    ground.sh("rm large; echo y > target/debug/a; mkdir node_modules/y; echo n > new");
    let snapshot = workspace.close(&id("1")).unwrap();
    let left_out: Vec<_> = snapshot
        .left_out
        .iter()
        .map(|left| left.path.file_name().unwrap())
        .collect();
    assert_eq!(left_out, ["large", "node_modules"]);
    let (planned, _) = undo(&workspace, &snapshot);
    // It cannot be had back, and nothing pretends that it was.
    assert_eq!(planned.conflicts.len(), 1);
    assert_eq!(planned.conflicts[0].remedy, Remedy::None);
    assert!(!ground.at("new").exists());
}

#[test]
fn names_that_are_no_text_are_covered() {
    let ground = Ground::new();
    let name = std::ffi::OsString::from_vec(b"odd-\xff\n".to_vec());
    let path = ground.root().join(name);
    fs::write(&path, "1").unwrap();
    let workspace = ground.workspace();
    workspace.open(&id("1"), &command("1", &[]));
    fs::remove_file(&path).unwrap();
    let snapshot = workspace.close(&id("1")).unwrap();
    undo(&workspace, &snapshot);
    assert_eq!(fs::read(&path).unwrap(), b"1");
}

#[test]
fn a_change_that_leaves_size_and_time_as_they_were_is_seen() {
    let ground = Ground::new();
    ground.write("a", "11");
    let workspace = ground.workspace();
    workspace.look();
    workspace.look();
    let time = fs::metadata(ground.at("a")).unwrap().modified().unwrap();
    workspace.open(&id("1"), &command("1", &[]));
    ground.write("a", "22");
    let file = fs::File::options()
        .append(true)
        .open(ground.at("a"))
        .unwrap();
    file.set_modified(time).unwrap();
    let snapshot = workspace.close(&id("1")).unwrap();
    undo(&workspace, &snapshot);
    assert_eq!(ground.read("a"), "11");
}

#[test]
fn what_changes_between_calls_is_nobodys_unless_tasks_ran() {
    let ground = Ground::new();
    ground.write("a", "1");
    let workspace = ground.workspace();
    workspace.open(&id("1"), &command("1", &[]));
    assert_eq!(workspace.close(&id("1")), None);
    ground.write("a", "the person's");
    workspace.open(&id("2"), &command("2", &[]));
    assert_eq!(workspace.close(&id("2")), None);
    ground.write("b", "the task's, perhaps");
    let tasks = [TaskId::from("bash_1")];
    let meanwhile = workspace.open(&id("3"), &command("3", &tasks)).unwrap();
    ground.write("c", "the call's");
    let snapshot = workspace.close(&id("3")).unwrap();
    assert_eq!(
        meanwhile.of,
        SnapshotOf::Background {
            tasks: tasks.to_vec()
        }
    );
    assert_eq!(meanwhile.changes[0].path, ground.at("b"));
    assert_eq!(meanwhile.changes[0].author, Author::Doubtful);
    assert_eq!(snapshot.total, 1);
    assert_eq!(snapshot.beside, ["bash_1"]);
}

#[test]
fn calls_at_the_same_time_do_not_get_each_others_changes() {
    let ground = Ground::new();
    ground.write("a", "1");
    let workspace = ground.workspace();
    let named = Reach {
        paths: vec![ground.at("a")],
        everything: false,
    };
    workspace.open(&id("command"), &command("command", &[]));
    workspace.open(&id("edit"), &naming("edit", named));
    ground.write("a", "edited");
    ground.write("b", "by the command");
    let edit = workspace.close(&id("edit")).unwrap();
    let command = workspace.close(&id("command")).unwrap();
    let paths = |snapshot: &Snapshot| -> Vec<PathBuf> {
        snapshot
            .changes
            .iter()
            .map(|change| change.path.clone())
            .collect()
    };
    assert_eq!(paths(&edit), [ground.at("a")]);
    assert_eq!(paths(&command), [ground.at("b")]);
    assert_eq!(
        (edit.beside, command.beside),
        (vec!["command".to_owned()], vec!["edit".to_owned()])
    );
}

#[test]
fn the_change_set_of_a_process_that_died_is_taken_later() {
    let ground = Ground::new();
    ground.write("a", "1");
    ground.write("b", "1");
    let first = ground.workspace();
    first.open(&id("1"), &command("1", &[]));
    ground.sh("echo 2 > a; echo 2 > c");
    // Dies: nothing is closed. The beat tells until when it lived.
    drop(first);
    let pending = fs::read_dir(ground.dir.path().join("data/snapshots")).unwrap();
    let pending = pending
        .map(|project| project.unwrap().path().join("pending"))
        .next()
        .unwrap();
    let pending = fs::read_dir(pending)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let later = std::time::SystemTime::now() + Duration::from_secs(5);
    fs::File::options()
        .append(true)
        .open(&pending)
        .unwrap()
        .set_modified(later)
        .unwrap();
    let second = ground.workspace();
    let told = second.leftovers(&SessionId::from("s-1"), &|_| false);
    let [snapshot] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((snapshot.taken, snapshot.total), (Taken::Late, 2));
    assert!(
        snapshot
            .changes
            .iter()
            .all(|change| change.author == Author::Certain)
    );
    // Until the log has it, it is told again.
    assert_eq!(
        ground
            .workspace()
            .leftovers(&SessionId::from("s-1"), &|_| false)
            .len(),
        1
    );
    assert_eq!(
        ground
            .workspace()
            .leftovers(&SessionId::from("s-1"), &|set| set == snapshot.set)
            .len(),
        0
    );
    assert_eq!(
        ground
            .workspace()
            .leftovers(&SessionId::from("s-1"), &|_| false)
            .len(),
        0
    );
    undo(&second, snapshot);
    assert_eq!(ground.read("a"), "1");
    assert!(!ground.at("c").exists());
}

#[test]
fn what_changed_after_a_process_had_died_may_be_the_persons() {
    let ground = Ground::new();
    ground.write("a", "1");
    let first = ground.workspace();
    first.open(&id("1"), &command("1", &[]));
    drop(first);
    let project = fs::read_dir(ground.dir.path().join("data/snapshots"))
        .unwrap()
        .next();
    let pending = project.unwrap().unwrap().path().join("pending");
    let pending = fs::read_dir(pending)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let earlier = std::time::SystemTime::now() - Duration::from_secs(5);
    fs::File::options()
        .append(true)
        .open(&pending)
        .unwrap()
        .set_modified(earlier)
        .unwrap();
    ground.write("a", "mine");
    let second = ground.workspace();
    let told = second.leftovers(&SessionId::from("s-1"), &|_| false);
    assert_eq!(told[0].changes[0].author, Author::Doubtful);
    let (planned, _) = undo(&second, &told[0]);
    assert_eq!(planned.conflicts[0].why, "it may be someone else's");
    assert_eq!(ground.read("a"), "mine");
}

#[test]
fn a_clean_up_keeps_what_is_named_and_a_running_process_notices_it() {
    let ground = Ground::new();
    ground.write("a", "1");
    let workspace = ground.workspace();
    workspace.open(&id("1"), &command("1", &[]));
    ground.write("a", "2");
    assert_eq!(
        ground.workspace().clean(Keep::default()).unwrap(),
        None,
        "it is in use"
    );
    let snapshot = workspace.close(&id("1")).unwrap();
    let kept = ground.workspace().clean(Keep::default()).unwrap().unwrap();
    assert_eq!((kept.sets, kept.contents), (0, 0));
    let none = Keep {
        age: Duration::ZERO,
        bytes: u64::MAX,
    };
    let gone = ground.workspace().clean(none).unwrap().unwrap();
    assert_eq!(gone.sets, 1);
    // The contents are young, and may belong to a window that opens just now.
    assert_eq!(gone.contents, 0);
    assert_eq!(workspace.set(&snapshot.set), None);
    ground.write("b", "3");
    workspace.open(&id("2"), &command("2", &[]));
    fs::remove_file(ground.at("b")).unwrap();
    let snapshot = workspace.close(&id("2")).unwrap();
    undo(&workspace, &snapshot);
    assert_eq!(ground.read("b"), "3");
}

#[test]
fn a_damaged_content_is_told_and_never_restored() {
    let ground = Ground::new();
    ground.write("a", "1");
    let workspace = ground.workspace();
    workspace.open(&id("1"), &command("1", &[]));
    ground.write("a", "2");
    let snapshot = workspace.close(&id("1")).unwrap();
    let Some(FileState::File {
        hash: Some(hash), ..
    }) = &snapshot.changes[0].before
    else {
        panic!("{snapshot:?}")
    };
    let object = workspace
        .folder()
        .join("objects")
        .join(hash.get(..2).unwrap())
        .join(hash.get(2..).unwrap());
    let mut bytes = fs::read(&object).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&object, bytes).unwrap();
    let (planned, _) = undo(&workspace, &snapshot);
    assert_eq!(planned.conflicts[0].why, "its kept content is damaged");
    assert_eq!(ground.read("a"), "2");
}

#[test]
fn a_folder_that_became_a_link_is_not_followed() {
    let ground = Ground::new();
    ground.write("dir/a", "1");
    let outside = ground.dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let workspace = ground.workspace();
    workspace.open(&id("1"), &command("1", &[]));
    ground.sh("echo 2 > dir/a");
    let snapshot = workspace.close(&id("1")).unwrap();
    fs::remove_dir_all(ground.at("dir")).unwrap();
    symlink(&outside, ground.at("dir")).unwrap();
    let planned = workspace.plan(&undo_of(&snapshot));
    assert_eq!(planned.conflicts[0].why, "it was deleted since");
    let forced = workspace.carry_out(&id("f"), of("f"), &planned.steps);
    assert!(forced.unwrap_err().contains("could not be restored"));
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}
