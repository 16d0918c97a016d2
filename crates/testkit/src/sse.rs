//! A scripted provider on loopback: real bytes over real HTTP, for adapters and for the
//! whole program.
//!
//! ```ignore
//! let server = Server::start().await?;
//! server.answer(Reply::events(&Script::new().call("toolu_1", "Read", &json!({"file_path": "a"}))));
//! server.answer(Reply::events(&Script::new().text("Done.")).delivered(Delivery::Bytes));
//! // … point the program at `server.url()` and run it …
//! assert_eq!(server.faults(), Vec::<String>::new());
//! ```
//!
//! Each request to a model, in whichever dialect, takes the next answer. Every request is recorded and
//! checked: calls and results pair up, roles alternate, tool names are unique, there are at
//! most four cache markers, and the request before of the same conversation comes again
//! unchanged in front.

mod chat;
mod check;
mod reply;
mod script;
mod serve;
mod wire;

pub use chat::ChatScript;
pub use reply::{Delivery, Gate, Reply};
pub use script::Script;
pub use wire::{Ending, Fault, Piece, Said, Wire};

use chat::check::ChatConversations;
use check::Conversations;
use std::{
    collections::VecDeque,
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Which connection brought it, from 0.
    pub connection: usize,
    /// Such as `POST`.
    pub method: String,
    /// With the query.
    pub path: String,
    /// Names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// All of it.
    pub body: Vec<u8>,
    /// What the checks found wrong.
    pub faults: Vec<String>,
}

impl Recorded {
    /// The value of a header; its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

type Responder = Box<dyn Fn(&Recorded) -> Reply + Send + Sync>;

/// The server. It ends when it is dropped.
pub struct Server {
    address: SocketAddr,
    stage: Arc<Stage>,
    listening: JoinHandle<()>,
}

/// What the connections share.
struct Stage {
    state: Mutex<State>,
    /// Counts everything that a test may wait for.
    counts: watch::Sender<Counts>,
}

#[derive(Default)]
struct State {
    answers: VecDeque<Reply>,
    responder: Option<Responder>,
    requests: Vec<Recorded>,
    others: Vec<Recorded>,
    conversations: Conversations,
    chats: ChatConversations,
    pages: Vec<(String, Reply)>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    requests: usize,
    connections: usize,
    abandoned: usize,
}

impl Server {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let stage = Arc::new(Stage {
            state: Mutex::default(),
            counts: watch::Sender::default(),
        });
        let listening = tokio::spawn(serve::listen(listener, Arc::clone(&stage)));
        Ok(Self {
            address,
            stage,
            listening,
        })
    }

    /// The base address, such as `http://127.0.0.1:4711`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Queues the answer to the next request that has none.
    pub fn answer(&self, reply: Reply) {
        self.stage.state().answers.push_back(reply);
    }

    /// Answers every request for which nothing is queued.
    pub fn answer_with(&self, responder: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) {
        self.stage.state().responder = Some(Box::new(responder));
    }

    /// Answers every request for this path that is no request to a model.
    pub fn serve(&self, path: &str, reply: Reply) {
        self.stage.state().pages.push((path.to_owned(), reply));
    }

    /// The requests to models, in the order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.stage.state().requests.clone()
    }

    /// All other requests; they get the page of their path, or 404.
    pub fn others(&self) -> Vec<Recorded> {
        self.stage.state().others.clone()
    }

    /// What the checks found wrong in any request, with its number from 1.
    pub fn faults(&self) -> Vec<String> {
        let state = self.stage.state();
        let numbered = state.requests.iter().enumerate().flat_map(|(at, request)| {
            request
                .faults
                .iter()
                .map(move |fault| format!("request {}: {fault}", at + 1))
        });
        numbered.collect()
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.stage.counts.borrow().connections
    }

    /// Waits until so many requests have come.
    pub async fn requested(&self, count: usize) {
        self.wait_until(|counts| counts.requests >= count).await;
    }

    /// Waits until so many requests were given up by the client while they were held.
    pub async fn abandoned(&self, count: usize) {
        self.wait_until(|counts| counts.abandoned >= count).await;
    }

    async fn wait_until(&self, reached: impl FnMut(&Counts) -> bool) {
        // The sender lives as long as the server, so waiting cannot fail.
        drop(self.stage.counts.subscribe().wait_for(reached).await);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl State {
    fn page(&mut self, request: Recorded) -> Reply {
        let path = request.path.split('?').next().unwrap_or_default();
        let page = self.pages.iter().find(|(known, _)| known == path);
        let page = page.map(|(_, reply)| reply.clone());
        self.others.push(request);
        page.unwrap_or_else(|| {
            Reply::error(404, "not_found_error", "only POST /v1/messages is served")
        })
    }
}

impl Stage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a request and says what to answer.
    fn take(&self, mut request: Recorded) -> Reply {
        let mut state = self.state();
        let path = request.path.split('?').next().unwrap_or_default();
        request.faults = match request.method.as_str() {
            "POST" if path.ends_with("/v1/messages") => state.conversations.check(&request.body),
            "POST" if path.ends_with("/chat/completions") => state.chats.check(&request.body),
            "POST" => match Wire::of_path(path) {
                Some(Wire::BedrockMessages | Wire::VertexMessages) => {
                    state.conversations.check(&request.body)
                }
                Some(wire) => wire::pairs::check(wire, &request.body),
                None => return state.page(request),
            },
            _ => return state.page(request),
        };
        let reply = match (state.answers.pop_front(), &state.responder) {
            (Some(reply), _) => reply,
            (None, Some(responder)) => responder(&request),
            (None, None) => {
                request.faults.push("no answer is scripted".to_owned());
                Reply::error(400, "invalid_request_error", "no answer is scripted")
            }
        };
        state.requests.push(request);
        drop(state);
        self.counts.send_modify(|counts| counts.requests += 1);
        reply
    }
}
