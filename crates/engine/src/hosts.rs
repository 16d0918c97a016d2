//! Hosts that a running command wants to reach and no rule speaks of: a person is asked while
//! the command waits.

use crate::{driver::Driver, index::OpenCall};
use gimlet_ports::{Contacts, HostAnswer, HostQuestion, LogFault};
use gimlet_protocol::{
    Access, Answered, Asked, CallId, Confinement, Fact, Grant, Offer, Question, Refusal, Reply,
    ReplyScope, Risk,
};
use std::sync::Arc;

impl Driver {
    /// Asks a person about a host that a running command wants to reach.
    pub(crate) fn ask_about_host(&mut self, question: HostQuestion) -> Result<(), LogFault> {
        let confined = |open: &&OpenCall| {
            self.live.contains(&open.call.id)
                && matches!(open.confinement, Some(Confinement::Held(_)))
        };
        let call = self.index.calls().iter().find(confined);
        let call = call.map(|open| open.call.id.clone());
        let nobody = self.nobody_answers(self.index.mode());
        let call = match (call, nobody) {
            (Some(call), None) => call,
            (_, Some(reason)) => {
                (question.answer)(HostAnswer::No(reason.text));
                return Ok(());
            }
            (None, None) => {
                let why = "nobody is asked about a command in the background";
                (question.answer)(HostAnswer::No(why.to_owned()));
                return Ok(());
            }
        };
        let host = question.host.clone();
        let grant = Grant {
            title: format!("reach {host}"),
            rule: format!("WebFetch(domain:{host})"),
        };
        let mut asked = Question::new(
            format!("reach {host}:{}", question.port),
            Risk::High,
            vec![Access::Reach { host }],
            question.because.clone(),
        );
        asked.offers = vec![Offer {
            grants: vec![grant],
        }];
        asked.saved_in = self.parts.keeper.as_ref().and_then(|keeper| keeper.place());
        asked.lapses_after_minutes = Some(self.parts.options.grants_last.as_secs() / 60);
        self.asking_host = Some((call.clone(), question));
        self.record(vec![Fact::Asked(Asked {
            call,
            question: asked,
        })])
    }

    /// An answer about a host that a running command waits for.
    pub(crate) fn answer_about_host(
        &mut self,
        call: &CallId,
        reply: Reply,
    ) -> Result<Vec<Fact>, Refusal> {
        let mut calls = self.index.calls().iter();
        let open = calls.find(|open| open.call.id == *call);
        let offered = open.map(|open| open.offered.clone()).unwrap_or_default();
        let granted = self.granted(call, &offered, &reply)?;
        if let Some((_, question)) = self.asking_host.take() {
            (question.answer)(host_answer(&reply));
        }
        let answered = Fact::Answered(Answered {
            call: call.clone(),
            reply,
        });
        Ok(std::iter::once(answered).chain(granted).collect())
    }

    /// A call that has ended waits for no host any more.
    pub(crate) fn forget_host(&mut self, call: &CallId) {
        if let Some((_, question)) = self.asking_host.take_if(|(asking, _)| asking == call) {
            (question.answer)(HostAnswer::No("the command has ended".to_owned()));
        }
    }
}

/// The next host to be asked about; never where nobody takes note of hosts.
pub(crate) async fn next_host(contacts: Option<&Arc<dyn Contacts>>) -> HostQuestion {
    match contacts {
        Some(contacts) => contacts.question().await,
        None => std::future::pending().await,
    }
}

/// What a person's reply means for a host.
fn host_answer(reply: &Reply) -> HostAnswer {
    match reply {
        Reply::Allow {
            scope: ReplyScope::Turn | ReplyScope::Session | ReplyScope::Always,
            ..
        } => HostAnswer::Session,
        Reply::Allow {
            scope: ReplyScope::Once,
            ..
        } => HostAnswer::Once,
        Reply::Deny { reason } => HostAnswer::No(match reason {
            Some(reason) => format!("the person did not allow it: {reason}"),
            None => "the person did not allow it".to_owned(),
        }),
    }
}
