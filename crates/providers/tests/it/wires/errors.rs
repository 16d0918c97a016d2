//! Failures over every wire, and the bodies that providers publish.

use super::connect;
use crate::asking::{end, hello};
use gimlet_ports::{Failure, ModelEnd};
use gimlet_testkit::sse::{Fault, Reply, Server, Wire};
use serde_json::json;

async fn class(wire: Wire, reply: Reply) -> (String, String) {
    let server = Server::start().await.unwrap();
    let model = connect(&server, wire);
    server.answer(reply.clone());
    // A token that is refused is asked for anew, once.
    server.answer(reply);
    match end(&*model, hello()).await {
        ModelEnd::Failed { class, text, .. } => {
            let wait = match class {
                Failure::Busy {
                    retry_after: Some(wait),
                } => format!(" after {wait:?}"),
                _ => String::new(),
            };
            (format!("{}{wait}", class.name()), text)
        }
        other => (format!("{other:?}"), String::new()),
    }
}

#[tokio::test]
async fn each_failure_has_one_class_over_every_wire() {
    let expected = [
        (Fault::Overloaded, "busy"),
        (Fault::Key, "credentials"),
        (Fault::TooLong, "too_long"),
        (Fault::NoModel, "no_model"),
        (Fault::Wrong, "rejected"),
    ];
    for wire in Wire::ALL {
        for (fault, name) in expected {
            let (class, text) = class(wire, wire.fault(fault)).await;
            assert_eq!(class, name, "{fault:?} over {wire:?}: {text}");
        }
    }
}

/// Bodies as the providers' documentation and their users show them.
#[tokio::test]
async fn published_error_bodies_get_their_class() {
    let google = |code: u16, status: &str, message: &str, details: serde_json::Value| {
        Reply::json(
            code,
            &json!({"error": {"code": code, "message": message, "status": status, "details": details}}),
        )
    };
    let amazon = |code: u16, kind: &str, message: &str| {
        Reply::json(code, &json!({ "message": message })).header("x-amzn-errortype", kind)
    };
    let openai = |code: u16, kind: &str, name: &str, message: &str| {
        Reply::json(
            code,
            &json!({"error": {"message": message, "type": kind, "param": null, "code": name}}),
        )
    };
    let none = || json!([]);
    let cases = vec![
        (
            Wire::Gemini,
            google(
                400,
                "INVALID_ARGUMENT",
                "API key not valid. Please pass a valid API key.",
                json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]),
            ),
        ),
        (
            Wire::Gemini,
            google(
                400,
                "INVALID_ARGUMENT",
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
                none(),
            ),
        ),
        (
            Wire::Gemini,
            google(
                400,
                "INVALID_ARGUMENT",
                "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
                none(),
            ),
        ),
        (
            Wire::Gemini,
            google(
                400,
                "FAILED_PRECONDITION",
                "User location is not supported for the API use.",
                none(),
            ),
        ),
        (
            Wire::Gemini,
            google(
                403,
                "PERMISSION_DENIED",
                "Permission denied on resource project proj.",
                none(),
            ),
        ),
        (
            Wire::Gemini,
            google(
                404,
                "NOT_FOUND",
                "models/gemini-0 is not found for API version v1beta",
                none(),
            ),
        ),
        (
            Wire::Gemini,
            google(
                429,
                "RESOURCE_EXHAUSTED",
                "You exceeded your current quota. Please retry in 34.07s.",
                json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]),
            ),
        ),
        (
            Wire::Gemini,
            google(
                503,
                "UNAVAILABLE",
                "The model is overloaded. Please try again later.",
                none(),
            ),
        ),
        (
            Wire::Gemini,
            google(500, "INTERNAL", "An internal error has occurred.", none()),
        ),
        (
            Wire::Gemini,
            google(
                504,
                "DEADLINE_EXCEEDED",
                "The service is unable to finish processing within the deadline.",
                none(),
            ),
        ),
        (
            Wire::Gemini,
            Reply::raw(
                200,
                "text/event-stream",
                "data: {\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n",
            ),
        ),
        (
            Wire::Gemini,
            Reply::raw(
                200,
                "text/event-stream",
                "data: {\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"}}\r\n\r\n",
            ),
        ),
        (
            Wire::Gemini,
            Reply::raw(
                200,
                "text/event-stream",
                "data: {\"candidates\":[{\"finishReason\":\"MALFORMED_FUNCTION_CALL\"}]}\r\n\r\n",
            ),
        ),
        (
            Wire::VertexMessages,
            google(
                403,
                "PERMISSION_DENIED",
                "Permission 'aiplatform.endpoints.predict' denied",
                none(),
            ),
        ),
        (
            Wire::VertexMessages,
            google(
                429,
                "RESOURCE_EXHAUSTED",
                "Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model",
                none(),
            ),
        ),
        (
            Wire::VertexMessages,
            Reply::error(529, "overloaded_error", "Overloaded"),
        ),
        (
            Wire::Converse,
            amazon(
                400,
                "ValidationException",
                "The provided model identifier is invalid.",
            ),
        ),
        (
            Wire::Converse,
            amazon(
                400,
                "ValidationException",
                "Invocation of model ID x with on-demand throughput isn’t supported. Retry with an inference profile.",
            ),
        ),
        (
            Wire::Converse,
            amazon(
                400,
                "ValidationException",
                "Input is too long for requested model.",
            ),
        ),
        (
            Wire::Converse,
            amazon(
                400,
                "ValidationException",
                "The number of toolResult blocks exceeds the number of toolUse blocks of previous turn.",
            ),
        ),
        (
            Wire::Converse,
            amazon(
                403,
                "AccessDeniedException",
                "You don't have access to the model with the specified model ID.",
            ),
        ),
        (
            Wire::Converse,
            amazon(
                403,
                "AccessDeniedException",
                "User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:InvokeModel",
            ),
        ),
        (
            Wire::Converse,
            amazon(
                403,
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
        ),
        (
            Wire::Converse,
            amazon(
                403,
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided.",
            ),
        ),
        (
            Wire::Converse,
            amazon(424, "ModelErrorException", "The model failed."),
        ),
        (
            Wire::Converse,
            amazon(
                429,
                "ThrottlingException",
                "Too many tokens, please wait before trying again.",
            ),
        ),
        (
            Wire::BedrockMessages,
            amazon(
                503,
                "ServiceUnavailableException",
                "Bedrock is unable to process your request.",
            ),
        ),
        (
            Wire::BedrockMessages,
            amazon(429, "ModelNotReadyException", "The model is not ready."),
        ),
        (
            Wire::Responses,
            openai(
                401,
                "invalid_request_error",
                "invalid_api_key",
                "Incorrect API key provided: sk-x.",
            ),
        ),
        (
            Wire::Responses,
            openai(
                429,
                "insufficient_quota",
                "insufficient_quota",
                "You exceeded your current quota, please check your plan and billing details.",
            ),
        ),
        (
            Wire::Responses,
            openai(
                429,
                "tokens",
                "rate_limit_exceeded",
                "Rate limit reached for gpt-5 in organization org. Please try again in 11.054s.",
            ),
        ),
        (
            Wire::Responses,
            openai(
                400,
                "invalid_request_error",
                "context_length_exceeded",
                "Your input exceeds the context window of this model.",
            ),
        ),
        (
            Wire::Responses,
            openai(
                404,
                "invalid_request_error",
                "model_not_found",
                "The model `gpt-0` does not exist or you do not have access to it.",
            ),
        ),
        (
            Wire::Responses,
            openai(
                503,
                "server_error",
                "server_is_overloaded",
                "Our servers are currently overloaded. Please try again later.",
            ),
        ),
        (
            Wire::Responses,
            Reply::raw(
                200,
                "text/event-stream",
                "data: {\"type\":\"response.failed\",\"response\":{\"id\":\"resp_1\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"Rate limit reached. Please try again in 2s.\"}}}\n\n",
            ),
        ),
        (
            Wire::Responses,
            Reply::raw(
                200,
                "text/event-stream",
                "data: {\"type\":\"response.failed\",\"response\":{\"id\":\"resp_1\",\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"Your input exceeds the context window of this model.\"}}}\n\n",
            ),
        ),
        (
            Wire::Responses,
            Reply::raw(
                200,
                "text/event-stream",
                "data: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"The server had an error\",\"param\":null}\n\n",
            ),
        ),
        (
            Wire::Responses,
            Reply::raw(
                200,
                "text/event-stream",
                "data: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"code\":\"context_length_exceeded\",\"message\":\"too much\"}}\n\n",
            ),
        ),
    ];
    let mut told = Vec::new();
    for (wire, reply) in cases {
        let (class, text) = class(wire, reply).await;
        told.push(format!("{wire:?}: {class}: {text}"));
    }
    insta::assert_debug_snapshot!("published_bodies", told);
}

#[tokio::test]
async fn an_exception_in_the_middle_of_a_framed_stream_gets_its_class() {
    for (name, expected) in [
        ("throttlingException", "busy"),
        ("modelStreamErrorException", "cut"),
        ("validationException", "rejected"),
        ("somethingNewException", "garbage"),
    ] {
        let reply = Wire::exception(name, "it broke");
        let (class, text) = class(Wire::Converse, reply).await;
        assert_eq!(class, expected, "{text}");
        assert!(text.contains("it broke"), "{text}");
    }
}

#[tokio::test]
async fn a_damaged_frame_is_garbage_and_never_read() {
    for wire in [Wire::Converse, Wire::BedrockMessages] {
        let said = gimlet_testkit::sse::Said::text("fine words");
        for at in [3, 9, 40, 300] {
            let (class, text) = class(wire, wire.reply(&said).damaged(at)).await;
            assert_eq!(class, "garbage", "{wire:?} {at}: {text}");
        }
    }
}
