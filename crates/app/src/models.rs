//! Finds models by name and gives their adapters what they need.

mod amazon;
pub(crate) mod cards;
mod connect;
mod google;

use crate::{auth, local};
use connect::{Adapter, Spoken};
use gimlet_ports::{Model, ModelRow, Models};
use gimlet_providers::{
    Chat, ChatOptions, Script, Scripted, chat_needs_no_key,
    local::{Candidate, LocalServer, ServerKind, usual_candidates},
    names,
};
use gimlet_settings::{EnvVar, Settings, env_vars};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// The provider of a name without one.
const FIRST_PROVIDER: &str = "anthropic";
/// The model where nothing names one.
pub const FIRST_MODEL: &str = "anthropic/claude-sonnet-5-5";

/// The provider that is whatever server this machine runs.
const ANY_LOCAL: &str = "local";
/// Stands for the first model that a server on this machine offers.
const FIRST_FOUND: &str = "auto";

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
    /// Adapters by provider and interface, so that models of one share their connections.
    adapters: Mutex<HashMap<(String, Spoken), Adapter>>,
    /// Where servers on this machine are looked for.
    places: Vec<Candidate>,
    built: Mutex<HashMap<String, Arc<dyn Model>>>,
}

impl Registry {
    pub(crate) fn new(settings: Arc<Settings>, stored_key: StoredKey) -> Self {
        Self {
            settings,
            stored_key,
            adapters: Mutex::default(),
            places: usual_candidates(),
            built: Mutex::default(),
        }
    }

    /// Where the key of a model's provider would come from. Looks into the keyring only when
    /// no variable holds one.
    pub(crate) fn key_source(&self, model: &str) -> KeySource {
        let (provider, _) = split(model);
        if provider == "scripted" {
            return KeySource::NotNeeded;
        }
        if let Some(variable) = self.key_variable(provider) {
            return KeySource::Environment(variable.name);
        }
        if self.is_found(provider) || Spoken::has_own_identity(provider) {
            return KeySource::NotNeeded;
        }
        match (self.stored_key)(provider) {
            Ok(Some(_)) => KeySource::Stored,
            Ok(None) | Err(_) if self.may_lack_key(provider) => KeySource::NotNeeded,
            Ok(None) | Err(_) => KeySource::Nowhere,
        }
    }

    /// What to do when the model cannot be had: where nobody chose one and there is no key,
    /// what this machine itself has.
    pub(crate) fn hint(&self) -> Option<String> {
        let unchosen = self.settings.model.is_none();
        (unchosen && self.key_source(FIRST_MODEL) == KeySource::Nowhere)
            .then(|| local::hint(&local::find(&self.places)))
    }

    /// Models that can be named: those of the catalogue, and what the settings name. Looks for
    /// keys in variables alone, since a keyring is slow to ask.
    pub(crate) fn rows(&self) -> Vec<ModelRow> {
        let known = names(FIRST_PROVIDER).map(|name| format!("{FIRST_PROVIDER}/{name}"));
        let mut names: Vec<String> = known.collect();
        let named = self
            .settings
            .model
            .iter()
            .chain(&self.settings.fallback_models);
        for name in named.map(|name| full_name(name)) {
            if !names.contains(&name) {
                names.insert(0, name);
            }
        }
        let rows = names.into_iter().map(|name| {
            let card = card(&name);
            let (provider, _) = split(&name);
            let key = match self.key_variable(provider) {
                Some(variable) => format!("key: {}", variable.name),
                None => String::new(),
            };
            let price = card.price.map(|price| {
                format!(
                    "${:.2} in, ${:.2} out per million",
                    price.input, price.output
                )
            });
            let parts: Vec<String> = price
                .into_iter()
                .chain(Some(key).filter(|key| !key.is_empty()))
                .collect();
            ModelRow {
                name,
                about: parts.join(" · "),
                window_tokens: (!card.assumed).then_some(card.context_tokens),
            }
        });
        rows.collect()
    }

    /// The variable that holds a provider's key.
    fn key_variable(&self, provider: &str) -> Option<EnvVar> {
        let mut variables = auth::variables(provider).iter();
        variables
            .find(|variable| self.settings.env.text(variable).is_some())
            .copied()
    }

    /// True for a server that is found on this machine, where the settings name no other.
    fn is_found(&self, provider: &str) -> bool {
        let searched = provider == ANY_LOCAL || ServerKind::of_provider(provider).is_some();
        searched && self.settings.base_url(provider).is_none()
    }

    /// True where the person says what the address is: what stands there may want no key.
    fn may_lack_key(&self, provider: &str) -> bool {
        let address = self.settings.base_url(provider);
        (address.is_some() && provider != FIRST_PROVIDER) || chat_needs_no_key(provider, address)
    }

    fn build(&self, name: &str) -> Result<Arc<dyn Model>, String> {
        let (provider, model) = split(name);
        match provider {
            "scripted" => self.scripted(model),
            _ if self.is_found(provider) => self.found(provider, model),
            _ => self.connected(provider, model),
        }
    }

    /// A model behind the adapter that speaks its provider's interface.
    fn connected(&self, provider: &str, model: &str) -> Result<Arc<dyn Model>, String> {
        let spoken = Spoken::of(&self.settings, provider, model);
        let adapter = {
            let mut adapters = self.adapters.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (provider.to_owned(), spoken);
            if let Some(adapter) = adapters.get(&key) {
                adapter.clone()
            } else {
                let adapter = self.connect(provider, spoken)?;
                adapters.insert(key, adapter.clone());
                adapter
            }
        };
        Ok(self.over(&adapter, provider, model))
    }

    /// A model of a server on this machine. One that is named is taken as it is when no server
    /// answers yet: the server may only be slow to start.
    fn found(&self, provider: &str, model: &str) -> Result<Arc<dyn Model>, String> {
        let is_meant =
            |server: &LocalServer| provider == ANY_LOCAL || server.kind.provider() == provider;
        let offers = |server: &LocalServer| match model {
            FIRST_FOUND => !server.models.is_empty(),
            name => server.models.iter().any(|offered| offered.name == name),
        };
        let servers: Vec<LocalServer> = local::find(&self.places)
            .into_iter()
            .filter(is_meant)
            .collect();
        let server = servers.iter().find(|server| offers(server));
        let Some(server) = server.or_else(|| servers.first().filter(|_| model != FIRST_FOUND))
        else {
            if provider != ANY_LOCAL && model != FIRST_FOUND {
                return self.connected(provider, model);
            }
            let kind = ServerKind::of_provider(provider);
            let what = kind.map_or_else(|| "model server".to_owned(), |kind| kind.to_string());
            return Err(match servers.first() {
                Some(server) => format!(
                    "there is no model to take: this machine has {}",
                    local::offer(server)
                ),
                None => format!(
                    "no {what} answers on this machine; start it, or name its address in `providers.NAME.baseUrl`"
                ),
            });
        };
        let offered = server
            .models
            .iter()
            .find(|offered| model == FIRST_FOUND || offered.name == model);
        let options = ChatOptions {
            provider: server.kind.provider().to_owned(),
            base_url: Some(server.base_url.clone()),
            context_tokens: offered.and_then(|offered| offered.context_tokens),
            ..ChatOptions::default()
        };
        Ok(Chat::new(options).model(offered.map_or(model, |offered| &offered.name)))
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

/// What is known of a model, asked by `[provider/]name`: the person's word first.
pub fn known_card(settings: &Settings, model: &str) -> gimlet_ports::ModelCard {
    let (provider, name) = split(model);
    cards::card(settings, provider, name, || card(model))
}

/// What this build knows of a model, whatever the person says.
pub(crate) fn card(model: &str) -> gimlet_ports::ModelCard {
    let (provider, name) = split(model);
    match provider {
        FIRST_PROVIDER | "scripted" | "openai" | "azure" | "gemini" | "vertex" | "bedrock" => {
            gimlet_providers::card(provider, name)
        }
        _ => {
            let options = ChatOptions {
                provider: provider.to_owned(),
                ..ChatOptions::default()
            };
            Chat::new(options).model(name).card().clone()
        }
    }
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
        _ if name == ANY_LOCAL || ServerKind::of_provider(name).is_some() => (name, FIRST_FOUND),
        _ => (FIRST_PROVIDER, name),
    }
}

#[cfg(test)]
mod tests;
