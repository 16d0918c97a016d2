//! Listing, finding, naming, deleting, forking and exporting sessions.

use crate::{
    Home, append_all, entries,
    sample::{every_fact, opened, prompted, said, titled},
};
use gimlet_ports::{LogFault, SessionLog};
use gimlet_protocol::{EntryId, Fact, SessionId};
use gimlet_store::{FindFault, ForkAt, Scope, Store, export_json, export_markdown, project_key};
use std::{
    ffi::OsString,
    fs,
    os::unix::ffi::OsStringExt as _,
    path::{Path, PathBuf},
};

fn prompts(store: &Store, scope: &Scope) -> Vec<Option<String>> {
    let listing = store.list(scope).unwrap();
    assert_eq!(listing.faults, []);
    listing
        .cards
        .into_iter()
        .map(|card| card.first_prompt)
        .collect()
}

#[test]
fn a_project_key_is_readable_and_tells_folders_apart() {
    assert_eq!(
        project_key(Path::new("/work/my project")),
        "work-my-project-122afd5568efc0f040e0"
    );
    let keys: Vec<String> = ["/a/b-c", "/a-b/c", "/a/b/c", "/", "/漢字", "/漢子"]
        .iter()
        .map(|path| project_key(Path::new(path)))
        .collect();
    let mut unique = keys.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), keys.len(), "{keys:?}");
    let long = project_key(Path::new(&format!("/{}", "deep/".repeat(500))));
    assert!(long.len() < 100 && !long.starts_with('-'), "{long}");
}

#[test]
fn sessions_are_listed_newest_first_by_folder_and_everywhere() {
    let home = Home::new();
    assert_eq!(
        prompts(&home.store, &Scope::Everywhere),
        Vec::<Option<String>>::new()
    );
    let other = home.dir.path().join("other");
    fs::create_dir(&other).unwrap();
    home.session(vec![
        vec![opened(), prompted("first\n prompt ")],
        vec![prompted("second")],
    ]);
    let mut log = home.store.create(&Store::fresh_id(), &other).unwrap();
    append_all(
        &mut log,
        vec![vec![opened(), prompted(&"long ".repeat(100))]],
    );
    home.session(vec![]);
    let text = |text: &str| Some(text.to_owned());
    let long = format!("{}…", "long ".repeat(24));
    assert_eq!(
        prompts(&home.store, &Scope::Folder(home.work())),
        [None, text("first prompt")]
    );
    assert_eq!(
        prompts(&home.store, &Scope::Everywhere),
        [None, text(&long), text("first prompt")]
    );
}

#[test]
fn the_newest_of_a_folder_has_entries() {
    let home = Home::new();
    let none = home.store.newest(&home.work()).unwrap_err();
    assert!(matches!(none, LogFault::Missing { .. }));
    home.session(vec![vec![opened()]]);
    let second = home.session(vec![vec![opened()]]);
    home.session(vec![]);
    assert_eq!(home.store.newest(&home.work()).unwrap(), second);
    // The way to the folder does not matter.
    let link = home.dir.path().join("link");
    std::os::unix::fs::symlink(home.work(), &link).unwrap();
    assert_eq!(home.store.newest(&link).unwrap(), second);
}

#[test]
fn a_session_is_found_by_id_start_or_title() {
    let home = Home::new();
    let one = SessionId::from("aaaa0000-0000-7000-8000-000000000001");
    let two = SessionId::from("aaaa0000-0000-7000-8000-000000000002");
    for id in [&one, &two] {
        let mut log = home.store.create(id, &home.work()).unwrap();
        append_all(&mut log, vec![vec![opened(), prompted("x")]]);
    }
    let find = |name: &str| home.store.find(name, &home.work());
    home.store.rename(&one, "Parser work").unwrap();
    assert_eq!(find(one.as_str()), Ok(one.clone()));
    assert_eq!(
        find("aaaa0000-0000-7000-8000-000000000002"),
        Ok(two.clone())
    );
    assert_eq!(find("parser WORK "), Ok(one.clone()));
    assert_eq!(
        find("zzz"),
        Err(FindFault::Nothing {
            name: "zzz".to_owned()
        })
    );
    assert_eq!(
        find(""),
        Err(FindFault::Nothing {
            name: String::new()
        })
    );
    let several = find("aaaa").unwrap_err();
    assert_eq!(several.to_string(), "2 sessions are called `aaaa`");
    home.store.rename(&two, "Parser work").unwrap();
    assert!(
        matches!(find("Parser work"), Err(FindFault::Several { found, .. }) if found.len() == 2)
    );
    // The title that was given last counts, and a title of this folder goes first.
    home.store.rename(&two, "Other").unwrap();
    assert_eq!(find("other"), Ok(two));
    let elsewhere = home.dir.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let far = Store::fresh_id();
    let mut log = home.store.create(&far, &elsewhere).unwrap();
    append_all(&mut log, vec![vec![opened(), titled("Parser work")]]);
    assert_eq!(find("Parser work"), Ok(one));
    assert_eq!(home.store.find("Parser work", &elsewhere), Ok(far));
}

#[test]
fn renaming_appends_a_fact() {
    let home = Home::new();
    let id = home.session(vec![vec![opened(), prompted("a")]]);
    home.store.rename(&id, "A name").unwrap();
    let all = entries(&home.store.path(&id).unwrap());
    assert_eq!(all.len(), 3);
    assert_eq!(
        (all[2].parent, &all[2].fact),
        (Some(EntryId(1)), &titled("A name"))
    );
    let card = &home.store.list(&Scope::Everywhere).unwrap().cards[0];
    assert_eq!(card.title.as_deref(), Some("A name"));
}

#[test]
fn deleting_moves_everything_to_the_trash() {
    let home = Home::new();
    let id = home.session(vec![vec![opened(), prompted("a")]]);
    let neighbour = home.session(vec![vec![opened()]]);
    let path = home.store.path(&id).unwrap();
    let bytes = fs::read(&path).unwrap();
    fs::write(home.store.scratch(&id).unwrap().join("out.txt"), "spilled").unwrap();
    fs::write(format!("{}.torn-1", path.display()), "torn").unwrap();
    let place = home.store.delete(&id).unwrap();
    assert!(place.starts_with(home.store.trash_folder()));
    assert_eq!(fs::read(place.join(format!("{id}.jsonl"))).unwrap(), bytes);
    assert_eq!(
        fs::read_to_string(place.join(id.as_str()).join("out.txt")).unwrap(),
        "spilled"
    );
    assert_eq!(
        fs::read_to_string(place.join(format!("{id}.jsonl.torn-1"))).unwrap(),
        "torn"
    );
    assert!(matches!(
        home.store.open(&id),
        Err(LogFault::Missing { .. })
    ));
    let left: Vec<_> = home
        .store
        .list(&Scope::Everywhere)
        .unwrap()
        .cards
        .into_iter()
        .map(|card| card.id)
        .collect();
    assert_eq!(left, [neighbour]);
}

#[test]
fn a_fork_is_a_copy_that_says_where_it_comes_from() {
    let home = Home::new();
    let id = home.session(vec![every_fact(), vec![said("after")]]);
    let path = home.store.path(&id).unwrap();
    let fork = Store::fresh_id();
    let log = home
        .store
        .fork(&id, ForkAt::End, &fork, &home.work())
        .unwrap();
    assert_eq!(log.header().forked_from, Some((id.clone(), EntryId(32))));
    let (one, other) = (
        fs::read_to_string(&path).unwrap(),
        fs::read_to_string(log.path()).unwrap(),
    );
    let (one, other): (Vec<_>, Vec<_>) = (one.lines().collect(), other.lines().collect());
    // All but the header and `opened` is the same, byte for byte: unknown facts too.
    assert_eq!(one[2..], other[2..]);
    let Fact::Opened(opened) = &entries(log.path())[0].fact else {
        panic!("no opened")
    };
    assert_eq!(opened.session, fork);
    assert_eq!(opened.forked_from, Some((id.clone(), EntryId(32))));
    assert_eq!(opened.tools.len(), 1);
    // It goes on by itself, and the first one does not notice.
    let mut log = log;
    append_all(&mut log, vec![vec![said("own way")]]);
    assert_eq!(
        fs::read_to_string(&path).unwrap().lines().count(),
        one.len()
    );
}

#[test]
fn a_fork_in_the_middle_of_a_batch_ends_there() {
    let home = Home::new();
    let id = home.session(vec![vec![opened(), prompted("a"), said("b"), said("c")]]);
    let fork = Store::fresh_id();
    let at = ForkAt::Entry(EntryId(2));
    let mut log = home.store.fork(&id, at, &fork, &home.work()).unwrap();
    assert_eq!(log.last(), Some(EntryId(2)));
    assert_eq!(
        append_all(&mut log, vec![vec![said("d")]])[0].id,
        EntryId(3)
    );
    assert_eq!(entries(log.path()).len(), 4);
    let late = home.store.fork(
        &id,
        ForkAt::Entry(EntryId(9)),
        &Store::fresh_id(),
        &home.work(),
    );
    assert!(matches!(late, Err(LogFault::Missing { .. })));
    let empty = home.session(vec![]);
    let none = home
        .store
        .fork(&empty, ForkAt::End, &Store::fresh_id(), &home.work());
    assert!(matches!(none, Err(LogFault::Missing { .. })));
}

#[test]
fn json_export_holds_every_fact_byte_for_byte() {
    let home = Home::new();
    let id = home.session(vec![every_fact()]);
    let path = home.store.path(&id).unwrap();
    let mut out = Vec::new();
    export_json(&home.store.view(&id).unwrap(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["session"], id.as_str());
    assert_eq!(
        value["entries"].as_array().unwrap().len(),
        every_fact().len()
    );
    assert_eq!(value["damaged"], serde_json::json!([]));
    for line in fs::read_to_string(&path).unwrap().lines().skip(1) {
        let fact = line.split_once("\"fact\":").unwrap().1;
        assert!(text.contains(fact), "{fact}");
    }
    let unknown = r#"{"type":"dreamt","data":{"z":1.50,"a":[ 1,2 ]},"x":null}"#;
    assert!(text.contains(unknown));
}

#[test]
fn exports_name_damaged_lines() {
    let home = Home::new();
    let id = home.session(vec![vec![opened()], vec![said("a")], vec![said("b")]]);
    let path = home.store.path(&id).unwrap();
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("\"reply\":\"r1\",\"text\":\"a\"", "");
    fs::write(&path, text).unwrap();
    let view = home.store.view(&id).unwrap();
    let wanted = format!(
        "{} line 3: fact `said`: missing field `reply`",
        path.display()
    );
    let mut out = Vec::new();
    export_json(&view, &mut out).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["damaged"], serde_json::json!([wanted]));
    let mut out = Vec::new();
    export_markdown(&view, &mut out).unwrap();
    assert!(
        String::from_utf8(out)
            .unwrap()
            .contains(&format!("- {wanted}\n"))
    );
}

#[test]
fn markdown_export_reads_as_a_transcript() {
    let home = Home::new();
    let id = SessionId::from(crate::sample::SESSION);
    let mut log = home.store.create(&id, &home.work()).unwrap();
    let mut facts = every_fact();
    let last = facts.split_off(23);
    append_all(&mut log, vec![facts, vec![said("a dead end")]]);
    log.append(Some(EntryId(22)), last).unwrap();
    let mut out = Vec::new();
    export_markdown(&home.store.view(&id).unwrap(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    insta::with_settings!({filters => vec![
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[time]"),
        (r"Folder: `[^`]*`", "Folder: `[folder]`"),
    ]}, { insta::assert_snapshot!(text) });
}

#[test]
fn a_folder_whose_path_is_no_text_has_sessions_too() {
    let home = Home::new();
    let odd: PathBuf = home
        .dir
        .path()
        .join(OsString::from_vec(b"odd-\xff\xfe".to_vec()));
    fs::create_dir(&odd).unwrap();
    let id = Store::fresh_id();
    let mut log = home.store.create(&id, &odd).unwrap();
    append_all(&mut log, vec![vec![opened(), prompted("x")]]);
    drop(log);
    let (log, _) = home.store.open(&id).unwrap();
    assert_eq!(log.header().cwd, odd.canonicalize().unwrap());
    assert_eq!(home.store.newest(&odd).unwrap(), id);
    let mut out = Vec::new();
    export_json(&home.store.view(&id).unwrap(), &mut out).unwrap();
    serde_json::from_slice::<serde_json::Value>(&out).unwrap();
}
