//! What a client writes: lines of JSON, read one by one.

use crate::headless::blocks;
use gimlet_protocol::{Block, OpKey};
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use uuid::Uuid;

/// The longest line that is taken, in bytes.
const MOST_LINE_BYTES: usize = 64 * 1024 * 1024;
const CHUNK_BYTES: usize = 64 * 1024;

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("standard input, line {line}: {why}")]
pub(crate) struct LineFault {
    pub(crate) line: u64,
    pub(crate) why: String,
}

/// Standard input, line by line.
pub(crate) struct Lines {
    from: Box<dyn AsyncRead + Send + Unpin>,
    chunk: Vec<u8>,
    waiting: Vec<u8>,
    /// How much of `waiting` has no line break.
    scanned: usize,
    line: u64,
    ended: bool,
}

impl Lines {
    pub(crate) fn new(from: Box<dyn AsyncRead + Send + Unpin>) -> Self {
        Self {
            from,
            chunk: Vec::new(),
            waiting: Vec::new(),
            scanned: 0,
            line: 0,
            ended: false,
        }
    }

    /// The next line that is not blank, or `None` at the end. Dropping the future loses
    /// nothing.
    pub(crate) async fn next(&mut self) -> Option<Result<FromClient, LineFault>> {
        loop {
            if let Some(line) = self.whole_line() {
                self.line += 1;
                let number = self.line;
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                return Some(read_line(&line).map_err(|why| LineFault { line: number, why }));
            }
            if self.ended {
                return None;
            }
            if self.waiting.len() > MOST_LINE_BYTES {
                self.ended = true;
                let why = format!("longer than {} MiB", MOST_LINE_BYTES >> 20);
                self.waiting = Vec::new();
                self.scanned = 0;
                return Some(Err(LineFault {
                    line: self.line + 1,
                    why,
                }));
            }
            self.chunk.resize(CHUNK_BYTES, 0);
            match self.from.read(&mut self.chunk).await {
                Ok(0) => self.ended = true,
                Ok(count) => self
                    .waiting
                    .extend_from_slice(self.chunk.get(..count).unwrap_or(&[])),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.waiting = Vec::new();
                    let why = format!("cannot be read: {error}");
                    return Some(Err(LineFault {
                        line: self.line + 1,
                        why,
                    }));
                }
            }
        }
    }

    fn whole_line(&mut self) -> Option<Vec<u8>> {
        let fresh = self.waiting.get(self.scanned..).unwrap_or_default();
        match fresh.iter().position(|byte| *byte == b'\n') {
            Some(at) => {
                let rest = self.waiting.split_off(self.scanned + at + 1);
                self.scanned = 0;
                Some(std::mem::replace(&mut self.waiting, rest))
            }
            None if self.ended && !self.waiting.is_empty() => {
                self.scanned = 0;
                Some(std::mem::take(&mut self.waiting))
            }
            None => {
                self.scanned = self.waiting.len();
                None
            }
        }
    }
}

/// When a message is to be delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Priority {
    /// The running turn ends for it.
    Now,
    /// Between two rounds of the running turn.
    Next,
    /// When the running turn has ended.
    #[default]
    Later,
}

/// A message of the person behind the client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UserMessage {
    pub(crate) key: OpKey,
    pub(crate) own_id: Option<String>,
    pub(crate) content: Vec<Block>,
    pub(crate) priority: Priority,
    pub(crate) origin: Option<Value>,
}

/// One line of a client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FromClient {
    User(UserMessage),
    Request {
        id: String,
        request: Map<String, Value>,
    },
    Response {
        id: String,
        answer: Result<Value, String>,
    },
    /// Nothing to do.
    Quiet,
    /// A type that this version does not know; it is skipped.
    Unknown(String),
}

fn read_line(line: &[u8]) -> Result<FromClient, String> {
    let text = std::str::from_utf8(line).map_err(|error| format!("not UTF-8: {error}"))?;
    let value: Value =
        serde_json::from_str(text).map_err(|error| format!("not valid JSON: {error}"))?;
    let kind = value.get("type").and_then(Value::as_str);
    match kind.ok_or("not an object with a `type`")? {
        "user" => read_user(&value).map(FromClient::User),
        "control_request" => read_request(&value),
        "control_response" => read_response(&value),
        "control_cancel_request" | "keep_alive" => Ok(FromClient::Quiet),
        other => Ok(FromClient::Unknown(other.to_owned())),
    }
}

fn read_user(value: &Value) -> Result<UserMessage, String> {
    if value.get("shouldQuery") == Some(&Value::Bool(false)) {
        return Err("a message with `shouldQuery: false` is not taken".to_owned());
    }
    let message = value
        .get("message")
        .ok_or("a message of type `user` has no `message`")?;
    let content = message.get("content").ok_or("`message` has no `content`")?;
    let content = blocks::read_content(content)?;
    let priority = match value.get("priority").and_then(Value::as_str) {
        Some("now") => Priority::Now,
        Some("next") => Priority::Next,
        Some("later") | None => Priority::Later,
        Some(other) => return Err(format!("`priority` is `{other}`, not now, next or later")),
    };
    let own_id = value.get("uuid").and_then(Value::as_str).map(str::to_owned);
    let key = own_id.clone().unwrap_or_else(|| Uuid::now_v7().to_string());
    let origin = value
        .get("origin")
        .filter(|origin| origin.is_object())
        .cloned();
    Ok(UserMessage {
        key: OpKey(key),
        own_id,
        content,
        priority,
        origin,
    })
}

fn read_request(value: &Value) -> Result<FromClient, String> {
    let id = value.get("request_id").and_then(Value::as_str);
    let id = id
        .ok_or("a `control_request` has no `request_id`")?
        .to_owned();
    // A request that is no object gets its one answer too, as an unknown one.
    let request = value
        .get("request")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    Ok(FromClient::Request { id, request })
}

fn read_response(value: &Value) -> Result<FromClient, String> {
    let response = value
        .get("response")
        .ok_or("a `control_response` has no `response`")?;
    let id = response.get("request_id").and_then(Value::as_str);
    let id = id
        .ok_or("a `control_response` has no `response.request_id`")?
        .to_owned();
    let answer = if response.get("subtype").and_then(Value::as_str) == Some("error") {
        let text = response.get("error").and_then(Value::as_str);
        Err(text.unwrap_or("the client gave no reason").to_owned())
    } else {
        Ok(response.get("response").cloned().unwrap_or(Value::Null))
    };
    Ok(FromClient::Response { id, answer })
}

#[cfg(test)]
mod tests;
