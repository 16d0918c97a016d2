//! The model of a scene: says the line that the log stands at, and keeps every request.

use crate::{ground::Ground, tape::Tape};
use futures::StreamExt as _;
use gimlet_ports::{Model, ModelCard, ModelRequest, ModelStream, Models, Stop};
use gimlet_protocol::Call;
use gimlet_providers::{Script, Scripted};
use gimlet_testkit::scenario::{AGAIN, Line, Place, Scene, Speaker, place};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) type Requests = Arc<Mutex<Vec<ModelRequest>>>;

/// Both models of a scene.
pub(crate) struct Prompters {
    first: Arc<Prompter>,
    fallback: Arc<Prompter>,
    fallback_name: String,
}

impl Prompters {
    pub(crate) fn new(scene: &Scene, ground: &Ground, tape: &Tape, requests: &Requests) -> Self {
        let prompter = |speaker| {
            Arc::new(Prompter {
                scene: scene.clone(),
                speaker,
                tape: tape.clone(),
                requests: Arc::clone(requests),
                card: Scripted::new(script(scene, speaker, &[])).card().clone(),
            })
        };
        Self {
            first: prompter(Speaker::First),
            fallback: prompter(Speaker::Fallback),
            fallback_name: ground.fallback(),
        }
    }
}

impl Models for Prompters {
    fn model(&self, name: &str) -> Result<Arc<dyn Model>, String> {
        if name == self.fallback_name {
            return Ok(Arc::clone(&self.fallback) as Arc<dyn Model>);
        }
        if name == "scripted/script" {
            return Ok(Arc::clone(&self.first) as Arc<dyn Model>);
        }
        Err(format!("the scene has no model `{name}`"))
    }
}

struct Prompter {
    scene: Scene,
    speaker: Speaker,
    tape: Tape,
    requests: Requests,
    card: ModelCard,
}

impl Prompter {
    fn reply(&self) -> Value {
        match place(&self.scene.lines, &self.tape.entries()) {
            Place::Again(calls) => again(&calls),
            Place::Line(at) => match self.scene.lines.get(at) {
                Some(line) if line.speaker == self.speaker => said(line),
                Some(line) => refusal(&format!(
                    "{}:{}: another model is to say this",
                    self.scene.path, line.number
                )),
                None => refusal(&format!("{}: the model has no line left", self.scene.path)),
            },
        }
    }
}

impl Model for Prompter {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.clone());
        let tape = self.tape.clone();
        let said = Scripted::new(script(&self.scene, self.speaker, &[self.reply()]));
        said.stream(request, stop)
            .inspect(move |_| tape.item())
            .boxed()
    }
}

/// The model looks at what a lost call has left, finds nothing, and makes it again.
fn again(calls: &[Call]) -> Value {
    let call = |call: &Call| json!({ "type": "call", "id": format!("{}{AGAIN}", call.id), "tool": call.tool, "input": call.input });
    json!({ "items": calls.iter().map(call).collect::<Vec<_>>() })
}

fn said(line: &Line) -> Value {
    json!({ "items": line.items })
}

fn refusal(why: &str) -> Value {
    json!({ "items": [{ "type": "fail", "class": "rejected", "text": why }] })
}

fn script(scene: &Scene, speaker: Speaker, replies: &[Value]) -> Script {
    Script::parse(&scene.script_of(speaker, replies).to_string()).unwrap()
}
