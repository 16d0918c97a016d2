use super::{KeySource, Registry, connect::Spoken, full_name, split};
use crate::Launch;
use gimlet_ports::{Models as _, ToolCalling};
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
        row("openai", "gpt-9", 200_000)
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
    let expected = "there is no key for xai: set XAI_API_KEY, or run `gimlet auth login xai`";
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
        unknown.starts_with("there is no provider `nobody`; the providers are anthropic, azure, bedrock, gemini, vertex, "),
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

#[test]
fn a_vendor_is_added_in_ten_lines_and_the_persons_word_counts_first() {
    let settings = r#"{"providers": {"mine": {
        "baseUrl": "https://models.example.invalid/v1",
        "headers": {"x-team": "blue"},
        "quirks": {"maxTokens": "maxCompletionTokens", "images": "noted", "callIds": "nine"},
        "extraBody": {"top_k": 20},
        "models": {
            "big": {"contextTokens": 64000, "maxOutputTokens": 8000, "inputPrice": 0.5, "outputPrice": 2},
            "plain": {"tools": "text", "editFormat": "whole-file"}
        }
    }, "openai": {"models": {"gpt-5.1": {"inputPrice": 9}}}}}"#;
    let registry = registry(&[("OPENAI_API_KEY", "sk-x")], settings, Vec::new());
    let big = registry.model("mine/big").unwrap();
    let card = big.card();
    assert_eq!(
        (
            card.context_tokens,
            card.max_output_tokens,
            card.assumed,
            card.images
        ),
        (64_000, 8_000, false, false)
    );
    let price = card.price.unwrap();
    assert_eq!(
        (price.input, price.output, price.cache_read),
        (0.5, 2.0, 0.5)
    );
    let plain = registry.model("mine/plain").unwrap();
    assert_eq!(plain.card().more.tools, ToolCalling::Missing);
    assert_eq!(plain.card().more.edit_format.name(), "whole-file");
    let known = registry.model("openai/gpt-5.1").unwrap();
    let price = known.card().price.unwrap();
    assert_eq!((price.input, price.output), (9.0, 10.0));
    assert_eq!(known.card().context_tokens, 400_000);
}

#[test]
fn each_provider_is_spoken_to_in_its_own_interface() {
    let spoken = |settings: &str, model: &str| {
        let registry = registry(&[], settings, Vec::new());
        let (provider, name) = split(model);
        Spoken::of(&registry.settings, provider, name)
    };
    for (settings, model, expected) in [
        ("{}", "sonnet", Spoken::Anthropic),
        ("{}", "openai/gpt-5", Spoken::Responses),
        (
            r#"{"providers": {"openai": {"baseUrl": "http://127.0.0.1:1/v1"}}}"#,
            "openai/gpt-5",
            Spoken::Chat,
        ),
        (
            r#"{"providers": {"openai": {"wire": "chat"}}}"#,
            "openai/gpt-5",
            Spoken::Chat,
        ),
        ("{}", "azure/mine", Spoken::Responses),
        ("{}", "gemini/gemini-3-pro", Spoken::Gemini),
        ("{}", "vertex/gemini-3-pro", Spoken::VertexGemini),
        ("{}", "vertex/claude-sonnet-5", Spoken::VertexAnthropic),
        (
            "{}",
            "bedrock/eu.anthropic.claude-sonnet-5-v1:0",
            Spoken::BedrockAnthropic,
        ),
        (
            r#"{"providers": {"bedrock": {"wire": "converse"}}}"#,
            "bedrock/anthropic.claude-x",
            Spoken::Converse,
        ),
        ("{}", "bedrock/amazon.nova-pro-v1:0", Spoken::Converse),
        (
            r#"{"providers": {"gate": {"wire": "anthropic", "baseUrl": "http://127.0.0.1:1"}}}"#,
            "gate/x",
            Spoken::Anthropic,
        ),
        ("{}", "groq/llama", Spoken::Chat),
    ] {
        assert_eq!(spoken(settings, model), expected, "{model} {settings}");
    }
}

#[test]
fn clouds_say_what_they_lack() {
    let lacking = |env: &[(&str, &str)], settings: &str, model: &str| {
        registry(env, settings, Vec::new())
            .model(model)
            .map(drop)
            .unwrap_err()
    };
    assert_eq!(
        lacking(&[], "{}", "bedrock/amazon.nova-pro-v1:0"),
        "Amazon Bedrock needs a region: set AWS_REGION, or `providers.bedrock.region`"
    );
    assert_eq!(
        lacking(
            &[
                ("AWS_REGION", "eu-central-1"),
                ("AWS_EC2_METADATA_DISABLED", "true")
            ],
            "{}",
            "bedrock/x"
        ),
        "there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or AWS_BEARER_TOKEN_BEDROCK"
    );
    let wrong = lacking(&[("AWS_PROFILE", "work")], "{}", "bedrock/x");
    assert!(
        wrong.starts_with("there is no AWS profile `work` in "),
        "{wrong}"
    );
    assert_eq!(
        lacking(&[], "{}", "vertex/gemini-3-pro"),
        "Vertex AI needs a project: set GOOGLE_CLOUD_PROJECT, or `providers.vertex.project`"
    );
    assert_eq!(
        lacking(&[("AZURE_OPENAI_API_KEY", "x")], "{}", "azure/mine"),
        "Azure OpenAI needs the address of a resource: set AZURE_OPENAI_ENDPOINT, or `providers.azure.baseUrl`"
    );
    assert_eq!(
        lacking(&[], "{}", "gemini/gemini-3-pro"),
        "there is no key for gemini: set GEMINI_API_KEY, or run `gimlet auth login gemini`"
    );
    let quirks = r#"{"providers": {"vertex": {"project": "p"}}}"#;
    let registry = registry(&[], quirks, Vec::new());
    assert_eq!(
        registry.key_source("vertex/gemini-3-pro"),
        KeySource::NotNeeded
    );
    assert!(registry.model("vertex/gemini-3-pro").is_ok());
}
