//! Random scripts in random trees, with git and without, killed wherever it happens.

use super::{Ground, command, id, of, undo, undo_of};
use gimlet_protocol::{Author, SessionId};
use proptest::prelude::*;
use std::fmt::Write as _;

/// One line of a script.
fn line(kind: u8, one: &str, other: &str, text: u16) -> String {
    match kind {
        0 => format!("mkdir -p \"$(dirname {one})\"; echo {text} > {one}"),
        1 => format!("echo {text} >> {one}"),
        2 => format!("mv {one} {other}"),
        3 => format!("rm -rf {one}"),
        4 => format!("chmod {:o} {one}", 0o700 | (text & 0o77)),
        5 => format!("ln -sfn {other} {one}"),
        6 => format!("mkdir -p {one}"),
        7 => format!("cp -r {one} {other}"),
        8 => format!("rm -rf {one}; mkdir -p {one}; echo {text} > {one}/x"),
        _ => format!("head -c {text} /dev/zero > {one}"),
    }
}

fn place() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a", "b", "A", "d", "d/a", "d/b", "d/e", "d/e/f", "e", "e/a", "'s p'", "'d/s p'", ".hidden",
    ])
}

prop_compose! {
    fn script(most: usize)(lines in prop::collection::vec((0_u8..10, place(), place(), any::<u16>()), 1..most))
        -> Vec<String> {
        lines.into_iter().map(|(kind, one, other, text)| line(kind, one, other, text)).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a script does, and wherever it is killed, undo brings every byte and mode back,
    /// redo the other way, and a file that the person changed since is not touched.
    #[test]
    fn any_script_is_undone_and_redone(
        begin in script(12),
        script in script(20),
        with_git in any::<bool>(),
        killed_after in 0_usize..20,
        dies in any::<bool>(),
        persons in place(),
    ) {
        let ground = Ground::new();
        ground.sh(&begin.join("\n"));
        if with_git {
            ground.commit_all();
        }
        let before = ground.manifest();
        let mut workspace = ground.workspace();
        workspace.open(&id("1"), &command("1", &[]));
        let mut text = String::new();
        for (number, line) in script.iter().enumerate() {
            if number == killed_after {
                text.push_str("kill -9 $$\n");
            }
            writeln!(text, "{line}").unwrap();
        }
        ground.sh(&text);
        let after = ground.manifest();
        let snapshot = if dies {
            drop(workspace);
            workspace = ground.workspace();
            workspace.leftovers(&SessionId::from("s-1"), &|_| false).pop()
        } else {
            workspace.close(&id("1"))
        };
        prop_assert_eq!(snapshot.is_none(), before == after);
        if let Some(mut snapshot) = snapshot {
            // Whether a slow machine made the last changes later than the last beat is not
            // what is tried here.
            for change in &mut snapshot.changes {
                change.author = Author::Certain;
            }
            let wanted = undo_of(&snapshot);
            let planned = workspace.plan(&wanted);
            prop_assert_eq!(&planned.conflicts, &[]);
            let undone = workspace.carry_out(&id("u"), of("u"), &planned.steps).unwrap();
            prop_assert_eq!(ground.manifest(), before);
            let undone = undone.unwrap();
            let planned = workspace.plan(&undo_of(&undone));
            prop_assert_eq!(&planned.conflicts, &[]);
            workspace.carry_out(&id("r"), of("r"), &planned.steps).unwrap();
            prop_assert_eq!(ground.manifest(), after);
            // Now the person changes a file, and it is taken back once more.
            ground.sh(&format!("echo mine > {persons}"));
            let changed = ground.manifest();
            undo(&workspace, &snapshot);
            let now = ground.manifest();
            for (path, entry) in &changed {
                if entry.2 == b"mine\n" {
                    prop_assert_eq!(now.get(path), Some(entry));
                }
            }
        }
    }
}
