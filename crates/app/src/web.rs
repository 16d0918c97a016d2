//! The web as the settings want it: how pages are fetched, who searches and with which key.

use gimlet_ports::Web;
use gimlet_providers::{FetchOptions, PublicWeb, SearchOptions, SearchService, Secret};
use gimlet_settings::{EnvVar, Settings, env_vars};
use std::sync::Arc;

/// What to do where nothing searches.
const NO_SERVICE: &str = "no search service is set up: the person sets `webSearch.service` to \
    searxng (with `webSearch.baseUrl`), brave, tavily or exa (with a key in BRAVE_API_KEY, \
    TAVILY_API_KEY or EXA_API_KEY)";

/// The web for all sessions of this process. Nothing is connected yet.
pub(crate) fn web(settings: &Settings) -> Arc<dyn Web> {
    let fetch = FetchOptions {
        plain_hosts: settings.web.plain_hosts.clone(),
        ..FetchOptions::default()
    };
    Arc::new(PublicWeb::new(fetch, search(settings)))
}

/// The web as it is where the person has set nothing.
pub fn web_without_search() -> Arc<dyn Web> {
    let missing = Err(NO_SERVICE.to_owned());
    Arc::new(PublicWeb::new(FetchOptions::default(), missing))
}

/// The search service, or what is missing.
fn search(settings: &Settings) -> Result<SearchOptions, String> {
    let name = settings.web.search_service.as_deref().ok_or(NO_SERVICE)?;
    let (service, variable) = service(name).ok_or(NO_SERVICE)?;
    let base_url = settings.web.search_base_url.clone();
    let key = match &variable {
        None if base_url.is_none() => {
            return Err(
                "`webSearch.service` is searxng, and no `webSearch.baseUrl` says where it is"
                    .to_owned(),
            );
        }
        None => None,
        Some(variable) => {
            let key = settings.env.text(variable);
            let missing = || {
                let key = variable.name;
                format!("`webSearch.service` is {name}, and {key} holds no key for it")
            };
            Some(Secret::new(key.ok_or_else(missing)?))
        }
    };
    Ok(SearchOptions {
        service,
        base_url,
        key,
    })
}

/// A service with the variable of its key.
fn service(name: &str) -> Option<(SearchService, Option<EnvVar>)> {
    match name {
        "searxng" => Some((SearchService::SearXng, None)),
        "brave" => Some((SearchService::Brave, Some(env_vars::BRAVE_API_KEY))),
        "tavily" => Some((SearchService::Tavily, Some(env_vars::TAVILY_API_KEY))),
        "exa" => Some((SearchService::Exa, Some(env_vars::EXA_API_KEY))),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
