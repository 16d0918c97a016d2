//! What the wire costs: decoding events, reading a long stream, assembling a request.

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot run should stop"
)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use futures::StreamExt as _;
use gimlet_ports::{Model, ModelRequest, Stop, Thinking, ToolChoice};
use gimlet_protocol::{Block, Call, CallId, Lane, Message, Risk, Role, SessionId, ToolSpec};
use gimlet_providers::{Anthropic, AnthropicOptions, Chat, ChatOptions, SseDecoder};
use gimlet_testkit::sse::{ChatScript, Reply, Script, Server};
use serde_json::json;
use std::{hint::black_box, sync::Arc};

fn decode_events(criterion: &mut Criterion) {
    let bytes = Script::new()
        .text_in_pieces(&"sixteen letters.".repeat(12_500), 16)
        .bytes();
    let mut group = criterion.benchmark_group("sse");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            let mut decoder = SseDecoder::new();
            let mut count = 0usize;
            for piece in bytes.chunks(16 << 10) {
                decoder.push(piece).expect("short events");
                while let Some(data) = decoder.next_data() {
                    count += black_box(data).len();
                }
            }
            count
        });
    });
    group.finish();
}

fn read_long_stream(criterion: &mut Criterion) {
    let words = "sixteen letters.".repeat(12_500);
    let anthropic = Script::new().text_in_pieces(&words, 16);
    let chat = ChatScript::new().text_in_pieces(&words, 16);
    read_stream(
        criterion,
        "200,000 characters in events of 16",
        Reply::events(&anthropic),
        anthropic.bytes().len(),
        model_at,
    );
    read_stream(
        criterion,
        "200,000 characters in chunks of 16, chat",
        Reply::chunks(&chat),
        chat.bytes().len(),
        chat_at,
    );
}

fn read_stream(
    criterion: &mut Criterion,
    name: &str,
    reply: Reply,
    bytes: usize,
    model_at: fn(&str) -> Arc<dyn Model>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("runtime");
    let server = runtime.block_on(Server::start()).expect("a free port");
    server.answer_with(move |_| reply.clone());
    let model = model_at(&server.url());
    let mut group = criterion.benchmark_group("stream");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            runtime.block_on(async { model.stream(conversation(0), Stop::new()).count().await })
        });
    });
    group.finish();
}

fn assemble_requests(criterion: &mut Criterion) {
    assemble(criterion, "assemble", model_at);
    assemble(criterion, "assemble, chat", chat_at);
}

fn assemble(criterion: &mut Criterion, name: &str, model_at: fn(&str) -> Arc<dyn Model>) {
    let mut group = criterion.benchmark_group(name);
    for turns in [100, 1_000] {
        let request = conversation(turns);
        let model = model_at("http://127.0.0.1:9");
        group.bench_function(format!("{turns} turns, next request"), |bencher| {
            bencher.iter(|| drop(model.stream(request.clone(), Stop::new())));
        });
        group.bench_function(format!("{turns} turns, first request"), |bencher| {
            bencher.iter_batched(
                || model_at("http://127.0.0.1:9"),
                |model| drop(model.stream(request.clone(), Stop::new())),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn chat_at(url: &str) -> Arc<dyn Model> {
    let options = ChatOptions {
        base_url: Some(url.to_owned()),
        ..ChatOptions::default()
    };
    Chat::new(options).model("mock")
}

fn model_at(url: &str) -> Arc<dyn Model> {
    let options = AnthropicOptions {
        base_url: Some(url.to_owned()),
        ..AnthropicOptions::default()
    };
    Anthropic::new(options).model("claude-opus-5-5")
}

/// Each turn says a sentence, reads a file and gets 3,700 bytes back.
fn conversation(turns: usize) -> ModelRequest {
    let result = "line of a file with \"quotes\" and\ttabs\n".repeat(100);
    let user = |blocks| {
        Arc::new(Message {
            role: Role::User,
            blocks,
        })
    };
    let mut messages = vec![user(vec![Block::text("do it")])];
    for turn in 0..turns {
        let id = CallId(format!("toolu_{turn}"));
        let call = Call {
            id: id.clone(),
            tool: "Read".to_owned(),
            input: json!({"file_path": format!("/src/{turn}.rs"), "limit": 100}),
            broken: None,
            opaque: None,
        };
        let blocks = vec![Block::text("Reading the next file."), Block::Call(call)];
        messages.push(Arc::new(Message {
            role: Role::Assistant,
            blocks,
        }));
        let content = vec![Block::text(result.clone())];
        messages.push(user(vec![Block::Result {
            call: id,
            content,
            ok: true,
        }]));
    }
    let tool = |number: usize| ToolSpec {
        name: format!("Tool{number}"),
        description: "What the model reads of a tool. ".repeat(40),
        input_schema: json!({"type": "object", "properties": {"file_path": {"type": "string"}}}),
        risk: Risk::Low,
        lane: Lane::Shared,
    };
    ModelRequest {
        system: Arc::new(["You are an agent. ".repeat(500)]),
        tools: (0..12).map(tool).collect(),
        messages,
        max_output_tokens: None,
        thinking: Thinking::Adaptive,
        tool_choice: ToolChoice::Auto,
        session: SessionId::new("bench"),
        answer: None,
    }
}

criterion_group!(wire, decode_events, read_long_stream, assemble_requests);
criterion_main!(wire);
