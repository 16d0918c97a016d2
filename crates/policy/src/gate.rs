//! The policy as the judge of a session.

use crate::{
    decide::{Decision, Policy, Request, Stage},
    paths::{Ground, Site},
    rules::Rules,
};
use gimlet_ports::{Broken, Case, Judge, Scene};
use gimlet_protocol::{Mode, Reason, Verdict};
use std::{path::PathBuf, sync::Arc};

/// Votes as the policy rules.
///
/// What rules and the floor ask about is asked whatever others say. What is only not known to be
/// harmless is left open: a grant of the person, a hook or a reviewer may still let it through.
pub struct Gate {
    rules: Arc<Rules>,
    /// Folders that hold Gimlet's own files.
    own: Vec<PathBuf>,
    ground: Arc<dyn Ground>,
}

impl Gate {
    /// A judge of these rules.
    pub fn new(rules: Arc<Rules>, own: Vec<PathBuf>, ground: Arc<dyn Ground>) -> Self {
        Self { rules, own, ground }
    }

    fn decide(&self, case: &Case<'_>) -> Decision {
        let site = site(case.scene, &self.own);
        let policy = Policy {
            rules: &self.rules,
            ground: &*self.ground,
        };
        policy.decide(&Request {
            tool: case.tool,
            input: case.input,
            accesses: std::slice::from_ref(case.access),
            site: &site,
            // Whether questions are denied is for the one who asks them.
            mode: if case.scene.mode == Mode::DontAsk {
                Mode::Default
            } else {
                case.scene.mode
            },
        })
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
}

#[cfg(test)]
mod tests;
