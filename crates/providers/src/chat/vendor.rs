//! What vendors of the Chat Completions interface do differently, as data.

mod table;

use crate::http::is_loopback;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How a vendor's dialect differs. The default suits a vendor of which nothing is known: it
/// says and replays as little as every server is known to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ChatQuirks {
    /// The member that limits the reply's tokens.
    pub max_tokens: MaxTokens,
    /// Whether counts must be asked for.
    pub usage: UsageOption,
    /// What stands for the text of a message that only calls tools.
    pub empty_content: EmptyContent,
    /// How one tool is forced.
    pub forced_tool: ForcedTool,
    /// What the ids of calls may look like.
    pub call_ids: CallIds,
    /// Which reasoning goes back to the vendor.
    pub reasoning_back: ReasoningBack,
    /// How reasoning is switched.
    pub reasoning: ReasoningSwitch,
    /// What becomes of pictures.
    pub images: Images,
    /// What becomes of documents that are no text.
    pub documents: Documents,
    /// The member that carries the session, so that requests of one session meet one cache.
    pub session: SessionMember,
    /// What a person may say right after a tool's result.
    pub after_tool: AfterTool,
    /// How the form of an answer is asked for.
    pub answer: AnswerForm,
    /// What becomes of words in a schema that the vendor does not know.
    pub schemas: Schemas,
    /// How many calls a reply may hold.
    pub parallel: Parallel,
    /// The role of the system prompt.
    pub system: SystemRole,
}

/// How the form of an answer is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AnswerForm {
    /// By a JSON schema.
    #[default]
    Schema,
    /// Only that it is a JSON object can be said.
    Object,
    /// Nothing can be said.
    Unsaid,
}

/// What becomes of words in a schema that the vendor does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Schemas {
    /// Schemas go out as they are.
    #[default]
    Whole,
    /// Only the words that every server knows: types, members, lists, choices.
    Plain,
}

/// How many calls a reply may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Parallel {
    /// The vendor's own way.
    #[default]
    Unsaid,
    /// `parallel_tool_calls` asks for one at most.
    One,
}

/// The role of the system prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SystemRole {
    /// `system`.
    #[default]
    System,
    /// `developer`.
    Developer,
    /// `user`: the vendor's models know no other.
    User,
}

/// The member that limits the reply's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MaxTokens {
    /// `max_tokens`.
    #[default]
    MaxTokens,
    /// `max_completion_tokens`.
    MaxCompletionTokens,
}

/// Whether counts must be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UsageOption {
    /// With `stream_options`.
    #[default]
    Asked,
    /// They come unasked, and asking is an error.
    Unasked,
}

/// What stands for the text of a message that only calls tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EmptyContent {
    /// An empty string.
    #[default]
    Blank,
    /// `null`.
    Null,
}

/// How one tool is forced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ForcedTool {
    /// By its name.
    #[default]
    Named,
    /// Only that some tool is called can be said.
    Required,
    /// Nothing can be said.
    Unsaid,
}

/// What the ids of calls may look like. Others are mapped, the same way every time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallIds {
    /// Up to 40 letters, digits, `_` and `-`.
    #[default]
    Forty,
    /// Exactly nine letters and digits.
    Nine,
    /// Anything printable.
    Any,
}

/// Which reasoning goes back to the vendor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReasoningBack {
    /// None: the vendor refuses or forgets it.
    #[default]
    Dropped,
    /// The model's own, in the member in which it came.
    AsReceived,
    /// As received, and a `reasoning_content` in every message of the model, because the
    /// vendor refuses a conversation in which one lacks it.
    Required,
}

/// How reasoning is switched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReasoningSwitch {
    /// Nothing is said.
    #[default]
    Unsaid,
    /// `reasoning_effort`, which turns reasoning off and is else left to the model.
    Effort,
    /// `reasoning` with a budget.
    Reasoning,
    /// `thinking` with a type.
    Thinking,
    /// `enable_thinking` and `thinking_budget`.
    EnableThinking,
    /// `chat_template_kwargs`.
    Template,
}

/// What becomes of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Images {
    /// They are sent as data URLs.
    #[default]
    Sent,
    /// A note stands for them: the vendor's models see none.
    Noted,
}

/// What becomes of documents that are no text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Documents {
    /// A note stands for them.
    #[default]
    Noted,
    /// They are sent as `file` parts.
    Files,
}

/// The member that carries the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SessionMember {
    /// None.
    #[default]
    Unsent,
    /// `prompt_cache_key`.
    PromptCacheKey,
    /// `session_id`.
    SessionId,
}

/// What a person may say right after a tool's result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AfterTool {
    /// Anything.
    #[default]
    Said,
    /// Only after the model: a word of the model is put between.
    Bridged,
}

/// Where a vendor's models run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Hosted,
    /// On this machine or one that the person runs; no key is needed.
    Own,
}

/// A vendor of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vendor {
    pub(super) name: &'static str,
    pub(super) base_url: &'static str,
    pub(super) place: Place,
    /// Ends of the host names that are this vendor's.
    hosts: &'static [&'static str],
    pub(super) quirks: ChatQuirks,
    /// Members of every request to models whose names begin so, as JSON without braces.
    pub(super) extras: &'static [(&'static str, &'static str)],
}

/// What is said to switch reasoning, as JSON members without braces. `$tokens` stands
/// for the budget.
pub(super) struct Words {
    pub(super) off: &'static str,
    pub(super) adaptive: &'static str,
    pub(super) budget: &'static str,
}

impl Default for ChatQuirks {
    fn default() -> Self {
        table::PLAIN
    }
}

impl ChatQuirks {
    /// These with the members that are given.
    ///
    /// # Errors
    /// When a member or its value is unknown.
    pub fn with(self, given: &Map<String, Value>) -> Result<Self, serde_json::Error> {
        let mut members = serde_json::to_value(self)?;
        if let Value::Object(members) = &mut members {
            members.extend(given.clone());
        }
        serde_json::from_value(members)
    }

    /// What is known of a provider, by its name or else by where it is.
    pub fn of(provider: &str, base_url: Option<&str>) -> Self {
        vendor(provider, base_url).map_or(table::PLAIN, |vendor| vendor.quirks)
    }
}

impl MaxTokens {
    pub(super) fn member(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

impl SessionMember {
    pub(super) fn member(self) -> Option<&'static str> {
        match self {
            Self::Unsent => None,
            Self::PromptCacheKey => Some("prompt_cache_key"),
            Self::SessionId => Some("session_id"),
        }
    }
}

impl ReasoningSwitch {
    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::Unsaid => &table::UNSAID,
            Self::Effort => &table::EFFORT,
            Self::Reasoning => &table::REASONING,
            Self::Thinking => &table::THINKING,
            Self::EnableThinking => &table::ENABLE_THINKING,
            Self::Template => &table::TEMPLATE,
        }
    }
}

/// The names of the providers that are known to speak this dialect.
pub fn chat_providers() -> impl Iterator<Item = &'static str> {
    table::VENDORS.iter().map(|vendor| vendor.name)
}

/// Where requests to a known provider go unless told otherwise.
pub fn chat_base_url(provider: &str) -> Option<&'static str> {
    named(provider).map(|vendor| vendor.base_url)
}

/// True when a provider answers without a key: it runs on this machine, or is of a kind that
/// people run themselves.
pub fn chat_needs_no_key(provider: &str, base_url: Option<&str>) -> bool {
    base_url.is_some_and(is_loopback)
        || named(provider).is_some_and(|vendor| vendor.place == Place::Own)
}

/// The row of a provider: by its name, or by the host of its address.
pub(super) fn vendor(provider: &str, base_url: Option<&str>) -> Option<&'static Vendor> {
    named(provider).or_else(|| {
        let url = reqwest::Url::parse(base_url?).ok()?;
        let host = url.host_str()?;
        let owns = |end: &&str| {
            host.strip_suffix(*end)
                .is_some_and(|front| front.is_empty() || front.ends_with('.'))
        };
        table::VENDORS
            .iter()
            .find(|vendor| vendor.hosts.iter().any(owns))
    })
}

fn named(provider: &str) -> Option<&'static Vendor> {
    table::VENDORS.iter().find(|vendor| vendor.name == provider)
}
