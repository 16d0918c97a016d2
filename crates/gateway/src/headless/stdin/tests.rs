use super::{FromClient, LineFault, Lines, Priority};
use serde_json::json;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, ReadBuf};

/// Gives its bytes in pieces of a certain size.
struct Pieces {
    bytes: Vec<u8>,
    at: usize,
    size: usize,
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let end = (self.at + self.size).min(self.bytes.len());
        buf.put_slice(&self.bytes[self.at..end]);
        self.at = end;
        Poll::Ready(Ok(()))
    }
}

async fn read(text: &[u8], size: usize) -> Vec<Result<FromClient, LineFault>> {
    let mut lines = Lines::new(Box::new(Pieces {
        bytes: text.to_vec(),
        at: 0,
        size,
    }));
    let mut all = Vec::new();
    while let Some(line) = lines.next().await {
        all.push(line);
    }
    all
}

#[tokio::test]
async fn lines_are_the_same_however_they_arrive() {
    let text = "{\"type\":\"keep_alive\"}\r\n\n  \n{\"type\":\"grüße\"}\n{\"type\":\"end\"}";
    let whole = read(text.as_bytes(), 1000).await;
    let expected = vec![
        Ok(FromClient::Quiet),
        Ok(FromClient::Unknown("grüße".to_owned())),
        Ok(FromClient::Unknown("end".to_owned())),
    ];
    assert_eq!(whole, expected);
    assert_eq!(read(text.as_bytes(), 1).await, expected);
}

#[tokio::test]
async fn a_fault_names_its_line_and_the_next_line_goes_on() {
    let mut text = b"\n\xff\xfe\n".to_vec();
    text.extend_from_slice(b"[1]");
    text.extend_from_slice(b"\n{\"type\":\"keep_alive\"}\n");
    let read = read(&text, 7).await;
    let faults: Vec<String> = read
        .iter()
        .filter_map(|line| line.as_ref().err().map(ToString::to_string))
        .collect();
    assert_eq!(
        faults,
        [
            "standard input, line 2: not UTF-8: invalid utf-8 sequence of 1 bytes from index 0",
            "standard input, line 3: not an object with a `type`",
        ]
    );
    assert_eq!(read.last(), Some(&Ok(FromClient::Quiet)));
}

#[tokio::test]
async fn a_user_message_keeps_its_id_its_priority_and_its_origin() {
    let line = json!({
        "type": "user", "uuid": "u1", "priority": "next", "origin": {"kind": "human"},
        "message": {"role": "user", "content": "Hi."},
    });
    let read = read(line.to_string().as_bytes(), 50).await;
    let Ok(FromClient::User(message)) = &read[0] else {
        panic!("{read:?}")
    };
    assert_eq!(message.key.as_str(), "u1");
    assert_eq!(message.own_id.as_deref(), Some("u1"));
    assert_eq!(message.priority, Priority::Next);
    assert_eq!(message.origin, Some(json!({"kind": "human"})));
}

#[tokio::test]
async fn a_message_that_asks_for_no_turn_is_refused() {
    let line = json!({
        "type": "user", "shouldQuery": false, "message": {"role": "user", "content": "Hi."},
    });
    let read = read(line.to_string().as_bytes(), 50).await;
    assert_eq!(
        read[0].as_ref().unwrap_err().why,
        "a message with `shouldQuery: false` is not taken"
    );
}
