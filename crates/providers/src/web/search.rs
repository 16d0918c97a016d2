//! Searches through a service that the person set up.

use super::walk::failed;
use crate::secret::Secret;
use gimlet_ports::{WebFault, WebHit, WebQuery};
use reqwest::Url;
use serde_json::{Value, json};
use std::{sync::OnceLock, time::Duration};

/// Hits that are asked for.
const HITS: usize = 10;
/// Bytes of an answer that are read.
const ANSWER_BYTES: usize = 4 << 20;
/// Characters of an extract that are kept.
const EXTRACT_CHARS: usize = 600;
const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);

/// Who searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchService {
    /// A `SearXNG` of the person's own.
    SearXng,
    /// Brave.
    Brave,
    /// Tavily.
    Tavily,
    /// Exa.
    Exa,
}

impl SearchService {
    /// Where the service is, where it is in one place.
    fn base_url(self) -> Option<&'static str> {
        match self {
            Self::SearXng => None,
            Self::Brave => Some("https://api.search.brave.com"),
            Self::Tavily => Some("https://api.tavily.com"),
            Self::Exa => Some("https://api.exa.ai"),
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Brave => "/res/v1/web/search",
            Self::SearXng | Self::Tavily | Self::Exa => "/search",
        }
    }
}

/// A service that is set up.
#[derive(Clone, Debug)]
pub struct SearchOptions {
    /// Who searches.
    pub service: SearchService,
    /// Where, instead of the service's own place.
    pub base_url: Option<String>,
    /// The key, where the service wants one.
    pub key: Option<Secret>,
}

/// Searches with one service.
pub(super) struct Searcher {
    options: SearchOptions,
    url: Url,
    client: OnceLock<Result<reqwest::Client, String>>,
}

impl Searcher {
    pub(super) fn new(options: SearchOptions) -> Result<Self, String> {
        let service = options.service;
        let base = options.base_url.as_deref().or(service.base_url());
        let base = base.ok_or("the search service has no address")?;
        let url = format!("{}{}", base.trim_end_matches('/'), service.path());
        let url = Url::parse(&url)
            .map_err(|error| format!("the address of the search service is wrong: {error}"))?;
        Ok(Self {
            options,
            url,
            client: OnceLock::new(),
        })
    }

    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(super) async fn search(&self, query: &WebQuery) -> Result<Vec<WebHit>, WebFault> {
        let body = match tokio::time::timeout(WHOLE, self.ask(query)).await {
            Ok(body) => body?,
            Err(_) => return Err(WebFault::Failed(format!("{} is too slow", self.host()))),
        };
        let answer: Value = serde_json::from_slice(&body).map_err(|_| {
            WebFault::Failed(format!(
                "{} answered with something that is no JSON",
                self.host()
            ))
        })?;
        Ok(hits(self.options.service, &answer))
    }

    async fn ask(&self, query: &WebQuery) -> Result<Vec<u8>, WebFault> {
        let client = self
            .client
            .get_or_init(|| {
                let builder = crate::http::bare_client(self.url.scheme())?;
                // What runs on this machine is reached without the system's proxy.
                let builder = if crate::http::is_loopback(self.url.as_str()) {
                    builder.no_proxy()
                } else {
                    builder
                };
                builder
                    .connect_timeout(CONNECT)
                    .user_agent(concat!("gimlet/", env!("CARGO_PKG_VERSION")))
                    .build()
                    .map_err(|error| error.to_string())
            })
            .as_ref()
            .map_err(|why| WebFault::Failed(format!("the HTTP client cannot be built: {why}")))?;
        let request = self.request(client, query);
        let mut response = request
            .send()
            .await
            .map_err(|error| failed(&self.url, error))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response
            .chunk()
            .await
            .map_err(|error| failed(&self.url, error))?
        {
            body.extend_from_slice(&piece);
            if body.len() > ANSWER_BYTES {
                let text = format!("the answer of {} is too large", self.host());
                return Err(WebFault::Unfit(text));
            }
        }
        if status.is_success() {
            return Ok(body);
        }
        let hint = match (status.as_u16(), self.options.service) {
            (401 | 403, SearchService::SearXng) => {
                "; does its `settings.yml` list json in `search.formats`?"
            }
            (401 | 403, _) => "; is its key right?",
            _ => "",
        };
        Err(WebFault::Failed(format!(
            "{} answered with status {status}{hint}",
            self.host()
        )))
    }

    fn request(&self, client: &reqwest::Client, query: &WebQuery) -> reqwest::RequestBuilder {
        let WebQuery { words, only, never } = query;
        let key = self.options.key.as_ref().map_or("", Secret::expose);
        let mut url = self.url.clone();
        match self.options.service {
            SearchService::SearXng => {
                url.query_pairs_mut()
                    .append_pair("q", &with_sites(query))
                    .append_pair("format", "json");
                client.get(url)
            }
            SearchService::Brave => {
                url.query_pairs_mut()
                    .append_pair("q", &with_sites(query))
                    .append_pair("count", &HITS.to_string());
                client
                    .get(url)
                    .header("accept", "application/json")
                    .header("x-subscription-token", sensitive(key))
            }
            SearchService::Tavily => client
                .post(url)
                .header("authorization", sensitive(&format!("Bearer {key}")))
                .json(&json!({
                    "query": words,
                    "max_results": HITS,
                    "include_domains": only,
                    "exclude_domains": never,
                })),
            SearchService::Exa => {
                let mut body = json!({
                    "query": words,
                    "numResults": HITS,
                    "contents": {"highlights": true},
                });
                for (name, hosts) in [("includeDomains", only), ("excludeDomains", never)] {
                    if !hosts.is_empty() {
                        body[name] = json!(hosts);
                    }
                }
                client
                    .post(url)
                    .header("x-api-key", sensitive(key))
                    .json(&body)
            }
        }
    }
}

/// The words with the operators that engines know for hosts.
fn with_sites(query: &WebQuery) -> String {
    let mut words = query.words.clone();
    if !query.only.is_empty() {
        let sites: Vec<String> = query
            .only
            .iter()
            .map(|host| format!("site:{host}"))
            .collect();
        words.push(' ');
        words.push_str(&sites.join(" OR "));
    }
    for host in &query.never {
        words.push_str(" -site:");
        words.push_str(host);
    }
    words
}

/// A header's value that is kept out of logs; empty where no header can carry it.
fn sensitive(text: &str) -> reqwest::header::HeaderValue {
    let mut value = reqwest::header::HeaderValue::from_str(text)
        .unwrap_or_else(|_| reqwest::header::HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// The hits of an answer; what has no address is left out.
fn hits(service: SearchService, answer: &Value) -> Vec<WebHit> {
    let list = match service {
        SearchService::Brave => &answer["web"]["results"],
        SearchService::SearXng | SearchService::Tavily | SearchService::Exa => &answer["results"],
    };
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let hits = list.iter().filter_map(|item| {
        let text = |name: &str| item[name].as_str().unwrap_or_default().trim().to_owned();
        let url = text("url");
        let is_address = url.starts_with("http://") || url.starts_with("https://");
        let extract = match service {
            SearchService::SearXng | SearchService::Tavily => text("content"),
            SearchService::Brave => text("description"),
            SearchService::Exa => {
                let parts = item["highlights"].as_array().map(Vec::as_slice);
                let parts = parts.unwrap_or_default().iter().filter_map(Value::as_str);
                parts.map(str::trim).collect::<Vec<_>>().join(" … ")
            }
        };
        is_address.then(|| WebHit {
            title: text("title"),
            url,
            extract: extract.chars().take(EXTRACT_CHARS).collect(),
        })
    });
    hits.take(HITS).collect()
}
