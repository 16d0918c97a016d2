//! The policy as the judge of a session.

use crate::{
    decide::{Decision, Part, Policy, Request, Stage},
    paths::{Ground, Site},
    rules::Rules,
};
use gimlet_ports::{Asking, Broken, Case, Judge, Particulars, Scene};
use gimlet_protocol::{Access, Mode, Reason, Verdict};
use std::{path::PathBuf, sync::Arc};

/// Votes as the policy rules.
///
/// What rules and the floor ask about is asked whatever others say. What is only not known to be
/// harmless is left open: a grant of the person, a hook or a reviewer may still let it through.
pub struct Gate {
    rules: Arc<Rules>,
    /// Folders that hold Gimlet's own files.
    own: Vec<PathBuf>,
    untrusted: bool,
    ground: Arc<dyn Ground>,
}

impl Gate {
    /// A judge of these rules.
    pub fn new(rules: Arc<Rules>, own: Vec<PathBuf>, ground: Arc<dyn Ground>) -> Self {
        Self {
            rules,
            own,
            untrusted: false,
            ground,
        }
    }

    /// The same in a folder that nobody has trusted.
    #[must_use]
    pub fn in_untrusted_folder(mut self) -> Self {
        self.untrusted = true;
        self
    }

    fn decide(&self, case: &Case<'_>) -> Decision {
        let call = Asking {
            tool: case.tool,
            input: case.input,
            plan: case.plan,
            scene: case.scene,
        };
        let accesses = std::slice::from_ref(case.access);
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method itself is not general enough in its lifetimes"
        )]
        self.with(&call, accesses, |policy, request| policy.decide(request))
    }

    fn with<R>(
        &self,
        call: &Asking<'_>,
        accesses: &[Access],
        judge: impl FnOnce(&Policy<'_>, &Request<'_>) -> R,
    ) -> R {
        let site = Site {
            untrusted: self.untrusted,
            ..site(call.scene, &self.own)
        };
        let grants = &call.scene.grants;
        let granted =
            (!grants.is_empty()).then(|| self.rules.with_grants(grants, &call.scene.root));
        let policy = Policy {
            rules: granted.as_ref().unwrap_or(&self.rules),
            ground: &*self.ground,
        };
        let request = Request {
            tool: call.tool,
            input: call.input,
            accesses,
            site: &site,
            // Whether questions are denied is for the one who asks them.
            mode: if call.scene.mode == Mode::DontAsk {
                Mode::Default
            } else {
                call.scene.mode
            },
        };
        judge(&policy, &request)
    }
}

/// Where a session works.
pub fn site(scene: &Scene, own: &[PathBuf]) -> Site {
    Site {
        root: scene.root.clone(),
        cwd: scene.cwd.clone(),
        added: scene.added.clone(),
        home: scene.home.clone(),
        scratch: Some(scene.scratch.clone()),
        own: own.to_vec(),
        untrusted: false,
    }
}

impl Judge for Gate {
    fn name(&self) -> &'static str {
        "policy"
    }

    fn vote(&self, case: &Case<'_>) -> Result<Option<(Verdict, Reason)>, Broken> {
        let decision = self.decide(case);
        let firm = decision
            .parts
            .iter()
            .flat_map(|part| &part.votes)
            .filter(|vote| vote.verdict != Verdict::Allow && vote.stage != Stage::Care)
            .max_by_key(|vote| vote.verdict);
        if let Some(vote) = firm {
            return Ok(Some((vote.verdict, vote.reason())));
        }
        if decision.verdict() != Verdict::Allow {
            return Ok(None);
        }
        let allows = decision.parts.iter().flat_map(|part| &part.votes).next();
        Ok(allows.map(|vote| (Verdict::Allow, vote.reason())))
    }

    fn unsure(&self, case: &Case<'_>) -> Vec<Reason> {
        let decision = self.decide(case);
        match decision.verdict() {
            Verdict::Ask => decision.open_reasons(),
            Verdict::Allow | Verdict::Deny => Vec::new(),
        }
    }

    fn particulars(&self, call: &Asking<'_>) -> Particulars {
        self.with(call, &call.plan.accesses, |policy, request| {
            let decision = policy.decide(request);
            Particulars {
                offers: policy.offers(request, &decision),
                parts: decision.parts.iter().map(Part::shown).collect(),
            }
        })
    }
}

#[cfg(test)]
mod tests;
