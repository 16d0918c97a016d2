//! The workspace's own commands: `cargo xtask tidy | gen | budget`.

mod budget;
mod generate;
mod repository;
mod rust;
mod tidy;

use repository::Repository;
use std::{io::Write as _, process::ExitCode};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  tidy      holds the tree against the rules; fails when one is broken
  gen       writes generated references
  budget    prints the longest functions and the size of each crate
";

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut out = std::io::stdout().lock();
    match arguments.as_slice() {
        ["tidy"] => {
            let findings = tidy::check(&Repository::read()?);
            for finding in &findings {
                writeln!(out, "{finding}")?;
            }
            if findings.is_empty() {
                return Ok(ExitCode::SUCCESS);
            }
            writeln!(out, "{} findings", findings.len())?;
            Ok(ExitCode::FAILURE)
        }
        ["gen"] => {
            for path in generate::write(&Repository::read()?)? {
                writeln!(out, "wrote {path}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        ["budget"] => {
            write!(out, "{}", budget::report(&Repository::read()?))?;
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            write!(out, "{USAGE}")?;
            Ok(ExitCode::from(2))
        }
    }
}
