//! Facts: what happened and will still be true after a restart.

use crate::{
    Block, Call, CallId, Changes, Contact, EntryId, GrantId, Granted, Mark, Mode, OpKey, Opaque,
    Question, Reply, ReplyId, Reviewed, Ruling, SessionId, Snapshot, Spent, ToolSpec, Usage,
    Verbatim, door::with_door,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value, value::RawValue};
use std::path::PathBuf;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

/// A numbered fact. Its parent is the entry that it follows in the conversation; after a
/// rewind this is not the entry before it in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the log.
    pub id: EntryId,
    /// What it follows; `None` for the first.
    pub parent: Option<EntryId>,
    /// When it was written.
    pub at: Timestamp,
    /// What happened.
    pub fact: Fact,
}

/// The start of a session: everything that must not change afterwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The session.
    pub session: SessionId,
    /// Where it works. Absolute.
    #[serde(with = "crate::path_text")]
    pub cwd: PathBuf,
    /// The model, as `provider/name`.
    pub model: String,
    /// The permission mode at the start.
    pub mode: Mode,
    /// The system prompt, frozen.
    pub system: Vec<String>,
    /// What the model is told before the first prompt (memory files, environment), frozen.
    #[serde(default)]
    pub preamble: Vec<Block>,
    /// The tool list, frozen.
    pub tools: Vec<ToolSpec>,
    /// The session and entry that this one was forked from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<(SessionId, EntryId)>,
    /// The version of Gimlet that wrote it.
    pub version: String,
}

/// Where a queued prompt waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueLane {
    /// Delivered between tool rounds.
    Steer,
    /// Delivered when the turn rests.
    FollowUp,
}

/// Who spoke.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Origin {
    /// The person.
    #[default]
    Person,
    /// A background task that ended.
    Task,
    /// The program itself, such as a reminder.
    Program,
}

/// What came in from outside, with the operation that brought it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incoming {
    /// The operation's key.
    pub key: OpKey,
    /// Who spoke.
    #[serde(default)]
    pub origin: Origin,
    /// What was said.
    pub content: Vec<Block>,
}

/// How a call came to its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnedHow {
    /// The tool finished and succeeded.
    Done,
    /// The tool finished and failed.
    Failed,
    /// The person interrupted it.
    Interrupted,
    /// Its deadline passed.
    TimedOut,
    /// It had begun when the process died; what it did is not known.
    Lost,
}

/// The one result of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Returned {
    /// The call.
    pub call: CallId,
    /// How it ended.
    pub how: ReturnedHow,
    /// What the model sees.
    pub content: Vec<Block>,
    /// The tool's structured output (`contract.md` §5), for clients and hooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// What it changes on the desk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// How long it ran, in milliseconds.
    pub took_ms: u64,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// `--max-turns`: requests to the model in one turn.
    Turns,
    /// `--max-budget-usd`.
    Budget,
    /// Structured output that never fitted its schema.
    StructuredOutput,
}

/// Why a turn ended before its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fault {
    /// The model could not be asked.
    Model {
        /// The class of failure, by its recovery.
        class: String,
        /// What happened.
        text: String,
        /// The HTTP status, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
    },
    /// A limit was reached.
    Limit {
        /// Which.
        kind: LimitKind,
        /// What it was and what was used.
        text: String,
    },
    /// A tool said that the turn cannot go on.
    Tool {
        /// What happened.
        text: String,
    },
}

/// A change of how the session goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// Another model, as `provider/name`.
    Model {
        /// The model.
        model: String,
        /// Why, where it was not the person's wish (a fallback).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// Another permission mode.
    Mode {
        /// The mode.
        mode: Mode,
    },
    /// A name for the session.
    Title {
        /// The name.
        title: String,
    },
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// The model is told, with the next request that is made anyway.
    Reminder,
    /// The model is told and asked again.
    Nudge,
    /// The person is told; the model is not.
    Notice,
}

macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident($payload:ty) = $tag:literal,)*) => {
        /// Something that happened. Written before anyone sees it.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Fact {
            $($(#[$doc])* $variant($payload),)*
            /// A fact of a newer version, kept as it stands.
            Unknown(Verbatim),
        }

        impl Serialize for Fact {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[derive(Serialize)]
                struct Tagged<'a, T> {
                    #[serde(rename = "type")]
                    tag: &'static str,
                    data: &'a T,
                }
                match self {
                    $(Self::$variant(data) => Tagged { tag: $tag, data }.serialize(serializer),)*
                    Self::Unknown(verbatim) => verbatim.serialize(serializer),
                }
            }
        }

        impl Fact {
            /// The name that the log uses; `unknown` for facts of a newer version.
            pub fn tag(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $tag,)*
                    Self::Unknown(_) => "unknown",
                }
            }

            fn next<'de, A: de::MapAccess<'de>>(
                tag: &str,
                map: &mut A,
            ) -> Option<Result<Self, A::Error>> {
                match tag {
                    $($tag => Some(map.next_value::<$payload>().map(Self::$variant)),)*
                    _ => None,
                }
            }

            fn read(tag: &str, data: &str) -> Option<Result<Self, serde_json::Error>> {
                match tag {
                    $($tag => Some(serde_json::from_str::<$payload>(data).map(Self::$variant)),)*
                    _ => None,
                }
            }
        }
    };
}

facts! {
    /// The session began.
    Opened(Box<Opened>) = "opened",
    /// A prompt was delivered and a turn begins.
    Prompted(Incoming) = "prompted",
    /// A prompt was delivered into the running turn.
    Steered(Incoming) = "steered",
    /// A prompt waits for its delivery.
    Queued(Queued) = "queued",
    /// A queued prompt was withdrawn.
    Withdrawn(OpKey) = "withdrawn",
    /// The model said something.
    Said(Said) = "said",
    /// The model thought something.
    Thought(Said) = "thought",
    /// The model asked for a tool.
    Called(Called) = "called",
    /// The provider sent a block without a neutral form.
    Kept(Kept) = "kept",
    /// A request ended; closes the reply before it.
    Spent(Box<Spent>) = "spent",
    /// A person is asked about a call.
    Asked(Asked) = "asked",
    /// The person answered.
    Answered(Answered) = "answered",
    /// A call must not run; its result says why.
    Refused(Refused) = "refused",
    /// A call may run.
    Cleared(Cleared) = "cleared",
    /// A call was handed to its tool.
    Began(CallId) = "began",
    /// A call has its result.
    Returned(Box<Returned>) = "returned",
    /// The person ended the turn.
    Interrupted(OpKey) = "interrupted",
    /// The turn ended before its time.
    Faulted(Fault) = "faulted",
    /// What came before was replaced by a summary.
    Compacted(Box<Compacted>) = "compacted",
    /// The model, the mode or the title changed.
    Configured(Change) = "configured",
    /// Something worth telling.
    Noted(Noted) = "noted",
    /// The conversation goes on from this entry's parent.
    Rewound(Rewound) = "rewound",
    /// A turn that was cut short goes on.
    Resumed(OpKey) = "resumed",
    /// The session's run ended in order.
    Closed(OpKey) = "closed",
    /// A call started a worker.
    Hired(Box<Hired>) = "hired",
    /// A worker came to rest.
    Reported(Box<Reported>) = "reported",
    /// What a call changed on the disk, or what an undo did.
    Snapshot(Box<Snapshot>) = "snapshot",
    /// The person granted something for longer than one call.
    Granted(Box<Granted>) = "granted",
    /// The person took a grant back.
    Revoked(GrantId) = "revoked",
    /// A reviewer judged a call in the person's place.
    Reviewed(Reviewed) = "reviewed",
    /// A confined command reached a host, or did not.
    Contacted(Contact) = "contacted",
}

/// A worker with a session of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hired {
    /// The call that started it.
    pub call: CallId,
    /// Its session.
    pub worker: SessionId,
    /// What kind of worker it is.
    pub kind: String,
    /// What it is to do, in a few words.
    pub task: String,
    /// Another name under which it can be spoken to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many workers stand above it, itself included.
    pub depth: u32,
    /// Whether the call waits for it.
    pub waits: Waits,
    /// The git worktree that it works in, where it has one of its own. Absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<PathBuf>,
}

/// Whether a call waits for its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waits {
    /// The call's result is the worker's report.
    ForReport,
    /// The call returns at once; the report comes later.
    No,
}

/// What came of a turn of a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// Its session.
    pub worker: SessionId,
    /// How the turn ended.
    pub how: ReturnedHow,
    /// Calls that it made.
    pub calls: u64,
    /// Tokens of its requests.
    pub usage: Usage,
    /// What they cost, in millionths of a dollar, as far as prices are known.
    pub micro_usd: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The last entry of its log that this is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upto: Option<EntryId>,
    /// What it changed in a worktree of its own and is not merged yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
}

/// A prompt that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Queued {
    /// What waits; a later one with the same key replaces it.
    pub incoming: Incoming,
    /// Where it waits.
    pub lane: QueueLane,
}

/// A piece of a reply that is text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The reply.
    pub reply: ReplyId,
    /// The text.
    pub text: String,
    /// The provider's own form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Opaque>,
}

/// A tool call of a reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Called {
    /// The reply.
    pub reply: ReplyId,
    /// The call.
    pub call: Call,
    /// The tool that the model called it through, where it is not on the frozen list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door: Option<String>,
}

impl Called {
    /// The call as the model made it, which is how it is replayed.
    pub fn as_said(&self) -> Call {
        match &self.door {
            Some(door) => with_door(&self.call, door),
            None => self.call.clone(),
        }
    }
}

/// A provider's own block of a reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The reply.
    pub reply: ReplyId,
    /// The provider's own form.
    pub opaque: Opaque,
}

/// A question about a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The call.
    pub call: CallId,
    /// What is asked.
    pub question: Question,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The call.
    pub call: CallId,
    /// The answer.
    pub reply: Reply,
}

/// A call that must not run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The call.
    pub call: CallId,
    /// What the model is told.
    pub text: String,
    /// The ruling, where permission was the reason; `None` for a bad input or unknown tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruling: Option<Ruling>,
}

/// A call that may run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cleared {
    /// The call.
    pub call: CallId,
    /// The ruling that allowed it.
    pub ruling: Ruling,
}

/// A summary in place of what came before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compacted {
    /// What the model sees instead of the conversation so far.
    pub content: Vec<Block>,
    /// How many messages at the end stay as they are.
    #[serde(default)]
    pub kept_messages: u64,
    /// Estimated tokens before.
    pub before_tokens: u64,
    /// Estimated tokens after.
    pub after_tokens: u64,
    /// `manual` or `auto`.
    pub trigger: String,
    /// What became of the model's summary.
    pub summary: SummaryFate,
}

/// What became of the model's summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SummaryFate {
    /// It is part of the content.
    Accepted,
    /// The content is only what was kept word for word.
    Rejected {
        /// A fragment that fits after "because".
        why: String,
    },
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noted {
    /// Who is told.
    pub kind: NoteKind,
    /// What is told.
    pub text: String,
}

/// Where a rewind came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rewound {
    /// The operation's key.
    pub key: OpKey,
    /// The last entry before the rewind.
    pub from: EntryId,
}

impl<'de> Deserialize<'de> for Fact {
    /// Needs a deserializer that lends its text (`from_str`, `from_slice`), because facts of
    /// a newer version are kept as they stand.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let known = serde_json::Deserializer::from_str(raw.get())
            .deserialize_map(FactVisitor)
            .map_err(de::Error::custom)?;
        match known {
            Some(fact) => Ok(fact),
            None => odd(raw.get()).map_err(de::Error::custom),
        }
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Tag<'a>(#[serde(borrow)] std::borrow::Cow<'a, str>);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Member {
    Type,
    Data,
    #[serde(other)]
    Other,
}

/// Parses the payload where it stands, as `type` comes before `data` in every log. `None`
/// for a fact that is unknown or has its members in another order.
struct FactVisitor;

impl<'de> de::Visitor<'de> for FactVisitor {
    type Value = Option<Fact>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a fact: an object with `type` and `data`")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Option<Fact>, A::Error> {
        let mut fact = None;
        let mut tag: Option<Tag<'de>> = None;
        while let Some(member) = map.next_key()? {
            let read = match (member, &tag) {
                (Member::Type, None) => {
                    tag = Some(map.next_value()?);
                    continue;
                }
                (Member::Data, Some(tag)) => Fact::next(&tag.0, &mut map)
                    .map(|read| read.map_err(|error| named(&tag.0, &error))),
                (Member::Type | Member::Data | Member::Other, _) => None,
            };
            match read {
                Some(read) => fact = Some(read?),
                None => {
                    map.next_value::<de::IgnoredAny>()?;
                }
            }
        }
        Ok(fact)
    }
}

/// Reads a fact whose members come in any order.
fn odd(text: &str) -> Result<Fact, serde_json::Error> {
    #[derive(Deserialize)]
    struct Tagged<'a> {
        #[serde(rename = "type", borrow)]
        tag: std::borrow::Cow<'a, str>,
        #[serde(borrow, default)]
        data: Option<&'a RawValue>,
    }
    let tagged: Tagged<'_> = serde_json::from_str(text)?;
    match Fact::read(&tagged.tag, tagged.data.map_or("null", RawValue::get)) {
        Some(read) => read.map_err(|error| named(&tagged.tag, &error)),
        None => Verbatim::parse(text.to_owned()).map(Fact::Unknown),
    }
}

fn named<E: de::Error>(tag: &str, error: &E) -> E {
    E::custom(format!("fact `{tag}`: {error}"))
}
