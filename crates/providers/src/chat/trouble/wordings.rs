//! The words of errors and ends, as servers say them.

use super::Finish;
use gimlet_ports::Failure;

const BUSY: Failure = Failure::Busy { retry_after: None };

/// All of these words in a message, in lower case, mean this class. The first row counts.
pub(super) const WORDINGS: &[(&[&str], Failure)] = &[
    // Longer than the context: OpenAI and its kin, vLLM, llama.cpp, Ollama, LM Studio, Groq,
    // xAI, Mistral, Google, Anthropic behind a gateway.
    (&["maximum context length"], Failure::TooLong),
    (&["context length is only"], Failure::TooLong),
    (&["maximum model length"], Failure::TooLong),
    (&["maximum prompt length"], Failure::TooLong),
    (&["max_prompt_tokens"], Failure::TooLong),
    (&["context_length_exceeded"], Failure::TooLong),
    (&["context length exceeded"], Failure::TooLong),
    (&["exceed", "context size"], Failure::TooLong),
    (&["exceed", "context window"], Failure::TooLong),
    (&["exceed", "context length"], Failure::TooLong),
    (&["exceed", "context limit"], Failure::TooLong),
    (&["exceed", "maximum input length"], Failure::TooLong),
    (&["exceed", "maximum number of tokens"], Failure::TooLong),
    (&["exceed", "max_model_len"], Failure::TooLong),
    (&["exceed", "token limit"], Failure::TooLong),
    (&["longer than the context length"], Failure::TooLong),
    (
        &["longer than the model's context length"],
        Failure::TooLong,
    ),
    (&["greater than the context length"], Failure::TooLong),
    (&["context", "overflows"], Failure::TooLong),
    (&["input length should be"], Failure::TooLong),
    (&["input token count", "exceeds"], Failure::TooLong),
    (&["range of input length"], Failure::TooLong),
    (&["too large for model", "context length"], Failure::TooLong),
    (&["prompt is too long"], Failure::TooLong),
    (&["prompt too long"], Failure::TooLong),
    (&["input is too long"], Failure::TooLong),
    (&["reduce the length of the messages"], Failure::TooLong),
    // More than a minute's tokens in one request: waiting does not help.
    (&["request too large"], Failure::TooLong),
    // No money.
    (&["exceeded your current quota"], Failure::Credentials),
    (&["insufficient balance"], Failure::Credentials),
    (&["insufficient credits"], Failure::Credentials),
    (&["requires more credits"], Failure::Credentials),
    (&["credit balance is too low"], Failure::Credentials),
    // A wrong key under another status than 401.
    (&["api key not valid"], Failure::Credentials),
    (&["incorrect api key"], Failure::Credentials),
    (&["invalid api key"], Failure::Credentials),
    // No such model, or none that fits.
    (&["model", "not found"], Failure::NoModel),
    (&["model", "does not exist"], Failure::NoModel),
    (&["model not exist"], Failure::NoModel),
    (&["not a valid model"], Failure::NoModel),
    (&["invalid model"], Failure::NoModel),
    (&["unknown model"], Failure::NoModel),
    (&["no models loaded"], Failure::NoModel),
    (&["no endpoints found"], Failure::NoModel),
    (&["no allowed providers"], Failure::NoModel),
    (&["requires more system memory"], Failure::NoModel),
    (&["decommissioned"], Failure::NoModel),
    // A moderator's word under a status of credentials.
    (&["input was flagged"], Failure::Rejected),
    (&["loading model"], BUSY),
    (&["overloaded"], BUSY),
    (&["rate limit"], BUSY),
    (&["rate-limited"], BUSY),
];

/// `code` and `type` members.
pub(super) const CODES: &[(&str, Failure)] = &[
    ("context_length_exceeded", Failure::TooLong),
    ("exceed_context_size_error", Failure::TooLong),
    ("string_above_max_length", Failure::TooLong),
    ("insufficient_quota", Failure::Credentials),
    ("invalid_api_key", Failure::Credentials),
    ("authentication_error", Failure::Credentials),
    ("permission_error", Failure::Credentials),
    ("model_not_found", Failure::NoModel),
    ("rate_limit_exceeded", BUSY),
    ("rate_limit_error", BUSY),
    ("server_is_overloaded", BUSY),
    ("slow_down", BUSY),
    ("overloaded_error", BUSY),
    ("unavailable_error", BUSY),
];

/// `code` and `type` members that say no more than a status would.
pub(super) const KINDS: &[(&str, Failure)] = &[
    ("server_error", BUSY),
    ("api_error", BUSY),
    ("internal_server_error", BUSY),
    ("InternalServerError", BUSY),
    ("timeout_error", BUSY),
    ("invalid_request_error", Failure::Rejected),
    ("BadRequestError", Failure::Rejected),
];

/// `finish_reason`.
pub(super) const FINISHES: &[(&str, Finish)] = &[
    ("stop", Finish::Complete),
    ("tool_calls", Finish::Complete),
    ("function_call", Finish::Complete),
    ("length", Finish::Length),
    ("max_tokens", Finish::Length),
    ("model_length", Finish::Length),
    ("content_filter", Finish::Filtered),
    ("sensitive", Finish::Filtered),
    ("safety", Finish::Filtered),
    ("refusal", Finish::Filtered),
    ("error", Finish::Failed(BUSY)),
    ("insufficient_system_resource", Finish::Failed(BUSY)),
    ("network_error", Finish::Failed(Failure::Cut)),
    ("abort", Finish::Failed(Failure::Cut)),
];
