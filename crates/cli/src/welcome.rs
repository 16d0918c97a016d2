//! The first contact: what is configured, and what to do next.

use crate::{
    args::{Cli, RunArgs},
    commands::{here, plain_launch},
    consent,
    exit::{self, Exit},
};
use clap::CommandFactory as _;
use gimlet_app::{KeyPlace, TrustFlag};
use std::io::{self, IsTerminal as _};

/// Without `-p`: the client in a terminal; elsewhere, where things stand.
pub(crate) fn run(args: &RunArgs) -> Exit {
    if let Some((word, command)) = args.prompt.as_deref().and_then(mistyped) {
        let hint = format!("did you mean `gimlet {command}`? A prompt needs -p");
        return exit::complain(
            Exit::Usage,
            &format!("there is no command `{word}`"),
            Some(&hint),
        );
    }
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return crate::terminal::run(args);
    }
    if args.prompt.is_some() || args.go_on || args.resume.is_some() {
        let text = "standard input and output are not a terminal";
        let hint = "add -p: the work is done, and the result is printed";
        return exit::complain(Exit::Usage, text, Some(hint));
    }
    greet(args).unwrap_or_else(|exit| exit)
}

/// The command that a single word was probably meant to be.
fn mistyped(prompt: &str) -> Option<(&str, String)> {
    let word = prompt.trim();
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    let close = |name: &str| changes(&word.to_ascii_lowercase(), name) <= 2.min(name.len() / 2);
    let command = Cli::command();
    let meant = command
        .get_subcommands()
        .map(clap::Command::get_name)
        .find(|name| close(name));
    meant
        .filter(|_| is_word)
        .map(|name| (word, name.to_owned()))
}

/// How many letters must be changed, added or left out to get from one word to the other.
fn changes(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut next = vec![at + 1];
        for ((other, kept), dropped) in to.chars().zip(&row).zip(row.iter().skip(1)) {
            let added = next.last().copied().unwrap_or(0) + 1;
            next.push(
                (kept + usize::from(letter != other))
                    .min(dropped + 1)
                    .min(added),
            );
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

fn greet(args: &RunArgs) -> Result<Exit, Exit> {
    let mut launch = plain_launch()?;
    if args.trust {
        launch.trust = TrustFlag::ThisRun;
    }
    let trust = consent::ask(&launch)?;
    let (settings, dirs) = launch
        .load_settings()
        .map_err(|fault| exit::open_fault(&fault))?;
    let rows = gimlet_app::auth_status(&settings, &dirs);
    let key = rows
        .iter()
        .find(|(_, place)| !matches!(place, KeyPlace::Missing | KeyPlace::Unknown(_)));
    let model = settings
        .model
        .clone()
        .unwrap_or_else(|| gimlet_app::FIRST_MODEL.to_owned());
    let mut lines = vec![
        format!("Gimlet {}", env!("CARGO_PKG_VERSION")),
        format!("  folder  {}", here()?.display()),
        format!("  trust   {trust}"),
        format!("  model   {model}"),
    ];
    match key {
        Some((provider, place)) => lines.extend([
            format!("  key     {provider}, {place}"),
            String::new(),
            "Next: gimlet -p \"what is to be done\"".to_owned(),
        ]),
        None => lines.extend([
            "  key     none".to_owned(),
            String::new(),
            "Next: gimlet demo         see a whole task done, without a key".to_owned(),
            "      gimlet auth login   store a key, or set ANTHROPIC_API_KEY".to_owned(),
        ]),
    }
    lines.push("      gimlet doctor       check this machine".to_owned());
    lines.push("      gimlet --help       every flag and command".to_owned());
    Ok(exit::print_line(&lines.join("\n")))
}
