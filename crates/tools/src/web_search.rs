//! `WebSearch`: titles, addresses and extracts from the search service that the person set up.

use crate::{limits::SEARCHES, web_fetch::told, web_page};
use gimlet_hygiene::screen::{as_data, one_line};
use gimlet_ports::{
    Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, Web, WebHit, WebQuery,
};
use gimlet_protocol::{Access, Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use url::Url;

/// Characters of a title and of an address that are shown.
const LINE_CHARS: usize = 300;
/// Characters of an extract that are shown.
const EXTRACT_CHARS: usize = 600;

/// The tool.
pub(crate) struct WebSearch {
    web: Arc<dyn Web>,
    /// Searches so far.
    searches: AtomicU32,
}

impl WebSearch {
    pub(crate) fn new(web: Arc<dyn Web>) -> Self {
        Self {
            web,
            searches: AtomicU32::new(0),
        }
    }
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct WebSearchInput {
    query: String,
    #[serde(default)]
    allowed_domains: Option<Vec<String>>,
    #[serde(default)]
    blocked_domains: Option<Vec<String>>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebSearchData {
    query: String,
    results: Vec<Found>,
    duration_seconds: f64,
    search_count: u32,
}

/// What one search found.
#[derive(Serialize)]
pub(crate) struct Found {
    tool_use_id: String,
    content: Vec<FoundPage>,
}

/// One hit.
#[derive(Serialize)]
pub(crate) struct FoundPage {
    title: String,
    url: String,
}

impl Tool for WebSearch {
    type Input = WebSearchInput;
    type Output = WebSearchData;

    const CARD: ToolCard = ToolCard {
        name: "WebSearch",
        about: include_str!("web_search.md"),
        risk: Risk::High,
        lane: Lane::Shared,
        exposure: Exposure::Deferred,
        permission: "asks before each search, unless the rule WebSearch allows it",
        deadline: Duration::from_mins(1),
    };

    fn plan(&self, input: &WebSearchInput, _: &Scene) -> Result<Plan, ToolFault> {
        let query = query(input)?;
        // Without a service nothing is reached; the call then says how one is set up.
        let host = self.web.search_host().ok();
        Ok(Plan {
            title: format!("search the web for {}", query.words),
            risk: Risk::High,
            accesses: host
                .into_iter()
                .map(|host| Access::Reach { host })
                .collect(),
        })
    }

    async fn run(
        &self,
        input: WebSearchInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<WebSearchData>, ToolFault> {
        let query = query(&input)?;
        self.web.search_host().map_err(|fault| told(&fault))?;
        if self.searches.fetch_add(1, Ordering::Relaxed) >= SEARCHES {
            let text = format!("this session has made its {SEARCHES} searches");
            return Err(ToolFault::Tell(text));
        }
        let began = Instant::now();
        let hits = tokio::select! {
            biased;
            () = cx.stop.cancelled() => return Err(ToolFault::Tell("stopped".to_owned())),
            hits = self.web.search(&query) => hits.map_err(|fault| told(&fault))?,
        };
        // Services take hosts as a hint at best.
        let hits: Vec<WebHit> = hits
            .into_iter()
            .filter(|hit| is_wanted(hit, &query))
            .collect();
        let text = if hits.is_empty() {
            "Nothing was found.".to_owned()
        } else {
            let list = as_data(web_page::ENVELOPE, &listed(&hits));
            format!("{}\n{list}", web_page::WARNING)
        };
        let content = hits
            .into_iter()
            .map(|WebHit { title, url, .. }| FoundPage { title, url })
            .collect();
        let data = WebSearchData {
            query: query.words,
            results: vec![Found {
                tool_use_id: cx.call.0,
                content,
            }],
            duration_seconds: began.elapsed().as_secs_f64(),
            search_count: 1,
        };
        Ok(ToolReturn::text(text, data))
    }
}

fn query(input: &WebSearchInput) -> Result<WebQuery, ToolFault> {
    let words = input.query.trim();
    if words.is_empty() {
        return Err(ToolFault::Tell("the query is empty".to_owned()));
    }
    let only = hosts(input.allowed_domains.as_deref())?;
    let never = hosts(input.blocked_domains.as_deref())?;
    if !only.is_empty() && !never.is_empty() {
        return Err(ToolFault::Tell(
            "give allowed_domains or blocked_domains, not both".to_owned(),
        ));
    }
    Ok(WebQuery {
        words: words.to_owned(),
        only,
        never,
    })
}

/// Host names in small letters, as they stand in addresses.
fn hosts(given: Option<&[String]>) -> Result<Vec<String>, ToolFault> {
    let given = given.unwrap_or_default().iter();
    given
        .map(|name| {
            let name = name.trim();
            let rest = name.split_once("://").map_or(name, |(_, rest)| rest);
            let rest = rest.trim_start_matches("*.").trim_end_matches('.');
            let url = Url::parse(&format!("https://{rest}")).ok();
            let host = url.as_ref().and_then(Url::host_str).map(str::to_owned);
            host.ok_or_else(|| ToolFault::Tell(format!("`{name}` is no domain")))
        })
        .collect()
}

fn is_wanted(hit: &WebHit, query: &WebQuery) -> bool {
    let url = Url::parse(&hit.url).ok();
    let Some(host) = url.as_ref().and_then(Url::host_str) else {
        return false;
    };
    let host = host.trim_end_matches('.');
    let is_of = |domain: &String| {
        host.strip_suffix(domain.as_str())
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    (query.only.is_empty() || query.only.iter().any(is_of)) && !query.never.iter().any(is_of)
}

fn listed(hits: &[WebHit]) -> String {
    let mut text = String::new();
    for (hit, number) in hits.iter().zip(1..) {
        let WebHit {
            title,
            url,
            extract,
        } = hit;
        let title = one_line(title, LINE_CHARS);
        text.extend([format!("{number}. {title}\n   {url}\n")]);
        if !extract.trim().is_empty() {
            text.extend([format!("   {}\n", one_line(extract, EXTRACT_CHARS))]);
        }
    }
    text
}
