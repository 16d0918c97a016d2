//! Every way in which people write `paths`.

use super::paths;

#[test]
fn a_list_a_flow_list_and_a_text_all_give_patterns() {
    let cases: &[(&str, &[&str])] = &[
        ("paths: src/**/*.rs\n", &["src/**/*.rs"]),
        ("paths: \"src/**, docs/*.md\"\n", &["src/**", "docs/*.md"]),
        (
            "paths: src/*.{ts,tsx}, lib/**\n",
            &["src/*.{ts,tsx}", "lib/**"],
        ),
        (
            "paths:\n  - \"src/**\"\n  - 'it''s/*'\n  - plain/* # why\n",
            &["src/**", "it's/*", "plain/*"],
        ),
        (
            "paths:\n- a\n\n# between\n- b\nother: x\n- c\n",
            &["a", "b"],
        ),
        (
            "paths: [a, \"b,c\", 'd', e/{f,g}]\n",
            &["a", "b,c", "d", "e/{f,g}"],
        ),
        (
            "paths: [a, # first\n  b,\n  'c']\nname: x\n",
            &["a", "b", "c"],
        ),
        ("name: rule\npaths: **/*.md # all\nmore: y\n", &["**/*.md"]),
        ("paths: \"a\\\\[b\"\n", &["a\\[b"]),
        ("paths: \"a\\[b\"\n", &["a\\[b"]),
        ("paths: src/#gen/*\r\n", &["src/#gen/*"]),
    ];
    for (front, expected) in cases {
        let found = paths(front).unwrap_or_default();
        assert_eq!(found, *expected, "{front:?}");
    }
}

#[test]
fn a_missing_or_empty_key_gives_none() {
    for front in [
        "",
        "name: x\n",
        "paths:\nname: x\n",
        "paths: []\n",
        "paths: \"\"\n",
        "  paths: a\n",
    ] {
        assert_eq!(paths(front), None, "{front:?}");
    }
}
