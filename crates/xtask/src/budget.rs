//! Where code grows: the longest functions, their spread, and the size of each crate.

use crate::{
    repository::Repository,
    rust::{self, Function},
};
use std::{collections::BTreeMap, fmt::Write as _};

/// How many of the longest functions are shown.
const WORST: usize = 20;

/// What of a crate is shipped, and what tests it.
#[derive(Default)]
struct Size {
    shipped_lines: usize,
    test_lines: usize,
    functions: usize,
}

/// The whole report.
pub(crate) fn report(repository: &Repository) -> String {
    let mut sizes: BTreeMap<&str, Size> = BTreeMap::new();
    let mut functions: Vec<(&str, Function)> = Vec::new();
    for file in repository.rust() {
        let Some(folder) = file.crate_folder() else {
            continue;
        };
        let size = sizes.entry(folder).or_default();
        let lines = file.text.lines().count();
        if file.is_test() {
            size.test_lines += lines;
            continue;
        }
        size.shipped_lines += lines;
        let found = rust::functions(&file.text);
        size.functions += found.len();
        functions.extend(
            found
                .into_iter()
                .map(|function| (file.path.as_str(), function)),
        );
    }
    functions.sort_by_key(|(_, function)| std::cmp::Reverse(function.lines));

    let mut text = String::from("lines  function\n");
    for (path, function) in functions.iter().take(WORST) {
        line(
            &mut text,
            format_args!(
                "{:5}  {} {path}:{}",
                function.lines, function.name, function.line
            ),
        );
    }
    let lengths: Vec<usize> = functions
        .iter()
        .map(|(_, function)| function.lines)
        .rev()
        .collect();
    line(
        &mut text,
        format_args!(
            "\nfunctions {}: median {}, p90 {}, p99 {} (targets: below 10, 35, 120)\n",
            lengths.len(),
            quantile(&lengths, 50),
            quantile(&lengths, 90),
            quantile(&lengths, 99),
        ),
    );
    line(
        &mut text,
        format_args!("crate        shipped    tests  functions"),
    );
    for (name, size) in &sizes {
        let Size {
            shipped_lines,
            test_lines,
            functions,
        } = size;
        line(
            &mut text,
            format_args!("{name:10} {shipped_lines:9} {test_lines:8} {functions:10}"),
        );
    }
    let shipped: usize = sizes.values().map(|size| size.shipped_lines).sum();
    let tests: usize = sizes.values().map(|size| size.test_lines).sum();
    line(
        &mut text,
        format_args!("{:10} {shipped:9} {tests:8} {:10}", "all", lengths.len()),
    );
    text
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    _ = writeln!(text, "{line}");
}

/// The value that `percent` of the sorted values do not pass.
fn quantile(sorted: &[usize], percent: usize) -> usize {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(last * percent / 100)
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
