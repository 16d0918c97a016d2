//! Tools: typed for their authors, erased for the registry.

use crate::{Host, Later, Stop};
use gimlet_protocol::{
    Access, Block, CallId, Confinement, Desk, Exposure, Grant, Lane, Mark, Mode, Risk, SessionId,
    ToolSpec,
};
use schemars::JsonSchema;
use serde::{Deserialize as _, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeMap, future::Future, path::PathBuf, sync::Arc, time::Duration};

/// What a call will touch, declared before it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// One line for people, such as "edit src/main.rs".
    pub title: String,
    /// How much harm this call can do; not above the card's.
    pub risk: Risk,
    /// Everything that it will touch.
    pub accesses: Vec<Access>,
}

/// What the registry and people know of a tool.
#[derive(Clone, Copy, Debug)]
pub struct ToolCard {
    /// Unique.
    pub name: &'static str,
    /// What the model reads: the tool's `.md`.
    pub about: &'static str,
    /// How much harm it can do at most.
    pub risk: Risk,
    /// Which calls may overlap.
    pub lane: Lane,
    /// When the model learns of it.
    pub exposure: Exposure,
    /// What a person is told of its permission, such as "asks before each command".
    pub permission: &'static str,
    /// The whole call's deadline.
    pub deadline: Duration,
}

/// Where a session stands while a call is planned or run.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The session.
    pub session: SessionId,
    /// The folder that the session works in. Absolute.
    pub root: PathBuf,
    /// Where commands start now. Absolute.
    pub cwd: PathBuf,
    /// Folders beside `root` that the person added. Absolute.
    pub added: Vec<PathBuf>,
    /// The person's home.
    pub home: Option<PathBuf>,
    /// The session's own folder for spilled output. Absolute; reading in it is free.
    pub scratch: PathBuf,
    /// The permission mode.
    pub mode: Mode,
    /// Characters of a command's output that go into the context at most.
    pub output_chars: usize,
    /// What earlier calls left.
    pub desk: Arc<Desk>,
    /// What the person granted and what still holds.
    pub grants: Arc<Vec<Grant>>,
}

/// Takes lines that a running tool wants shown. Never blocks; may drop.
pub type Progress = Arc<dyn Fn(String) + Send + Sync>;

/// What a running tool has at hand.
#[derive(Clone)]
pub struct ToolCx {
    /// The call.
    pub call: CallId,
    /// Where the session stands.
    pub scene: Arc<Scene>,
    /// The world, confined to the call's ruling.
    pub host: Arc<dyn Host>,
    /// What the call's commands are held to; `None` where nobody said.
    pub confinement: Option<Confinement>,
    /// Fires when the call must end; the tool then returns what it has within 50 ms.
    pub stop: Stop,
    /// Fires when something came in that a call that only waits should end for.
    pub arrived: Stop,
    /// For output worth showing before the end.
    pub progress: Progress,
}

/// What a tool gives back.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolReturn<O> {
    /// What the model sees: text, images, documents.
    pub content: Vec<Block>,
    /// The structured output for clients and hooks.
    pub data: O,
    /// What it changes on the desk.
    pub marks: Vec<Mark>,
    /// True when the model should read the content as a failure.
    pub failed: bool,
}

impl<O> ToolReturn<O> {
    /// A success with one text.
    pub fn text(text: impl Into<String>, data: O) -> Self {
        Self {
            content: vec![Block::text(text)],
            data,
            marks: Vec::new(),
            failed: false,
        }
    }
}

/// Why a tool gave nothing back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolFault {
    /// The model reads this and may try again.
    Tell(String),
    /// The turn is over.
    Abort(String),
}

/// What a tool author writes.
pub trait Tool: Send + Sync + 'static {
    /// The input; its schema is what the model sees.
    type Input: DeserializeOwned + JsonSchema + Send + Sync;
    /// The structured output of `contract.md` §5.
    type Output: Serialize + Send;

    /// What is known of the tool.
    const CARD: ToolCard;

    /// Says what `run` will touch. Pure: looks at nothing but its arguments.
    ///
    /// # Errors
    /// When the input makes no sense; the model is told.
    fn plan(&self, input: &Self::Input, scene: &Scene) -> Result<Plan, ToolFault>;

    /// What a person is shown in full before a call, where its input alone does not show it.
    /// As pure as `plan`.
    fn preview(&self, _input: &Self::Input, _scene: &Scene) -> Option<String> {
        None
    }

    /// Does it, touching nothing but what `plan` said.
    fn run(
        &self,
        input: Self::Input,
        cx: ToolCx,
    ) -> impl Future<Output = Result<ToolReturn<Self::Output>, ToolFault>> + Send;
}

/// What the registry holds.
pub trait AnyTool: Send + Sync {
    /// The tool's name.
    fn name(&self) -> &str;
    /// What the model is told.
    fn spec(&self) -> ToolSpec;
    /// When the model learns of it.
    fn exposure(&self) -> Exposure;
    /// What a person is told of its permission.
    fn permission(&self) -> &str;
    /// How much harm it can do at most.
    fn risk(&self) -> Risk;
    /// Which calls may overlap.
    fn lane(&self) -> Lane;
    /// The whole call's deadline.
    fn deadline(&self) -> Duration;
    /// Says what `run` will touch.
    ///
    /// # Errors
    /// When the input does not fit.
    fn plan(&self, input: &Value, scene: &Scene) -> Result<Plan, ToolFault>;
    /// What a person is shown in full before a call, where its input alone does not show it.
    fn preview(&self, _input: &Value, _scene: &Scene) -> Option<String> {
        None
    }
    /// Does it.
    fn run(&self, input: Value, cx: ToolCx) -> Later<'_, Result<ToolReturn<Value>, ToolFault>>;
}

impl<T: Tool> AnyTool for T {
    fn name(&self) -> &str {
        T::CARD.name
    }

    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: T::CARD.name.to_owned(),
            description: T::CARD.about.trim_end().to_owned(),
            input_schema: schema_of::<T::Input>(),
            risk: T::CARD.risk,
            lane: T::CARD.lane,
        }
    }

    fn exposure(&self) -> Exposure {
        T::CARD.exposure
    }

    fn permission(&self) -> &str {
        T::CARD.permission
    }

    fn risk(&self) -> Risk {
        T::CARD.risk
    }

    fn lane(&self) -> Lane {
        T::CARD.lane
    }

    fn deadline(&self) -> Duration {
        T::CARD.deadline
    }

    fn plan(&self, input: &Value, scene: &Scene) -> Result<Plan, ToolFault> {
        Tool::plan(self, &parse::<T>(input)?, scene)
    }

    fn preview(&self, input: &Value, scene: &Scene) -> Option<String> {
        Tool::preview(self, &parse::<T>(input).ok()?, scene)
    }

    fn run(&self, input: Value, cx: ToolCx) -> Later<'_, Result<ToolReturn<Value>, ToolFault>> {
        Box::pin(async move {
            let input = parse::<T>(&input)?;
            let ToolReturn {
                content,
                data,
                marks,
                failed,
            } = Tool::run(self, input, cx).await?;
            let data = serde_json::to_value(data)
                .map_err(|error| ToolFault::Tell(format!("the output is not JSON: {error}")))?;
            Ok(ToolReturn {
                content,
                data,
                marks,
                failed,
            })
        })
    }
}

fn parse<T: Tool>(input: &Value) -> Result<T::Input, ToolFault> {
    T::Input::deserialize(input).map_err(|error| {
        ToolFault::Tell(format!("the input of {} is wrong: {error}", T::CARD.name))
    })
}

/// The schema of an input type as the model sees it: one object, nothing but what it needs.
///
/// What Rust's types add and no model needs is left out: number formats and their bounds,
/// defaults of optional fields, and `null` beside the type of a field that may be left out.
fn schema_of<T: JsonSchema>() -> Value {
    let mut settings = schemars::generate::SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    if let Some(object) = schema.as_object_mut() {
        object.shift_remove("title");
        object.shift_remove("description");
    }
    slim(&mut schema);
    schema
}

/// Makes a schema as short as its meaning allows.
fn slim(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    let alone = object
        .get_mut("anyOf")
        .and_then(Value::as_array_mut)
        .and_then(|kinds| {
            kinds.retain(|kind| kind.get("type").is_none_or(|name| name != "null"));
            if kinds.len() == 1 { kinds.pop() } else { None }
        });
    if let Some(Value::Object(only)) = alone {
        object.shift_remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
    if let Some(kinds) = object.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if kinds.len() == 1
            && let Some(only) = kinds.pop()
        {
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(names) = object.get_mut("enum").and_then(Value::as_array_mut) {
        names.retain(|name| !name.is_null());
    }
    if object
        .get("type")
        .is_some_and(|kind| kind == "integer" || kind == "number")
    {
        object.shift_remove("format");
        if object.get("minimum").and_then(Value::as_f64) == Some(0.0) {
            object.shift_remove("minimum");
        }
    }
    object.shift_remove("default");
    if let Some(fields) = object.get_mut("properties").and_then(Value::as_object_mut) {
        fields.values_mut().for_each(slim);
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = object.get_mut(inner) {
            slim(inner);
        }
    }
    for list in ["anyOf", "oneOf", "allOf"] {
        if let Some(kinds) = object.get_mut(list).and_then(Value::as_array_mut) {
            kinds.iter_mut().for_each(slim);
        }
    }
}

/// The tools of a session.
#[derive(Clone, Default)]
pub struct Toolbox(BTreeMap<String, Arc<dyn AnyTool>>);

impl Toolbox {
    /// Adds a tool.
    ///
    /// # Errors
    /// When there is one of that name already.
    pub fn add(&mut self, tool: Arc<dyn AnyTool>) -> Result<(), String> {
        let name = tool.name().to_owned();
        if self.0.contains_key(&name) {
            return Err(format!("two tools are called `{name}`"));
        }
        self.0.insert(name, tool);
        Ok(())
    }

    /// The tool of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn AnyTool>> {
        self.0.get(name)
    }

    /// All tools, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn AnyTool>> {
        self.0.values()
    }

    /// Takes out the tools that `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| keep(name));
    }
}
