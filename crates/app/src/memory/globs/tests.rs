//! Which paths patterns fit.

use super::{Excludes, PathPatterns, expanded};
use std::path::Path;

fn fits(pattern: &str, path: &str) -> bool {
    let home = Path::new("/home/ada");
    PathPatterns::new(vec![pattern.to_owned()], Path::new("/work"), Some(home)).fit(Path::new(path))
}

#[test]
fn patterns_start_at_their_base() {
    let yes = [
        ("src/**/*.ts", "/work/src/a/b.ts"),
        ("src/**/*.ts", "/work/src/b.ts"),
        ("**/*.ts", "/work/b.ts"),
        ("*.md", "/work/README.md"),
        ("./src/*", "/work/src/a"),
        ("src/", "/work/src/a/b"),
        ("src/**", "/work/src/a/b"),
        ("/src/*", "/work/src/a"),
        ("src/*.{ts,tsx}", "/work/src/a.tsx"),
        ("{src,lib}/**/*.{a,b}", "/work/lib/x/y.b"),
        ("app/\\[id\\]/*", "/work/app/[id]/page"),
        ("a{b}c", "/work/a{b}c"),
        ("/elsewhere/**", "/elsewhere/x"),
        ("~/notes/*", "/home/ada/notes/x"),
    ];
    for (pattern, path) in yes {
        assert!(fits(pattern, path), "{pattern} {path}");
    }
    let no = [
        ("*.md", "/work/docs/README.md"),
        ("src/*", "/work/src/a/b"),
        ("**/*.ts", "/other/b.ts"),
        ("app/[id]/*", "/work/app/[id]/page"),
        ("src/*.{ts,tsx}", "/work/src/a.js"),
        ("notes/*", "/home/ada/notes/x"),
    ];
    for (pattern, path) in no {
        assert!(!fits(pattern, path), "{pattern} {path}");
    }
}

#[test]
fn what_is_no_pattern_is_named_and_the_others_still_fit() {
    let patterns = PathPatterns::new(
        ["a[", "src/*"].map(str::to_owned).into(),
        Path::new("/work"),
        None,
    );
    assert_eq!(patterns.bad, ["a["]);
    assert!(patterns.fit(Path::new("/work/src/a")));
}

#[test]
fn braces_expand_in_order_and_within_each_other() {
    let expand = |pattern: &str| expanded(pattern, 100).unwrap();
    assert_eq!(expand("a{b,c{d,e}}f"), ["abf", "acdf", "acef"]);
    assert_eq!(expand("{a,b}{c,d}"), ["ac", "ad", "bc", "bd"]);
    assert_eq!(expand("{,a}b"), ["b", "ab"]);
    assert_eq!(expand("a{b}"), ["a\\{b\\}"]);
    assert_eq!(expand("\\{a,b\\}"), ["\\{a,b\\}"]);
    assert_eq!(expand("{a,b"), ["\\{a,b"]);
}

#[test]
fn more_than_a_thousand_patterns_are_refused() {
    let ten = "{0,1,2,3,4,5,6,7,8,9}";
    assert_eq!(
        expanded(&ten.repeat(3), 1_000).map(|all| all.len()),
        Some(1_000)
    );
    assert_eq!(expanded(&ten.repeat(4), 1_000), None);
    assert_eq!(expanded(&"{a,b}".repeat(60), 1_000), None);
    let many = ten.repeat(3);
    let both = PathPatterns::new(vec![many, "src/*".to_owned()], Path::new("/work"), None);
    assert_eq!(both.bad, ["src/*"]);
}

#[test]
fn excludes_look_at_the_link_and_at_what_it_leads_to() {
    let patterns = ["/work/vendor/**", "**/old/*.md", "~/x/", "bad["].map(str::to_owned);
    let (excludes, bad) = Excludes::new(&patterns, Some(Path::new("/home/a[b]")));
    assert_eq!(bad, ["bad["]);
    let hit = |path: &str, real: &str| {
        excludes
            .hit(Path::new(path), Path::new(real))
            .map(str::to_owned)
    };
    assert_eq!(
        hit("/work/vendor/a/CLAUDE.md", "/x"),
        Some("/work/vendor/**".to_owned())
    );
    assert_eq!(
        hit("/x", "/any/old/CLAUDE.md"),
        Some("**/old/*.md".to_owned())
    );
    assert_eq!(hit("/home/a[b]/x/y/z", "/x"), Some("~/x/".to_owned()));
    assert_eq!(hit("/work/CLAUDE.md", "/work/CLAUDE.md"), None);
}

proptest::proptest! {
    #[test]
    fn any_text_expands_to_at_most_the_limit(pattern in "[a{},\\\\*]{0,40}") {
        if let Some(all) = expanded(&pattern, 50) {
            proptest::prop_assert!((1..=50).contains(&all.len()));
        }
    }
}
