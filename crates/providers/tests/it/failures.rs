//! What goes wrong, sorted by what to do about it.

use crate::asking::{KEY, end, hello, model};
use futures::StreamExt as _;
use gimlet_ports::{Failure, ModelEnd, ModelItem, Stop};
use gimlet_providers::{Anthropic, AnthropicOptions, Secret};
use gimlet_testkit::sse::{Gate, Reply, Script, Server};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// The end of one request, on one line.
async fn fate(reply: Reply) -> String {
    let server = Server::start().await.unwrap();
    server.answer(reply);
    line(end(&*model(&server), hello()).await)
}

fn line(end: ModelEnd) -> String {
    let ModelEnd::Failed {
        class,
        text,
        status,
        request_id,
    } = end
    else {
        panic!("{end:?}")
    };
    let status = status.map_or("-".to_owned(), |status| status.to_string());
    format!(
        "{class:?} | {status} | {} | {text}",
        request_id.as_deref().unwrap_or("-")
    )
}

#[tokio::test]
async fn published_error_bodies_get_their_class() {
    let cases = [
        (
            400,
            "invalid_request_error",
            "messages.1: all messages must have content",
        ),
        (
            400,
            "invalid_request_error",
            "prompt is too long: 208310 tokens > 200000 maximum",
        ),
        (
            400,
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000",
        ),
        (
            400,
            "invalid_request_error",
            "Your credit balance is too low to access the Anthropic API.",
        ),
        (401, "authentication_error", "invalid x-api-key"),
        (
            402,
            "billing_error",
            "There is an issue with your billing or payment information.",
        ),
        (
            403,
            "permission_error",
            "Your API key does not have permission.",
        ),
        (404, "not_found_error", "model: claude-nonesuch"),
        (408, "timeout_error", "Request timed out"),
        (
            413,
            "request_too_large",
            "Request exceeds the maximum allowed number of bytes.",
        ),
        (
            429,
            "rate_limit_error",
            "Number of requests has exceeded your rate limit",
        ),
        (500, "api_error", "Internal server error"),
        (
            504,
            "timeout_error",
            "The request timed out while processing.",
        ),
        (529, "overloaded_error", "Overloaded"),
    ];
    let mut lines = Vec::new();
    for (status, kind, message) in cases {
        lines.push(fate(Reply::error(status, kind, message)).await);
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn errors_in_the_middle_of_a_stream_get_their_class() {
    let cases = [
        ("overloaded_error", "Overloaded"),
        ("api_error", "Internal server error"),
        ("rate_limit_error", "slow down"),
        ("invalid_request_error", "prompt is too long"),
        ("invalid_request_error", "something else"),
        ("authentication_error", "key revoked"),
        ("brand_new_error", "who knows"),
    ];
    let mut lines = Vec::new();
    for (kind, message) in cases {
        lines.push(
            fate(Reply::events(
                &Script::new().text("I beg").error(kind, message),
            ))
            .await,
        );
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn answers_that_are_no_replies_are_garbage() {
    let page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Hotel</body></html>";
    let cases = [
        Reply::raw(200, "text/html; charset=utf-8", page),
        Reply::raw(
            200,
            "application/json",
            r#"{"type":"message","content":[]}"#,
        ),
        Reply::raw(
            200,
            "application/json",
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        ),
        Reply::raw(200, "text/event-stream", ""),
        Reply::raw(200, "text/event-stream", "no event at all"),
        Reply::raw(200, "text/event-stream", page),
        Reply::events(&Script::new().event_raw("content_block_delta", "{\"type\":\"content_bl")),
        Reply::events(&Script::new().event_raw(
            "content_block_delta",
            r#"{"type":"content_block_delta","index":7,"delta":{"type":"text_delta","text":"x"}}"#,
        )),
        Reply::events(&Script::new().event_raw(
            "content_block_start",
            r#"{"type":"content_block_start","index":0}"#,
        )),
        Reply::events(&Script::new().event_raw("x", r#"["no","object"]"#)),
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
async fn unreachable_addresses_are_cut_and_unusable_ones_rejected() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let ask = async |url: &str| {
        let options = AnthropicOptions {
            base_url: Some(url.to_owned()),
            key: Some(Secret::new(KEY)),
            ..AnthropicOptions::default()
        };
        let end = end(&*Anthropic::new(options).model("mock"), hello()).await;
        let ModelEnd::Failed { class, text, .. } = end else {
            panic!("{end:?}")
        };
        (class, text)
    };
    let (class, text) = ask(&format!("http://{closed}")).await;
    assert_eq!(class, Failure::Cut);
    assert!(text.starts_with("cannot connect: "), "{text}");
    // A name that no resolver takes, so that none is asked.
    let (class, _) = ask(&format!("http://{}.invalid", "x".repeat(70))).await;
    assert_eq!(class, Failure::Cut);
    // A server that speaks plain text where TLS is expected.
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", plain.local_addr().unwrap());
    let (asked, ()) = tokio::join!(ask(&url), async {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        drop(plain);
    });
    assert_eq!(asked.0, Failure::Cut, "{}", asked.1);
    for url in ["", "not an address", "ftp://example.invalid"] {
        let (class, text) = ask(url).await;
        assert_eq!(class, Failure::Rejected, "{url}: {text}");
    }
}

#[tokio::test]
async fn the_wait_that_the_provider_asks_for_is_passed_on() {
    let asked = async |headers: &[(&str, &str)]| {
        let reply = Reply::error(429, "rate_limit_error", "slow down");
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
    let date = ("date", "Sun, 06 Nov 2026 08:49:37 GMT");
    assert_eq!(asked(&[]).await, None);
    assert_eq!(
        asked(&[("retry-after", "17")]).await,
        Some(Duration::from_secs(17))
    );
    assert_eq!(
        asked(&[("retry-after", "1.5")]).await,
        Some(Duration::from_millis(1500))
    );
    assert_eq!(
        asked(&[("retry-after-ms", "250")]).await,
        Some(Duration::from_millis(250))
    );
    let until = ("retry-after", "Fri, 06 Nov 2026 08:50:07 GMT");
    assert_eq!(
        asked(&[("date", "Fri, 06 Nov 2026 08:49:37 GMT"), until]).await,
        Some(Duration::from_secs(30))
    );
    let past = ("retry-after", "Fri, 06 Nov 2026 08:00:00 GMT");
    assert_eq!(
        asked(&[("date", "Fri, 06 Nov 2026 08:49:37 GMT"), past]).await,
        Some(Duration::ZERO)
    );
    assert_eq!(asked(&[date, ("retry-after", "soon")]).await, None);
    assert_eq!(asked(&[("retry-after", "-1")]).await, None);
}

#[tokio::test]
async fn a_stopped_request_ends_early_and_lets_go_of_its_connection() {
    let server = Server::start().await.unwrap();
    let gate = Gate::closed();
    server.answer(Reply::events(&Script::new().text("never")).held_before_headers(&gate));
    let stop = Stop::new();
    let stream = model(&server).stream(hello(), stop.clone());
    let reading = tokio::spawn(stream.collect::<Vec<_>>());
    gate.reached().await;
    stop.cancel();
    let heard = reading.await.unwrap();
    assert!(matches!(heard[..], [ModelItem::Sent(_)]), "{heard:?}");
    server.abandoned(1).await;
}

#[tokio::test]
async fn dropping_a_stream_in_its_middle_lets_go_of_the_connection() {
    let server = Server::start().await.unwrap();
    let gate = Gate::closed();
    let script = Script::new().text("some words");
    server.answer(Reply::events(&script).held_after(500, &gate));
    let mut stream = model(&server).stream(hello(), Stop::new());
    while !matches!(stream.next().await, Some(ModelItem::Started { .. })) {}
    gate.reached().await;
    drop(stream);
    server.abandoned(1).await;
}

#[tokio::test]
async fn words_arrive_before_the_reply_is_whole() {
    let server = Server::start().await.unwrap();
    let gate = Gate::closed();
    let script = Script::new().text("early words").text("late words");
    let early = String::from_utf8(script.bytes())
        .unwrap()
        .find("early words")
        .unwrap();
    server.answer(Reply::events(&script).held_after(early + 40, &gate));
    let mut stream = model(&server).stream(hello(), Stop::new());
    while !format!("{:?}", stream.next().await.unwrap()).contains("early words") {}
    gate.open();
    let rest: Vec<_> = stream.collect().await;
    assert!(format!("{rest:?}").contains("late words"));
}
