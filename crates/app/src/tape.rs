//! Tapes: a session's exchanges with its models, kept in a file and played again without them.
//!
//! A tape is JSON lines: a head, then in the order in which they happened what the person did
//! and each exchange. Nothing in it names the machine: folders stand as `{{CWD}}` and the like,
//! and keys and passwords are taken out.

mod copy;
mod format;
mod places;
mod play;
mod record;
mod replay;
#[cfg(test)]
mod tests;

pub use copy::FolderCopy;
pub use play::Player;
pub use record::Recorder;
pub use replay::{Difference, DifferenceKind, ReplayReport, replay};

use crate::Launch;
pub(crate) use format::Performed;
use format::{Exchange, Head, Line};
use gimlet_ports::Models;
use gimlet_protocol::{Op, Opened};
use gimlet_settings::Dirs;
use places::Places;
use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

/// What a session's models are: asked and recorded, or played from a tape.
#[derive(Clone, Debug, Default)]
pub enum Deck {
    /// Only asked.
    #[default]
    None,
    /// Asked, and what they say is kept.
    Record(Arc<Recorder>),
    /// Not asked at all.
    Play(Arc<Player>),
}

impl Deck {
    /// The models of sessions.
    pub(crate) fn models(&self, models: Arc<dyn Models>) -> Arc<dyn Models> {
        match self {
            Self::None => models,
            Self::Record(recorder) => recorder.models(models),
            Self::Play(player) => Arc::new(play::Played(Arc::clone(player))),
        }
    }

    /// Takes note of a session that was opened, and of what differs on other machines.
    pub(crate) fn opened(&self, launch: &Launch, opened: &Opened, scratch: &Path, dirs: &Dirs) {
        if matches!(self, Self::None) {
            return;
        }
        let mut places = Places::default();
        places.text(opened.session.as_str(), "{{SESSION}}");
        places.path(scratch, "{{SCRATCH}}");
        places.path(&opened.cwd, "{{CWD}}");
        places.path(&dirs.data, "{{DATA}}");
        places.path(&dirs.config, "{{CONFIG}}");
        if let Some(home) = &dirs.home {
            places.path(home, "{{HOME}}");
        }
        match self {
            Self::None => {}
            Self::Record(recorder) => {
                let head = Head::of(launch, opened.model.clone(), opened.mode);
                recorder.opened(head, places);
            }
            Self::Play(player) => player.opened(places),
        }
    }

    /// What the person is about to do, where it is to be kept.
    pub(crate) fn act(&self, op: &Op) -> Option<Performed> {
        match self {
            Self::Record(recorder) => Some(Performed {
                after: recorder.begun(),
                op: op.clone(),
            }),
            Self::None | Self::Play(_) => None,
        }
    }

    /// Takes note of what the person did.
    pub(crate) fn performed(&self, act: Performed) {
        if let Self::Record(recorder) = self {
            recorder.performed(act);
        }
    }

    /// What the person should know of a recording.
    pub(crate) fn take_fault(&self) -> Option<String> {
        match self {
            Self::Record(recorder) => recorder.take_fault(),
            Self::None | Self::Play(_) => None,
        }
    }
}

/// A tape that was read.
#[derive(Clone, Debug)]
pub struct Tape {
    head: Head,
    performed: Vec<Performed>,
    exchanges: Vec<Exchange>,
}

/// Why there is no tape.
#[derive(Debug, thiserror::Error)]
pub enum TapeFault {
    /// The file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line of it is not as it should be.
    #[error("{}, line {line}: {why}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}

/// The format of the tapes that are written.
const FORMAT: u32 = 1;
/// A tape may be this large.
const LARGEST_BYTES: u64 = 1 << 30;

impl Tape {
    /// Reads a tape.
    ///
    /// # Errors
    /// When it cannot be read, is no tape, or is of a newer format.
    pub fn read(path: &Path) -> Result<Self, TapeFault> {
        let file_fault = |error| TapeFault::File {
            path: path.to_owned(),
            error,
        };
        let file = File::open(path).map_err(file_fault)?;
        if file.metadata().map_err(file_fault)?.len() > LARGEST_BYTES {
            return Err(file_fault(io::Error::other("larger than any tape")));
        }
        let (mut head, mut performed, mut exchanges) = (None, Vec::new(), Vec::new());
        for (number, text) in BufReader::new(file).lines().enumerate() {
            let text = text.map_err(file_fault)?;
            let fault = |why: String| TapeFault::Line {
                path: path.to_owned(),
                line: number + 1,
                why,
            };
            match serde_json::from_str(&text).map_err(|error| fault(error.to_string()))? {
                Line::Head(found) if number == 0 && found.gimlet_tape == FORMAT => {
                    head = Some(*found);
                }
                Line::Head(found) if number == 0 => {
                    let why = format!(
                        "the tape has format {}; this version plays format {FORMAT}",
                        found.gimlet_tape
                    );
                    return Err(fault(why));
                }
                _ if number == 0 => return Err(fault("a tape begins with its head".to_owned())),
                Line::Head(_) => return Err(fault("a second head".to_owned())),
                Line::Performed(act) => performed.push(act),
                Line::Exchange(exchange) => exchanges.push(*exchange),
            }
        }
        let head = head.ok_or_else(|| TapeFault::Line {
            path: path.to_owned(),
            line: 1,
            why: "the tape is empty".to_owned(),
        })?;
        Ok(Self {
            head,
            performed,
            exchanges,
        })
    }
}
