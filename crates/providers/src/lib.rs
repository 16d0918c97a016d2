//! Adapters between the neutral `Model` and what providers speak, the model catalogue, the
//! scripted model, and the public web.
//!
//! This crate never reads the environment or a file: keys and scripts come from the caller.
//! No type of a wire leaves its adapter's module.

mod anthropic;
mod by_message;
mod catalogue;
mod chat;
mod exchange;
mod front;
mod http;
pub mod local;
mod raw_object;
mod scripted;
mod secret;
mod sse;
mod trouble;
mod web;

pub use anthropic::{Anthropic, AnthropicOptions, DEFAULT_BASE_URL, ToolStreaming};
pub use catalogue::{card, names};
pub use chat::{
    AfterTool, CallIds, Chat, ChatOptions, ChatQuirks, Documents, EmptyContent, ForcedTool, Images,
    MaxTokens, ReasoningBack, ReasoningSwitch, SessionMember, UsageOption, chat_base_url,
    chat_needs_no_key, chat_providers,
};
pub use scripted::{
    FailureClass, Script, ScriptFault, ScriptItem, ScriptOrder, ScriptPrice, ScriptReply,
    ScriptUsage, Scripted, Stepper,
};
pub use secret::{REDACTED, Secret};
pub use sse::{Overlong, SseDecoder};
pub use web::{
    FetchLimits, FetchOptions, Lookup, PublicWeb, SearchOptions, SearchService, SystemLookup,
};
