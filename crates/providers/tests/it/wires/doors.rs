//! Tokens that are fetched: kept while they are good, renewed before they are over, and once
//! when the provider refuses one. None of them is ever shown.

use super::clock;
use crate::asking::{end, hello};
use gimlet_ports::{Failure, ModelEnd};
use gimlet_providers::{
    Anthropic, AnthropicOptions, AnthropicPlace, Clock, Freshness, GoogleIdentity, GoogleTokens,
    TokenFault, TokenSource,
};
use gimlet_testkit::sse::{Fault, Recorded, Reply, Said, Server, Wire};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Google's token service and a model behind it, on one server.
async fn vertex(
    identity: impl FnOnce(&Server) -> GoogleIdentity,
    clock: Clock,
) -> (Server, Arc<dyn gimlet_ports::Model>) {
    let server = Server::start().await.unwrap();
    let granted =
        json!({"access_token": "ya29.secret-token", "expires_in": 3600, "token_type": "Bearer"});
    server.serve("/token", Reply::json(200, &granted));
    let path = "/computeMetadata/v1/instance/service-accounts/default/token";
    server.serve(path, Reply::json(200, &granted));
    let tokens = Arc::new(GoogleTokens::new(identity(&server), clock));
    let model = Anthropic::new(AnthropicOptions {
        base_url: Some(server.url()),
        place: AnthropicPlace::Vertex {
            project: "proj".to_owned(),
            location: "europe-west1".to_owned(),
            tokens,
        },
        ..AnthropicOptions::default()
    })
    .model("claude-sonnet-4-5@20250929");
    (server, model)
}

fn person(server: &Server) -> GoogleIdentity {
    let file = json!({"type": "authorized_user", "client_id": "id", "client_secret": "s3cret", "refresh_token": "1//r", "token_uri": format!("{}/token", server.url())});
    GoogleIdentity::parse(&file.to_string()).unwrap()
}

#[tokio::test]
async fn a_token_is_fetched_once_and_renewed_before_it_is_over() {
    let now = Arc::new(AtomicI64::new(0));
    let hand = Arc::clone(&now);
    let clock: Clock = Arc::new(move || {
        jiff::Timestamp::from_second(1_800_000_000 + hand.load(Ordering::SeqCst)).unwrap()
    });
    let (server, model) = vertex(person, clock).await;
    for second in [0, 60, 3_300, 3_500, 3_600] {
        now.store(second, Ordering::SeqCst);
        server.answer(Wire::VertexMessages.reply(&Said::text("ok")));
        assert_eq!(end(&*model, hello()).await, ModelEnd::Complete);
    }
    let asked: Vec<String> = server.others().iter().map(Recorded::text).collect();
    let form = "grant_type=refresh_token&client_id=id&client_secret=s3cret&refresh_token=1%2F%2Fr";
    assert_eq!(asked, [form, form]);
    let request = server.requests().remove(0);
    assert_eq!(
        request.header("authorization"),
        Some("Bearer ya29.secret-token")
    );
    assert_eq!(
        request.path,
        "/v1/projects/proj/locations/europe-west1/publishers/anthropic/models/claude-sonnet-4-5%4020250929:streamRawPredict"
    );
    let body = request.json();
    assert_eq!(body["anthropic_version"], "vertex-2023-10-16");
    assert_eq!(
        (body.get("model"), request.header("anthropic-version")),
        (None, None)
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_never_shown() {
    let (server, model) = vertex(person, clock()).await;
    let no = Reply::raw(401, "text/plain", "what is ya29.secret-token?");
    server.answer(no.clone());
    server.answer(Wire::VertexMessages.reply(&Said::text("ok")));
    assert_eq!(end(&*model, hello()).await, ModelEnd::Complete);
    server.answer(no.clone());
    server.answer(no);
    let ModelEnd::Failed { class, text, .. } = end(&*model, hello()).await else {
        panic!("the key is wrong")
    };
    assert_eq!(class, Failure::Credentials);
    assert!(text.contains("what is [redacted]?"), "{text}");
    assert_eq!((server.requests().len(), server.others().len()), (4, 3));
}

#[tokio::test]
async fn a_machine_and_a_service_account_get_tokens_in_their_own_way() {
    let machine = |server: &Server| GoogleIdentity::Machine {
        address: Some(server.url()),
    };
    let (server, model) = vertex(machine, clock()).await;
    server.answer(Wire::VertexMessages.reply(&Said::text("ok")));
    assert_eq!(end(&*model, hello()).await, ModelEnd::Complete);
    assert_eq!(server.others()[0].header("metadata-flavor"), Some("Google"));

    // A key made for this test alone.
    let key = include_str!("service_account.pem");
    let account = |server: &Server| {
        let file = json!({"type": "service_account", "client_email": "a@p.iam.gserviceaccount.com", "private_key": key, "private_key_id": "k1", "token_uri": format!("{}/token", server.url())});
        GoogleIdentity::parse(&file.to_string()).unwrap()
    };
    let (server, model) = vertex(account, clock()).await;
    server.answer(Wire::VertexMessages.reply(&Said::text("ok")));
    assert_eq!(end(&*model, hello()).await, ModelEnd::Complete);
    let form = server.others()[0].text();
    let (grant, assertion) = form.split_once("&assertion=").unwrap();
    assert_eq!(
        grant,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
    );
    // The signature is checked with the public key by `scripts/wires`; here its shape.
    let parts: Vec<&str> = assertion.split('.').collect();
    assert_eq!(parts.len(), 3);
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("requests");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("assertion.txt"), assertion).unwrap();
}

#[tokio::test]
async fn whoever_gives_no_token_says_why() {
    let parsed = |text: &str| GoogleIdentity::parse(text).unwrap_err();
    assert_eq!(
        parsed(r#"{"type": "external_account"}"#),
        "credentials of the type `external_account` are not supported; use `service_account` or `authorized_user`"
    );
    assert_eq!(
        parsed(r#"{"type": "service_account"}"#),
        "it has no `client_email`"
    );
    let server = Server::start().await.unwrap();
    server.serve(
        "/token",
        Reply::json(400, &json!({"error": "invalid_grant"})),
    );
    let tokens = GoogleTokens::new(person(&server), clock());
    let fault = tokens.token(Freshness::Kept).await.unwrap_err();
    assert_eq!(
        fault,
        TokenFault::Denied(
            "Google's token service answered 400: {\"error\":\"invalid_grant\"}".to_owned()
        )
    );
    server.serve("/other", Wire::Gemini.fault(Fault::Overloaded));
}
