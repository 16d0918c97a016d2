//! Adapters between the neutral `Model` and what providers speak, the model catalogue, the
//! scripted model, and the public web.
//!
//! This crate never reads the environment or a file: keys and scripts come from the caller.
//! No type of a wire leaves its adapter's module.

mod anthropic;
mod aws;
mod bedrock;
mod by_message;
mod call_ids;
mod catalogue;
mod chat;
mod door;
mod exchange;
mod front;
mod gemini;
mod google;
mod http;
mod inquiry;
pub mod local;
mod members;
mod raw_object;
mod responses;
mod scripted;
mod secret;
mod sse;
mod text_tools;
mod trouble;
mod web;
mod wire_text;

pub use anthropic::{Anthropic, AnthropicOptions, AnthropicPlace, DEFAULT_BASE_URL, ToolStreaming};
pub use aws::{AwsChain, AwsKeys, AwsLink, AwsSource, ReadText};
pub use bedrock::{Bedrock, BedrockOptions};
pub use catalogue::{
    Known, PUBLIC_CATALOGUE, all, assumed_card, card, digest, edit_format, fetch, known, names,
    pinned,
};
pub use chat::{
    AfterTool, AnswerForm, CallIds, Chat, ChatOptions, ChatQuirks, Documents, EmptyContent,
    ForcedTool, Images, MaxTokens, Parallel, ReasoningBack, ReasoningSwitch, Schemas,
    SessionMember, SystemRole, UsageOption, chat_base_url, chat_needs_no_key, chat_providers,
};
pub use door::{Clock, Freshness, KeyHeader, TokenFault, TokenSource};
pub use gemini::{Gemini, GeminiOptions, GeminiPlace};
pub use google::{GoogleIdentity, GoogleTokens};
pub use responses::{Freeform, Responses, ResponsesOptions, Storing};
pub use scripted::{
    FailureClass, Script, ScriptFault, ScriptItem, ScriptOrder, ScriptPrice, ScriptReply,
    ScriptUsage, Scripted, Stepper,
};
pub use secret::{REDACTED, Secret};
pub use sse::{Overlong, SseDecoder};
pub use text_tools::TextTools;
pub use web::{
    FetchLimits, FetchOptions, Lookup, PublicWeb, SearchOptions, SearchService, SystemLookup,
};
