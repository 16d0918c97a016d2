//! A reply as the bytes of Responses, Gemini and Converse.

use super::{Ending, Piece, Said, frames::frame};
use crate::sse::script::pieces;
use serde_json::{Value, json};

const PIECE_CHARS: usize = 7;

fn event(out: &mut String, data: &Value) {
    let kind = data.get("type").and_then(Value::as_str).unwrap_or_default();
    out.extend(["event: ", kind, "\ndata: ", &data.to_string(), "\n\n"]);
}

pub(super) fn responses(said: &Said) -> Vec<u8> {
    let mut out = String::new();
    let begun = json!({"id": "resp_mock", "object": "response", "model": "mock", "status": "in_progress", "output": []});
    event(
        &mut out,
        &json!({"type": "response.created", "response": begun}),
    );
    event(
        &mut out,
        &json!({"type": "response.in_progress", "response": begun}),
    );
    for (at, piece) in said.pieces.iter().enumerate() {
        let delta = |kind: &str, text: &str, more: &Value| {
            let mut event = json!({"type": kind, "output_index": at, "delta": text});
            if let (Some(event), Some(more)) = (event.as_object_mut(), more.as_object()) {
                event.extend(more.clone());
            }
            event
        };
        let (mut begin, kind, text, more, end) = match piece {
            Piece::Thought(text) => (
                json!({"type": "reasoning", "id": format!("rs_{at}"), "summary": []}),
                "response.reasoning_summary_text.delta",
                text.clone(),
                json!({"summary_index": 0}),
                json!({"type": "reasoning", "id": format!("rs_{at}"), "encrypted_content": "Z2VoZWlt", "summary": [{"type": "summary_text", "text": text}]}),
            ),
            Piece::Text(text) => (
                json!({"type": "message", "id": format!("msg_{at}"), "role": "assistant", "content": []}),
                "response.output_text.delta",
                text.clone(),
                json!({"content_index": 0}),
                json!({"type": "message", "id": format!("msg_{at}"), "role": "assistant", "phase": "final_answer", "content": [{"type": "output_text", "annotations": [], "text": text}]}),
            ),
            Piece::Call(id, tool, input) => {
                let head = json!({"type": "function_call", "id": format!("fc_{at}"), "call_id": id, "name": tool});
                let whole = |arguments: &str| {
                    let mut item = head.clone();
                    item["arguments"] = json!(arguments);
                    item
                };
                (
                    whole(""),
                    "response.function_call_arguments.delta",
                    input.to_string(),
                    json!({}),
                    whole(&input.to_string()),
                )
            }
        };
        begin["status"] = json!("in_progress");
        event(
            &mut out,
            &json!({"type": "response.output_item.added", "output_index": at, "item": begin}),
        );
        for piece in pieces(&text, PIECE_CHARS) {
            event(&mut out, &delta(kind, &piece, &more));
        }
        let mut end = end;
        end["status"] = json!("completed");
        event(
            &mut out,
            &json!({"type": "response.output_item.done", "output_index": at, "item": end}),
        );
    }
    let usage = json!({"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 20, "output_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 30});
    let (kind, details) = match said.ending {
        Ending::Natural => ("completed", Value::Null),
        Ending::Length => ("incomplete", json!({"reason": "max_output_tokens"})),
        Ending::Declined => ("incomplete", json!({"reason": "content_filter"})),
    };
    let whole = json!({"id": "resp_mock", "model": "mock", "status": kind, "incomplete_details": details, "error": null, "usage": usage});
    event(
        &mut out,
        &json!({"type": format!("response.{kind}"), "response": whole}),
    );
    out.into_bytes()
}

pub(super) fn gemini(said: &Said) -> Vec<u8> {
    let mut out = String::new();
    let mut chunk = |parts: Value, more: Value| {
        let mut candidate = json!({"content": {"role": "model", "parts": parts}, "index": 0});
        if let (Some(candidate), Some(more)) = (candidate.as_object_mut(), more.as_object()) {
            candidate.extend(more.clone());
        }
        let usage = json!({"promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 15, "thoughtsTokenCount": 5, "totalTokenCount": 30});
        let chunk = json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "mock", "responseId": "gen_mock"});
        out.extend(["data: ", &chunk.to_string(), "\r\n\r\n"]);
    };
    let mut signed = false;
    for piece in &said.pieces {
        match piece {
            Piece::Thought(text) => {
                for piece in pieces(text, PIECE_CHARS) {
                    chunk(json!([{"text": piece, "thought": true}]), json!({}));
                }
            }
            Piece::Text(text) => {
                for piece in pieces(text, PIECE_CHARS) {
                    chunk(json!([{ "text": piece }]), json!({}));
                }
            }
            Piece::Call(id, tool, input) => {
                let mut part = json!({"functionCall": {"id": id, "name": tool, "args": input}});
                if !signed {
                    part["thoughtSignature"] = json!("c2lnbmVk");
                    signed = true;
                }
                chunk(json!([part]), json!({}));
            }
        }
    }
    let reason = match said.ending {
        Ending::Natural => "STOP",
        Ending::Length => "MAX_TOKENS",
        Ending::Declined => "SAFETY",
    };
    let last = if signed {
        json!([])
    } else {
        json!([{"text": "", "thoughtSignature": "bGV0enRlcw=="}])
    };
    chunk(last, json!({ "finishReason": reason }));
    out.into_bytes()
}

pub(super) fn converse(said: &Said) -> Vec<u8> {
    let mut out = frame("event", "messageStart", &json!({"role": "assistant"}));
    for (at, piece) in said.pieces.iter().enumerate() {
        let mut delta = |delta: &Value| {
            let event = json!({"contentBlockIndex": at, "delta": delta});
            out.extend(frame("event", "contentBlockDelta", &event));
        };
        match piece {
            Piece::Thought(text) => {
                for piece in pieces(text, PIECE_CHARS) {
                    delta(&json!({"reasoningContent": {"text": piece}}));
                }
                delta(&json!({"reasoningContent": {"signature": "c2lnbmVk"}}));
            }
            Piece::Text(text) => {
                for piece in pieces(text, PIECE_CHARS) {
                    delta(&json!({ "text": piece }));
                }
            }
            Piece::Call(id, tool, input) => {
                let start = json!({"contentBlockIndex": at, "start": {"toolUse": {"toolUseId": id, "name": tool}}});
                out.extend(frame("event", "contentBlockStart", &start));
                for piece in pieces(&input.to_string(), PIECE_CHARS) {
                    let event =
                        json!({"contentBlockIndex": at, "delta": {"toolUse": {"input": piece}}});
                    out.extend(frame("event", "contentBlockDelta", &event));
                }
            }
        }
        out.extend(frame(
            "event",
            "contentBlockStop",
            &json!({"contentBlockIndex": at}),
        ));
    }
    let calls = said.pieces.iter().any(|p| matches!(p, Piece::Call(..)));
    let reason = match said.ending {
        Ending::Natural if calls => "tool_use",
        Ending::Natural => "end_turn",
        Ending::Length => "max_tokens",
        Ending::Declined => "guardrail_intervened",
    };
    out.extend(frame(
        "event",
        "messageStop",
        &json!({"stopReason": reason}),
    ));
    let usage = json!({"inputTokens": 6, "outputTokens": 20, "totalTokens": 30, "cacheReadInputTokens": 4, "cacheWriteInputTokens": 0});
    out.extend(frame(
        "event",
        "metadata",
        &json!({"usage": usage, "metrics": {"latencyMs": 1}}),
    ));
    out
}
