//! The mode `auto`: a reviewer judges a call where a person would be asked.
//!
//! It is a model of its own with a conversation of its own: what the person asked for and the
//! plan of one call go in, a verdict and a reason come out. Results of tools never go in. It is
//! asked only where no rule and no floor asks, and nothing that it fails to say allows anything.
//! Each verdict is a fact, so that going on after a crash takes the one that was given.

use crate::{
    driver::Driver,
    sample::{Audience, ReplyInProgress, close_ledger},
};
use gimlet_hygiene::screen::for_model;
use gimlet_ports::{LogFault, ModelEnd, ModelRequest, Plan, Scene, Thinking, ToolChoice, rule};
use gimlet_protocol::{
    Access, Asker, Block, Call, Fact, Finish, Message, Mode, Reason, ReviewOutcome, Reviewed, Role,
    Ruling, Verdict,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// What the reviewer is told of its task.
const ORDER: &str = include_str!("review.md");
/// Tokens that its answer may have.
const ANSWER_TOKENS: u64 = 400;
/// Characters of its reason that are kept.
const REASON_CHARS: usize = 400;
/// Characters of the person's requests, of the call's input and of each other text.
const TEXT_CHARS: usize = 8_000;
/// Requests of the person that it is told, the newest.
const MOST_REQUESTS: usize = 12;
/// Denials in a row after which the person decides.
const MOST_DENIALS: u32 = 3;

/// Who judges in the person's place, and how long that may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// The model, as `provider/name`; the session's own where `None`.
    pub model: Option<String>,
    /// How long it may think.
    pub deadline: Duration,
}

impl Default for Reviewer {
    fn default() -> Self {
        Self {
            model: None,
            deadline: Duration::from_secs(30),
        }
    }
}

/// What came of a review.
pub(crate) enum Review {
    /// It is not for the reviewer to say.
    NotAsked,
    /// The person ended the turn meanwhile.
    Halted,
    /// It was judged; the fact stands in the log.
    Given(Reviewed),
}

impl Driver {
    /// Has a call reviewed that a person would be asked about.
    pub(crate) async fn review(
        &mut self,
        call: &Call,
        plan: &Plan,
        scene: &Scene,
        ruling: &Ruling,
    ) -> Result<Review, LogFault> {
        let Some(reviewer) = self.parts.options.reviewer.clone() else {
            return Ok(Review::NotAsked);
        };
        if scene.mode != Mode::Auto {
            return Ok(Review::NotAsked);
        }
        // A verdict from before a crash stands.
        let mut calls = self.index.calls().iter();
        let earlier = calls.find(|open| open.call.id == call.id);
        if let Some(given) = earlier.and_then(|open| open.reviewed.clone()) {
            return Ok(Review::Given(given));
        }
        if !self.may_review(call, plan, scene) {
            return Ok(Review::NotAsked);
        }
        let name = reviewer.model.as_deref().unwrap_or(self.index.model());
        let name = name.to_owned();
        let mut facts = Vec::new();
        let (outcome, reason) = match self.parts.models.model(&name) {
            Ok(model) => {
                let request = self.review_request(call, plan, scene, ruling);
                let usual = self.parts.options.deadlines;
                let limit = &mut self.parts.options.deadlines;
                limit.whole_reply = limit.whole_reply.min(reviewer.deadline);
                let mut ledger = self.open_side_ledger(model.card());
                ledger.asker = Asker::Reviewer;
                let reply = ReplyInProgress::new(ledger.reply.clone(), Audience::Driver);
                let (reply, ledger, end) = self.pump(&*model, request, reply, ledger).await;
                self.parts.options.deadlines = usual;
                let (finish, told) = match end {
                    None => (Finish::Interrupted, None),
                    Some(ModelEnd::Complete) => (Finish::Complete, Some(read(&reply.said()))),
                    Some(ModelEnd::Paused) => (Finish::Paused, Some(failed("it paused"))),
                    Some(ModelEnd::Length) => {
                        (Finish::Length, Some(failed("its answer was cut off")))
                    }
                    Some(ModelEnd::Declined { text }) => {
                        (Finish::Refused { text }, Some(failed("it declined")))
                    }
                    Some(ModelEnd::Failed { class, text, .. }) => {
                        let told = failed(&format!("the request failed: {text}"));
                        let class = class.name().to_owned();
                        (Finish::Failed { class, text }, Some(told))
                    }
                };
                facts.push(close_ledger(ledger, finish));
                let Some(told) = told else {
                    self.record(facts)?;
                    return Ok(Review::Halted);
                };
                told
            }
            Err(why) => failed(&why),
        };
        let given = Reviewed {
            call: call.id.clone(),
            model: name,
            outcome,
            reason,
        };
        // In one batch: a crash leaves both or none.
        facts.push(Fact::Reviewed(given.clone()));
        self.record(facts)?;
        Ok(Review::Given(given))
    }

    /// True where neither a rule nor the floor asks, and the reviewer still has the word.
    fn may_review(&self, call: &Call, plan: &Plan, scene: &Scene) -> bool {
        let is_for_a_person = plan
            .accesses
            .iter()
            .any(|access| matches!(access, Access::Person { .. } | Access::Escalate { .. }));
        let case = (call.tool.as_str(), &call.input, plan, scene);
        let firm = rule(&self.parts.judges, Verdict::Allow, case).verdict;
        // What cannot be shown whole is not for it to judge.
        let is_whole = call.input.to_string().chars().count() <= TEXT_CHARS
            && json!(plan.accesses).to_string().chars().count() <= TEXT_CHARS;
        !is_for_a_person
            && is_whole
            && firm == Verdict::Allow
            && self.index.denials_in_a_row() < MOST_DENIALS
    }

    fn review_request(
        &self,
        call: &Call,
        plan: &Plan,
        scene: &Scene,
        ruling: &Ruling,
    ) -> ModelRequest {
        let requests = self.index.requests();
        let newest = requests.len().saturating_sub(MOST_REQUESTS);
        let requests: Vec<String> = requests.iter().skip(newest).map(|text| cut(text)).collect();
        let because: Vec<&str> = ruling
            .because
            .iter()
            .map(|reason| reason.text.as_str())
            .collect();
        // As JSON, no text of the call can end where it stands.
        let told = json!({
            "requests": requests,
            "call": {
                "tool": call.tool,
                "title": cut(&plan.title),
                "input": call.input,
                "touches": plan.accesses,
                "folder": scene.root.display().to_string(),
                "not_allowed_because": because,
            },
        });
        let text = for_model(&told.to_string()).into_owned();
        ModelRequest {
            system: vec![ORDER.trim_end().to_owned()].into(),
            tools: Vec::new().into(),
            messages: vec![Arc::new(Message {
                role: Role::User,
                blocks: vec![Block::text(text)],
            })],
            max_output_tokens: Some(ANSWER_TOKENS),
            thinking: Thinking::Off,
            tool_choice: ToolChoice::None,
            session: scene.session.clone(),
            answer: None,
        }
    }
}

/// The reviewer's verdict as a reason of the ruling.
pub(crate) fn reason_of(given: &Reviewed) -> Reason {
    Reason {
        judge: "reviewer".to_owned(),
        text: match given.outcome {
            ReviewOutcome::Failed => format!("the reviewer failed: {}", given.reason),
            ReviewOutcome::Allow | ReviewOutcome::Deny | ReviewOutcome::Ask => given.reason.clone(),
        },
        source: Some(given.model.clone()),
    }
}

/// Reads an answer; whatever is not clearly a verdict is none.
fn read(text: &str) -> (ReviewOutcome, String) {
    let text = text.trim();
    let inner = text
        .strip_prefix("```json")
        .or_else(|| text.strip_prefix("```"))
        .and_then(|rest| rest.strip_suffix("```"));
    let answer: Value = serde_json::from_str(inner.unwrap_or(text).trim()).unwrap_or_default();
    let fields = answer.as_object().filter(|fields| fields.len() == 2);
    let field = |name: &str| fields?.get(name)?.as_str();
    let (Some(verdict), Some(reason)) = (field("verdict"), field("reason")) else {
        return failed("its answer is no verdict");
    };
    let outcome = match verdict {
        "allow" => ReviewOutcome::Allow,
        "deny" => ReviewOutcome::Deny,
        "ask" => ReviewOutcome::Ask,
        _ => return failed("its answer is no verdict"),
    };
    let reason: String = reason.chars().take(REASON_CHARS).collect();
    (outcome, for_model(&reason).into_owned())
}

fn failed(why: &str) -> (ReviewOutcome, String) {
    let why: String = why.chars().take(REASON_CHARS).collect();
    (ReviewOutcome::Failed, why)
}

/// A text within its limit; where it is longer, it says so.
fn cut(text: &str) -> String {
    if text.chars().count() <= TEXT_CHARS {
        return text.to_owned();
    }
    let kept: String = text.chars().take(TEXT_CHARS).collect();
    format!("{kept} [cut: it is longer]")
}

#[cfg(test)]
mod tests {
    use super::{ReviewOutcome, read};

    #[test]
    fn only_a_clear_verdict_counts() {
        let outcome = |text: &str| read(text).0;
        let allow = r#"{"verdict": "allow", "reason": "it was asked for"}"#;
        assert_eq!(outcome(allow), ReviewOutcome::Allow);
        assert_eq!(
            outcome(&format!("```json\n{allow}\n```")),
            ReviewOutcome::Allow
        );
        for text in [
            "",
            "allow",
            "Yes. {\"verdict\": \"allow\", \"reason\": \"x\"}",
            r#"{"verdict": "allow"}"#,
            r#"{"verdict": "ALLOW", "reason": "x"}"#,
            r#"{"verdict": "allow", "reason": "x", "also": 1}"#,
            r#"{"verdict": "deny", "reason": "x"}{"verdict": "allow", "reason": "x"}"#,
        ] {
            assert_eq!(outcome(text), ReviewOutcome::Failed, "{text}");
        }
    }
}
