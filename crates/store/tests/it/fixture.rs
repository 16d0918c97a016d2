//! The log format's first version, as it was written once and must be read for ever.

use crate::{Home, append_all, items, sample::every_fact};
use gimlet_protocol::{Fact, SessionId};
use gimlet_store::LogView;
use std::{fs, path::PathBuf};

fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1.jsonl")
}

#[test]
fn the_fixture_holds_every_kind_of_fact_and_reads_as_it_was_meant() {
    let view = LogView::open(&fixture()).unwrap();
    let header = view.header().unwrap();
    assert_eq!(header.session, SessionId::from(crate::sample::SESSION));
    assert_eq!(header.cwd, PathBuf::from("/work/demo"));
    let facts: Vec<Fact> = items(&fixture())
        .into_iter()
        .map(|item| item.unwrap().fact)
        .collect();
    assert_eq!(facts, every_fact());
    // A new kind of fact belongs into the sample and at the end of the fixture.
    let source = include_str!("../../../protocol/src/fact.rs");
    let kinds = source.lines().filter(|line| {
        line.trim_start()
            .starts_with(|c: char| c.is_ascii_uppercase())
            && line.ends_with("\",")
    });
    let mut count = 0;
    for kind in kinds {
        count += 1;
        let tag = kind.rsplit('"').nth(1).unwrap();
        assert!(
            facts.iter().any(|fact| fact.tag() == tag),
            "no `{tag}` in the fixture"
        );
    }
    assert_eq!(count, every_fact().len());
}

#[test]
fn what_is_written_today_is_what_the_fixture_says() {
    let home = Home::new();
    let mut log = home
        .store
        .create(&SessionId::from("s"), &home.work())
        .unwrap();
    append_all(&mut log, vec![every_fact()]);
    let facts = |text: String| -> Vec<String> {
        let lines = text.lines().skip(1);
        lines
            .map(|line| line.split_once("\"fact\":").unwrap().1.to_owned())
            .collect()
    };
    assert_eq!(
        facts(fs::read_to_string(log.path()).unwrap()),
        facts(fs::read_to_string(fixture()).unwrap())
    );
}
