//! `git`: subcommands that only look, with the flags that are known to do no harm.
//!
//! Options before the subcommand may name programs, configurations, repositories and files, so
//! only a few are known. Flags that run a program (`--ext-diff`, `--textconv`, `-O`) or write a
//! file (`--output`) are left out everywhere.

use super::{
    Study,
    flags::{Flags, Parsed},
};
use crate::shell::{Dynamic, Word};
use std::{collections::HashMap, sync::LazyLock};

/// What a subcommand's words beside its flags may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    /// Revisions and paths.
    Any,
    /// None at all.
    None,
    /// Only one of these as the first word; the rest is free.
    First(&'static [&'static str]),
    /// Any, if one of these flags is given; else none.
    With(&'static [&'static str]),
}

const LOOK: &str = "-# -p -u -s -U: -w -b -z -R -M? -C? -B? -D -S: -G: -a -t -m -c -r --patch --no-patch --raw --minimal --patience --histogram --stat? \
    --numstat --shortstat --summary --dirstat? --name-only --name-status --color? --no-color --word-diff? --word-diff-regex: \
    --color-words? --color-moved? --no-renames --find-renames? --find-copies? --find-copies-harder --rename-empty --check --full-index \
    --binary --abbrev? --no-abbrev --diff-filter: --pickaxe-all --pickaxe-regex --relative? --no-relative --text --ignore-space-at-eol \
    --ignore-space-change --ignore-all-space --ignore-blank-lines --inter-hunk-context: --function-context -W --exit-code --quiet -q \
    --ignore-submodules? --src-prefix: --dst-prefix: --no-prefix --line-prefix: --unified: --compact-summary --no-ext-diff --no-textconv \
    --anchored: --diff-algorithm: --indent-heuristic --no-indent-heuristic --merge-base --cc --root --combined-all-paths --diff-merges: --no-diff-merges";

const LOG: &str = "-n: -i -E -F -P -g -L: --max-count: --skip: --since: --after: --until: --before: --author: --committer: --grep: --all-match \
    --invert-grep --regexp-ignore-case --extended-regexp --fixed-strings --perl-regexp --merges --no-merges --min-parents: --max-parents: \
    --first-parent --not --all --branches? --tags? --remotes? --glob: --exclude: --reflog --bisect --cherry-mark --cherry-pick \
    --left-only --right-only --left-right --cherry --walk-reflogs --merge --boundary --simplify-by-decoration --full-history \
    --dense --sparse --simplify-merges --ancestry-path? --date-order --author-date-order --topo-order --reverse --no-walk? --oneline \
    --pretty? --format: --abbrev-commit --no-abbrev-commit --encoding: --expand-tabs? --no-expand-tabs --notes? --no-notes --relative-date \
    --date: --parents --children --graph --no-graph --decorate? --no-decorate --decorate-refs: --source --follow --full-diff --log-size \
    --no-show-signature --mailmap --no-mailmap --use-mailmap --count --show-pulls --clear-decorations";

struct Sub {
    name: &'static str,
    /// `LOOK`, `LOG` or both come before these.
    base: &'static [&'static str],
    flags: &'static str,
    words: Words,
}

const fn sub(
    name: &'static str,
    base: &'static [&'static str],
    flags: &'static str,
    words: Words,
) -> Sub {
    Sub {
        name,
        base,
        flags,
        words,
    }
}

const SUBS: &[Sub] = &[
    sub(
        "status",
        &[],
        "-s -b -v -u? -z --short --branch --show-stash --porcelain? --long --verbose --untracked-files? --ignore-submodules? --ignored? --column? --no-column --ahead-behind --no-ahead-behind --renames --no-renames --find-renames?",
        Words::Any,
    ),
    sub(
        "diff",
        &[LOOK],
        "--cached --staged --base --ours --theirs -0 -1 -2 -3",
        Words::Any,
    ),
    sub("log", &[LOOK, LOG], "", Words::Any),
    sub("whatchanged", &[LOOK, LOG], "", Words::Any),
    sub("show", &[LOOK, LOG], "", Words::Any),
    sub(
        "diff-tree",
        &[LOOK],
        "--stdin --no-commit-id --pretty? --format:",
        Words::Any,
    ),
    sub("diff-index", &[LOOK], "--cached", Words::Any),
    sub("diff-files", &[LOOK], "", Words::Any),
    sub(
        "range-diff",
        &[LOOK],
        "--creation-factor: --no-dual-color --left-only --right-only",
        Words::Any,
    ),
    sub(
        "shortlog",
        &[LOG],
        "-s -n -e -w? -c --summary --numbered --email --group:",
        Words::Any,
    ),
    sub(
        "rev-list",
        &[LOG],
        "--objects --objects-edge --disk-usage? --header --timestamp --use-bitmap-index",
        Words::Any,
    ),
    sub(
        "reflog",
        &[LOOK, LOG],
        "",
        Words::First(&["show", "exists", "HEAD"]),
    ),
    sub(
        "blame",
        &[],
        "-# -L: -l -t -s -e -w -p -f -n -b -c -M? -C? --root --show-stats --reverse --porcelain --line-porcelain --incremental --date: --color-lines --color-by-age --abbrev: --show-name --show-number --show-email --since: --first-parent",
        Words::Any,
    ),
    sub(
        "annotate",
        &[],
        "-L: -l -t -s -e -w -p -f -n -M? -C?",
        Words::Any,
    ),
    sub(
        "branch",
        &[],
        "-a -r -v -vv -q -i --all --remotes --list -l --show-current --verbose --contains? --no-contains? --merged? --no-merged? --points-at: --format: --sort: --color? --no-color --column? --no-column --abbrev? --no-abbrev --ignore-case",
        Words::With(&[
            "--list",
            "-l",
            "--contains",
            "--no-contains",
            "--merged",
            "--no-merged",
        ]),
    ),
    sub(
        "tag",
        &[],
        "-l -n? -i --list --contains? --no-contains? --merged? --no-merged? --points-at: --format: --sort: --color? --column? --no-column --ignore-case",
        Words::With(&[
            "-l",
            "--list",
            "--contains",
            "--no-contains",
            "--merged",
            "--no-merged",
        ]),
    ),
    sub("remote", &[], "-v --verbose", Words::First(&["get-url"])),
    sub("stash", &[LOOK, LOG], "", Words::First(&["list", "show"])),
    sub(
        "worktree",
        &[],
        "-v -z --porcelain --verbose",
        Words::First(&["list"]),
    ),
    sub(
        "submodule",
        &[],
        "--cached --recursive --quiet",
        Words::First(&["status", "summary"]),
    ),
    sub("notes", &[], "--ref:", Words::First(&["list", "show"])),
    sub(
        "config",
        &[],
        "--get --get-all --get-regexp --show-origin --show-scope --local --global --system --worktree --name-only --type: --bool --int --path -z --null",
        Words::With(&["--get", "--get-all", "--get-regexp"]),
    ),
    sub(
        "rev-parse",
        &[],
        "-q --verify --quiet --short? --abbrev-ref? --symbolic --symbolic-full-name --show-toplevel --show-prefix --show-cdup --show-superproject-working-tree --git-dir --git-common-dir --absolute-git-dir --is-inside-git-dir --is-inside-work-tree --is-bare-repository --is-shallow-repository --all --branches? --tags? --remotes? --revs-only --no-revs --flags --no-flags --sq --not --since: --until: --path-format: --show-object-format? --git-path: --end-of-options",
        Words::Any,
    ),
    sub(
        "merge-base",
        &[],
        "-a --all --octopus --independent --is-ancestor --fork-point",
        Words::Any,
    ),
    sub(
        "cat-file",
        &[],
        "-p -t -s -e --batch-check? --allow-unknown-type",
        Words::Any,
    ),
    sub(
        "ls-files",
        &[],
        "-c -d -m -o -i -s -u -k -z -t -v -f -x: --cached --deleted --modified --others --ignored --stage --unmerged --killed --exclude: --exclude-standard --error-unmatch --full-name --abbrev? --debug --eol --recurse-submodules --directory --no-empty-directory --deduplicate --format:",
        Words::Any,
    ),
    sub(
        "ls-tree",
        &[],
        "-d -r -t -l -z --name-only --name-status --full-name --full-tree --abbrev? --long --object-only --format:",
        Words::Any,
    ),
    sub(
        "describe",
        &[],
        "--all --tags --contains --abbrev: --candidates: --exact-match --debug --long --match: --exclude: --always --first-parent --dirty? --broken?",
        Words::Any,
    ),
    sub(
        "name-rev",
        &[],
        "--tags --refs: --exclude: --all --name-only --always --undefined --no-undefined",
        Words::Any,
    ),
    sub(
        "for-each-ref",
        &[],
        "--count: --sort: --format: --color? --points-at: --merged? --no-merged? --contains? --no-contains? --ignore-case --exclude:",
        Words::Any,
    ),
    sub(
        "show-ref",
        &[],
        "-q -s -d --head --heads --branches --tags --dereference --hash? --verify --abbrev? --quiet",
        Words::Any,
    ),
    sub(
        "show-branch",
        &[],
        "-a -r -g? --all --remotes --current --topo-order --date-order --sparse --more? --list --merge-base --independent --reflog? --topics --sha1-name --no-name --color? --no-color",
        Words::Any,
    ),
    sub("cherry", &[], "-v --abbrev?", Words::Any),
    sub(
        "grep",
        &[],
        "-# -a -I -i -w -v -h -H -E -G -P -F -n -l -L -z -o -c -p -q -W -A: -B: -C: -m: -e: -r --cached --untracked --no-index --text --textconv? --ignore-case --word-regexp --invert-match --full-name --extended-regexp --basic-regexp --perl-regexp --fixed-strings --line-number --column --files-with-matches --name-only --files-without-match --null --only-matching --count --color? --no-color --break --heading --show-function --function-context --context: --after-context: --before-context: --max-count: --and --or --not --all-match --quiet --max-depth: --recursive --no-recursive --threads: --recurse-submodules --exclude-standard --no-exclude-standard",
        Words::Any,
    ),
    sub(
        "count-objects",
        &[],
        "-v -H --verbose --human-readable",
        Words::None,
    ),
    sub(
        "check-ignore",
        &[],
        "-q -v -n --quiet --verbose --non-matching --no-index",
        Words::Any,
    ),
    sub("check-attr", &[], "-a --all --cached", Words::Any),
    sub(
        "check-ref-format",
        &[],
        "--branch --allow-onelevel --normalize --print",
        Words::Any,
    ),
    sub("version", &[], "--build-options", Words::None),
];

static BY_NAME: LazyLock<HashMap<&'static str, (Flags, Words)>> = LazyLock::new(|| {
    SUBS.iter()
        .map(|sub| {
            let list: String = sub
                .base
                .iter()
                .copied()
                .chain([sub.flags])
                .collect::<Vec<_>>()
                .join(" ");
            // Read once for the life of the program.
            (
                sub.name,
                (Flags::new(Box::leak(list.into_boxed_str())), sub.words),
            )
        })
        .collect()
});

pub(super) fn study(args: &[Word]) -> Study {
    let mut study = Study::free();
    study.git = true;
    let mut args = args;
    loop {
        let Some(first) = args.first() else {
            return study;
        };
        match first.known() {
            Some(
                "--no-pager"
                | "--no-optional-locks"
                | "--literal-pathspecs"
                | "--no-replace-objects",
            ) => args = args.get(1..).unwrap_or_default(),
            Some("--version" | "--help") if args.len() == 1 => return Study::free(),
            Some("-C")
                if args
                    .get(1)
                    .is_some_and(|folder| folder.known() == Some(".")) =>
            {
                args = args.get(2..).unwrap_or_default();
            }
            Some(text) if text.starts_with('-') => {
                study.not_free = Some(format!(
                    "git's option `{text}` may change what it runs or reads"
                ));
                return study;
            }
            Some(_) => break,
            None => {
                study.not_free = Some("what git does is only known when it runs".to_owned());
                return study;
            }
        }
    }
    let [name, args @ ..] = args else {
        return study;
    };
    let name = name.text.as_str();
    let Some((flags, words)) = BY_NAME.get(name) else {
        if name == "symbolic-ref" && matches!(args, [only] if only.known() == Some("HEAD")) {
            return study;
        }
        study.not_free = Some(format!("`git {name}` is not known to only look"));
        return study;
    };
    let parsed = flags.parse(args);
    study.not_free = fault(name, *words, &parsed, args);
    let mut operands = parsed.operands;
    if name == "grep" && !parsed.given.iter().any(|flag| flag == "-e") && !operands.is_empty() {
        operands.remove(0);
    }
    if matches!(*words, Words::With(_))
        || matches!(
            name,
            "rev-parse"
                | "for-each-ref"
                | "name-rev"
                | "show-ref"
                | "check-ref-format"
                | "merge-base"
        )
    {
        operands.clear();
    }
    for word in operands {
        // `HEAD:path` shows a file of a commit, `:path` and `:0:path` one of the index.
        let index = word.text.strip_prefix(':').map(|rest| {
            let stage = rest.get(1..2) == Some(":") && rest.starts_with(['0', '1', '2', '3']);
            if stage { 3 } else { 1 }
        });
        match index.or_else(|| word.text.find(':').map(|at| at + 1)) {
            Some(from) => study.reads.push(word.rest(from)),
            None => study.reads.push(word),
        }
    }
    for (_, value) in parsed.values.iter().filter(|(flag, _)| flag == "-L") {
        study
            .reads
            .extend(value.text.rfind(':').map(|at| value.rest(at + 1)));
    }
    study
        .reads
        .retain(|word| !word.text.is_empty() && !word.text.starts_with([':', '^', '@', '!', '(']));
    study
}

fn fault(name: &str, words: Words, parsed: &Parsed, args: &[Word]) -> Option<String> {
    if let Some(unknown) = &parsed.unknown {
        return Some(unknown.clone());
    }
    if parsed.has(&["--no-index", "--textconv", "--git-path"]) {
        return Some("it may read other files or run a program".to_owned());
    }
    // Formats with signatures run the program that checks them.
    let signed = |word: &Word| word.text.contains("%G") || word.text.contains("%(signature");
    if args.iter().any(signed) {
        return Some("a format with signatures runs a program".to_owned());
    }
    if args
        .iter()
        .any(|word| !word.globs.is_empty() || word.dynamic == Dynamic::Unknown)
    {
        return Some("one of its words is not known".to_owned());
    }
    let first = parsed.operands.first().map(|word| word.text.as_str());
    let fits = match words {
        Words::Any => true,
        Words::None => first.is_none(),
        Words::First(known) => {
            first.is_none_or(|first| known.contains(&first))
                && !(name == "stash" && first.is_none())
        }
        Words::With(flags) => first.is_none() && name != "config" || parsed.has(flags),
    };
    if name == "config" && reads_setting(&parsed.operands, parsed) {
        return None;
    }
    (!fits).then(|| format!("this form of `git {name}` is not known to only look"))
}

/// `git config KEY` with a key that holds no secret.
fn reads_setting(operands: &[Word], parsed: &Parsed) -> bool {
    const SECRET: [&str; 5] = ["extraheader", "token", "password", "credential", "url."];
    let [key] = operands else { return false };
    let key = key.text.to_lowercase();
    parsed.given.is_empty() && key.contains('.') && !SECRET.iter().any(|part| key.contains(part))
}
