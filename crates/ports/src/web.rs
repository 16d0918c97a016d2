//! The public web, for the tools that read pages and search it.

use crate::Later;
use std::{fmt, sync::Arc};

/// The public web, and nothing else: what stands on this machine or in a private network is
/// refused by the address that would really be connected to.
pub trait Web: Send + Sync {
    /// Gets what stands at an address. Redirects on the same host are followed; one to another
    /// host is given back, because nobody was asked about that host.
    fn fetch<'a>(&'a self, url: &'a str) -> Later<'a, Result<Fetched, WebFault>>;

    /// The host that searches go to.
    ///
    /// # Errors
    /// What is missing and how it is set up, where there is none.
    fn search_host(&self) -> Result<String, WebFault>;

    /// Searches.
    fn search<'a>(&'a self, query: &'a WebQuery) -> Later<'a, Result<Vec<WebHit>, WebFault>>;
}

/// What a fetch gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// An answer with its body.
    Page(Arc<WebPage>),
    /// The way leads to another host, which was not asked.
    Moved {
        /// The redirects so far; the last one leads away.
        hops: Vec<WebHop>,
    },
}

/// An answer with its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebPage {
    /// Where it was found, after all redirects.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The status in words.
    pub status_text: String,
    /// The header `content-type`.
    pub content_type: Option<String>,
    /// The body, unpacked.
    pub body: Vec<u8>,
    /// The redirects on the way.
    pub hops: Vec<WebHop>,
}

/// A redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebHop {
    /// The HTTP status.
    pub status: u16,
    /// Who redirected.
    pub from: String,
    /// Where to.
    pub to: String,
}

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebQuery {
    /// The words.
    pub words: String,
    /// Only hits on these hosts and their subdomains, where there are any.
    pub only: Vec<String>,
    /// No hits on these hosts and their subdomains.
    pub never: Vec<String>,
}

/// Something that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebHit {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// A part of its text, where the search gave one.
    pub extract: String,
}

/// Why there is nothing. Each text is a fragment without any secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebFault {
    /// This address is never asked.
    Refused(String),
    /// What came is not taken: too large, or of a kind that holds no text.
    Unfit(String),
    /// The other side does not answer, or not in time.
    Failed(String),
    /// Nothing is set up to do this.
    NotSetUp(String),
}

impl fmt::Display for WebFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) | Self::Unfit(why) | Self::Failed(why) | Self::NotSetUp(why) => {
                f.write_str(why)
            }
        }
    }
}

impl std::error::Error for WebFault {}
