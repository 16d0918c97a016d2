//! The options of the programs that hand text to the outside.

use super::{Push, spoken};
use crate::shell::{Dynamic, Word};
use gimlet_protocol::PublishTarget;

/// What one command says.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Texts, each with which it is.
    pub(super) texts: Vec<(&'static str, String)>,
    /// Where they go; `None` where nothing leaves.
    pub(super) to: Option<PublishTarget>,
    /// Whether it may say what its standard input holds.
    pub(super) reads_input: bool,
}

impl Told {
    fn goes(&mut self, kind: &str, address: impl Into<String>) {
        self.to = Some(PublishTarget {
            kind: kind.to_owned(),
            address: address.into(),
        });
    }

    fn says(&mut self, place: &'static str, word: &Word) {
        self.texts.push((place, spoken(word)));
    }

    /// The values of options: `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`, `-anVALUE`.
    fn values(&mut self, arguments: &[Word], long: &[&str], short: &str, place: &'static str) {
        for value in values(arguments, long, short) {
            self.says(place, &value);
        }
    }
}

/// The values of options, each with what is known of it.
fn values(arguments: &[Word], long: &[&str], short: &str) -> Vec<Word> {
    let mut found = Vec::new();
    for (at, word) in arguments.iter().enumerate() {
        let text = word.text.as_str();
        let next = || arguments.get(at + 1).cloned();
        if let Some(name) = text.strip_prefix("--") {
            let (name, glued) = match name.split_once('=') {
                Some((name, _)) => (name, Some(word.rest(name.len() + 3))),
                None => (name, None),
            };
            // Git and others take a long option that is cut short.
            if !name.is_empty() && long.iter().any(|known| known.starts_with(name)) {
                found.extend(glued.or_else(next));
            }
        } else if let Some(letters) = text.strip_prefix('-') {
            let hit = letters.char_indices().find(|(_, c)| short.contains(*c));
            if let Some((before, c)) = hit {
                let from = 1 + before + c.len_utf8();
                if from < text.len() {
                    found.push(word.rest(from));
                } else {
                    found.extend(next());
                }
            }
        }
    }
    found
}

fn operands(arguments: &[Word]) -> impl Iterator<Item = &Word> {
    arguments.iter().filter(|word| !word.text.starts_with('-'))
}

/// Git, but for `git push`.
pub(super) fn git(subcommand: &str, rest: &[Word], told: &mut Told) {
    let message = "the message of the commit";
    match subcommand {
        "commit" | "merge" | "notes" | "commit-tree" | "revert" | "cherry-pick" => {
            told.goes("commit", "");
            told.values(rest, &["message"], "m", message);
            told.values(rest, &["trailer"], "", "a trailer of the commit");
            told.values(rest, &["author"], "", "the author of the commit");
            told.reads_input = true;
        }
        "tag" => {
            told.goes("commit", "");
            told.values(rest, &["message"], "m", "the message of the tag");
            told.reads_input = true;
            for word in operands(rest) {
                told.says("the name of the tag", word);
            }
        }
        "branch" => {
            told.goes("commit", "");
            let listed = ["-d", "-D", "--delete", "-l", "--list"];
            if !rest.iter().any(|word| listed.contains(&word.text.as_str())) {
                for word in operands(rest) {
                    told.says("the name of the branch", word);
                }
            }
        }
        "checkout" | "switch" => {
            told.goes("commit", "");
            let names = ["create", "force-create", "orphan"];
            let short = if subcommand == "switch" { "cC" } else { "bB" };
            told.values(rest, &names, short, "the name of the branch");
        }
        _ => {}
    }
}

/// `git push`: the names on the other side are texts, the commits are told apart.
pub(super) fn push(rest: &[Word], told: &mut Told) -> Option<Push> {
    /// Options with a word of their own.
    const VALUED: [&str; 5] = ["-o", "--push-option", "--receive-pack", "--exec", "--repo"];
    /// What `git rev-list` takes for more than one commit.
    const ODD: [&str; 4] = ["..", "^!", "^@", "^-"];
    let mut push = Push {
        folder: None,
        remote: None,
        sources: Vec::new(),
        is_read: true,
        after_more: false,
    };
    let mut deletes = false;
    let mut words = rest.iter();
    let mut plain: Vec<&Word> = Vec::new();
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "--all" | "--branches" => push.sources.push("--branches".to_owned()),
            "--mirror" => push.sources.push("--all".to_owned()),
            "--tags" | "--follow-tags" => push.sources.push("--tags".to_owned()),
            "-d" | "--delete" => deletes = true,
            text if VALUED.contains(&text) => {
                let value = words.next();
                if text == "--repo" {
                    plain.extend(value);
                }
            }
            text if text.starts_with('-') => push.is_read &= word.dynamic == Dynamic::No,
            _ => plain.push(word),
        }
    }
    let mut plain = plain.into_iter();
    if let Some(remote) = plain.next() {
        push.is_read &= remote.known().is_some();
        push.remote = Some(remote.text.clone());
    }
    told.goes("push", push.remote.clone().unwrap_or_default());
    for word in plain {
        told.says("the name that is pushed", word);
        push.is_read &= word.known().is_some();
        let source = word.text.trim_start_matches('+');
        let source = source.split(':').next().unwrap_or_default();
        if deletes || (source.is_empty() && word.text.contains(':')) {
            deletes = true;
        } else if source == "tag" {
            push.sources.push("--tags".to_owned());
        } else if source.contains('*') || source.is_empty() {
            push.sources.push("--all".to_owned());
        } else if source.starts_with('^') || ODD.iter().any(|odd| source.contains(odd)) {
            push.is_read = false;
        } else {
            push.sources.push(source.to_owned());
        }
    }
    // Nothing but a removal takes nothing out.
    (!deletes || !push.sources.is_empty()).then_some(push)
}

/// `gh` and `glab`: what is said in pull requests, issues, releases and gists.
pub(super) fn forge(arguments: &[Word], told: &mut Told) {
    let mut plain = operands(arguments).map(|word| word.text.as_str());
    let kind = match plain.next() {
        Some("pr" | "mr") => "pull_request",
        Some("issue" | "incident") => "issue",
        Some("release" | "gist" | "snippet" | "repo" | "api") => "web",
        _ => return,
    };
    let address = values(arguments, &["repo"], "R")
        .first()
        .map(|word| word.text.clone());
    told.goes(kind, address.unwrap_or_default());
    let body = [
        "body",
        "description",
        "message",
        "notes",
        "comment",
        "subject",
    ];
    told.values(arguments, &["title"], "t", "the title");
    told.values(arguments, &body, "bdmnc", "the text");
    told.values(arguments, &["field", "raw-field"], "fF", "the text");
    told.values(
        arguments,
        &["head", "source-branch"],
        "Hs",
        "the name of the branch",
    );
    told.reads_input = true;
}

/// `curl` with something to send.
pub(super) fn curl(arguments: &[Word], told: &mut Told) {
    let data = [
        "data",
        "data-ascii",
        "data-binary",
        "data-raw",
        "data-urlencode",
        "form",
        "form-string",
        "json",
        "url-query",
    ];
    let place = "what is posted";
    told.values(arguments, &data, "dF", place);
    told.reads_input = true;
    if told.texts.is_empty() {
        return;
    }
    let mut addresses = values(arguments, &["url"], "");
    addresses.extend(
        arguments
            .iter()
            .filter(|word| is_address(&word.text))
            .cloned(),
    );
    match addresses.first() {
        Some(address) if is_here(&address.text) && addresses.len() == 1 => {}
        Some(address) if addresses.len() == 1 => told.goes("web", address.text.clone()),
        // Several, or none that is seen: wherever it goes, nobody named it as internal.
        Some(_) | None => told.goes("web", "several addresses"),
    }
}

fn is_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

/// Whether an address is this machine's own.
fn is_here(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return false;
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}
