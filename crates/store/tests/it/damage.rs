//! Torn ends, damaged lines, and their repair.

use crate::{
    Home, append_all, entries, ids, items,
    sample::{every_fact, opened, prompted, said},
};
use gimlet_ports::{LogFault, SessionLog};
use gimlet_protocol::{EntryId, Fact, SessionId};
use gimlet_store::{LogView, Notice, active_path};
use std::{fs, path::PathBuf};

#[test]
fn a_batch_cut_at_any_byte_is_there_whole_or_not_at_all() {
    let home = Home::new();
    let id = home.session(vec![
        vec![opened(), prompted("first")],
        vec![said("漢字\n🦀"), said("b"), prompted("c \"quoted\"")],
    ]);
    let path = home.store.path(&id).unwrap();
    let whole = fs::read(&path).unwrap();
    let breaks: Vec<usize> = whole
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at + 1)
        .collect();
    let (header, first, second) = (breaks[0], breaks[2], breaks[5]);
    assert_eq!(second, whole.len());
    for cut in header..=whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let end = [second, first, header]
            .into_iter()
            .find(|end| *end <= cut)
            .unwrap();
        let wanted: &[u64] = match end {
            _ if end == second => &[0, 1, 2, 3, 4],
            _ if end == first => &[0, 1],
            _ => &[],
        };
        // A reader shows whole batches and leaves the file alone.
        assert_eq!(ids(&entries(&path)), wanted, "cut at {cut}");
        assert_eq!(fs::read(&path).unwrap(), &whole[..cut]);
        let (mut log, notices) = home.store.open(&id).unwrap();
        assert_eq!(fs::read(&path).unwrap(), &whole[..end], "cut at {cut}");
        let torn = PathBuf::from(format!("{}.torn-1", path.display()));
        if cut == end {
            assert_eq!(notices, []);
            assert!(!torn.exists());
        } else {
            let bytes = (cut - end) as u64;
            assert_eq!(
                notices,
                [Notice::Torn {
                    path: path.clone(),
                    bytes,
                    kept: torn.clone()
                }]
            );
            assert_eq!(fs::read(&torn).unwrap(), &whole[end..cut]);
            fs::remove_file(&torn).unwrap();
        }
        // And the log goes on as if the torn batch had never been.
        let next = log.append(log.last(), vec![said("on")]).unwrap();
        assert_eq!(next[0].id.0, wanted.len() as u64);
        assert_eq!(entries(&path).len(), wanted.len() + 1);
    }
}

#[test]
fn a_second_torn_end_is_kept_beside_the_first() {
    let home = Home::new();
    let id = home.session(vec![vec![opened()]]);
    let path = home.store.path(&id).unwrap();
    for number in 1..=2 {
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend_from_slice(b"\0\0\0\0");
        fs::write(&path, bytes).unwrap();
        let (log, notices) = home.store.open(&id).unwrap();
        let kept = PathBuf::from(format!("{}.torn-{number}", path.display()));
        assert_eq!(
            notices,
            [Notice::Torn {
                path: log.path().to_owned(),
                bytes: 4,
                kept
            }]
        );
    }
}

#[test]
fn a_header_cut_short_is_told_and_not_touched() {
    let home = Home::new();
    let id = home.session(vec![]);
    let path = home.store.path(&id).unwrap();
    let whole = fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let fault = home.store.open(&id).unwrap_err();
        assert!(
            matches!(fault, LogFault::Corrupt { line: 1, .. }),
            "cut at {cut}: {fault}"
        );
        assert_eq!(fs::read(&path).unwrap(), &whole[..cut]);
    }
}

/// Replaces a line, counted from 1.
fn spoil(path: &std::path::Path, number: usize, with: &str) {
    let text = fs::read_to_string(path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[number - 1] = with;
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

#[test]
fn a_damaged_line_is_told_with_its_place_and_the_rest_opens() {
    let home = Home::new();
    let id = home.session(vec![
        vec![opened(), prompted("a")],
        vec![said("b")],
        vec![said("c")],
        vec![said("d")],
    ]);
    let path = home.store.path(&id).unwrap();
    spoil(
        &path,
        4,
        "{\"id\":2,\"parent\":1,\"at\":1,\"fact\":{\"type\":\"said\",\"data\":{\"reply\":7}}}",
    );
    spoil(&path, 5, "garb\u{e4}ge");
    let corrupt = |line, why: &str| {
        Err(LogFault::Corrupt {
            path: path.clone(),
            line,
            why: why.to_owned(),
        })
    };
    let found = items(&path);
    assert_eq!(found.len(), 5);
    assert_eq!(
        found[2],
        corrupt(
            4,
            "fact `said`: invalid type: integer `7`, expected a string"
        )
    );
    assert_eq!(found[3], corrupt(5, "expected value"));
    let good: Vec<_> = found.into_iter().filter_map(Result::ok).collect();
    assert_eq!(ids(&good), [0, 1, 4]);
    // The parent of 4 is lost: the path goes on with what is nearest before it.
    let way = active_path(&good);
    assert_eq!((way.places, way.gaps), (vec![0, 1, 2], vec![EntryId(4)]));
    // The session can still be gone on with, and new ids do not meet old ones.
    let (mut log, notices) = home.store.open(&id).unwrap();
    assert_eq!(notices, []);
    assert_eq!(
        append_all(&mut log, vec![vec![said("e")]])[0].id,
        EntryId(5)
    );
    let after: Vec<_> = log.read(Some(EntryId(1))).unwrap().collect();
    assert_eq!(
        after[0],
        corrupt(
            4,
            "fact `said`: invalid type: integer `7`, expected a string"
        )
    );
    assert_eq!(after.len(), 4);
}

#[test]
fn a_damaged_last_line_is_kept_and_its_number_is_not_used_again() {
    let home = Home::new();
    let id = home.session(vec![
        vec![opened(), prompted("a")],
        vec![said("b"), said("c")],
    ]);
    let path = home.store.path(&id).unwrap();
    spoil(&path, 5, "{broken");
    let (mut log, notices) = home.store.open(&id).unwrap();
    assert_eq!(notices, []);
    assert_eq!(log.last(), Some(EntryId(2)));
    assert_eq!(
        append_all(&mut log, vec![vec![said("d")]])[0].id,
        EntryId(4)
    );
}

#[test]
fn damage_far_into_a_long_log_is_told_with_its_line() {
    let home = Home::new();
    let big = "x".repeat(5_000);
    let id = home.session((0..1000).map(|_| vec![said(&big)]).collect());
    let path = home.store.path(&id).unwrap();
    spoil(&path, 800, "?");
    let faults: Vec<_> = items(&path).into_iter().filter_map(Result::err).collect();
    assert_eq!(
        faults,
        [LogFault::Corrupt {
            path,
            line: 800,
            why: "expected value".to_owned()
        }]
    );
}

#[test]
fn repair_keeps_the_original_and_every_good_line() {
    let home = Home::new();
    let id = home.session(vec![
        every_fact(),
        vec![said("b")],
        vec![said("c")],
        vec![said("d")],
    ]);
    let path = home.store.path(&id).unwrap();
    spoil(&path, 28, "{\"id\":26");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(b"{\"id\":29,\"par");
    fs::write(&path, &bytes).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();

    let report = home.store.repair(&id).unwrap();
    let original = report.original.clone().unwrap();
    assert_eq!(
        original,
        PathBuf::from(format!("{}.damaged-1", path.display()))
    );
    assert_eq!(fs::read(&original).unwrap(), bytes);
    let told: Vec<_> = report.damaged.iter().map(ToString::to_string).collect();
    let place = path.display();
    assert_eq!(
        told,
        [
            format!("{place} line 28: EOF while parsing an object"),
            format!("{place} line 37: the line was never finished"),
        ]
    );
    assert_eq!(report.relinked, [EntryId(27)]);
    assert_eq!(report.kept_entries, 34);
    // Good lines stand byte for byte; the one behind the gap follows the one before it.
    let mended = fs::read_to_string(&path).unwrap();
    let now: Vec<&str> = mended.split_inclusive('\n').collect();
    assert_eq!(now[..27], lines[..27]);
    assert_eq!(now[27], lines[28].replace("\"parent\":26", "\"parent\":25"));
    assert_eq!(now.len(), 35);
    assert!(items(&path).iter().all(Result::is_ok));
    assert_eq!(active_path(&entries(&path)).gaps, []);
    // A second repair finds nothing and does nothing.
    let again = home.store.repair(&id).unwrap();
    assert_eq!((again.damaged, again.original), (vec![], None));
    assert_eq!(fs::read_to_string(&path).unwrap(), mended);
}

#[test]
fn repair_makes_a_lost_header_from_what_the_log_says() {
    let home = Home::new();
    let id = home.session(vec![every_fact()]);
    let path = home.store.path(&id).unwrap();
    let before = entries(&path);
    spoil(&path, 1, "{\"gimlet_lo");
    assert!(matches!(
        home.store.open(&id).unwrap_err(),
        LogFault::Corrupt { line: 1, .. }
    ));
    // Reading tells it and goes on.
    let found = items(&path);
    assert!(matches!(found[0], Err(LogFault::Corrupt { line: 1, .. })));
    assert_eq!(found.len(), 1 + before.len());
    home.store.repair(&id).unwrap();
    let header = LogView::open(&path).unwrap().header().unwrap();
    assert_eq!(
        (header.session, header.cwd),
        (id.clone(), PathBuf::from("/work/demo"))
    );
    assert_eq!(entries(&path), before);
    home.store.open(&id).unwrap();
}

#[test]
fn repair_drops_a_batch_that_was_never_finished() {
    let home = Home::new();
    let id = home.session(vec![vec![opened()], vec![said("a"), said("b"), said("c")]]);
    let path = home.store.path(&id).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    fs::write(&path, lines[..4].concat()).unwrap();
    let report = home.store.repair(&id).unwrap();
    assert_eq!(report.kept_entries, 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), lines[..2].concat());
    assert_eq!(
        report.damaged,
        [LogFault::Corrupt {
            path: path.clone(),
            line: 3,
            why: "the batch that begins here was never finished".to_owned()
        }]
    );
    // One whose last line is damaged was acknowledged, and what can be read of it stays.
    fs::write(&path, lines[..4].concat() + "{\n").unwrap();
    assert_eq!(home.store.repair(&id).unwrap().kept_entries, 3);
    assert_eq!(ids(&entries(&path)), [0, 1, 2]);
    let (mut log, notices) = home.store.open(&id).unwrap();
    assert_eq!(notices, []);
    assert_eq!(
        log.append(log.last(), vec![said("d")]).unwrap()[0].id,
        EntryId(3)
    );
}

#[test]
fn what_a_rewind_left_behind_is_not_on_the_path() {
    let home = Home::new();
    let id = SessionId::from(crate::sample::SESSION);
    let mut log = home.store.create(&id, &home.work()).unwrap();
    append_all(
        &mut log,
        vec![vec![
            opened(),
            prompted("a"),
            said("b"),
            prompted("c"),
            said("d"),
        ]],
    );
    let rewound = gimlet_protocol::Rewound {
        key: gimlet_protocol::OpKey::from("op"),
        from: EntryId(4),
    };
    log.append(
        Some(EntryId(2)),
        vec![Fact::Rewound(rewound), prompted("e")],
    )
    .unwrap();
    let all = entries(log.path());
    let path = active_path(&all);
    assert_eq!((path.places, path.gaps), (vec![0, 1, 2, 5, 6], vec![]));
    assert_eq!(active_path(&[]).places, Vec::<usize>::new());
}
