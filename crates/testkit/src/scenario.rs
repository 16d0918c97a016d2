//! Scenes: one text file is one behaviour, readable by a person and played on real sessions.
//!
//! A scene says what lies in the folder, what the person does, what the model says, and what
//! must come of it; `docs/scenarios.md` has the whole grammar. [`Scene::parse`] reads one,
//! [`play`] acts the person out on any [`Stage`], and [`check_log`], [`check_requests`] and
//! [`same_end`] hold what came of it against the rules that every session obeys.

mod compare;
mod crew;
mod facts;
mod parse;
mod person;
mod play;
mod requests;
mod told;

pub use compare::{check_log, same_end};
pub use crew::{AGAIN, Place, place};
pub use facts::{Redaction, redacted_facts};
pub use parse::SceneFault;
pub use play::{SESSION, Stage, go_on, play, put};
pub use requests::check_requests;

use gimlet_protocol::{CallId, Mode, Reply, ReturnedHow};
use serde_json::{Value, json};

/// One behaviour.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Where it was read.
    pub path: String,
    /// What a session is started with.
    pub setup: Setup,
    /// What the model says, in order.
    pub lines: Vec<Line>,
    /// What the person does and sees, in order.
    pub steps: Vec<Step>,
}

/// What a session is started with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setup {
    /// Files of the folder that the session works in.
    pub files: Vec<(String, Vec<u8>)>,
    /// The permission mode.
    pub mode: Mode,
    /// Rules that allow.
    pub allow: Vec<String>,
    /// Rules that deny.
    pub deny: Vec<String>,
    /// Who answers questions.
    pub answers: Answers,
    /// Requests that a turn may make.
    pub max_turns: Option<u32>,
    /// Dollars that the session may cost.
    pub max_budget_usd: Option<f64>,
    /// Dollars for a million tokens of input and of output.
    pub price: Option<(f64, f64)>,
    /// What the answer must look like.
    pub answer_schema: Option<Value>,
    /// Whether the session may have workers; then it is played on the whole product alone.
    pub workers: Staff,
    /// Why the scene is not repeated with crashes, where it is not.
    pub uncrashed: Option<String>,
}

/// Whether a session may have workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Staff {
    /// It has no tool that starts any.
    #[default]
    None,
    /// It may; the lines of the model are said in the order in which they ask.
    Workers,
}

/// Who answers questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// The person of the scene.
    #[default]
    Person,
    /// Nobody.
    Nobody,
}

/// Which model speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The one that the session starts with.
    First,
    /// The one that stands in for it.
    Fallback,
}

/// One reply of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its line in the file.
    pub number: usize,
    /// Who speaks.
    pub speaker: Speaker,
    /// Items in the format of the scripted model.
    pub items: Vec<Value>,
    /// The calls, by the ids that the scene gives them.
    pub calls: Vec<(CallId, String)>,
    /// All of its text.
    pub text: String,
    /// The class of the failure that it ends with.
    pub fails: Option<String>,
    /// Whether the same is said again until the turn ends or another model is asked.
    pub repeats: Repeats,
    /// How the line goes on after what it says.
    pub ending: Ending,
}

/// Whether a line is said again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// Once.
    Once,
    /// Until the turn ends or another model is asked.
    Always,
}

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ends.
    Ends,
    /// Nothing more comes until the request is stopped.
    Silence,
}

/// One thing that the person does or sees.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its line in the file.
    pub number: usize,
    /// What.
    pub act: Act,
}

/// What the person does or sees.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Types a prompt.
    Prompt(String),
    /// Types into the running turn.
    Steer(String),
    /// Changes the prompt that was queued last; an empty one withdraws it.
    EditQueued(String),
    /// Answers the open question.
    Answer(Reply),
    /// Ends the turn.
    Interrupt,
    /// Changes the permission mode.
    Mode(Mode),
    /// Changes a file behind the session's back.
    Write(String, Vec<u8>),
    /// Sees a question that contains this.
    Asks(String),
    /// Sees a call begin.
    Runs(CallId),
    /// Sees all text of the line that then falls silent.
    Speaks(String),
    /// Sees a call's result.
    Returns(CallId, ReturnedHow, String),
    /// Sees a call refused.
    Refused(CallId, String),
    /// Sees the turn end by a fault of this class.
    Faults(String, String),
    /// Sees the turn end.
    Rests,
    /// Finds a file as it must be; missing where `None`.
    Finds(String, Option<Vec<u8>>),
    /// Knows how many requests were made so far.
    Requests(usize),
    /// Knows that the model was told this with the last request.
    Hears(String),
}

impl Scene {
    /// Reads a scene. `$ROOT` in it stands for `root`, the folder that it is played in.
    ///
    /// # Errors
    /// With file and line.
    pub fn parse(path: &str, text: &str, root: &str) -> Result<Self, SceneFault> {
        parse::scene(path, &text.replace("$ROOT", root))
    }

    /// The script of one speaker, as the scripted model reads it. `attempts` tells how often
    /// a request is made that fails with a class each time.
    pub fn script(&self, speaker: Speaker, attempts: impl Fn(&str) -> usize) -> Value {
        let replies: Vec<Value> = self
            .lines
            .iter()
            .filter(|line| line.speaker == speaker)
            .flat_map(|line| {
                let times = match (line.repeats, &line.fails) {
                    (Repeats::Always, Some(class)) => attempts(class),
                    (Repeats::Always, None) | (Repeats::Once, _) => 1,
                };
                std::iter::repeat_n(json!({ "items": line.items }), times)
            })
            .collect();
        self.script_of(speaker, &replies)
    }

    /// A script with these replies.
    pub fn script_of(&self, speaker: Speaker, replies: &[Value]) -> Value {
        let mut script = json!({ "format": 1, "name": speaker.name(), "replies": replies });
        if let (Some((input, output)), Some(object)) = (self.setup.price, script.as_object_mut()) {
            object.insert(
                "price".to_owned(),
                json!({ "input": input, "output": output }),
            );
        }
        script
    }

    /// True when the scene has a model that stands in.
    pub fn has_fallback(&self) -> bool {
        self.lines
            .iter()
            .any(|line| line.speaker == Speaker::Fallback)
    }
}

impl Speaker {
    /// The model's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "script",
            Self::Fallback => "fallback",
        }
    }
}
