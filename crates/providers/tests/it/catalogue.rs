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
