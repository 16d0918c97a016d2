//! `AskUserQuestion`: asks the person. The question is the permission question of the call, and
//! the answer comes back in the call's input.

use crate::loose;
use gimlet_ports::{Plan, Scene, Tool, ToolCard, ToolCx, ToolFault, ToolReturn};
use gimlet_protocol::{Access, Exposure, Lane, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

/// Questions of one call.
const QUESTIONS: usize = 4;
/// Options of one question.
const OPTIONS: std::ops::RangeInclusive<usize> = 2..=4;
/// What the model is told where nobody answers.
const ALONE: &str =
    "Do not ask again: decide what is most sensible, go on, and say in the end what you assumed.";

/// The tool.
pub(crate) struct AskUserQuestion;

/// What the model gives, and what the person adds.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AskUserQuestionInput {
    questions: Vec<Question>,
    #[serde(default)]
    #[schemars(skip)]
    answers: Option<Map<String, Value>>,
    #[serde(default)]
    #[schemars(skip)]
    response: Option<String>,
    #[serde(default)]
    #[schemars(skip)]
    annotations: Option<Value>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the format's own name")]
struct Question {
    question: String,
    /// At most 12 characters
    header: String,
    options: Vec<Choice>,
    #[serde(default, deserialize_with = "loose::flag")]
    multi_select: Option<bool>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Choice {
    label: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    preview: Option<String>,
}

/// The structured output.
#[derive(Serialize)]
pub(crate) struct AskUserQuestionData {
    questions: Vec<Question>,
    answers: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Value>,
}

impl Tool for AskUserQuestion {
    type Input = AskUserQuestionInput;
    type Output = AskUserQuestionData;

    const CARD: ToolCard = ToolCard {
        name: "AskUserQuestion",
        about: include_str!("ask_user_question.md"),
        risk: Risk::Low,
        lane: Lane::Exclusive,
        exposure: Exposure::Deferred,
        permission: "is the question itself; nobody is asked without a person",
        deadline: Duration::from_secs(10),
    };

    fn plan(&self, input: &AskUserQuestionInput, _: &Scene) -> Result<Plan, ToolFault> {
        check(&input.questions).map_err(ToolFault::Tell)?;
        let asked: Vec<&str> = input
            .questions
            .iter()
            .map(|question| question.question.as_str())
            .collect();
        Ok(Plan {
            title: "ask the person".to_owned(),
            risk: Risk::Low,
            accesses: vec![Access::Person {
                what: asked.join("\n"),
                alone: ALONE.to_owned(),
            }],
        })
    }

    async fn run(
        &self,
        input: AskUserQuestionInput,
        _: ToolCx,
    ) -> Result<ToolReturn<AskUserQuestionData>, ToolFault> {
        let data = AskUserQuestionData {
            questions: input.questions,
            answers: input.answers.unwrap_or_default(),
            response: input.response,
            annotations: input.annotations,
        };
        Ok(ToolReturn::text(told(&data), data))
    }
}

fn check(questions: &[Question]) -> Result<(), String> {
    if questions.is_empty() || questions.len() > QUESTIONS {
        return Err(format!("ask 1 to {QUESTIONS} questions at once"));
    }
    for question in questions {
        if question.question.trim().is_empty() {
            return Err("a question is empty".to_owned());
        }
        if !OPTIONS.contains(&question.options.len()) {
            return Err(format!(
                "\"{}\" needs {} to {} options",
                question.question,
                OPTIONS.start(),
                OPTIONS.end()
            ));
        }
    }
    Ok(())
}

/// What the model reads of the answers.
fn told(data: &AskUserQuestionData) -> String {
    let mut lines: Vec<String> = data
        .questions
        .iter()
        .filter_map(|question| {
            let answer = data.answers.get(&question.question)?;
            Some(format!("{}\n→ {}", question.question, words(answer)))
        })
        .collect();
    lines.extend(
        data.response
            .iter()
            .map(|text| format!("The person says: {text}")),
    );
    if lines.is_empty() {
        return "The person let the questions pass without an answer. Decide yourself.".to_owned();
    }
    lines.join("\n")
}

/// One answer, or several.
fn words(answer: &Value) -> String {
    match answer {
        Value::String(text) => text.clone(),
        Value::Array(several) => several.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => answer.to_string(),
    }
}
