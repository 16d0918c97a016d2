//! What facts say, as text that scenes can ask for.

use gimlet_protocol::{Access, Block, Fault, LimitKind, Question};

/// All that a result or message tells.
pub(super) fn blocks(content: &[Block]) -> String {
    let told: Vec<String> = content.iter().map(block).collect();
    told.join("\n")
}

fn block(block: &Block) -> String {
    match block {
        Block::Text { text, .. } | Block::Thought { text, .. } => text.clone(),
        Block::Call(call) => format!("{} {}", call.tool, call.input),
        Block::Result { content, .. } => blocks(content),
        Block::Image { media_type, .. } | Block::Document { media_type, .. } => {
            format!("[{media_type}]")
        }
        Block::Kept { .. } => String::new(),
    }
}

/// A question's title and accesses, a line each.
pub(super) fn question(question: &Question) -> String {
    let accesses = question.accesses.iter().map(access);
    std::iter::once(question.title.clone())
        .chain(accesses)
        .collect::<Vec<_>>()
        .join("\n")
}

fn access(access: &Access) -> String {
    match access {
        Access::Read { path } => format!("read {}", path.display()),
        Access::Write { path } => format!("write {}", path.display()),
        Access::Run { command, .. } => format!("run {command}"),
        Access::Reach { host } => format!("reach {host}"),
        Access::Publish { to, .. } => format!("publish {}", to.address),
        Access::Spawn { kind } => format!("spawn {kind}"),
        Access::Escalate { why } => format!("escalate {why}"),
        Access::Person { what, .. } => format!("person {what}"),
    }
}

/// A fault's class and text.
pub(super) fn fault(fault: &Fault) -> (&str, &str) {
    match fault {
        Fault::Model { class, text, .. } => (class, text),
        Fault::Limit { kind, text } => (limit(*kind), text),
        Fault::Tool { text } => ("tool", text),
    }
}

fn limit(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Turns => "turns",
        LimitKind::Budget => "budget",
        LimitKind::StructuredOutput => "structured_output",
    }
}
