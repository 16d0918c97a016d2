//! Short questions to whoever gives tokens and keys: each has a deadline and a small answer.

use crate::{
    door::TokenFault,
    http::LazyClient,
    trouble::{Trouble, quote, shorten},
};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long a service on the internet may take.
pub(crate) const REMOTE: Duration = Duration::from_secs(10);
/// How long a service of the machine itself may take: where there is none, nothing answers.
pub(crate) const NEARBY: Duration = Duration::from_secs(1);
/// Bytes that an answer may have.
const ANSWER_BYTES: usize = 256 << 10;

/// Clients for these questions, by scheme, so that plain text needs no certificates.
#[derive(Debug, Default)]
pub(crate) struct Inquirer {
    plain: LazyClient,
    secure: LazyClient,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

impl Inquirer {
    pub(crate) fn client(&self, url: &str) -> Result<&Client, TokenFault> {
        let kept = if url.starts_with("https:") {
            &self.secure
        } else {
            &self.plain
        };
        kept.get(url)
            .map_err(|text| TokenFault::Unreachable(text.to_owned()))
    }
}

impl Answer {
    /// The answer as JSON; otherwise what `who` said.
    pub(crate) fn json<T: DeserializeOwned>(&self, who: &str) -> Result<T, TokenFault> {
        if self.status.is_success() {
            return serde_json::from_slice(&self.body).map_err(|error| {
                TokenFault::Unreachable(format!("{who} answered with something else: {error}"))
            });
        }
        Err(self.refusal(who))
    }

    /// What `who` said no with.
    pub(crate) fn refusal(&self, who: &str) -> TokenFault {
        let said = shorten(quote(&String::from_utf8_lossy(&self.body)));
        let text = format!("{who} answered {}: {said}", self.status.as_u16());
        if self.status.is_server_error() || self.status == StatusCode::TOO_MANY_REQUESTS {
            TokenFault::Unreachable(text)
        } else {
            TokenFault::Denied(text)
        }
    }
}

/// Asks, within the deadline.
pub(crate) async fn ask(
    request: RequestBuilder,
    who: &str,
    deadline: Duration,
) -> Result<Answer, TokenFault> {
    let asked = async {
        let mut response = request.send().await?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES {
                break;
            }
        }
        Ok::<_, reqwest::Error>(Answer { status, body })
    };
    match tokio::time::timeout(deadline, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            let said = Trouble::of_transport(error).text;
            Err(TokenFault::Unreachable(format!("{who}: {said}")))
        }
        Err(_) => Err(TokenFault::Unreachable(format!(
            "{who} did not answer within {} s",
            deadline.as_secs()
        ))),
    }
}
