//! Credentials without a form of their own: values that a name, a header, an address or a
//! command gives away.

mod assigned;
mod header;
mod spoken;

use super::{Finding, line::Found};
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// What a keyword leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lead {
    /// The end of a name that a value is assigned to.
    Name(super::value::Nature),
    /// A name that counts only with quotes or an underscore around, as in `"auth": "…"`.
    Auth,
    Authorization,
    Bearer,
    Cookie,
    Address,
    Query,
    Curl,
    Login,
}

use super::value::Nature::{Password, Token};

const LEADS: &[(&str, Lead)] = &[
    ("password", Lead::Name(Password)),
    ("passwd", Lead::Name(Password)),
    ("passphrase", Lead::Name(Password)),
    ("passwort", Lead::Name(Password)),
    ("pwd", Lead::Name(Password)),
    ("secret", Lead::Name(Token)),
    ("token", Lead::Name(Token)),
    ("apikey", Lead::Name(Token)),
    ("api_key", Lead::Name(Token)),
    ("api-key", Lead::Name(Token)),
    ("api key", Lead::Name(Token)),
    ("accesskey", Lead::Name(Token)),
    ("access_key", Lead::Name(Token)),
    ("access-key", Lead::Name(Token)),
    ("secretkey", Lead::Name(Token)),
    ("secret_key", Lead::Name(Token)),
    ("secret-key", Lead::Name(Token)),
    ("secret_access_key", Lead::Name(Token)),
    ("secretaccesskey", Lead::Name(Token)),
    ("private_key", Lead::Name(Token)),
    ("private-key", Lead::Name(Token)),
    ("privatekey", Lead::Name(Token)),
    ("accountkey", Lead::Name(Token)),
    ("account_key", Lead::Name(Token)),
    ("auth_key", Lead::Name(Token)),
    ("authkey", Lead::Name(Token)),
    ("signing_key", Lead::Name(Token)),
    ("signingkey", Lead::Name(Token)),
    ("encryption_key", Lead::Name(Token)),
    ("encryptionkey", Lead::Name(Token)),
    ("master_key", Lead::Name(Token)),
    ("masterkey", Lead::Name(Token)),
    ("license_key", Lead::Name(Token)),
    ("service_key", Lead::Name(Token)),
    ("app_key", Lead::Name(Token)),
    ("application_key", Lead::Name(Token)),
    ("credential", Lead::Name(Token)),
    ("client-key-data", Lead::Name(Token)),
    ("session_key", Lead::Name(Token)),
    ("sessionid", Lead::Name(Token)),
    ("session_id", Lead::Name(Token)),
    ("auth", Lead::Auth),
    ("authorization", Lead::Authorization),
    ("bearer ", Lead::Bearer),
    ("cookie:", Lead::Cookie),
    ("://", Lead::Address),
    ("sig=", Lead::Query),
    ("signature=", Lead::Query),
    ("?key=", Lead::Query),
    ("&key=", Lead::Query),
    ("curl ", Lead::Curl),
    ("docker login", Lead::Login),
    ("sshpass", Lead::Login),
    ("mysql ", Lead::Login),
];

#[expect(
    clippy::expect_used,
    reason = "the table is fixed, and a test builds it"
)]
static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(aho_corasick::MatchKind::LeftmostLongest)
        .build(LEADS.iter().map(|(word, _)| word))
        .expect("the table is small")
});

/// A hit in the text.
#[derive(Clone, Copy, Debug)]
struct Hit {
    start: usize,
    end: usize,
}

pub(super) fn scan(text: &str, found: &mut Vec<Found>) {
    for hit in FINDER.find_iter(text) {
        let Some((_, lead)) = LEADS.get(hit.pattern().as_usize()) else {
            continue;
        };
        let hit = Hit {
            start: hit.start(),
            end: hit.end(),
        };
        match *lead {
            Lead::Name(nature) => assigned::named(text, hit, nature, found),
            Lead::Auth => assigned::auth(text, hit, found),
            Lead::Authorization => header::authorization(text, hit, found),
            Lead::Bearer => header::bearer(text, hit, found),
            Lead::Cookie => header::cookie(text, hit, found),
            Lead::Address => spoken::address(text, hit, found),
            Lead::Query => spoken::query(text, hit, found),
            Lead::Curl => spoken::curl(text, hit, found),
            Lead::Login => spoken::login(text, hit, found),
        }
    }
}

fn push(kind: &'static str, context: usize, span: std::ops::Range<usize>, found: &mut Vec<Found>) {
    found.push(Found {
        finding: Finding { kind, span },
        context,
    });
}

/// The rest of the line, at most this many bytes of it.
fn rest_of_line(text: &str, from: usize, most: usize) -> &str {
    let end = text.floor_char_boundary(text.len().min(from.saturating_add(most)));
    let rest = text.get(from..end).unwrap_or_default();
    rest.split(['\n', '\r']).next().unwrap_or_default()
}
