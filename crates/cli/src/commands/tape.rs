//! `gimlet record` and `gimlet replay`: a session's exchanges as a file, and the same again.

use super::plain_launch;
use crate::{
    args::{RecordArgs, ReplayArgs},
    exit::{self, Exit},
    headless::{self, runtime},
    signals,
};
use gimlet_app::{
    Deck, Difference, DifferenceKind, FolderCopy, Hub, Launch, Player, Recorder, ReplayReport,
    Tape, TapeFault, TrustFlag,
};
use gimlet_ports::Sessions as _;
use std::{io, sync::Arc};

pub(crate) fn record(args: RecordArgs) -> Exit {
    match Recorder::create(&args.tape) {
        Ok(recorder) => headless::run(args.run, Deck::Record(recorder)),
        Err(TapeFault::File { path, error }) if error.kind() == io::ErrorKind::AlreadyExists => {
            let text = format!("{} exists already; nothing was recorded", path.display());
            exit::complain(Exit::Usage, &text, Some("name another file"))
        }
        Err(fault) => exit::complain(Exit::Environment, &fault.to_string(), None),
    }
}

pub(crate) fn replay(args: &ReplayArgs) -> Exit {
    play(args).unwrap_or_else(|exit| exit)
}

fn play(args: &ReplayArgs) -> Result<Exit, Exit> {
    let tape = Tape::read(&args.tape).map_err(|fault| {
        let kind = match &fault {
            TapeFault::File { .. } => Exit::Environment,
            TapeFault::Line { .. } => Exit::Usage,
        };
        exit::complain(kind, &fault.to_string(), None)
    })?;
    let player = Player::new(tape);
    let launch = Launch {
        trust: if args.trust {
            TrustFlag::ThisRun
        } else {
            TrustFlag::AsSaid
        },
        ..plain_launch()?
    };
    let copy = if args.here {
        None
    } else {
        Some(FolderCopy::of(&launch.cwd).map_err(|error| {
            let text = format!("{} cannot be copied: {error}", launch.cwd.display());
            let hint = "`--here` works in the folder itself";
            exit::complain(Exit::Environment, &text, Some(hint))
        })?)
    };
    let launch = match &copy {
        Some(copy) => launch
            .in_copy(copy.folder().to_owned())
            .map_err(|fault| exit::open_fault(&fault))?,
        None => launch,
    };
    let launch = player
        .launch(launch)
        .map_err(|text| exit::complain(Exit::Usage, &text, None))?;
    let report = runtime()?.block_on(run(&player, launch))?;
    show(args, &report)
}

async fn run(player: &Arc<Player>, launch: Launch) -> Result<ReplayReport, Exit> {
    let (_listener, mut signals) = signals::listen().map_err(|error| {
        let text = format!("signals cannot be received: {error}");
        exit::complain(Exit::Environment, &text, None)
    })?;
    let hub = Hub::new(launch).map_err(|fault| exit::open_fault(&fault))?;
    let report = tokio::select! {
        report = gimlet_app::replay(&hub, player) => report.map_err(|fault| exit::open_fault(&fault)),
        _ = signals.recv() => Err(Exit::Interrupted),
    };
    hub.close_all().await;
    for notice in hub.take_notices() {
        exit::notice(&notice);
    }
    report
}

fn show(args: &ReplayArgs, report: &ReplayReport) -> Result<Exit, Exit> {
    let counts = |difference: &&Difference| !(args.ignore_numbers && difference.numbers_only);
    let counted = report.differences.iter().filter(counts).count();
    let printed = if args.json.json {
        super::ledger::print_json(report)
    } else {
        let mut lines: Vec<String> = report.differences.iter().filter(counts).map(told).collect();
        let left_out = report.differences.len() - counted;
        if left_out > 0 {
            lines.push(format!(
                "{left_out} differences in numbers only were passed over."
            ));
        }
        lines.extend(
            report
                .cut_short
                .as_ref()
                .map(|why| format!("It ended early: {why}.")),
        );
        lines.push(match counted {
            0 => format!("{} requests, as on the tape.", report.requests),
            1 => format!("{} requests, 1 difference.", report.requests),
            some => format!("{} requests, {some} differences.", report.requests),
        });
        exit::print_line(&lines.join("\n"))
    };
    if printed != Exit::Success {
        return Err(printed);
    }
    Ok(if counted == 0 && report.cut_short.is_none() {
        Exit::Success
    } else {
        Exit::Failed
    })
}

fn told(difference: &Difference) -> String {
    let about = match difference.kind {
        DifferenceKind::System => "the system prompt differs",
        DifferenceKind::Tools => "the tools differ",
        DifferenceKind::Options => "the request's options differ",
        DifferenceKind::Message => "the conversation differs",
        DifferenceKind::NotAsked => "the tape has more",
        DifferenceKind::NotOnTape => "the tape has no such request",
        DifferenceKind::Question => "another question",
    };
    format!(
        "request {}: {about}, at {}\n  tape  {}\n  now   {}",
        difference.request,
        difference.place,
        difference.tape.replace('\n', "⏎"),
        difference.now.replace('\n', "⏎"),
    )
}
