//! What must hold of every request that a model receives.

use gimlet_ports::{ModelRequest, ToolChoice};
use gimlet_protocol::{Block, CallId, Message, Role};
use std::{collections::BTreeSet, sync::Arc};

/// Checks every request by itself and against the one before it: roles alternate from the
/// person on, each call has its one result, in order, in the very next message, no call id
/// comes twice, no text is empty, and what was sent before comes again unchanged in front,
/// unless a summary was asked for in between.
///
/// # Errors
/// With the first rule that is broken and the number of the request, from 1.
pub fn check_requests(requests: &[ModelRequest]) -> Result<(), String> {
    let mut last: Option<&ModelRequest> = None;
    let mut compacts = false;
    for (place, request) in requests.iter().enumerate() {
        let told = |why: String| format!("request {}: {why}", place + 1);
        check_messages(&request.messages).map_err(told)?;
        // A reviewer has a conversation of its own.
        if request.tools.is_empty() && request.tool_choice == ToolChoice::None {
            continue;
        }
        if let Some(before) = last {
            if before.system != request.system {
                return Err(told("the system prompt changed".to_owned()));
            }
            if before.tools != request.tools {
                return Err(told("the tool list changed".to_owned()));
            }
            let prefix = check_prefix(&before.messages, &request.messages);
            if let (Err(why), false) = (prefix, compacts) {
                return Err(told(why));
            }
        }
        // The one who asks for a summary adds to the conversation for that request alone.
        compacts = request.tool_choice == ToolChoice::None;
        if !compacts {
            last = Some(request);
        }
    }
    Ok(())
}

fn check_messages(messages: &[Arc<Message>]) -> Result<(), String> {
    let mut ids: BTreeSet<&CallId> = BTreeSet::new();
    let mut owed: Vec<&CallId> = Vec::new();
    for (place, message) in messages.iter().enumerate() {
        let expected = if place % 2 == 0 {
            Role::User
        } else {
            Role::Assistant
        };
        if message.role != expected {
            return Err(format!("message {place} is of the wrong side"));
        }
        if message.blocks.is_empty() {
            return Err(format!("message {place} is empty"));
        }
        let answered: Vec<&CallId> = message.blocks.iter().filter_map(result_of).collect();
        if answered != owed {
            return Err(format!(
                "message {place} answers {answered:?}, but open are {owed:?}"
            ));
        }
        owed = message.blocks.iter().filter_map(call_of).collect();
        if let Some(twice) = owed.iter().find(|id| !ids.insert(id)) {
            return Err(format!("the call {twice} was made twice"));
        }
        if message
            .blocks
            .iter()
            .any(|block| matches!(block, Block::Text { text, .. } if text.is_empty()))
        {
            return Err(format!("message {place} has an empty text"));
        }
    }
    if owed.is_empty() {
        Ok(())
    } else {
        Err(format!("{owed:?} have no result"))
    }
}

fn result_of(block: &Block) -> Option<&CallId> {
    if let Block::Result { call, .. } = block {
        Some(call)
    } else {
        None
    }
}

fn call_of(block: &Block) -> Option<&CallId> {
    if let Block::Call(call) = block {
        Some(&call.id)
    } else {
        None
    }
}

fn check_prefix(before: &[Arc<Message>], now: &[Arc<Message>]) -> Result<(), String> {
    let last = before.len().saturating_sub(1);
    for (place, old) in before.iter().enumerate() {
        let Some(new) = now.get(place) else {
            return Err(format!("message {place} of the request before is gone"));
        };
        let same = if place == last {
            new.role == old.role && new.blocks.starts_with(&old.blocks)
        } else {
            new == old
        };
        if !same {
            return Err(format!("message {place} of the request before was changed"));
        }
    }
    Ok(())
}
