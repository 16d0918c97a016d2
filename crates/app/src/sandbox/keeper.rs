//! Holds processes to a confinement: each is started through this program under another name,
//! with a wire on which it tells what was refused and learns that nobody is there any more.

use super::Door;
use gimlet_ports::{Cell, Overseer, Warden};
use gimlet_protocol::{Bounds, Confinement, Network, Strength};
use gimlet_sandbox::{ARG0, News, PROXY, Placeholders, Told, Wire, proxy};
use std::{
    fs::DirBuilder,
    io,
    os::{
        fd::{AsFd as _, AsRawFd as _, OwnedFd},
        unix::fs::DirBuilderExt as _,
    },
    process::{Command, Stdio},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio::{net::unix::pipe::Receiver, task::JoinHandle};

/// Refusals of one command that are kept, at most.
const MOST_REFUSALS: usize = 64;

/// The warden of a session.
#[derive(Debug)]
pub(crate) struct Keeper {
    door: Arc<Door>,
}

impl Keeper {
    /// With the door through which commands reach the network.
    pub(crate) fn new(door: Arc<Door>) -> Self {
        Self { door }
    }

    /// Whether this program can start itself under another name; a test, say, cannot.
    pub(crate) fn is_possible() -> bool {
        gimlet_sandbox::ourselves().is_some()
    }

    /// What this machine can hold commands to; found once, in a process of its own.
    pub(crate) fn strength() -> Strength {
        static FOUND: OnceLock<Strength> = OnceLock::new();
        *FOUND.get_or_init(|| {
            let Some(program) = gimlet_sandbox::ourselves() else {
                return Strength::None;
            };
            let mut probe = Command::new(program);
            std::os::unix::process::CommandExt::arg0(&mut probe, ARG0);
            let probe = probe.arg(gimlet_sandbox::PROBE);
            let output = probe.stdin(Stdio::null()).stderr(Stdio::null()).output();
            let said = output.map(|output| output.stdout).unwrap_or_default();
            let name = String::from_utf8_lossy(&said);
            Strength::named(name.trim()).unwrap_or_default()
        })
    }
}

impl Warden for Keeper {
    fn prepare(&self, confinement: &Confinement) -> Result<Cell, String> {
        let mut bounds = match confinement {
            Confinement::Open { .. } => None,
            Confinement::Held(bounds) => Some((**bounds).clone()),
            Confinement::Refused { why } => return Err(why.clone()),
        };
        let program = gimlet_sandbox::ourselves().ok_or("this program cannot confine commands")?;
        let placeholders = match &mut bounds {
            None => Placeholders::default(),
            Some(bounds) => make_ready(bounds)?,
        };
        let (ours, theirs) = Wire::pair().map_err(|error| format!("no wire: {error}"))?;
        let mut env = own_temporary(bounds.as_ref());
        let network = bounds.as_ref().map(|bounds| bounds.network);
        if network == Some(Network::Proxy) {
            env.extend(proxy_variables());
        }
        let told = Told {
            bounds,
            wire: Some(theirs.as_raw_fd()),
        };
        let heard = Arc::new(Heard {
            wire: ours,
            refused: Mutex::default(),
            door: Mutex::default(),
        });
        let serving = (network == Some(Network::Proxy))
            .then(|| tokio::spawn(serve(Arc::clone(&heard), Arc::clone(&self.door))));
        let overseer = Oversight {
            heard,
            serving,
            placeholders,
        };
        Ok(Cell {
            program,
            name: ARG0.into(),
            arguments: told.arguments()?,
            env,
            inherits: Some(theirs.into_fd()),
            overseer: Box::new(overseer),
        })
    }
}

/// Where `/tmp` cannot be the session's own folder, programs are told of that.
fn own_temporary(bounds: Option<&Bounds>) -> Vec<(String, String)> {
    let weak = bounds.filter(|bounds| bounds.strength < Strength::Namespaces);
    let folder = weak.and_then(|bounds| bounds.temporary.as_ref());
    let text = folder.and_then(|folder| folder.to_str());
    text.map(|text| ("TMPDIR".to_owned(), text.to_owned()))
        .into_iter()
        .collect()
}

/// What must be there before a command is confined.
fn make_ready(bounds: &mut Bounds) -> Result<Placeholders, String> {
    if let Some(temporary) = &bounds.temporary {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(temporary);
        made.map_err(|error| format!("{} cannot be made: {error}", temporary.display()))?;
    }
    if bounds.strength < Strength::Namespaces {
        return Ok(Placeholders::default());
    }
    Placeholders::put(bounds)
}

/// What programs look at to find a proxy; each has its own spelling.
fn proxy_variables() -> Vec<(String, String)> {
    let (host, port) = PROXY;
    let http = format!("http://{host}:{port}");
    // Names are looked up by the proxy: there is nobody else inside who could.
    let socks = format!("socks5h://{host}:{port}");
    let own = "localhost,127.0.0.1,::1";
    let variables = [
        ("HTTP_PROXY", http.as_str()),
        ("HTTPS_PROXY", &http),
        ("ALL_PROXY", &socks),
        ("NO_PROXY", own),
    ];
    let both = variables.into_iter().flat_map(|(name, value)| {
        [name.to_owned(), name.to_lowercase()].map(|name| (name, value.to_owned()))
    });
    both.collect()
}

/// Waits for the door of a command's network and serves it, until it is dropped.
async fn serve(heard: Arc<Heard>, keeper: Arc<Door>) {
    let door = loop {
        heard.listen();
        if let Some(door) = heard.take_door() {
            break door;
        }
        if heard.more().await.is_err() {
            return;
        }
    };
    let door = std::net::TcpListener::from(door);
    if door.set_nonblocking(true).is_ok()
        && let Ok(door) = tokio::net::TcpListener::from_std(door)
    {
        proxy::serve(door, keeper).await;
    }
}

/// One confined process, from outside.
#[derive(Debug)]
struct Oversight {
    heard: Arc<Heard>,
    serving: Option<JoinHandle<()>>,
    placeholders: Placeholders,
}

/// What a process told.
#[derive(Debug)]
struct Heard {
    wire: Wire,
    refused: Mutex<Vec<String>>,
    door: Mutex<Option<OwnedFd>>,
}

impl Drop for Oversight {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

impl Heard {
    fn take_door(&self) -> Option<OwnedFd> {
        self.door
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Waits until there may be more to hear.
    async fn more(&self) -> io::Result<()> {
        let copy = self.wire.as_fd().try_clone_to_owned()?;
        // All that is used of it is the waiting.
        let copy = Receiver::from_owned_fd_unchecked(copy)?;
        copy.readable().await
    }

    /// Takes in what is there.
    fn listen(&self) {
        while let Ok(Some(news)) = self.wire.hear() {
            match news {
                News::Refused(what) => {
                    let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                    if refused.len() < MOST_REFUSALS {
                        refused.push(what);
                    }
                }
                News::Door(door) => {
                    *self.door.lock().unwrap_or_else(PoisonError::into_inner) = Some(door);
                }
                News::Hold(_) | News::Outlive => {}
            }
        }
    }
}

impl Overseer for Oversight {
    fn refused(&mut self) -> Vec<String> {
        self.heard.listen();
        let mut refused = self
            .heard
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *refused)
    }

    fn let_outlive(&mut self) {
        // It takes over what protects the missing, before nobody else is there to hold it. Where
        // that does not reach it, it is not let go; where it has ended, there is nothing to.
        if self.placeholders.share(&self.heard.wire).is_ok() {
            self.heard.wire.tell(&News::Outlive).unwrap_or_default();
        }
    }
}
