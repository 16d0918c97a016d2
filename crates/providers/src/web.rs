//! The public web: pages by address, and searches through a configured service.
//!
//! It stands beside the adapters of models because the HTTP client and TLS are linked here; it
//! shares neither connections nor keys with them.

mod body;
mod cache;
mod fetch;
mod search;
mod walk;

pub use fetch::{FetchLimits, FetchOptions, Lookup, SystemLookup};
pub use search::{SearchOptions, SearchService};

use cache::Cache;
use fetch::Fetcher;
use gimlet_ports::{Fetched, Later, Web, WebFault, WebHit, WebQuery};
use search::Searcher;
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// The web as this process reaches it.
pub struct PublicWeb {
    fetcher: Fetcher,
    searcher: Result<Searcher, String>,
    cache: Mutex<Cache>,
}

impl PublicWeb {
    /// Nothing is connected before it is asked. `search` is what is set up, or a sentence that
    /// says how it is.
    pub fn new(fetch: FetchOptions, search: Result<SearchOptions, String>) -> Self {
        Self {
            fetcher: Fetcher::new(fetch),
            searcher: search.and_then(Searcher::new),
            cache: Mutex::default(),
        }
    }

    async fn get(&self, url: &str) -> Result<Fetched, WebFault> {
        let url = self.fetcher.parse(url)?;
        let kept = self.cache().get(url.as_str(), Instant::now());
        if let Some(page) = kept {
            return Ok(Fetched::Page(page));
        }
        let asked = url.to_string();
        let fetched = self.fetcher.fetch(url).await?;
        if let Fetched::Page(page) = &fetched
            && (200..300).contains(&page.status)
        {
            self.cache().put(asked, page.clone(), Instant::now());
        }
        Ok(fetched)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn searcher(&self) -> Result<&Searcher, WebFault> {
        self.searcher
            .as_ref()
            .map_err(|why| WebFault::NotSetUp(why.clone()))
    }
}

impl Web for PublicWeb {
    fn fetch<'a>(&'a self, url: &'a str) -> Later<'a, Result<Fetched, WebFault>> {
        Box::pin(self.get(url))
    }

    fn search_host(&self) -> Result<String, WebFault> {
        self.searcher().map(|searcher| searcher.host().to_owned())
    }

    fn search<'a>(&'a self, query: &'a WebQuery) -> Later<'a, Result<Vec<WebHit>, WebFault>> {
        Box::pin(async move { self.searcher()?.search(query).await })
    }
}
