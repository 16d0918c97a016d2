//! The proxy: the only way from a confined command to the network.
//!
//! It speaks HTTP (CONNECT, and plain requests with a whole address) and SOCKS5 on one door,
//! told apart by the first byte. A host is named once, parsed once, judged, looked up here and
//! nowhere else, and only an address that was looked at is connected to.

mod http;
mod link;
mod socks;
mod target;

use gimlet_hygiene::address::closed;
use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream, lookup_host},
    sync::Semaphore,
    time::timeout,
};

pub use target::Target;

/// Connections of one command at the same time; further ones wait.
const MOST_CONNECTIONS: usize = 128;
/// For a command to say where it wants to go.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// For a name to be looked up, and again for a connection.
const CONNECT_TIME: Duration = Duration::from_secs(15);
/// For the answer whether a host may be reached: a person may have to think.
const JUDGE_TIME: Duration = Duration::from_mins(10);
/// Addresses of one host that are tried.
const MOST_ADDRESSES: usize = 8;

/// Who decides which hosts are reached, and is told of each.
pub trait Doorkeeper: Send + Sync + fmt::Debug + 'static {
    /// Whether a host may be reached; an error says why not.
    fn judge<'a>(
        &'a self,
        target: &'a Target,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

    /// Whether an address that is not of the public internet was granted by itself.
    fn grants(&self, target: &Target, address: IpAddr) -> bool;

    /// Takes note of what came of it.
    fn note(&self, visit: Visit);
}

/// One attempt to reach a host, once it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Where to.
    pub target: Target,
    /// Why it was not reached; `None` where it was.
    pub refused: Option<String>,
    /// Bytes that the command sent.
    pub sent: u64,
    /// Bytes that it got.
    pub received: u64,
}

/// Why a host is not reached.
enum Closed {
    /// It is not permitted.
    Denied(String),
    /// It was tried.
    Failed(String),
}

/// Serves one command until its door is closed. Must be owned by a task that ends with it.
pub async fn serve(door: TcpListener, keeper: Arc<dyn Doorkeeper>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut visits = tokio::task::JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let stream = tokio::select! {
            accepted = door.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) if is_passing(&error) => continue,
                Err(_) => return,
            },
            Some(_) = visits.join_next() => continue,
        };
        let keeper = Arc::clone(&keeper);
        visits.spawn(async move {
            // What went wrong was noted, or nothing was asked for yet.
            drop(receive(stream, &*keeper).await);
            drop(place);
        });
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// Serves one connection.
async fn receive(mut stream: TcpStream, keeper: &dyn Doorkeeper) -> io::Result<()> {
    let first = timeout(HEAD_TIME, stream.read_u8()).await??;
    if first == socks::VERSION {
        socks::serve(stream, keeper).await
    } else {
        http::serve(first, stream, keeper).await
    }
}

/// Judges a host and connects to it; a refusal is noted here.
async fn reach(target: &Target, keeper: &dyn Doorkeeper) -> Result<TcpStream, Closed> {
    let reached = judged(target, keeper).await;
    if let Err(Closed::Denied(why) | Closed::Failed(why)) = &reached {
        keeper.note(Visit {
            target: target.clone(),
            refused: Some(why.clone()),
            sent: 0,
            received: 0,
        });
    }
    reached
}

async fn judged(target: &Target, keeper: &dyn Doorkeeper) -> Result<TcpStream, Closed> {
    match timeout(JUDGE_TIME, keeper.judge(target)).await {
        Ok(Ok(())) => {}
        Ok(Err(why)) => return Err(Closed::Denied(why)),
        Err(_) => return Err(Closed::Denied("nobody answered in time".to_owned())),
    }
    let mut why_closed = None;
    let mut why_failed = None;
    for address in addresses(target).await?.into_iter().take(MOST_ADDRESSES) {
        if let Some(why) = closed(address.ip())
            && !keeper.grants(target, address.ip())
        {
            why_closed = Some(format!("its address {} is {why}", address.ip()));
            continue;
        }
        match timeout(CONNECT_TIME, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Small pieces go at once; where that cannot be, they are only slower.
                stream.set_nodelay(true).unwrap_or_default();
                return Ok(stream);
            }
            Ok(Err(error)) => why_failed = Some(error.to_string()),
            Err(_) => why_failed = Some("it does not answer".to_owned()),
        }
    }
    Err(match (why_failed, why_closed) {
        (Some(why), _) => Closed::Failed(why),
        (None, Some(why)) => Closed::Denied(why),
        (None, None) => Closed::Failed("the name has no address".to_owned()),
    })
}

async fn addresses(target: &Target) -> Result<Vec<SocketAddr>, Closed> {
    if let Some(address) = target.address() {
        return Ok(vec![SocketAddr::new(address, target.port())]);
    }
    let host = target.host();
    match timeout(CONNECT_TIME, lookup_host((host.as_str(), target.port()))).await {
        Ok(Ok(found)) => Ok(found.collect()),
        Ok(Err(error)) => Err(Closed::Failed(format!("the name is not known: {error}"))),
        Err(_) => Err(Closed::Failed(
            "its name was not looked up in time".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests;
