//! Tests of parsing with places.

use super::*;

fn file() -> TextOrigin {
    TextOrigin::File(Arc::new(PathBuf::from("/s.json")))
}

fn fault(text: &str) -> String {
    match parse(text, Layer::User, &file()) {
        Ok(tree) => format!("no fault: {}", tree.to_value()),
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn every_part_knows_its_line_and_column() {
    let text = "{\n  \"model\": \"é\",\n  \"a\": {\"é\": [1,\n    true]} // why\n}\n";
    let tree = parse(text, Layer::User, &file()).unwrap();
    let place = |path: &str| tree.at(path).map(|tree| tree.source.exact());
    assert_eq!(place("model").as_deref(), Some("/s.json:2:12"));
    assert_eq!(place("a").as_deref(), Some("/s.json:3:8"));
    assert_eq!(place("a.é").as_deref(), Some("/s.json:3:14"));
    let items: Vec<_> = tree
        .at("a.é")
        .unwrap()
        .items()
        .iter()
        .map(|item| item.source.exact())
        .collect();
    assert_eq!(items, ["/s.json:3:15", "/s.json:4:5"]);
}

#[test]
fn comments_a_last_comma_a_byte_order_mark_and_nothing_are_fine() {
    let value = |text| parse(text, Layer::User, &file()).unwrap().to_value();
    assert_eq!(
        value("\u{feff}{/* c */\"a\": [1, 2,],}"),
        serde_json::json!({"a": [1, 2]})
    );
    assert_eq!(value(""), serde_json::json!({}));
    assert_eq!(value(" \n// nothing yet\n"), serde_json::json!({}));
}

#[test]
fn what_is_malformed_is_told_with_line_column_and_key() {
    let given = [
        "{\n  \"model\": \"a\"\n  \"maxTurns\": 3\n}",
        "{\n  \"model\": \n}",
        "{\n  \"model\": \"a",
        "{\n  \"permissions\": {\"allow\": [\"a\", }\n}",
        "{ model: 1 }",
        "{ 'model': 1 }",
        "{\"maxTurns\": 1e999}",
        "{\"maxTurns\": 0x10}",
        "{\"model\": \"a\"} trailing",
        "{\"deny\": [1],\n \"deny\": []}",
    ];
    insta::assert_snapshot!(given.map(fault).join("\n"));
}

#[test]
fn a_deep_nest_is_a_fault_and_no_crash() {
    let text = format!("{{\"a\": {}", "[".repeat(100_000));
    assert!(fault(&text).contains("not valid JSON"), "{}", fault(&text));
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    let fault = not_utf8("{\n \"model\": \"", Layer::User, &file());
    assert_eq!(
        fault.to_string(),
        "/s.json:2:12: not valid JSON near `model`: this is not UTF-8 text"
    );
}

proptest::proptest! {
    #[test]
    fn any_text_gives_a_tree_or_a_fault(text in "[{}\\[\\]\",:a-c0-9 \n\\\\/*-]{0,40}") {
        match parse(&text, Layer::User, &file()) {
            Ok(tree) => {
                // Strict JSON means the same to both parsers.
                if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
                    proptest::prop_assert_eq!(tree.to_value(), value);
                }
            }
            Err(fault) => proptest::prop_assert!(fault.source_place().is_some()),
        }
    }
}
