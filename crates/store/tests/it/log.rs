//! Writing and reading a whole log.

use crate::{
    Home, append_all, entries, ids,
    sample::{every_fact, opaque, opened, prompted, said},
};
use gimlet_ports::{LogFault, SessionLog};
use gimlet_protocol::{EntryId, Fact, Kept, ReplyId, SessionId};
use gimlet_store::{LogView, SessionFile, Store};
use std::{fs, os::unix::fs::PermissionsExt as _};

#[test]
fn entries_are_numbered_and_follow_each_other() {
    let home = Home::new();
    let mut log = home.store.create(&Store::fresh_id(), &home.work()).unwrap();
    let first = log.append(None, vec![opened(), prompted("a")]).unwrap();
    let second = log
        .append(Some(EntryId(0)), vec![said("b"), said("c")])
        .unwrap();
    let shape: Vec<_> = first
        .iter()
        .chain(&second)
        .map(|e| (e.id.0, e.parent))
        .collect();
    assert_eq!(
        shape,
        [
            (0, None),
            (1, Some(EntryId(0))),
            (2, Some(EntryId(0))),
            (3, Some(EntryId(2)))
        ]
    );
    assert!(
        first
            .iter()
            .zip(&second)
            .all(|(one, other)| one.at <= other.at)
    );
}

#[test]
fn what_was_appended_is_what_is_read() {
    let home = Home::new();
    let mut log = home.store.create(&Store::fresh_id(), &home.work()).unwrap();
    let appended = append_all(&mut log, vec![every_fact(), vec![said("more")]]);
    log.sync().unwrap();
    assert_eq!(
        log.read(None)
            .unwrap()
            .collect::<Result<Vec<_>, _>>()
            .unwrap(),
        appended
    );
    assert_eq!(entries(log.path()), appended);
}

#[test]
fn an_empty_batch_writes_nothing() {
    let home = Home::new();
    let mut log = home.store.create(&Store::fresh_id(), &home.work()).unwrap();
    let before = fs::read(log.path()).unwrap();
    assert_eq!(log.append(None, Vec::new()).unwrap(), []);
    assert_eq!(fs::read(log.path()).unwrap(), before);
}

#[test]
fn the_lines_are_as_documented() {
    let home = Home::new();
    let id = SessionId::from(crate::sample::SESSION);
    let mut log = home.store.create(&id, &home.work()).unwrap();
    append_all(&mut log, vec![vec![prompted("a"), said("b")]]);
    let text = fs::read_to_string(log.path()).unwrap();
    let header = log.header();
    let at = entries(log.path())[0].at.0;
    let wanted = format!(
        "{{\"gimlet_log\":1,\"session\":\"{id}\",\"created\":{},\"cwd\":\"{}\"}}\n\
         {{\"id\":0,\"parent\":null,\"at\":{at},\"more\":true,\"fact\":{{\"type\":\"prompted\",\"data\":\
         {{\"key\":\"op\",\"origin\":{{\"type\":\"person\"}},\"content\":[{{\"type\":\"text\",\"text\":\"a\"}}]}}}}}}\n\
         {{\"id\":1,\"parent\":0,\"at\":{at},\"fact\":{{\"type\":\"said\",\"data\":\
         {{\"reply\":\"r1\",\"text\":\"b\"}}}}}}\n",
        header.created.0,
        header.cwd.display()
    );
    assert_eq!(text, wanted);
}

#[test]
fn reading_after_an_entry_begins_behind_it() {
    let home = Home::new();
    let mut log = home.store.create(&Store::fresh_id(), &home.work()).unwrap();
    // Lines of very different length, so that the search by halves meets all of them.
    let batches = (0..300).map(|n| vec![said(&"x".repeat(if n % 7 == 0 { 20_000 } else { n }))]);
    let all = append_all(&mut log, batches.collect());
    for after in [0, 1, 6, 7, 8, 150, 297, 298, 299, 5000] {
        let read = log
            .read(Some(EntryId(after)))
            .unwrap()
            .collect::<Result<Vec<_>, _>>()
            .unwrap();
        let wanted: Vec<_> = all
            .iter()
            .filter(|entry| entry.id.0 > after)
            .cloned()
            .collect();
        assert_eq!(ids(&read), ids(&wanted), "after {after}");
        assert_eq!(read, wanted);
    }
}

#[test]
fn a_log_of_many_chunks_is_read_in_order() {
    let home = Home::new();
    let mut log = home.store.create(&Store::fresh_id(), &home.work()).unwrap();
    let line = "0123456789\n\"quoted\"\t".repeat(1500);
    let all = append_all(
        &mut log,
        (0..200).map(|_| vec![said("short"), said(&line)]).collect(),
    );
    append_all(&mut log, vec![vec![said(&"y".repeat(5_000_000))]]);
    assert!(fs::metadata(log.path()).unwrap().len() > 10_000_000);
    let read = entries(log.path());
    assert_eq!(ids(&read), (0..401).collect::<Vec<_>>());
    assert_eq!(read[..400], all[..]);
    // A consumer that stops early leaves nobody waiting.
    let mut some = log.read(None).unwrap();
    assert_eq!(some.next().unwrap().unwrap().id, EntryId(0));
    drop(some);
    let later = log
        .read(Some(EntryId(100)))
        .unwrap()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    assert_eq!(ids(&later), (101..401).collect::<Vec<_>>());
}

#[test]
fn a_follower_sees_what_is_appended_meanwhile() {
    let home = Home::new();
    let id = Store::fresh_id();
    let mut log = home.store.create(&id, &home.work()).unwrap();
    let view = home.store.view(&id).unwrap();
    assert_eq!(view.read(None).unwrap().count(), 0);
    let mut last = None;
    for round in 0..5 {
        append_all(&mut log, vec![vec![said("a"), said("b")]]);
        let new: Vec<_> = view.read(last).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(ids(&new), [round * 2, round * 2 + 1]);
        last = new.last().map(|entry| entry.id);
    }
}

#[test]
fn an_opened_log_goes_on_where_it_ended() {
    let home = Home::new();
    let id = home.session(vec![vec![opened(), prompted("a")], vec![said("b")]]);
    let (mut log, notices) = home.store.open(&id).unwrap();
    assert_eq!(notices, []);
    assert_eq!(log.last(), Some(EntryId(2)));
    append_all(&mut log, vec![vec![said("c")]]);
    assert_eq!(ids(&entries(log.path())), [0, 1, 2, 3]);
}

#[test]
fn line_breaks_between_tokens_become_spaces_and_both_sides_agree() {
    let home = Home::new();
    let mut log = home.store.create(&Store::fresh_id(), &home.work()).unwrap();
    let kept = Fact::Kept(Kept {
        reply: ReplyId::from("r"),
        opaque: opaque("{\n  \"a\": \"x\\ny\",\r\n \"b\":1.50}"),
    });
    let appended = append_all(&mut log, vec![vec![kept, said("b")]]);
    assert_eq!(fs::read_to_string(log.path()).unwrap().lines().count(), 3);
    assert_eq!(entries(log.path()), appended);
    let Fact::Kept(kept) = &appended[0].fact else {
        panic!("{appended:?}")
    };
    assert_eq!(
        kept.opaque.data.as_str(),
        "{   \"a\": \"x\\ny\",   \"b\":1.50}"
    );
}

#[test]
fn a_log_and_its_folders_are_for_their_owner_alone() {
    let home = Home::new();
    let id = home.session(vec![vec![opened()]]);
    let path = home.store.path(&id).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(mode(&home.store.scratch(&id).unwrap()), 0o700);
}

#[test]
fn a_newer_format_is_told_and_not_touched() {
    let home = Home::new();
    let id = home.session(vec![vec![opened()]]);
    let path = home.store.path(&id).unwrap();
    let newer = "{\"gimlet_log\":2,\"shape\":\"other\"}\nwhat ever it is, without an end";
    fs::write(&path, newer).unwrap();
    let wanted = LogFault::Newer {
        path: path.clone(),
        found: 2,
        known: 1,
    };
    assert_eq!(home.store.open(&id).unwrap_err(), wanted);
    assert_eq!(LogView::open(&path).unwrap_err(), wanted);
    assert_eq!(home.store.repair(&id).unwrap_err(), wanted);
    assert_eq!(home.store.rename(&id, "x").unwrap_err(), wanted);
    assert_eq!(fs::read_to_string(&path).unwrap(), newer);
    let beside: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(
        beside.len(),
        2,
        "the log and its scratch folder: {beside:?}"
    );
}

#[test]
fn a_missing_session_is_told_by_its_name() {
    let home = Home::new();
    for name in ["nope", "../../etc/passwd", "", "-x"] {
        let wanted = LogFault::Missing {
            what: format!("`{name}`"),
        };
        assert_eq!(home.store.open(&SessionId::from(name)).unwrap_err(), wanted);
    }
}

#[test]
fn an_id_is_taken_once_in_all_projects() {
    let home = Home::new();
    let id = home.session(vec![vec![opened()]]);
    let other = home.dir.path().join("elsewhere");
    fs::create_dir(&other).unwrap();
    let fault = home.store.create(&id, &other).unwrap_err();
    assert!(
        fault
            .to_string()
            .ends_with(&format!("session {id} exists already")),
        "{fault}"
    );
    assert!(home.store.create(&SessionId::from("../x"), &other).is_err());
}

#[test]
fn a_log_that_another_program_changed_is_not_written() {
    let home = Home::new();
    let id = Store::fresh_id();
    let mut log = home.store.create(&id, &home.work()).unwrap();
    append_all(&mut log, vec![vec![opened()]]);
    let path = log.path().to_owned();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [&whole[..], b"{}\n"].concat()).unwrap();
    let fault = log.append(log.last(), vec![said("a")]).unwrap_err();
    assert_eq!(
        fault,
        LogFault::Broken {
            path: path.clone(),
            why: "the log was changed by another program".to_owned()
        }
    );
    fs::write(&path, &whole).unwrap();
    append_all(&mut log, vec![vec![said("a")]]);
    fs::remove_file(&path).unwrap();
    let fault = log.append(log.last(), vec![said("b")]).unwrap_err();
    assert!(
        fault
            .to_string()
            .ends_with("was removed while it is being written"),
        "{fault}"
    );
}

#[test]
fn a_batch_is_one_write() {
    // Seen from outside: a reader that looks at any moment sees whole batches only.
    let home = Home::new();
    let id = Store::fresh_id();
    let mut log = home.store.create(&id, &home.work()).unwrap();
    let path = log.path().to_owned();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let reader = std::thread::spawn(move || {
        let view = LogView::open(&path).unwrap();
        let mut looks = 0;
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            let seen = view
                .read(None)
                .unwrap()
                .collect::<Result<Vec<_>, _>>()
                .unwrap();
            assert_eq!(seen.len() % 3, 0);
            looks += 1;
        }
        looks
    });
    let big = "x".repeat(50_000);
    append_all(
        &mut log,
        (0..60)
            .map(|_| vec![said(&big), said("b"), said(&big)])
            .collect(),
    );
    stop.send(()).unwrap();
    assert!(reader.join().unwrap() > 0);
}

#[test]
fn session_file_is_a_session_log() {
    fn takes(_: &dyn SessionLog) {}
    let home = Home::new();
    let log: SessionFile = home.store.create(&Store::fresh_id(), &home.work()).unwrap();
    takes(&log);
}
