//! Layers, their order, and where values came from.

use crate::world::{LOCAL, MANAGED, PROJECT, PROJECT_CLAUDE, USER, USER_CLAUDE, World};
use gimlet_ports::Thinking;
use gimlet_protocol::Mode;
use gimlet_settings::{FileSources, InstructionFiles, NoticeKind};
use serde_json::json;

#[test]
fn nothing_set_means_the_built_in_values() {
    let settings = World::new().load();
    assert_eq!(settings.model, None);
    assert_eq!(settings.thinking, None);
    assert_eq!(settings.bash_output_max_chars, 30_000);
    assert_eq!(settings.permissions.default_mode, Mode::Default);
    assert_eq!(
        settings.instruction_files,
        InstructionFiles::ClaudeMdOrAgentsMd
    );
    assert!(settings.auto_compact_enabled);
    assert!(settings.features.streams_tool_input());
    assert_eq!(settings.notices, []);
    assert_eq!(settings.rows(), []);
    let source = |key| settings.source_of(key).map(|source| source.to_string());
    assert_eq!(source("model").as_deref(), Some("built-in"));
    assert_eq!(
        source("permissions.defaultMode").as_deref(),
        Some("built-in")
    );
    assert_eq!(
        source("providers.anthropic.baseUrl").as_deref(),
        Some("built-in")
    );
    assert_eq!(source("providers.anthropic.nonsense"), None);
    assert_eq!(source("permissions.nonsense"), None);
    assert_eq!(source("nonsense"), None);
}

#[test]
fn each_layer_beats_the_one_below_and_is_named_as_the_source() {
    let mut world = World::new();
    let mut sources = vec![world.source("model").unwrap()];
    for path in [USER_CLAUDE, USER, PROJECT_CLAUDE, PROJECT, LOCAL] {
        world = world.file(path, format!("{{\n  \"model\": \"{path}\"\n}}"));
        assert_eq!(world.load().model.as_deref(), Some(path));
        sources.push(world.source("model").unwrap());
    }
    world = world.variable("ANTHROPIC_MODEL", "weaker");
    sources.push(world.source("model").unwrap());
    world = world.variable("GIMLET_MODEL", "stronger");
    sources.push(world.source("model").unwrap());
    world = world.flag_settings(r#"{"model": "given"}"#);
    sources.push(world.source("model").unwrap());
    world = world.flag("--model", "model", json!("flag"));
    sources.push(world.source("model").unwrap());
    world = world.file(MANAGED, r#"{"model": "organisation"}"#);
    sources.push(world.source("model").unwrap());
    world = world.file("etc/managed-settings.d/20.json", r#"{"model": "last"}"#);
    world = world.file("etc/managed-settings.d/10.json", r#"{"model": "first"}"#);
    world = world.file("etc/managed-settings.d/30.txt", r#"{"model": "no JSON"}"#);
    sources.push(world.source("model").unwrap());
    insta::assert_snapshot!(sources.join("\n"), @r"
    built-in
    home/.claude/settings.json:2
    home/.config/gimlet/settings.json:2
    repo/.claude/settings.json:2
    repo/.gimlet/settings.json:2
    repo/.gimlet/settings.local.json:2
    $ANTHROPIC_MODEL
    $GIMLET_MODEL
    --settings
    --model
    etc/managed-settings.json:1
    etc/managed-settings.d/20.json:1
    ");
    assert_eq!(world.load().model.as_deref(), Some("last"));
}

#[test]
fn rules_of_all_layers_add_up_and_each_names_its_line() {
    let world = World::new()
        .file(USER, "{\"permissions\": {\n  \"allow\": [\"Read\",\n    \"Bash(ls:*)\"],\n  \"deny\": [\"Bash(rm:*)\"]}}")
        .file(LOCAL, "{\"permissions\": {\"deny\": [\"WebFetch\",\n\"Bash(rm:*)\"], \"ask\": [\"Edit\"]}}");
    let permissions = world.load().permissions;
    let shown = |rules: &[gimlet_settings::RuleText]| -> Vec<String> {
        rules
            .iter()
            .map(|rule| world.plain(&format!("{} {}", rule.text, rule.source)))
            .collect()
    };
    assert_eq!(
        shown(&permissions.allow),
        [
            "Read home/.config/gimlet/settings.json:2",
            "Bash(ls:*) home/.config/gimlet/settings.json:3"
        ]
    );
    assert_eq!(
        shown(&permissions.deny),
        [
            "Bash(rm:*) repo/.gimlet/settings.local.json:2",
            "WebFetch repo/.gimlet/settings.local.json:1"
        ]
    );
    assert_eq!(
        shown(&permissions.ask),
        ["Edit repo/.gimlet/settings.local.json:2"]
    );
}

#[test]
fn every_key_reaches_its_place() {
    let world = World::new().file(
        USER,
        json!({
            "model": "anthropic/m",
            "fallbackModel": "b",
            "smallModel": "s",
            "thinking": 2048,
            "maxOutputTokens": 64,
            "betas": ["x"],
            "providers": {"anthropic": {"baseUrl": "http://localhost:8080/"}},
            "permissions": {
                "defaultMode": "manual",
                "additionalDirectories": ["~/notes", "../sibling", "/abs"],
            },
            "maxTurns": 7,
            "maxRetries": 2,
            "maxBudgetUsd": 0.5,
            "bashOutputMaxChars": 4000,
            "env": {"GREETING": "hello"},
            "instructionFiles": "claude-md-and-agents-md",
            "confidentialTerms": ["Blue Orca"],
            "undercover": {"internalRemotes": ["git.example"], "attribution": "leave-out"},
            "claudeMdExcludes": ["**/vendor/**"],
            "autoCompactEnabled": false,
            "autoCompactWindow": 200_000,
            "features": {"fine-grained-tool-streaming": false},
        })
        .to_string(),
    );
    let settings = world.load();
    assert_eq!(settings.notices, []);
    assert_eq!(settings.model.as_deref(), Some("anthropic/m"));
    assert_eq!(settings.fallback_models, ["b"]);
    assert_eq!(settings.small_model.as_deref(), Some("s"));
    assert_eq!(settings.thinking, Some(Thinking::Budget(2048)));
    assert_eq!(settings.max_output_tokens, Some(64));
    assert_eq!(settings.betas, ["x"]);
    assert_eq!(
        settings.base_url("anthropic"),
        Some("http://localhost:8080")
    );
    assert_eq!(settings.base_url("openai"), None);
    assert_eq!(settings.permissions.default_mode, Mode::Default);
    let added: Vec<_> = settings
        .permissions
        .additional_directories
        .iter()
        .map(|d| d.path.clone())
        .collect();
    assert_eq!(
        added,
        [
            world.path("home/notes"),
            world.path("repo/../sibling"),
            "/abs".into()
        ]
    );
    assert_eq!(settings.max_turns, Some(7));
    assert_eq!(settings.max_retries, Some(2));
    assert_eq!(settings.max_budget_usd, Some(0.5));
    assert_eq!(settings.bash_output_max_chars, 4000);
    assert_eq!(
        settings.instruction_files,
        InstructionFiles::ClaudeMdAndAgentsMd
    );
    assert_eq!(settings.confidential_terms, ["Blue Orca"]);
    assert_eq!(settings.claude_md_excludes, ["**/vendor/**"]);
    assert!(!settings.auto_compact_enabled);
    assert_eq!(settings.auto_compact_window, Some(200_000));
    assert!(!settings.features.streams_tool_input());
    assert!(
        settings
            .env
            .iter()
            .any(|pair| pair == ("GREETING".as_ref(), "hello".as_ref()))
    );
    insta::assert_debug_snapshot!(settings);
}

#[test]
fn variables_stand_for_settings() {
    let world = World::new()
        .file(USER, r#"{"thinking": "adaptive", "betas": ["a"]}"#)
        .variable("ANTHROPIC_BASE_URL", "https://gateway.example/v1/")
        .variable("OPENAI_BASE_URL", "http://localhost:11434")
        .variable("ANTHROPIC_BETAS", "b, a,")
        .variable("ANTHROPIC_SMALL_FAST_MODEL", "small")
        .variable("MAX_THINKING_TOKENS", "0")
        .variable("CLAUDE_CODE_MAX_OUTPUT_TOKENS", "99")
        .variable("GIMLET_FEATURES", "-fine-grained-tool-streaming,teleport")
        .variable("DISABLE_AUTO_COMPACT", "1");
    let settings = world.load();
    assert_eq!(
        settings.base_url("anthropic"),
        Some("https://gateway.example/v1")
    );
    assert_eq!(settings.base_url("openai"), Some("http://localhost:11434"));
    assert_eq!(settings.betas, ["a", "b"]);
    assert_eq!(settings.small_model.as_deref(), Some("small"));
    assert_eq!(settings.thinking, Some(Thinking::Off));
    assert_eq!(settings.max_output_tokens, Some(99));
    assert!(!settings.features.streams_tool_input());
    assert!(!settings.auto_compact_enabled);
    assert_eq!(
        world.notices(),
        ["$GIMLET_FEATURES: there is no feature `teleport`"]
    );
}

#[test]
fn the_shell_beats_the_persons_env_and_flags_beat_the_shell() {
    let world = World::new()
        .file(
            USER,
            r#"{"env": {"GIMLET_MODEL": "file", "MAX_THINKING_TOKENS": "5", "A": "file"}}"#,
        )
        .flag_settings(r#"{"env": {"A": "flag"}}"#)
        .variable("GIMLET_MODEL", "shell")
        .variable("A", "shell");
    let settings = world.load();
    assert_eq!(settings.model.as_deref(), Some("shell"));
    assert_eq!(settings.thinking, Some(Thinking::Budget(5)));
    assert_eq!(
        world.source("thinking").as_deref(),
        Some("home/.config/gimlet/settings.json:1")
    );
    let a: Vec<_> = settings
        .env
        .iter()
        .filter(|(name, _)| *name == "A")
        .collect();
    assert_eq!(a, [("A".as_ref(), "flag".as_ref())]);
}

#[test]
fn only_the_named_sources_count_and_the_organisations_always_do() {
    let seen = |sources| {
        World::new()
            .file(USER, r#"{"claudeMdExcludes": ["user"]}"#)
            .file(PROJECT, r#"{"claudeMdExcludes": ["project"]}"#)
            .file(LOCAL, r#"{"claudeMdExcludes": ["local"]}"#)
            .file(MANAGED, r#"{"claudeMdExcludes": ["managed"]}"#)
            .sources(sources)
            .load()
            .claude_md_excludes
            .join(" ")
    };
    assert_eq!(seen("user,project,local"), "user project local managed");
    assert_eq!(seen(" local , user"), "user local managed");
    assert_eq!(seen("project"), "project managed");
    assert_eq!(seen(""), "managed");
    let fault = FileSources::named("user,team").unwrap_err();
    assert_eq!(fault.to_string(), "`team` is no settings source");
}

#[test]
fn the_home_folder_as_repository_does_not_turn_the_persons_files_into_the_repositorys() {
    let world = World::new()
        .in_home()
        .file(USER_CLAUDE, r#"{"permissions": {"allow": ["Read"]}}"#);
    assert_eq!(world.notices(), Vec::<String>::new());
    assert_eq!(world.load().permissions.allow.len(), 1);
}

#[test]
fn a_repository_in_the_home_folder_is_still_untrusted_when_the_user_layer_is_off() {
    let world = World::new()
        .in_home()
        .sources("project")
        .file(USER_CLAUDE, r#"{"permissions": {"allow": ["Read"]}}"#);
    assert_eq!(world.load().permissions.allow, []);
}

#[test]
fn a_switched_off_bypass_stays_off() {
    let world = World::new()
        .file(
            MANAGED,
            "{\"permissions\": {\n\"disableBypassPermissionsMode\": \"disable\"}}",
        )
        .flag(
            "--permission-mode",
            "permissions.defaultMode",
            json!("bypassPermissions"),
        );
    let permissions = world.load().permissions;
    assert_eq!(permissions.default_mode, Mode::Default);
    let by = permissions
        .bypass_disabled
        .map(|source| world.plain(&source.to_string()));
    assert_eq!(by.as_deref(), Some("etc/managed-settings.json:2"));
}

#[test]
fn unknown_keys_are_noticed_and_keys_of_other_tools_are_only_noted() {
    let world = World::new().file(
        USER,
        "{\"$schema\": \"x\",\n \"modell\": \"m\",\n \"cleanupPeriodDays\": 1,\n \"hooks\": {},\n \
         \"providers\": {\"anthropic\": {\"apiKey\": \"sk-hidden\"}},\n \"model\": null}",
    );
    insta::assert_snapshot!(world.notices().join("\n"));
    let warnings = world
        .load()
        .notices
        .iter()
        .filter(|notice| notice.is_warning())
        .count();
    assert_eq!(warnings, 2);
    let kinds: Vec<_> = world
        .load()
        .notices
        .iter()
        .map(|notice| notice.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            NoticeKind::Unknown,
            NoticeKind::NotUsed,
            NoticeKind::NotUsed,
            NoticeKind::Unknown
        ]
    );
}

#[test]
fn debug_and_rows_hide_the_values_of_env() {
    let settings = World::new()
        .file(USER, r#"{"env": {"MY_KEY": "sk-hidden"}}"#)
        .load();
    let shown = format!("{settings:?} {:?}", settings.rows());
    assert!(!shown.contains("sk-hidden"), "{shown}");
    assert!(shown.contains("env.MY_KEY"), "{shown}");
}
