//! What is known of models before they are asked.

use gimlet_providers::{card, names};

#[test]
fn known_models_have_their_sizes_and_prices() {
    let cards: Vec<String> = names("anthropic")
        .map(|name| {
            let card = card("anthropic", name);
            assert!(!card.assumed && card.images && card.documents && card.thinking);
            let price = card.price.unwrap();
            assert!(price.cache_read < price.input && price.input < price.cache_write);
            assert!(price.cache_write < price.output);
            format!(
                "{name}: {} of {} tokens, ${} in, ${} out, ${} read, ${} written",
                card.max_output_tokens,
                card.context_tokens,
                price.input,
                price.output,
                price.cache_read,
                price.cache_write
            )
        })
        .collect();
    insta::assert_snapshot!(cards.join("\n"));
}

#[test]
fn aliases_name_the_newest_and_snapshots_their_model() {
    let name = |asked: &str| card("anthropic", asked).name;
    assert_eq!(name("opus"), "claude-opus-5-5");
    assert_eq!(name("sonnet"), "claude-sonnet-5-5");
    assert_eq!(name("haiku"), "claude-haiku-4-5");
    let snapshot = card("anthropic", "claude-haiku-4-5-20251001");
    assert_eq!(snapshot.name, "claude-haiku-4-5-20251001");
    assert_eq!(snapshot.price, card("anthropic", "haiku").price);
    let first = card("anthropic", "claude-opus-4-20250514");
    assert_eq!((first.assumed, first.max_output_tokens), (false, 32_000));
}

#[test]
fn other_models_get_stated_assumptions() {
    for (provider, name) in [
        ("anthropic", "mock"),
        ("anthropic", "claude-opus-9-20301231"),
        ("anthropic", ""),
        ("other", "claude-opus-5-5"),
    ] {
        let card = card(provider, name);
        assert!(card.assumed, "{provider}/{name}");
        assert_eq!(
            (card.context_tokens, card.max_output_tokens),
            (200_000, 32_000)
        );
        assert_eq!((card.price, card.name.as_str()), (None, name));
    }
}

#[test]
fn a_public_catalogue_becomes_lines_of_which_each_is_found() {
    let json = r#"{
        "google": {"models": {
            "gemini-x": {"reasoning": true, "tool_call": true, "structured_output": true, "knowledge": "2026-01",
                "reasoning_options": [{"type": "effort", "values": ["none", null, "high"]}],
                "modalities": {"input": ["text", "image", "pdf"], "output": ["text"]},
                "limit": {"context": 1000000, "output": 64000},
                "cost": {"input": 1.25, "output": 10, "cache_read": 0.31,
                    "context_over_200k": {"input": 2.5, "output": 15}}},
            "painter": {"modalities": {"output": ["image"]}, "limit": {"context": 10}},
            "limitless": {}
        }},
        "groq": {"models": {"small": {"tool_call": false, "limit": {"context": 8000, "output": 0}}}},
        "somebody": {"models": {"x": {"limit": {"context": 8000}}}}
    }"#;
    let table = gimlet_providers::digest(json, "2026-11-26").unwrap();
    insta::assert_snapshot!(table);
    let known = gimlet_providers::known(&table, "gemini", "gemini-x").unwrap();
    let card = known.card("gemini", "gemini-x");
    let usage = |input_tokens| gimlet_protocol::Usage {
        input_tokens,
        ..gimlet_protocol::Usage::default()
    };
    let input_price = |tokens| card.price_of(&usage(tokens)).unwrap().input;
    assert_eq!((input_price(200_000), input_price(200_001)), (1.25, 2.5));
    for wrong in ["[]", "{}", "{\"groq\": 1}", "nonsense"] {
        assert!(gimlet_providers::digest(wrong, "day").is_err(), "{wrong}");
    }
}

#[test]
fn every_line_of_the_pinned_catalogue_is_sound_and_found_by_its_name() {
    let table = gimlet_providers::pinned();
    let mut keys: Vec<&str> = table
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    let remark = keys.remove(0);
    assert!(remark.starts_with("# gimlet models 1 20"), "{remark}");
    assert!(keys.len() > 1_000);
    assert!(keys.is_sorted());
    for key in keys {
        let (provider, name) = key.split_once('/').unwrap();
        let known = gimlet_providers::known(table, provider, name);
        let known = known.unwrap_or_else(|| panic!("{key} is not found"));
        assert!(known.max_output_tokens <= known.context_tokens, "{key}");
    }
    let found = |provider: &str, name: &str| {
        gimlet_providers::known(table, provider, name).map(|known| known.context_tokens)
    };
    assert_eq!(found("openai", "gpt-5.1"), Some(400_000));
    assert_eq!(
        found("bedrock", "us.amazon.nova-pro-v1:0"),
        found("bedrock", "amazon.nova-pro-v1:0")
    );
    assert_eq!(found("openai", "gpt-"), None);
    assert_eq!(found("aaa", "a"), None);
    assert_eq!(found("zzz", "z"), None);
}

#[test]
fn each_family_has_the_edit_that_it_makes_best() {
    let format = |name: &str| gimlet_providers::edit_format(name).name();
    assert_eq!(format("gpt-5.1-codex"), "patch");
    assert_eq!(format("anthropic/claude-sonnet-5"), "search-replace");
    assert_eq!(format("llama-3.1-8b-instant"), "whole-file");
}
