//! SOCKS5 without a password, for connections alone.

use super::{Closed, Doorkeeper, HEAD_TIME, Target, Visit, link, reach};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::atomic::Ordering,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// The first byte of everything.
pub(super) const VERSION: u8 = 5;
const CONNECT: u8 = 1;

/// Answers, as the protocol numbers them.
const DONE: u8 = 0;
const NOT_ALLOWED: u8 = 2;
const UNREACHABLE: u8 = 4;
const NO_SUCH_COMMAND: u8 = 7;
const NO_SUCH_ADDRESS: u8 = 8;

/// Serves a connection whose first byte was read.
pub(super) async fn serve(mut stream: TcpStream, keeper: &dyn Doorkeeper) -> io::Result<()> {
    let target = timeout(HEAD_TIME, greet(&mut stream)).await??;
    let target = match target {
        Ok(target) => target,
        Err(code) => return answer(&mut stream, code).await,
    };
    let outside = match reach(&target, keeper).await {
        Ok(outside) => outside,
        Err(Closed::Denied(_)) => return answer(&mut stream, NOT_ALLOWED).await,
        Err(Closed::Failed(_)) => return answer(&mut stream, UNREACHABLE).await,
    };
    answer(&mut stream, DONE).await?;
    tunnel(stream, outside, target, keeper, link::Meter::new()).await;
    Ok(())
}

/// Joins both sides until they end, and notes what went.
pub(super) async fn tunnel(
    inside: TcpStream,
    outside: TcpStream,
    target: Target,
    keeper: &dyn Doorkeeper,
    meter: link::Meter,
) {
    // Noted also where the command ends in the middle of it.
    let noted = Noted {
        target,
        keeper,
        meter,
    };
    let (from_inside, to_inside) = inside.into_split();
    let (from_outside, to_outside) = outside.into_split();
    let meter = &noted.meter;
    let there = link::pass(from_inside, to_outside, meter, &meter.sent);
    let back = link::pass(from_outside, to_inside, meter, &meter.received);
    // Whichever fails, both are over; ending in order they wait for each other.
    drop(tokio::try_join!(there, back));
}

/// Notes a visit when it is over, however that comes.
pub(super) struct Noted<'k> {
    pub(super) target: Target,
    pub(super) keeper: &'k dyn Doorkeeper,
    pub(super) meter: link::Meter,
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.keeper.note(Visit {
            target: self.target.clone(),
            refused: None,
            sent: self.meter.sent.load(Ordering::Relaxed),
            received: self.meter.received.load(Ordering::Relaxed),
        });
    }
}

async fn greet(stream: &mut TcpStream) -> io::Result<Result<Target, u8>> {
    let methods = stream.read_u8().await?;
    let mut offered = vec![0; usize::from(methods)];
    stream.read_exact(&mut offered).await?;
    if !offered.contains(&0) {
        stream.write_all(&[VERSION, 0xff]).await?;
        return Err(io::ErrorKind::Unsupported.into());
    }
    stream.write_all(&[VERSION, 0]).await?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [version, command, _, kind] = head;
    if version != VERSION {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let named = match kind {
        1 => {
            let mut number = [0; 4];
            stream.read_exact(&mut number).await?;
            Some(Named::Number(IpAddr::V4(Ipv4Addr::from(number))))
        }
        4 => {
            let mut number = [0; 16];
            stream.read_exact(&mut number).await?;
            Some(Named::Number(IpAddr::V6(Ipv6Addr::from(number))))
        }
        3 => {
            let length = stream.read_u8().await?;
            let mut name = vec![0; usize::from(length)];
            stream.read_exact(&mut name).await?;
            String::from_utf8(name).ok().map(Named::Name)
        }
        _ => return Ok(Err(NO_SUCH_ADDRESS)),
    };
    let port = stream.read_u16().await?;
    if command != CONNECT {
        return Ok(Err(NO_SUCH_COMMAND));
    }
    let target = match named {
        Some(Named::Number(number)) if port > 0 => Some(Target::of_address(number, port)),
        Some(Named::Name(name)) => Target::new(&name, port),
        Some(Named::Number(_)) | None => None,
    };
    Ok(target.ok_or(NO_SUCH_ADDRESS))
}

enum Named {
    Number(IpAddr),
    Name(String),
}

async fn answer(stream: &mut TcpStream, code: u8) -> io::Result<()> {
    let nowhere = [0; 6];
    let mut bytes = vec![VERSION, code, 0, 1];
    bytes.extend(nowhere);
    stream.write_all(&bytes).await
}
