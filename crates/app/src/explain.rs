//! Explains a ruling: what a call would touch, who votes on it and where each rule stands.

use crate::{Launch, gate::Disk, launch::git, outbound::Outbound, sandbox, tools::all_tools};
use gimlet_policy::{Decision, Part, Policy, Request, Site};
use gimlet_ports::{OpenFault, Scene, ToolFault};
use gimlet_protocol::{Access, Confinement, Desk, Mode, SessionId};
use serde_json::{Value, json};
use std::sync::Arc;

/// A call whose ruling is explained.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The tool.
    pub tool: String,
    /// Its input.
    pub input: Value,
    /// The mode in which it would be called.
    pub mode: Mode,
    /// What it would touch.
    pub accesses: Vec<Access>,
    /// What its commands would be held to; `None` where it runs none.
    pub confinement: Option<Confinement>,
    /// Rules that were not understood, each with its place.
    pub faults: Vec<String>,
}

/// Judges a call as a session here would, and tells how.
///
/// # Errors
/// When settings are wrong, the tool is unknown, or the input does not fit it.
pub fn explain(
    launch: &Launch,
    tool: &str,
    input: Value,
) -> Result<(Explained, Decision), OpenFault> {
    let (settings, dirs) = launch.load_settings()?;
    let rules = launch.rules(&settings);
    let mode = launch.mode(&settings)?;
    let added = settings.permissions.additional_directories.iter();
    let scene = Scene {
        session: SessionId::new("explained"),
        root: launch.cwd.clone(),
        cwd: launch.cwd.clone(),
        added: added.map(|added| added.path.clone()).collect(),
        home: dirs.home.clone(),
        scratch: dirs.data.join("scratch"),
        mode,
        output_chars: 30_000,
        desk: Arc::new(Desk::default()),
        grants: Arc::default(),
    };
    let wrong = |text: String| OpenFault::User { text, hint: None };
    let set = all_tools().ok_or_else(|| wrong("the tools cannot be listed".to_owned()))?;
    let known = set.toolbox.get(tool).ok_or_else(|| OpenFault::User {
        text: format!("there is no tool `{tool}`"),
        hint: Some("`gimlet tools` lists them".to_owned()),
    })?;
    let plan = known.plan(&input, &scene).map_err(|fault| match fault {
        ToolFault::Tell(text) | ToolFault::Abort(text) => wrong(text),
    })?;
    let rules = Arc::new(rules);
    let confinement = sandbox::explained(&rules, &settings, &dirs, &scene, &plan.accesses);
    let site = Site {
        untrusted: !launch.workspace(&dirs).is_trusted(),
        ..gimlet_policy::site(&scene, &[dirs.data])
    };
    let policy = Policy {
        rules: &rules,
        ground: &Disk,
    };
    let mut decision = policy.decide(&Request {
        tool,
        input: &input,
        accesses: &plan.accesses,
        site: &site,
        mode,
    });
    let outbound = Outbound::new(
        &settings.confidential_terms,
        &settings.undercover,
        git(&launch.env),
    );
    let votes = plan.accesses.iter();
    let votes = votes.filter_map(|access| outbound.verdict(access, &scene.cwd));
    let parts =
        votes.map(|(verdict, text)| Part::of_judge("hand text to the outside", verdict, text));
    decision.parts.extend(parts);
    let explained = Explained {
        tool: tool.to_owned(),
        input,
        mode,
        accesses: plan.accesses,
        confinement,
        faults: rules.faults.iter().map(ToString::to_string).collect(),
    };
    Ok((explained, decision))
}

impl Explained {
    /// The explanation as JSON.
    pub fn json(&self, decision: &Decision) -> Value {
        let ruling = decision.ruling();
        let commands: Vec<Value> = decision
            .lines
            .iter()
            .flat_map(|line| &line.steps)
            .map(|step| {
                let words = step.words.iter().map(|word| word.text.clone());
                let folders = step.folders.iter().flatten();
                json!({
                    "text": step.raw,
                    "words": words.collect::<Vec<_>>(),
                    "folders": folders.map(|path| path.display().to_string()).collect::<Vec<_>>(),
                    "redirections": step.redirects.len(),
                })
            })
            .collect();
        json!({
            "tool": self.tool,
            "input": self.input,
            "mode": self.mode,
            "verdict": ruling.verdict,
            "risk": decision.risk(),
            "accesses": self.accesses,
            "commands": commands,
            "doubts": decision.lines.iter().flat_map(|line| &line.doubts).collect::<Vec<_>>(),
            "parts": decision.parts,
            "because": ruling.because,
            "confinement": self.confinement,
            "faults": self.faults,
        })
    }
}
