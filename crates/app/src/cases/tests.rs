use super::*;

const SHELL: &str = include_str!("../../../policy/tests/corpus/shell_rules.jsonl");
const PATHS: &str = include_str!("../../../policy/tests/corpus/path_rules.jsonl");
const OUTPUT: &str = include_str!("../../../hygiene/tests/corpus/output.jsonl");
const SECRETS: &str = include_str!("../../../hygiene/tests/corpus/secrets.jsonl");

/// Cases whose expected answer is judged wrong, with the reason.
const DISPUTED: [(&str, &str); 1] = [(
    "sh-heredoc-008",
    "the second reader ends the here-document at a padded delimiter; where two readings differ, asking is right",
)];

#[test]
fn every_case_of_the_corpus_agrees_but_what_is_disputed() {
    let summaries = [SHELL, PATHS, OUTPUT, SECRETS].map(|cases| {
        let report = check(cases, None);
        assert_eq!(report.malformed, []);
        let differ = report.mismatches.iter();
        let undisputed: Vec<_> = differ
            .filter(|one| DISPUTED.iter().all(|(id, _)| one.id != *id))
            .collect();
        assert_eq!(undisputed, Vec::<&Mismatch>::new());
        report.summary()
    });
    insta::assert_snapshot!(summaries.join("\n"), @"
    735 of 736 agree · must: 699 of 699 · should: 36 of 37
    106 of 106 agree · must: 102 of 102 · should: 3 of 3 · bonus: 1 of 1 · 2 about other systems
    50 of 50 agree · must: 49 of 49 · should: 1 of 1
    72 of 72 agree · must: 67 of 67 · should: 5 of 5
    ");
}

#[test]
fn a_case_that_differs_is_told_with_what_came_of_it() {
    let text = r#"{"id": "a", "channel": "tool_output", "input": "a\u001b[2Jb", "expect": {"show": ["c"]}}

{"id": "b", "tier": "should", "parts": ["ordinary"], "text": "word {S}", "expect": "redact"}
{"id": "c", "tier": "should", "parts": ["ordinary"], "text": "word {S}", "expect": "keep"}"#;
    let report = check(text, None);
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
    let report = check(text, None);
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
