//! Where keys for Amazon come from, in the order that its own tools use.

mod profile;

use gimlet_providers::{AwsKeys, AwsLink, ReadText, Secret};
use gimlet_settings::{Env, EnvVar, env_vars};
use profile::Profiles;
use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, mpsc},
    time::Duration,
};

/// How long a profile's command may take.
const COMMAND: Duration = Duration::from_secs(30);
/// Where containers find their credentials when only a path is given.
const CONTAINER: &str = "http://169.254.170.2";
/// Hops from profile to profile before they are taken for a circle.
const MOST_HOPS: u32 = 5;

/// What is needed to ask Amazon.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) region: String,
    pub(crate) link: AwsLink,
}

/// The region, where no credentials are looked for.
pub(crate) fn region(
    env: &Env,
    region: Option<&str>,
    profile: Option<&str>,
) -> Result<String, String> {
    let profiles = Profiles::read(env)?;
    let by_name = |variable: &EnvVar| env.text(variable).map(str::to_owned);
    let name = profile
        .map(str::to_owned)
        .or_else(|| by_name(&env_vars::AWS_PROFILE));
    let name = name.as_deref().unwrap_or("default");
    let found = region
        .map(str::to_owned)
        .or_else(|| by_name(&env_vars::AWS_REGION))
        .or_else(|| by_name(&env_vars::AWS_DEFAULT_REGION))
        .or_else(|| profiles.get(name, "region").map(str::to_owned));
    Ok(found
        .ok_or("Amazon Bedrock needs a region: set AWS_REGION, or `providers.bedrock.region`")?)
}

/// Finds region and credentials. Asks nobody: that happens with the first request.
pub(crate) fn place(
    env: &Env,
    given_region: Option<&str>,
    profile: Option<&str>,
    now: jiff::Timestamp,
) -> Result<Place, String> {
    let profiles = Profiles::read(env)?;
    let by_name = |variable: &EnvVar| env.text(variable).map(str::to_owned);
    let named = profile
        .map(str::to_owned)
        .or_else(|| by_name(&env_vars::AWS_PROFILE));
    let name = named.as_deref().unwrap_or("default");
    if named.is_some() && !profiles.has(name) {
        return Err(format!(
            "there is no AWS profile `{name}` in {}",
            profiles.places()
        ));
    }
    let region = region(env, given_region, profile)?;
    let context = Context {
        env,
        profiles: &profiles,
        region: &region,
        now,
    };
    // A profile that the settings name counts before variables.
    let of_variables = || given(env).or_else(|| web_identity(env, &region));
    let link = match of_variables().filter(|_| profile.is_none()) {
        Some(link) => Some(link),
        None => context.of_profile(name, 0)?,
    };
    let link = match link {
        Some(link) => link,
        None if named.is_some() => {
            return Err(format!("the AWS profile `{name}` holds no credentials"));
        }
        None => of_machine(env)?,
    };
    Ok(Place { region, link })
}

fn given(env: &Env) -> Option<AwsLink> {
    Some(AwsLink::Given(AwsKeys {
        access_key: env.text(&env_vars::AWS_ACCESS_KEY_ID)?.to_owned(),
        secret_key: Secret::new(env.text(&env_vars::AWS_SECRET_ACCESS_KEY)?),
        session_token: env.text(&env_vars::AWS_SESSION_TOKEN).map(Secret::new),
        expires: None,
    }))
}

fn web_identity(env: &Env, region: &str) -> Option<AwsLink> {
    let path = env.path(&env_vars::AWS_WEB_IDENTITY_TOKEN_FILE)?;
    Some(AwsLink::WebIdentity {
        token: file(path),
        arn: env.text(&env_vars::AWS_ROLE_ARN)?.to_owned(),
        region: region.to_owned(),
        address: None,
    })
}

fn of_machine(env: &Env) -> Result<AwsLink, String> {
    let relative = env.text(&env_vars::AWS_CONTAINER_CREDENTIALS_RELATIVE_URI);
    let full = env.text(&env_vars::AWS_CONTAINER_CREDENTIALS_FULL_URI);
    let url = relative
        .map(|path| format!("{CONTAINER}{path}"))
        .or_else(|| full.map(str::to_owned));
    if let Some(url) = url {
        let token = match env.path(&env_vars::AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE) {
            Some(path) => Some(file(path)()?),
            None => env
                .text(&env_vars::AWS_CONTAINER_AUTHORIZATION_TOKEN)
                .map(str::to_owned),
        };
        return Ok(AwsLink::Container {
            url,
            token: token.map(Secret::new),
        });
    }
    if env.is_on(&env_vars::AWS_EC2_METADATA_DISABLED) {
        return Err(
            "there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or AWS_BEARER_TOKEN_BEDROCK"
                .to_owned(),
        );
    }
    Ok(AwsLink::Instance { address: None })
}

/// A file that is read anew each time.
fn file(path: PathBuf) -> ReadText {
    Arc::new(move || {
        fs::read_to_string(&path)
            .map(|text| text.trim().to_owned())
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))
    })
}

struct Context<'a> {
    env: &'a Env,
    profiles: &'a Profiles,
    region: &'a str,
    now: jiff::Timestamp,
}

impl Context<'_> {
    fn of_profile(&self, name: &str, hops: u32) -> Result<Option<AwsLink>, String> {
        if hops > MOST_HOPS {
            return Err(format!(
                "the AWS profile `{name}` names itself as its source"
            ));
        }
        let get = |key: &str| self.profiles.get(name, key);
        if let Some(arn) = get("role_arn") {
            return self.role(name, arn, hops).map(Some);
        }
        if let (Some(access), Some(secret)) =
            (get("aws_access_key_id"), get("aws_secret_access_key"))
        {
            return Ok(Some(AwsLink::Given(AwsKeys {
                access_key: access.to_owned(),
                secret_key: Secret::new(secret),
                session_token: get("aws_session_token").map(Secret::new),
                expires: None,
            })));
        }
        if let (Some(account), Some(role)) = (get("sso_account_id"), get("sso_role_name")) {
            let session = get("sso_session");
            let of = |key: &str| match session {
                Some(session) => self.profiles.session(session, key),
                None => get(key),
            };
            let incomplete = |key: &str| format!("the AWS profile `{name}` lacks `{key}`");
            let start = of("sso_start_url").ok_or_else(|| incomplete("sso_start_url"))?;
            let region = of("sso_region").ok_or_else(|| incomplete("sso_region"))?;
            let token = self.profiles.signed_in(start, self.now).ok_or_else(|| {
                format!("the sign-in for {start} is missing or over; run `aws sso login --profile {name}`")
            })?;
            return Ok(Some(AwsLink::SignedIn {
                region: region.to_owned(),
                account: account.to_owned(),
                role: role.to_owned(),
                token: Secret::new(token),
                address: None,
            }));
        }
        Ok(get("credential_process").map(|command| AwsLink::Process(process(command))))
    }

    fn role(&self, name: &str, arn: &str, hops: u32) -> Result<AwsLink, String> {
        let get = |key: &str| self.profiles.get(name, key);
        let region = self.region.to_owned();
        if let Some(path) = get("web_identity_token_file") {
            return Ok(AwsLink::WebIdentity {
                token: file(PathBuf::from(path)),
                arn: arn.to_owned(),
                region,
                address: None,
            });
        }
        let from = match (get("source_profile"), get("credential_source")) {
            // A profile may be its own source: its keys, without its role.
            (Some(source), _) if source == name => {
                let access = get("aws_access_key_id").zip(get("aws_secret_access_key"));
                access.map(|(access, secret)| {
                    AwsLink::Given(AwsKeys {
                        access_key: access.to_owned(),
                        secret_key: Secret::new(secret),
                        session_token: None,
                        expires: None,
                    })
                })
            }
            (Some(source), _) => self.of_profile(source, hops + 1)?,
            (None, Some("Environment")) => given(self.env),
            (None, Some(_)) => Some(of_machine(self.env)?),
            (None, None) => None,
        };
        let from = from.ok_or_else(|| {
            format!("the AWS profile `{name}` assumes a role and names no usable source for it")
        })?;
        Ok(AwsLink::Role {
            from: Box::new(from),
            arn: arn.to_owned(),
            external_id: get("external_id").map(str::to_owned),
            region,
            address: None,
        })
    }
}

/// A profile's command. Its output is read by a thread, so that it can be given up.
fn process(command: &str) -> ReadText {
    let command = command.to_owned();
    Arc::new(move || {
        let mut child = Command::new("sh");
        let child = child.args(["-c", &command]);
        let child = child.stdin(Stdio::null()).stderr(Stdio::null());
        let child = child.stdout(Stdio::piped()).spawn();
        let mut child =
            child.map_err(|error| format!("credential_process cannot start: {error}"))?;
        let Some(mut output) = child.stdout.take() else {
            return Err("credential_process has no output".to_owned());
        };
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let read = std::io::Read::read_to_string(&mut output, &mut text);
            // Nobody waits any more when it was given up.
            drop(send.send(read.map(|_| text)));
        });
        let text = receive.recv_timeout(COMMAND);
        if text.is_err() {
            drop(child.kill());
        }
        drop(child.wait());
        match text {
            Ok(Ok(text)) => Ok(text),
            Ok(Err(error)) => Err(format!("credential_process cannot be read: {error}")),
            Err(_) => Err(format!(
                "credential_process did not end within {} s",
                COMMAND.as_secs()
            )),
        }
    })
}

#[cfg(test)]
mod tests;
