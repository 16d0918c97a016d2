//! The first contact: what is configured, and what to do next.

use crate::{
    args::RunArgs,
    commands::{here, plain_launch},
    exit::{self, Exit},
};
use gimlet_app::KeyPlace;

/// Without `-p` and without a prompt: says where things stand.
pub(crate) fn run(args: &RunArgs) -> Exit {
    if args.prompt.is_some() || args.go_on || args.resume.is_some() {
        let hint = "add -p: this version has no terminal interface, it does the work and prints the result";
        return exit::complain(Exit::Usage, "there is nothing to show the work in", Some(hint));
    }
    greet().unwrap_or_else(|exit| exit)
}

fn greet() -> Result<Exit, Exit> {
    let launch = plain_launch()?;
    let (settings, dirs) = launch.load_settings().map_err(|fault| exit::open_fault(&fault))?;
    let rows = gimlet_app::auth_status(&settings, &dirs);
    let key = rows.iter().find(|(_, place)| !matches!(place, KeyPlace::Missing | KeyPlace::Unknown(_)));
    let model = settings.model.clone().unwrap_or_else(|| gimlet_app::FIRST_MODEL.to_owned());
    let mut lines = vec![
        format!("Gimlet {}", env!("CARGO_PKG_VERSION")),
        format!("  folder  {}", here()?.display()),
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
