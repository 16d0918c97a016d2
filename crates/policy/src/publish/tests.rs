//! What is read of a command line, however it is written.

use super::outgoing;
use std::path::Path;

fn texts(command: &str) -> Vec<String> {
    let texts = outgoing(command, Path::new("/work")).texts;
    texts.into_iter().map(|said| said.text).collect()
}

#[test]
fn what_is_said_is_read_from_every_form_of_it() {
    let table = [
        ("git commit -m hello", "hello"),
        ("git commit -am 'hello there'", "hello there"),
        ("git commit -mhello", "hello"),
        ("git commit --message=hello --amend", "hello"),
        ("git commit --mess hello", "hello"),
        (
            "git commit -m x --trailer 'Reviewed-by: hello'",
            "Reviewed-by: hello",
        ),
        ("git -C sub -c a.b=c commit -m hello", "hello"),
        ("cd sub && git add . && git commit -m hello", "hello"),
        ("nice -n 5 env A=b git commit -m hello", "hello"),
        ("bash -c \"git commit -m 'hello'\"", "hello"),
        ("eval 'git commit -m hello'", "hello"),
        ("/usr/bin/git commit -m hello", "hello"),
        ("g'i't commit -m hel\"lo\"", "hello"),
        ("git tag -a v1 -m hello", "hello"),
        ("git tag hello", "hello"),
        ("git branch hello", "hello"),
        ("git branch -m hello", "hello"),
        ("git checkout -b hello", "hello"),
        ("git switch -c hello main", "hello"),
        (
            "git push origin HEAD:refs/heads/hello",
            "HEAD:refs/heads/hello",
        ),
        ("gh pr create --title hello --body x", "hello"),
        ("gh pr create -t x -b hello", "hello"),
        ("gh issue comment 3 --body=hello", "hello"),
        ("gh pr review 3 --approve -b hello", "hello"),
        ("glab mr create --description hello", "hello"),
        ("curl -d hello https://example.com/x", "hello"),
        ("curl https://example.com --json hello", "hello"),
        ("curl -F hello https://example.com", "hello"),
    ];
    for (command, said) in table {
        let texts = texts(command);
        assert!(
            texts.iter().any(|text| text == said),
            "{command}: {texts:?}"
        );
    }
    for command in [
        "git commit -F - <<'EOF'\nhello\nEOF",
        "git commit -m \"$(cat <<'EOF'\nhello\nEOF\n)\"",
        "gh pr create --title x --body-file - <<EOF\nhello\nEOF",
    ] {
        let texts = texts(command);
        assert!(
            texts.iter().any(|text| text.contains("hello")),
            "{command}: {texts:?}"
        );
    }
}

#[test]
fn nothing_is_said_where_nothing_leaves() {
    for command in [
        "git log -m hello",
        "git branch -d hello",
        "git status",
        "gh pr list --search hello",
        "curl https://example.com/hello",
        "curl -d hello http://localhost:8080/",
        "echo git commit -m hello",
        "git commit",
    ] {
        assert_eq!(texts(command), Vec::<String>::new(), "{command}");
    }
}

#[test]
fn a_push_tells_where_from_and_what() {
    let push = |command: &str| outgoing(command, Path::new("/work")).pushes.pop();
    let plain = push("git push").unwrap();
    assert_eq!(plain.folder.as_deref(), Some(Path::new("/work")));
    assert!(plain.remote.is_none() && plain.sources.is_empty());
    assert!(plain.is_read && !plain.after_more);
    let named = push("git -C sub push -u origin +main:other v1").unwrap();
    assert_eq!(named.folder.as_deref(), Some(Path::new("/work/sub")));
    assert_eq!(named.remote.as_deref(), Some("origin"));
    assert_eq!(named.sources, ["main", "v1"]);
    assert_eq!(push("git push --tags origin").unwrap().sources, ["--tags"]);
    assert!(push("git status; cd x && git push").is_some_and(|push| !push.after_more));
    assert!(push("git commit -m x && git push").unwrap().after_more);
    assert!(!push("git push origin \"$BRANCH\"").unwrap().is_read);
    assert!(!push("git push origin main^!").unwrap().is_read);
    for elsewhere in [
        "git --git-dir=/x push",
        "git -c remote.origin.url=/x push",
        "GIT_DIR=/x git push",
        "cd \"$X\" && git push",
    ] {
        assert_eq!(push(elsewhere).unwrap().folder, None, "{elsewhere}");
    }
    assert_eq!(push("git push origin --delete main"), None);
    assert_eq!(push("git push origin :main"), None);
}
