//! Finds models by name and gives their adapters what they need.

use gimlet_ports::{Model, Models};
use gimlet_providers::{Anthropic, AnthropicOptions, Script, Scripted, Secret, ToolStreaming};
use gimlet_settings::{Settings, env_vars};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// The provider of a name without one.
const FIRST_PROVIDER: &str = "anthropic";
/// The model where nothing names one.
pub const FIRST_MODEL: &str = "anthropic/claude-sonnet-5-5";

/// Looks a stored key up by the provider's name. May take seconds: a keyring can ask.
pub(crate) type StoredKey = Arc<dyn Fn(&str) -> Result<Option<String>, String> + Send + Sync>;

/// Where a key came from, as `system/init` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// An environment variable.
    Environment(&'static str),
    /// The keyring or its file.
    Stored,
    /// The provider needs none.
    NotNeeded,
    /// There is none.
    Nowhere,
}

impl KeySource {
    /// The name for `apiKeySource`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment(variable) => variable,
            Self::Stored => "keyring",
            Self::NotNeeded | Self::Nowhere => "none",
        }
    }
}

/// All models that the settings reach. Adapters are built when they are first asked for.
pub(crate) struct Registry {
    settings: Arc<Settings>,
    stored_key: StoredKey,
    anthropic: OnceLock<Result<Anthropic, String>>,
    built: Mutex<HashMap<String, Arc<dyn Model>>>,
}

impl Registry {
    pub(crate) fn new(settings: Arc<Settings>, stored_key: StoredKey) -> Self {
        Self { settings, stored_key, anthropic: OnceLock::new(), built: Mutex::default() }
    }

    /// Where the key of a model's provider would come from. Looks into the keyring only when
    /// no variable holds one.
    pub(crate) fn key_source(&self, model: &str) -> KeySource {
        let (provider, _) = split(model);
        if provider == "scripted" {
            return KeySource::NotNeeded;
        }
        for variable in [env_vars::ANTHROPIC_API_KEY, env_vars::ANTHROPIC_AUTH_TOKEN] {
            if self.settings.env.text(&variable).is_some() {
                return KeySource::Environment(variable.name);
            }
        }
        match (self.stored_key)(provider) {
            Ok(Some(_)) => KeySource::Stored,
            Ok(None) | Err(_) => KeySource::Nowhere,
        }
    }

    fn anthropic(&self) -> Result<&Anthropic, String> {
        self.anthropic.get_or_init(|| self.connect_anthropic()).as_ref().map_err(Clone::clone)
    }

    fn connect_anthropic(&self) -> Result<Anthropic, String> {
        let env = &self.settings.env;
        let secret = |variable| env.text(variable).map(Secret::new);
        let key = secret(&env_vars::ANTHROPIC_API_KEY);
        let auth_token = secret(&env_vars::ANTHROPIC_AUTH_TOKEN);
        let key = match (key, &auth_token) {
            (None, None) => (self.stored_key)("anthropic")?.map(Secret::new),
            (key, _) => key,
        };
        if key.is_none() && auth_token.is_none() {
            return Err(
                "there is no key for anthropic: set ANTHROPIC_API_KEY, or run `gimlet auth login`; `gimlet demo` needs none"
                    .to_owned(),
            );
        }
        let tool_streaming = if self.settings.features.streams_tool_input() {
            ToolStreaming::FineGrained
        } else {
            ToolStreaming::Buffered
        };
        Ok(Anthropic::new(AnthropicOptions {
            base_url: self.settings.base_url("anthropic").map(str::to_owned),
            key,
            auth_token,
            betas: self.settings.betas.clone(),
            tool_streaming,
            ..AnthropicOptions::default()
        }))
    }

    fn build(&self, name: &str) -> Result<Arc<dyn Model>, String> {
        let (provider, model) = split(name);
        match provider {
            "anthropic" => Ok(self.anthropic()?.model(model)),
            "scripted" => self.scripted(model),
            _ => Err(format!(
                "there is no provider `{provider}`; the providers are anthropic and scripted"
            )),
        }
    }

    fn scripted(&self, model: &str) -> Result<Arc<dyn Model>, String> {
        let path = match (model, self.settings.env.path(&env_vars::GIMLET_SCRIPT)) {
            ("script", Some(path)) => path,
            ("script", None) => {
                return Err("the scripted model needs a script: set GIMLET_SCRIPT to its file, or name it as `scripted/FILE`".to_owned());
            }
            (path, _) => PathBuf::from(path),
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("the script {} cannot be read: {error}", path.display()))?;
        let script = Script::parse(&text)
            .map_err(|fault| format!("the script {} is wrong: {fault}", path.display()))?;
        Ok(Arc::new(Scripted::new(script)))
    }
}

impl Models for Registry {
    fn model(&self, name: &str) -> Result<Arc<dyn Model>, String> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = built.get(name) {
            return Ok(Arc::clone(model));
        }
        let model = self.build(name)?;
        built.insert(name.to_owned(), Arc::clone(&model));
        Ok(model)
    }
}

/// What the catalogue knows of a model, asked by `[provider/]name`.
pub fn card(model: &str) -> gimlet_ports::ModelCard {
    let (provider, name) = split(model);
    gimlet_providers::card(provider, name)
}

/// The full name of a model: `provider/name`.
pub(crate) fn full_name(name: &str) -> String {
    let (provider, model) = split(name);
    format!("{provider}/{model}")
}

pub(crate) fn split(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((provider, model)) if !provider.is_empty() && !model.is_empty() => (provider, model),
        _ if name == "scripted" => ("scripted", "script"),
        _ => (FIRST_PROVIDER, name),
    }
}
