use super::*;

const OUTPUT: &str = include_str!("../../../hygiene/tests/corpus/output.jsonl");
const SECRETS: &str = include_str!("../../../hygiene/tests/corpus/secrets.jsonl");

#[test]
fn the_cases_of_the_corpus_agree() {
    let report = check(&format!("{OUTPUT}\n{SECRETS}"));
    assert_eq!(report.mismatches, []);
    assert_eq!(report.malformed, []);
    assert_eq!(
        report.summary(),
        "122 of 122 agree · must: 116 of 116 · should: 6 of 6"
    );
}

#[test]
fn a_case_that_differs_is_told_with_what_came_of_it() {
    let text = r#"{"id": "a", "channel": "tool_output", "input": "a\u001b[2Jb", "expect": {"show": ["c"]}}

{"id": "b", "tier": "should", "parts": ["ordinary"], "text": "word {S}", "expect": "redact"}
{"id": "c", "tier": "should", "parts": ["ordinary"], "text": "word {S}", "expect": "keep"}"#;
    let report = check(text);
    assert_eq!(
        report.mismatches,
        [
            Mismatch {
                line: 1,
                id: "a".to_owned(),
                tier: Tier::Must,
                expected: "\"c\" is shown".to_owned(),
                got: "\"ab\"".to_owned(),
            },
            Mismatch {
                line: 3,
                id: "b".to_owned(),
                tier: Tier::Should,
                expected: "the key is gone".to_owned(),
                got: "word ordinary".to_owned(),
            },
        ]
    );
    assert!(report.fails());
    assert_eq!(
        report.summary(),
        "1 of 3 agree · must: 0 of 1 · should: 1 of 2"
    );
}

#[test]
fn lines_that_are_no_cases_are_told_with_their_place() {
    let text = "{\"id\": \"a\"\n{\"id\": \"b\"}\n{\"id\": \"c\", \"channel\": \"moon\", \"input\": \"\", \"expect\": {}}\n";
    let report = check(text);
    let told: Vec<_> = report
        .malformed
        .iter()
        .map(|one| (one.line, one.why.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (1, "EOF while parsing an object at line 1 column 10"),
            (2, "b: its fields are those of no kind of case"),
            (3, "c: there is no channel `moon`"),
        ]
    );
    assert!(!report.fails());
}
