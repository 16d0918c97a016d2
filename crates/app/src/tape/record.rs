//! Recording: what goes to models and comes back is written down on its way.

use super::{
    TapeFault,
    format::{Exchange, Head, Item, Line, Performed, Whole},
    places::Places,
};
use futures::{Stream, StreamExt as _};
use gimlet_ports::{Model, ModelCard, ModelItem, ModelRequest, ModelStream, Models, Stop};
use gimlet_protocol::{Op, SessionId};
use std::{
    fmt,
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

/// Writes a tape while a session runs. Nothing is written once it failed.
pub struct Recorder {
    path: PathBuf,
    recording: Mutex<Recording>,
}

struct Recording {
    file: File,
    places: Places,
    has_head: bool,
    /// Each with its last request.
    conversations: Vec<(SessionId, Whole)>,
    begun: u64,
    /// Said once.
    fault: Option<String>,
    ended: bool,
}

impl Recorder {
    /// Begins a tape in a new file, readable by its owner alone.
    ///
    /// # Errors
    /// When there is a file already, or it cannot be made.
    pub fn create(path: &Path) -> Result<Arc<Self>, TapeFault> {
        let mut how = OpenOptions::new();
        how.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
        let file = how.open(path).map_err(|error| TapeFault::File {
            path: path.to_owned(),
            error,
        })?;
        Ok(Arc::new(Self {
            path: path.to_owned(),
            recording: Mutex::new(Recording {
                file,
                places: Places::default(),
                has_head: false,
                conversations: Vec::new(),
                begun: 0,
                fault: None,
                ended: false,
            }),
        }))
    }

    /// Why the tape is not whole, once.
    pub(crate) fn take_fault(&self) -> Option<String> {
        let fault = self.recording().fault.take()?;
        Some(format!("{} is not whole: {fault}", self.path.display()))
    }

    /// The first session that is opened is the tape's.
    pub(super) fn opened(&self, head: Head, places: Places) {
        let mut recording = self.recording();
        if !recording.has_head {
            recording.has_head = true;
            recording.places = places;
            recording.write(&Line::Head(Box::new(head)));
        }
    }

    /// How many exchanges have begun.
    pub(super) fn begun(&self) -> u64 {
        self.recording().begun
    }

    /// Writes down what the person did. The tape ends where they interrupted, because nobody
    /// can do that at the same moment twice.
    pub(super) fn performed(&self, act: Performed) {
        let mut recording = self.recording();
        let is_last = matches!(act.op, Op::Interrupt | Op::Close);
        recording.write(&Line::Performed(act));
        recording.ended |= is_last;
    }

    pub(super) fn models(self: &Arc<Self>, models: Arc<dyn Models>) -> Arc<dyn Models> {
        Arc::new(Recorded {
            models,
            recorder: Arc::clone(self),
        })
    }

    fn recording(&self) -> MutexGuard<'_, Recording> {
        self.recording
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Recording {
    fn write(&mut self, line: &Line) {
        if self.ended || self.fault.is_some() {
            return;
        }
        let written = serde_json::to_value(line).and_then(|mut value| {
            // Requests had their names put in when they were compared; again does no harm.
            self.places.named_with_dates(&mut value);
            serde_json::to_string(&value)
        });
        let written = written
            .map_err(std::io::Error::from)
            .and_then(|text| self.file.write_all(format!("{text}\n").as_bytes()));
        if let Err(error) = written {
            self.fault = Some(error.to_string());
        }
    }

    fn exchanged(&mut self, exchange: Half, reply: Vec<Item>) {
        let place = exchange.conversation as usize;
        let Some((_, before)) = self.conversations.get_mut(place) else {
            return;
        };
        let request = before.up_to(&exchange.request);
        *before = exchange.request;
        self.write(&Line::Exchange(Box::new(Exchange {
            conversation: exchange.conversation,
            model: exchange.model,
            request,
            reply,
        })));
    }

    fn began(&mut self, session: &SessionId) -> u32 {
        self.begun += 1;
        let known = self.conversations.iter().position(|(id, _)| id == session);
        let place = known.unwrap_or_else(|| {
            self.conversations.push((session.clone(), Whole::default()));
            self.conversations.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }
}

/// An exchange whose reply is still coming.
struct Half {
    conversation: u32,
    model: String,
    request: Whole,
}

struct Recorded {
    models: Arc<dyn Models>,
    recorder: Arc<Recorder>,
}

impl Models for Recorded {
    fn model(&self, name: &str) -> Result<Arc<dyn Model>, String> {
        Ok(Arc::new(RecordedModel {
            model: self.models.model(name)?,
            recorder: Arc::clone(&self.recorder),
        }))
    }
}

struct RecordedModel {
    model: Arc<dyn Model>,
    recorder: Arc<Recorder>,
}

impl Model for RecordedModel {
    fn card(&self) -> &ModelCard {
        self.model.card()
    }

    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream {
        let card = self.model.card();
        let half = {
            let mut recording = self.recorder.recording();
            let conversation = recording.began(&request.session);
            match Whole::of(&request) {
                Ok(mut whole) => {
                    whole.settle(&recording.places);
                    Some(Half {
                        conversation,
                        model: format!("{}/{}", card.provider, card.name),
                        request: whole,
                    })
                }
                Err(error) => {
                    recording.fault = Some(error.to_string());
                    None
                }
            }
        };
        let inner = self.model.stream(request, stop);
        let Some(half) = half else {
            return inner;
        };
        Box::pin(Tap {
            inner,
            half: Some(half),
            reply: Vec::new(),
            recorder: Arc::clone(&self.recorder),
        })
    }
}

/// A stream that is listened in on.
struct Tap {
    inner: ModelStream,
    half: Option<Half>,
    reply: Vec<Item>,
    recorder: Arc<Recorder>,
}

impl Tap {
    fn end(&mut self) {
        if let Some(half) = self.half.take() {
            let reply = std::mem::take(&mut self.reply);
            self.recorder.recording().exchanged(half, reply);
        }
    }
}

impl Stream for Tap {
    type Item = ModelItem;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ModelItem>> {
        let polled = self.inner.poll_next_unpin(cx);
        if let Poll::Ready(Some(item)) = &polled {
            self.reply.extend(Item::of(item));
            if matches!(item, ModelItem::End(_)) {
                self.end();
            }
        }
        polled
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        if self.half.is_some() {
            self.reply.push(Item::Stopped);
            self.end();
        }
    }
}
