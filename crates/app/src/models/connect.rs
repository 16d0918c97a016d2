//! Which interface a provider speaks, and the adapters with what they need.

use super::{FIRST_PROVIDER, Registry, amazon, cards, google};
use crate::auth;
use gimlet_ports::{Model, ToolCalling};
use gimlet_providers::{
    Anthropic, AnthropicOptions, AnthropicPlace, AwsChain, AwsSource, Bedrock, BedrockOptions,
    Chat, ChatOptions, ChatQuirks, Clock, Freeform, Gemini, GeminiOptions, GeminiPlace,
    GoogleTokens, KeyHeader, Responses, ResponsesOptions, Secret, Storing, TextTools,
    ToolStreaming, chat_base_url, chat_providers,
};
use gimlet_settings::{Provider, Settings, env_vars};
use serde_json::{Map, Value};
use std::sync::Arc;

/// An interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Spoken {
    Anthropic,
    VertexAnthropic,
    BedrockAnthropic,
    Responses,
    Chat,
    Gemini,
    VertexGemini,
    Converse,
}

/// An adapter of any interface.
#[derive(Clone)]
pub(super) enum Adapter {
    Anthropic(Anthropic),
    Responses(Responses),
    Chat(Chat),
    Gemini(Gemini),
    Converse(Bedrock),
}

impl Spoken {
    /// The interface for a model: as the settings say, or as is known of the provider.
    pub(super) fn of(settings: &Settings, provider: &str, model: &str) -> Self {
        let given = settings.providers.get(provider);
        let wire = given.and_then(|given| given.wire.as_deref());
        let is_claude = model.contains("claude");
        match (provider, wire) {
            ("bedrock", Some("converse")) => Self::Converse,
            ("bedrock", _) if is_claude => Self::BedrockAnthropic,
            ("bedrock", _) | (_, Some("converse")) => Self::Converse,
            ("vertex", _) if is_claude => Self::VertexAnthropic,
            ("vertex", _) => Self::VertexGemini,
            (_, Some("anthropic")) | (FIRST_PROVIDER, None) => Self::Anthropic,
            (_, Some("responses")) | ("azure", None) => Self::Responses,
            (_, Some("gemini")) | ("gemini", None) => Self::Gemini,
            // What stands at another address mostly speaks the older interface alone.
            ("openai", None) => match settings.base_url("openai") {
                Some(url) if !url.contains("api.openai.com") => Self::Chat,
                Some(_) | None => Self::Responses,
            },
            (_, Some(_) | None) => Self::Chat,
        }
    }

    /// True for providers that know who asks without a key.
    pub(super) fn has_own_identity(provider: &str) -> bool {
        matches!(provider, "bedrock" | "vertex")
    }
}

/// Who gives keys for signatures, and what tells their age.
type Lender = (Arc<dyn AwsSource>, Clock);

fn clock() -> Clock {
    Arc::new(jiff::Timestamp::now)
}

impl Registry {
    /// The model over its adapter, with what is known of it.
    pub(super) fn over(&self, adapter: &Adapter, provider: &str, name: &str) -> Arc<dyn Model> {
        let settings = &self.settings;
        let model = match adapter {
            // Its own table knows more than a card can say.
            Adapter::Anthropic(anthropic) => anthropic.model(name),
            Adapter::Responses(responses) => {
                let card = cards::card(settings, provider, name, || {
                    gimlet_providers::card(provider, name)
                });
                responses.model_as(card)
            }
            Adapter::Gemini(gemini) => {
                let card = cards::card(settings, provider, name, || {
                    gimlet_providers::card(provider, name)
                });
                gemini.model_as(card)
            }
            Adapter::Converse(bedrock) => {
                let card = cards::card(settings, provider, name, || {
                    gimlet_providers::card(provider, name)
                });
                bedrock.model_as(card)
            }
            Adapter::Chat(chat) => {
                let card =
                    cards::card(settings, provider, name, || chat.model(name).card().clone());
                chat.model_as(card)
            }
        };
        match model.card().more.tools {
            ToolCalling::Native => model,
            ToolCalling::Missing => TextTools::over(model),
        }
    }

    pub(super) fn connect(&self, provider: &str, spoken: Spoken) -> Result<Adapter, String> {
        let nothing = Provider::default();
        let given = self.settings.providers.get(provider).unwrap_or(&nothing);
        match spoken {
            Spoken::Anthropic => self.anthropic(provider, given),
            Spoken::VertexAnthropic => {
                let (place, tokens) = self.vertex(given)?;
                let place = AnthropicPlace::Vertex {
                    project: place.project,
                    location: place.location,
                    tokens,
                };
                Ok(Adapter::Anthropic(Anthropic::new(AnthropicOptions {
                    base_url: given.base_url.clone(),
                    headers: secret_headers(given),
                    betas: self.settings.betas.clone(),
                    place,
                    ..AnthropicOptions::default()
                })))
            }
            Spoken::VertexGemini => {
                let (place, tokens) = self.vertex(given)?;
                Ok(Adapter::Gemini(Gemini::new(GeminiOptions {
                    provider: provider.to_owned(),
                    base_url: given.base_url.clone(),
                    place: GeminiPlace::Vertex {
                        project: place.project,
                        location: place.location,
                    },
                    tokens: Some(tokens),
                    headers: secret_headers(given),
                    extra_body: extra_body(given),
                    ..GeminiOptions::default()
                })))
            }
            Spoken::BedrockAnthropic => {
                let (region, keys, key) = self.bedrock(provider, given)?;
                Ok(Adapter::Anthropic(Anthropic::new(AnthropicOptions {
                    base_url: given.base_url.clone(),
                    auth_token: key,
                    headers: secret_headers(given),
                    betas: self.settings.betas.clone(),
                    place: AnthropicPlace::Bedrock { region, keys },
                    ..AnthropicOptions::default()
                })))
            }
            Spoken::Converse => {
                let (region, keys, key) = self.bedrock(provider, given)?;
                Ok(Adapter::Converse(Bedrock::new(BedrockOptions {
                    provider: provider.to_owned(),
                    base_url: given.base_url.clone(),
                    region,
                    keys,
                    key,
                    headers: secret_headers(given),
                    service_tier: given.service_tier.clone(),
                    extra_body: extra_body(given),
                })))
            }
            Spoken::Responses => Ok(Adapter::Responses(Responses::new(
                self.responses_options(provider, given)?,
            ))),
            Spoken::Gemini => Ok(Adapter::Gemini(Gemini::new(GeminiOptions {
                provider: provider.to_owned(),
                base_url: given.base_url.clone(),
                key: self.key(provider)?,
                headers: secret_headers(given),
                extra_body: extra_body(given),
                ..GeminiOptions::default()
            }))),
            Spoken::Chat => Ok(Adapter::Chat(Chat::new(
                self.chat_options(provider, given)?,
            ))),
        }
    }

    fn anthropic(&self, provider: &str, given: &Provider) -> Result<Adapter, String> {
        let env = &self.settings.env;
        let is_first = provider == FIRST_PROVIDER;
        let secret = |variable| env.text(variable).map(Secret::new);
        let auth_token = secret(&env_vars::ANTHROPIC_AUTH_TOKEN).filter(|_| is_first);
        let key = match (is_first, secret(&env_vars::ANTHROPIC_API_KEY)) {
            (true, Some(key)) => Some(key),
            (true, None) if auth_token.is_some() => None,
            (true, None) => (self.stored_key)(provider)?.map(Secret::new),
            (false, _) => self.key(provider)?,
        };
        if is_first && key.is_none() && auth_token.is_none() {
            return Err(
                "there is no key for anthropic: set ANTHROPIC_API_KEY, or run `gimlet auth login`; `gimlet demo` needs none"
                    .to_owned(),
            );
        }
        // A gateway may want its key as a bearer.
        let is_bearer = given.key_header.as_deref() == Some("bearer");
        let (key, auth_token) = if is_bearer && auth_token.is_none() {
            (None, key)
        } else {
            (key, auth_token)
        };
        let tool_streaming = if self.settings.features.streams_tool_input() {
            ToolStreaming::FineGrained
        } else {
            ToolStreaming::Buffered
        };
        Ok(Adapter::Anthropic(Anthropic::new(AnthropicOptions {
            base_url: given.base_url.clone(),
            key,
            auth_token,
            headers: secret_headers(given),
            betas: self.settings.betas.clone(),
            tool_streaming,
            ..AnthropicOptions::default()
        })))
    }

    fn responses_options(
        &self,
        provider: &str,
        given: &Provider,
    ) -> Result<ResponsesOptions, String> {
        let is_azure = provider == "azure";
        let base_url = if is_azure {
            let base = azure_base(given)?;
            Some(match given.api_version {
                Some(_) => format!("{base}/openai"),
                None => format!("{base}/openai/v1"),
            })
        } else {
            given.base_url.clone()
        };
        Ok(ResponsesOptions {
            provider: provider.to_owned(),
            base_url,
            key: self.key(provider)?,
            key_header: key_header(given, is_azure),
            headers: secret_headers(given),
            api_version: given.api_version.clone().filter(|_| is_azure),
            service_tier: given.service_tier.clone(),
            storing: if given.store {
                Storing::Replies
            } else {
                Storing::Nothing
            },
            freeform: vec![Freeform {
                tool: "ApplyPatch".to_owned(),
                member: "patch".to_owned(),
            }],
            extra_body: extra_body(given),
            ..ResponsesOptions::default()
        })
    }

    fn chat_options(&self, provider: &str, given: &Provider) -> Result<ChatOptions, String> {
        let address = given.base_url.as_deref();
        let is_azure = provider == "azure";
        if address.is_none() && chat_base_url(provider).is_none() && !is_azure {
            let known: Vec<&str> = chat_providers().collect();
            return Err(format!(
                "there is no provider `{provider}`; the providers are anthropic, azure, bedrock, gemini, vertex, scripted, {}, and those with a `providers.NAME.baseUrl` in the settings",
                known.join(", ")
            ));
        }
        let base_url = match (is_azure, &given.api_version) {
            (true, Some(_)) => Some(azure_base(given)?),
            (true, None) => Some(format!("{}/openai/v1", azure_base(given)?)),
            (false, _) => address.map(str::to_owned),
        };
        Ok(ChatOptions {
            provider: provider.to_owned(),
            base_url,
            key: self.key(provider)?,
            key_header: key_header(given, is_azure),
            headers: secret_headers(given),
            api_version: given.api_version.clone().filter(|_| is_azure),
            quirks: quirks(provider, given)?,
            extra_body: extra_body(given),
            ..ChatOptions::default()
        })
    }

    /// The provider's key, which may be missing where none is needed.
    fn key(&self, provider: &str) -> Result<Option<Secret>, String> {
        let stored = || (self.stored_key)(provider);
        let lacks = self.may_lack_key(provider);
        let variable = self.key_variable(provider);
        let key = match variable.and_then(|variable| self.settings.env.text(&variable)) {
            Some(key) => Some(key.to_owned()),
            None if lacks => stored().ok().flatten(),
            None => stored()?,
        };
        if key.is_none() && !lacks {
            let set = auth::variables(provider).first();
            let set = set.map_or_else(String::new, |variable| {
                format!("set {}, or ", variable.name)
            });
            return Err(format!(
                "there is no key for {provider}: {set}run `gimlet auth login {provider}`"
            ));
        }
        Ok(key.map(Secret::new))
    }

    fn vertex(&self, given: &Provider) -> Result<(google::Place, Arc<GoogleTokens>), String> {
        let env = &self.settings.env;
        let place = google::place(env, given.project.as_deref(), given.location.as_deref())?;
        let tokens = GoogleTokens::new(place.identity.clone(), clock());
        Ok((place, Arc::new(tokens)))
    }

    fn bedrock(
        &self,
        provider: &str,
        given: &Provider,
    ) -> Result<(String, Option<Lender>, Option<Secret>), String> {
        let env = &self.settings.env;
        let variable = self.key_variable(provider);
        let bearer = variable.and_then(|variable| env.text(&variable));
        let now = jiff::Timestamp::now();
        let (region, profile) = (given.region.as_deref(), given.profile.as_deref());
        if let Some(bearer) = bearer {
            let region = amazon::region(env, region, profile)?;
            return Ok((region, None, Some(Secret::new(bearer))));
        }
        let place = amazon::place(env, region, profile, now)?;
        let chain: Arc<dyn AwsSource> = Arc::new(AwsChain::new(place.link, clock()));
        Ok((place.region, Some((chain, clock())), None))
    }
}

/// A resource's address without a path.
fn azure_base(given: &Provider) -> Result<String, String> {
    let base = given.base_url.as_deref().ok_or(
        "Azure OpenAI needs the address of a resource: set AZURE_OPENAI_ENDPOINT, or `providers.azure.baseUrl`",
    )?;
    let base = base.trim_end_matches('/');
    let base = base.strip_suffix("/openai/v1").unwrap_or(base);
    Ok(base.strip_suffix("/openai").unwrap_or(base).to_owned())
}

fn key_header(given: &Provider, is_azure: bool) -> KeyHeader {
    match given.key_header.as_deref() {
        Some("api-key") => KeyHeader::Named("api-key"),
        Some("x-api-key") => KeyHeader::Named("x-api-key"),
        Some("x-goog-api-key") => KeyHeader::Named("x-goog-api-key"),
        None if is_azure => KeyHeader::Named("api-key"),
        Some(_) | None => KeyHeader::Bearer,
    }
}

/// Headers may hold a gateway's key, so all of them are kept out of errors.
fn secret_headers(given: &Provider) -> Vec<(String, Secret)> {
    let headers = given.headers.iter();
    headers
        .map(|(name, value)| (name.clone(), Secret::new(value)))
        .collect()
}

fn extra_body(given: &Provider) -> Map<String, Value> {
    match &given.extra_body {
        Some(Value::Object(members)) => members.clone(),
        Some(_) | None => Map::new(),
    }
}

/// What the settings say, over what is known of the provider.
fn quirks(provider: &str, given: &Provider) -> Result<Option<ChatQuirks>, String> {
    let Some(Value::Object(given_quirks)) = &given.quirks else {
        return Ok(None);
    };
    let known = ChatQuirks::of(provider, given.base_url.as_deref());
    known
        .with(given_quirks)
        .map(Some)
        .map_err(|error| format!("`providers.{provider}.quirks` is not usable: {error}"))
}
