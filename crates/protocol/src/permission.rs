//! Accesses, verdicts and rulings: what is declared and what is decided.

use crate::{CallId, Confinement, GrantId, ReplyScope, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How much harm a tool or an access can do. Ordered from harmless on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Looks, and changes nothing.
    Low,
    /// Changes that can be undone.
    Medium,
    /// Runs code, leaves the machine, or cannot be undone.
    High,
}

/// One thing that a call will touch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Access {
    /// Reads a file, or anything below a folder. Absolute.
    Read {
        /// What is read.
        #[serde(with = "crate::path_text")]
        path: PathBuf,
    },
    /// Creates, changes or removes a file. Absolute.
    Write {
        /// What is written.
        #[serde(with = "crate::path_text")]
        path: PathBuf,
    },
    /// Runs a command line in a shell.
    Run {
        /// The whole command line.
        command: String,
        /// Where it starts. Absolute.
        #[serde(with = "crate::path_text")]
        cwd: PathBuf,
    },
    /// Talks to a host on the network.
    Reach {
        /// Host name or address, without a port.
        host: String,
    },
    /// Hands text to the outside under the person's name.
    Publish {
        /// What is said.
        text: String,
        /// Where it goes.
        to: PublishTarget,
    },
    /// Starts a worker.
    Spawn {
        /// The kind of worker.
        kind: String,
    },
    /// Leaves the confinement.
    Escalate {
        /// A sentence that says what for.
        why: String,
    },
    /// Needs a person's answer, whatever the mode allows.
    Person {
        /// What the person is to say.
        what: String,
        /// What the model is told where nobody answers.
        alone: String,
    },
}

/// Where published text goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PublishTarget {
    /// Such as `commit`, `pull_request`, `issue`, `web`.
    pub kind: String,
    /// The remote, repository or address.
    pub address: String,
}

/// A judge's vote or the outcome of all. Ordered: the stricter is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// May happen.
    Allow,
    /// A person decides.
    Ask,
    /// Must not happen.
    Deny,
}

/// Why a judge voted as it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The judge, such as `rules` or `mode`.
    pub judge: String,
    /// A fragment that fits after "because".
    pub text: String,
    /// Where the rule stands: `path:line`, a flag or a variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The outcome over all accesses of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// The strictest outcome of any access.
    pub verdict: Verdict,
    /// Every vote that was given.
    pub because: Vec<Reason>,
    /// What the call's commands are held to; `None` where it runs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confinement: Option<Confinement>,
}

/// What a person is asked before a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The plan's title.
    pub title: String,
    /// How much harm it can do.
    pub risk: Risk,
    /// Everything the call would touch.
    pub accesses: Vec<Access>,
    /// Why it is asked.
    pub because: Vec<Reason>,
    /// What the call would do, one by one: each simple command, file and host with its own risk
    /// and reasons. Those that nobody has to answer for are among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<QuestionPart>,
    /// What an answer for longer than once would grant, the narrowest first. Empty where the
    /// call can only be allowed once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
    /// The file that an answer for always is saved in; `None` where it cannot be saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_in: Option<String>,
    /// After how many minutes an answer for the session lapses, should the session last longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapses_after_minutes: Option<u64>,
    /// What it would do in full, such as a diff, where the input alone does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// What its commands would be held to; `None` where it runs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confinement: Option<Confinement>,
}

impl Question {
    /// A question about a call that can only be allowed once.
    pub fn new(
        title: impl Into<String>,
        risk: Risk,
        accesses: Vec<Access>,
        because: Vec<Reason>,
    ) -> Self {
        Self {
            title: title.into(),
            risk,
            accesses,
            because,
            parts: Vec::new(),
            offers: Vec::new(),
            saved_in: None,
            lapses_after_minutes: None,
            preview: None,
            confinement: None,
        }
    }
}

/// One thing of a call that is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionPart {
    /// What it is, such as `run cargo test` or `write src/a.rs`.
    pub what: String,
    /// How much harm it can do.
    pub risk: Risk,
    /// Its own outcome; only what is `ask` needs the person.
    pub verdict: Verdict,
    /// Why, each with the rule's place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Reason>,
}

/// What an answer for longer than once grants: all of it, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Each capability that is given.
    pub grants: Vec<Grant>,
}

/// A capability that a person gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// Such as "run `cargo test` with any arguments".
    pub title: String,
    /// The same as a rule that allows, as it would stand in the settings.
    pub rule: String,
}

/// What a person granted in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// Its name in this session, such as `g3`.
    pub id: GrantId,
    /// The call whose question was answered with it.
    pub call: CallId,
    /// What is granted.
    pub grant: Grant,
    /// For how long.
    pub scope: ReplyScope,
    /// When it lapses, whatever its scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The file that it was saved in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_in: Option<String>,
}

/// What a reviewer said of a call that a person would have been asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// The call.
    pub call: CallId,
    /// The model that judged, as `provider/name`.
    pub model: String,
    /// What it said.
    pub outcome: ReviewOutcome,
    /// Why, in its words or in those of its failure.
    pub reason: String,
}

/// What a reviewer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewOutcome {
    /// The call may run.
    Allow,
    /// The call must not run.
    Deny,
    /// It leaves the call to the person.
    Ask,
    /// It gave no usable answer in time.
    Failed,
}

/// How much may happen without asking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Reading inside the workspace goes through; the rest asks.
    #[default]
    #[serde(alias = "manual")]
    Default,
    /// As default, and editing inside the workspace goes through.
    AcceptEdits,
    /// Only reading; changes are planned, not made.
    Plan,
    /// An independent reviewer decides where the person would be asked.
    Auto,
    /// What would be asked is denied.
    DontAsk,
    /// Everything goes through but what the floor forbids.
    BypassPermissions,
}

impl Mode {
    /// Every mode with the name that settings, flags and the log use.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Default, "default"),
        (Self::AcceptEdits, "acceptEdits"),
        (Self::Plan, "plan"),
        (Self::Auto, "auto"),
        (Self::DontAsk, "dontAsk"),
        (Self::BypassPermissions, "bypassPermissions"),
    ];

    /// The name that settings, flags and the log use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::AcceptEdits => "acceptEdits",
            Self::Plan => "plan",
            Self::Auto => "auto",
            Self::DontAsk => "dontAsk",
            Self::BypassPermissions => "bypassPermissions",
        }
    }

    /// The mode of that name; `manual` is another name of `default`.
    pub fn named(name: &str) -> Option<Self> {
        if name == "manual" {
            return Some(Self::Default);
        }
        Self::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(mode, _)| *mode)
    }
}
