//! What a command line hands to the outside under the person's name: messages of commits and
//! tags, names of branches, texts of pull requests and issues, web posts, and pushes.
//!
//! Nothing here decides. What is written in the command line is told, behind wrappers and in
//! nested command lines too; what only a file or an editor knows is not.

mod programs;

use crate::{
    looks::step_looks,
    shell::{self, Dynamic, RedirectKind, Start, Step, Word},
    unwrap,
};
use gimlet_protocol::PublishTarget;
use std::path::{Path, PathBuf};

/// A text that leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Which text it is, such as `the message of the commit`.
    pub place: &'static str,
    /// What is said, as far as the command line tells.
    pub text: String,
    /// Where it goes.
    pub to: PublishTarget,
}

/// Commits that leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The folder it is pushed from; `None` where only the running shell knows.
    pub folder: Option<PathBuf>,
    /// The remote or address; `None` for git's own choice, U+FFFC in it for what is not known.
    pub remote: Option<String>,
    /// What is pushed: names of commits, or options of `git rev-list`. Empty for git's own choice.
    pub sources: Vec<String>,
    /// Whether all of this could be read.
    pub is_read: bool,
    /// Whether the same command line does more than look, so that it may make what it pushes.
    pub after_more: bool,
}

/// All that leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// Texts that the command line says.
    pub texts: Vec<Publication>,
    /// What is pushed.
    pub pushes: Vec<Push>,
}

/// What a command line hands to the outside.
pub fn outgoing(command: &str, cwd: &Path) -> Outgoing {
    let start = Start {
        cwd: cwd.to_owned(),
        home: None,
    };
    let line = shell::analyse(command, &start);
    let mut reading = Reading {
        start: &start,
        budget: shell::MOST_PARSED,
        out: Outgoing::default(),
    };
    for step in &line.steps {
        reading.step(step, &step.folders, 0);
    }
    let mut out = reading.out;
    let acts = |step: &&Step| !step_looks(step) && !moves(step);
    let after_more = line.steps.iter().filter(acts).count() > 1;
    for push in &mut out.pushes {
        push.after_more = after_more;
    }
    out
}

fn moves(step: &Step) -> bool {
    step.words
        .first()
        .is_some_and(|word| matches!(word.text.as_str(), "cd" | "pushd" | "popd"))
}

/// A command line while it is read.
struct Reading<'a> {
    start: &'a Start,
    budget: usize,
    out: Outgoing,
}

impl Reading<'_> {
    fn step(&mut self, step: &Step, folders: &[Option<PathBuf>], depth: usize) {
        let views = unwrap::views(&step.words);
        // A command of git is seen without its options, too: those say where it works.
        let stripped = |words: &Vec<Word>| match words.as_slice() {
            [name, arguments @ ..] if unwrap::base_name(&name.text) == "git" => {
                let plain = unwrap::without_git_options(arguments);
                (plain.len() < arguments.len()).then(|| plain.to_vec())
            }
            _ => None,
        };
        let again: Vec<Vec<Word>> = views.commands.iter().filter_map(stripped).collect();
        for words in &views.commands {
            let is_again = words.split_first().is_some_and(|(name, arguments)| {
                name.text == "git" && again.iter().any(|plain| plain == arguments)
            });
            if !is_again {
                self.command(words, step, folders);
            }
        }
        if depth < shell::DEEPEST {
            for script in &views.scripts {
                let line = shell::analyse_nested(script, self.start, depth + 1, &mut self.budget);
                for inner in &line.steps {
                    self.step(inner, folders, depth + 1);
                }
            }
        }
    }

    fn command(&mut self, words: &[Word], step: &Step, folders: &[Option<PathBuf>]) {
        let [name, arguments @ ..] = words else {
            return;
        };
        let mut told = programs::Told::default();
        match name.text.as_str() {
            "git" => {
                let plain = unwrap::without_git_options(arguments);
                let [subcommand, rest @ ..] = plain else {
                    return;
                };
                if subcommand.text == "push" {
                    let front = arguments.len() - plain.len();
                    let front = arguments.get(..front).unwrap_or_default();
                    let sets_git = |(name, _): &(String, Word)| name.starts_with("GIT_");
                    let known = !step.assignments.iter().any(sets_git);
                    let folders = if known { folders } else { &[] };
                    self.push(front, rest, folders, &mut told);
                } else {
                    programs::git(&subcommand.text, rest, &mut told);
                }
            }
            "gh" | "glab" => programs::forge(arguments, &mut told),
            "curl" => programs::curl(arguments, &mut told),
            _ => return,
        }
        let Some(to) = told.to else {
            return;
        };
        if told.reads_input {
            let texts = step
                .redirects
                .iter()
                .filter(|redirect| redirect.kind == RedirectKind::Text);
            told.texts.extend(texts.filter_map(|redirect| {
                let target = redirect.target.as_ref()?;
                Some(("the text of the here-document", spoken(target)))
            }));
        }
        for (place, text) in told.texts {
            let publication = Publication {
                place,
                text,
                to: to.clone(),
            };
            if !self.out.texts.contains(&publication) {
                self.out.texts.push(publication);
            }
        }
    }

    fn push(
        &mut self,
        front: &[Word],
        arguments: &[Word],
        folders: &[Option<PathBuf>],
        told: &mut programs::Told,
    ) {
        let Some(mut push) = programs::push(arguments, told) else {
            return;
        };
        let mut folder = match folders {
            [Some(folder)] => Some(folder.clone()),
            _ => None,
        };
        let mut options = front.iter();
        while let Some(word) = options.next() {
            // Another repository than that of the folder is not looked into.
            folder = match (word.text.as_str(), options.next().and_then(Word::known)) {
                ("-C", Some(path)) => folder.map(|folder| folder.join(path)),
                // Nor where other options say what git obeys.
                _ => None,
            };
        }
        push.folder = folder;
        if !self.out.pushes.contains(&push) {
            self.out.pushes.push(push);
        }
    }
}

/// A word as it is said. Of one that only the running shell knows, what is spelled counts too: a
/// here-document in a substitution stands there.
fn spoken(word: &Word) -> String {
    if word.dynamic == Dynamic::No {
        word.text.clone()
    } else {
        word.raw.clone()
    }
}

#[cfg(test)]
mod tests;
