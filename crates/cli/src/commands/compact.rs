//! `gimlet compact`: a stored session's conversation, made smaller by hand.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few facts are shown, the rest passes"
)]

use super::plain_launch;
use crate::{
    args::CompactArgs,
    exit::{self, Exit},
    headless::runtime,
};
use futures::StreamExt as _;
use gimlet_app::Hub;
use gimlet_ports::{OpenSpec, Sessions as _};
use gimlet_protocol::{Event, Fact, Op, OpKey, Signal, SummaryFate};
use std::time::Duration;

/// The longest that a summary may take.
const LIMIT: Duration = Duration::from_mins(10);

pub(crate) fn run(args: &CompactArgs) -> Exit {
    let outcome = runtime().and_then(|runtime| {
        runtime.block_on(async {
            match tokio::time::timeout(LIMIT, compact(args)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(exit::complain(
                    Exit::Failed,
                    "the summary took longer than 600 s",
                    None,
                )),
            }
        })
    });
    outcome.unwrap_or_else(|exit| exit)
}

async fn compact(args: &CompactArgs) -> Result<Exit, Exit> {
    let hub = Hub::new(plain_launch()?).map_err(|fault| exit::open_fault(&fault))?;
    let open = match &args.session {
        Some(name) => OpenSpec::Earlier { name: name.clone() },
        None => OpenSpec::Newest,
    };
    let head = hub
        .open(open)
        .await
        .map_err(|fault| exit::open_fault(&fault))?;
    let refused =
        |refusal: gimlet_protocol::Refusal| exit::complain(Exit::Failed, &refusal.sentence(), None);
    let mut events = hub
        .follow(head.id.clone(), head.last)
        .await
        .map_err(refused)?;
    let key = OpKey(format!("compact:{}", gimlet_app::store::Store::fresh_id()));
    let op = Op::Compact {
        instructions: args.instructions.clone(),
    };
    hub.submit(head.id.clone(), key, op)
        .await
        .map_err(refused)?;
    let mut exit = Exit::Failed;
    while let Some(event) = events.next().await {
        match event {
            Event::Fact(entry) => match entry.fact {
                Fact::Compacted(compacted) => {
                    let fate = match compacted.summary {
                        SummaryFate::Accepted => "with the model's summary".to_owned(),
                        SummaryFate::Rejected { why } => {
                            format!("without the model's summary, because {why}")
                        }
                    };
                    let back = entry.parent.map_or(0, |parent| parent.0);
                    exit = exit::print_line(&format!(
                        "About {} tokens before, {} after, {fate}.\nTo return: gimlet rewind {} --to {back}",
                        compacted.before_tokens, compacted.after_tokens, head.id
                    ));
                    break;
                }
                Fact::Noted(noted) => {
                    exit = exit::complain(Exit::Failed, &noted.text, None);
                    break;
                }
                _ => {}
            },
            Event::Signal(Signal::LogFault { text }) => {
                exit = exit::complain(Exit::Environment, &text, None);
                break;
            }
            Event::Signal(_) => {}
        }
    }
    hub.close_all().await;
    Ok(exit)
}
