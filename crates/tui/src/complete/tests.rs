use super::{
    commands::{Card, Meaning, matching, meaning},
    files::{Files, Progress},
    *,
};
use proptest::prelude::*;

fn files(paths: &[&str]) -> Files {
    let mut files = Files::default();
    files.add(paths.iter().copied());
    files
}

fn found(files: &mut Files, query: &str) -> Vec<String> {
    while files.search(query) == Progress::More {}
    files.hits(10).into_iter().map(|hit| hit.path).collect()
}

#[test]
fn the_nearest_path_is_first() {
    let mut files = files(&[
        "README.md",
        "crates/tui/src/editor.rs",
        "crates/tui/src/editor/buffer.rs",
        "crates/engine/src/driver.rs",
        "docs/editor.md",
        "my file.txt",
    ]);
    for (query, first) in [
        ("editor", "crates/tui/src/editor/"),
        ("editor.rs", "crates/tui/src/editor.rs"),
        ("tuibuf", "crates/tui/src/editor/buffer.rs"),
        ("readme", "README.md"),
        ("engine", "crates/engine/"),
        ("my f", "my file.txt"),
        ("crates/e", "crates/engine/"),
    ] {
        assert_eq!(
            found(&mut files, query).first().map(String::as_str),
            Some(first),
            "{query}"
        );
    }
    assert_eq!(found(&mut files, "zzz"), Vec::<String>::new());
    // Capitals ask for capitals.
    assert_eq!(found(&mut files, "READ"), ["README.md"]);
}

#[test]
fn folders_come_with_their_files_once() {
    let mut files = files(&["./a/b/c.rs", "a/b/d.rs", "a/e/"]);
    let mut all = found(&mut files, "");
    all.sort();
    assert_eq!(all, ["a/", "a/b/", "a/b/c.rs", "a/b/d.rs", "a/e/"]);
}

#[test]
fn letters_that_match_are_told() {
    let mut files = files(&["ä/日本.rs"]);
    while files.search("本r") == Progress::More {}
    let hit = files.hits(1).remove(0);
    assert_eq!(hit.path, "ä/日本.rs");
    let letters: Vec<&str> = hit
        .places
        .iter()
        .map(|at| hit.path.get(*at..).unwrap())
        .collect();
    assert_eq!(letters, ["本.rs", "rs"]);
}

#[test]
fn a_search_goes_on_in_steps_and_takes_what_was_added() {
    let paths: Vec<String> = (0..5000)
        .map(|number| format!("src/file_{number}.rs"))
        .collect();
    let mut files = Files::default();
    files.add(paths.iter().map(String::as_str));
    files.search("x");
    assert_eq!(files.search("file_4999"), Progress::Complete);
    assert_eq!(files.hits(1)[0].path, "src/file_4999.rs");
    files.add(["file_4999"]);
    assert_eq!(files.search("file_4999"), Progress::Complete);
    assert_eq!(files.hits(1)[0].path, "file_4999");
    assert_eq!(files.search("file_4999x"), Progress::Complete);
    assert!(files.hits(1).is_empty());
}

#[test]
fn words_at_the_cursor() {
    let file = |range, query: &str| {
        Some(Token::File {
            range,
            query: query.to_owned(),
        })
    };
    let command = |range, query: &str| {
        Some(Token::Command {
            range,
            query: query.to_owned(),
        })
    };
    for (text, cursor, expected) in [
        ("/", 1, command(0..1, "")),
        ("/mo", 3, command(0..3, "mo")),
        ("/model x", 8, None),
        ("/etc/x", 6, None),
        ("a /mo", 5, None),
        ("see @", 5, file(4..5, "")),
        ("see @src/m", 10, file(4..10, "src/m")),
        ("see @src/m more", 10, file(4..10, "src/m")),
        ("(@a", 3, file(1..3, "a")),
        ("@\"my f", 6, file(0..6, "my f")),
        ("@\"my f\"", 7, None),
        ("me@example", 10, None),
        ("@a b", 4, None),
        ("日@", 4, None),
    ] {
        assert_eq!(token(text, cursor), expected, "{text}");
    }
    assert_eq!(mention("a.rs"), "@a.rs ");
    assert_eq!(mention("my file"), "@\"my file\" ");
    assert_eq!(mention("src/"), "@src/");
    assert_eq!(mention("my src/"), "@\"my src/");
}

fn cards() -> Vec<Card> {
    let card = |name: &str, aliases: &[&str]| Card {
        name: name.to_owned(),
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
        about: String::new(),
    };
    vec![
        card("model", &[]),
        card("compact", &[]),
        card("context", &[]),
        card("clear", &["new", "reset"]),
        card("cost", &["usage"]),
    ]
}

#[test]
fn commands_are_offered_by_fuzzy_match() {
    let cards = cards();
    let names = |query: &str| -> Vec<String> {
        matching(&cards, query)
            .into_iter()
            .map(|hit| hit.name)
            .collect()
    };
    assert_eq!(names(""), ["model", "compact", "context", "clear", "cost"]);
    assert_eq!(names("co").first().map(String::as_str), Some("cost"));
    assert_eq!(names("cntx"), ["context"]);
    assert_eq!(names("res"), ["reset"]);
    assert_eq!(names("q"), Vec::<String>::new());
}

#[test]
fn only_a_whole_name_is_run() {
    let cards = cards();
    for (line, expected) in [
        (
            "/model opus",
            Some(Meaning::Command {
                index: 0,
                rest: "opus",
            }),
        ),
        ("/NEW", Some(Meaning::Command { index: 3, rest: "" })),
        (
            "/mod",
            Some(Meaning::Unknown {
                name: "mod",
                near: vec![0],
            }),
        ),
        (
            "/zzz x",
            Some(Meaning::Unknown {
                name: "zzz",
                near: vec![],
            }),
        ),
        ("/etc/hosts", None),
        ("/", None),
        ("model", None),
    ] {
        assert_eq!(meaning(&cards, line), expected, "{line}");
    }
}

proptest! {
    #[test]
    fn narrowing_finds_what_a_fresh_search_finds(
        paths in prop::collection::vec("[a-cA-C日_./]{1,12}", 1..40),
        query in "[a-c_日]{1,4}",
    ) {
        let mut narrowed = Files::default();
        narrowed.add(paths.iter().map(String::as_str));
        let mut fresh = Files::default();
        fresh.add(paths.iter().map(String::as_str));
        let mut typed = String::new();
        for c in query.chars() {
            typed.push(c);
            found(&mut narrowed, &typed);
        }
        prop_assert_eq!(found(&mut narrowed, &query), found(&mut fresh, &query));
    }

    #[test]
    fn a_path_without_the_letters_is_never_found(
        paths in prop::collection::vec("\\PC{1,12}", 1..20),
        query in "\\PC{0,4}",
    ) {
        let mut files = Files::default();
        files.add(paths.iter().map(String::as_str));
        for hit in found(&mut files, &query) {
            prop_assert!(!hit.is_empty());
        }
    }
}
