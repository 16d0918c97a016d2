//! `ToolSearch`: tells the model of tools that are on offer by name only. What it tells is an
//! ordinary result, so nothing that was sent before changes.

use crate::{call_tool::CallTool, limits::FROZEN_TOOL_BYTES, structured_output::STRUCTURED_OUTPUT};
use gimlet_ports::{AnyTool, Later, Plan, Scene, ToolCx, ToolFault, ToolReturn, Toolbox};
use gimlet_protocol::{DOOR, Exposure, Lane, Risk, ToolSpec};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// The tool's name.
pub const TOOL_SEARCH: &str = "ToolSearch";

/// Tools that a search loads where nothing else is said.
const RESULTS: usize = 5;
/// What a word counts that only one tool has.
const RARE: usize = 60;
/// Shorter words say nothing.
const SHORTEST_WORD: usize = 3;
/// The word before a list of names.
const SELECT: &str = "select:";

/// Parts the tools of a new session: returns those that the model is told of in full in every
/// request, and adds to the box what reaches the rest.
///
/// A tool is in full when its card says so and there is room, or when it is among `named`.
pub fn freeze(toolbox: &mut Toolbox, named: &[&str]) -> Vec<ToolSpec> {
    let mut bytes = 0;
    let mut frozen = BTreeSet::new();
    for tool in toolbox.iter() {
        // A turn may have to end with the answer, whatever its schema weighs.
        let is_named = named.contains(&tool.name()) || tool.name() == STRUCTURED_OUTPUT;
        let size = size_of(&tool.spec());
        let fits = tool.exposure() == Exposure::Always && bytes + size <= FROZEN_TOOL_BYTES;
        if is_named || fits {
            bytes += size;
            frozen.insert(tool.name().to_owned());
        }
    }
    if add_search(toolbox, |name| frozen.contains(name)) {
        frozen.extend([TOOL_SEARCH.to_owned(), DOOR.to_owned()]);
    }
    let specs = toolbox.iter().map(|tool| tool.spec());
    specs.filter(|spec| frozen.contains(&spec.name)).collect()
}

/// Adds to the tools of an opened session what reaches those that are not on its frozen list.
pub fn reach(toolbox: &mut Toolbox, frozen: &[ToolSpec]) {
    add_search(toolbox, |name| frozen.iter().any(|spec| spec.name == name));
}

/// True when there was anything to search.
fn add_search(toolbox: &mut Toolbox, is_frozen: impl Fn(&str) -> bool) -> bool {
    let (here, deferred): (Vec<_>, Vec<_>) = toolbox
        .iter()
        .filter(|tool| tool.exposure() != Exposure::OnRequest)
        .map(|tool| tool.spec())
        .partition(|spec| is_frozen(&spec.name));
    if deferred.is_empty() {
        return false;
    }
    let here = here.into_iter().map(|spec| spec.name).collect();
    let search: [Arc<dyn AnyTool>; 2] =
        [Arc::new(ToolSearch { here, deferred }), Arc::new(CallTool)];
    for tool in search {
        let added = toolbox.add(tool);
        debug_assert_eq!(added, Ok(()), "the names of the search are its own");
    }
    true
}

fn size_of(spec: &ToolSpec) -> usize {
    spec.name.len() + spec.description.len() + spec.input_schema.to_string().len()
}

/// The tool.
struct ToolSearch {
    /// Tools that need no loading.
    here: Vec<String>,
    /// Tools that are listed by name.
    deferred: Vec<ToolSpec>,
}

#[derive(Deserialize)]
struct Input {
    query: String,
    #[serde(default, deserialize_with = "crate::loose::number")]
    max_results: Option<u64>,
}

impl ToolSearch {
    fn found(&self, input: &Input) -> Vec<&ToolSpec> {
        let query = input.query.trim();
        if let Some(names) = query.strip_prefix(SELECT) {
            return self.named(names);
        }
        let by_name = self.named(query);
        if !by_name.is_empty() {
            return by_name;
        }
        let mut scored: Vec<(usize, &ToolSpec)> =
            self.deferred.iter().map(|spec| (0, spec)).collect();
        for word in &words_of(query) {
            let fits: Vec<usize> = self.deferred.iter().map(|spec| fit(spec, word)).collect();
            // A word that few tools have says more.
            let tools = fits.iter().filter(|fit| **fit > 0).count().max(1);
            for ((score, _), fit) in scored.iter_mut().zip(fits) {
                *score += fit * RARE / tools;
            }
        }
        scored.retain(|(score, _)| *score > 0);
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let most = input.max_results.unwrap_or(RESULTS as u64).max(1);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        scored
            .into_iter()
            .take(most)
            .map(|(_, spec)| spec)
            .collect()
    }

    /// The tools of a list of names.
    fn named(&self, names: &str) -> Vec<&ToolSpec> {
        let wanted: Vec<&str> = parts(names).collect();
        let is_wanted = |spec: &&ToolSpec| {
            wanted
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&spec.name))
        };
        self.deferred.iter().filter(is_wanted).collect()
    }

    fn told(&self, input: &Input, found: &[&ToolSpec]) -> String {
        if !found.is_empty() {
            let texts: Vec<String> = found.iter().map(|spec| full(spec)).collect();
            return texts.join("\n\n");
        }
        let names = input.query.trim();
        let names = names.strip_prefix(SELECT).unwrap_or(names);
        let here = parts(names).find(|name| {
            self.here
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        });
        match here {
            Some(name) => format!("{name} needs no loading: call it directly."),
            None => format!("No tool fits. There are: {}.", self.names()),
        }
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self
            .deferred
            .iter()
            .map(|spec| spec.name.as_str())
            .collect();
        names.join(", ")
    }
}

/// A tool as the model is told of it once it is loaded.
fn full(spec: &ToolSpec) -> String {
    let ToolSpec {
        name,
        description,
        input_schema,
        ..
    } = spec;
    format!("## {name}\n{description}\ninput: {input_schema}")
}

fn parts(names: &str) -> impl Iterator<Item = &str> {
    names
        .split([',', ' '])
        .map(str::trim)
        .filter(|name| !name.is_empty())
}

/// The words of a text in small letters; `EnterPlanMode` has three.
fn words_of(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in text.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && was_small) {
            words.push(String::new());
        }
        was_small = letter.is_lowercase();
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// How well a tool fits a word: its name counts more than its description.
fn fit(spec: &ToolSpec, word: &str) -> usize {
    if word.len() < SHORTEST_WORD {
        return 0;
    }
    let stem = word.trim_end_matches('s');
    let has = |text: &str| words_of(text).iter().any(|known| known.starts_with(stem));
    usize::from(has(&spec.name)) * 2 + usize::from(has(&spec.description))
}

impl AnyTool for ToolSearch {
    fn name(&self) -> &str {
        TOOL_SEARCH
    }

    fn spec(&self) -> ToolSpec {
        let about = include_str!("tool_search.md").trim_end();
        ToolSpec {
            name: TOOL_SEARCH.to_owned(),
            description: format!("{about}\nTools: {}", self.names()),
            input_schema: json!({
                "type": "object",
                "properties": {
                    "query": {"type": "string", "description": "`select:Name,Name`, or words"},
                    "max_results": {"type": "integer"},
                },
                "required": ["query"],
            }),
            risk: self.risk(),
            lane: self.lane(),
        }
    }

    fn exposure(&self) -> Exposure {
        Exposure::Always
    }

    fn permission(&self) -> &'static str {
        "never asks: it touches nothing outside the session"
    }

    fn risk(&self) -> Risk {
        Risk::Low
    }

    fn lane(&self) -> Lane {
        Lane::Shared
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn plan(&self, input: &Value, _: &Scene) -> Result<Plan, ToolFault> {
        let input = parsed(input)?;
        Ok(Plan {
            title: format!("look for tools: {}", input.query.trim()),
            risk: Risk::Low,
            accesses: Vec::new(),
        })
    }

    fn run(&self, input: Value, _: ToolCx) -> Later<'_, Result<ToolReturn<Value>, ToolFault>> {
        Box::pin(async move {
            let input = parsed(&input)?;
            let found = self.found(&input);
            let names: Vec<&str> = found.iter().map(|spec| spec.name.as_str()).collect();
            let data = json!({
                "matches": names,
                "query": input.query,
                "total_deferred_tools": self.deferred.len(),
            });
            Ok(ToolReturn::text(self.told(&input, &found), data))
        })
    }
}

fn parsed(input: &Value) -> Result<Input, ToolFault> {
    Input::deserialize(input)
        .map_err(|error| ToolFault::Tell(format!("the input of {TOOL_SEARCH} is wrong: {error}")))
}
