//! The proxy with real sockets on loopback.

use super::*;
use std::sync::{Mutex, PoisonError};
use tokio::io::AsyncWriteExt as _;

/// Lets through what a test says, and grants one port of this machine.
#[derive(Debug, Default)]
struct Keeper {
    denied: Vec<&'static str>,
    granted: Vec<u16>,
    visits: Mutex<Vec<Visit>>,
}

impl Doorkeeper for Keeper {
    fn judge<'a>(
        &'a self,
        target: &'a Target,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        let denied = self.denied.contains(&target.host().as_str());
        Box::pin(async move {
            if denied {
                return Err("it is denied".to_owned());
            }
            Ok(())
        })
    }

    fn grants(&self, target: &Target, _: IpAddr) -> bool {
        self.granted.contains(&target.port())
    }

    fn note(&self, visit: Visit) {
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        visits.push(visit);
    }
}

/// A server that answers each connection with what it was sent, up to its end, or with a fixed
/// answer to HTTP.
async fn server(answer: Option<&'static str>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                match answer {
                    None => {
                        let (mut from, mut to) = stream.split();
                        tokio::io::copy(&mut from, &mut to).await.unwrap();
                    }
                    Some(answer) => {
                        let mut head = Vec::new();
                        while !head.ends_with(b"\r\n\r\n") {
                            head.push(stream.read_u8().await.unwrap());
                        }
                        let head = String::from_utf8(head).unwrap();
                        let text = format!("{answer}{head}");
                        stream.write_all(text.as_bytes()).await.unwrap();
                    }
                }
            });
        }
    });
    port
}

/// What a client gets that sends this and then nothing more.
async fn talk(keeper: &Arc<Keeper>, sent: &[u8]) -> Vec<u8> {
    let door = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = door.local_addr().unwrap();
    let serving = tokio::spawn(serve(door, Arc::clone(keeper) as Arc<_>));
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(sent).await.unwrap();
    client.shutdown().await.unwrap();
    let mut got = Vec::new();
    // A refused client may find its connection reset behind the answer.
    drop(client.read_to_end(&mut got).await);
    while keeper.visits.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    serving.abort();
    got
}

fn keeper(granted: u16) -> Arc<Keeper> {
    Arc::new(Keeper {
        granted: vec![granted],
        ..Keeper::default()
    })
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_tunnel_carries_both_ways_and_is_counted() {
    let port = server(None).await;
    let keeper = keeper(port);
    let sent = format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\nhello there");
    let got = text(talk(&keeper, sent.as_bytes()).await);
    assert_eq!(
        got,
        "HTTP/1.1 200 Connection established\r\n\r\nhello there"
    );
    let visits = keeper.visits.lock().unwrap();
    assert_eq!(visits.len(), 1);
    assert_eq!(
        (visits[0].sent, visits[0].received, &visits[0].refused),
        (11, 11, &None)
    );
}

#[tokio::test]
async fn socks_carries_both_ways() {
    let port = server(None).await;
    let keeper = keeper(port);
    let mut sent = vec![5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1];
    sent.extend(port.to_be_bytes());
    sent.extend(b"hello");
    let got = talk(&keeper, &sent).await;
    assert_eq!(
        got,
        [&[5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], b"hello"].concat()
    );
}

#[tokio::test]
async fn a_plain_request_is_made_anew_for_its_own_host_alone() {
    let port = server(Some("HTTP/1.1 200 OK\r\n\r\n")).await;
    let keeper = keeper(port);
    let sent = format!(
        "GET http://127.0.0.1:{port}/a?b=c HTTP/1.1\r\nHost: other.example\r\nProxy-Connection: keep-alive\r\nX-Own: 1\r\n\r\nGET http://other.example/ HTTP/1.1\r\n\r\n"
    );
    let got = text(talk(&keeper, sent.as_bytes()).await);
    assert_eq!(
        got,
        format!(
            "HTTP/1.1 200 OK\r\n\r\nGET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Own: 1\r\nConnection: close\r\n\r\n"
        )
    );
}

#[tokio::test]
async fn inner_addresses_are_refused_in_every_spelling() {
    for host in [
        "127.0.0.1",
        "localhost",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "10.1.2.3",
        "192.168.0.1",
        "[fe80::1]",
        "[fd00::1]",
        "0.0.0.0",
        "100.100.100.200",
    ] {
        let keeper = Arc::new(Keeper::default());
        let sent = format!("CONNECT {host}:80 HTTP/1.1\r\n\r\n");
        let got = text(talk(&keeper, sent.as_bytes()).await);
        assert!(got.starts_with("HTTP/1.1 403 "), "{host}: {got}");
        let visits = keeper.visits.lock().unwrap();
        assert!(visits[0].refused.is_some(), "{host}: {visits:?}");
    }
}

#[tokio::test]
async fn a_denied_host_is_denied_by_every_protocol_and_the_reason_is_told() {
    let keeper = || {
        Arc::new(Keeper {
            denied: vec!["bad.example"],
            ..Keeper::default()
        })
    };
    for sent in [
        "CONNECT bad.example:443 HTTP/1.1\r\n\r\n",
        "CONNECT BAD.Example.:443 HTTP/1.1\r\n\r\n",
        "GET http://bad.example/ HTTP/1.1\r\n\r\n",
    ] {
        let got = text(talk(&keeper(), sent.as_bytes()).await);
        assert!(got.starts_with("HTTP/1.1 403 "), "{got}");
        assert!(got.contains("it is denied"), "{got}");
    }
    let mut sent = vec![5, 1, 0, 5, 1, 0, 3, 11];
    sent.extend(b"bad.example\x01\xbb");
    let got = talk(&keeper(), &sent).await;
    assert_eq!(got.get(..4), Some(&[5, 0, 5, 2][..]));
}

#[test]
fn a_host_has_one_form() {
    let parsed = |text: &str| Target::parse(text).map(|target| target.to_string());
    assert_eq!(
        parsed("Example.COM.:443").as_deref(),
        Some("example.com:443")
    );
    assert_eq!(parsed("0x7f000001:80").as_deref(), Some("127.0.0.1:80"));
    assert_eq!(parsed("[::1]:80").as_deref(), Some("[::1]:80"));
    for wrong in [
        "example.com",
        "example.com:",
        "example.com:0",
        "example.com:99999",
        "example.com:+80",
        "a b:80",
        "good.example\0.bad.example:80",
        "user@host:80",
        "::1:80",
        ":80",
    ] {
        assert_eq!(parsed(wrong), None, "{wrong}");
    }
}
