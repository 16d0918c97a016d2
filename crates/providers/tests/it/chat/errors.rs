//! What goes wrong, sorted by what to do about it.

use super::{model, options};
use crate::asking::{end, hello};
use gimlet_ports::{Failure, ModelEnd};
use gimlet_providers::{Chat, ChatOptions};
use gimlet_testkit::sse::{ChatScript, Reply, Server};
use serde_json::{Value, json};
use std::time::Duration;

/// The end of one request, on one line.
async fn fate(reply: Reply) -> String {
    let server = Server::start().await.unwrap();
    server.answer(reply);
    let ModelEnd::Failed {
        class,
        text,
        status,
        ..
    } = end(&*model(&server), hello()).await
    else {
        return "no failure".to_owned();
    };
    let status = status.map_or("-".to_owned(), |status| status.to_string());
    format!("{class:?} | {status} | {text}")
}

fn openai(kind: &str, code: impl Into<Value>, message: &str) -> Value {
    json!({"error": {"message": message, "type": kind, "param": null, "code": code.into()}})
}

fn openrouter(code: u16, message: &str, raw: &str) -> Value {
    json!({"error": {"code": code, "message": message,
        "metadata": {"raw": raw, "provider_name": "Upstream"}}, "user_id": "u"})
}

fn llama(code: u16, kind: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message, "type": kind}})
}

fn vllm(code: u16, message: &str) -> Value {
    json!({"object": "error", "message": message, "type": "BadRequestError", "param": null, "code": code})
}

#[tokio::test]
async fn error_bodies_of_many_servers_get_their_class() {
    let invalid = "invalid_request_error";
    let cases: Vec<(&str, u16, Value)> = vec![
        (
            "openai",
            401,
            openai(
                invalid,
                "invalid_api_key",
                "Incorrect API key provided: sk-x.",
            ),
        ),
        (
            "openai",
            401,
            openai(invalid, Value::Null, "You didn't provide an API key."),
        ),
        (
            "openai",
            403,
            openai(
                invalid,
                "unsupported_country_region_territory",
                "Country not supported",
            ),
        ),
        (
            "openai",
            404,
            openai(
                invalid,
                "model_not_found",
                "The model `gpt-9` does not exist or you do not have access to it.",
            ),
        ),
        (
            "openai",
            400,
            openai(
                invalid,
                "context_length_exceeded",
                "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
            ),
        ),
        (
            "openai",
            400,
            openai(
                invalid,
                "context_length_exceeded",
                "Your input exceeds the context window of this model.",
            ),
        ),
        (
            "openai",
            429,
            openai(
                "tokens",
                "rate_limit_exceeded",
                "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000. Please try again in 1m2.5s.",
            ),
        ),
        (
            "openai",
            429,
            openai(
                "tokens",
                "rate_limit_exceeded",
                "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.",
            ),
        ),
        (
            "openai",
            429,
            openai(
                "insufficient_quota",
                "insufficient_quota",
                "You exceeded your current quota, please check your plan and billing details.",
            ),
        ),
        (
            "openai",
            400,
            openai(
                invalid,
                "unsupported_parameter",
                "Unsupported parameter: 'max_tokens' is not supported with this model.",
            ),
        ),
        (
            "openai",
            500,
            openai(
                "server_error",
                Value::Null,
                "The server had an error while processing your request.",
            ),
        ),
        (
            "openai",
            503,
            openai(
                "server_error",
                "server_is_overloaded",
                "The engine is currently overloaded, please try again later",
            ),
        ),
        (
            "openrouter",
            401,
            openrouter(401, "No auth credentials found", ""),
        ),
        (
            "openrouter",
            402,
            openrouter(
                402,
                "This request requires more credits, or fewer max_tokens.",
                "",
            ),
        ),
        (
            "openrouter",
            403,
            openrouter(
                403,
                "Your chosen model requires moderation and your input was flagged",
                "",
            ),
        ),
        (
            "openrouter",
            400,
            openrouter(400, "nonesuch/model is not a valid model ID", ""),
        ),
        (
            "openrouter",
            404,
            openrouter(404, "No endpoints found that support tool use.", ""),
        ),
        (
            "openrouter",
            400,
            openrouter(
                400,
                "Provider returned error",
                r#"{"error":{"message":"prompt is too long: 208310 tokens > 200000 maximum"}}"#,
            ),
        ),
        (
            "openrouter",
            400,
            openrouter(
                400,
                "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens.",
                "",
            ),
        ),
        (
            "openrouter",
            429,
            openrouter(
                429,
                "Provider returned error",
                "nonesuch is temporarily rate-limited upstream. Please retry shortly.",
            ),
        ),
        (
            "openrouter",
            502,
            openrouter(502, "Provider returned error", "upstream"),
        ),
        (
            "ollama",
            404,
            json!({"error": {"message": "model \"qwen9\" not found, try pulling it first", "type": "api_error", "param": null, "code": null}}),
        ),
        ("ollama", 404, json!({"error": "model 'qwen9' not found"})),
        (
            "ollama",
            400,
            openai(
                "api_error",
                Value::Null,
                "registry.ollama.ai/library/gemma:2b does not support tools",
            ),
        ),
        (
            "ollama",
            500,
            openai(
                "api_error",
                Value::Null,
                "model requires more system memory (14.9 GiB) than is available (7.2 GiB)",
            ),
        ),
        (
            "llama.cpp",
            400,
            llama(
                400,
                "exceed_context_size_error",
                "the request exceeds the available context size, try increasing it",
            ),
        ),
        (
            "llama.cpp",
            503,
            llama(503, "unavailable_error", "Loading model"),
        ),
        (
            "llama.cpp",
            401,
            llama(401, "authentication_error", "Invalid API Key"),
        ),
        (
            "llama.cpp",
            500,
            llama(500, "server_error", "tools param requires --jinja flag"),
        ),
        (
            "vllm",
            400,
            vllm(
                400,
                "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
            ),
        ),
        (
            "vllm",
            400,
            openai(
                "BadRequestError",
                400,
                "You passed 1015 input tokens and requested 10 output tokens. However, the model's context length is only 1024 tokens.",
            ),
        ),
        (
            "vllm",
            404,
            vllm(404, "The model `nonesuch` does not exist."),
        ),
        (
            "vllm",
            422,
            json!({"detail": [{"loc": ["body", "messages"], "msg": "Field required", "type": "missing"}]}),
        ),
        (
            "lmstudio",
            400,
            json!({"error": "Trying to keep the first 9000 tokens when context the overflows."}),
        ),
        (
            "lmstudio",
            404,
            json!({"error": {"message": "No models loaded. Please load a model.", "code": null}}),
        ),
        (
            "deepseek",
            402,
            openai("unknown_error", invalid, "Insufficient Balance"),
        ),
        ("deepseek", 400, openai(invalid, invalid, "Model Not Exist")),
        (
            "groq",
            413,
            openai(
                "tokens",
                "rate_limit_exceeded",
                "Request too large for model `llama` on tokens per minute (TPM): Limit 6000, Requested 8000",
            ),
        ),
        (
            "mistral",
            422,
            json!({"object": "error", "message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "x"], "msg": "Extra inputs are not permitted"}]}, "type": invalid}),
        ),
        (
            "google",
            400,
            json!([{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}}]),
        ),
        (
            "google",
            400,
            json!([{"error": {"code": 400, "message": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", "status": "INVALID_ARGUMENT"}}]),
        ),
        ("a proxy", 404, json!({"detail": "Not Found"})),
        ("a proxy", 413, json!({"message": "Payload Too Large"})),
        ("a proxy", 408, json!({"message": "timed out"})),
    ];
    let mut lines = Vec::new();
    for (server, status, body) in cases {
        lines.push(format!(
            "{server}: {}",
            fate(Reply::json(status, &body)).await
        ));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn errors_in_the_middle_of_a_stream_get_their_class() {
    let begun = || ChatScript::new().text("I beg");
    let event = |body: Value| begun().raw(&format!("data: {body}\n\n"));
    let cases = [
        event(json!({"error": {"message": "Upstream idle", "type": "server_error", "code": null}})),
        event(json!({"error": {"message": "Overloaded", "code": 529}})),
        event(
            json!({"error": {"code": 400, "message": "maximum context length is 10 tokens", "type": "BadRequestError"}}),
        ),
        event(json!({"error": {"code": 401, "message": "token expired"}})),
        event(
            json!({"error": {"message": "model runner has unexpectedly stopped", "type": "api_error"}}),
        ),
        event(json!({"error": "something went wrong"})),
        event(json!({"object": "error", "message": "no", "type": "BadRequestError", "code": 400})),
        event(json!({"error": {}})),
        begun().chunk(
            &json!({"error": {"code": "server_error", "message": "Provider disconnected"},
            "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}),
        ),
        begun().finish("error"),
        begun().finish("insufficient_system_resource"),
        begun().finish("network_error"),
    ];
    let mut lines = Vec::new();
    for script in cases {
        lines.push(fate(Reply::chunks(&script)).await);
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn answers_that_are_no_replies_are_garbage() {
    let page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Hotel</body></html>";
    let event = |data: &str| Reply::chunks(&ChatScript::new().raw(&format!("data: {data}\n\n")));
    let cases = [
        Reply::raw(200, "text/html; charset=utf-8", page),
        Reply::json(200, &json!({"ok": true})),
        Reply::json(
            200,
            &json!({"error": {"message": "Overloaded", "code": 503}}),
        ),
        Reply::raw(200, "text/event-stream", ""),
        Reply::raw(200, "text/event-stream", "no event at all"),
        Reply::raw(200, "text/event-stream", page),
        Reply::raw(200, "text/event-stream", "data: [DONE]\n\n"),
        event(r#"{"choices":[{"delta":{"cont"#),
        event(r#"{"choices":[{"delta":{"content":7}}]}"#),
        event(r#"{"choices":[{"delta":{"tool_calls":{"index":0}}}]}"#),
        event(r#"["no","object"]"#),
        Reply::raw(404, "text/plain", "404 page not found"),
        Reply::raw(404, "text/html", page),
        Reply::raw(502, "text/html", page),
        Reply::raw(302, "text/html", "").header("location", "https://example.invalid/login"),
    ];
    let mut lines = Vec::new();
    for reply in cases {
        lines.push(fate(reply).await);
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn the_wait_that_the_provider_asks_for_is_passed_on() {
    let asked = async |message: &str, headers: &[(&str, &str)]| {
        let reply = Reply::json(429, &openai("requests", "rate_limit_exceeded", message));
        let reply = headers
            .iter()
            .fold(reply, |reply, (name, value)| reply.header(name, value));
        let server = Server::start().await.unwrap();
        server.answer(reply);
        let end = end(&*model(&server), hello()).await;
        let ModelEnd::Failed {
            class: Failure::Busy { retry_after },
            ..
        } = end
        else {
            panic!("{end:?}")
        };
        retry_after
    };
    let milliseconds = |count| Some(Duration::from_millis(count));
    assert_eq!(asked("slow down", &[]).await, None);
    assert_eq!(
        asked("slow down", &[("retry-after", "17")]).await,
        milliseconds(17_000)
    );
    assert_eq!(
        asked("slow down", &[("retry-after-ms", "250")]).await,
        milliseconds(250)
    );
    for (words, expected) in [
        ("20s.", milliseconds(20_000)),
        ("1m2.5s. Visit us.", milliseconds(62_500)),
        ("340ms.", milliseconds(340)),
        ("2 seconds", milliseconds(2_000)),
        ("1h", milliseconds(3_600_000)),
        ("a while", None),
    ] {
        assert_eq!(
            asked(&format!("Please try again in {words}"), &[]).await,
            expected,
            "{words}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_cut_and_a_wrong_address_is_rejected() {
    for (url, expected) in [
        ("http://127.0.0.1:9", Failure::Cut),
        ("", Failure::Rejected),
        ("not an address", Failure::Rejected),
        ("ftp://example.invalid", Failure::Rejected),
    ] {
        let server = Server::start().await.unwrap();
        let options = ChatOptions {
            base_url: Some(url.to_owned()),
            ..options(&server, "mine")
        };
        let end = end(&*Chat::new(options).model("mock"), hello()).await;
        let ModelEnd::Failed { class, text, .. } = end else {
            panic!("{end:?}")
        };
        assert_eq!(class, expected, "{url}: {text}");
    }
}
