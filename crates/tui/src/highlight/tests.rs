use super::*;
use proptest::prelude::*;

/// Each piece with a letter for its role, plain text without.
fn shown(name: &str, text: &str) -> String {
    let mut highlighter = Highlighter::of(name).unwrap();
    let lines: Vec<String> = text
        .lines()
        .map(|line| highlighter.line(line).iter().map(marked).collect())
        .collect();
    lines.join("\n")
}

fn marked((role, text): &(Role, &str)) -> String {
    if matches!(role, Role::CodeBlock | Role::Operator) {
        return (*text).to_owned();
    }
    format!("⟨{role:?} {text}⟩")
}

#[test]
fn rust() {
    insta::assert_snapshot!(shown(
        "rust",
        r##"#[derive(Debug)]
pub fn main<'a>(x: &'a str) -> Option<u32> { // note
    let c = '\''; let d = 'x'; let s = "a \" b"; let r = r#"raw "#;
    println!("{}", 1_000.5e-3 + 0..10); /* open /* nested */
    still */ MAX.call() != Self::new(b"x")
}"##
    ));
}

#[test]
fn others() {
    let samples = [
        (
            "py",
            "@wraps\nasync def f(x: int) -> None:  # hi\n    '''doc\n    more''' + f\"{x}\"\n    return self.x[1:]",
        ),
        (
            "tsx",
            "export const f = async (a?: number): Promise<Foo> => `t ${a}\nb` // c",
        ),
        (
            "go",
            "func (s *Server) Run() error { return fmt.Errorf(`x`, nil) }",
        ),
        ("c", "#include <x.h>\nint main(void) { return NULL; }"),
        (
            "sh",
            "if [ -f \"$HOME/x\" ]; then\n  git commit -m 'a # b' # why\nfi",
        ),
        ("sql", "SELECT count(*) FROM t WHERE a = 'x' -- end"),
        ("json", "{\"a b\": [1, true, \"x\"]}"),
        (
            "yaml",
            "# c\nname: \"x\"\nlist:\n  - a: 1 # d\n    url: http://x",
        ),
        (
            "toml",
            "[package.x]\nname = \"y\" # z\nedition.workspace = true",
        ),
        ("html", "<a href=\"x\">t &amp; <!-- c\n d --></a>"),
        ("css", ".a { color: #fff; margin-top: 1px }"),
        ("diff", "diff --git a b\n@@ -1 +1 @@\n-a\n+b\n c"),
        ("md", "# T\n- a `b` c\n```\nx\n```"),
        ("dockerfile", "FROM rust:1.9 AS x\nRUN cargo build"),
        ("lua", "local x = [[a\nb]] -- c"),
    ];
    let all: Vec<String> = samples
        .iter()
        .map(|(name, text)| format!("== {name}\n{}", shown(name, text)))
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn languages_are_found_by_name_and_by_path() {
    for name in ["rust", "rs", ".RS", "Python", "c++", "Dockerfile"] {
        assert!(Highlighter::of(name).is_some(), "{name}");
    }
    for path in [
        "src/main.rs",
        "a/Makefile",
        "b\\c.TS",
        "CMakeLists.txt",
        ".bashrc",
    ] {
        assert!(Highlighter::of_path(path).is_some(), "{path}");
    }
    for name in ["", " ", "klingon"] {
        assert!(Highlighter::of(name).is_none(), "{name}");
    }
    assert!(Highlighter::of_path("LICENSE").is_none());
}

#[test]
fn no_name_is_given_to_two_languages() {
    let mut names: Vec<&str> = languages::all()
        .iter()
        .flat_map(|l| l.names.split(' '))
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn a_very_long_line_ends_without_colours() {
    let line = format!("let x = \"{}\";", "é".repeat(10_000));
    let mut highlighter = Highlighter::of("rs").unwrap();
    let pieces = highlighter.line(&line);
    assert_eq!(pieces.last().unwrap().0, Role::CodeBlock);
    assert_eq!(
        pieces.iter().map(|(_, text)| *text).collect::<String>(),
        line
    );
}

proptest! {
    #[test]
    fn the_pieces_are_the_line(
        language in prop::sample::select((0..languages::all().len()).collect::<Vec<_>>()),
        lines in prop::collection::vec("([a-zA-Z0-9_ \"'`/*#<>!&=.{}()$@\\\\\\-\\[\\]é日|;:%]|/\\*|\"\"\"|r#\"|--|<!--|```){0,30}", 1..5),
    ) {
        let name = languages::all()[language].names.split(' ').next().unwrap();
        let mut highlighter = Highlighter::of(name).unwrap();
        for line in lines {
            let pieces = highlighter.line(&line);
            prop_assert_eq!(pieces.iter().map(|(_, text)| *text).collect::<String>(), line);
        }
    }
}
