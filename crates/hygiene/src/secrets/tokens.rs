//! Keys of known forms: a table of how each begins and what its body is made of.

use super::{Finding, line::Found, value};
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// Characters that a body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    /// Letters and digits.
    Alnum,
    /// Capitals and digits.
    Upper,
    /// Hexadecimal digits.
    Hex,
    /// Digits.
    Digit,
    /// Letters, digits, `_` and `-`.
    Word,
    /// As [`Set::Word`], and `.`.
    Dotted,
    /// As [`Set::Word`], and `.`, `=`, `+`, `/`, `~`.
    Wide,
}

impl Set {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Digit => byte.is_ascii_digit(),
            Self::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Wide => {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b'_' | b'-' | b'.' | b'=' | b'+' | b'/' | b'~')
            }
        }
    }
}

/// A part of a body: so many characters of a set, or this text.
#[derive(Clone, Copy, Debug)]
enum Part {
    Run(Set, usize, usize),
    Text(&'static str),
}

use Part::{Run, Text};
use Set::{Alnum, Digit, Dotted, Hex, Upper, Wide, Word};

/// What may stand before a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// Anything: nothing else begins like this.
    Any,
    /// No letter, digit or `_`.
    Border,
}

#[derive(Clone, Copy, Debug)]
struct Form {
    kind: &'static str,
    prefix: &'static str,
    before: Before,
    body: &'static [Part],
}

const ANY: Before = Before::Any;
const EDGE: Before = Before::Border;
/// No upper bound.
const MORE: usize = usize::MAX;

const fn form(
    kind: &'static str,
    before: Before,
    prefix: &'static str,
    body: &'static [Part],
) -> Form {
    Form {
        kind,
        prefix,
        before,
        body,
    }
}

/// Each kind of key, by what it begins with. Lengths are a little below the issued ones, so that
/// a key that was cut short is found too.
const FORMS: &[Form] = &[
    // Models.
    form("Anthropic key", ANY, "sk-ant-", &[Run(Word, 24, MORE)]),
    form("OpenAI key", EDGE, "sk-", &[Run(Alnum, 32, MORE)]),
    form("OpenAI key", ANY, "sk-proj-", &[Run(Word, 24, MORE)]),
    form("OpenAI key", ANY, "sk-svcacct-", &[Run(Word, 24, MORE)]),
    form("OpenAI key", ANY, "sk-admin-", &[Run(Word, 24, MORE)]),
    form("OpenAI key", ANY, "sk-None-", &[Run(Word, 24, MORE)]),
    form("OpenRouter key", ANY, "sk-or-v1-", &[Run(Alnum, 32, MORE)]),
    form("LiteLLM key", ANY, "sk-litellm-", &[Run(Word, 16, MORE)]),
    form("ElevenLabs key", EDGE, "sk_", &[Run(Hex, 48, MORE)]),
    form("xAI key", EDGE, "xai-", &[Run(Alnum, 48, MORE)]),
    form("Groq key", EDGE, "gsk_", &[Run(Alnum, 40, MORE)]),
    form("Perplexity key", EDGE, "pplx-", &[Run(Alnum, 32, MORE)]),
    form("Hugging Face token", EDGE, "hf_", &[Run(Alnum, 30, MORE)]),
    form(
        "Hugging Face token",
        EDGE,
        "api_org_",
        &[Run(Alnum, 30, MORE)],
    ),
    form("Replicate token", EDGE, "r8_", &[Run(Alnum, 32, MORE)]),
    form("Fireworks key", EDGE, "fw_", &[Run(Alnum, 22, MORE)]),
    form("Cerebras key", EDGE, "csk-", &[Run(Alnum, 32, MORE)]),
    form("NVIDIA key", EDGE, "nvapi-", &[Run(Word, 40, MORE)]),
    form("Voyage key", EDGE, "pa-", &[Run(Word, 40, 48)]),
    form("Tavily key", EDGE, "tvly-", &[Run(Word, 24, MORE)]),
    form("Jina key", EDGE, "jina_", &[Run(Alnum, 32, MORE)]),
    form(
        "LangSmith key",
        EDGE,
        "lsv2_",
        &[
            Run(Alnum, 2, 2),
            Text("_"),
            Run(Hex, 32, 32),
            Text("_"),
            Run(Hex, 8, MORE),
        ],
    ),
    form("Firecrawl key", EDGE, "fc-", &[Run(Hex, 32, 32)]),
    form("Anyscale key", EDGE, "esecret_", &[Run(Alnum, 24, MORE)]),
    form(
        "Langfuse key",
        EDGE,
        "sk-lf-",
        &[Run(Hex, 8, 8), Text("-"), Run(Word, 24, MORE)],
    ),
    // Where code is kept and built.
    form("GitHub token", ANY, "ghp_", &[Run(Alnum, 30, MORE)]),
    form("GitHub token", ANY, "gho_", &[Run(Alnum, 30, MORE)]),
    form("GitHub token", ANY, "ghu_", &[Run(Alnum, 30, MORE)]),
    form("GitHub token", ANY, "ghs_", &[Run(Alnum, 30, MORE)]),
    form("GitHub token", ANY, "ghr_", &[Run(Alnum, 30, MORE)]),
    form(
        "GitHub token",
        ANY,
        "github_pat_",
        &[Run(Alnum, 20, 24), Text("_"), Run(Alnum, 40, MORE)],
    ),
    form("GitLab token", ANY, "glpat-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "gldt-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "glrt-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "glrtr-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "glcbt-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "glptt-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "glft-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "glsoat-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "glimt-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "glagent-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "gloas-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "glffct-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "glwt-", &[Run(Dotted, 20, MORE)]),
    form("GitLab token", EDGE, "GR1348941", &[Run(Word, 20, MORE)]),
    form("Bitbucket token", EDGE, "ATBB", &[Run(Alnum, 28, MORE)]),
    form("Bitbucket token", ANY, "ATCTT3xFfG", &[Run(Wide, 40, MORE)]),
    form("Atlassian token", ANY, "ATATT3xFfG", &[Run(Wide, 40, MORE)]),
    form("CircleCI token", EDGE, "CCIPAT_", &[Run(Word, 24, MORE)]),
    form("CircleCI token", EDGE, "CCIPRJ_", &[Run(Word, 24, MORE)]),
    form("Buildkite token", EDGE, "bkua_", &[Run(Alnum, 32, MORE)]),
    form("SonarQube token", EDGE, "squ_", &[Run(Hex, 40, MORE)]),
    form("SonarQube token", EDGE, "sqp_", &[Run(Hex, 40, MORE)]),
    form("SonarQube token", EDGE, "sqa_", &[Run(Hex, 40, MORE)]),
    form("Sourcegraph token", EDGE, "sgp_", &[Run(Word, 40, MORE)]),
    form("Sentry token", EDGE, "sntrys_", &[Run(Wide, 40, MORE)]),
    form("Sentry token", EDGE, "sntryu_", &[Run(Hex, 60, MORE)]),
    form("Snyk token", EDGE, "snyk_uat.", &[Run(Dotted, 24, MORE)]),
    // Packages.
    form("npm token", EDGE, "npm_", &[Run(Alnum, 30, MORE)]),
    form("PyPI token", ANY, "pypi-AgE", &[Run(Word, 40, MORE)]),
    form(
        "PyPI token",
        ANY,
        "pypi-AgENdGVzdC5weXBpLm9yZ",
        &[Run(Word, 30, MORE)],
    ),
    form("RubyGems key", EDGE, "rubygems_", &[Run(Hex, 40, MORE)]),
    form("crates.io token", EDGE, "cio", &[Run(Alnum, 32, 32)]),
    form("Docker token", EDGE, "dckr_pat_", &[Run(Word, 20, MORE)]),
    form("Docker token", EDGE, "dckr_oat_", &[Run(Word, 20, MORE)]),
    form("NuGet key", EDGE, "oy2", &[Run(Alnum, 43, 43)]),
    form("Clojars token", EDGE, "CLOJARS_", &[Run(Alnum, 56, MORE)]),
    form("JFrog key", EDGE, "AKCp", &[Run(Alnum, 60, MORE)]),
    form("JFrog token", EDGE, "cmVmdGtu", &[Run(Alnum, 50, MORE)]),
    // Clouds.
    form("AWS access key", EDGE, "AKIA", &[Run(Upper, 16, 16)]),
    form("AWS access key", EDGE, "ASIA", &[Run(Upper, 16, 16)]),
    form("AWS access key", EDGE, "ABIA", &[Run(Upper, 16, 16)]),
    form("AWS access key", EDGE, "ACCA", &[Run(Upper, 16, 16)]),
    form(
        "AWS Bedrock key",
        ANY,
        "ABSKQmVkcm9ja0FQSUtleS",
        &[Run(Wide, 60, MORE)],
    ),
    form(
        "AWS Bedrock key",
        ANY,
        "bedrock-api-key-",
        &[Run(Wide, 40, MORE)],
    ),
    form("AWS MWS token", EDGE, "amzn.mws.", &[Run(Word, 36, 36)]),
    form("Google API key", EDGE, "AIza", &[Run(Word, 33, MORE)]),
    form("Google OAuth token", EDGE, "ya29.", &[Run(Word, 20, MORE)]),
    form("Google refresh token", EDGE, "1//0", &[Run(Word, 40, MORE)]),
    form(
        "Google client secret",
        EDGE,
        "GOCSPX-",
        &[Run(Word, 24, MORE)],
    ),
    form("DigitalOcean token", EDGE, "dop_v1_", &[Run(Hex, 40, MORE)]),
    form("DigitalOcean token", EDGE, "doo_v1_", &[Run(Hex, 40, MORE)]),
    form("DigitalOcean token", EDGE, "dor_v1_", &[Run(Hex, 40, MORE)]),
    form("Heroku key", EDGE, "HRKU-", &[Run(Word, 32, MORE)]),
    form(
        "Cloudflare key",
        EDGE,
        "v1.0-",
        &[Run(Hex, 24, 24), Text("-"), Run(Hex, 100, MORE)],
    ),
    form("Fly token", EDGE, "fo1_", &[Run(Word, 40, MORE)]),
    form("Fly token", EDGE, "fm2_", &[Run(Wide, 60, MORE)]),
    form("Fly token", EDGE, "fm1r_", &[Run(Wide, 60, MORE)]),
    form("Netlify token", EDGE, "nfp_", &[Run(Alnum, 36, MORE)]),
    form("Alibaba key", EDGE, "LTAI", &[Run(Alnum, 16, 24)]),
    form(
        "Yandex token",
        EDGE,
        "t1.",
        &[Run(Word, 40, MORE), Text("."), Run(Word, 80, MORE)],
    ),
    form("Scalingo token", EDGE, "tk-us-", &[Run(Word, 40, MORE)]),
    form("Pulumi token", EDGE, "pul-", &[Run(Hex, 40, 40)]),
    form("Databricks token", EDGE, "dapi", &[Run(Hex, 32, 32)]),
    form(
        "Tailscale key",
        EDGE,
        "tskey-",
        &[Run(Alnum, 3, 9), Text("-"), Run(Word, 20, MORE)],
    ),
    form("Vault token", EDGE, "hvs.", &[Run(Word, 24, MORE)]),
    form("Vault token", EDGE, "hvb.", &[Run(Word, 60, MORE)]),
    form("Vault token", EDGE, "hvr.", &[Run(Word, 24, MORE)]),
    form(
        "Doppler token",
        EDGE,
        "dp.",
        &[Run(Alnum, 2, 5), Text("."), Run(Alnum, 40, MORE)],
    ),
    form("1Password token", EDGE, "ops_eyJ", &[Run(Wide, 60, MORE)]),
    form(
        "PlanetScale token",
        EDGE,
        "pscale_tkn_",
        &[Run(Dotted, 32, MORE)],
    ),
    form(
        "PlanetScale token",
        EDGE,
        "pscale_oauth_",
        &[Run(Dotted, 32, MORE)],
    ),
    form(
        "PlanetScale password",
        EDGE,
        "pscale_pw_",
        &[Run(Dotted, 32, MORE)],
    ),
    form("Supabase token", EDGE, "sbp_", &[Run(Alnum, 32, MORE)]),
    form("Supabase key", EDGE, "sb_secret_", &[Run(Word, 20, MORE)]),
    form("Neon key", EDGE, "napi_", &[Run(Alnum, 40, MORE)]),
    // Messages.
    form("Slack token", ANY, "xoxb-", &[Run(Word, 20, MORE)]),
    form("Slack token", ANY, "xoxp-", &[Run(Word, 20, MORE)]),
    form("Slack token", ANY, "xoxa-", &[Run(Word, 20, MORE)]),
    form("Slack token", ANY, "xoxr-", &[Run(Word, 20, MORE)]),
    form("Slack token", ANY, "xoxs-", &[Run(Word, 20, MORE)]),
    form("Slack token", ANY, "xoxo-", &[Run(Word, 20, MORE)]),
    form("Slack token", ANY, "xoxc-", &[Run(Word, 20, MORE)]),
    form("Slack token", ANY, "xoxd-", &[Run(Wide, 20, MORE)]),
    form("Slack token", ANY, "xoxe-", &[Run(Word, 20, MORE)]),
    form("Slack token", ANY, "xoxe.xox", &[Run(Wide, 20, MORE)]),
    form(
        "Slack token",
        EDGE,
        "xapp-",
        &[Run(Digit, 1, 2), Text("-"), Run(Word, 24, MORE)],
    ),
    form(
        "Slack webhook",
        ANY,
        "hooks.slack.com/services/",
        &[Run(Wide, 24, MORE)],
    ),
    form(
        "Slack webhook",
        ANY,
        "hooks.slack.com/workflows/",
        &[Run(Wide, 24, MORE)],
    ),
    form(
        "Slack webhook",
        ANY,
        "hooks.slack.com/triggers/",
        &[Run(Wide, 24, MORE)],
    ),
    form(
        "Discord webhook",
        ANY,
        "discord.com/api/webhooks/",
        &[Run(Digit, 15, 22), Text("/"), Run(Word, 40, MORE)],
    ),
    form(
        "Discord webhook",
        ANY,
        "discordapp.com/api/webhooks/",
        &[Run(Digit, 15, 22), Text("/"), Run(Word, 40, MORE)],
    ),
    form(
        "Teams webhook",
        ANY,
        "webhook.office.com/webhookb2/",
        &[Run(Wide, 36, MORE)],
    ),
    form(
        "SendGrid key",
        EDGE,
        "SG.",
        &[Run(Word, 16, 40), Text("."), Run(Word, 24, MORE)],
    ),
    form("Mailgun key", EDGE, "key-", &[Run(Hex, 32, 32)]),
    form("Brevo key", EDGE, "xkeysib-", &[Run(Hex, 40, MORE)]),
    form(
        "Resend key",
        EDGE,
        "re_",
        &[Run(Alnum, 8, 8), Text("_"), Run(Alnum, 20, 28)],
    ),
    form("Twilio key", EDGE, "SK", &[Run(Hex, 32, 32)]),
    form("Intercom token", EDGE, "dG9rO", &[Run(Wide, 40, MORE)]),
    // Money.
    form("Stripe key", ANY, "sk_live_", &[Run(Alnum, 16, MORE)]),
    form("Stripe key", ANY, "sk_test_", &[Run(Alnum, 16, MORE)]),
    form("Stripe key", ANY, "rk_live_", &[Run(Alnum, 16, MORE)]),
    form("Stripe key", ANY, "rk_test_", &[Run(Alnum, 16, MORE)]),
    form(
        "Stripe webhook secret",
        EDGE,
        "whsec_",
        &[Run(Wide, 24, MORE)],
    ),
    form("Square token", EDGE, "sq0atp-", &[Run(Word, 22, MORE)]),
    form("Square token", EDGE, "sq0csp-", &[Run(Word, 40, MORE)]),
    form("Square token", EDGE, "EAAAE", &[Run(Word, 55, MORE)]),
    form("Razorpay key", EDGE, "rzp_live_", &[Run(Alnum, 14, MORE)]),
    form(
        "Flutterwave key",
        EDGE,
        "FLWSECK_TEST-",
        &[Run(Alnum, 12, MORE)],
    ),
    form("Flutterwave key", EDGE, "FLWSECK-", &[Run(Alnum, 12, MORE)]),
    form(
        "PayPal token",
        EDGE,
        "access_token$production$",
        &[Run(Alnum, 16, 16), Text("$"), Run(Hex, 32, MORE)],
    ),
    form(
        "Plaid token",
        EDGE,
        "access-production-",
        &[Run(Hex, 8, 8), Text("-"), Run(Word, 20, MORE)],
    ),
    form("Shopify token", EDGE, "shpat_", &[Run(Hex, 32, MORE)]),
    form("Shopify token", EDGE, "shpca_", &[Run(Hex, 32, MORE)]),
    form("Shopify token", EDGE, "shppa_", &[Run(Hex, 32, MORE)]),
    form("Shopify secret", EDGE, "shpss_", &[Run(Hex, 32, MORE)]),
    form(
        "Coinbase key",
        EDGE,
        "organizations/",
        &[
            Run(Hex, 8, 8),
            Text("-"),
            Run(Word, 27, 27),
            Text("/apiKeys/"),
            Run(Word, 30, MORE),
        ],
    ),
    // Work and watching.
    form("Linear key", EDGE, "lin_api_", &[Run(Alnum, 32, MORE)]),
    form("Linear token", EDGE, "lin_oauth_", &[Run(Alnum, 32, MORE)]),
    form("Notion token", EDGE, "ntn_", &[Run(Alnum, 40, MORE)]),
    form("Notion token", EDGE, "secret_", &[Run(Alnum, 43, 43)]),
    form("Figma token", EDGE, "figd_", &[Run(Word, 32, MORE)]),
    form("Figma token", EDGE, "figo_", &[Run(Word, 32, MORE)]),
    form(
        "Asana token",
        EDGE,
        "1/",
        &[Run(Digit, 15, 17), Text(":"), Run(Hex, 32, MORE)],
    ),
    form(
        "Airtable token",
        EDGE,
        "pat",
        &[Run(Alnum, 14, 14), Text("."), Run(Hex, 60, MORE)],
    ),
    form(
        "HubSpot token",
        EDGE,
        "pat-",
        &[
            Run(Alnum, 2, 3),
            Text("-"),
            Run(Hex, 8, 8),
            Text("-"),
            Run(Word, 20, MORE),
        ],
    ),
    form(
        "Postman key",
        EDGE,
        "PMAK-",
        &[Run(Hex, 20, 24), Text("-"), Run(Hex, 30, MORE)],
    ),
    form("Typeform token", EDGE, "tfp_", &[Run(Word, 40, MORE)]),
    form("Contentful token", EDGE, "CFPAT-", &[Run(Word, 40, MORE)]),
    form("ReadMe key", EDGE, "rdme_", &[Run(Alnum, 60, MORE)]),
    form("Prefect key", EDGE, "pnu_", &[Run(Alnum, 32, MORE)]),
    form(
        "Grafana token",
        EDGE,
        "glsa_",
        &[Run(Alnum, 30, 34), Text("_"), Run(Hex, 6, MORE)],
    ),
    form("Grafana token", EDGE, "glc_eyJ", &[Run(Wide, 32, MORE)]),
    form("Grafana token", EDGE, "glc_", &[Run(Wide, 40, MORE)]),
    form("New Relic key", EDGE, "NRAK-", &[Run(Upper, 24, MORE)]),
    form("New Relic key", EDGE, "NRII-", &[Run(Word, 30, MORE)]),
    form("New Relic key", EDGE, "NRRA-", &[Run(Hex, 40, MORE)]),
    form(
        "Dynatrace token",
        EDGE,
        "dt0c01.",
        &[Run(Upper, 24, 24), Text("."), Run(Upper, 60, MORE)],
    ),
    form("PostHog key", EDGE, "phx_", &[Run(Alnum, 32, MORE)]),
    form(
        "LaunchDarkly key",
        EDGE,
        "sdk-",
        &[
            Run(Hex, 8, 8),
            Text("-"),
            Run(Hex, 4, 4),
            Text("-"),
            Run(Word, 22, 22),
        ],
    ),
    form("Infracost key", EDGE, "ico-", &[Run(Alnum, 32, 32)]),
    form("Mapbox token", EDGE, "sk.eyJ", &[Run(Dotted, 60, MORE)]),
    form(
        "Facebook token",
        EDGE,
        "EAACEdEose0cBA",
        &[Run(Alnum, 20, MORE)],
    ),
    form("Dropbox token", EDGE, "sl.", &[Run(Word, 120, MORE)]),
    form("Shippo token", EDGE, "shippo_live_", &[Run(Hex, 40, MORE)]),
    form("Duffel token", EDGE, "duffel_live_", &[Run(Word, 40, MORE)]),
    form("EasyPost key", EDGE, "EZAK", &[Run(Alnum, 54, 54)]),
    form("Adafruit key", EDGE, "aio_", &[Run(Alnum, 28, 28)]),
    // Of no one provider.
    form("age key", ANY, "AGE-SECRET-KEY-1", &[Run(Upper, 40, MORE)]),
    form(
        "age key",
        ANY,
        "AGE-SECRET-KEY-PQ-1",
        &[Run(Upper, 40, MORE)],
    ),
    form(
        "JSON web token",
        EDGE,
        "eyJ",
        &[
            Run(Word, 10, MORE),
            Text(".eyJ"),
            Run(Word, 8, MORE),
            Text("."),
            Run(Word, 8, MORE),
        ],
    ),
    form(
        "encrypted JSON web token",
        EDGE,
        "eyJ",
        &[
            Run(Word, 30, MORE),
            Text("."),
            Run(Word, 0, MORE),
            Text("."),
            Run(Word, 16, MORE),
            Text("."),
            Run(Word, 16, MORE),
            Text("."),
            Run(Word, 16, MORE),
        ],
    ),
    form(
        "private key",
        EDGE,
        "LS0tLS1CRUdJTi",
        &[Run(Wide, 60, MORE)],
    ),
];

/// Finds where a form may begin.
#[expect(
    clippy::expect_used,
    reason = "the table is fixed, and a test builds it"
)]
static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .build(FORMS.iter().map(|form| form.prefix))
        .expect("the table is small")
});

pub(super) fn scan(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    for hit in FINDER.find_overlapping_iter(text) {
        let Some(form) = FORMS.get(hit.pattern().as_usize()) else {
            continue;
        };
        if form.before == Before::Border && !is_border(bytes, hit.start()) {
            continue;
        }
        if let Some(end) = body_end(form.body, bytes, hit.end())
            && is_key(form, text, hit.end(), end)
        {
            // The whole address of a webhook is its key.
            let before = text.get(..hit.start()).unwrap_or_default();
            let is_address = form.kind.ends_with("webhook") && before.ends_with("https://");
            let scheme = if is_address { "https://".len() } else { 0 };
            push(form.kind, hit.start() - scheme, end, found);
        }
    }
    telegram(bytes, found);
    azure(bytes, found);
    terraform(bytes, found);
    mailchimp(bytes, found);
}

fn push(kind: &'static str, start: usize, end: usize, found: &mut Vec<Found>) {
    found.push(Found {
        finding: Finding {
            kind,
            span: start..end,
        },
        context: start,
    });
}

/// Where the body ends, if it is one.
fn body_end(parts: &[Part], bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    for (place, part) in parts.iter().enumerate() {
        match *part {
            Text(text) => {
                bytes.get(at..)?.strip_prefix(text.as_bytes())?;
                at += text.len();
            }
            Run(set, least, most) => {
                let run = bytes.get(at..)?;
                let length = run.iter().take_while(|byte| set.has(**byte)).count();
                let is_last = place + 1 == parts.len();
                // A longer run than the form has is something else.
                if length < least || (length > most && is_last) {
                    return None;
                }
                at += length.min(most);
            }
        }
    }
    Some(at)
}

/// Whether the body is one that somebody issued, and no placeholder or name.
fn is_key(form: &Form, text: &str, start: usize, end: usize) -> bool {
    let Some(body) = text.get(start..end) else {
        return false;
    };
    if form.prefix == "LS0tLS1CRUdJTi" {
        return is_encoded_private_key(body);
    }
    let solid = body.bytes().filter(u8::is_ascii_alphanumeric).count();
    if solid < 12 || value::is_stub(body) {
        return false;
    }
    // Names of things with words in them look like keys whose alphabet has `_` and `-`.
    let is_wordy = matches!(form.body, [Run(Word | Dotted | Wide, ..)]) && value::is_words(body);
    // Short bodies behind short prefixes are words, unless they are in capitals throughout.
    let is_name =
        form.prefix.len() <= 4 && body.len() < 28 && value::is_words(body) && !is_shouted(body);
    !is_wordy && !is_name
}

/// Capitals throughout.
fn is_shouted(body: &str) -> bool {
    body.bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Whether base64 that begins like a key block says that the key is private.
fn is_encoded_private_key(body: &str) -> bool {
    // "PRIVATE" at each of the three places that it can have in base64.
    ["UFJJVkFUR", "BSSVZBVE", "QUklWQVRF"].iter().any(|part| {
        let head: String = body.chars().take(64).collect();
        head.contains(part)
    })
}

fn is_border(bytes: &[u8], start: usize) -> bool {
    let Some(before) = start.checked_sub(1).and_then(|at| bytes.get(at)) else {
        return true;
    };
    if !(before.is_ascii_alphanumeric() || *before == b'_') {
        return true;
    }
    // The letter of `\n` and the digits of `%3D` and of a colour belong to no word.
    let back = |by: usize| start.checked_sub(by).and_then(|at| bytes.get(at)).copied();
    (matches!(before, b'n' | b't' | b'r') && back(2) == Some(b'\\'))
        || (before.is_ascii_hexdigit() && back(3) == Some(b'%'))
        || (*before == b'm' && colour_ends(bytes, start))
}

/// Whether a colour sequence ends right before.
fn colour_ends(bytes: &[u8], start: usize) -> bool {
    let before = bytes.get(start.saturating_sub(24)..start.saturating_sub(1));
    before
        .unwrap_or_default()
        .iter()
        .rev()
        .find(|byte| !(byte.is_ascii_digit() || **byte == b';'))
        == Some(&b'[')
}

/// A bot's number, `:AA` and its key.
fn telegram(bytes: &[u8], found: &mut Vec<Found>) {
    for at in memchr::memmem::find_iter(bytes, ":AA") {
        let digits = bytes
            .get(..at)
            .unwrap_or_default()
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let body = [Run(Word, 32, 40)];
        if (8..=10).contains(&digits)
            && let Some(end) = body_end(&body, bytes, at + 1)
        {
            push("Telegram token", at - digits, end, found);
        }
    }
}

/// Three characters, a digit, `Q~` and the rest.
fn azure(bytes: &[u8], found: &mut Vec<Found>) {
    let is_part = |byte: u8| Dotted.has(byte) || byte == b'~';
    for at in memchr::memmem::find_iter(bytes, "Q~") {
        let Some(start) = at.checked_sub(4) else {
            continue;
        };
        let head = bytes.get(start..at).unwrap_or_default();
        let rest = bytes.get(at + 2..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is_part(**byte)).count();
        if head.last().is_some_and(u8::is_ascii_digit)
            && head.iter().all(|byte| is_part(*byte))
            && (31..=34).contains(&length)
        {
            push("Azure client secret", start, at + 2 + length, found);
        }
    }
}

/// A name of fourteen characters, `.atlasv1.` and the key.
fn terraform(bytes: &[u8], found: &mut Vec<Found>) {
    for at in memchr::memmem::find_iter(bytes, ".atlasv1.") {
        let before = bytes.get(..at).unwrap_or_default().iter().rev();
        let name = before.take_while(|byte| Alnum.has(**byte)).count().min(14);
        let body = [Text(".atlasv1."), Run(Word, 60, MORE)];
        if let Some(end) = body_end(&body, bytes, at) {
            push("Terraform token", at - name, end, found);
        }
    }
}

/// Thirty-two hexadecimal digits, `-us` and the number of a data centre.
fn mailchimp(bytes: &[u8], found: &mut Vec<Found>) {
    for at in memchr::memmem::find_iter(bytes, "-us") {
        let before = bytes.get(..at).unwrap_or_default().iter().rev();
        let digits = before.take_while(|byte| Hex.has(**byte)).count();
        if digits == 32
            && let Some(end) = body_end(&[Text("-us"), Run(Digit, 1, 2)], bytes, at)
        {
            push("Mailchimp key", at - digits, end, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_no_form_twice() {
        for (place, form) in FORMS.iter().enumerate() {
            let again = FORMS
                .iter()
                .skip(place + 1)
                .any(|other| other.prefix == form.prefix && other.kind == form.kind);
            assert!(!again, "{}", form.prefix);
        }
        assert!(FINDER.patterns_len() == FORMS.len());
    }
}
