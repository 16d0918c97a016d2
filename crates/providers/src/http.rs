//! The one HTTP client of an adapter: built on first use, kept for all requests.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Longer than most tools run, so that the next request finds the connection open.
const IDLE_TIMEOUT: Duration = Duration::from_mins(5);
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Builds its client when the first request is made, so that starting up pays nothing.
#[derive(Debug, Default)]
pub(crate) struct LazyClient(OnceLock<Result<reqwest::Client, String>>);

impl LazyClient {
    /// The client for `base_url`; always the same one.
    pub(crate) fn get(&self, base_url: &str) -> Result<&reqwest::Client, &str> {
        self.0
            .get_or_init(|| build(base_url))
            .as_ref()
            .map_err(String::as_str)
    }
}

fn build(base_url: &str) -> Result<reqwest::Client, String> {
    let scheme = base_url.split(':').next().unwrap_or_default();
    let builder = bare_client(scheme)?;
    // What runs on this machine is reached without the system's proxy.
    let builder = if is_loopback(base_url) {
        builder.no_proxy()
    } else {
        builder
    };
    builder
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_keepalive(KEEPALIVE)
        .http2_keep_alive_interval(KEEPALIVE)
        // A compressed stream arrives in lumps.
        .no_gzip()
        .no_brotli()
        .user_agent(concat!("gimlet/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| format!("the HTTP client cannot be built: {error}"))
}

/// A client without redirects for addresses of this scheme.
pub(crate) fn bare_client(scheme: &str) -> Result<reqwest::ClientBuilder, String> {
    if scheme != "https" {
        return plain_client();
    }
    // `Err` only says that there is a provider already.
    drop(rustls::crypto::ring::default_provider().install_default());
    Ok(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()))
}

/// A client without redirects, which would carry a key to another place, and without the
/// system's root certificates: reading these takes milliseconds and megabytes, and a
/// plain-text address needs none.
pub(crate) fn plain_client() -> Result<reqwest::ClientBuilder, String> {
    Ok(reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tls_backend_preconfigured(rootless_tls()?))
}

/// True for an address on this machine.
pub(crate) fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else {
        return false;
    };
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || address
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
}

/// A TLS configuration that trusts nobody.
fn rootless_tls() -> Result<rustls::ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    Ok(config
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
}
