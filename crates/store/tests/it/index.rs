//! The index: same answers as the logs, searchable, and never needed.

use crate::{
    Home,
    sample::{every_fact, opened, prompted, returned, said, seen, titled},
};
use gimlet_protocol::SessionId;
use gimlet_store::{Index, IndexNotice, Progress, Scope, scan_card};
use std::{fs, time::Duration};

fn found(home: &Home, query: &str) -> Vec<SessionId> {
    let (hits, notice) = home.store.search(query, 50).unwrap();
    assert_eq!(notice, None);
    let mut ids: Vec<SessionId> = hits.into_iter().map(|hit| hit.session).collect();
    ids.dedup();
    ids
}

#[test]
fn a_listing_is_the_same_with_and_without_an_index() {
    let home = Home::new();
    home.session(vec![every_fact()]);
    home.session(vec![
        vec![opened(), prompted("a")],
        vec![titled("one")],
        vec![titled("two")],
    ]);
    home.session(vec![]);
    let newer = home.session(vec![vec![opened()]]);
    fs::write(home.store.path(&newer).unwrap(), "{\"gimlet_log\":9}\n").unwrap();
    let damaged = home.session(vec![vec![opened(), prompted("b")]]);
    let path = home.store.path(&damaged).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("gimlet_log", "gimlet", 1)).unwrap();
    let without = home.store.list(&Scope::Everywhere).unwrap();
    assert_eq!(without.cards.len(), 5);
    assert_eq!(
        without
            .cards
            .iter()
            .filter(|card| card.damage.is_some())
            .count(),
        2
    );
    Index::rebuild(&home.store).unwrap();
    assert_eq!(home.store.list(&Scope::Everywhere).unwrap(), without);
    // A session that went on since is looked at itself.
    let fresh = home.session(vec![vec![opened(), prompted("new")]]);
    home.store.rename(&fresh, "three").unwrap();
    let listing = home.store.list(&Scope::Everywhere).unwrap();
    let scanned = scan_card(&home.store.path(&fresh).unwrap()).unwrap();
    assert_eq!(listing.cards[0], scanned);
    assert_eq!(scanned.title.as_deref(), Some("three"));
}

#[test]
fn an_index_filled_piece_by_piece_says_what_the_log_says() {
    let home = Home::new();
    let id = home.session(vec![vec![opened(), prompted("first words")]]);
    let path = home.store.path(&id).unwrap();
    let (mut index, notice) = Index::open(&home.store).unwrap();
    assert_eq!(notice, None);
    assert_eq!(index.update(&path, Duration::MAX).unwrap(), Progress::Done);
    home.store.rename(&id, "named later").unwrap();
    assert_eq!(index.update(&path, Duration::MAX).unwrap(), Progress::Done);
    let scanned = scan_card(&path).unwrap();
    assert_eq!(
        home.store.list(&Scope::Everywhere).unwrap().cards,
        [scanned]
    );
    assert_eq!(index.search("first words", 9).unwrap().len(), 1);
    assert_eq!(index.search("named later", 9).unwrap().len(), 1);
}

#[test]
fn an_update_without_time_does_a_part_and_the_next_one_the_rest() {
    let home = Home::new();
    let id = home.session(vec![vec![opened(), prompted("needle in the hay")]]);
    let path = home.store.path(&id).unwrap();
    let (mut index, _) = Index::open(&home.store).unwrap();
    assert_eq!(
        index.update(&path, Duration::ZERO).unwrap(),
        Progress::Partly
    );
    // A card that is not whole is not used.
    let card = &home.store.list(&Scope::Everywhere).unwrap().cards[0];
    assert_eq!(card.first_prompt.as_deref(), Some("needle in the hay"));
    assert_eq!(index.update(&path, Duration::MAX).unwrap(), Progress::Done);
    assert_eq!(index.search("needle", 9).unwrap().len(), 1);
}

#[test]
fn search_finds_words_of_any_script_and_takes_nothing_for_syntax() {
    let home = Home::new();
    let texts = [
        "fix the parser for nested \"quotes\" AND (parens)",
        "日本語の全文検索を試す",
        "ship it 🦀🚀 now",
        "100%_sure it's a NEAR-miss: a*b, ^start, {col}: \\path\\to",
        "Straße und ÄPFEL",
    ];
    let ids: Vec<SessionId> = texts
        .iter()
        .map(|text| home.session(vec![vec![opened(), prompted(text)]]))
        .collect();
    let tool = home.session(vec![vec![
        opened(),
        said("the reply speaks of zebras"),
        returned(
            "c",
            "results are not searched: giraffe",
            vec![seen("/work/zoo/okapi.rs")],
        ),
        titled("A walk in the zoo"),
    ]]);
    for (query, wanted) in [
        ("parser", Some(0)),
        ("PARSER nested", Some(0)),
        ("\"quotes\"", Some(0)),
        ("AND (parens)", Some(0)),
        ("全文検索", Some(1)),
        ("検索", Some(1)),
        ("語", Some(1)),
        ("🦀🚀", Some(2)),
        ("🦀", Some(2)),
        ("100%_sure", Some(3)),
        ("%_", Some(3)),
        ("NEAR-miss: a*b, ^start", Some(3)),
        ("{col}:", Some(3)),
        ("\\p", Some(3)),
        ("it's", Some(3)),
        ("äpfel", Some(4)),
        ("giraffe", None),
        ("parser zebras", None),
        ("\"", Some(0)),
        ("text MATCH", None),
    ] {
        let wanted: Vec<SessionId> = wanted.map(|n: usize| ids[n].clone()).into_iter().collect();
        assert_eq!(found(&home, query), wanted, "{query}");
    }
    for query in ["zebras", "okapi.rs", "walk in the zoo", "/work/zoo"] {
        assert_eq!(found(&home, query), std::slice::from_ref(&tool), "{query}");
    }
    for query in ["", "   ", "\0", "*", "nothing like this"] {
        let wanted: &[SessionId] = if query == "*" { &ids[3..4] } else { &[] };
        assert_eq!(found(&home, query), wanted, "{query:?}");
    }
    let (hits, _) = home.store.search("nested", 5).unwrap();
    assert_eq!(
        hits[0].excerpt,
        "fix the parser for nested \"quotes\" AND (parens)"
    );
    assert_eq!((hits[0].kind.as_str(), hits[0].entry.0), ("prompt", 1));
}

#[test]
fn an_excerpt_is_cut_around_the_word() {
    let home = Home::new();
    let text = format!(
        "{}\nŁódź NEEDLE 漢字\n{}",
        "before ".repeat(100),
        "after ".repeat(100)
    );
    home.session(vec![vec![opened(), prompted(&text)]]);
    let (hits, _) = home.store.search("needle", 5).unwrap();
    let excerpt = &hits[0].excerpt;
    assert!(
        excerpt.starts_with('…') && excerpt.ends_with('…'),
        "{excerpt}"
    );
    assert!(
        excerpt.contains("before Łódź NEEDLE 漢字 after"),
        "{excerpt}"
    );
    assert!(excerpt.chars().count() < 140, "{excerpt}");
}

#[test]
fn garbage_is_moved_aside_and_the_index_made_anew() {
    let home = Home::new();
    let id = home.session(vec![vec![opened(), prompted("needle")]]);
    let path = Index::path(&home.store);
    let garbage = "this is no database at all ".repeat(200);
    fs::write(&path, &garbage).unwrap();
    // A listing does not need it, says so, and leaves it alone.
    let listing = home.store.list(&Scope::Everywhere).unwrap();
    assert_eq!(listing.cards.len(), 1);
    assert!(
        matches!(listing.index, Some(IndexNotice::Unusable { .. })),
        "{listing:?}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), garbage);
    let (hits, notice) = home.store.search("needle", 5).unwrap();
    assert_eq!(hits[0].session, id);
    let Some(IndexNotice::Remade { kept, .. }) = notice else {
        panic!("{notice:?}")
    };
    assert_eq!(fs::read_to_string(kept).unwrap(), garbage);
    assert_eq!(home.store.search("needle", 5).unwrap().1, None);
}

#[test]
fn damage_inside_the_index_is_mended_too() {
    let home = Home::new();
    for n in 0..40 {
        home.session(vec![vec![
            opened(),
            prompted(&format!("needle {n} {}", "hay ".repeat(900))),
        ]]);
    }
    drop(Index::rebuild(&home.store).unwrap());
    let path = Index::path(&home.store);
    let mut bytes = fs::read(&path).unwrap();
    assert!(bytes.len() > 100_000);
    for byte in &mut bytes[8192..90_000] {
        *byte = 0xa5;
    }
    fs::write(&path, bytes).unwrap();
    let (hits, notice) = home.store.search("needle", 100).unwrap();
    assert_eq!(hits.len(), 40);
    assert!(
        matches!(notice, Some(IndexNotice::Remade { .. })),
        "{notice:?}"
    );
}

#[test]
fn a_deleted_or_foreign_index_comes_back() {
    let home = Home::new();
    home.session(vec![vec![opened(), prompted("needle")]]);
    assert_eq!(home.store.search("needle", 5).unwrap().0.len(), 1);
    for end in ["", "-wal", "-shm"] {
        drop(fs::remove_file(
            home.store.data().join(format!("index.sqlite{end}")),
        ));
    }
    assert_eq!(home.store.search("needle", 5).unwrap().0.len(), 1);
    // An empty file is an index that was never made.
    fs::write(Index::path(&home.store), "").unwrap();
    for end in ["-wal", "-shm"] {
        drop(fs::remove_file(
            home.store.data().join(format!("index.sqlite{end}")),
        ));
    }
    assert_eq!(home.store.search("needle", 5).unwrap().0.len(), 1);
}

#[test]
fn deleted_and_repaired_sessions_are_found_as_they_are_now() {
    let home = Home::new();
    let gone = home.session(vec![vec![opened(), prompted("needle one")]]);
    let kept = home.session(vec![
        vec![opened(), prompted("needle two")],
        vec![said("needle x")],
    ]);
    assert_eq!(found(&home, "needle"), [kept.clone(), gone.clone()]);
    home.store.delete(&gone).unwrap();
    let path = home.store.path(&kept).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace("\"reply\":\"r1\",\"text\":\"needle x\"", ""),
    )
    .unwrap();
    home.store.repair(&kept).unwrap();
    let (hits, _) = home.store.search("needle", 9).unwrap();
    let places: Vec<_> = hits.iter().map(|hit| (&hit.session, hit.entry.0)).collect();
    assert_eq!(places, [(&kept, 1)]);
    // Moved away behind our back.
    fs::remove_file(&path).unwrap();
    assert_eq!(found(&home, "needle"), []);
}

#[test]
fn nothing_of_the_index_is_made_by_writing_a_session() {
    let home = Home::new();
    let id = home.session(vec![vec![opened(), prompted("a")]]);
    home.store.newest(&home.work()).unwrap();
    home.store.list(&Scope::Everywhere).unwrap();
    assert!(!Index::path(&home.store).exists());
    home.store
        .index_session(&id, Duration::from_secs(5))
        .unwrap();
    assert!(Index::path(&home.store).exists());
}
