use super::{KeySource, Registry, full_name, split};
use crate::Launch;
use gimlet_ports::Models as _;
use gimlet_providers::local::{Candidate, ServerKind};
use gimlet_settings::Env;
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

/// What the stored keys are in these tests.
const STORED: &[(&str, &str)] = &[("groq", "gsk-stored")];

fn registry(env: &[(&str, &str)], settings: &str, places: Vec<Candidate>) -> Registry {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().to_str().unwrap().to_owned();
    let folders = [("GIMLET_HOME", folder.as_str()), ("HOME", folder.as_str())];
    let env: Vec<(&str, &str)> = folders.into_iter().chain(env.iter().copied()).collect();
    let launch = Launch {
        cwd: home.path().to_owned(),
        env: Env::of(env),
        settings: Some(settings.to_owned()),
        ..Launch::default()
    };
    let (settings, _) = launch.load_settings().unwrap();
    let stored = |provider: &str| {
        let found = STORED.iter().find(|(name, _)| *name == provider);
        Ok(found.map(|(_, key)| (*key).to_owned()))
    };
    Registry {
        places,
        ..Registry::new(Arc::new(settings), Arc::new(stored))
    }
}

/// A server that answers every request with this JSON, until the test is over.
fn server(json: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).unwrap();
            let length = json.len();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json";
            write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{json}").unwrap();
        }
    });
    address
}

fn places() -> Vec<Candidate> {
    let ollama = server(r#"{"models":[{"name":"qwen3:8b"},{"name":"gemma3"}]}"#);
    let vllm = server(r#"{"data":[{"id":"Qwen/Qwen3","owned_by":"vllm","max_model_len":9000}]}"#);
    vec![
        Candidate {
            kind: ServerKind::Ollama,
            address: ollama,
        },
        Candidate {
            kind: ServerKind::LlamaCpp,
            address: vllm,
        },
    ]
}

/// The provider, name and context of a model's card, or why there is none.
fn card(registry: &Registry, name: &str) -> Result<(String, String, u64), String> {
    let model = registry.model(&full_name(name))?;
    let card = model.card();
    Ok((
        card.provider.clone(),
        card.name.clone(),
        card.context_tokens,
    ))
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with results")]
fn row(provider: &str, name: &str, context_tokens: u64) -> Result<(String, String, u64), String> {
    Ok((provider.to_owned(), name.to_owned(), context_tokens))
}

#[test]
fn names_are_split_at_the_provider() {
    assert_eq!(split("sonnet"), ("anthropic", "sonnet"));
    assert_eq!(
        split("openrouter/anthropic/claude"),
        ("openrouter", "anthropic/claude")
    );
    assert_eq!(split("ollama"), ("ollama", "auto"));
    assert_eq!(split("local"), ("local", "auto"));
    assert_eq!(split("ollama/qwen3:8b"), ("ollama", "qwen3:8b"));
}

#[test]
fn models_of_servers_on_this_machine_are_found_without_a_key() {
    let registry = registry(&[], "{}", places());
    assert_eq!(card(&registry, "ollama"), row("ollama", "qwen3:8b", 32_768));
    assert_eq!(
        card(&registry, "ollama/gemma3"),
        row("ollama", "gemma3", 32_768)
    );
    assert_eq!(card(&registry, "local"), row("ollama", "qwen3:8b", 32_768));
    assert_eq!(
        card(&registry, "local/Qwen/Qwen3"),
        row("vllm", "Qwen/Qwen3", 9_000)
    );
    // On the port of another kind, and with its own figure.
    assert_eq!(card(&registry, "vllm"), row("vllm", "Qwen/Qwen3", 9_000));
    // Named, but not answering yet.
    assert_eq!(
        card(&registry, "lmstudio/some"),
        row("lmstudio", "some", 32_768)
    );
    let expected = "no LM Studio answers on this machine; start it, or name its address in `providers.NAME.baseUrl`";
    assert_eq!(card(&registry, "lmstudio"), Err(expected.to_owned()));
    assert_eq!(registry.key_source("ollama/gemma3"), KeySource::NotNeeded);
}

#[test]
fn keys_come_from_variables_or_the_store_and_their_absence_says_what_to_do() {
    let keyed = registry(&[("OPENAI_API_KEY", "sk-x")], "{}", Vec::new());
    assert_eq!(
        card(&keyed, "openai/gpt-9"),
        row("openai", "gpt-9", 128_000)
    );
    assert_eq!(
        keyed.key_source("openai/gpt-9"),
        KeySource::Environment("OPENAI_API_KEY")
    );
    assert_eq!(card(&keyed, "groq/llama"), row("groq", "llama", 128_000));
    assert_eq!(keyed.key_source("groq/llama"), KeySource::Stored);
    let expected = "there is no key for openrouter: set OPENROUTER_API_KEY, or run `gimlet auth login openrouter`";
    assert_eq!(card(&keyed, "openrouter/a/b"), Err(expected.to_owned()));
    assert_eq!(keyed.key_source("openrouter/a/b"), KeySource::Nowhere);
    let expected = "there is no key for xai: run `gimlet auth login xai`";
    assert_eq!(card(&keyed, "xai/grok"), Err(expected.to_owned()));
}

#[test]
fn any_provider_with_an_address_in_the_settings_is_reached() {
    let settings = r#"{"providers": {"mine": {"baseUrl": "https://models.example.invalid/v1"},
        "ollama": {"baseUrl": "http://192.0.2.7:11434"}}}"#;
    let registry = registry(
        &[("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")],
        settings,
        places(),
    );
    assert_eq!(card(&registry, "mine/m"), row("mine", "m", 128_000));
    assert_eq!(card(&registry, "openai/m"), row("openai", "m", 32_768));
    // Not the one on this machine.
    assert_eq!(card(&registry, "ollama/m"), row("ollama", "m", 32_768));
    let unknown = card(&registry, "nobody/m").unwrap_err();
    assert!(
        unknown.starts_with("there is no provider `nobody`; the providers are anthropic, "),
        "{unknown}"
    );
}

#[test]
fn without_a_key_and_a_model_the_hint_names_what_this_machine_has() {
    let unkeyed = registry(&[], "{}", places());
    assert!(unkeyed.model("anthropic/claude-sonnet-5-5").is_err());
    let hint = unkeyed.hint().unwrap();
    assert!(
        hint.contains("Ollama at http://127.0.0.1:") && hint.ends_with("`--model ollama/qwen3:8b`"),
        "{hint}"
    );
    let keyed = registry(&[("ANTHROPIC_API_KEY", "sk-x")], "{}", places());
    let chosen = registry(&[], r#"{"model": "openai/gpt-9"}"#, places());
    assert_eq!((keyed.hint(), chosen.hint()), (None, None));
}
