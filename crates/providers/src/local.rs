//! Finds model servers on this machine, on the ports where they usually listen.

mod answer;

use answer::{models_in_list, models_of_lm_studio, models_of_ollama};
use futures::{StreamExt as _, stream::FuturesUnordered};
use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

/// How long looking for servers takes at most. What listens on this machine answers in a few
/// milliseconds; this is for what does not.
pub const DISCOVERY_DEADLINE: Duration = Duration::from_millis(300);

/// Bytes of an answer that are read.
const ANSWER_BYTES: usize = 4 << 20;

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServerKind {
    /// Ollama.
    Ollama,
    /// LM Studio.
    LmStudio,
    /// llama.cpp's server, and what is built on it.
    LlamaCpp,
    /// vLLM.
    Vllm,
    /// `SGLang`.
    SgLang,
    /// Jan.
    Jan,
    /// A `LiteLLM` proxy.
    LiteLlm,
}

impl ServerKind {
    /// The provider's name, as in `ollama/qwen3`.
    pub fn provider(self) -> &'static str {
        match self {
            Self::Ollama => "ollama",
            Self::LmStudio => "lmstudio",
            Self::LlamaCpp => "llamacpp",
            Self::Vllm => "vllm",
            Self::SgLang => "sglang",
            Self::Jan => "jan",
            Self::LiteLlm => "litellm",
        }
    }

    /// The kind of a provider that may be found.
    pub fn of_provider(provider: &str) -> Option<Self> {
        usual_candidates()
            .into_iter()
            .map(|candidate| candidate.kind)
            .find(|kind| kind.provider() == provider)
    }
}

impl fmt::Display for ServerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ollama => "Ollama",
            Self::LmStudio => "LM Studio",
            Self::LlamaCpp => "llama.cpp",
            Self::Vllm => "vLLM",
            Self::SgLang => "SGLang",
            Self::Jan => "Jan",
            Self::LiteLlm => "LiteLLM",
        })
    }
}

/// Where a server may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What usually listens there.
    pub kind: ServerKind,
    /// On this machine; others are not asked.
    pub address: SocketAddr,
}

/// A server that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalServer {
    /// What it is, as far as its answer tells.
    pub kind: ServerKind,
    /// Such as `http://127.0.0.1:11434/v1`.
    pub base_url: String,
    /// What it offers for conversation.
    pub models: Vec<LocalModel>,
}

/// A model of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalModel {
    /// The name on the wire.
    pub name: String,
    /// Tokens that it takes as it runs, where the server tells.
    pub context_tokens: Option<u64>,
}

/// The ports where servers usually listen.
pub fn usual_candidates() -> Vec<Candidate> {
    let table = [
        (ServerKind::Ollama, 11434),
        (ServerKind::LmStudio, 1234),
        (ServerKind::LlamaCpp, 8080),
        (ServerKind::Vllm, 8000),
        (ServerKind::SgLang, 30000),
        (ServerKind::Jan, 1337),
        (ServerKind::LiteLlm, 4000),
    ];
    table
        .into_iter()
        .map(|(kind, port)| Candidate {
            kind,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        })
        .collect()
}

/// Asks all candidates at once and gives what answered like a model server before the
/// deadline, in the order of the candidates. Asks this machine only.
pub async fn discover(candidates: &[Candidate], deadline: Duration) -> Vec<LocalServer> {
    let Some(client) = client(deadline) else {
        return Vec::new();
    };
    let mut asking: FuturesUnordered<_> = candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| candidate.address.ip().is_loopback())
        .map(|(place, candidate)| {
            let client = &client;
            async move { (place, ask(client, *candidate).await) }
        })
        .collect();
    let mut found = Vec::new();
    let collect = async {
        while let Some((place, server)) = asking.next().await {
            found.extend(server.map(|server| (place, server)));
        }
    };
    // Who is late is not there.
    drop(tokio::time::timeout(deadline, collect).await);
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, server)| server).collect()
}

/// Plain HTTP without proxies and redirects: nothing leaves the machine.
fn client(deadline: Duration) -> Option<reqwest::Client> {
    crate::http::plain_client()
        .ok()?
        .no_proxy()
        .connect_timeout(deadline)
        .build()
        .ok()
}

async fn ask(client: &reqwest::Client, candidate: Candidate) -> Option<LocalServer> {
    let Candidate { kind, address } = candidate;
    let root = format!("http://{address}");
    let own = match kind {
        ServerKind::Ollama => get(client, &root, "/api/tags")
            .await
            .and_then(|body| models_of_ollama(&body)),
        ServerKind::LmStudio => get(client, &root, "/api/v0/models")
            .await
            .and_then(|body| models_of_lm_studio(&body)),
        ServerKind::LlamaCpp
        | ServerKind::Vllm
        | ServerKind::SgLang
        | ServerKind::Jan
        | ServerKind::LiteLlm => None,
    };
    let (kind, models) = if let Some(models) = own {
        (kind, models)
    } else {
        let (told, models) = models_in_list(&get(client, &root, "/v1/models").await?)?;
        (told.unwrap_or(kind), models)
    };
    Some(LocalServer {
        kind,
        base_url: format!("{root}/v1"),
        models,
    })
}

/// A whole answer in JSON under a good status.
async fn get(client: &reqwest::Client, root: &str, path: &str) -> Option<Vec<u8>> {
    let mut response = client.get(format!("{root}{path}")).send().await.ok()?;
    if !response.status().is_success() {
        return None;
    }
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.ok()? {
        body.extend_from_slice(&bytes);
        if body.len() > ANSWER_BYTES {
            return None;
        }
    }
    Some(body)
}
