//! However a term is written.

use super::*;
use proptest::prelude::*;

fn found(terms: &[&str], text: &str) -> Vec<String> {
    let hits = Terms::new(terms).find(text);
    hits.into_iter()
        .map(|hit| text.get(hit.span).unwrap().to_owned())
        .collect()
}

#[test]
fn a_term_is_found_however_it_is_written() {
    for text in [
        "blue orca",
        "Blue Orca",
        "BLUE-ORCA",
        "blue_orca",
        "blueOrca",
        "BlueOrca",
        "blue.orca",
        "blue\u{200b}orca",
        "bl\u{ad}ue orca",
        "вlue оrсa",
        "ｂｌｕｅ　ｏｒｃａ",
        "𝐛𝐥𝐮𝐞 𝐨𝐫𝐜𝐚",
        "blue  \n orca",
    ] {
        let around = format!("see {text}, please");
        assert_eq!(found(&["Blue Orca"], &around), [text], "{text:?}");
        assert_eq!(
            Terms::new(["Blue Orca"]).rewrite(&around),
            "see [internal], please"
        );
    }
}

#[test]
fn a_part_of_another_word_is_no_term() {
    for text in ["scorecard", "orcas", "42orca7orcas"] {
        let hits = found(&["orca"], text);
        assert!(
            hits.len() <= usize::from(text.contains("42orca")),
            "{text}: {hits:?}"
        );
    }
    assert_eq!(
        found(&["orca"], "ProjectOrca, orca2 and orca"),
        ["Orca", "orca", "orca"]
    );
    assert_eq!(
        found(&["10.1.2.3"], "at 10.1.2.34 and 10.1.2.3"),
        ["10.1.2.3"]
    );
    assert!(Terms::new(["", " - "]).is_empty());
}

proptest! {
    #[test]
    fn what_is_rewritten_has_no_term_left(front in "[a-z \u{200b}-]{0,12}", back in "[ a-z\u{200b}-]{0,12}") {
        let terms = Terms::new(["blue orca"]);
        let rewritten = terms.rewrite(&format!("{front} blue-orca {back}"));
        prop_assert_eq!(terms.find(&rewritten), vec![]);
        prop_assert!(rewritten.contains("[internal]"));
    }
}
