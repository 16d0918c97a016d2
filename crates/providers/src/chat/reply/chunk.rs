//! What the wire's chunks hold, read as far as it is needed.

use super::think::Said;
use crate::{
    chat::kept::REASONING_MEMBERS,
    raw_object::RawObject,
    trouble::{Trouble, garbage, quote},
};
use gimlet_protocol::Usage;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(default, borrow)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    pub(super) model: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    object: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
    #[serde(default, borrow)]
    detail: Option<&'a RawValue>,
    #[serde(default)]
    usage: Option<Counts>,
    #[serde(default)]
    x_groq: Option<Beside>,
}

#[derive(Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(default, borrow)]
    pub(super) delta: Option<Delta<'a>>,
    /// In place of the delta where the reply comes in one piece.
    #[serde(default, borrow)]
    pub(super) message: Option<Delta<'a>>,
    #[serde(default, borrow)]
    pub(super) finish_reason: Option<Cow<'a, str>>,
    #[serde(default)]
    usage: Option<Counts>,
}

#[derive(Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(default, borrow)]
    content: Option<&'a RawValue>,
    #[serde(default, borrow)]
    reasoning_content: Option<&'a RawValue>,
    #[serde(default, borrow)]
    reasoning: Option<&'a RawValue>,
    #[serde(default, borrow)]
    reasoning_text: Option<&'a RawValue>,
    #[serde(default, borrow)]
    thinking: Option<&'a RawValue>,
    #[serde(default, borrow)]
    reasoning_details: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(super) refusal: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    tool_calls: Option<&'a RawValue>,
    #[serde(default, borrow)]
    function_call: Option<&'a RawValue>,
}

/// A piece of a call.
#[derive(Debug)]
pub(super) struct WireCall {
    pub(super) index: Option<u64>,
    pub(super) id: Option<String>,
    /// Empty where it is not told.
    pub(super) name: String,
    pub(super) arguments: String,
    /// Members beside the known ones.
    pub(super) members: RawObject,
}

#[derive(Deserialize)]
struct Beside {
    #[serde(default)]
    usage: Option<Counts>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Counts {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    total_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptCounts>,
    completion_tokens_details: Option<CompletionCounts>,
    cached_tokens: Option<u64>,
    prompt_cache_hit_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct PromptCounts {
    #[serde(rename = "cached_tokens")]
    cached: Option<u64>,
    #[serde(rename = "cache_write_tokens", alias = "cache_creation_tokens")]
    written: Option<u64>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct CompletionCounts {
    reasoning_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct ContentPart {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    thinking: Option<Vec<ContentPart>>,
}

impl<'a> Chunk<'a> {
    pub(super) fn read(data: &'a [u8]) -> Result<Self, Trouble> {
        let start = || quote(&String::from_utf8_lossy(data));
        // A struct would be read from a list as well.
        if !data.starts_with(b"{") {
            return Err(garbage(format!("an event is no JSON object: {}", start())));
        }
        serde_json::from_slice(data).map_err(|error| {
            garbage(format!(
                "an event is not as expected ({error}): {}",
                start()
            ))
        })
    }

    pub(super) fn is_error(&self) -> bool {
        self.error.is_some()
            || self.object.as_deref() == Some("error")
            || (self.choices.is_none() && self.detail.is_some())
    }

    /// The first of several answers is the answer; only one is asked for.
    pub(super) fn choice(&self) -> Option<&Choice<'a>> {
        let mut choices = self.choices.iter().flatten();
        choices.find(|choice| choice.index.unwrap_or_default() == 0)
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        let beside = self.x_groq.as_ref().and_then(|beside| beside.usage);
        let in_choice = self.choice().and_then(|choice| choice.usage);
        Some(self.usage.or(in_choice).or(beside)?.usage())
    }
}

impl Counts {
    fn usage(&self) -> Usage {
        let prompt = self.prompt_tokens_details.unwrap_or_default();
        let input = self.prompt_tokens.unwrap_or_default();
        let output = self.completion_tokens.unwrap_or_default();
        let thinking = self
            .completion_tokens_details
            .and_then(|details| details.reasoning_tokens)
            .unwrap_or_default();
        let read = prompt
            .cached
            .or(self.prompt_cache_hit_tokens)
            .or(self.cached_tokens)
            .unwrap_or_default();
        let written = prompt
            .written
            .or(self.cache_creation_input_tokens)
            .unwrap_or_default();
        // Some count reasoning beside the output; the total gives them away.
        let beside = self.total_tokens == Some(input + output + thinking);
        Usage {
            input_tokens: input.saturating_sub(read).saturating_sub(written),
            output_tokens: if beside { output + thinking } else { output },
            cache_read_tokens: read,
            cache_write_tokens: written,
            thinking_tokens: thinking,
        }
    }
}

impl Delta<'_> {
    /// The readable reasoning and the member in which it came, or what the details tell.
    pub(super) fn reasoning(
        &self,
        details: &[RawObject],
    ) -> Option<(Option<&'static str>, String)> {
        let values = [
            self.reasoning_content,
            self.reasoning,
            self.reasoning_text,
            self.thinking,
        ];
        let mut said = REASONING_MEMBERS.into_iter().zip(values);
        let told = said.find_map(|(member, value)| {
            let text: String = serde_json::from_str(value?.get()).ok()?;
            (!text.is_empty()).then_some((Some(member), text))
        });
        told.or_else(|| {
            let text: String = details.iter().filter_map(detail_text).collect();
            (!text.is_empty()).then_some((None, text))
        })
    }

    pub(super) fn details(&self) -> Vec<RawObject> {
        let list = self.reasoning_details.map(RawValue::get);
        list.and_then(|list| serde_json::from_str(list).ok())
            .unwrap_or_default()
    }

    pub(super) fn content(&self) -> Result<Vec<Said>, Trouble> {
        let Some(content) = self.content.map(RawValue::get) else {
            return Ok(Vec::new());
        };
        if content == r#""""# {
            return Ok(Vec::new());
        }
        if !content.starts_with('[') {
            return Ok(vec![Said::Text(read(content, "content")?)]);
        }
        let parts: Vec<ContentPart> = read(content, "content")?;
        Ok(parts.into_iter().filter_map(ContentPart::said).collect())
    }

    pub(super) fn calls(&self) -> Result<Vec<WireCall>, Trouble> {
        let mut calls = Vec::new();
        if let Some(list) = self.tool_calls {
            let list: Vec<RawObject> = read(list.get(), "tool_calls")?;
            calls = list.iter().map(WireCall::of).collect();
        }
        // The way of calling before there were several at once.
        if let Some(function) = self.function_call {
            let function: RawObject = read(function.get(), "function_call")?;
            calls.push(WireCall::of_function(&function));
        }
        Ok(calls)
    }
}

impl ContentPart {
    fn said(self) -> Option<Said> {
        let thinking = self.thinking.into_iter().flatten();
        let thought: String = thinking.filter_map(|part| part.text).collect();
        match (&*self.kind, self.text) {
            ("thinking", _) => Some(Said::Thought(thought)),
            (_, Some(text)) => Some(Said::Text(text)),
            (_, None) => None,
        }
    }
}

impl WireCall {
    fn of(call: &RawObject) -> Self {
        let function: Option<RawObject> = call
            .get("function")
            .and_then(|function| serde_json::from_str(function.get()).ok());
        let mut members = RawObject::default();
        for (key, value) in call.iter() {
            if !["index", "id", "type", "function"].contains(&key) && value.get() != "null" {
                members.put(key, value.to_owned());
            }
        }
        Self {
            index: call
                .get("index")
                .and_then(|index| serde_json::from_str(index.get()).ok()),
            id: call.string("id").filter(|id| !id.is_empty()),
            members,
            ..Self::of_function(&function.unwrap_or_default())
        }
    }

    fn of_function(function: &RawObject) -> Self {
        let arguments = function.get("arguments").map(RawValue::get);
        let arguments = match arguments {
            None | Some("null") => String::new(),
            // Some servers give the object itself in place of its text.
            Some(raw) => serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned()),
        };
        Self {
            index: None,
            id: None,
            name: function.string("name").unwrap_or_default(),
            arguments,
            members: RawObject::default(),
        }
    }
}

/// What tells the pieces of one detail from another's; `None` where each stands alone.
pub(super) fn detail_type(detail: &RawObject) -> Option<(String, Option<&str>)> {
    let kind = detail.string("type")?;
    let mergeable = matches!(&*kind, "reasoning.text" | "reasoning.summary");
    mergeable.then(|| (kind, detail.get("index").map(RawValue::get)))
}

/// Adds a piece to the detail that it goes on.
pub(super) fn merge_detail(into: &mut RawObject, piece: &RawObject) {
    for (key, value) in piece.iter() {
        let grown = match key {
            "text" | "summary" => into.string(key).zip(piece.string(key)),
            _ => None,
        };
        match grown {
            Some((front, back)) => into.put_json(key, &format!("{front}{back}")),
            None if value.get() == "null" && into.get(key).is_some() => {}
            None => into.put(key, value.to_owned()),
        }
    }
}

fn detail_text(detail: &RawObject) -> Option<String> {
    detail.string("text").or_else(|| detail.string("summary"))
}

fn read<T: DeserializeOwned>(json: &str, member: &str) -> Result<T, Trouble> {
    serde_json::from_str(json)
        .map_err(|error| garbage(format!("`{member}` is not as expected: {error}")))
}
