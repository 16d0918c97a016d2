//! What a person asked for on the command line, and the settings that it meets.

use crate::{
    models::{self, FIRST_MODEL},
    tape::Deck,
};
use gimlet_policy::{RuleSource, Rules, Site, covers_example};
use gimlet_ports::OpenFault;
use gimlet_protocol::{Mode, Verdict};
use gimlet_settings::{
    Dirs, Env, FileSources, FlagValue, Layer, LoadSpec, Origin, RuleExample, Settings,
    SettingsFault, Source, env_vars,
};
use gimlet_trust::{Book, Git, GitEnv, Workspace};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What was asked for, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// Where it was started. Absolute.
    pub cwd: PathBuf,
    /// The environment.
    pub env: Env,
    /// `--model`.
    pub model: Option<String>,
    /// `--fallback-model`, with commas.
    pub fallback_model: Option<String>,
    /// `--permission-mode`.
    pub permission_mode: Option<Mode>,
    /// `--allowedTools`.
    pub allowed_tools: Vec<String>,
    /// `--disallowedTools`.
    pub disallowed_tools: Vec<String>,
    /// `--tools`: only these, where given.
    pub tools: Option<String>,
    /// `--add-dir`.
    pub add_dirs: Vec<PathBuf>,
    /// `--system-prompt`.
    pub system_prompt: Option<String>,
    /// `--append-system-prompt`.
    pub append_system_prompt: Option<String>,
    /// `--max-turns`.
    pub max_turns: Option<u32>,
    /// `--max-budget-usd`.
    pub max_budget_usd: Option<f64>,
    /// `--json-schema`.
    pub json_schema: Option<Value>,
    /// `--settings`: a file or JSON.
    pub settings: Option<String>,
    /// `--setting-sources`.
    pub setting_sources: Option<String>,
    /// `--betas`.
    pub betas: Vec<String>,
    /// `--name`.
    pub name: Option<String>,
    /// Whether sessions are kept.
    pub persistence: Persistence,
    /// Whether a person answers questions.
    pub answers: Answers,
    /// Whether the models are recorded, or played from a tape.
    pub deck: Deck,
    /// `--trust`.
    pub trust: TrustFlag,
}

/// Whether the person trusts the folder for this run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrustFlag {
    /// What they said before counts.
    #[default]
    AsSaid,
    /// They do, and the folders that they add as well.
    ThisRun,
}

/// Whether sessions are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Persistence {
    /// In the data folder.
    #[default]
    Kept,
    /// Not at all (`--no-session-persistence`).
    None,
}

/// Whether a person answers questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// A client does.
    FromClient,
    /// Nobody does: what would be asked is denied.
    #[default]
    FromNobody,
}

impl Launch {
    /// Where settings are looked for, with the flags as the layer that they are.
    ///
    /// # Errors
    /// When the folders or the flags make no sense.
    pub fn load_spec(&self) -> Result<LoadSpec, OpenFault> {
        let dirs = Dirs::find(&self.env).map_err(|fault| OpenFault::Environment {
            text: fault.to_string(),
            hint: Some(fault.hint()),
        })?;
        let mut spec = LoadSpec::new(&self.cwd, self.env.clone(), dirs);
        if let Some(sources) = &self.setting_sources {
            spec.sources = FileSources::named(sources).map_err(|fault| config_fault(&fault))?;
        }
        spec.flag_settings.clone_from(&self.settings);
        spec.flags = self.flag_values();
        spec.workspace = self.workspace(&spec.dirs);
        Ok(spec)
    }

    /// The same in a copy of the folder, which is trusted for this run where the folder is.
    ///
    /// # Errors
    /// When Gimlet's own folders cannot be told.
    pub fn in_copy(self, folder: PathBuf) -> Result<Self, OpenFault> {
        let dirs = Dirs::find(&self.env).map_err(|fault| OpenFault::Environment {
            text: fault.to_string(),
            hint: Some(fault.hint()),
        })?;
        let trust = if self.workspace(&dirs).is_trusted() {
            TrustFlag::ThisRun
        } else {
            self.trust
        };
        Ok(Self {
            cwd: folder,
            trust,
            ..self
        })
    }

    /// What of the repository's files counts. A book that cannot be believed trusts nothing.
    pub(crate) fn workspace(&self, dirs: &Dirs) -> Workspace {
        let book = Book::open(&dirs.data).unwrap_or_else(|_| Book::empty(&dirs.data));
        let home = dirs.home.as_deref();
        let workspace = match self.trust {
            TrustFlag::AsSaid => Workspace::look(&self.cwd, home, &book),
            TrustFlag::ThisRun => Workspace::for_this_run(&self.cwd, home, &book),
        };
        workspace.with_added(self.add_dirs.iter().cloned())
    }

    fn flag_values(&self) -> Vec<FlagValue> {
        let mut flags = Vec::new();
        let mut add = |flag, key, value: Option<Value>| {
            flags.extend(value.map(|value| FlagValue { flag, key, value }));
        };
        add(
            "--model",
            "model",
            self.model.as_ref().map(|model| json!(model)),
        );
        let fallback = self.fallback_model.as_ref().map(|names| {
            json!(
                names
                    .split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                    .collect::<Vec<_>>()
            )
        });
        add("--fallback-model", "fallbackModel", fallback);
        let mode = self.permission_mode.map(|mode| json!(mode.name()));
        add("--permission-mode", "permissions.defaultMode", mode);
        add(
            "--max-turns",
            "maxTurns",
            self.max_turns.map(|turns| json!(turns)),
        );
        add(
            "--max-budget-usd",
            "maxBudgetUsd",
            self.max_budget_usd.map(|usd| json!(usd)),
        );
        let betas = (!self.betas.is_empty()).then(|| json!(self.betas));
        add("--betas", "betas", betas);
        let dirs = (!self.add_dirs.is_empty()).then(|| {
            json!(
                self.add_dirs
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect::<Vec<_>>()
            )
        });
        add("--add-dir", "permissions.additionalDirectories", dirs);
        flags
    }

    /// The settings, all layers merged.
    ///
    /// # Errors
    /// When a file or flag is wrong, with its place.
    pub fn load_settings(&self) -> Result<(Settings, Dirs), OpenFault> {
        let spec = self.load_spec()?;
        let settings = Settings::load(&spec).map_err(|fault| config_fault(&fault))?;
        self.check_examples(&settings, &spec.dirs)?;
        Ok((settings, spec.dirs))
    }

    /// Holds each rule against the examples that stand beside it.
    fn check_examples(&self, settings: &Settings, dirs: &Dirs) -> Result<(), OpenFault> {
        let site = Site {
            root: self.cwd.clone(),
            cwd: self.cwd.clone(),
            home: dirs.home.clone(),
            ..Site::default()
        };
        let permissions = &settings.permissions;
        for (verdict, rules) in [
            (Verdict::Allow, &permissions.allow),
            (Verdict::Ask, &permissions.ask),
            (Verdict::Deny, &permissions.deny),
        ] {
            for rule in rules {
                let source = self.rule_source(&rule.source);
                let covers = |example: &RuleExample| {
                    covers_example(verdict, &rule.text, &source, &example.text, &site)
                };
                let missed = rule.matches.iter().find(|example| !covers(example));
                let caught = rule.not.iter().find(|example| covers(example));
                let wrong = missed
                    .map(|example| (example, "does not cover its example"))
                    .or_else(|| {
                        caught.map(|example| (example, "covers what it must not by its example"))
                    });
                if let Some((example, does)) = wrong {
                    return Err(OpenFault::Config {
                        text: format!(
                            "{}: the rule `{}` {does} `{}`",
                            example.source, rule.text, example.text
                        ),
                        hint: Some(
                            "change the rule or the example; `gimlet policy explain` shows votes"
                                .to_owned(),
                        ),
                    });
                }
            }
        }
        Ok(())
    }

    /// The permission rules of flags and settings.
    pub(crate) fn rules(&self, settings: &Settings) -> Rules {
        let mut rules = Rules::default();
        for list in &self.allowed_tools {
            rules.add_list(Verdict::Allow, list, &self.rule_flag("--allowedTools"));
        }
        for list in &self.disallowed_tools {
            rules.add_list(Verdict::Deny, list, &self.rule_flag("--disallowedTools"));
        }
        let permissions = &settings.permissions;
        for (verdict, texts) in [
            (Verdict::Allow, &permissions.allow),
            (Verdict::Ask, &permissions.ask),
            (Verdict::Deny, &permissions.deny),
        ] {
            for rule in texts {
                rules.add(verdict, &rule.text, &self.rule_source(&rule.source));
            }
        }
        rules
    }

    fn rule_flag(&self, name: &str) -> RuleSource {
        RuleSource {
            name: name.to_owned(),
            folder: self.cwd.clone(),
            ..RuleSource::default()
        }
    }

    /// Where a rule stands, and which folder its paths begin in.
    fn rule_source(&self, source: &Source) -> RuleSource {
        let file = match &source.origin {
            Origin::File { path, .. } => Some(path.as_path()),
            Origin::BuiltIn | Origin::Variable(_) | Origin::Flag(_) => None,
        };
        let folder = match source.layer {
            // `.gimlet/settings.json` stands in the project; its paths begin there.
            Layer::Project => file.and_then(|file| file.parent()?.parent()),
            Layer::User | Layer::Managed => file.and_then(std::path::Path::parent),
            Layer::BuiltIn | Layer::Local | Layer::Environment | Layer::Flag => None,
        };
        RuleSource {
            name: source.to_string(),
            folder: folder.unwrap_or(&self.cwd).to_owned(),
            managed: source.layer == Layer::Managed,
            granted: false,
        }
    }

    /// The permission mode that a new session starts with.
    ///
    /// # Errors
    /// When the settings forbid the mode that a flag asks for.
    pub(crate) fn mode(&self, settings: &Settings) -> Result<Mode, OpenFault> {
        match (self.permission_mode, &settings.permissions.bypass_disabled) {
            (Some(Mode::BypassPermissions), Some(source)) => Err(OpenFault::Config {
                text: format!("bypassPermissions is turned off by {source}"),
                hint: None,
            }),
            (Some(mode), _) => Ok(mode),
            (None, _) => Ok(settings.permissions.default_mode),
        }
    }
}

/// Git with what it needs of the environment.
pub fn git(env: &Env) -> Git {
    Git::new(git_env(env))
}

pub(crate) fn git_env(env: &Env) -> GitEnv {
    GitEnv {
        path: env.raw(&env_vars::PATH).map(ToOwned::to_owned),
        home: env.path(&env_vars::HOME),
        config_home: env.path(&env_vars::XDG_CONFIG_HOME),
    }
}

/// The model that the settings name, in full.
pub(crate) fn model_name(settings: &Settings) -> String {
    models::full_name(settings.model.as_deref().unwrap_or(FIRST_MODEL))
}

fn config_fault(fault: &SettingsFault) -> OpenFault {
    let hint = fault.hint();
    OpenFault::Config {
        text: fault.to_string(),
        hint: (!hint.is_empty()).then_some(hint),
    }
}
