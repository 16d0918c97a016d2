//! The effective settings, typed, each value with its source.

use crate::{
    env::Env,
    features::{Feature, Features},
    keys::{self, KEYS, Shape},
    load::LoadSpec,
    notice::Notice,
    repository::join,
    sandbox::SandboxSettings,
    source::Source,
    tree::{Data, Tree},
};
use gimlet_ports::Thinking;
use gimlet_protocol::Mode;
use serde_json::Value;
use std::{collections::BTreeMap, fmt, path::PathBuf};

/// The effective settings. Its `Debug` shows no value of an environment variable.
#[derive(Clone)]
pub struct Settings {
    /// The model, as `[provider/]name`.
    pub model: Option<String>,
    /// Models to take instead, in this order.
    pub fallback_models: Vec<String>,
    /// The model that judges calls in the mode `auto`.
    pub reviewer_model: Option<String>,
    /// The model for side questions.
    pub small_model: Option<String>,
    /// How much the model may reason; `None` leaves it to the model's own default.
    pub thinking: Option<Thinking>,
    /// Tokens that one reply may have.
    pub max_output_tokens: Option<u64>,
    /// Beta features to ask the provider for.
    pub betas: Vec<String>,
    /// Where the catalogue of models is fetched.
    pub catalogue_url: Option<String>,
    /// How providers are reached, by name.
    pub providers: BTreeMap<String, Provider>,
    /// What may happen without asking, and what never may.
    pub permissions: Permissions,
    /// Requests to the model that one prompt may lead to.
    pub max_turns: Option<u32>,
    /// How often a failed request is sent again at most.
    pub max_retries: Option<u32>,
    /// United States dollars that one run may cost.
    pub max_budget_usd: Option<f64>,
    /// Whether snapshots are taken.
    pub file_checkpointing: bool,
    /// Files up to which size they keep.
    pub snapshot_file_megabytes: u64,
    /// How long they are kept.
    pub snapshot_keep_days: u64,
    /// What those of one project may take.
    pub snapshot_megabytes: u64,
    /// Workers that may run at the same time.
    pub max_workers: u32,
    /// How deep workers may start workers of their own.
    pub max_worker_depth: u32,
    /// Minutes that a worker may take for one report.
    pub worker_minutes: u64,
    /// Characters of a command's output that the model is shown.
    pub bash_output_max_chars: usize,
    /// Which instruction files are put into the context.
    pub instruction_files: InstructionFiles,
    /// `confidentialTerms`, of all layers.
    pub confidential_terms: Vec<String>,
    /// What else is held back of what leaves.
    pub undercover: UndercoverSettings,
    /// Patterns of instruction files that are left out.
    pub claude_md_excludes: Vec<String>,
    /// Whether a long conversation is compacted before it no longer fits.
    pub auto_compact_enabled: bool,
    /// Tokens of context to plan compaction for.
    pub auto_compact_window: Option<u64>,
    /// What commands are held to.
    pub sandbox: SandboxSettings,
    /// How the web is reached.
    pub web: WebSettings,
    /// Which features are on.
    pub features: Features,
    /// The environment with the `env` of the settings in it: for reading further variables
    /// and for child processes.
    pub env: Env,
    /// What was accepted, but does not count.
    pub notices: Vec<Notice>,
    merged: Tree,
}

/// How a provider is reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provider {
    /// The address that requests go to, without a slash at its end.
    pub base_url: Option<String>,
    /// The interface that it speaks.
    pub wire: Option<String>,
    /// The header that carries the key.
    pub key_header: Option<String>,
    /// More headers.
    pub headers: Vec<(String, String)>,
    /// Members for every request's body.
    pub extra_body: Option<Value>,
    /// How its Chat Completions differ.
    pub quirks: Option<Value>,
    /// What is known of single models, by name.
    pub models: BTreeMap<String, OwnModel>,
    /// Amazon's region.
    pub region: Option<String>,
    /// Amazon's profile.
    pub profile: Option<String>,
    /// Google's project.
    pub project: Option<String>,
    /// Google's location.
    pub location: Option<String>,
    /// Azure's version of the interface.
    pub api_version: Option<String>,
    /// The tier that requests are served in.
    pub service_tier: Option<String>,
    /// Whether the provider keeps replies.
    pub store: bool,
}

/// What the person knows of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnModel {
    /// Tokens of input and output together.
    pub context_tokens: Option<u64>,
    /// Tokens that one reply may have.
    pub max_output_tokens: Option<u64>,
    /// Dollars for a million tokens of input.
    pub input_price: Option<f64>,
    /// Dollars for a million tokens of output.
    pub output_price: Option<f64>,
    /// Dollars for a million tokens that the cache held.
    pub cache_read_price: Option<f64>,
    /// Dollars for a million tokens written to the cache.
    pub cache_write_price: Option<f64>,
    /// Takes pictures.
    pub images: Option<bool>,
    /// Takes PDF documents.
    pub documents: Option<bool>,
    /// Reasons.
    pub thinking: Option<bool>,
    /// `native` or `text`.
    pub tools: Option<String>,
    /// `search-replace`, `patch` or `whole-file`.
    pub edit_format: Option<String>,
}

/// What is held back of what leaves, beside secrets and confidential terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UndercoverSettings {
    /// Remotes that what leaves may go to unseen: `host` or `host/path`.
    pub internal_remotes: Vec<String>,
    /// Whether lines that credit a tool are held back.
    pub leaves_out_attribution: bool,
}

/// How the web is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebSettings {
    /// Hosts that are asked by `http` where an address says so.
    pub plain_hosts: Vec<String>,
    /// Who searches: `searxng`, `brave`, `tavily` or `exa`.
    pub search_service: Option<String>,
    /// Where, instead of the service's own place.
    pub search_base_url: Option<String>,
}

/// What may happen without asking, and what never may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// What goes through.
    pub allow: Vec<RuleText>,
    /// What is always asked about.
    pub ask: Vec<RuleText>,
    /// What never happens.
    pub deny: Vec<RuleText>,
    /// The mode that a session starts in.
    pub default_mode: Mode,
    /// Folders that count as part of the workspace.
    pub additional_directories: Vec<AddedDirectory>,
    /// Who took the mode `bypassPermissions` away, if anyone did.
    pub bypass_disabled: Option<Source>,
}

/// A permission rule as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// Such as `Bash(git status:*)`.
    pub text: String,
    /// Where it stands.
    pub source: Source,
    /// Examples of what it covers.
    pub matches: Vec<RuleExample>,
    /// Examples of what it does not cover.
    pub not: Vec<RuleExample>,
}

/// An example that stands beside a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleExample {
    /// Such as a command line.
    pub text: String,
    /// Where it stands.
    pub source: Source,
}

/// A folder beside the working folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedDirectory {
    /// Absolute.
    pub path: PathBuf,
    /// Where it stands.
    pub source: Source,
}

/// Which instruction files are put into the context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstructionFiles {
    /// Only `CLAUDE.md`.
    ClaudeMd,
    /// `AGENTS.md` where the repository has no `CLAUDE.md`.
    #[default]
    ClaudeMdOrAgentsMd,
    /// Both.
    ClaudeMdAndAgentsMd,
    /// Only the organisation's.
    ManagedOnly,
}

impl InstructionFiles {
    fn named(name: &str) -> Self {
        match name {
            "claude-md" => Self::ClaudeMd,
            "claude-md-and-agents-md" => Self::ClaudeMdAndAgentsMd,
            "managed-only" => Self::ManagedOnly,
            _ => Self::ClaudeMdOrAgentsMd,
        }
    }
}

impl Settings {
    pub(crate) fn of(merged: Tree, env: Env, notices: Vec<Notice>, spec: &LoadSpec) -> Self {
        let text = |path: &str| merged.at(path).and_then(Tree::text).map(str::to_owned);
        let whole = |path: &str| merged.at(path).and_then(Tree::number)?.as_u64();
        let small = |path: &str| whole(path).and_then(|count| u32::try_from(count).ok());
        Self {
            model: text("model"),
            fallback_models: texts(merged.at("fallbackModel")),
            reviewer_model: text("reviewerModel"),
            small_model: text("smallModel"),
            thinking: merged.at("thinking").map(thinking),
            max_output_tokens: whole("maxOutputTokens"),
            betas: texts(merged.at("betas")),
            catalogue_url: text("catalogueUrl"),
            providers: providers(merged.at("providers")),
            permissions: permissions(&merged, spec),
            max_turns: small("maxTurns"),
            max_retries: small("maxRetries"),
            max_budget_usd: merged
                .at("maxBudgetUsd")
                .and_then(Tree::number)
                .and_then(serde_json::Number::as_f64),
            file_checkpointing: merged
                .at("fileCheckpointingEnabled")
                .and_then(Tree::flag)
                .unwrap_or(true),
            snapshot_file_megabytes: whole("snapshotFileMegabytes").unwrap_or(32),
            snapshot_keep_days: whole("snapshotKeepDays").unwrap_or(30),
            snapshot_megabytes: whole("snapshotMegabytes").unwrap_or(4_096),
            max_workers: small("maxWorkers").unwrap_or(20),
            max_worker_depth: small("maxWorkerDepth").unwrap_or(3),
            worker_minutes: whole("workerMinutes").unwrap_or(60),
            bash_output_max_chars: whole("bashOutputMaxChars")
                .and_then(|chars| usize::try_from(chars).ok())
                .unwrap_or(keys::BASH_OUTPUT_CHARS),
            instruction_files: text("instructionFiles")
                .map(|name| InstructionFiles::named(&name))
                .unwrap_or_default(),
            confidential_terms: texts(merged.at("confidentialTerms")),
            undercover: UndercoverSettings {
                internal_remotes: texts(merged.at("undercover.internalRemotes")),
                leaves_out_attribution: text("undercover.attribution").as_deref()
                    == Some("leave-out"),
            },
            claude_md_excludes: texts(merged.at("claudeMdExcludes")),
            auto_compact_enabled: merged
                .at("autoCompactEnabled")
                .and_then(Tree::flag)
                .unwrap_or(true),
            auto_compact_window: whole("autoCompactWindow"),
            sandbox: SandboxSettings::of(&merged, spec),
            web: WebSettings {
                plain_hosts: texts(merged.at("webFetch.plainHosts")),
                search_service: text("webSearch.service"),
                search_base_url: text("webSearch.baseUrl"),
            },
            features: features(merged.at("features")),
            env,
            notices,
            merged,
        }
    }

    /// Where the value of a dotted key came from, such as `permissions.defaultMode`. For an
    /// object or a list it is the strongest layer that has part of it. `None` for a key that
    /// does not exist.
    pub fn source_of(&self, key: &str) -> Option<Source> {
        if let Some(tree) = self.merged.at(key) {
            return Some(tree.source.clone());
        }
        is_known(key).then(Source::built_in)
    }

    /// Every value that is set, with its key and source, in the order of the table of keys.
    /// A part of a list is a row of its own; values of `env` are not shown.
    pub fn rows(&self) -> Vec<(String, String, Source)> {
        let mut rows = Vec::new();
        for key in KEYS {
            if let Some(tree) = self.merged.member(key.name) {
                collect_rows(key.name, tree, &mut rows);
            }
        }
        rows
    }

    /// The address that the person set for a provider, if any.
    pub fn base_url(&self, provider: &str) -> Option<&str> {
        self.providers.get(provider)?.base_url.as_deref()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        f.debug_map()
            .entries(rows.iter().map(|(key, value, _)| (key, value)))
            .finish()
    }
}

fn collect_rows(path: &str, tree: &Tree, rows: &mut Vec<(String, String, Source)>) {
    match &tree.data {
        Data::Object(members) => {
            for member in members {
                collect_rows(&join(path, &member.key), &member.value, rows);
            }
        }
        Data::List(items) => {
            for item in items {
                collect_rows(path, item, rows);
            }
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => {
            let value = if path.starts_with("env.") {
                "(set)".to_owned()
            } else {
                tree.text()
                    .map_or_else(|| tree.to_value().to_string(), str::to_owned)
            };
            rows.push((path.to_owned(), value, tree.source.clone()));
        }
    }
}

fn is_known(path: &str) -> bool {
    let mut keys = KEYS;
    let mut parts = path.split('.');
    while let Some(part) = parts.next() {
        let Some(key) = keys.iter().find(|key| key.name == part) else {
            return false;
        };
        match key.shape {
            Shape::Object(inner) => keys = inner,
            Shape::ObjectByName(inner) => {
                return parts.next().is_none_or(|_| {
                    parts
                        .next()
                        .is_none_or(|last| inner.iter().any(|key| key.name == last))
                });
            }
            Shape::TextByName | Shape::Features | Shape::Json => return true,
            Shape::Text
            | Shape::Address
            | Shape::Flag
            | Shape::Whole { .. }
            | Shape::Dollars
            | Shape::Price
            | Shape::OneOf(_)
            | Shape::Texts
            | Shape::TextOrTexts
            | Shape::Rules
            | Shape::Thinking => return parts.next().is_none(),
        }
    }
    true
}

/// The texts of a list, or the one text.
pub(crate) fn texts(tree: Option<&Tree>) -> Vec<String> {
    let Some(tree) = tree else { return Vec::new() };
    match tree.text() {
        Some(text) => vec![text.to_owned()],
        None => tree
            .items()
            .iter()
            .filter_map(Tree::text)
            .map(str::to_owned)
            .collect(),
    }
}

fn thinking(tree: &Tree) -> Thinking {
    let tokens = tree.number().and_then(serde_json::Number::as_u64);
    match tokens.and_then(|tokens| u32::try_from(tokens).ok()) {
        Some(tokens) => Thinking::Budget(tokens),
        None if tree.text() == Some("adaptive") => Thinking::Adaptive,
        None => Thinking::Off,
    }
}

fn providers(tree: Option<&Tree>) -> BTreeMap<String, Provider> {
    let members = tree.map_or(&[][..], Tree::members).iter();
    members
        .map(|member| (member.key.clone(), provider(&member.value)))
        .collect()
}

fn provider(tree: &Tree) -> Provider {
    let text = |key: &str| tree.member(key).and_then(Tree::text).map(str::to_owned);
    let named = |key: &str| tree.member(key).map_or(&[][..], Tree::members).iter();
    Provider {
        base_url: text("baseUrl").map(|url| url.trim_end_matches('/').to_owned()),
        wire: text("wire"),
        key_header: text("keyHeader"),
        headers: named("headers")
            .filter_map(|member| Some((member.key.clone(), member.value.text()?.to_owned())))
            .collect(),
        extra_body: tree.member("extraBody").map(Tree::to_value),
        quirks: tree.member("quirks").map(Tree::to_value),
        models: named("models")
            .map(|member| (member.key.clone(), own_model(&member.value)))
            .collect(),
        region: text("region"),
        profile: text("profile"),
        project: text("project"),
        location: text("location"),
        api_version: text("apiVersion"),
        service_tier: text("serviceTier"),
        store: tree.member("store").and_then(Tree::flag).unwrap_or(false),
    }
}

fn own_model(tree: &Tree) -> OwnModel {
    let number = |key: &str| tree.member(key).and_then(Tree::number);
    let whole = |key: &str| number(key).and_then(serde_json::Number::as_u64);
    let price = |key: &str| number(key).and_then(serde_json::Number::as_f64);
    let flag = |key: &str| tree.member(key).and_then(Tree::flag);
    let text = |key: &str| tree.member(key).and_then(Tree::text).map(str::to_owned);
    OwnModel {
        context_tokens: whole("contextTokens"),
        max_output_tokens: whole("maxOutputTokens"),
        input_price: price("inputPrice"),
        output_price: price("outputPrice"),
        cache_read_price: price("cacheReadPrice"),
        cache_write_price: price("cacheWritePrice"),
        images: flag("images"),
        documents: flag("documents"),
        thinking: flag("thinking"),
        tools: text("tools"),
        edit_format: text("editFormat"),
    }
}

fn features(tree: Option<&Tree>) -> Features {
    let mut features = Features::default();
    for member in tree.map_or(&[][..], Tree::members) {
        if let (Some(feature), Some(on)) = (Feature::named(&member.key), member.value.flag()) {
            features.set(feature, on);
        }
    }
    features
}

fn examples(rule: &Tree, key: &str) -> Vec<RuleExample> {
    let items = rule.member(key).map_or(&[][..], Tree::items).iter();
    items
        .filter_map(|item| {
            Some(RuleExample {
                text: item.text()?.to_owned(),
                source: item.source.clone(),
            })
        })
        .collect()
}

fn permissions(merged: &Tree, spec: &LoadSpec) -> Permissions {
    let rules = |path: &str| {
        let items = merged.at(path).map_or(&[][..], Tree::items).iter();
        items
            .filter_map(|item| {
                Some(RuleText {
                    text: item.rule()?.to_owned(),
                    source: item.source.clone(),
                    matches: examples(item, "matches"),
                    not: examples(item, "not"),
                })
            })
            .collect()
    };
    let bypass_disabled = merged
        .at("permissions.disableBypassPermissionsMode")
        .map(|tree| tree.source.clone());
    let mode = merged
        .at("permissions.defaultMode")
        .and_then(Tree::text)
        .and_then(Mode::named);
    let default_mode = mode
        .filter(|mode| bypass_disabled.is_none() || *mode != Mode::BypassPermissions)
        .unwrap_or_default();
    let directories = merged.at("permissions.additionalDirectories");
    let additional_directories = directories
        .map_or(&[][..], Tree::items)
        .iter()
        .filter_map(|item| {
            let path = absolute(item.text()?, spec);
            Some(AddedDirectory {
                path,
                source: item.source.clone(),
            })
        })
        .collect();
    Permissions {
        allow: rules("permissions.allow"),
        ask: rules("permissions.ask"),
        deny: rules("permissions.deny"),
        default_mode,
        additional_directories,
        bypass_disabled,
    }
}

pub(crate) fn absolute(path: &str, spec: &LoadSpec) -> PathBuf {
    let in_home = if path == "~" {
        Some("")
    } else {
        path.strip_prefix("~/")
    };
    match (in_home, &spec.dirs.home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => spec.root.join(path),
    }
}
