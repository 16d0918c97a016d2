//! Finding model servers on this machine.

use gimlet_providers::local::{
    Candidate, LocalModel, LocalServer, ServerKind, discover, usual_candidates,
};
use gimlet_testkit::sse::{Gate, Reply, Server};
use serde_json::json;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

const LONG: Duration = Duration::from_secs(20);

fn at(kind: ServerKind, url: &str) -> Candidate {
    let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    Candidate { kind, address }
}

fn found(kind: ServerKind, url: &str, models: &[(&str, Option<u64>)]) -> LocalServer {
    let models = models.iter().map(|(name, context_tokens)| LocalModel {
        name: (*name).to_owned(),
        context_tokens: *context_tokens,
    });
    LocalServer {
        kind,
        base_url: format!("{url}/v1"),
        models: models.collect(),
    }
}

async fn server(path: &str, reply: Reply) -> Server {
    let server = Server::start().await.unwrap();
    server.serve(path, reply);
    server
}

#[tokio::test]
async fn each_kind_of_server_is_found_with_its_models() {
    let ollama = server(
        "/api/tags",
        Reply::json(200, &json!({"models": [{"name": "qwen3:8b", "size": 5}, {"name": "nomic-embed-text:latest"}]})),
    )
    .await;
    let studio = server(
        "/api/v0/models",
        Reply::json(200, &json!({"object": "list", "data": [
            {"id": "gpt-oss-20b", "type": "llm", "state": "loaded", "loaded_context_length": 8192, "max_context_length": 131_072},
            {"id": "vectors", "type": "embeddings", "state": "not-loaded"}]})),
    )
    .await;
    let llama = server(
        "/v1/models",
        Reply::json(
            200,
            &json!({"object": "list", "data": [{"id": "/models/a.gguf", "owned_by": "llamacpp",
            "meta": {"n_ctx": 4096, "n_ctx_train": 131_072}}]}),
        ),
    )
    .await;
    // vLLM on the port of llama.cpp.
    let vllm = server(
        "/v1/models",
        Reply::json(200, &json!({"object": "list", "data": [{"id": "Qwen/Qwen3-8B", "owned_by": "vllm", "max_model_len": 40_960}]})),
    )
    .await;
    // An Ollama that is only known to speak like the others.
    let plain = server(
        "/v1/models",
        Reply::json(200, &json!({"data": [{"id": "m", "owned_by": "library"}]})),
    )
    .await;
    let candidates = [
        at(ServerKind::Ollama, &ollama.url()),
        at(ServerKind::LmStudio, &studio.url()),
        at(ServerKind::LlamaCpp, &llama.url()),
        at(ServerKind::LlamaCpp, &vllm.url()),
        at(ServerKind::Ollama, &plain.url()),
    ];
    let expected = [
        found(ServerKind::Ollama, &ollama.url(), &[("qwen3:8b", None)]),
        found(
            ServerKind::LmStudio,
            &studio.url(),
            &[("gpt-oss-20b", Some(8192))],
        ),
        found(
            ServerKind::LlamaCpp,
            &llama.url(),
            &[("/models/a.gguf", Some(4096))],
        ),
        found(
            ServerKind::Vllm,
            &vllm.url(),
            &[("Qwen/Qwen3-8B", Some(40_960))],
        ),
        found(ServerKind::Ollama, &plain.url(), &[("m", None)]),
    ];
    assert_eq!(discover(&candidates, LONG).await, expected);
    let asked = ollama.others().remove(0);
    assert_eq!((asked.header("authorization"), asked.body.len()), (None, 0));
}

#[tokio::test]
async fn what_is_no_model_server_is_not_found() {
    let page = "<!DOCTYPE html><html><body>Jenkins</body></html>";
    let elsewhere = server(
        "/v1/models",
        Reply::json(200, &json!({"data": [{"id": "m"}]})),
    )
    .await;
    let replies = [
        Reply::raw(200, "text/html", page),
        Reply::json(200, &json!({"data": "none"})),
        Reply::json(200, &json!([])),
        Reply::json(401, &json!({"data": [{"id": "m"}]})),
        Reply::raw(302, "text/html", "")
            .header("location", &format!("{}/v1/models", elsewhere.url())),
        Reply::raw(200, "application/json", vec![b' '; 5 << 20]),
    ];
    for reply in replies {
        let other = server("/v1/models", reply).await;
        for kind in [
            ServerKind::Ollama,
            ServerKind::LmStudio,
            ServerKind::LlamaCpp,
        ] {
            assert_eq!(discover(&[at(kind, &other.url())], LONG).await, []);
        }
    }
    assert_eq!(elsewhere.others().len(), 0);
    let nobody = [at(ServerKind::Ollama, "http://127.0.0.1:9")];
    assert_eq!(discover(&nobody, LONG).await, []);
    assert_eq!(discover(&[], LONG).await, []);
}

#[tokio::test]
async fn a_silent_port_costs_the_deadline_and_nothing_of_what_answered() {
    // Takes connections and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let gate = Gate::closed();
    let page = Reply::json(200, &json!({"data": [{"id": "late"}]}));
    let hung = server("/v1/models", page.held_before_headers(&gate)).await;
    let good = server(
        "/v1/models",
        Reply::json(200, &json!({"data": [{"id": "m"}]})),
    )
    .await;
    let candidates = [
        at(ServerKind::Ollama, &silent),
        at(ServerKind::Vllm, &hung.url()),
        at(ServerKind::SgLang, &good.url()),
    ];
    let began = Instant::now();
    let answered = discover(&candidates, Duration::from_millis(1500)).await;
    assert_eq!(
        answered,
        [found(ServerKind::SgLang, &good.url(), &[("m", None)])]
    );
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn other_machines_are_never_asked() {
    let elsewhere = Candidate {
        kind: ServerKind::Ollama,
        address: ([192, 0, 2, 1], 11434).into(),
    };
    let began = Instant::now();
    assert_eq!(discover(&[elsewhere], LONG).await, []);
    assert!(began.elapsed() < LONG);
    let usual = usual_candidates();
    assert!(
        usual
            .iter()
            .all(|candidate| candidate.address.ip().is_loopback())
    );
    for candidate in usual {
        assert_eq!(
            ServerKind::of_provider(candidate.kind.provider()),
            Some(candidate.kind)
        );
    }
}
