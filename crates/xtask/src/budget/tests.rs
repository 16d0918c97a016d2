//! Tests of the report.

use super::*;
use crate::repository::SourceFile;

#[test]
fn the_report_counts_functions_and_lines_of_each_crate() {
    let file = |path: &str, text: &str| SourceFile::new(path, text);
    let repository = Repository {
        root: "/".into(),
        files: vec![
            file("crates/a/src/lib.rs", "fn long() {\n\n\n}\nfn short() {}\n"),
            file("crates/a/src/lib/tests.rs", "fn test() {\n\n}\n"),
            file("crates/b/src/lib.rs", "fn middle() {\n}\n"),
        ],
        packages: Vec::new(),
    };
    let expected = "\
lines  function
    4  long crates/a/src/lib.rs:1
    2  middle crates/b/src/lib.rs:1
    1  short crates/a/src/lib.rs:5

functions 3: median 2, p90 2, p99 2 (targets: below 10, 35, 120)

crate        shipped    tests  functions
a                  5        3          2
b                  2        0          1
all                7        3          3
";
    assert_eq!(report(&repository), expected);
}
