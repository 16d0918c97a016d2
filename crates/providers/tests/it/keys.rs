//! Keys go into headers and nowhere else.

use crate::asking::{KEY, end, hello, options};
use gimlet_ports::{Failure, ModelEnd};
use gimlet_providers::{Anthropic, AnthropicOptions, Secret};
use gimlet_testkit::sse::{Reply, Script, Server};

#[tokio::test]
async fn keys_are_sent_as_headers_and_shown_nowhere() {
    let server = Server::start().await.unwrap();
    server.answer(Reply::events(&Script::new().text("hi")));
    let options = AnthropicOptions {
        auth_token: Some(Secret::new("token-9876\n")),
        headers: vec![("x-gateway".to_owned(), Secret::new("gateway-4321"))],
        betas: vec![
            "one-2026-01-01".to_owned(),
            " two ".to_owned(),
            "one-2026-01-01".to_owned(),
        ],
        ..options(&server)
    };
    let anthropic = Anthropic::new(options.clone());
    assert_eq!(
        end(&*anthropic.model("mock"), hello()).await,
        ModelEnd::Complete
    );
    let request = &server.requests()[0];
    assert_eq!(request.header("x-api-key"), Some(KEY));
    assert_eq!(request.header("authorization"), Some("Bearer token-9876"));
    assert_eq!(request.header("x-gateway"), Some("gateway-4321"));
    assert_eq!(request.header("anthropic-beta"), Some("one-2026-01-01,two"));
    assert_eq!(request.header("anthropic-version"), Some("2023-06-01"));
    for shown in [format!("{anthropic:?}"), format!("{options:?}")] {
        for secret in [KEY, "token-9876", "gateway-4321"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    assert_eq!(Secret::new(KEY).to_string(), "[redacted]");
}

#[tokio::test]
async fn a_server_that_says_the_key_back_does_not_get_it_into_an_error() {
    let echo = format!("invalid key {KEY} in `authorization: Bearer {KEY}`");
    let long = format!("{} {KEY}", "x".repeat(790));
    let event = Script::new().error("api_error", &echo);
    let replies = [
        Reply::error(401, "authentication_error", &echo),
        Reply::error(401, "authentication_error", &long),
        Reply::raw(500, "text/plain", echo.clone()),
        Reply::raw(200, "text/html", echo.clone()),
        Reply::raw(302, "text/html", "").header("location", &format!("/login?key={KEY}")),
        Reply::events(&event),
        Reply::events(&Script::new().event_raw("x", &echo)),
        Reply::events(&Script::new().refusal(&echo)),
    ];
    for reply in replies {
        let server = Server::start().await.unwrap();
        server.answer(reply);
        let end = format!(
            "{:?}",
            end(&*Anthropic::new(options(&server)).model("mock"), hello()).await
        );
        assert!(!end.contains(KEY) && !end.contains("sk-ant-test"), "{end}");
    }
}

#[tokio::test]
async fn a_password_in_the_address_stays_out_of_errors() {
    let options = AnthropicOptions {
        base_url: Some("http://user:hunter22@127.0.0.1:9".to_owned()),
        ..AnthropicOptions::default()
    };
    let anthropic = Anthropic::new(options.clone());
    assert!(!format!("{anthropic:?}{options:?}").contains("hunter22"));
    let end = format!("{:?}", end(&*anthropic.model("mock"), hello()).await);
    assert!(end.contains("Cut") && !end.contains("hunter22"), "{end}");
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_is_refused_before_anything_is_sent() {
    let server = Server::start().await.unwrap();
    let options = AnthropicOptions {
        key: Some(Secret::new("sk\nant")),
        ..options(&server)
    };
    let end = end(&*Anthropic::new(options).model("mock"), hello()).await;
    let ModelEnd::Failed { class, text, .. } = end else {
        panic!("{end:?}")
    };
    assert_eq!(class, Failure::Credentials);
    assert_eq!(text, "the key holds characters that no header can carry");
    assert_eq!(server.requests().len(), 0);
}
