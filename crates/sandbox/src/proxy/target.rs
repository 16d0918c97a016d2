//! Where a command wants to go: a host in the one form in which it is compared, and a port.

use std::{fmt, net::IpAddr};
use url::Host;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    host: Host,
    port: u16,
}

impl Target {
    /// Of a host as it is written in an address; every spelling of a number becomes that number.
    pub fn new(host: &str, port: u16) -> Option<Self> {
        let host = host.strip_suffix('.').unwrap_or(host);
        if host.is_empty() || port == 0 {
            return None;
        }
        let host = Host::parse(host).ok()?;
        Some(Self { host, port })
    }

    /// Of `host:port`, where a number of version 6 stands in brackets.
    pub fn parse(authority: &str) -> Option<Self> {
        let (host, port) = authority.rsplit_once(':')?;
        let plain = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let bare = host.contains(':') && !host.starts_with('[');
        if !plain || bare {
            return None;
        }
        Self::new(host, port.parse().ok()?)
    }

    pub(super) fn of_address(address: IpAddr, port: u16) -> Self {
        let host = match address {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        };
        Self { host, port }
    }

    pub(super) fn of_url(url: &url::Url) -> Option<Self> {
        let host = url.host()?.to_string();
        Self::new(&host, url.port_or_known_default()?)
    }

    /// The host's name or number, without brackets.
    pub fn host(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The number, where the host is one.
    pub fn address(&self) -> Option<IpAddr> {
        match &self.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(*address)),
            Host::Ipv6(address) => Some(
                address
                    .to_ipv4_mapped()
                    .map_or(IpAddr::V6(*address), IpAddr::V4),
            ),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
