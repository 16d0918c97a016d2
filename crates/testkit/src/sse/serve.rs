//! The connections: HTTP/1.1 by hand, so that every byte and every cut is the script's.

use super::{
    Recorded, Reply, Stage,
    reply::{Ending, Gate},
};
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

const HEAD_LIMIT_BYTES: usize = 1 << 20;

/// Takes connections until the task is aborted; theirs end with it.
pub(super) async fn listen(listener: TcpListener, stage: Arc<Stage>) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let number = stage.counts.borrow().connections;
                stage.counts.send_modify(|counts| counts.connections += 1);
                let connection = Connection { stream, number, read: Vec::new() };
                open.spawn(converse(connection, Arc::clone(&stage)));
            }
            Some(_) = open.join_next() => {}
        }
    }
}

/// Whether the connection can take another request.
#[derive(PartialEq, Eq)]
enum After {
    Keep,
    Close,
}

struct Connection {
    stream: TcpStream,
    number: usize,
    /// Bytes that were read and not taken.
    read: Vec<u8>,
}

async fn converse(mut connection: Connection, stage: Arc<Stage>) {
    // An error here is a client that went away; the requests so far are recorded.
    drop(connection.stream.set_nodelay(true));
    while let Ok(Some(request)) = connection.request().await {
        let reply = stage.take(request);
        match connection.send(&reply).await {
            Ok(After::Keep) => {}
            Ok(After::Close) => return,
            Err(_) => {
                stage.counts.send_modify(|counts| counts.abandoned += 1);
                return;
            }
        }
    }
}

impl Connection {
    async fn request(&mut self) -> io::Result<Option<Recorded>> {
        let Some(head) = self.until(b"\r\n\r\n").await? else {
            return Ok(None);
        };
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap_or_default().split(' ');
        let method = first.next().unwrap_or_default().to_owned();
        let path = first.next().unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut request = Recorded {
            connection: self.number,
            method,
            path,
            headers,
            body: Vec::new(),
            faults: Vec::new(),
        };
        if let Some(length) = request.header("content-length") {
            let length = length.parse().map_err(io::Error::other)?;
            request.body = self.exactly(length).await?;
        } else if request.header("transfer-encoding") == Some("chunked") {
            request.body = self.chunked().await?;
        }
        Ok(Some(request))
    }

    async fn chunked(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.until(b"\r\n").await?.unwrap_or_default();
            let size = String::from_utf8_lossy(&line).trim().to_owned();
            let size = usize::from_str_radix(&size, 16).map_err(io::Error::other)?;
            body.extend(self.exactly(size).await?);
            self.exactly(2).await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    /// The bytes up to the mark, without it; `None` when the connection ended before.
    async fn until(&mut self, mark: &[u8]) -> io::Result<Option<Vec<u8>>> {
        loop {
            let found = self
                .read
                .windows(mark.len())
                .position(|window| window == mark);
            if let Some(at) = found {
                let rest = self.read.split_off(at + mark.len());
                let mut taken = std::mem::replace(&mut self.read, rest);
                taken.truncate(at);
                return Ok(Some(taken));
            }
            if self.read.len() > HEAD_LIMIT_BYTES {
                return Err(io::Error::other("the head of a request is too long"));
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Ok(None);
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.read.len() < length {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let rest = self.read.split_off(length);
        Ok(std::mem::replace(&mut self.read, rest))
    }

    async fn send(&mut self, reply: &Reply) -> io::Result<After> {
        if let Some(gate) = &reply.before_headers {
            self.hold(gate).await?;
        }
        let mut head = format!("HTTP/1.1 {} Scripted\r\n", reply.status);
        for (name, value) in &reply.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("transfer-encoding: chunked\r\n\r\n");
        self.stream.write_all(head.as_bytes()).await?;
        let (pieces, ending) = reply.delivery.pieces(&reply.body);
        let mut sent = 0usize;
        let mut hold = reply.in_body.as_ref();
        for piece in pieces {
            let mut rest = piece;
            if let Some((at, gate)) = hold.filter(|(at, _)| sent + piece.len() >= *at) {
                let (front, back) = piece.split_at(at.saturating_sub(sent));
                self.chunk(front).await?;
                self.hold(gate).await?;
                hold = None;
                rest = back;
            }
            self.chunk(rest).await?;
            sent += piece.len();
        }
        match ending {
            Ending::Orderly => {
                self.stream.write_all(b"0\r\n\r\n").await?;
                Ok(After::Keep)
            }
            Ending::Broken => Ok(After::Close),
        }
    }

    async fn chunk(&mut self, piece: &[u8]) -> io::Result<()> {
        if piece.is_empty() {
            return Ok(());
        }
        let mut framed = format!("{:x}\r\n", piece.len()).into_bytes();
        framed.extend_from_slice(piece);
        framed.extend_from_slice(b"\r\n");
        self.stream.write_all(&framed).await?;
        // The client gets its turn between pieces, or it would see them in one.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Waits at the gate; fails when the client goes away meanwhile.
    async fn hold(&mut self, gate: &Gate) -> io::Result<()> {
        tokio::select! {
            () = gate.pass() => Ok(()),
            read = self.stream.read_buf(&mut self.read) => match read? {
                0 => Err(io::ErrorKind::ConnectionAborted.into()),
                _ => Err(io::Error::other("a request came before the answer to the last one")),
            },
        }
    }
}
