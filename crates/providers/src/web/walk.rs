//! One request to addresses that were checked, and the reading of its answer.

use super::{
    body::{Unfit, Unpack},
    fetch::FetchLimits,
};
use gimlet_ports::{WebFault, WebPage};
use reqwest::{
    Response, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use std::{error::Error as _, net::SocketAddr, sync::Arc};

/// Kinds of content without text.
const TEXTLESS: &[&str] = &["image/", "audio/", "video/", "font/", "model/"];
/// The same, whole names.
const PACKED: &[&str] = &[
    "application/gzip",
    "application/java-archive",
    "application/vnd.rar",
    "application/wasm",
    "application/x-7z-compressed",
    "application/x-bzip2",
    "application/x-tar",
    "application/x-xz",
    "application/zip",
    "application/zstd",
];

/// Answers every question with the addresses that were checked, so that no later answer of a
/// name server counts.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// An answer of which the headers are here.
pub(super) struct Answer {
    url: Url,
    response: Response,
}

/// Asks with a client of its own: no proxy that would connect elsewhere, no redirects, no
/// connection of an earlier request, no cookies.
pub(super) async fn ask(
    url: &Url,
    addresses: Vec<SocketAddr>,
    limits: &FetchLimits,
) -> Result<Answer, WebFault> {
    let checked = addresses.clone();
    let client = crate::http::bare_client(url.scheme())
        .and_then(|builder| {
            builder
                .no_proxy()
                .dns_resolver(Arc::new(Pinned(addresses)))
                .connect_timeout(limits.connect)
                .pool_max_idle_per_host(0)
                // Unpacked here, so that both sizes are counted.
                .no_gzip()
                .no_brotli()
                .user_agent(concat!("gimlet/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| error.to_string())
        })
        .map_err(|why| WebFault::Failed(format!("the HTTP client cannot be built: {why}")))?;
    let request = client
        .get(url.clone())
        .header(
            "accept",
            "text/markdown, text/html, application/json, text/plain, */*;q=0.5",
        )
        .header("accept-encoding", "gzip")
        .send();
    let late = |_| WebFault::Failed(format!("{url} did not answer in time"));
    let response = tokio::time::timeout(limits.headers, request)
        .await
        .map_err(late)?
        .map_err(|error| failed(url, error))?;
    let is_checked = |peer: SocketAddr| checked.iter().any(|address| address.ip() == peer.ip());
    if response.remote_addr().is_some_and(|peer| !is_checked(peer)) {
        let text = format!("{url} was answered from an address that was not checked");
        return Err(WebFault::Refused(text));
    }
    let url = url.clone();
    Ok(Answer { url, response })
}

impl Answer {
    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        let value = self.response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// Reads the body.
    pub(super) async fn read(mut self, limits: &FetchLimits) -> Result<WebPage, WebFault> {
        let url = self.url.clone();
        let status = self.status();
        let content_type = self.header("content-type");
        let kind = content_type.as_deref().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let kind = kind.to_ascii_lowercase();
        let textless = TEXTLESS.iter().any(|start| kind.starts_with(start))
            && kind != "image/svg+xml"
            || PACKED.contains(&kind.as_str());
        if textless {
            return Err(WebFault::Unfit(format!(
                "{url} is {kind}, which holds no text"
            )));
        }
        let too_large = || {
            let limit = limits.bytes;
            WebFault::Unfit(format!("{url} is larger than the limit of {limit} bytes"))
        };
        let told = self.response.content_length();
        if told.is_some_and(|told| told > limits.bytes as u64) {
            return Err(too_large());
        }
        let encoding = self.header("content-encoding");
        let mut unpack = Unpack::of(encoding.as_deref(), limits.bytes).ok_or_else(|| {
            WebFault::Unfit(format!("{url} is packed in a way that was not asked for"))
        })?;
        let unfit = |why| match why {
            Unfit::TooLarge => too_large(),
            Unfit::Damaged => WebFault::Failed(format!("the body of {url} is damaged")),
        };
        let mut received = 0;
        loop {
            let chunk = tokio::time::timeout(limits.idle, self.response.chunk()).await;
            let chunk =
                chunk.map_err(|_| WebFault::Failed(format!("{url} stopped in mid-answer")))?;
            let Some(piece) = chunk.map_err(|error| failed(&url, error))? else {
                break;
            };
            received += piece.len();
            if received > limits.bytes {
                return Err(too_large());
            }
            unpack.push(&piece).map_err(unfit)?;
        }
        // Some answers, such as those without a body, say that they are packed and are empty.
        let body = if received == 0 {
            Vec::new()
        } else {
            unpack.finish().map_err(unfit)?
        };
        Ok(WebPage {
            url: url.to_string(),
            status: status.as_u16(),
            status_text: status.canonical_reason().unwrap_or_default().to_owned(),
            content_type,
            body,
            hops: Vec::new(),
        })
    }
}

/// A failure in its innermost words, which are the ones that say something.
pub(super) fn failed(url: &Url, error: reqwest::Error) -> WebFault {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = inner.to_string();
        cause = inner.source();
    }
    WebFault::Failed(format!("{url} cannot be fetched: {words}"))
}
