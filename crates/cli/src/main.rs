//! The one binary: reads the arguments, picks a mode, and turns what comes of it into an exit
//! code. See `docs/exit-codes.md`.

mod args;
mod commands;
mod consent;
mod exit;
mod headless;
#[cfg(target_os = "linux")]
mod settle;
mod signals;
mod terminal;
mod welcome;

use args::{Cli, Command};
use clap::Parser as _;
use exit::Exit;
use gimlet_app::Deck;
use std::process::ExitCode;

fn main() -> ExitCode {
    // A process that confines itself and becomes another: nothing else may run before.
    if let Some(confined) = confined() {
        return confined;
    }
    // Before anything is built: scripts ask for the version often.
    if let [flag] = &std::env::args_os().skip(1).collect::<Vec<_>>()[..]
        && (flag == "--version" || flag == "-v" || flag == "-V")
    {
        return exit::print_line(&format!("{} (Gimlet)", env!("CARGO_PKG_VERSION"))).into();
    }
    exit::end_quietly_on_bugs();
    match Cli::try_parse() {
        Ok(cli) => run(cli).into(),
        Err(error) => exit::usage(&error).into(),
    }
}

/// What this process is for where it was started under the name of the helper.
fn confined() -> Option<ExitCode> {
    let code = gimlet_sandbox::answer(std::env::args_os())?;
    Some(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}

fn run(cli: Cli) -> Exit {
    match cli.command {
        Some(Command::Sessions(args)) => commands::sessions::run(&args),
        Some(Command::Undo(args)) => commands::undo::undo(&args),
        Some(Command::Redo(args)) => commands::undo::redo(&args),
        Some(Command::Diff(args)) => commands::undo::diff(&args),
        Some(Command::Snapshots(args)) => commands::snapshots::run(&args),
        Some(Command::Rewind(args)) => commands::sessions::rewind(&args),
        Some(Command::Cost(args)) => commands::cost::cost(&args),
        Some(Command::Record(args)) => commands::tape::record(*args),
        Some(Command::Replay(args)) => commands::tape::replay(&args),
        Some(Command::Context(args)) => commands::ledger::context(&args),
        Some(Command::Compact(args)) => commands::compact::run(&args),
        Some(Command::Memory(args)) => commands::memory::run(&args),
        Some(Command::Auth(args)) => commands::auth::run(&args),
        Some(Command::Doctor(args)) => commands::doctor::run(&args),
        Some(Command::Tasks(args)) => commands::tasks::run(&args),
        Some(Command::Worktrees(args)) => commands::worktrees::run(&args),
        Some(Command::Tools(args)) => commands::tools::run(&args),
        Some(Command::Policy(args)) => commands::policy::run(&args),
        Some(Command::Trust(args)) => commands::trust::run(&args),
        Some(Command::Undercover(args)) => commands::undercover::run(args),
        Some(Command::Sandbox(args)) => commands::sandbox::run(args),
        Some(Command::Models(args)) => commands::models::run(&args),
        Some(Command::Features) => commands::features::run(),
        Some(Command::Demo(args)) => commands::demo::run(&args),
        Some(Command::Completions(args)) => commands::generate::completions(&args),
        Some(Command::Man) => commands::generate::man(),
        None if cli.run.is_headless() => headless::run(cli.run, Deck::None),
        None => welcome::run(&cli.run),
    }
}
