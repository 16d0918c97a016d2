//! Models: a request goes out, a stream comes back.

use crate::Stop;
use gimlet_protocol::{Call, CallId, Message, Opaque, SessionId, ToolSpec, Usage};
use std::{sync::Arc, time::Duration};

/// What is known of a model before it is asked.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an ability on its own"
)]
#[derive(Clone, Debug, PartialEq)]
pub struct ModelCard {
    /// The adapter, such as `anthropic` or `scripted`.
    pub provider: String,
    /// The name on the wire.
    pub name: String,
    /// Tokens of input and output together.
    pub context_tokens: u64,
    /// Tokens that one reply may have.
    pub max_output_tokens: u64,
    /// Prices, where they are known.
    pub price: Option<Price>,
    /// True when these figures are assumptions, because the model is not in the catalogue.
    pub assumed: bool,
    /// Takes images.
    pub images: bool,
    /// Takes PDF documents.
    pub documents: bool,
    /// Reasons before it answers, where asked.
    pub thinking: bool,
    /// What only some ask about.
    pub more: ModelMore,
}

/// More of what is known of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelMore {
    /// How it calls tools.
    pub tools: ToolCalling,
    /// Its answers can be given a form.
    pub answers: bool,
    /// The words that it takes for how much to reason; empty where nothing is known.
    pub efforts: Vec<String>,
    /// The month that its knowledge ends in, such as `2025-07`.
    pub knowledge: Option<String>,
    /// Other prices for long inputs, by rising length.
    pub tiers: Vec<PriceTier>,
    /// The kind of edit that it makes best.
    pub edit_format: EditFormat,
}

/// How a model calls tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToolCalling {
    /// Its interface has calls.
    #[default]
    Native,
    /// It has none: calls go through text.
    Missing,
}

/// The prices of inputs above a length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriceTier {
    /// Tokens of input of all kinds; these prices hold above them, for the whole request.
    pub above: u64,
    /// The prices.
    pub price: Price,
}

/// A kind of edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EditFormat {
    /// A text that is there, and what stands in its place.
    #[default]
    SearchReplace,
    /// A patch of several places.
    Patch,
    /// The whole file.
    WholeFile,
}

impl EditFormat {
    /// The name that people and settings use.
    pub fn name(self) -> &'static str {
        match self {
            Self::SearchReplace => "search-replace",
            Self::Patch => "patch",
            Self::WholeFile => "whole-file",
        }
    }
}

impl ModelCard {
    /// The prices of a request with this usage: those of its length where there are such.
    pub fn price_of(&self, usage: &Usage) -> Option<Price> {
        let input = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
        let tiers = self.more.tiers.iter().rev();
        let tier = tiers.into_iter().find(|tier| input > tier.above);
        tier.map(|tier| tier.price).or(self.price)
    }
}

/// Prices in United States dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// Input that no cache held.
    pub input: f64,
    /// Output.
    pub output: f64,
    /// Input read from the cache.
    pub cache_read: f64,
    /// Input written to the cache.
    pub cache_write: f64,
}

impl Price {
    /// The price of `usage` in millionths of a dollar, rounded up.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "token counts are far below 2^52 and prices are positive"
    )]
    pub fn micro_usd(&self, usage: &Usage) -> u64 {
        // Dollars per million tokens are millionths of a dollar per token.
        let micro = usage.input_tokens as f64 * self.input
            + usage.output_tokens as f64 * self.output
            + usage.cache_read_tokens as f64 * self.cache_read
            + usage.cache_write_tokens as f64 * self.cache_write;
        micro.ceil() as u64
    }
}

/// How much the model may reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Thinking {
    /// Not at all.
    #[default]
    Off,
    /// As the model sees fit.
    Adaptive,
    /// At most this many tokens.
    Budget(u32),
}

/// Which tools the model may call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// Any or none.
    #[default]
    Auto,
    /// None.
    None,
    /// This one, necessarily.
    Only(String),
}

/// One request. What was sent before within a session comes again unchanged, in front.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// The system prompt, in parts.
    pub system: Arc<[String]>,
    /// The tools on offer.
    pub tools: Arc<[ToolSpec]>,
    /// The conversation. Shared, so that building a request copies nothing.
    pub messages: Vec<Arc<Message>>,
    /// Tokens that the reply may have; the card's limit where `None`.
    pub max_output_tokens: Option<u64>,
    /// How much the model may reason.
    pub thinking: Thinking,
    /// Which tools the model may call.
    pub tool_choice: ToolChoice,
    /// The session, as a key for the provider's cache.
    pub session: SessionId,
    /// What the whole answer must be, where it is to be data. Providers that cannot be told
    /// leave it to the words of the request.
    pub answer: Option<Arc<AnswerShape>>,
}

/// A form that an answer must have.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerShape {
    /// Letters, digits, `_` and `-`.
    pub name: String,
    /// The JSON schema.
    pub schema: serde_json::Value,
}

/// A stream of items that ends with exactly one `End`, and never panics or hangs silently
/// past the request's own connection time-outs. Dropping it ends the request.
pub type ModelStream = futures::stream::BoxStream<'static, ModelItem>;

/// A model behind an adapter.
pub trait Model: Send + Sync {
    /// What is known of it.
    fn card(&self) -> &ModelCard;

    /// Asks it. Never fails to return a stream: trouble arrives as `End`. When `stop` fires
    /// the stream may simply end early; the caller no longer reads it.
    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream;
}

/// Finds models by name.
pub trait Models: Send + Sync {
    /// Builds the adapter for `[provider/]name`.
    ///
    /// # Errors
    /// A sentence that says what is missing and what to do.
    fn model(&self, name: &str) -> Result<Arc<dyn Model>, String>;
}

/// What a stream yields.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelItem {
    /// The request's bytes, as they go on the wire; replaces an earlier count. A model without
    /// a wire never says it.
    Sent(WireBytes),
    /// The provider took the request.
    Started {
        /// The model that answers, as the provider names it.
        model: String,
        /// The provider's id of the request or message.
        request_id: Option<String>,
    },
    /// A block begins.
    BlockStarted {
        /// Its place in the reply, from 0.
        index: u32,
        /// What it will be.
        block: StartedBlock,
    },
    /// More of a text block.
    TextDelta {
        /// The block's place.
        index: u32,
        /// What is added.
        text: String,
    },
    /// More of a reasoning block.
    ThoughtDelta {
        /// The block's place.
        index: u32,
        /// What is added.
        text: String,
    },
    /// More of a call's input.
    InputDelta {
        /// The block's place.
        index: u32,
        /// JSON text.
        json: String,
    },
    /// A block is complete. Blocks complete in the order of their places.
    Block {
        /// Its place in the reply, from 0.
        index: u32,
        /// The whole block.
        block: ReplyBlock,
    },
    /// The provider has counted; replaces earlier counts.
    Usage(Usage),
    /// The provider is alive.
    Heartbeat,
    /// The last item.
    End(ModelEnd),
}

/// What a request is in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WireBytes {
    /// The whole body.
    pub sent: u64,
    /// How much of the same session's request before it comes again unchanged in front.
    pub kept: u64,
    /// How much could have: the front of that request, or 0 where this process sent none.
    pub before: u64,
}

/// What a block will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartedBlock {
    /// Text.
    Text,
    /// Reasoning.
    Thought,
    /// A tool call.
    Call {
        /// The call.
        id: CallId,
        /// The tool's name.
        tool: String,
    },
    /// A block without a neutral form.
    Kept,
}

/// A complete block of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplyBlock {
    /// Text.
    Text {
        /// All of it.
        text: String,
        /// The provider's own form, where it says more than the text.
        opaque: Option<Opaque>,
    },
    /// Reasoning.
    Thought {
        /// All of it; empty where it is redacted.
        text: String,
        /// The provider's own form with its signature.
        opaque: Option<Opaque>,
    },
    /// A tool call.
    Call(Call),
    /// A block without a neutral form.
    Kept(Opaque),
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelEnd {
    /// The model has said all.
    Complete,
    /// The model paused and goes on when asked again.
    Paused,
    /// The output limit cut the reply; the last block may be missing.
    Length,
    /// The model declined.
    Declined {
        /// What the provider said.
        text: String,
    },
    /// The request failed.
    Failed {
        /// The class, by its recovery.
        class: Failure,
        /// What happened, without any secret.
        text: String,
        /// The HTTP status, where there was one.
        status: Option<u16>,
        /// The provider's id of the request.
        request_id: Option<String>,
    },
}

/// Classes of failure. One arm per recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Overloaded or over a rate: wait (as told) and send again.
    Busy {
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// The connection failed or was cut: send again soon.
    Cut,
    /// What came is no valid reply: send again once, then stop.
    Garbage,
    /// The request is longer than the context: compact, or stop.
    TooLong,
    /// The key is missing, wrong or may not do this: stop and say what to do.
    Credentials,
    /// The model does not exist here: take the fallback, or stop.
    NoModel,
    /// The provider calls the request wrong: stop.
    Rejected,
}

impl Failure {
    /// The name that the log and clients use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::Cut => "cut",
            Self::Garbage => "garbage",
            Self::TooLong => "too_long",
            Self::Credentials => "credentials",
            Self::NoModel => "no_model",
            Self::Rejected => "rejected",
        }
    }
}
