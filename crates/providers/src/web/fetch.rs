//! Addresses that are asked, and the way from one to the next: what is refused, what is made
//! `https`, which redirects are followed.

use super::walk::{self, Answer};
use gimlet_ports::{Fetched, Later, WebFault, WebHop, WebPage};
use reqwest::{StatusCode, Url};
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

/// Redirects that are followed at most.
const REDIRECTS: usize = 10;

/// Finds the addresses of a host. Asked once for each connection; what it says then is checked,
/// and nothing else is connected to.
pub trait Lookup: Send + Sync {
    /// The addresses of a host name.
    fn lookup<'a>(&'a self, host: &'a str, port: u16) -> Later<'a, io::Result<Vec<SocketAddr>>>;
}

/// The system's own way of finding addresses.
#[derive(Clone, Copy, Debug)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup<'a>(&'a self, host: &'a str, port: u16) -> Later<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// How long a page may take and how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Until the host's address is known, and again until there is a connection.
    pub connect: Duration,
    /// From the request to the end of the headers.
    pub headers: Duration,
    /// Between two pieces of the body.
    pub idle: Duration,
    /// The whole way with all redirects.
    pub whole: Duration,
    /// Bytes of the body as they come, and again unpacked.
    pub bytes: usize,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            headers: Duration::from_secs(30),
            idle: Duration::from_secs(15),
            whole: Duration::from_mins(2),
            bytes: 10 << 20,
        }
    }
}

/// How pages are fetched.
#[derive(Clone)]
pub struct FetchOptions {
    /// Finds addresses.
    pub lookup: Arc<dyn Lookup>,
    /// Hosts that are asked by `http` where the address says so; the others by `https`.
    pub plain_hosts: Vec<String>,
    /// One address that is asked although it is not public. For tests with a server of their
    /// own; no setting and no variable leads here.
    pub permitted: Option<SocketAddr>,
    /// Time and size.
    pub limits: FetchLimits,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            lookup: Arc::new(SystemLookup),
            plain_hosts: Vec::new(),
            permitted: None,
            limits: FetchLimits::default(),
        }
    }
}

impl fmt::Debug for FetchOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchOptions")
            .field("plain_hosts", &self.plain_hosts)
            .field("permitted", &self.permitted)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Fetches pages.
pub(super) struct Fetcher {
    options: FetchOptions,
}

impl Fetcher {
    pub(super) fn new(options: FetchOptions) -> Self {
        Self { options }
    }

    /// The address that will be asked.
    pub(super) fn parse(&self, text: &str) -> Result<Url, WebFault> {
        let url = Url::parse(text.trim())
            .map_err(|error| WebFault::Refused(format!("this is no address: {error}")))?;
        self.prepared(url)
    }

    /// The address without what is not sent, by `https` where plain text is not wanted.
    fn prepared(&self, mut url: Url) -> Result<Url, WebFault> {
        if !matches!(url.scheme(), "http" | "https") {
            let text = format!(
                "only http and https addresses are fetched, not {}:",
                url.scheme()
            );
            return Err(WebFault::Refused(text));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(WebFault::Refused(
                "addresses with a name or password in them are not fetched".to_owned(),
            ));
        }
        url.set_fragment(None);
        let host = url.host_str().unwrap_or_default();
        let is_plain = self
            .options
            .plain_hosts
            .iter()
            .any(|plain| plain.eq_ignore_ascii_case(host));
        // Both have the same rules for hosts and paths, so this cannot fail.
        if url.scheme() == "http" && !is_plain && url.set_scheme("https").is_err() {
            return Err(WebFault::Refused(
                "the address cannot be made https".to_owned(),
            ));
        }
        Ok(url)
    }

    pub(super) async fn fetch(&self, url: Url) -> Result<Fetched, WebFault> {
        let whole = self.options.limits.whole;
        match tokio::time::timeout(whole, self.follow(url)).await {
            Ok(fetched) => fetched,
            Err(_) => Err(WebFault::Failed(format!(
                "the page was not there after {} s",
                whole.as_secs_f32()
            ))),
        }
    }

    async fn follow(&self, mut url: Url) -> Result<Fetched, WebFault> {
        let mut hops: Vec<WebHop> = Vec::new();
        loop {
            let addresses = self.addresses(&url).await?;
            let answer = walk::ask(&url, addresses, &self.options.limits).await?;
            let Some(to) = leads_to(&url, &answer)? else {
                let page = answer.read(&self.options.limits).await?;
                return Ok(Fetched::Page(Arc::new(WebPage { hops, ..page })));
            };
            hops.push(WebHop {
                status: answer.status().as_u16(),
                from: url.to_string(),
                to: to.to_string(),
            });
            let next = self
                .prepared(to)
                .map_err(|fault| on_the_way(&hops, fault))?;
            if next.host_str() != url.host_str() {
                return Ok(Fetched::Moved { hops });
            }
            if hops.len() >= REDIRECTS {
                let fault = WebFault::Failed(format!("more than {REDIRECTS} redirects"));
                return Err(on_the_way(&hops, fault));
            }
            url = next;
        }
    }

    /// The addresses of the host, all of them public.
    async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, WebFault> {
        let port = url.port_or_known_default().unwrap_or(443);
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        let found = if let Ok(address) = literal.parse::<IpAddr>() {
            vec![SocketAddr::new(address, port)]
        } else {
            let lookup = self.options.lookup.lookup(host, port);
            let found = tokio::time::timeout(self.options.limits.connect, lookup).await;
            let unknown = |why: String| {
                WebFault::Failed(format!("the address of {host} is not known: {why}"))
            };
            let found = found.map_err(|_| unknown("no answer in time".to_owned()))?;
            found.map_err(|error| unknown(error.to_string()))?
        };
        if found.is_empty() {
            return Err(WebFault::Failed(format!("{host} has no address")));
        }
        // One closed address is enough: a host that mixes them wants to be mistaken.
        let closed = found.iter().find_map(|address| {
            let why = gimlet_hygiene::address::closed(address.ip())?;
            (self.options.permitted != Some(*address)).then_some((address.ip(), why))
        });
        match closed {
            Some((address, why)) => Err(WebFault::Refused(format!(
                "{host} is at {address} ({why}); only the public internet is fetched from"
            ))),
            None => Ok(found),
        }
    }
}

/// Where an answer redirects to, if it does.
fn leads_to(url: &Url, answer: &Answer) -> Result<Option<Url>, WebFault> {
    let redirects = matches!(
        answer.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let Some(location) = answer.header("location").filter(|_| redirects) else {
        return Ok(None);
    };
    let joined = url.join(&location);
    let no_address =
        |_| WebFault::Failed(format!("{url} redirects to something that is no address"));
    joined.map(Some).map_err(no_address)
}

/// A fault with the redirects that led to it.
fn on_the_way(hops: &[WebHop], fault: WebFault) -> WebFault {
    let way: Vec<&str> = hops.iter().map(|hop| hop.to.as_str()).collect();
    let told = |why: String| format!("{why} (redirected to {})", way.join(", then "));
    match fault {
        WebFault::Refused(why) => WebFault::Refused(told(why)),
        WebFault::Unfit(why) => WebFault::Unfit(told(why)),
        WebFault::Failed(why) => WebFault::Failed(told(why)),
        WebFault::NotSetUp(why) => WebFault::NotSetUp(told(why)),
    }
}
