//! What the library's Anthropic adapter costs: time and memory of request assembly, of a long
//! stream, and of its model catalogue. Read by `docs/adr/0002-anthropic-wire.md`.

use futures::StreamExt as _;
use rig_core::{
    completion::CompletionRequest,
    message::{AssistantContent, AssistantMessage, Message, ToolName, UserContent},
    providers::anthropic::wire::AnthropicConfig,
};
use rig_reqwest::ReqwestClient;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    time::Instant,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "provider")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || serve(&listener));
    report("start");
    let begun = Instant::now();
    let client = AnthropicConfig::new("k").with_base_url(&base).connect(ReqwestClient::default());
    let model = client.completion("claude-opus-5-5");
    println!("client and model: {:?}", begun.elapsed());
    report("client");
    for turns in [1usize, 100, 1000] {
        let request = conversation(turns)?;
        let begun = Instant::now();
        let rounds = 20;
        for _ in 0..rounds {
            drop(model.stream(request.clone())?);
        }
        println!("assembly at {turns} turns: {:?} each", begun.elapsed() / rounds);
        report("assembly");
    }
    let cpu = cpu_ms();
    let begun = Instant::now();
    let mut items = 0usize;
    runtime.block_on(async {
        let mut stream = model.stream(conversation(1)?)?;
        while let Some(item) = stream.next().await {
            item?;
            items += 1;
        }
        Ok::<(), Box<dyn std::error::Error>>(())
    })?;
    println!("stream of 200,000 characters: {items} items, {:?}, cpu {} ms", begun.elapsed(), cpu_ms() - cpu);
    report("stream");
    Ok(())
}

fn conversation(turns: usize) -> Result<CompletionRequest, Box<dyn std::error::Error>> {
    let result = "line of a file with \"quotes\" and\ttabs\n".repeat(100);
    let mut messages = vec![Message::user("do it")];
    for turn in 0..turns {
        let id = format!("toolu_{turn}");
        let name = ToolName::new("Read")?;
        let input = serde_json::json!({"file_path": format!("/src/{turn}.rs"), "limit": 100});
        let call = AssistantContent::tool_call(&id, name.clone(), input);
        messages.push(Message::Assistant(AssistantMessage::new(vec![
            AssistantContent::text("Reading the next file."),
            call.clone(),
        ])));
        let AssistantContent::ToolCall(call) = call else { unreachable!() };
        messages.push(Message::User {
            content: vec![UserContent::tool_result(
                call.id,
                name,
                vec![rig_core::message::ToolResultContent::text(result.clone())],
            )],
        });
    }
    let last = messages.pop().ok_or("empty")?;
    Ok(CompletionRequest::new(last).messages(messages))
}

fn serve(listener: &TcpListener) {
    for stream in listener.incoming().flatten() {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        loop {
            let mut length = 0usize;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let mut out = String::new();
            out.push_str("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"claude-opus-5-5\",\"role\":\"assistant\",\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n");
            out.push_str("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
            for _ in 0..12_500 {
                out.push_str("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"sixteen letters.\"}}\n\n");
            }
            out.push_str("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
            out.push_str("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}}\n\n");
            out.push_str("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
            let mut stream = &stream;
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{out}", out.len()).unwrap();
        }
    }
}

fn report(what: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("  after {what}: {peak}");
}

fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.split(' ').collect();
    (fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap()) * 10
}
