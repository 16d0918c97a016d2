//! `gimlet snapshots`: what is kept so that it can be undone, and making room.

use super::{plain_launch, undo::print_json};
use crate::{
    args::{SnapshotsArgs, SnapshotsCommand},
    exit::{self, Exit},
};
use gimlet_app::{CleanHow, SnapshotReport, clean_snapshots, snapshot_report};
use std::fmt::Write as _;

/// Things that are not covered which are shown one by one.
const MOST_SHOWN: usize = 40;

pub(crate) fn run(args: &SnapshotsArgs) -> Exit {
    let outcome = match &args.command {
        None | Some(SnapshotsCommand::List) => list(args.json.json),
        Some(SnapshotsCommand::Gc { all }) => clean(*all, args.json.json),
    };
    outcome.unwrap_or_else(|exit| exit)
}

fn list(as_json: bool) -> Result<Exit, Exit> {
    let report = snapshot_report(&plain_launch()?).map_err(|fault| exit::open_fault(&fault))?;
    if as_json {
        return print_json(&report);
    }
    Ok(exit::print_line(text_of(&report).trim_end()))
}

fn text_of(report: &SnapshotReport) -> String {
    let mut text = String::new();
    if !report.enabled {
        text.push_str("No snapshots are taken: `fileCheckpointingEnabled` is false.\n");
    }
    // Writing to a string cannot fail.
    write!(
        text,
        "Kept: {} days, at most {} MB a project, files up to {} MB.\n\
         Never covered: {}.\n\
         Not covered where git tracks nothing in them: {}.\n\
         The same beside {}: {}. Also folders that say by a CACHEDIR.TAG that they are caches.\n",
        report.keep_days,
        report.keep_megabytes,
        report.file_megabytes,
        report.never.join(", "),
        report.bulk.join(", "),
        report.build_files.join(", "),
        report.built.join(", "),
    )
    .unwrap_or_default();
    if let Some(why) = &report.too_wide {
        writeln!(text, "\nHere: {why}.").unwrap_or_default();
    }
    if !report.not_covered.is_empty() {
        text.push_str("\nNot covered here:\n");
        for left in report.not_covered.iter().take(MOST_SHOWN) {
            writeln!(text, "  {}: {}", left.path.display(), left.why).unwrap_or_default();
        }
        if report.not_covered.len() > MOST_SHOWN {
            let more = report.not_covered.len() - MOST_SHOWN;
            writeln!(text, "  … and {more} more").unwrap_or_default();
        }
    }
    if report.projects.is_empty() {
        text.push_str("\nThere are no snapshots yet.\n");
    } else {
        text.push_str("\nProjects:\n");
    }
    for usage in &report.projects {
        let project = usage.project.as_ref().unwrap_or(&usage.folder);
        writeln!(
            text,
            "  {}  {} change sets, {} contents, {}",
            project.display(),
            usage.sets,
            usage.contents,
            size(usage.bytes)
        )
        .unwrap_or_default();
    }
    text
}

fn clean(all: bool, as_json: bool) -> Result<Exit, Exit> {
    let how = if all {
        CleanHow::Everything
    } else {
        CleanHow::BySettings
    };
    let (report, in_use) =
        clean_snapshots(&plain_launch()?, how).map_err(|fault| exit::open_fault(&fault))?;
    if in_use > 0 {
        exit::notice(&format!(
            "{in_use} projects were left alone: a session is writing in them, or they hold nothing"
        ));
    }
    if as_json {
        return print_json(&report);
    }
    Ok(exit::print_line(&format!(
        "{} change sets and {} contents were removed: {}",
        report.sets,
        report.contents,
        size(report.bytes)
    )))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}
