//! What model servers say of their models.

use super::{LocalModel, ServerKind};
use serde::Deserialize;

#[derive(Deserialize)]
struct Tags {
    models: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    #[serde(default)]
    owned_by: Option<String>,
    /// LM Studio: `llm`, `vlm` or `embeddings`.
    #[serde(default, rename = "type")]
    kind: Option<String>,
    /// LM Studio.
    #[serde(default)]
    loaded_context_length: Option<u64>,
    /// vLLM and `SGLang`.
    #[serde(default)]
    max_model_len: Option<u64>,
    /// llama.cpp.
    #[serde(default)]
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    n_ctx: Option<u64>,
}

/// Ollama's own list.
pub(super) fn models_of_ollama(body: &[u8]) -> Option<Vec<LocalModel>> {
    let tags: Tags = serde_json::from_slice(body).ok()?;
    let models = tags.models.into_iter().map(|tag| LocalModel {
        name: tag.name,
        context_tokens: None,
    });
    Some(models.filter(|model| converses(&model.name)).collect())
}

/// LM Studio's own list.
pub(super) fn models_of_lm_studio(body: &[u8]) -> Option<Vec<LocalModel>> {
    let list: List = serde_json::from_slice(body).ok()?;
    // The interface of the same shape that others have does not tell what a model is for.
    let is_own = list.data.iter().all(|listed| listed.kind.is_some());
    is_own.then(|| models(list))
}

/// The list that all servers have, and what the server is, where that tells.
pub(super) fn models_in_list(body: &[u8]) -> Option<(Option<ServerKind>, Vec<LocalModel>)> {
    let list: List = serde_json::from_slice(body).ok()?;
    let kind = list.data.iter().find_map(|listed| {
        Some(match listed.owned_by.as_deref()? {
            "llamacpp" => ServerKind::LlamaCpp,
            "vllm" => ServerKind::Vllm,
            "sglang" => ServerKind::SgLang,
            "organization_owner" => ServerKind::LmStudio,
            "library" => ServerKind::Ollama,
            _ => return None,
        })
    });
    Some((kind, models(list)))
}

fn models(list: List) -> Vec<LocalModel> {
    let chats = list.data.into_iter().filter(|listed| {
        let is_embedding = listed.kind.as_deref() == Some("embeddings");
        !is_embedding && converses(&listed.id)
    });
    chats
        .map(|listed| LocalModel {
            context_tokens: listed
                .loaded_context_length
                .or(listed.max_model_len)
                .or(listed.meta.and_then(|meta| meta.n_ctx)),
            name: listed.id,
        })
        .collect()
}

/// False for models that only turn text into numbers.
fn converses(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !["embed", "rerank", "bge-", "whisper"]
        .iter()
        .any(|word| name.contains(word))
}
