//! `gimlet features`: what is gated, how far it is, and whether it is on.

use super::plain_launch;
use crate::exit::{self, Exit};

pub(crate) fn run() -> Exit {
    let settings = plain_launch().and_then(|launch| {
        launch
            .load_settings()
            .map_err(|fault| exit::open_fault(&fault))
    });
    let settings = match settings {
        Ok((settings, _)) => settings,
        Err(exit) => return exit,
    };
    let lines: Vec<String> = settings
        .features
        .list()
        .map(|(card, on)| {
            let state = if on { "on " } else { "off" };
            format!(
                "{state}  {}  ({}, since {})  {}",
                card.name,
                card.stage.name(),
                card.since,
                card.about
            )
        })
        .collect();
    exit::print_line(&lines.join("\n"))
}
