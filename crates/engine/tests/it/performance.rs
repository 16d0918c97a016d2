//! One scene, from the whole product to a crash at every place.

use crate::{cast::Cast, ground::Ground, tape::Death, whole::Whole};
use gimlet_protocol::Entry;
use gimlet_testkit::scenario::{
    Scene, Stage, check_log, check_requests, play, redacted_facts, same_end,
};
use std::{collections::BTreeMap, path::PathBuf};

/// Plays a scene in every way and checks what came of it.
pub(crate) fn perform(name: &str) {
    let ground = Ground::new();
    let scene = ground.scene(name);
    let shown = |entries: &[Entry]| redacted_facts(entries, &ground.redaction());

    ground.prepare(&scene);
    let whole = run(&scene, &Whole::new(&scene, &ground));
    check_log(&whole).unwrap_or_else(|why| panic!("{name}: {why}\n{}", shown(&whole)));
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, shown(&whole));
    });

    let (plain, files, appends) = played(&scene, &ground, None);
    assert_eq!(shown(&plain), shown(&whole), "{name}: the parts put together are not the product");
    if scene.setup.uncrashed.is_some() {
        return;
    }
    for place in 1..=appends {
        let (crashed, left, _) = played(&scene, &ground, Some(place));
        let told = || format!("{name}: with a crash after append {place} of {appends}");
        same_end(&plain, &crashed)
            .unwrap_or_else(|why| panic!("{}: {why}\n{}", told(), shown(&crashed)));
        assert_eq!(left, files, "{}\n{}", told(), shown(&crashed));
    }
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Plays a scene on the parts, with a crash after an append where one is given.
fn played(scene: &Scene, ground: &Ground, crash: Option<usize>) -> (Vec<Entry>, Files, usize) {
    ground.prepare(scene);
    let cast = Cast::new(scene, ground);
    if let Some(place) = crash {
        cast.tape.dies_after(place, Death::Unwind);
    }
    let entries = run(scene, &cast);
    let told = || format!("{}: crash {crash:?}", scene.path);
    let facts = || redacted_facts(&entries, &ground.redaction());
    check_log(&entries).unwrap_or_else(|why| panic!("{}: {why}\n{}", told(), facts()));
    let requests = cast.requests().unwrap_or_default();
    check_requests(&requests).unwrap_or_else(|why| panic!("{}: {why}\n{}", told(), facts()));
    let mut on_disk = cast.tape.entries();
    // Closing comes after the scene, when nobody follows it any more.
    on_disk.truncate(entries.len());
    assert_eq!(on_disk, entries, "{}: what was shown is what was written", told());
    // The closing itself is no part of the scene.
    let appends = cast.tape.appends().saturating_sub(1);
    (entries, ground.files(), appends)
}

/// Plays a scene on a stage, on one thread, so that the order of things is its own.
pub(crate) fn run(scene: &Scene, stage: &dyn Stage) -> Vec<Entry> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(play(scene, stage)).unwrap_or_else(|why| panic!("{why}"))
}
