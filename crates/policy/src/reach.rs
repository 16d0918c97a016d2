//! Which hosts confined commands reach: the settings' lists and the rules for hosts, on one
//! parsed form.

use crate::rules::{Rules, domain_covers};
use gimlet_protocol::{Reason, Verdict};
use std::net::IpAddr;

/// The lists of hosts.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    allowed: Vec<HostPattern>,
    denied: Vec<HostPattern>,
    /// Others are denied, not asked about.
    pub strict: bool,
}

/// A host of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct HostPattern {
    text: String,
    name: Named,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Number(IpAddr),
    /// With `*` for labels.
    Name(String),
}

impl Hosts {
    /// Lists as they are written in the settings.
    pub fn new(allowed: &[String], denied: &[String]) -> Self {
        let read = |list: &[String]| {
            let patterns = list.iter().filter_map(|text| HostPattern::parse(text));
            patterns.collect()
        };
        Self {
            allowed: read(allowed),
            denied: read(denied),
            strict: false,
        }
    }

    /// Whether a host may be reached, and why. `host` is a name in lower case or a number.
    pub fn judge(&self, rules: &Rules, host: &str, port: u16) -> (Verdict, Reason) {
        let listed = |list: &[HostPattern]| {
            let found = list.iter().find(|pattern| pattern.covers(host, port));
            found.map(|pattern| pattern.text.clone())
        };
        if let Some(text) = listed(&self.denied) {
            return reason(
                Verdict::Deny,
                format!("sandbox.network.deniedDomains has `{text}`"),
            );
        }
        let strictest = rules.of_host(host).max_by_key(|rule| rule.verdict);
        if let Some(rule) = strictest.filter(|rule| rule.verdict != Verdict::Allow) {
            let text = format!("the rule `{}` {} it", rule.text, rule.verb());
            return reason(rule.verdict, text);
        }
        if let Some(text) = listed(&self.allowed) {
            return reason(
                Verdict::Allow,
                format!("sandbox.network.allowedDomains has `{text}`"),
            );
        }
        if let Some(rule) = strictest {
            return reason(
                Verdict::Allow,
                format!("the rule `{}` allows it", rule.text),
            );
        }
        if self.strict {
            let text = "sandbox.network.strictAllowlist is set, and no list has it";
            return reason(Verdict::Deny, text.to_owned());
        }
        reason(Verdict::Ask, "no rule speaks of the host".to_owned())
    }

    /// Whether an address that is not of the public internet is named itself.
    pub fn grants(&self, address: IpAddr, port: u16) -> bool {
        self.allowed.iter().any(|pattern| {
            let fits = pattern.port.is_none_or(|wanted| wanted == port);
            fits && match &pattern.name {
                Named::Number(number) => *number == address,
                Named::Name(name) => name == "localhost" && address.is_loopback(),
            }
        })
    }
}

impl HostPattern {
    /// `name`, `name:port`, `*.name`, a number, `[number]:port`.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if host.ends_with(']') || !host.contains(':') => {
                (host, Some(port.parse().ok()?))
            }
            _ => (text, None),
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = match bare.parse() {
            Ok(number) => Named::Number(number),
            Err(_) => Named::Name(bare.trim_end_matches('.').to_lowercase()),
        };
        (!bare.is_empty()).then(|| Self {
            text: text.to_owned(),
            name,
            port,
        })
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        let fits = self.port.is_none_or(|wanted| wanted == port);
        fits && match (&self.name, host.parse::<IpAddr>()) {
            (Named::Number(number), Ok(host)) => *number == host,
            (Named::Name(name), Err(_)) => domain_covers(name, host),
            (Named::Name(name), Ok(_)) => name == "*",
            (Named::Number(_), Err(_)) => false,
        }
    }
}

fn reason(verdict: Verdict, text: String) -> (Verdict, Reason) {
    let reason = Reason {
        judge: "network".to_owned(),
        text,
        source: None,
    };
    (verdict, reason)
}

#[cfg(test)]
mod tests;
