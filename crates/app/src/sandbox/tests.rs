//! Where git's folder is believed, and what of the environment is withheld.

use super::{git::Places, *};
use std::{fs, process::Command};

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    let command = command.arg("-C").arg(folder).args(arguments);
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
}

fn repository(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    git(folder, &["init", "-q"]);
    let who = ["-c", "user.name=p", "-c", "user.email=p@x.example"];
    let commit = ["commit", "-q", "--allow-empty", "-m", "first"];
    git(folder, &[&who[..], &commit[..]].concat());
}

#[test]
fn a_linked_work_tree_may_write_its_repository_but_for_hooks_and_configuration() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path().canonicalize().unwrap();
    let (main, tree) = (place.join("main"), place.join("tree"));
    repository(&main);
    git(&main, &["worktree", "add", "-q", tree.to_str().unwrap()]);
    let places = Places::of(&tree);
    assert_eq!(places.write, [main.join(".git")]);
    assert!(places.protect.contains(&main.join(".git/hooks")));
    assert!(places.protect.contains(&main.join(".git/config")));
}

#[test]
fn a_folder_in_a_repository_may_write_what_git_keeps_above() {
    let place = tempfile::tempdir().unwrap();
    let main = place.path().canonicalize().unwrap().join("main");
    repository(&main);
    fs::create_dir(main.join("below")).unwrap();
    assert_eq!(Places::of(&main.join("below")).write, [main.join(".git")]);
    assert_eq!(Places::of(&main).write, Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_file_that_names_another_folder_is_not_believed() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path().canonicalize().unwrap();
    let (main, other) = (place.join("main"), place.join("other"));
    repository(&main);
    fs::create_dir(&other).unwrap();
    for named in [
        main.join(".git"),
        place.join("main/.git/worktrees/none"),
        place.clone(),
    ] {
        fs::write(other.join(".git"), format!("gitdir: {}\n", named.display())).unwrap();
        assert_eq!(Places::of(&other), Places::default(), "{named:?}");
    }
}

#[test]
fn secrets_of_the_environment_are_withheld_unless_they_are_named() {
    let env = Env::of([
        ("GITHUB_TOKEN", "x"),
        ("MY_PASSWORD", "x"),
        ("NPM_TOKEN", "x"),
        ("PATH", "/bin"),
    ]);
    let settings = SandboxSettings {
        pass_env: vec!["NPM_TOKEN".to_owned()],
        ..SandboxSettings::default()
    };
    let withheld = withheld(&env, &settings);
    for name in ["GITHUB_TOKEN", "MY_PASSWORD", "ANTHROPIC_API_KEY"] {
        assert!(withheld.contains(&name.to_owned()), "{name}");
    }
    assert!(!withheld.contains(&"NPM_TOKEN".to_owned()));
    assert!(!withheld.contains(&"PATH".to_owned()));
}
