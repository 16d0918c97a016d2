use super::*;

#[test]
fn exit_code_1_is_benign_where_the_last_command_says_so() {
    let rows = [
        ("grep foo a.txt", Some("no matches found")),
        ("cat a | LC_ALL=C rg foo", Some("no matches found")),
        ("/usr/bin/diff a b;", Some("the files differ")),
        ("[ -f a ]", Some("the condition is false")),
        ("cd x && test -d y", Some("the condition is false")),
        ("git -c a.b=c diff --quiet", None),
        ("git --no-pager diff --quiet", Some("there are differences")),
        ("git grep foo", Some("no matches found")),
        ("echo 'a; grep b'", None),
        ("echo \"a | grep \\\" b\"", None),
        ("grep foo a.txt && cargo test", None),
        ("git commit", None),
        ("", None),
    ];
    for (command, meaning) in rows {
        assert_eq!(of(command, Some(1)), meaning, "{command}");
    }
    assert_eq!(of("grep foo a.txt", Some(2)), None);
    assert_eq!(of("grep foo a.txt", None), None);
}
