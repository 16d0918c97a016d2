//! Google's application-default credentials, turned into bearer tokens.

use crate::{
    Secret,
    aws::encoded,
    door::{Clock, Freshness, TokenFault, TokenSource},
    inquiry::{Answer, Inquirer, NEARBY, REMOTE, ask},
};
use base64::Engine as _;
use futures::future::BoxFuture;
use jiff::{Timestamp, ToSpan as _};
use ring::{rand::SystemRandom, signature};
use serde::Deserialize;
use serde_json::json;
use std::{fmt, time::Duration};

/// Tokens are renewed so long before they are over.
const EARLY: Duration = Duration::from_mins(3);
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const TOKEN_ADDRESS: &str = "https://oauth2.googleapis.com/token";
const METADATA_ADDRESS: &str = "http://metadata.google.internal";
const WHO: &str = "Google's token service";

/// What the credentials are.
#[derive(Clone)]
pub enum GoogleIdentity {
    /// A service account with its key.
    ServiceAccount {
        /// The account's address.
        email: String,
        /// Its key as PEM.
        key: Secret,
        /// The key's id.
        key_id: Option<String>,
        /// Where tokens are given.
        token_address: String,
    },
    /// A person who signed in with `gcloud auth application-default login`.
    Person {
        /// The client that the person signed in with.
        client: String,
        /// What the client calls secret.
        client_secret: Secret,
        /// What is exchanged for tokens.
        refresh: Secret,
        /// Where tokens are given.
        token_address: String,
    },
    /// The machine's own account.
    Machine {
        /// The address of its service where it is not Google's.
        address: Option<String>,
    },
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    client_email: Option<String>,
    private_key: Option<String>,
    private_key_id: Option<String>,
    token_uri: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    refresh_token: Option<String>,
}

impl GoogleIdentity {
    /// Reads a file of credentials, as `gcloud` and the console write it.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text)
            .map_err(|error| format!("it is no file of Google credentials: {error}"))?;
        let given =
            |name: &str, value: Option<String>| value.ok_or_else(|| format!("it has no `{name}`"));
        let token_address = file.token_uri.unwrap_or_else(|| TOKEN_ADDRESS.to_owned());
        match file.kind.as_str() {
            "service_account" => Ok(Self::ServiceAccount {
                email: given("client_email", file.client_email)?,
                key: Secret::new(given("private_key", file.private_key)?),
                key_id: file.private_key_id,
                token_address,
            }),
            "authorized_user" => Ok(Self::Person {
                client: given("client_id", file.client_id)?,
                client_secret: Secret::new(given("client_secret", file.client_secret)?),
                refresh: Secret::new(given("refresh_token", file.refresh_token)?),
                token_address,
            }),
            other => Err(format!(
                "credentials of the type `{other}` are not supported; use `service_account` or `authorized_user`"
            )),
        }
    }
}

impl fmt::Debug for GoogleIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServiceAccount { .. } => "ServiceAccount",
            Self::Person { .. } => "Person",
            Self::Machine { .. } => "Machine",
        })
    }
}

/// Gives tokens for an identity and keeps each until shortly before it is over.
pub struct GoogleTokens {
    identity: GoogleIdentity,
    clock: Clock,
    inquirer: Inquirer,
    kept: tokio::sync::Mutex<Option<(Secret, Timestamp)>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<i64>,
}

impl GoogleTokens {
    /// Takes the identity; asks nobody yet.
    pub fn new(identity: GoogleIdentity, clock: Clock) -> Self {
        Self {
            identity,
            clock,
            inquirer: Inquirer::default(),
            kept: tokio::sync::Mutex::default(),
        }
    }

    async fn current(&self, freshness: Freshness) -> Result<Secret, TokenFault> {
        let mut kept = self.kept.lock().await;
        let now = (self.clock)();
        let soon = now.checked_add(EARLY).unwrap_or(Timestamp::MAX);
        if freshness == Freshness::Kept
            && let Some((token, _)) = kept.as_ref().filter(|(_, end)| *end > soon)
        {
            return Ok(token.clone());
        }
        let granted: Granted = self.fetch(now).await?.json(WHO)?;
        let seconds = granted.expires_in.unwrap_or(3_600);
        let end = now.checked_add(seconds.seconds()).unwrap_or(Timestamp::MAX);
        let token = Secret::new(granted.access_token);
        *kept = Some((token.clone(), end));
        Ok(token)
    }

    async fn fetch(&self, now: Timestamp) -> Result<Answer, TokenFault> {
        match &self.identity {
            GoogleIdentity::ServiceAccount {
                email,
                key,
                key_id,
                token_address,
            } => {
                let assertion = assertion(email, key, key_id.as_deref(), token_address, now)?;
                let grant = encoded("urn:ietf:params:oauth:grant-type:jwt-bearer");
                let form = format!("grant_type={grant}&assertion={assertion}");
                self.exchange(token_address, form).await
            }
            GoogleIdentity::Person {
                client,
                client_secret,
                refresh,
                token_address,
            } => {
                let form = format!(
                    "grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
                    encoded(client),
                    encoded(client_secret.expose()),
                    encoded(refresh.expose())
                );
                self.exchange(token_address, form).await
            }
            GoogleIdentity::Machine { address } => {
                let base = address.as_deref().unwrap_or(METADATA_ADDRESS);
                let url = format!(
                    "{base}/computeMetadata/v1/instance/service-accounts/default/token?scopes={}",
                    encoded(SCOPE)
                );
                let request = self.inquirer.client(&url)?.get(&url);
                let request = request.header("metadata-flavor", "Google");
                let answer = ask(request, "Google's metadata service", NEARBY).await;
                answer.map_err(|fault| {
                    TokenFault::Denied(format!(
                        "there are no Google credentials: run `gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS ({fault})"
                    ))
                })
            }
        }
    }

    async fn exchange(&self, url: &str, form: String) -> Result<Answer, TokenFault> {
        let request = self.inquirer.client(url)?.post(url);
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        ask(request, WHO, REMOTE).await
    }
}

impl TokenSource for GoogleTokens {
    fn token(&self, freshness: Freshness) -> BoxFuture<'_, Result<Secret, TokenFault>> {
        Box::pin(self.current(freshness))
    }
}

/// A signed statement that this is the account, good for an hour.
fn assertion(
    email: &str,
    key: &Secret,
    key_id: Option<&str>,
    audience: &str,
    now: Timestamp,
) -> Result<String, TokenFault> {
    let unusable = |()| TokenFault::Denied("the service account's key is not usable".to_owned());
    let body: String = key
        .expose()
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    let der = base64::prelude::BASE64_STANDARD
        .decode(body)
        .map_err(|_| unusable(()))?;
    let pair = signature::RsaKeyPair::from_pkcs8(&der).map_err(|_| unusable(()))?;
    let mut header = json!({"alg": "RS256", "typ": "JWT"});
    if let Some(id) = key_id {
        header["kid"] = json!(id);
    }
    let issued = now.as_second();
    let claims = json!({"iss": email, "scope": SCOPE, "aud": audience, "iat": issued, "exp": issued + 3_600});
    let part = |value: &serde_json::Value| {
        base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
    };
    let text = format!("{}.{}", part(&header), part(&claims));
    let mut signed = vec![0; pair.public().modulus_len()];
    pair.sign(
        &signature::RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signed,
    )
    .map_err(|_| unusable(()))?;
    let signed = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(signed);
    Ok(format!("{text}.{signed}"))
}
