//! One scene, from the whole product to a crash at every place.

use crate::{cast::Cast, ground::Ground, tape::Death, whole::Whole};
use gimlet_ports::SessionLog as _;
use gimlet_protocol::{Entry, Fact, SessionId};
use gimlet_store::Store;
use gimlet_testkit::scenario::{
    SESSION, Scene, Staff, Stage, check_log, check_requests, play, redacted_facts, same_end,
};
use std::{collections::BTreeMap, path::PathBuf};

/// Plays a scene in every way and checks what came of it.
pub(crate) fn perform(name: &str) {
    let ground = Ground::new();
    let scene = ground.scene(name);
    let shown = |entries: &[Entry]| {
        let mut redaction = ground.redaction();
        let workers = entries.iter().filter_map(|entry| {
            if let Fact::Hired(hired) = &entry.fact {
                Some(hired.worker.to_string())
            } else {
                None
            }
        });
        redaction.extend(
            workers
                .enumerate()
                .map(|(n, id)| (id, format!("$WORKER{n}"))),
        );
        // What calls change on the disk is the product's to tell; the parts are played without.
        let mut entries = entries.to_vec();
        entries.retain(|entry| !matches!(entry.fact, Fact::Snapshot(_)));
        redacted_facts(&entries, &redaction)
    };

    ground.prepare(&scene);
    let whole = run(&scene, &Whole::new(&scene, &ground));
    check_log(&whole).unwrap_or_else(|why| panic!("{name}: {why}\n{}", shown(&whole)));
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, shown(&whole));
    });

    if scene.setup.workers == Staff::Workers {
        return;
    }
    let (plain, files, appends) = played(&scene, &ground, None);
    let (parts, product) = (shown(&plain), shown(&whole));
    let differs = parts
        .lines()
        .zip(product.lines())
        .find(|(part, whole)| part != whole);
    assert_eq!(
        differs, None,
        "{name}: the parts put together are not the product"
    );
    assert_eq!(
        parts.len(),
        product.len(),
        "{name}: the product did more or less:\n{parts}"
    );
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
    check(scene, ground, &cast, &entries);
    // The closing itself is no part of the scene.
    let appends = cast.tape.appends().saturating_sub(1);
    (entries, ground.files(), appends)
}

/// Plays a scene on a stage, on one thread, so that the order of things is its own.
pub(crate) fn run(scene: &Scene, stage: &dyn Stage) -> Vec<Entry> {
    runtime()
        .block_on(play(scene, stage))
        .unwrap_or_else(|why| panic!("{why}"))
}

/// Checks the log, what of it is on the disk, and the requests of one process.
pub(crate) fn check(scene: &Scene, ground: &Ground, cast: &Cast, entries: &[Entry]) {
    let fail = |why: String| -> ! {
        panic!(
            "{}: {why}\n{}",
            scene.path,
            redacted_facts(entries, &ground.redaction())
        )
    };
    check_log(entries).unwrap_or_else(|why| fail(why));
    check_requests(&cast.requests().unwrap_or_default()).unwrap_or_else(|why| fail(why));
    let mut written = on_disk(ground);
    // Closing comes after the scene, when nobody follows it any more.
    written.truncate(entries.len());
    if written != entries {
        fail("what was shown is not what was written".to_owned());
    }
}

/// The log as another program reads it.
fn on_disk(ground: &Ground) -> Vec<Entry> {
    let store = Store::new(&ground.dirs().data);
    let (log, _) = store.open(&SessionId::new(SESSION)).unwrap();
    log.read(None).unwrap().collect::<Result<_, _>>().unwrap()
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}
