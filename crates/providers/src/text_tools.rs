//! Tools for a model whose interface has no calls: they are described in the system prompt,
//! called in marked lines of the reply, and answered in marked text. The parser is strict: what
//! is not exactly a call is told to the model as a broken one, and never guessed at.

mod protocol;
mod reader;

use crate::{by_message::ByMessage, call_ids::Asked};
use futures::{StreamExt as _, stream};
use gimlet_ports::{Model, ModelCard, ModelRequest, ModelStream, Stop, ToolChoice};
use gimlet_protocol::{Block, Message, Role};
use reader::Reader;
use std::sync::Arc;

/// A model that gets its tools through text.
pub struct TextTools {
    model: Arc<dyn Model>,
    /// Messages with calls and results as text, so that equal messages stay the same.
    told: ByMessage<Arc<Message>>,
}

impl TextTools {
    /// Puts the protocol over a model.
    pub fn over(model: Arc<dyn Model>) -> Arc<dyn Model> {
        Arc::new(Self {
            model,
            told: ByMessage::default(),
        })
    }
}

impl Model for TextTools {
    fn card(&self) -> &ModelCard {
        self.model.card()
    }

    fn stream(&self, request: ModelRequest, stop: Stop) -> ModelStream {
        if request.tools.is_empty() {
            return self.model.stream(request, stop);
        }
        let names = request.tools.iter().map(|tool| tool.name.clone()).collect();
        let told = self.told.of(&request.messages, |message| {
            Arc::new(protocol::as_text(message))
        });
        let mut messages: Vec<Arc<Message>> = told.iter().map(|told| Arc::clone(&**told)).collect();
        if let Some(last) = forced(&request.tool_choice) {
            messages.push(Arc::new(Message {
                role: Role::User,
                blocks: vec![Block::text(last)],
            }));
        }
        let system = request.system.iter().cloned();
        let system: Vec<String> = system.chain([protocol::rules(&request.tools)]).collect();
        let asked = Asked {
            session: request.session.clone(),
            messages: request.messages.clone(),
        };
        let inner = self.model.stream(
            ModelRequest {
                system: system.into(),
                tools: Arc::new([]),
                tool_choice: ToolChoice::Auto,
                messages,
                ..request
            },
            stop,
        );
        let mut reader = Reader::new(asked, names);
        inner
            .flat_map(move |item| stream::iter(reader.take(item)))
            .boxed()
    }
}

fn forced(choice: &ToolChoice) -> Option<String> {
    match choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some("Answer without calling a tool.".to_owned()),
        ToolChoice::Only(name) => Some(format!("Call the tool `{name}` now, and nothing else.")),
    }
}
