//! `WebFetch`: the readable text of a page of the public internet.

mod html;
mod text;

use crate::{limits::PAGE_CHARS, web_page};
use gimlet_hygiene::screen::{as_data, for_model, one_line};
use gimlet_ports::{
    Fetched, Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn, Web, WebFault, WebHop,
    WebPage,
};
use gimlet_protocol::{Access, Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use url::Url;

/// Characters of the prompt that the person is shown.
const PROMPT_CHARS: usize = 120;

/// The tool.
pub(crate) struct WebFetch {
    pub(crate) web: Arc<dyn Web>,
}

/// What the model gives.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct WebFetchInput {
    url: String,
    /// Told to the person who is asked; the text itself comes back whole.
    #[serde(default)]
    prompt: Option<String>,
    /// Characters to skip.
    #[serde(default, deserialize_with = "crate::loose::number")]
    offset: Option<u64>,
}

/// The structured output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebFetchData {
    bytes: usize,
    code: u16,
    code_text: String,
    result: String,
    duration_ms: u64,
    url: String,
}

impl Tool for WebFetch {
    type Input = WebFetchInput;
    type Output = WebFetchData;

    const CARD: ToolCard = ToolCard {
        name: "WebFetch",
        about: include_str!("web_fetch.md"),
        risk: Risk::High,
        lane: Lane::Shared,
        exposure: Exposure::Deferred,
        permission: "asks before each host, unless a rule such as WebFetch(domain:example.com) allows it",
        deadline: Duration::from_mins(5),
    };

    fn plan(&self, input: &WebFetchInput, _: &Scene) -> Result<Plan, ToolFault> {
        let url = address(&input.url)?;
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let mut title = format!("fetch {url}");
        if let Some(prompt) = input
            .prompt
            .as_deref()
            .filter(|text| !text.trim().is_empty())
        {
            title.extend([": ", &one_line(prompt, PROMPT_CHARS)]);
        }
        Ok(Plan {
            title,
            // An address can carry what was read here to whoever owns the host.
            risk: Risk::High,
            accesses: vec![Access::Reach {
                host: host.to_owned(),
            }],
        })
    }

    async fn run(
        &self,
        input: WebFetchInput,
        cx: ToolCx,
    ) -> Result<ToolReturn<WebFetchData>, ToolFault> {
        let url = address(&input.url)?;
        let began = Instant::now();
        let fetched = tokio::select! {
            biased;
            () = cx.stop.cancelled() => return Err(ToolFault::Tell("stopped".to_owned())),
            fetched = self.web.fetch(url.as_str()) => fetched,
        };
        let took = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match fetched {
            Ok(Fetched::Page(page)) => {
                let part = Part::of(Arc::clone(&page), &input).await?;
                Ok(shown(&page, &part, took()))
            }
            Ok(Fetched::Moved { hops }) => Ok(moved(&hops, took())),
            Err(fault) => Err(told(&fault)),
        }
    }
}

/// The address, if it may be one of a page.
fn address(text: &str) -> Result<Url, ToolFault> {
    let wrong = |why: &str| ToolFault::Tell(format!("url is wrong: {why}"));
    let url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err(wrong("it must begin with https:// or http://")),
    }
}

/// A fault in words for the model.
pub(crate) fn told(fault: &WebFault) -> ToolFault {
    ToolFault::Tell(for_model(&fault.to_string()).into_owned())
}

/// The part of a page's text that is shown.
struct Part {
    text: String,
    /// Characters of the whole text, if they are not all in `text`.
    more: Option<Window>,
}

/// Which characters of a longer text these are.
struct Window {
    from: usize,
    to: usize,
    all: usize,
}

impl Part {
    async fn of(page: Arc<WebPage>, input: &WebFetchInput) -> Result<Self, ToolFault> {
        let url = page.url.clone();
        // Taking text out of a body can keep a processor busy for long.
        let read = tokio::task::spawn_blocking(move || text::of(&page)).await;
        let unreadable =
            |why: &str| ToolFault::Tell(format!("{} cannot be read: {why}", for_model(&url)));
        let whole = read
            .map_err(|_| unreadable("its reader failed"))?
            .map_err(|why| unreadable(&why))?;
        let all = whole.chars().count();
        let from = usize::try_from(input.offset.unwrap_or(0)).unwrap_or(usize::MAX);
        if from > 0 && from >= all {
            return Err(ToolFault::Tell(format!(
                "offset is {from}; the page's text has {all} characters"
            )));
        }
        if from == 0 && all <= PAGE_CHARS {
            return Ok(Self {
                text: whole,
                more: None,
            });
        }
        let to = all.min(from + PAGE_CHARS);
        Ok(Self {
            text: whole.chars().skip(from).take(PAGE_CHARS).collect(),
            more: Some(Window { from, to, all }),
        })
    }
}

fn shown(page: &WebPage, part: &Part, took_ms: u64) -> ToolReturn<WebFetchData> {
    let kind = page.content_type.as_deref().unwrap_or("no content type");
    let mut head = format!(
        "{} ({} {}, {kind}, {} bytes)\n",
        page.url,
        page.status,
        page.status_text,
        page.body.len()
    );
    add_hops(&mut head, &page.hops);
    if let Some(Window { from, to, all }) = part.more {
        head.extend([format!("characters {from} to {to} of {all}")]);
        if to < all {
            head.extend([format!("; the next part is at offset {to}")]);
        }
        head.push('\n');
    }
    let head = for_model(&head).into_owned();
    let result = as_data(web_page::ENVELOPE, part.text.trim());
    let data = WebFetchData {
        bytes: page.body.len(),
        code: page.status,
        code_text: page.status_text.clone(),
        result: result.clone(),
        duration_ms: took_ms,
        url: page.url.clone(),
    };
    ToolReturn {
        failed: page.status >= 400,
        ..ToolReturn::text(format!("{head}{}\n{result}", web_page::WARNING), data)
    }
}

fn moved(hops: &[WebHop], took_ms: u64) -> ToolReturn<WebFetchData> {
    let to = hops.last().map_or("", |hop| hop.to.as_str());
    let code = hops.last().map_or(0, |hop| hop.status);
    let mut text = String::new();
    add_hops(&mut text, hops);
    text.extend([format!(
        "This leads to another host, which was not asked. If you want what is there, call \
         WebFetch with {to}"
    )]);
    let text = for_model(&text).into_owned();
    let data = WebFetchData {
        bytes: 0,
        code,
        code_text: "Redirect".to_owned(),
        result: text.clone(),
        duration_ms: took_ms,
        url: to.to_owned(),
    };
    ToolReturn::text(text, data)
}

fn add_hops(text: &mut String, hops: &[WebHop]) {
    for WebHop { status, from, to } in hops {
        text.extend([format!("redirect {status}: {from} -> {to}\n")]);
    }
}
