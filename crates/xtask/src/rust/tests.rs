//! Tests of looking at tokens.

use super::*;

fn shown(text: &str) -> Vec<String> {
    paths(text)
        .iter()
        .map(|path| format!("{} {}", path.line, path.text()))
        .collect()
}

#[test]
fn an_import_in_braces_is_told_whole() {
    let code = "use std::{\n  fs::{self, File},\n  io as inout, path,\n};\nuse a::*;";
    assert_eq!(
        shown(code),
        [
            "2 std::fs",
            "2 std::fs::File",
            "3 std::io",
            "3 std::path",
            "5 a"
        ]
    );
}

#[test]
fn paths_are_seen_inside_of_macros_and_not_in_texts_and_comments() {
    let code = "fn f() { // std::fs\n  g!(\"std::fs\", std::fs::read(\"x\"));\n}";
    let found = paths(code);
    let read = found
        .iter()
        .find(|path| path.text() == "std::fs::read")
        .unwrap();
    assert_eq!((read.line, read.first_argument.as_deref()), (2, Some("x")));
    assert_eq!(
        found
            .iter()
            .filter(|path| path.parts.contains(&"fs".to_owned()))
            .count(),
        1
    );
}

#[test]
fn what_is_only_for_tests_does_not_count() {
    let code = "#[cfg(test)]\nmod tests { fn f() { a::b(); } }\n#[cfg(test)]\nmod other;\n\
                mod inner { #[cfg(test)] fn g() { a::c(); } fn h() { a::d(); } }";
    assert_eq!(
        shown(code)
            .iter()
            .filter(|path| path.contains("a::"))
            .count(),
        1
    );
    let names: Vec<_> = functions(code)
        .into_iter()
        .map(|function| function.name)
        .collect();
    assert_eq!(names, ["h"]);
}

#[test]
fn a_function_is_as_long_as_from_its_name_to_its_last_brace() {
    let code = "trait T { fn none(&self); }\nimpl T for S {\n  fn one(&self) {}\n  \
                fn three(\n    &self,\n  ) -> u8 { 1 }\n}\n";
    let found: Vec<_> = functions(code)
        .into_iter()
        .map(|f| (f.name, f.line, f.lines))
        .collect();
    assert_eq!(
        found,
        [("one".to_owned(), 3, 1), ("three".to_owned(), 4, 3)]
    );
}

#[test]
fn a_function_type_is_no_function() {
    assert_eq!(
        functions("fn f(g: fn(u8) -> u8) {\n}"),
        functions("fn f(g: u8) {\n}")
    );
}
