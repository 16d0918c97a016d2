//! Keys go into headers and nowhere else.

use super::options;
use crate::asking::{KEY, end, hello};
use gimlet_ports::{Failure, ModelEnd};
use gimlet_providers::{Chat, ChatOptions, Secret};
use gimlet_testkit::sse::{ChatScript, Reply, Server};
use serde_json::json;

#[tokio::test]
async fn keys_are_sent_as_headers_and_shown_nowhere() {
    let server = Server::start().await.unwrap();
    server.answer(Reply::chunks(&ChatScript::new().text("hi")));
    let options = ChatOptions {
        headers: vec![("x-gateway".to_owned(), Secret::new("gateway-4321"))],
        ..options(&server, "mine")
    };
    let chat = Chat::new(options.clone());
    assert_eq!(end(&*chat.model("mock"), hello()).await, ModelEnd::Complete);
    let request = &server.requests()[0];
    assert_eq!(request.path, "/v1/chat/completions");
    assert_eq!(
        request.header("authorization"),
        Some(&*format!("Bearer {KEY}"))
    );
    assert_eq!(request.header("x-gateway"), Some("gateway-4321"));
    for secret in [KEY, "gateway-4321"] {
        let shown = format!("{chat:?}{options:?}{}", request.text());
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn without_a_key_no_key_is_sent() {
    let server = Server::start().await.unwrap();
    server.answer(Reply::chunks(&ChatScript::new().text("hi")));
    let options = ChatOptions {
        key: None,
        ..options(&server, "ollama")
    };
    end(&*Chat::new(options).model("mock"), hello()).await;
    assert_eq!(server.requests()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_server_that_says_the_key_back_does_not_get_it_into_an_error() {
    let echo = format!("invalid key {KEY} in `authorization: Bearer {KEY}`");
    let long = format!("{} {KEY}", "x".repeat(790));
    let error = |text: &str| json!({"error": {"message": text, "code": 401}});
    let event = ChatScript::new().raw(&format!("data: {}\n\n", error(&echo)));
    let replies = [
        Reply::json(401, &error(&echo)),
        Reply::json(401, &error(&long)),
        Reply::json(
            400,
            &json!({"error": {"message": "x", "metadata": {"raw": echo}}}),
        ),
        Reply::raw(500, "text/plain", echo.clone()),
        Reply::raw(200, "text/html", echo.clone()),
        Reply::raw(302, "text/html", "").header("location", &format!("/login?key={KEY}")),
        Reply::chunks(&event),
        Reply::chunks(&ChatScript::new().raw(&format!("data: {echo}\n\n"))),
        Reply::chunks(&ChatScript::new().delta(&json!({"refusal": echo}))),
    ];
    for reply in replies {
        let server = Server::start().await.unwrap();
        server.answer(reply);
        let end = end(&*Chat::new(options(&server, "mine")).model("mock"), hello()).await;
        let end = format!("{end:?}");
        assert!(!end.contains(KEY) && !end.contains("sk-ant-test"), "{end}");
    }
}

#[tokio::test]
async fn a_password_in_the_address_stays_out_of_errors() {
    let options = ChatOptions {
        base_url: Some("http://user:hunter22@127.0.0.1:9".to_owned()),
        ..ChatOptions::default()
    };
    let chat = Chat::new(options.clone());
    assert!(!format!("{chat:?}{options:?}").contains("hunter22"));
    let end = format!("{:?}", end(&*chat.model("mock"), hello()).await);
    assert!(end.contains("Cut") && !end.contains("hunter22"), "{end}");
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_is_refused_before_anything_is_sent() {
    let server = Server::start().await.unwrap();
    let options = ChatOptions {
        key: Some(Secret::new("sk\nx")),
        ..options(&server, "mine")
    };
    let end = end(&*Chat::new(options).model("mock"), hello()).await;
    let ModelEnd::Failed { class, .. } = end else {
        panic!("{end:?}")
    };
    assert_eq!(class, Failure::Credentials);
    assert_eq!(server.requests().len(), 0);
}
