//! The scripted model: says what a script tells it to, for demonstrations and tests.

mod play;
mod script;

pub use script::{
    FailureClass, Script, ScriptFault, ScriptItem, ScriptOrder, ScriptPrice, ScriptReply,
    ScriptUsage,
};

use futures::{StreamExt as _, stream};
use gimlet_ports::{Model, ModelCard, ModelItem, ModelRequest, ModelStream, Price, Stop};
use play::Act;
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Semaphore, watch};

const PROVIDER: &str = "scripted";

/// A model that plays a script. Clones are the same model.
#[derive(Clone)]
pub struct Scripted {
    card: Arc<ModelCard>,
    stage: Arc<Stage>,
}

struct Stage {
    script: Script,
    /// The requests so far, in their order.
    heard: Mutex<Vec<ModelRequest>>,
    count: watch::Sender<usize>,
    gate: Option<Arc<Semaphore>>,
}

/// Releases the items of a stepped model. When it is dropped the rest flows freely.
#[derive(Debug)]
pub struct Stepper(Arc<Semaphore>);

impl Scripted {
    /// Plays the script at its own pace.
    pub fn new(script: Script) -> Self {
        Self::build(script, None)
    }

    /// Plays the script one item at a time, each released by the stepper.
    pub fn stepped(script: Script) -> (Self, Stepper) {
        let gate = Arc::new(Semaphore::new(0));
        (Self::build(script, Some(Arc::clone(&gate))), Stepper(gate))
    }

    fn build(script: Script, gate: Option<Arc<Semaphore>>) -> Self {
        let price = script.price.map(|price| Price {
            input: price.input,
            output: price.output,
            cache_read: price.cache_read,
            cache_write: price.cache_write,
        });
        let card = ModelCard {
            more: gimlet_ports::ModelMore::default(),
            provider: PROVIDER.to_owned(),
            name: script.name.clone(),
            context_tokens: script.context_tokens,
            max_output_tokens: script.max_output_tokens,
            price,
            assumed: false,
            images: true,
            documents: true,
            thinking: true,
        };
        let heard = Mutex::default();
        let stage = Stage {
            script,
            heard,
            count: watch::Sender::new(0),
            gate,
        };
        Self {
            card: Arc::new(card),
            stage: Arc::new(stage),
        }
    }

    /// The requests that came so far.
    pub fn requests(&self) -> Vec<ModelRequest> {
        self.stage.heard().clone()
    }

    /// Waits until this many requests have come.
    pub async fn requested(&self, count: usize) {
        let mut counted = self.stage.count.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        drop(counted.wait_for(|seen| *seen >= count).await);
    }
}

impl Stage {
    fn heard(&self) -> MutexGuard<'_, Vec<ModelRequest>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stepper {
    /// Lets this many more items through.
    pub fn release(&self, items: usize) {
        self.0.add_permits(items);
    }

    /// Lets everything through from now on.
    pub fn release_all(self) {
        drop(self);
    }
}

impl Drop for Stepper {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted")
            .field("name", &self.card.name)
            .finish_non_exhaustive()
    }
}

impl Model for Scripted {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream {
        let place = self.stage.heard().len();
        let acts = play::acts(&self.stage.script, place, &request);
        self.stage.heard().push(request);
        self.stage.count.send_modify(|count| *count = place + 1);
        let player = Player {
            acts,
            gate: self.stage.gate.clone(),
            stop,
        };
        stream::unfold(player, |mut player| async move {
            let item = player.next().await?;
            Some((item, player))
        })
        .boxed()
    }
}

struct Player {
    acts: VecDeque<Act>,
    gate: Option<Arc<Semaphore>>,
    stop: Stop,
}

impl Player {
    async fn next(&mut self) -> Option<ModelItem> {
        let stop = self.stop.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => None,
            item = self.act() => item,
        }
    }

    async fn act(&mut self) -> Option<ModelItem> {
        loop {
            match self.acts.pop_front()? {
                Act::Say(item) => {
                    if let Some(gate) = &self.gate
                        && let Ok(permit) = gate.acquire().await
                    {
                        permit.forget();
                    }
                    return Some(item);
                }
                Act::Rest(pause) => tokio::time::sleep(pause).await,
                Act::Hang => self.stop.cancelled().await,
            }
        }
    }
}
