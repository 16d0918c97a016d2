//! Which summaries are trusted.

use super::{HEADINGS, check};

fn summary(skip: Option<&str>) -> String {
    HEADINGS
        .iter()
        .filter(|heading| Some(**heading) != skip)
        .flat_map(|heading| [heading, "\nnone\n"])
        .collect()
}

#[test]
fn a_summary_with_every_section_is_trusted() {
    assert_eq!(check(&summary(None)), Ok(()));
}

#[test]
fn a_summary_is_rejected_with_the_reason() {
    let table = [
        (
            String::new(),
            "it lacks the section \"Instructions and constraints\"",
        ),
        (
            summary(Some("## State of the work")),
            "it lacks the section \"State of the work\"",
        ),
        (
            format!("{}{}", summary(None), "x".repeat(24_000)),
            "it has more than 24000 characters",
        ),
    ];
    for (text, why) in table {
        assert_eq!(check(&text), Err(why.to_owned()));
    }
}
