//! The scenes, one test each.

use crate::{ground::scenarios, performance::perform};
use std::collections::BTreeSet;

macro_rules! scenes {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                perform(stringify!($name));
            }
        )*

        const LISTED: &[&str] = &[$(stringify!($name)),*];
    };
}

scenes! {
    permission_remembered
}

#[test]
fn every_scene_is_listed() {
    let files: BTreeSet<String> = std::fs::read_dir(scenarios())
        .unwrap()
        .filter_map(|file| Some(file.unwrap().file_name().to_str()?.strip_suffix(".scene")?.to_owned()))
        .collect();
    let listed: BTreeSet<String> = LISTED.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(listed, files);
}
