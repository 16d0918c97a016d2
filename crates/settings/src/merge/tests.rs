//! Tests of merging.

use super::*;
use crate::source::{Layer, Source};
use proptest::prelude::*;
use serde_json::{Value, json};

fn tree(value: &Value, flag: &str) -> Tree {
    Tree::from_value(value, &Source::flag(flag))
}

fn merged(weak: &Value, strong: &Value) -> Value {
    merge(tree(weak, "--weak"), tree(strong, "--strong")).to_value()
}

#[test]
fn objects_merge_lists_add_up_and_the_rest_is_replaced() {
    let weak = json!({"a": 1, "o": {"x": 1, "y": [1, 2]}, "k": "weak", "l": [1]});
    let strong = json!({"a": 2, "o": {"y": [2, 3], "z": 0}, "l": "strong", "n": null});
    assert_eq!(
        merged(&weak, &strong),
        json!({"a": 2, "o": {"x": 1, "y": [1, 2, 3], "z": 0}, "k": "weak", "l": "strong", "n": null})
    );
}

#[test]
fn the_fallback_models_count_as_a_whole() {
    let weak = json!({"fallbackModel": ["a"], "o": {"fallbackModel": ["a"]}});
    let strong = json!({"fallbackModel": ["b"], "o": {"fallbackModel": ["b"]}});
    assert_eq!(
        merged(&weak, &strong),
        json!({"fallbackModel": ["b"], "o": {"fallbackModel": ["a", "b"]}})
    );
}

#[test]
fn of_two_equal_items_the_stronger_source_is_named() {
    let merged = merge(
        tree(&json!([1, 2]), "--weak"),
        tree(&json!([2, 3]), "--strong"),
    );
    let sources: Vec<_> = merged
        .items()
        .iter()
        .map(|item| item.source.to_string())
        .collect();
    assert_eq!(sources, ["--weak", "--strong", "--strong"]);
    assert_eq!(merged.source.layer, Layer::Flag);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_u8..4).prop_map(Value::from),
        "[ab]".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c]", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_layer_over_nothing_and_over_itself_stays_what_it_is(value in any_json()) {
        let once = merged(&json!({}), &json!({"v": value}));
        prop_assert_eq!(&once, &json!({"v": value}));
        // Lists lose their repeats at the first merge with another list, and only then.
        let twice = merged(&once, &once);
        prop_assert_eq!(merged(&twice, &twice), twice);
    }
}
