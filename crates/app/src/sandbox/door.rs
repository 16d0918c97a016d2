//! The door of a session's commands to the network: which hosts are let through, and what came
//! of each.

use gimlet_policy::{Hosts, Rules};
use gimlet_ports::{Contacts, HostAnswer, HostQuestion, Later};
use gimlet_protocol::{Contact, Reason, Verdict};
use gimlet_sandbox::proxy::{Doorkeeper, Target, Visit};
use gimlet_settings::SandboxSettings;
use std::{
    collections::{BTreeSet, VecDeque},
    future::Future,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// Visits that wait to be written into the log; the oldest are dropped for newer ones.
const MOST_CONTACTS: usize = 1_000;

/// How long a question waits for someone to take it, where nobody looks at another one.
const PATIENCE: Duration = Duration::from_secs(5);
/// A question, and the word that someone took it.
type Waiting = (HostQuestion, oneshot::Sender<()>);

/// Hosts that may wait to be asked about; further ones are refused.
const MOST_QUESTIONS: usize = 64;

/// The door.
#[derive(Debug)]
pub(crate) struct Door {
    rules: Arc<Rules>,
    hosts: Hosts,
    contacts: Mutex<VecDeque<Contact>>,
    /// Hosts that a person let through for the session.
    granted: Mutex<BTreeSet<String>>,
    /// Hosts that a person ever let through.
    answered: Mutex<BTreeSet<String>>,
    questions: mpsc::Sender<Waiting>,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Waiting>>,
    /// Questions that a person looks at now.
    open: AtomicUsize,
}

impl Door {
    pub(crate) fn new(rules: Arc<Rules>, settings: &SandboxSettings) -> Self {
        let mut hosts = Hosts::new(&settings.allowed_domains, &settings.denied_domains);
        hosts.strict = settings.strict_allowlist;
        let (questions, waiting) = mpsc::channel(MOST_QUESTIONS);
        Self {
            rules,
            hosts,
            contacts: Mutex::default(),
            granted: Mutex::default(),
            answered: Mutex::default(),
            questions,
            waiting: tokio::sync::Mutex::new(waiting),
            open: AtomicUsize::default(),
        }
    }

    /// Has a person asked; an error says why a host is not reached.
    async fn ask(&self, target: &Target, reason: Reason) -> Result<(), String> {
        let host = target.host();
        if lock(&self.granted).contains(&host) {
            return Ok(());
        }
        let hint = format!(
            "{}; sandbox.network.allowedDomains or a rule WebFetch(domain:{host}) would let it \
             through",
            reason.text
        );
        let (answer, answered) = oneshot::channel();
        let (taken, mut is_taken) = oneshot::channel();
        let question = HostQuestion {
            host: host.clone(),
            port: target.port(),
            because: vec![reason],
            answer: Box::new(move |said| {
                // A command that has ended waits for nothing.
                drop(answer.send(said));
            }),
        };
        let unasked = |_| format!("nobody can be asked now; {hint}");
        self.questions
            .try_send((question, taken))
            .map_err(unasked)?;
        // Nobody listens where the session rests: a command in the background asks in vain.
        while timeout(PATIENCE, &mut is_taken).await.is_err() {
            if self.open.load(Ordering::Relaxed) == 0 {
                return Err(format!("nobody can be asked now; {hint}"));
            }
        }
        let _open = Opened::new(&self.open);
        let said = answered.await.map_err(|_| hint.clone())?;
        match said {
            HostAnswer::Once => {
                lock(&self.answered).insert(host);
                Ok(())
            }
            HostAnswer::Session => {
                lock(&self.answered).insert(host.clone());
                lock(&self.granted).insert(host);
                Ok(())
            }
            HostAnswer::No(why) => Err(format!("{why}; {hint}")),
        }
    }

    fn contacts(&self) -> MutexGuard<'_, VecDeque<Contact>> {
        lock(&self.contacts)
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
                Verdict::Ask => self.ask(target, reason).await,
            }
        })
    }

    fn grants(&self, target: &Target, address: IpAddr) -> bool {
        if self.hosts.grants(address, target.port()) {
            return true;
        }
        // A person who lets a number through, or this machine by its name, means just that.
        let host = target.host();
        let is_itself = target.address() == Some(address);
        let is_this_machine = host == "localhost" && address.is_loopback();
        (is_itself || is_this_machine) && lock(&self.answered).contains(&host)
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

    fn question(&self) -> Later<'_, HostQuestion> {
        Box::pin(async move {
            let mut waiting = self.waiting.lock().await;
            while let Some((question, taken)) = waiting.recv().await {
                // What gave up waiting meanwhile is passed over.
                if taken.send(()).is_ok() {
                    return question;
                }
            }
            // It holds the sender itself, so there is always more to wait for.
            std::future::pending().await
        })
    }
}

/// Counts a question as long as a person looks at it.
struct Opened<'d>(&'d AtomicUsize);

impl<'d> Opened<'d> {
    fn new(open: &'d AtomicUsize) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(open)
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
