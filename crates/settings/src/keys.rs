//! The table of settings keys: shape, who may set it, what it does. Checking, the JSON
//! schema and the reference are all made from it.

mod providers;
mod sandbox;

use providers::PROVIDER_KEYS;
use sandbox::SANDBOX_KEYS;

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Any text.
    Text,
    /// An address that begins with `http://` or `https://`.
    Address,
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds, both included.
    Whole { min: u64, max: u64 },
    /// A number of dollars above zero.
    Dollars,
    /// A number of dollars, which may be zero.
    Price,
    /// Any object.
    Json,
    /// One of these names.
    OneOf(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A text, or a list of texts.
    TextOrTexts,
    /// A list of permission rules, each a text or an object with its examples.
    Rules,
    /// `off`, `adaptive` or a number of tokens.
    Thinking,
    /// Names that map to texts.
    TextByName,
    /// Names of features that map to `true` or `false`.
    Features,
    /// Names that map to objects with these keys.
    ObjectByName(&'static [Key]),
    /// An object with these keys.
    Object(&'static [Key]),
}

/// Who may set a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Anyone, the files of a trusted repository included.
    Anyone,
    /// Anyone, the repository's files included even before it is trusted: it only forbids.
    Restricts,
    /// Anyone; what a trusted repository's files say counts as far as the person has agreed to
    /// it, entry by entry.
    RepositoryAgreed,
    /// Anyone but the repository's files.
    NotRepository,
    /// Anyone; the repository's files may only lower what others set.
    RepositoryLowers,
    /// Anyone; the repository's files may not name a mode that lets everything through, and one
    /// that lets more through only where the person has agreed to it.
    RepositoryCareful,
}

/// A key that Gimlet acts on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) scope: Scope,
    /// What holds when nobody sets it, in Markdown; empty for nothing.
    pub(crate) default: &'static str,
    pub(crate) about: &'static str,
}

/// The bounds of `bashOutputMaxChars`.
pub(crate) const BASH_OUTPUT_MAX_CHARS: (u64, u64) = (4_000, 128_000);
/// `bashOutputMaxChars` when nobody sets it.
pub(crate) const BASH_OUTPUT_CHARS: usize = 30_000;
/// Modes that a repository may not choose.
pub(crate) const WIDE_MODES: [&str; 2] = ["auto", "bypassPermissions"];
/// Modes that a repository may choose where the person has agreed to it.
pub(crate) const AGREED_MODES: [&str; 1] = ["acceptEdits"];

pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "model",
        shape: Shape::Text,
        scope: Scope::Anyone,
        default: "",
        about: "The model, as `[provider/]name`.",
    },
    Key {
        name: "fallbackModel",
        shape: Shape::TextOrTexts,
        scope: Scope::Anyone,
        default: "",
        about: "Models to take, in this order, when the model is overloaded or does not exist. \
                The strongest layer's value counts as a whole.",
    },
    Key {
        name: "reviewerModel",
        shape: Shape::Text,
        scope: Scope::NotRepository,
        default: "",
        about: "The model that judges calls in the mode `auto`, of any provider; the session's own \
                unless set.",
    },
    Key {
        name: "smallModel",
        shape: Shape::Text,
        scope: Scope::Anyone,
        default: "",
        about: "The model for side questions such as a session's title.",
    },
    Key {
        name: "thinking",
        shape: Shape::Thinking,
        scope: Scope::Anyone,
        default: "",
        about: "How much the model may reason: `off`, `adaptive`, or a number of tokens.",
    },
    Key {
        name: "maxOutputTokens",
        shape: Shape::Whole {
            min: 1,
            max: 10_000_000,
        },
        scope: Scope::Anyone,
        default: "",
        about: "Tokens that one reply may have; the model's own limit where it is not set.",
    },
    Key {
        name: "betas",
        shape: Shape::Texts,
        scope: Scope::NotRepository,
        default: "",
        about: "Names of beta features to ask the provider for.",
    },
    Key {
        name: "providers",
        shape: Shape::ObjectByName(PROVIDER_KEYS),
        scope: Scope::NotRepository,
        default: "",
        about: "How providers are reached, by name, such as `anthropic`.",
    },
    Key {
        name: "permissions",
        shape: Shape::Object(PERMISSION_KEYS),
        scope: Scope::Anyone,
        default: "",
        about: "What may happen without asking, and what never may.",
    },
    Key {
        name: "maxTurns",
        shape: Shape::Whole {
            min: 1,
            max: 1_000_000,
        },
        scope: Scope::RepositoryLowers,
        default: "",
        about: "Requests to the model that one prompt may lead to.",
    },
    Key {
        name: "maxRetries",
        shape: Shape::Whole { min: 0, max: 14 },
        scope: Scope::Anyone,
        default: "",
        about: "How often a failed request is sent again at most. Where it is not set, it \
                depends on the failure: 7 times when the provider is overloaded, 4 times when the \
                connection fails, once when the reply makes no sense.",
    },
    Key {
        name: "maxBudgetUsd",
        shape: Shape::Dollars,
        scope: Scope::RepositoryLowers,
        default: "",
        about: "United States dollars that one run may cost.",
    },
    Key {
        name: "fileCheckpointingEnabled",
        shape: Shape::Flag,
        scope: Scope::NotRepository,
        default: "`true`",
        about: "Whether what calls change on the disk is kept, so that it can be undone.",
    },
    Key {
        name: "snapshotFileMegabytes",
        shape: Shape::Whole { min: 1, max: 1_024 },
        scope: Scope::NotRepository,
        default: "`32`",
        about: "Files that are larger are not kept by snapshots.",
    },
    Key {
        name: "snapshotKeepDays",
        shape: Shape::Whole { min: 1, max: 3_650 },
        scope: Scope::NotRepository,
        default: "`30`",
        about: "Days after which a change set can no longer be undone.",
    },
    Key {
        name: "snapshotMegabytes",
        shape: Shape::Whole {
            min: 16,
            max: 1_000_000,
        },
        scope: Scope::NotRepository,
        default: "`4096`",
        about: "What the snapshots of one project may take on the disk; the oldest change sets go.",
    },
    Key {
        name: "maxWorkers",
        shape: Shape::Whole { min: 0, max: 64 },
        scope: Scope::RepositoryLowers,
        default: "`20`",
        about: "Workers of one session, and of their workers, that may run at the same time; `0` \
                takes the tool Agent away.",
    },
    Key {
        name: "maxWorkerDepth",
        shape: Shape::Whole { min: 0, max: 8 },
        scope: Scope::RepositoryLowers,
        default: "`3`",
        about: "How deep workers may start workers of their own; `1` lets only the session \
                start any.",
    },
    Key {
        name: "workerMinutes",
        shape: Shape::Whole { min: 1, max: 1_440 },
        scope: Scope::RepositoryLowers,
        default: "`60`",
        about: "Minutes that a worker may take for one report; the time in which it waits for \
                an answer does not count.",
    },
    Key {
        name: "bashOutputMaxChars",
        shape: Shape::Whole {
            min: BASH_OUTPUT_MAX_CHARS.0,
            max: BASH_OUTPUT_MAX_CHARS.1,
        },
        scope: Scope::Anyone,
        default: "`30000`",
        about: "Characters of a command's output that the model is shown; the rest goes to a file.",
    },
    Key {
        name: "env",
        shape: Shape::TextByName,
        scope: Scope::NotRepository,
        default: "",
        about: "Environment variables for Gimlet and the commands that it runs. What the shell \
                already set wins over the person's file; flags and the organisation win over that.",
    },
    Key {
        name: "instructionFiles",
        shape: Shape::OneOf(&[
            "claude-md",
            "claude-md-or-agents-md",
            "claude-md-and-agents-md",
            "managed-only",
        ]),
        scope: Scope::Anyone,
        default: "`claude-md-or-agents-md`",
        about: "Which instruction files are put into the context.",
    },
    Key {
        name: "claudeMdExcludes",
        shape: Shape::Texts,
        scope: Scope::Anyone,
        default: "",
        about: "Patterns of instruction files that are left out.",
    },
    Key {
        name: "confidentialTerms",
        shape: Shape::Texts,
        scope: Scope::Restricts,
        default: "",
        about: "Names, hosts and words that must not leave: `gimlet undercover` finds them however \
                they are written, and what a session would say of them is denied.",
    },
    Key {
        name: "undercover",
        shape: Shape::Object(UNDERCOVER_KEYS),
        scope: Scope::NotRepository,
        default: "",
        about: "What is held back of what leaves the machine.",
    },
    Key {
        name: "autoCompactEnabled",
        shape: Shape::Flag,
        scope: Scope::Anyone,
        default: "`true`",
        about: "Whether a long conversation is compacted before it no longer fits.",
    },
    Key {
        name: "autoCompactWindow",
        shape: Shape::Whole {
            min: 100_000,
            max: 1_000_000,
        },
        scope: Scope::Anyone,
        default: "",
        about: "Tokens of context to plan compaction for; the model's own window where it is \
                not set.",
    },
    Key {
        name: "catalogueUrl",
        shape: Shape::Address,
        scope: Scope::NotRepository,
        default: "",
        about: "Where `gimlet models update` fetches the catalogue of models, in the form of \
                models.dev; the public one where it is not set.",
    },
    Key {
        name: "webFetch",
        shape: Shape::Object(WEB_FETCH_KEYS),
        scope: Scope::NotRepository,
        default: "",
        about: "How pages of the web are fetched.",
    },
    Key {
        name: "webSearch",
        shape: Shape::Object(WEB_SEARCH_KEYS),
        scope: Scope::NotRepository,
        default: "",
        about: "Which service searches the web.",
    },
    Key {
        name: "sandbox",
        shape: Shape::Object(SANDBOX_KEYS),
        scope: Scope::Anyone,
        default: "",
        about: "What the model's commands are held to by the operating system.",
    },
    Key {
        name: "features",
        shape: Shape::Features,
        scope: Scope::NotRepository,
        default: "",
        about: "Features to turn on or off by name; `gimlet features` lists them.",
    },
];

const UNDERCOVER_KEYS: &[Key] = &[
    Key {
        name: "internalRemotes",
        shape: Shape::Texts,
        scope: Scope::NotRepository,
        default: "",
        about: "Remotes that pushes, pull requests and posts may go to unseen, as `host` or \
                `host/path`, such as `git.corp.example/team`. Messages of commits are looked \
                through all the same.",
    },
    Key {
        name: "attribution",
        shape: Shape::OneOf(&["keep", "leave-out"]),
        scope: Scope::NotRepository,
        default: "`keep`",
        about: "Whether lines that credit a tool, such as `Co-Authored-By` with the name of one or \
                `Generated with`, may leave.",
    },
];

const WEB_FETCH_KEYS: &[Key] = &[Key {
    name: "plainHosts",
    shape: Shape::Texts,
    scope: Scope::NotRepository,
    default: "",
    about: "Hosts that are asked by `http` where an address says so; all others by `https`.",
}];

const WEB_SEARCH_KEYS: &[Key] = &[
    Key {
        name: "service",
        shape: Shape::OneOf(&["searxng", "brave", "tavily", "exa"]),
        scope: Scope::NotRepository,
        default: "",
        about: "Who searches. Brave, Tavily and Exa want a key in `BRAVE_API_KEY`, \
                `TAVILY_API_KEY` or `EXA_API_KEY`.",
    },
    Key {
        name: "baseUrl",
        shape: Shape::Address,
        scope: Scope::NotRepository,
        default: "",
        about: "The address of a SearXNG, or one that is asked instead of the service's own.",
    },
];

/// A permission rule with its examples.
pub(crate) const RULE_KEYS: &[Key] = &[
    Key {
        name: "rule",
        shape: Shape::Text,
        scope: Scope::Restricts,
        default: "",
        about: "The rule.",
    },
    Key {
        name: "matches",
        shape: Shape::Texts,
        scope: Scope::Restricts,
        default: "",
        about: "Examples of what it covers.",
    },
    Key {
        name: "not",
        shape: Shape::Texts,
        scope: Scope::Restricts,
        default: "",
        about: "Examples of what it does not cover.",
    },
];

const PERMISSION_KEYS: &[Key] = &[
    Key {
        name: "allow",
        shape: Shape::Rules,
        scope: Scope::RepositoryAgreed,
        default: "",
        about: "Rules for what goes through without asking.",
    },
    Key {
        name: "ask",
        shape: Shape::Rules,
        scope: Scope::Restricts,
        default: "",
        about: "Rules for what is always asked about.",
    },
    Key {
        name: "deny",
        shape: Shape::Rules,
        scope: Scope::Restricts,
        default: "",
        about: "Rules for what never happens. Wins over `ask`, which wins over `allow`.",
    },
    Key {
        name: "defaultMode",
        shape: Shape::OneOf(&[
            "default",
            "manual",
            "acceptEdits",
            "plan",
            "auto",
            "dontAsk",
            "bypassPermissions",
        ]),
        scope: Scope::RepositoryCareful,
        default: "`default`",
        about: "The permission mode that a session starts in.",
    },
    Key {
        name: "additionalDirectories",
        shape: Shape::Texts,
        scope: Scope::RepositoryAgreed,
        default: "",
        about: "Folders beside the working folder that count as part of it. `~/` is the home \
                folder; other relative paths start at the working folder.",
    },
    Key {
        name: "disableBypassPermissionsMode",
        shape: Shape::OneOf(&["disable"]),
        scope: Scope::Restricts,
        default: "",
        about: "With `disable`, nobody can use the mode `bypassPermissions`.",
    },
];

/// What Gimlet does with a key that other tools' files have and that it does not act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// A preference; harmless wherever it stands.
    Harmless,
    /// Would run something, trust something or redirect something.
    Powerful,
}

/// Keys that other tools' files have and that Gimlet does not act on.
pub(crate) fn foreign(path: &str) -> Option<Foreign> {
    if POWERFUL.contains(&path) {
        Some(Foreign::Powerful)
    } else if HARMLESS.contains(&path) {
        Some(Foreign::Harmless)
    } else {
        None
    }
}

const POWERFUL: &[&str] = &[
    "additionalMarketplaces",
    "allowedHttpHookUrls",
    "allowedMcpServers",
    "apiKeyHelper",
    "appendPlugins",
    "autoMemoryDirectory",
    "autoMode",
    "awsAuthRefresh",
    "awsCredentialExport",
    "crossSessionInbound",
    "enableAllProjectMcpServers",
    "enabledMcpjsonServers",
    "enabledPlugins",
    "extraKnownMarketplaces",
    "fileSuggestion",
    "forceLoginGatewayUrl",
    "gcpAuthRefresh",
    "hooks",
    "httpHookAllowedEnvVars",
    "mcpServers",
    "modelOverrides",
    "otelHeadersHelper",
    "pluginConfigs",
    "policyHelper",
    "prependPlugins",
    "processWrapper",
    "proxyAuthHelper",
    "remote",
    "remoteControlAtStartup",
    "skipAutoPermissionPrompt",
    "skipDangerousModePermissionPrompt",
    "skipWebFetchPreflight",
    "sshConfigs",
    "statusLine",
    "subagentStatusLine",
    "useAutoModeDuringPlan",
    "permissions.blockReadsExemptPaths",
    "permissions.workingDirectoriesAsGiven",
];

const HARMLESS: &[&str] = &[
    "advisorModel",
    "agent",
    "agentPushNotifEnabled",
    "allowAllClaudeAiMcps",
    "allowManagedHooksOnly",
    "allowManagedMcpServersOnly",
    "allowManagedPermissionRulesOnly",
    "allowedChannelPlugins",
    "allowedMarketplaces",
    "allowedProviders",
    "alwaysThinkingEnabled",
    "askUserQuestionTimeout",
    "attribution",
    "autoConnectIde",
    "autoContinueAtUsageLimit",
    "autoDreamEnabled",
    "autoMemoryEnabled",
    "autoScrollEnabled",
    "autoUpdatesChannel",
    "autoUploadSessions",
    "availableModels",
    "availableModelsMatch",
    "awaySummaryEnabled",
    "axScreenReader",
    "bashEditDiffEnabled",
    "blockedMarketplaces",
    "channelsEnabled",
    "claudeMd",
    "cleanupPeriodDays",
    "companyAnnouncements",
    "daemonColdStart",
    "defaultShell",
    "defaultView",
    "deniedMcpServers",
    "deniedModels",
    "dialogExpiry",
    "disableAgentView",
    "disableAllHooks",
    "disableAutoMode",
    "disableBundledSkills",
    "disableClaudeAiConnectors",
    "disableCommandPluginSources",
    "disableRemoteControl",
    "disableSideloadFlags",
    "disableSkillShellExecution",
    "disableWorkflows",
    "disabledMcpjsonServers",
    "editorMode",
    "effortLevel",
    "emojiCompletionEnabled",
    "enableWorkflows",
    "enforceAvailableModels",
    "fastMode",
    "fastModePerSessionOptIn",
    "feedbackDrafts",
    "feedbackSurveyRate",
    "footerLinksRegexes",
    "forceLoginMethod",
    "forceLoginOrgUUID",
    "forceRemoteSettingsRefresh",
    "idleCompaction",
    "includeCoAuthoredBy",
    "includeGitInstructions",
    "inputNeededNotifEnabled",
    "isolatePeerMachines",
    "language",
    "managedMcpServers",
    "managedSourcesBehavior",
    "maxEffortLevel",
    "maxProseWidth",
    "minimumVersion",
    "modelPicker",
    "modelPricing",
    "modelSettings",
    "outputStyle",
    "parentSettingsBehavior",
    "plansDirectory",
    "pluginSuggestionMarketplaces",
    "pluginTrustMessage",
    "prUrlTemplate",
    "precomputeCompactionEnabled",
    "preferredNotifChannel",
    "prefersReducedMotion",
    "promptCacheTtl",
    "promptSuggestionEnabled",
    "requiredMaximumVersion",
    "requiredMinimumVersion",
    "respectGitignore",
    "respondToBashCommands",
    "showClearContextOnPlanAccept",
    "showMessageTimestamps",
    "showThinkingSummaries",
    "showTurnDuration",
    "skillListingBudgetFraction",
    "skillListingMaxDescChars",
    "skillOverrides",
    "spellcheck",
    "spinnerTipsEnabled",
    "spinnerTipsOverride",
    "spinnerVerbs",
    "strictKnownMarketplaces",
    "strictPluginOnlyCustomization",
    "subagentPromptCacheTtl",
    "switchModelsOnFlag",
    "syncClaudeAiPlugins",
    "syncClaudeAiSkills",
    "syntaxHighlightingDisabled",
    "teammateMode",
    "terminalProgressBarEnabled",
    "terminalTitleFromRename",
    "theme",
    "timeFormat",
    "timeZone",
    "todoFeatureEnabled",
    "tui",
    "ultracode",
    "verbose",
    "viewMode",
    "vimInsertModeRemaps",
    "voice",
    "wheelScrollAccelerationEnabled",
    "workflowKeywordTriggerEnabled",
    "workflowSizeGuideline",
    "worktree",
    "wslInheritsWindowsSettings",
    "permissions.blockReadsOutsideWorkingDirectories",
    "permissions.blockWritesOutsideWorkingDirectories",
    "permissions.denyInsteadOfPrompting",
    "permissions.disableAutoMode",
    "permissions.workingDirectoriesExclude",
];

/// The key that was probably meant by `path`, which is unknown.
pub(crate) fn nearest(path: &str) -> Option<String> {
    known_paths()
        .map(|known| (distance(&path.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 5)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

fn known_paths() -> impl Iterator<Item = String> {
    let top = KEYS.iter().map(|key| key.name.to_owned());
    let permissions = PERMISSION_KEYS
        .iter()
        .map(|key| format!("permissions.{}", key.name));
    let web = [
        ("webFetch", WEB_FETCH_KEYS),
        ("webSearch", WEB_SEARCH_KEYS),
        ("undercover", UNDERCOVER_KEYS),
    ]
    .into_iter()
    .flat_map(|(name, keys)| keys.iter().map(move |key| format!("{name}.{}", key.name)));
    top.chain(permissions).chain(web)
}

/// Levenshtein's distance in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        let mut last = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&right) {
            let next = (diagonal + usize::from(a != *b))
                .min(last + 1)
                .min(*cell + 1);
            diagonal = *cell;
            *cell = next;
            last = next;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
