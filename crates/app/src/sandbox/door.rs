//! The door of a session's commands to the network: which hosts are let through, and what came
//! of each.

use gimlet_policy::{Hosts, Rules};
use gimlet_ports::Contacts;
use gimlet_protocol::{Contact, Verdict};
use gimlet_sandbox::proxy::{Doorkeeper, Target, Visit};
use gimlet_settings::SandboxSettings;
use std::{
    collections::VecDeque,
    future::Future,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Visits that wait to be written into the log; the oldest are dropped for newer ones.
const MOST_CONTACTS: usize = 1_000;

/// The door.
#[derive(Debug)]
pub(crate) struct Door {
    rules: Arc<Rules>,
    hosts: Hosts,
    contacts: Mutex<VecDeque<Contact>>,
}

impl Door {
    pub(crate) fn new(rules: Arc<Rules>, settings: &SandboxSettings) -> Self {
        let mut hosts = Hosts::new(&settings.allowed_domains, &settings.denied_domains);
        hosts.strict = settings.strict_allowlist;
        Self {
            rules,
            hosts,
            contacts: Mutex::default(),
        }
    }

    fn contacts(&self) -> MutexGuard<'_, VecDeque<Contact>> {
        self.contacts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Doorkeeper for Door {
    fn judge<'a>(
        &'a self,
        target: &'a Target,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        Box::pin(async move {
            let (verdict, reason) = self.hosts.judge(&self.rules, &target.host(), target.port());
            match verdict {
                Verdict::Allow => Ok(()),
                Verdict::Deny => Err(reason.text),
                Verdict::Ask => Err(format!(
                    "{}; sandbox.network.allowedDomains or a rule WebFetch(domain:{}) would let it through",
                    reason.text,
                    target.host()
                )),
            }
        })
    }

    fn grants(&self, address: IpAddr, port: u16) -> bool {
        self.hosts.grants(address, port)
    }

    fn note(&self, visit: Visit) {
        let mut contacts = self.contacts();
        if contacts.len() >= MOST_CONTACTS {
            contacts.pop_front();
        }
        contacts.push_back(Contact {
            host: visit.target.host(),
            port: visit.target.port(),
            refused: visit.refused,
            sent_bytes: visit.sent,
            received_bytes: visit.received,
        });
    }
}

impl Contacts for Door {
    fn take(&self) -> Vec<Contact> {
        self.contacts().drain(..).collect()
    }
}
