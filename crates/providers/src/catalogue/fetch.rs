//! Asks a public catalogue.

use crate::{http::LazyClient, trouble::Trouble};
use std::time::Duration;

/// Where the public catalogue is.
pub const PUBLIC_CATALOGUE: &str = "https://models.dev/api.json";
/// How long it may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// Bytes that it may have.
const MOST_BYTES: usize = 32 << 20;

/// The catalogue's text.
///
/// # Errors
/// A sentence that says why there is none.
pub async fn fetch(url: &str) -> Result<String, String> {
    let client = LazyClient::default();
    let asked = async {
        let request = client.get(url).map_err(str::to_owned)?.get(url);
        let said = |error| Trouble::of_transport(error).text;
        let mut response = request.send().await.map_err(said)?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("it answered {}", status.as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(said)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err(format!("it is longer than {MOST_BYTES} bytes"));
            }
        }
        String::from_utf8(body).map_err(|_| "it is no text".to_owned())
    };
    match tokio::time::timeout(DEADLINE, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("it did not answer within {} s", DEADLINE.as_secs())),
    }
}
