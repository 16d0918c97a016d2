//! What the commands of a call are held to: one pure function over the plan, the place where
//! the session works, the rules and the settings.

use crate::{
    paths::Bases,
    rules::{CommandPattern, PathUse, Rules},
    shell::{self, Start},
};
use gimlet_ports::{Broken, Case, Confining, Judge, Plan, Scene};
use gimlet_protocol::{
    Access, Bounds, Confinement, Limits, Mode, Network, Paths, Reason, Strength, Verdict,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Places of a workspace that make code run later, or decide what may run.
const PROTECTED: [&str; 10] = [
    ".git/hooks",
    ".git/config",
    ".gimlet",
    ".claude",
    ".mcp.json",
    ".vscode",
    ".idea",
    ".envrc",
    ".husky",
    ".githooks",
];

/// Files of a home that shells and tools run; protected where the home may be written.
const START_FILES: [&str; 10] = [
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".gitconfig",
    ".config/git",
];

/// Places of a home that hold keys.
const HIDDEN: [&str; 19] = [
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".config/gcloud",
    ".config/gh",
    ".config/op",
    ".config/gimlet",
    ".local/share/gimlet",
    ".local/share/keyrings",
    ".password-store",
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".cargo/credentials.toml",
    ".terraform.d/credentials.tfrc.json",
];

/// What is known of confinement beside the call: the settings and the machine.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting")]
pub struct Holding {
    /// `sandbox.enabled` is false.
    pub disabled: bool,
    /// What this machine can hold commands to, or is allowed to.
    pub strength: Strength,
    /// Less than everything is refused.
    pub refuse_less: bool,
    /// Asking to leave the confinement is of no use.
    pub always_confined: bool,
    /// Confined commands need no question.
    pub auto_allow: bool,
    /// Patterns of commands that run unconfined.
    pub excluded: Vec<String>,
    /// May be written beside the workspace.
    pub write: Vec<PathBuf>,
    /// May not be written, or not even where it is missing.
    pub protect: Vec<PathBuf>,
    /// Cannot be read.
    pub hide: Vec<PathBuf>,
    /// Can be read although something around it is hidden.
    pub show: Vec<PathBuf>,
    /// What there is of the network.
    pub network: Network,
    /// How much a command may use.
    pub limits: Limits,
}

impl Holding {
    /// The bounds of a workspace: writing in it and in private temporary folders, with the
    /// places protected from which code would run later, and the person's keys hidden.
    pub fn bounds(&self, root: &Path, added: &[PathBuf], home: Option<&Path>) -> Bounds {
        let roots = || std::iter::once(root).chain(added.iter().map(PathBuf::as_path));
        let mut write: Paths = roots().map(Path::to_owned).collect();
        write.extend(self.write.iter().cloned());
        let mut protect: Paths = roots()
            .flat_map(|root| PROTECTED.iter().map(move |name| root.join(name)))
            .collect();
        let mut hide = Paths::default();
        if let Some(home) = home {
            hide.extend(HIDDEN.iter().map(|name| home.join(name)));
            if write.iter().any(|root| home.starts_with(root)) {
                protect.extend(START_FILES.iter().map(|name| home.join(name)));
            }
        }
        protect.extend(self.protect.iter().cloned());
        hide.extend(self.hide.iter().cloned());
        // What the person shows whole is not hidden.
        hide.retain(|hidden| !self.show.iter().any(|shown| shown == hidden));
        Bounds {
            write,
            protect,
            hide,
            show: self.show.iter().cloned().collect(),
            temporary: None,
            network: match (self.strength, self.network) {
                // There is no way to the proxy that would not lead elsewhere, too.
                (Strength::Rules | Strength::None, Network::Proxy) => Network::Own,
                (_, network) => network,
            },
            limits: self.limits,
            strength: self.strength,
        }
    }

    /// True when each simple command of a line is one of those that run unconfined.
    fn excludes(&self, command: &str, cwd: &Path, home: Option<&Path>) -> bool {
        let patterns: Vec<CommandPattern> = self
            .excluded
            .iter()
            .filter_map(|text| CommandPattern::parse(text))
            .collect();
        if patterns.is_empty() || command.len() > shell::LONGEST {
            return false;
        }
        let start = Start {
            cwd: cwd.to_owned(),
            home: home.map(Path::to_owned),
        };
        let line = shell::analyse(command, &start);
        let plain = line.doubts.is_empty() && !line.steps.is_empty();
        plain
            && shell::agrees(command, &line.spelled)
            && line.steps.iter().all(|step| {
                let alone = step.assignments.is_empty() && step.more.is_none();
                let covered = patterns.iter().any(|pattern| pattern.covers(&step.raw));
                alone && step.redirects.is_empty() && covered
            })
    }
}

/// Says what commands are held to, and lets them run without a question where that is set.
pub struct Confiner {
    rules: Arc<Rules>,
    holding: Holding,
}

impl Confiner {
    /// From these rules and settings.
    pub fn new(rules: Arc<Rules>, holding: Holding) -> Self {
        Self { rules, holding }
    }

    /// What a plan's commands are held to; `None` where it runs none.
    pub fn of(&self, plan: &[Access], scene: &Scene) -> Option<Confinement> {
        let mut command = None;
        let mut asks_to_leave = false;
        for access in plan {
            match access {
                Access::Run { command: line, cwd } => command = Some((line, cwd)),
                Access::Escalate { .. } => asks_to_leave = true,
                Access::Read { .. }
                | Access::Write { .. }
                | Access::Reach { .. }
                | Access::Publish { .. }
                | Access::Spawn { .. }
                | Access::Person { .. } => {}
            }
        }
        let (command, cwd) = command?;
        let open = |why: &str| {
            Some(Confinement::Open {
                why: why.to_owned(),
            })
        };
        if scene.mode == Mode::BypassPermissions {
            return open("the mode is bypassPermissions");
        }
        let holding = &self.holding;
        if holding.disabled {
            return open("sandbox.enabled is false");
        }
        if asks_to_leave && !holding.always_confined {
            return open("the call asks for it by name");
        }
        if holding.excludes(command, cwd, scene.home.as_deref()) {
            return open("sandbox.excludedCommands names the command");
        }
        match holding.strength {
            Strength::Rules | Strength::None if holding.refuse_less => {
                let about = holding.strength.about();
                let why = format!("on this machine {about}, and sandbox.failIfUnavailable is set");
                return Some(Confinement::Refused { why });
            }
            Strength::None => return open(Strength::None.about()),
            Strength::Rules | Strength::Namespaces => {}
        }
        Some(Confinement::Held(Box::new(self.bounds(scene))))
    }

    /// The bounds of any command of a session.
    pub fn bounds(&self, scene: &Scene) -> Bounds {
        let mut bounds = self
            .holding
            .bounds(&scene.root, &scene.added, scene.home.as_deref());
        let bases = Bases {
            cwd: scene.cwd.clone(),
            home: scene.home.clone(),
            aliases: Vec::new(),
        };
        // What no tool may read or edit, no command may either, as far as the rule names a place.
        let denied = |kind| {
            let rules = self.rules.of_path(kind, Verdict::Deny);
            rules.flat_map(|(_, pattern)| pattern.places(&bases))
        };
        bounds.hide.extend(denied(PathUse::Read));
        bounds.protect.extend(denied(PathUse::Write));
        // What the session wrote for the model to read, and its own `/tmp`.
        bounds.show.add(scene.scratch.clone());
        let temporary = scene.scratch.join("tmp");
        bounds.write.add(temporary.clone());
        bounds.temporary = Some(temporary);
        bounds
    }
}

impl Confining for Confiner {
    fn confinement(&self, plan: &Plan, scene: &Scene) -> Option<Confinement> {
        self.of(&plan.accesses, scene)
    }
}

impl Judge for Confiner {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn vote(&self, case: &Case<'_>) -> Result<Option<(Verdict, Reason)>, Broken> {
        let allow = |text: &str| {
            let reason = Reason {
                judge: "sandbox".to_owned(),
                text: text.to_owned(),
                source: None,
            };
            Ok(Some((Verdict::Allow, reason)))
        };
        match case.access {
            Access::Run { .. } if self.holding.auto_allow && case.scene.mode != Mode::Plan => {
                match self.of(&case.plan.accesses, case.scene) {
                    Some(Confinement::Held(_)) => {
                        allow("it is confined, and sandbox.autoAllowBashIfSandboxed is set")
                    }
                    Some(Confinement::Open { .. } | Confinement::Refused { .. }) | None => Ok(None),
                }
            }
            Access::Escalate { .. } if self.holding.always_confined => {
                allow("it stays confined: sandbox.allowUnsandboxedCommands is false")
            }
            Access::Run { .. }
            | Access::Escalate { .. }
            | Access::Read { .. }
            | Access::Write { .. }
            | Access::Reach { .. }
            | Access::Publish { .. }
            | Access::Spawn { .. }
            | Access::Person { .. } => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
