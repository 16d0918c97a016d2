//! Signature version 4, for requests whose whole body is known.

use super::keys::{AwsKeys, AwsSource};
use crate::{
    Secret,
    door::{Clock, Freshness, no_token},
    exchange::{refused, secret_header},
    trouble::Trouble,
};
use jiff::{Timestamp, tz::TimeZone};
use reqwest::{Url, header::HeaderMap};
use ring::{digest, hmac};
use std::sync::{Arc, Mutex, PoisonError};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Signs requests to one service in one region.
pub(crate) struct Signer {
    pub(crate) region: String,
    pub(crate) service: &'static str,
    pub(crate) source: Arc<dyn AwsSource>,
    pub(crate) clock: Clock,
    /// The last session token, which goes out and must stay out of errors.
    last: Mutex<Option<Secret>>,
}

impl Signer {
    pub(crate) fn new(
        region: &str,
        service: &'static str,
        source: Arc<dyn AwsSource>,
        clock: Clock,
    ) -> Self {
        Self {
            region: region.to_owned(),
            service,
            source,
            clock,
            last: Mutex::default(),
        }
    }

    pub(crate) fn renews(&self) -> bool {
        self.source.renews()
    }

    pub(crate) async fn sign(
        &self,
        url: &str,
        headers: &mut HeaderMap,
        body: &[u8],
        freshness: Freshness,
    ) -> Result<(), Trouble> {
        let keys = self.source.keys(freshness).await.map_err(no_token)?;
        let made = self.signature(url, headers, body, &keys)?;
        headers.insert("x-amz-date", secret_header(&made.date)?);
        if let Some(token) = &keys.session_token {
            headers.insert("x-amz-security-token", secret_header(token.expose())?);
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some(token.clone());
        }
        headers.insert("authorization", secret_header(&made.authorization)?);
        Ok(())
    }

    pub(crate) fn redact(&self, text: String) -> String {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(token) => token.redact(text),
            None => text,
        }
    }

    fn signature(
        &self,
        url: &str,
        headers: &HeaderMap,
        body: &[u8],
        keys: &AwsKeys,
    ) -> Result<Made, Trouble> {
        let url = Url::parse(url).map_err(|_| refused("the address is not usable"))?;
        let (day, date) = stamps((self.clock)());
        let mut signed = vec![("host", host(&url)), ("x-amz-date", date.clone())];
        if let Some(kind) = headers
            .get("content-type")
            .and_then(|kind| kind.to_str().ok())
        {
            signed.push(("content-type", kind.trim().to_owned()));
        }
        if let Some(token) = &keys.session_token {
            signed.push(("x-amz-security-token", token.expose().to_owned()));
        }
        signed.sort_unstable();
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut request = format!("POST\n{}\n{}\n", encoded_path(url.path()), query(&url));
        for (name, value) in &signed {
            request.extend([name, ":", value, "\n"]);
        }
        request.extend([
            "\n",
            &names,
            "\n",
            &hex(digest::digest(&digest::SHA256, body).as_ref()),
        ]);
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let hashed = hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref());
        let text = format!("{ALGORITHM}\n{date}\n{scope}\n{hashed}");
        let mut key = mac(format!("AWS4{}", keys.secret_key.expose()).as_bytes(), &day);
        for part in [self.region.as_str(), self.service, "aws4_request"] {
            key = mac(key.as_ref(), part);
        }
        let signature = hex(mac(key.as_ref(), &text).as_ref());
        let access = &keys.access_key;
        Ok(Made {
            authorization: format!(
                "{ALGORITHM} Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"
            ),
            date,
        })
    }
}

struct Made {
    authorization: String,
    date: String,
}

/// The day and the second.
fn stamps(now: Timestamp) -> (String, String) {
    let now = now.to_zoned(TimeZone::UTC);
    (
        now.strftime("%Y%m%d").to_string(),
        now.strftime("%Y%m%dT%H%M%SZ").to_string(),
    )
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn mac(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| digits(*byte, b"0123456789abcdef"))
        .collect()
}

fn digits(byte: u8, alphabet: &[u8; 16]) -> [char; 2] {
    let digit = |at: u8| char::from(alphabet.get(usize::from(at)).copied().unwrap_or(b'0'));
    [digit(byte >> 4), digit(byte & 15)]
}

/// The path as it goes out, encoded once more.
fn encoded_path(path: &str) -> String {
    let parts: Vec<String> = path.split('/').map(encoded).collect();
    parts.join("/")
}

fn query(url: &Url) -> String {
    let mut pairs: Vec<String> = url
        .query_pairs()
        .map(|(name, value)| format!("{}={}", encoded(&name), encoded(&value)))
        .collect();
    pairs.sort_unstable();
    pairs.join("&")
}

/// Everything but letters, digits and `-._~` as percent signs.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(digits(byte, b"0123456789ABCDEF"));
        }
    }
    out
}
