//! Remotes that the person named as internal, on one form with the addresses that git tells.

/// The list.
pub(super) struct Remotes(Vec<String>);

impl Remotes {
    pub(super) fn new(named: &[String]) -> Self {
        let plain = named.iter().filter_map(|text| plain(text));
        Self(plain.filter(|text| !text.is_empty()).collect())
    }

    /// Whether every address is on the list; nothing is where there is no address.
    pub(super) fn covers_all(&self, addresses: &[String]) -> bool {
        !addresses.is_empty() && addresses.iter().all(|address| self.covers(address))
    }

    /// Whether an address is one of the list or below one.
    pub(super) fn covers(&self, address: &str) -> bool {
        plain(address).is_some_and(|address| {
            self.0.iter().any(|named| {
                let rest = address.strip_prefix(named.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        })
    }
}

/// `host/path` in lower case of `https://user@host:port/path.git`, `user@host:path` and
/// `host/path`. `None` for what could be read in two ways.
fn plain(address: &str) -> Option<String> {
    let address = address.trim().to_lowercase();
    let odd = |c: char| c.is_whitespace() || c.is_control() || "\\%?#*".contains(c);
    if address.contains(odd) || address.split(['/', ':']).any(|part| part == "..") {
        return None;
    }
    let (has_scheme, rest) = match address.split_once("://") {
        Some(("file", rest)) => (false, rest),
        Some(("https" | "http" | "ssh" | "git" | "git+ssh", rest)) => (true, rest),
        Some(_) => return None,
        None => (false, address.as_str()),
    };
    if rest.contains("::") || rest.contains("://") {
        return None;
    }
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) => (host, path.to_owned()),
        None => (rest, String::new()),
    };
    if !has_scheme
        && host
            .split_once(':')
            .is_some_and(|(_, path)| path.contains('@'))
    {
        return None;
    }
    let host = host.rsplit('@').next().unwrap_or_default();
    let (host, first) = host.split_once(':').unwrap_or((host, ""));
    // After a colon stands a port or, without a scheme, the first part of the path.
    let is_port = has_scheme || first.is_empty();
    let whole = match (is_port, path.is_empty()) {
        (true, true) => host.to_owned(),
        (true, false) => format!("{host}/{path}"),
        (false, true) => format!("{host}/{first}"),
        (false, false) => format!("{host}/{first}/{path}"),
    };
    let whole = whole.trim_end_matches('/');
    Some(whole.strip_suffix(".git").unwrap_or(whole).to_owned())
}
