//! What lets a request in: a key that never changes stands in the headers; a token that must be
//! fetched, or a signature over the body, is made here, right before the request goes out.

use crate::{
    Secret,
    aws::Signer,
    exchange::{add_headers, secret_header},
    trouble::Trouble,
};
use futures::future::BoxFuture;
use gimlet_ports::Failure;
use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderValue},
};
use std::sync::{Arc, Mutex, PoisonError};

/// Tells the time. Given by the caller, since this crate has no clock.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// Which token will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// One that is kept and not over.
    Kept,
    /// A new one: the provider refused what was kept.
    New,
}

/// Why there is no token. Neither text holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Whoever gives tokens says no: only the person can help.
    #[error("{0}")]
    Denied(String),
    /// Whoever gives tokens cannot be reached: it may be better soon.
    #[error("{0}")]
    Unreachable(String),
}

/// Gives tokens that go out as `authorization: Bearer …`: from a sign-in, a helper command, or a
/// cloud's own identity. It keeps what it has and renews it before it is over.
pub trait TokenSource: Send + Sync {
    /// A token. Ends within a deadline of its own.
    fn token(&self, freshness: Freshness) -> BoxFuture<'_, Result<Secret, TokenFault>>;
}

/// What lets requests in.
pub(crate) enum Door {
    /// What is needed stands in the headers.
    Open,
    /// A bearer token.
    Tokens(Tokens),
    /// A signature.
    Signed(Signer),
}

/// A source of tokens, and the last one, which must stay out of errors.
pub(crate) struct Tokens {
    source: Arc<dyn TokenSource>,
    last: Mutex<Option<Secret>>,
}

impl Tokens {
    pub(crate) fn of(source: Arc<dyn TokenSource>) -> Self {
        Self {
            source,
            last: Mutex::default(),
        }
    }
}

impl Door {
    /// True when a reply may only mean that what was kept is over.
    pub(crate) fn may_be_stale(&self, status: StatusCode) -> bool {
        match self {
            Self::Open => false,
            Self::Tokens(_) => status == StatusCode::UNAUTHORIZED,
            // Amazon says 403 of an expired session.
            Self::Signed(signer) => {
                signer.renews()
                    && matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            }
        }
    }

    /// Adds what is needed to the headers.
    pub(crate) async fn open(
        &self,
        url: &str,
        headers: &mut HeaderMap,
        body: &[u8],
        freshness: Freshness,
    ) -> Result<(), Trouble> {
        match self {
            Self::Open => Ok(()),
            Self::Tokens(tokens) => {
                let token = tokens.source.token(freshness).await.map_err(no_token)?;
                let bearer = format!("Bearer {}", token.expose());
                headers.insert("authorization", secret_header(&bearer)?);
                *tokens.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
                Ok(())
            }
            Self::Signed(signer) => signer.sign(url, headers, body, freshness).await,
        }
    }

    /// Takes what was made here out of a text.
    pub(crate) fn redact(&self, text: String) -> String {
        match self {
            Self::Open => text,
            Self::Tokens(tokens) => {
                let last = tokens.last.lock().unwrap_or_else(PoisonError::into_inner);
                match &*last {
                    Some(token) => token.redact(text),
                    None => text,
                }
            }
            Self::Signed(signer) => signer.redact(text),
        }
    }
}

/// A request that has no token.
pub(crate) fn no_token(fault: TokenFault) -> Trouble {
    match fault {
        TokenFault::Denied(text) => Trouble::new(Failure::Credentials, text),
        TokenFault::Unreachable(text) => Trouble::new(Failure::Cut, text),
    }
}

/// Where a key that never changes stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyHeader {
    /// `authorization: Bearer …`.
    #[default]
    Bearer,
    /// A header of this name.
    Named(&'static str),
}

/// Keys, tokens and headers of an adapter.
pub(crate) struct Access {
    pub(crate) key: Option<Secret>,
    pub(crate) key_header: KeyHeader,
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) door: Door,
}

impl Access {
    pub(crate) fn new(
        key: Option<&Secret>,
        key_header: KeyHeader,
        headers: &[(String, Secret)],
        tokens: Option<&Arc<dyn TokenSource>>,
    ) -> Self {
        Self {
            key: key.cloned(),
            key_header,
            headers: headers.to_vec(),
            door: tokens.map_or(Door::Open, |tokens| {
                Door::Tokens(Tokens::of(Arc::clone(tokens)))
            }),
        }
    }

    /// The headers that are the same for every request.
    pub(crate) fn headers(&self, accept: &'static str) -> Result<HeaderMap, Trouble> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("accept", HeaderValue::from_static(accept));
        if let Some(key) = &self.key {
            match self.key_header {
                KeyHeader::Bearer => {
                    let bearer = format!("Bearer {}", key.expose());
                    headers.insert("authorization", secret_header(&bearer)?);
                }
                KeyHeader::Named(name) => {
                    headers.insert(name, secret_header(key.expose())?);
                }
            }
        }
        add_headers(&mut headers, &self.headers)?;
        Ok(headers)
    }

    /// Takes every key out of a text, in case a server said it back.
    pub(crate) fn redact(&self, text: String) -> String {
        let values = self.headers.iter().map(|(_, value)| value);
        let secrets = self.key.iter().chain(values);
        secrets.fold(text, |text, secret| secret.redact(text))
    }
}
