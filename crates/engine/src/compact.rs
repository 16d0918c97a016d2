//! Compaction: the conversation so far is replaced by what must be kept, word for word, and a
//! summary that is checked before it is trusted. The original stays in the log.

use crate::{
    driver::Driver,
    index::Index,
    sample::{Audience, ReplyInProgress, close_ledger},
};
use gimlet_hygiene::screen::without_own_envelopes;
use gimlet_ports::{LogFault, Model, ModelCard, ModelEnd, ToolChoice};
use gimlet_protocol::{
    Asker, Block, Compacted, Fact, Finish, Message, NoteKind, Noted, Role, SessionState,
    SummaryFate,
};
use std::sync::Arc;

const ORDER: &str = include_str!("prompt/summary.md");
/// The headings that a summary must have, in this order.
const HEADINGS: [&str; 5] = [
    "## Instructions and constraints",
    "## Decisions and why",
    "## What was done and found out",
    "## State of the work",
    "## Next steps",
];
/// Tokens that a summary may have; reserved in the window, so that asking for one always fits.
const SUMMARY_TOKENS: u64 = 4_000;
/// Characters of a summary; a longer one is rejected.
const SUMMARY_CHARS: usize = 24_000;
/// Tokens that are kept free beside reply and summary, because counts are estimates.
const MARGIN_TOKENS: u64 = 4_000;
/// The largest part of the window that the last round may keep for itself.
const TAIL_SHARE: u64 = 5;
/// Tokens of a reply that the window must have room for, however small it is.
const LEAST_REPLY_TOKENS: u64 = 1_000;

/// Why a compaction is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// The window is nearly full, or the provider said that it is.
    Auto,
    /// The person asked, perhaps with a wish.
    Manual(Option<String>),
}

impl Driver {
    /// True when the next request would not leave room for its reply.
    pub(crate) fn is_nearly_full(&self, card: &ModelCard) -> bool {
        let Some(window) = self.parts.options.compact_at(card.context_tokens) else {
            return false;
        };
        let reply = card
            .max_output_tokens
            .min(window / 4)
            .max(LEAST_REPLY_TOKENS);
        let reserved = reply + SUMMARY_TOKENS + MARGIN_TOKENS.min(window / 20);
        self.index.next_tokens() + reserved > window
    }

    /// Replaces the conversation so far. Returns false when it could not be made smaller.
    pub(crate) async fn compact(
        &mut self,
        model: &dyn Model,
        trigger: Trigger,
    ) -> Result<bool, LogFault> {
        self.enter(SessionState::Running);
        let whole = model.card().context_tokens;
        let window = self.parts.options.compact_at(whole).unwrap_or(whole);
        let before = self.index.next_tokens();
        let tail = self.tail(window / TAIL_SHARE);
        let kept = self.index.essentials_text(window);
        // What the kept part alone comes to. A summary can only add to it, so where nothing is
        // gained even so, none is paid for.
        let floor = self
            .index
            .tokens_after(&[Block::text(whole_text(&kept, None))], tail);
        if floor >= before {
            return self.as_small_as_it_gets(&trigger);
        }
        let asked = if before + SUMMARY_TOKENS > whole {
            Asked::Failed(
                "the conversation is larger than the window, so none was asked for".into(),
            )
        } else {
            self.summary(model, &trigger).await?
        };
        let (summary, fate) = match asked {
            Asked::Halted => return Ok(true),
            Asked::Told(text) => match check(&text) {
                Ok(()) => (Some(text), SummaryFate::Accepted),
                Err(why) => (None, SummaryFate::Rejected { why }),
            },
            Asked::Failed(why) => (None, SummaryFate::Rejected { why }),
        };
        let content = vec![Block::text(whole_text(&kept, summary.as_deref()))];
        let mut after = self.index.tokens_after(&content, tail);
        let (mut content, mut fate) = (content, fate);
        if after >= before && summary.is_some() {
            content = vec![Block::text(whole_text(&kept, None))];
            after = self.index.tokens_after(&content, tail);
            let why = "it is not smaller than what it replaces".to_owned();
            fate = SummaryFate::Rejected { why };
        }
        if after >= before {
            return self.as_small_as_it_gets(&trigger);
        }
        let trigger = if trigger == Trigger::Auto {
            "auto"
        } else {
            "manual"
        };
        self.record(vec![Fact::Compacted(Box::new(Compacted {
            content,
            kept_messages: tail,
            before_tokens: before,
            after_tokens: after,
            trigger: trigger.to_owned(),
            summary: fate,
        }))])?;
        Ok(true)
    }

    /// Says so to a person who asked; a request that is sent anyway needs no word about it.
    fn as_small_as_it_gets(&mut self, trigger: &Trigger) -> Result<bool, LogFault> {
        if *trigger != Trigger::Auto {
            let text = "the conversation is as small as it gets; nothing was compacted".to_owned();
            let kind = NoteKind::Notice;
            self.record(vec![Fact::Noted(Noted { kind, text })])?;
        }
        Ok(false)
    }

    /// How many messages at the end stay as they are: the last round, where it is small.
    fn tail(&self, most_tokens: u64) -> u64 {
        let messages = self.index.messages();
        let [.., call, result] = messages else {
            return 0;
        };
        let is_round = call.role == Role::Assistant
            && result.role == Role::User
            && result
                .blocks
                .iter()
                .any(|block| matches!(block, Block::Result { .. }));
        if is_round && Index::tokens_of(&[Arc::clone(call), Arc::clone(result)]) <= most_tokens {
            2
        } else {
            0
        }
    }

    /// Asks for the summary with the same words in front, so that the provider's cache serves.
    async fn summary(&mut self, model: &dyn Model, trigger: &Trigger) -> Result<Asked, LogFault> {
        let mut order = ORDER.trim_end().to_owned();
        if let Trigger::Manual(Some(wish)) = trigger {
            order.push_str("\n\nThe person wants this kept in mind for the summary: ");
            order.push_str(wish);
        }
        let mut request = self.request(SUMMARY_TOKENS);
        request.tool_choice = ToolChoice::None;
        append(&mut request.messages, order);
        let mut ledger = self.open_ledger(model.card());
        ledger.asker = Asker::Compaction;
        let reply = ReplyInProgress::new(ledger.reply.clone(), Audience::Driver);
        let (mut reply, ledger, end) = self.pump(model, request, reply, ledger).await;
        let (finish, asked) = match end {
            None => (Finish::Interrupted, Asked::Halted),
            Some(ModelEnd::Complete | ModelEnd::Paused) => {
                (Finish::Complete, Asked::Told(reply.said()))
            }
            Some(ModelEnd::Length) => (
                Finish::Length,
                Asked::Failed("it was cut at the output limit".to_owned()),
            ),
            Some(ModelEnd::Declined { text }) => (
                Finish::Refused { text },
                Asked::Failed("the model declined".to_owned()),
            ),
            Some(ModelEnd::Failed { class, text, .. }) => {
                let told = Asked::Failed(format!("the request failed: {text}"));
                (
                    Finish::Failed {
                        class: class.name().to_owned(),
                        text,
                    },
                    told,
                )
            }
        };
        reply.facts.clear();
        self.record(vec![close_ledger(ledger, finish)])?;
        Ok(asked)
    }
}

/// What came of asking for a summary.
enum Asked {
    Told(String),
    Failed(String),
    Halted,
}

fn append(messages: &mut Vec<Arc<Message>>, order: String) {
    let block = Block::text(order);
    match messages.last_mut() {
        Some(last) if last.role == Role::User => Arc::make_mut(last).blocks.push(block),
        _ => messages.push(Arc::new(Message {
            role: Role::User,
            blocks: vec![block],
        })),
    }
}

/// A summary is trusted when it has every section, in order, and is no flood.
fn check(summary: &str) -> Result<(), String> {
    if summary.chars().count() > SUMMARY_CHARS {
        return Err(format!("it has more than {SUMMARY_CHARS} characters"));
    }
    let mut lines = summary.lines().map(str::trim);
    for heading in HEADINGS {
        if !lines.any(|line| line == heading) {
            return Err(format!(
                "it lacks the section \"{}\"",
                heading.trim_start_matches("## ")
            ));
        }
    }
    Ok(())
}

fn whole_text(kept: &str, summary: Option<&str>) -> String {
    let mut out = String::from(
        "<conversation-so-far>\nThe conversation before this point was replaced to make room. What follows first was kept word for word and is right where the summary differs.\n\n",
    );
    out.push_str(&without_own_envelopes(kept.trim_end()));
    if let Some(summary) = summary {
        out.push_str("\n\n# Summary of the rest\n\n");
        out.push_str(&without_own_envelopes(summary.trim()));
    }
    out.push_str("\n</conversation-so-far>");
    out
}

#[cfg(test)]
mod tests;
