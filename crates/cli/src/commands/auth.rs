//! `gimlet auth`: keys are stored, removed and told of, but never shown.

use super::plain_launch;
use crate::{
    args::{AuthArgs, AuthCommand},
    exit::{self, Exit},
};
use gimlet_app::{AuthFault, KeyPlace};
use gimlet_settings::{Dirs, Settings};
use serde_json::json;
use std::io::{self, BufRead as _, IsTerminal as _};

pub(crate) fn run(args: &AuthArgs) -> Exit {
    let outcome = match &args.command {
        AuthCommand::Login { provider } => login(provider),
        AuthCommand::Logout { provider } => loaded().map(
            |(settings, dirs)| match gimlet_app::logout(&settings, &dirs, provider) {
                Ok(said) => exit::print_line(&said),
                Err(fault) => refused(&fault),
            },
        ),
        AuthCommand::Status { json } => status(json.json),
    };
    outcome.unwrap_or_else(|exit| exit)
}

fn loaded() -> Result<(Settings, Dirs), Exit> {
    plain_launch()?
        .load_settings()
        .map_err(|fault| exit::open_fault(&fault))
}

fn login(provider: &str) -> Result<Exit, Exit> {
    let (settings, dirs) = loaded()?;
    let key = read_key(provider).map_err(|error| {
        exit::complain(
            Exit::Usage,
            &format!("the key could not be read: {error}"),
            None,
        )
    })?;
    Ok(match gimlet_app::login(&settings, &dirs, provider, &key) {
        Ok(said) => exit::print_line(&said),
        Err(fault) => refused(&fault),
    })
}

fn refused(fault: &AuthFault) -> Exit {
    match fault {
        AuthFault::Given(why) => exit::complain(Exit::Usage, why, None),
        AuthFault::Kept(why) => exit::complain(Exit::Environment, why, None),
    }
}

/// Reads the key from the terminal without echo, or the first line of standard input.
fn read_key(provider: &str) -> io::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("Key for {provider} (it is not shown): "));
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

fn status(as_json: bool) -> Result<Exit, Exit> {
    let (settings, dirs) = loaded()?;
    let rows = gimlet_app::auth_status(&settings, &dirs);
    let any = rows
        .iter()
        .any(|(_, place)| !matches!(place, KeyPlace::Missing | KeyPlace::Unknown(_)));
    let printed = if as_json {
        let list: Vec<_> = rows
            .iter()
            .map(|(provider, place)| {
                let there = !matches!(place, KeyPlace::Missing | KeyPlace::Unknown(_));
                json!({"provider": provider, "loggedIn": there, "source": place.to_string()})
            })
            .collect();
        exit::print_line(&json!({"loggedIn": any, "providers": list}).to_string())
    } else {
        let lines: Vec<String> = rows
            .iter()
            .map(|(provider, place)| format!("{provider}: {place}"))
            .collect();
        exit::print_line(&lines.join("\n"))
    };
    Ok(if printed == Exit::Success && !any {
        Exit::Failed
    } else {
        printed
    })
}
