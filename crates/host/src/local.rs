//! The local machine as a host, and how it is set up.

use crate::{fault::broken, files, process, search};
use gimlet_ports::{
    Child, DirItem, FileInfo, GlobFound, GlobQuery, GrepFound, GrepQuery, Host, HostFault, Later,
    Launch, LineWindow, Stop, TextWindow, Warden, WriteHow,
};
use gimlet_protocol::{Confinement, Stamp, Timestamp};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// What a started process inherits of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PassEnv {
    /// Every variable.
    #[default]
    All,
    /// Only these variables, with these values.
    Only(Vec<(OsString, OsString)>),
}

/// What is on the disk before a write is reported as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flush {
    /// The new content, before it takes the old one's place: after a power cut the file is
    /// whole, either old or new. The folder is left to the system.
    #[default]
    Content,
    /// Nothing: fastest, and whole after a killed process, yet not after a power cut.
    Nothing,
}

/// How the local machine is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostOptions {
    /// The shell for `Program::Shell`. Without it `bash` from one of its usual places, or `sh`.
    pub shell: Option<PathBuf>,
    /// What a process inherits.
    pub pass_env: PassEnv,
    /// Variables that no process inherits, such as keys. `BASH_ENV` and `ENV` never are.
    pub remove_env: Vec<String>,
    /// Variables that every process gets.
    pub set_env: Vec<(String, String)>,
    /// What a write flushes.
    pub flush: Flush,
}

/// The local machine.
#[derive(Clone, Debug)]
pub struct LocalHost {
    flush: Flush,
    starter: Arc<process::Starter>,
    warden: Option<Arc<dyn Warden>>,
    /// What processes are held to; without it they are started as they are.
    confinement: Option<Confinement>,
}

impl LocalHost {
    /// Makes the host; looks for a shell, nothing more.
    pub fn new(options: HostOptions) -> Self {
        let HostOptions {
            shell,
            pass_env,
            remove_env,
            set_env,
            flush,
        } = options;
        Self {
            flush,
            starter: Arc::new(process::Starter::new(shell, pass_env, remove_env, set_env)),
            warden: None,
            confinement: None,
        }
    }

    /// The same, with one who can hold processes to a confinement.
    #[must_use]
    pub fn with_warden(mut self, warden: Arc<dyn Warden>) -> Self {
        self.warden = Some(warden);
        self
    }
}

impl Host for LocalHost {
    fn stat<'a>(&'a self, path: &'a Path) -> Later<'a, Result<FileInfo, HostFault>> {
        let path = path.to_owned();
        Box::pin(off_thread(move || files::stat(&path)))
    }

    fn read<'a>(
        &'a self,
        path: &'a Path,
        limit_bytes: u64,
    ) -> Later<'a, Result<(Vec<u8>, Stamp), HostFault>> {
        let path = path.to_owned();
        Box::pin(off_thread(move || files::read(&path, limit_bytes)))
    }

    fn read_lines<'a>(
        &'a self,
        path: &'a Path,
        window: LineWindow,
        stop: &'a Stop,
    ) -> Later<'a, Result<TextWindow, HostFault>> {
        let path = path.to_owned();
        Box::pin(stoppable(stop, move |stop| {
            files::read_lines(&path, window, &stop)
        }))
    }

    fn write<'a>(
        &'a self,
        path: &'a Path,
        bytes: &'a [u8],
        how: WriteHow,
    ) -> Later<'a, Result<Stamp, HostFault>> {
        let (path, bytes, flush) = (path.to_owned(), bytes.to_vec(), self.flush);
        Box::pin(off_thread(move || files::write(&path, &bytes, &how, flush)))
    }

    fn append<'a>(&'a self, path: &'a Path, bytes: &'a [u8]) -> Later<'a, Result<(), HostFault>> {
        let (path, bytes) = (path.to_owned(), bytes.to_vec());
        Box::pin(off_thread(move || files::append(&path, &bytes)))
    }

    fn remove<'a>(
        &'a self,
        path: &'a Path,
        expect_hash: &'a str,
    ) -> Later<'a, Result<(), HostFault>> {
        let (path, hash) = (path.to_owned(), expect_hash.to_owned());
        Box::pin(off_thread(move || files::remove(&path, &hash)))
    }

    fn list<'a>(
        &'a self,
        path: &'a Path,
        limit: usize,
    ) -> Later<'a, Result<(Vec<DirItem>, bool), HostFault>> {
        let path = path.to_owned();
        Box::pin(off_thread(move || files::list(&path, limit)))
    }

    fn glob<'a>(
        &'a self,
        query: GlobQuery,
        stop: &'a Stop,
    ) -> Later<'a, Result<GlobFound, HostFault>> {
        Box::pin(stoppable(stop, move |stop| search::glob(&query, &stop)))
    }

    fn grep<'a>(
        &'a self,
        query: GrepQuery,
        stop: &'a Stop,
    ) -> Later<'a, Result<GrepFound, HostFault>> {
        Box::pin(stoppable(stop, move |stop| search::grep(&query, &stop)))
    }

    fn spawn(&self, launch: Launch) -> Result<Box<dyn Child>, HostFault> {
        let cell = match (&self.confinement, &self.warden) {
            (None, _) | (Some(Confinement::Open { .. }), None) => None,
            (Some(confinement), Some(warden)) => {
                let cell = warden.prepare(confinement);
                Some(cell.map_err(|why| broken("confine the command", &why))?)
            }
            (Some(Confinement::Held(_) | Confinement::Refused { .. }), None) => {
                return Err(broken("confine the command", &"nobody here can"));
            }
        };
        self.starter.start(launch, cell)
    }

    fn within(&self, confinement: &Confinement) -> Option<Arc<dyn Host>> {
        let mut within = self.clone();
        within.confinement = Some(confinement.clone());
        Some(Arc::new(within))
    }

    fn group_lives(&self, group: i32) -> bool {
        process::group_lives(group)
    }

    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// Runs file work where it may block.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HostFault> + Send + 'static,
) -> Result<T, HostFault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(broken("finish the work on files", &error)),
    }
}

/// As `off_thread`, for long work: it ends also when nobody waits for it any more.
async fn stoppable<T: Send + 'static>(
    stop: &Stop,
    work: impl FnOnce(Stop) -> Result<T, HostFault> + Send + 'static,
) -> Result<T, HostFault> {
    let own = stop.child_token();
    let _ends_when_dropped = own.clone().drop_guard();
    off_thread(move || work(own)).await
}
