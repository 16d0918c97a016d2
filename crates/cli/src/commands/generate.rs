//! Shell completions and the manual page, generated from the arguments themselves.

use crate::{
    args::{Cli, CompletionsArgs},
    exit::{self, Exit},
};
use clap::CommandFactory as _;

pub(crate) fn completions(args: &CompletionsArgs) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gimlet", &mut text);
    exit::print(&String::from_utf8_lossy(&text))
}

pub(crate) fn man() -> Exit {
    let mut text = Vec::new();
    match clap_mangen::Man::new(Cli::command()).render(&mut text) {
        Ok(()) => exit::print(&String::from_utf8_lossy(&text)),
        Err(error) => exit::complain(Exit::Bug, &format!("the manual page: {error}"), None),
    }
}
