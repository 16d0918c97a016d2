//! HTTP: tunnels by CONNECT, and plain requests that name a whole address.
//!
//! A plain request is the only one of its connection, and exactly its body is passed on: what
//! follows could be meant for another host at the same address.

use super::{
    Closed, Doorkeeper, HEAD_TIME, Target, link, reach,
    socks::{Noted, tunnel},
};
use std::{fmt::Write as _, io, time::Duration};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpStream, tcp::OwnedReadHalf},
    time::timeout,
};
use url::Url;

/// Bytes of a request's head.
const HEAD_BYTES: usize = 64 * 1024;
/// Headers of a request.
const MOST_HEADERS: usize = 128;
/// Bytes of a line between two pieces of a body.
const LINE_BYTES: u64 = 4 * 1024;
/// How long nothing of a body may come.
const BODY_IDLE: Duration = Duration::from_mins(2);

/// What a request asks for.
enum Wish {
    Tunnel(Target),
    Plain {
        target: Target,
        head: String,
        body: Body,
    },
}

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Bytes(u64),
    Chunks,
}

/// Serves a connection whose first byte was read.
pub(super) async fn serve(first: u8, stream: TcpStream, keeper: &dyn Doorkeeper) -> io::Result<()> {
    let (inside, mut to_inside) = stream.into_split();
    let mut inside = BufReader::new(inside);
    let head = timeout(HEAD_TIME, head(first, &mut inside)).await??;
    let wish = match wish(&head) {
        Ok(wish) => wish,
        Err(why) => return refuse(&mut to_inside, "400 Bad Request", why).await,
    };
    let (Wish::Tunnel(target) | Wish::Plain { target, .. }) = &wish;
    let outside = match reach(target, keeper).await {
        Ok(outside) => outside,
        Err(Closed::Denied(why)) => {
            let why = format!("reaching {target} is not permitted: {why}");
            return refuse(&mut to_inside, "403 Forbidden", &why).await;
        }
        Err(Closed::Failed(why)) => {
            let why = format!("{target} cannot be reached: {why}");
            return refuse(&mut to_inside, "502 Bad Gateway", &why).await;
        }
    };
    match wish {
        Wish::Tunnel(target) => {
            let meter = link::Meter::new();
            let mut outside = outside;
            to_inside
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await?;
            // What came right behind the head is for the other side.
            let early = inside.buffer().to_vec();
            outside.write_all(&early).await?;
            meter.count(&meter.sent, early.len());
            let whole = inside.into_inner().reunite(to_inside);
            let whole = whole.map_err(io::Error::other)?;
            tunnel(whole, outside, target, keeper, meter).await;
        }
        Wish::Plain { target, head, body } => {
            let noted = Noted {
                target,
                keeper,
                meter: link::Meter::new(),
            };
            let meter = &noted.meter;
            let (back, mut there) = outside.into_split();
            there.write_all(head.as_bytes()).await?;
            meter.count(&meter.sent, head.len());
            let send = pass_body(&mut inside, &mut there, body, meter);
            let receive = link::pass(back, to_inside, meter, &meter.received);
            // A server may answer and close before it has the whole body.
            tokio::pin!(send, receive);
            tokio::select! {
                sent = &mut send => {
                    sent?;
                    receive.await?;
                }
                received = &mut receive => received?,
            }
        }
    }
    Ok(())
}

/// Everything up to the empty line.
async fn head(first: u8, from: &mut BufReader<OwnedReadHalf>) -> io::Result<Vec<u8>> {
    let mut head = vec![first];
    loop {
        let room = u64::try_from(HEAD_BYTES - head.len().min(HEAD_BYTES)).unwrap_or(0);
        let count = from.take(room).read_until(b'\n', &mut head).await?;
        if count == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if head.ends_with(b"\r\n\r\n") || head.ends_with(b"\n\n") {
            return Ok(head);
        }
    }
}

fn wish(head: &[u8]) -> Result<Wish, &'static str> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) | Err(_) => return Err("the request is malformed"),
    }
    let (Some(method), Some(place)) = (request.method, request.path) else {
        return Err("the request is malformed");
    };
    if method == "CONNECT" {
        let target = Target::parse(place).ok_or("CONNECT wants a host and a port")?;
        return Ok(Wish::Tunnel(target));
    }
    let url = Url::parse(place).map_err(|_| "a proxy wants a whole address")?;
    if url.scheme() != "http" || !url.username().is_empty() || url.password().is_some() {
        return Err("only plain `http` addresses without a password are passed on");
    }
    let target = Target::of_url(&url).ok_or("the address names no host")?;
    let mut body = None;
    let mut chunks = false;
    let mut passed = String::new();
    for header in request.headers.iter() {
        let name = header.name.to_ascii_lowercase();
        let value = std::str::from_utf8(header.value).map_err(|_| "a header is no text")?;
        match name.as_str() {
            "content-length" => {
                let bytes: u64 = value.trim().parse().map_err(|_| "a length is no number")?;
                if body.is_some_and(|body| body != bytes) {
                    return Err("two lengths differ");
                }
                body = Some(bytes);
            }
            "transfer-encoding" if value.trim().eq_ignore_ascii_case("chunked") => chunks = true,
            "transfer-encoding" => return Err("the body's encoding is not known"),
            "host"
            | "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authorization"
            | "upgrade"
            | "te"
            | "trailer"
            | "http2-settings" => continue,
            _ => {}
        }
        // Writing to a string cannot fail.
        write!(passed, "{}: {value}\r\n", header.name).unwrap_or_default();
    }
    if chunks && body.is_some() {
        return Err("a body has a length and comes in chunks");
    }
    let query = url
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let path = url.path();
    let head = format!(
        "{method} {path}{query} HTTP/1.1\r\nHost: {host}\r\n{passed}Connection: close\r\n\r\n"
    );
    let body = if chunks {
        Body::Chunks
    } else {
        Body::Bytes(body.unwrap_or(0))
    };
    Ok(Wish::Plain { target, head, body })
}

/// Passes on a body, and nothing behind it.
async fn pass_body(
    from: &mut BufReader<OwnedReadHalf>,
    to: &mut tokio::net::tcp::OwnedWriteHalf,
    body: Body,
    meter: &link::Meter,
) -> io::Result<()> {
    let Body::Chunks = body else {
        let Body::Bytes(bytes) = body else {
            return Ok(());
        };
        return pass_bytes(from, to, bytes, meter).await;
    };
    loop {
        let line = line(from).await?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        to.write_all(format!("{size:x}\r\n").as_bytes()).await?;
        if size == 0 {
            // What may follow the last piece is left out.
            while !self::line(from).await?.is_empty() {}
            return to.write_all(b"\r\n").await;
        }
        pass_bytes(from, to, size, meter).await?;
        if !self::line(from).await?.is_empty() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        to.write_all(b"\r\n").await?;
    }
}

async fn pass_bytes(
    from: &mut BufReader<OwnedReadHalf>,
    to: &mut tokio::net::tcp::OwnedWriteHalf,
    mut left: u64,
    meter: &link::Meter,
) -> io::Result<()> {
    while left > 0 {
        let piece = timeout(BODY_IDLE, from.fill_buf()).await??;
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let count = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        to.write_all(piece.get(..count).unwrap_or_default()).await?;
        from.consume(count);
        left -= u64::try_from(count).unwrap_or(left);
        meter.count(&meter.sent, count);
    }
    Ok(())
}

async fn line(from: &mut BufReader<OwnedReadHalf>) -> io::Result<String> {
    let mut line = Vec::new();
    let mut limited = from.take(LINE_BYTES);
    timeout(BODY_IDLE, limited.read_until(b'\n', &mut line)).await??;
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::InvalidData.into());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into())
}

async fn refuse(
    to: &mut tokio::net::tcp::OwnedWriteHalf,
    status: &str,
    why: &str,
) -> io::Result<()> {
    let text = format!("gimlet: {why}\n");
    let length = text.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nX-Proxy-Error: {}\r\nConnection: close\r\n\r\n",
        why.replace(|c: char| c.is_control(), " ")
    );
    to.write_all(format!("{head}{text}").as_bytes()).await?;
    to.shutdown().await
}
