//! Commands that create, move, copy and remove files, and what of them stays in the workspace.

use super::{Study, flags::Flags};
use crate::shell::{Dynamic, Word};

/// Studies one of the known editing commands.
pub(super) fn study(name: &str, args: &[Word]) -> Option<Study> {
    Some(match name {
        "touch" => simple(
            args,
            "-a -c -m -h -r@ -d: -t: --no-create --date: --reference@ --time: --no-dereference",
            Kind::Write,
        ),
        "mkdir" => simple(args, "-p -v -m: --parents --verbose --mode:", Kind::Write),
        "rmdir" => simple(
            args,
            "-v --verbose --ignore-fail-on-non-empty",
            Kind::Remove,
        ),
        "rm" => simple(
            args,
            "-r -R -f -i -I -v -d --recursive --force --verbose --dir --interactive? --one-file-system --preserve-root?",
            Kind::Remove,
        ),
        "unlink" | "shred" => outside_set(simple(args, "-u -f -v -z -n:", Kind::Remove)),
        "mv" => moved(
            args,
            "-f -i -n -u -v -T --force --interactive --no-clobber --update? --verbose --no-target-directory -t: --target-directory:",
            true,
        ),
        "cp" => moved(
            args,
            "-r -R -a -p -f -i -n -u -v -T -d -P -H -x --recursive --archive --force --interactive --no-clobber --update? --verbose --preserve? --no-preserve: \
             --no-target-directory --no-dereference --one-file-system --reflink? --sparse: -t: --target-directory:",
            false,
        ),
        "ln" | "install" => outside_set(moved(args, "-s -f -v -n -t: -m: -d -D", false)),
        "tee" => outside_set(simple(
            args,
            "-a -i -p --append --ignore-interrupts",
            Kind::Write,
        )),
        "truncate" => outside_set(simple(
            args,
            "-s: -c -o -r@ --size: --no-create",
            Kind::Write,
        )),
        "chmod" | "chown" | "chgrp" => {
            let mut study = simple(
                args,
                "-R -v -c -f --recursive --verbose --changes --silent --quiet",
                Kind::Write,
            );
            if !study.writes.is_empty() {
                study.writes.remove(0);
            }
            outside_set(study)
        }
        "dd" => {
            let mut study = Study::refused("dd writes files and devices");
            for word in args {
                if word.text.starts_with("of=") {
                    study.writes.push(word.rest(3));
                } else if word.text.starts_with("if=") {
                    study.reads.push(word.rest(3));
                }
            }
            study
        }
        _ => return None,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Write,
    Remove,
}

/// Marks a command that is not among those of the mode `acceptEdits`.
fn outside_set(mut study: Study) -> Study {
    study
        .not_edit
        .get_or_insert_with(|| "it is not among the file commands of the mode".to_owned());
    study
}

fn simple(args: &[Word], flags: &'static str, kind: Kind) -> Study {
    let parsed = Flags::new(flags).parse(args);
    let mut study = changing(parsed.unknown.clone(), &parsed.operands);
    study.reads = parsed.files;
    match kind {
        Kind::Write => study.writes = parsed.operands,
        Kind::Remove => study.removes = parsed.operands,
    }
    study
}

fn changing(fault: Option<String>, operands: &[Word]) -> Study {
    let mut study = Study {
        not_free: Some("it changes files".to_owned()),
        not_edit: fault,
        ..Study::default()
    };
    for word in operands {
        if word.dynamic != Dynamic::No {
            study
                .not_edit
                .get_or_insert_with(|| "one of its files is only known when it runs".to_owned());
        }
        if word.globs.first() == Some(&0) {
            study.not_edit.get_or_insert_with(|| {
                "a wildcard may stand for a file that is named like a flag".to_owned()
            });
        }
    }
    if operands.is_empty() {
        study
            .not_edit
            .get_or_insert_with(|| "it names no file".to_owned());
    }
    study
}

fn moved(args: &[Word], flags: &'static str, removes: bool) -> Study {
    let parsed = Flags::new(flags).parse(args);
    let mut study = changing(parsed.unknown.clone(), &parsed.operands);
    let mut sources = parsed.operands.clone();
    let named = parsed
        .values
        .iter()
        .find(|(flag, _)| matches!(flag.as_str(), "-t" | "--target-directory"))
        .map(|(_, word)| word.clone());
    let Some(target) = named.or_else(|| sources.pop()) else {
        return study;
    };
    if sources.is_empty() {
        study
            .not_edit
            .get_or_insert_with(|| "it names no target".to_owned());
    }
    for source in &sources {
        let trimmed = source.text.trim_end_matches('/');
        let last = trimmed.rsplit('/').next().unwrap_or_default();
        if matches!(last, "" | "." | "..")
            || !source.globs.is_empty() && last.contains(['*', '?', '['])
        {
            study
                .not_edit
                .get_or_insert_with(|| "which names it makes is not known".to_owned());
        }
        // The target may be a folder: then the file goes below it.
        let mut below = target.clone();
        below.text = format!("{}/{last}", target.text.trim_end_matches('/'));
        study.writes.push(below);
        if removes {
            study.removes.push(source.clone());
        }
    }
    study.writes.push(target);
    study.reads.extend(sources);
    study
}
