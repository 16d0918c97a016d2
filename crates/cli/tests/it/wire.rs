//! The scripted provider for tests that wait with a thread.

use crate::rig::DEADLINE;
use gimlet_testkit::sse::{Gate, Recorded, Reply, Script, Server};
use serde_json::Value;
use std::future::Future;
use tokio::runtime::Runtime;

/// A provider on loopback. When it is dropped, no request may have been wrong.
pub(crate) struct Wire {
    server: Option<Server>,
    runtime: Runtime,
}

impl Wire {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.block_on(Server::start()).unwrap();
        Self {
            server: Some(server),
            runtime,
        }
    }

    /// One that says these texts, one after the other.
    pub(crate) fn saying(texts: &[&str]) -> Self {
        let wire = Self::new();
        for text in texts {
            wire.says(text);
        }
        wire
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        self.server().url()
    }

    pub(crate) fn answer(&self, reply: Reply) {
        self.server().answer(reply);
    }

    /// Queues a text that ends the turn.
    pub(crate) fn says(&self, text: &str) {
        self.answer(Reply::events(&Script::new().text(text)));
    }

    /// Queues one call.
    pub(crate) fn calls(&self, id: &str, tool: &str, input: Value) {
        self.answer(Reply::events(&Script::new().call(id, tool, &input)));
    }

    /// The bodies of the requests so far.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.requests().iter().map(Recorded::json).collect()
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.server().requests()
    }

    /// What the model was told of a call, in the last request.
    #[track_caller]
    pub(crate) fn result_of(&self, call: &str) -> String {
        let bodies = self.bodies();
        let last = bodies.last().expect("there was a request");
        let results: Vec<&Value> = last["messages"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|message| message["content"].as_array().into_iter().flatten())
            .filter(|block| block["tool_use_id"] == call)
            .collect();
        let [result] = results[..] else {
            panic!("one result of {call} was expected: {last:#}")
        };
        if let Some(text) = result["content"].as_str() {
            return text.to_owned();
        }
        let blocks = result["content"].as_array().into_iter().flatten();
        blocks
            .filter_map(|block| block["text"].as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }

    pub(crate) fn abandoned(&self, count: usize) {
        self.within("a request that is given up", self.server().abandoned(count));
    }

    pub(crate) fn reached(&self, gate: &Gate) {
        self.within("a reply at the gate", gate.reached());
    }

    fn within(&self, what: &str, waiting: impl Future<Output = ()>) {
        let waited = self
            .runtime
            .block_on(async { tokio::time::timeout(DEADLINE, waiting).await });
        assert!(waited.is_ok(), "{what} did not come within {DEADLINE:?}");
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let faults = self.server().faults();
        let others: Vec<String> = self
            .server()
            .others()
            .into_iter()
            .map(|request| request.path)
            .collect();
        self.server = None;
        if !std::thread::panicking() {
            assert_eq!(faults, Vec::<String>::new());
            assert_eq!(others, Vec::<String>::new(), "only messages are asked for");
        }
    }
}
