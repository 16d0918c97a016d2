//! Where keys for signatures come from: given, or lent by a service for a while.

use super::sign::{Signer, encoded};
use crate::{
    Secret,
    door::{Clock, Freshness, TokenFault},
    inquiry::{Inquirer, NEARBY, REMOTE, ask},
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderValue};
use serde::Deserialize;
use std::{fmt, sync::Arc, time::Duration};

/// Keys are renewed so long before they are over.
const EARLY: Duration = Duration::from_mins(5);
const INSTANCE_ADDRESS: &str = "http://169.254.169.254";

/// Keys that sign requests.
#[derive(Clone, Debug)]
pub struct AwsKeys {
    /// Such as `AKIA…`; no secret.
    pub access_key: String,
    /// What signs.
    pub secret_key: Secret,
    /// Goes out with requests where the keys are lent.
    pub session_token: Option<Secret>,
    /// When they are over.
    pub expires: Option<Timestamp>,
}

/// Gives keys.
pub trait AwsSource: Send + Sync {
    /// Keys that are not over. Ends within a deadline of its own.
    fn keys(&self, freshness: Freshness) -> BoxFuture<'_, Result<AwsKeys, TokenFault>>;
    /// True when asking for new ones can give others.
    fn renews(&self) -> bool;
}

/// Reads a text anew each time, since it is replaced behind our back: a file, or a command's
/// output.
pub type ReadText = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// One place that keys come from.
#[derive(Clone)]
pub enum AwsLink {
    /// Given in variables or a profile.
    Given(AwsKeys),
    /// A command of a profile, which prints keys as JSON.
    Process(ReadText),
    /// A signed-in person's token, exchanged for a role's keys.
    SignedIn {
        /// Where the portal is.
        region: String,
        /// The account's number.
        account: String,
        /// The role's name.
        role: String,
        /// The token of `aws sso login`.
        token: Secret,
        /// The portal's address where it is not Amazon's.
        address: Option<String>,
    },
    /// Another's keys, exchanged for a role's.
    Role {
        /// Who asks.
        from: Box<AwsLink>,
        /// The role.
        arn: String,
        /// What the role's owner wants to hear.
        external_id: Option<String>,
        /// Where the exchange is.
        region: String,
        /// Its address where it is not Amazon's.
        address: Option<String>,
    },
    /// A token of the cluster, exchanged for a role's keys.
    WebIdentity {
        /// The token's file.
        token: ReadText,
        /// The role.
        arn: String,
        /// Where the exchange is.
        region: String,
        /// Its address where it is not Amazon's.
        address: Option<String>,
    },
    /// The service beside a container.
    Container {
        /// Its address.
        url: String,
        /// What it wants to see.
        token: Option<Secret>,
    },
    /// The service of the machine.
    Instance {
        /// Its address where it is not Amazon's.
        address: Option<String>,
    },
}

impl fmt::Debug for AwsLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl AwsLink {
    /// What it is, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Given(_) => "access keys",
            Self::Process(_) => "the profile's credential_process",
            Self::SignedIn { .. } => "AWS single sign-on",
            Self::Role { .. } => "an assumed role",
            Self::WebIdentity { .. } => "a web identity",
            Self::Container { .. } => "the container's credentials",
            Self::Instance { .. } => "the instance's role",
        }
    }
}

/// A link that keeps what it was lent until shortly before it is over.
pub struct AwsChain {
    link: AwsLink,
    clock: Clock,
    inquirer: Inquirer,
    kept: tokio::sync::Mutex<Option<AwsKeys>>,
}

impl AwsChain {
    /// Takes the link; asks nobody yet.
    pub fn new(link: AwsLink, clock: Clock) -> Self {
        Self {
            link,
            clock,
            inquirer: Inquirer::default(),
            kept: tokio::sync::Mutex::default(),
        }
    }

    async fn current(&self, freshness: Freshness) -> Result<AwsKeys, TokenFault> {
        let mut kept = self.kept.lock().await;
        let soon = (self.clock)().checked_add(EARLY).unwrap_or(Timestamp::MAX);
        let good = |keys: &&AwsKeys| keys.expires.is_none_or(|end| end > soon);
        if freshness == Freshness::Kept
            && let Some(keys) = kept.as_ref().filter(good)
        {
            return Ok(keys.clone());
        }
        let keys = self.fetch(&self.link).await?;
        *kept = Some(keys.clone());
        Ok(keys)
    }

    fn fetch<'a>(&'a self, link: &'a AwsLink) -> BoxFuture<'a, Result<AwsKeys, TokenFault>> {
        Box::pin(async move {
            match link {
                AwsLink::Given(keys) => Ok(keys.clone()),
                AwsLink::Process(run) => {
                    let text = run().map_err(TokenFault::Denied)?;
                    let lent: Lent = serde_json::from_str(&text).map_err(|_| {
                        TokenFault::Denied(
                            "credential_process printed something other than keys".to_owned(),
                        )
                    })?;
                    Ok(lent.into_keys())
                }
                AwsLink::SignedIn {
                    region,
                    account,
                    role,
                    token,
                    address,
                } => {
                    let at = |region: &String| format!("https://portal.sso.{region}.amazonaws.com");
                    let base = address.clone().unwrap_or_else(|| at(region));
                    self.signed_in(&base, account, role, token).await
                }
                AwsLink::Role {
                    from,
                    arn,
                    external_id,
                    region,
                    address,
                } => {
                    let keys = self.fetch(from).await?;
                    let url = exchange_address(region, address.as_deref());
                    let mut form = form("AssumeRole", arn);
                    if let Some(id) = external_id {
                        form.extend(["&ExternalId=", &encoded(id)]);
                    }
                    self.assume(&url, form, Some((keys, region))).await
                }
                AwsLink::WebIdentity {
                    token,
                    arn,
                    region,
                    address,
                } => {
                    let token = token().map_err(TokenFault::Denied)?;
                    let url = exchange_address(region, address.as_deref());
                    let mut form = form("AssumeRoleWithWebIdentity", arn);
                    form.extend(["&WebIdentityToken=", &encoded(token.trim())]);
                    self.assume(&url, form, None).await
                }
                AwsLink::Container { url, token } => {
                    let mut request = self.inquirer.client(url)?.get(url);
                    if let Some(token) = token {
                        request = request.header("authorization", token.expose());
                    }
                    let who = "the container's credentials service";
                    let lent: Lent = ask(request, who, NEARBY).await?.json(who)?;
                    Ok(lent.into_keys())
                }
                AwsLink::Instance { address } => {
                    let base = address.as_deref().unwrap_or(INSTANCE_ADDRESS);
                    self.instance(base.trim_end_matches('/')).await
                }
            }
        })
    }

    async fn signed_in(
        &self,
        base: &str,
        account: &str,
        role: &str,
        token: &Secret,
    ) -> Result<AwsKeys, TokenFault> {
        #[derive(Deserialize)]
        struct Portal {
            #[serde(rename = "roleCredentials")]
            role: RoleKeys,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct RoleKeys {
            access_key_id: String,
            secret_access_key: String,
            session_token: String,
            expiration: i64,
        }
        let url = format!(
            "{base}/federation/credentials?role_name={}&account_id={}",
            encoded(role),
            encoded(account)
        );
        let request = self.inquirer.client(&url)?.get(&url);
        let request = request.header("x-amz-sso_bearer_token", token.expose());
        let who = "AWS single sign-on";
        let answer = ask(request, who, REMOTE).await?;
        let portal: Portal = answer.json(who).map_err(|fault| match fault {
            TokenFault::Denied(text) => {
                TokenFault::Denied(format!("{text}; run `aws sso login` and try again"))
            }
            TokenFault::Unreachable(_) => fault,
        })?;
        Ok(AwsKeys {
            access_key: portal.role.access_key_id,
            secret_key: Secret::new(portal.role.secret_access_key),
            session_token: Some(Secret::new(portal.role.session_token)),
            expires: Timestamp::from_millisecond(portal.role.expiration).ok(),
        })
    }

    async fn assume(
        &self,
        url: &str,
        form: String,
        signed_by: Option<(AwsKeys, &str)>,
    ) -> Result<AwsKeys, TokenFault> {
        let mut headers = HeaderMap::new();
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        headers.insert("content-type", HeaderValue::from_static(kind));
        headers.insert("accept", HeaderValue::from_static("application/json"));
        if let Some((keys, region)) = signed_by {
            let clock = Arc::clone(&self.clock);
            let signer = Signer::new(region, "sts", Arc::new(Fixed(keys)), clock);
            let signed = signer.sign(url, &mut headers, form.as_bytes(), Freshness::Kept);
            signed
                .await
                .map_err(|trouble| TokenFault::Denied(trouble.text))?;
        }
        let request = self.inquirer.client(url)?.post(url);
        let who = "the AWS token service";
        let answer = ask(request.headers(headers).body(form), who, REMOTE).await?;
        if !answer.status.is_success() {
            return Err(answer.refusal(who));
        }
        assumed(&String::from_utf8_lossy(&answer.body)).ok_or_else(|| {
            TokenFault::Unreachable(format!("{who} answered with something other than keys"))
        })
    }

    async fn instance(&self, base: &str) -> Result<AwsKeys, TokenFault> {
        let who = "the instance's metadata service";
        let nobody = |fault: TokenFault| match fault {
            TokenFault::Unreachable(text) | TokenFault::Denied(text) => TokenFault::Denied(
                format!("there are no AWS credentials: no variables, no profile, and {text}"),
            ),
        };
        let url = format!("{base}/latest/api/token");
        let client = self.inquirer.client(&url)?;
        let request = client
            .put(&url)
            .header("x-aws-ec2-metadata-token-ttl-seconds", "21600");
        let answer = ask(request, who, NEARBY).await.map_err(nobody)?;
        if !answer.status.is_success() {
            return Err(nobody(answer.refusal(who)));
        }
        let token = String::from_utf8_lossy(&answer.body).trim().to_owned();
        let list = format!("{base}/latest/meta-data/iam/security-credentials/");
        let get = |url: &str| client.get(url).header("x-aws-ec2-metadata-token", &token);
        let answer = ask(get(&list), who, NEARBY).await?;
        if !answer.status.is_success() {
            return Err(nobody(answer.refusal(who)));
        }
        let roles = String::from_utf8_lossy(&answer.body).into_owned();
        let role = roles.lines().next().unwrap_or_default().trim();
        let lent: Lent = ask(get(&format!("{list}{role}")), who, NEARBY)
            .await?
            .json(who)?;
        Ok(lent.into_keys())
    }
}

impl AwsSource for AwsChain {
    fn keys(&self, freshness: Freshness) -> BoxFuture<'_, Result<AwsKeys, TokenFault>> {
        Box::pin(self.current(freshness))
    }

    fn renews(&self) -> bool {
        !matches!(self.link, AwsLink::Given(_))
    }
}

/// Keys for one signature.
struct Fixed(AwsKeys);

impl AwsSource for Fixed {
    fn keys(&self, _freshness: Freshness) -> BoxFuture<'_, Result<AwsKeys, TokenFault>> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }

    fn renews(&self) -> bool {
        false
    }
}

/// Keys as commands, containers and machines say them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lent {
    access_key_id: String,
    secret_access_key: String,
    #[serde(alias = "SessionToken")]
    token: Option<String>,
    expiration: Option<String>,
}

impl Lent {
    fn into_keys(self) -> AwsKeys {
        AwsKeys {
            access_key: self.access_key_id,
            secret_key: Secret::new(self.secret_access_key),
            session_token: self.token.map(Secret::new),
            expires: self.expiration.and_then(|end| end.parse().ok()),
        }
    }
}

fn exchange_address(region: &str, given: Option<&str>) -> String {
    let base = given.map_or_else(
        || format!("https://sts.{region}.amazonaws.com"),
        |given| given.trim_end_matches('/').to_owned(),
    );
    format!("{base}/")
}

fn form(action: &str, arn: &str) -> String {
    format!(
        "Action={action}&Version=2011-06-15&RoleSessionName=gimlet&RoleArn={}",
        encoded(arn)
    )
}

/// Keys out of the service's XML, which holds each once.
fn assumed(text: &str) -> Option<AwsKeys> {
    let member = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (value, _) = rest.split_once(&format!("</{name}>"))?;
        Some(value.trim().to_owned())
    };
    Some(AwsKeys {
        access_key: member("AccessKeyId")?,
        secret_key: Secret::new(member("SecretAccessKey")?),
        session_token: Some(Secret::new(member("SessionToken")?)),
        expires: member("Expiration").and_then(|end| end.parse().ok()),
    })
}
