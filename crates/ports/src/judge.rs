//! Judges vote on accesses; the votes become a ruling.

use crate::{Plan, Scene};
use gimlet_protocol::{Access, Offer, QuestionPart, Reason, Ruling, Verdict};
use serde_json::Value;

/// One access of one call, as a judge sees it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The tool's name.
    pub tool: &'a str,
    /// The call's input.
    pub input: &'a Value,
    /// The whole plan.
    pub plan: &'a Plan,
    /// The access to vote on.
    pub access: &'a Access,
    /// Where the session stands.
    pub scene: &'a Scene,
}

/// A judge that could not come to a vote. It counts as a denial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

/// Votes on accesses.
pub trait Judge: Send + Sync {
    /// The judge's name, as shown in reasons.
    fn name(&self) -> &str;

    /// Votes, or abstains with `None`. Must be pure: the same case, the same vote.
    ///
    /// # Errors
    /// When the judge is broken; the access is then denied.
    fn vote(&self, case: &Case<'_>) -> Result<Option<(Verdict, Reason)>, Broken>;

    /// Why the judge leaves the access to a person, where it abstained. Only read when nobody
    /// votes.
    fn unsure(&self, _case: &Case<'_>) -> Vec<Reason> {
        Vec::new()
    }

    /// What a person is shown of a call that is asked about. Only read when it is.
    fn particulars(&self, _call: &Asking<'_>) -> Particulars {
        Particulars::default()
    }
}

/// A call that a person is about to be asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The tool's name.
    pub tool: &'a str,
    /// The call's input.
    pub input: &'a Value,
    /// The whole plan.
    pub plan: &'a Plan,
    /// Where the session stands.
    pub scene: &'a Scene,
}

/// What a judge knows of a call that a person should see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Particulars {
    /// What the call would do, one by one.
    pub parts: Vec<QuestionPart>,
    /// What could be granted so that the same is not asked again, the narrowest first.
    pub offers: Vec<Offer>,
}

/// Saves what a person grants for always.
pub trait GrantKeeper: Send + Sync {
    /// The file that rules are saved in; `None` where none would be obeyed.
    fn place(&self) -> Option<String>;

    /// Saves rules that allow. Those that stand there already are left alone.
    ///
    /// # Errors
    /// A sentence that says what could not be saved, and where.
    fn keep(&self, rules: &[String]) -> Result<(), String>;
}

/// Combines the votes of all judges on all accesses of a plan.
///
/// 1. Each access needs an allowance of its own; one that nobody votes on gets `unheard`, with
///    what the judges say about why they are unsure.
/// 2. For one access the strictest vote wins: deny, then ask, then allow.
/// 3. A broken judge denies.
/// 4. The strictest outcome of any access is the ruling.
///
/// A plan without accesses touches nothing and is allowed.
pub fn rule(
    judges: &[std::sync::Arc<dyn Judge>],
    unheard: Verdict,
    case_of: (&str, &Value, &Plan, &Scene),
) -> Ruling {
    let (tool, input, plan, scene) = case_of;
    let mut because: Vec<Reason> = Vec::new();
    let mut verdict = Verdict::Allow;
    for access in &plan.accesses {
        let mut heard: Option<Verdict> = None;
        for judge in judges {
            let case = Case {
                tool,
                input,
                plan,
                access,
                scene,
            };
            let (vote, reason) = match judge.vote(&case) {
                Ok(Some(vote)) => vote,
                Ok(None) => continue,
                Err(Broken(why)) => {
                    let text = format!("the judge failed: {why}");
                    (
                        Verdict::Deny,
                        Reason {
                            judge: judge.name().to_owned(),
                            text,
                            source: None,
                        },
                    )
                }
            };
            heard = heard.max(Some(vote));
            if !because.contains(&reason) {
                because.push(reason);
            }
        }
        if heard.is_none() {
            let case = Case {
                tool,
                input,
                plan,
                access,
                scene,
            };
            for reason in judges.iter().flat_map(|judge| judge.unsure(&case)) {
                if !because.contains(&reason) {
                    because.push(reason);
                }
            }
        }
        verdict = verdict.max(heard.unwrap_or(unheard));
    }
    Ruling {
        verdict,
        because,
        confinement: None,
    }
}
