//! The description; what it comes to is tried in the tests of the program.

use super::*;
use std::path::Path;

#[test]
fn a_workspace_is_writable_but_for_what_makes_code_run_later() {
    let home = Path::new("/home/p");
    let confinement = Confinement::of_workspace(Path::new("/w"), Some(home));
    assert_eq!(confinement.write, [Path::new("/w")]);
    assert!(confinement.protect.contains(&"/w/.git/hooks".into()));
    assert!(confinement.hide.contains(&"/home/p/.ssh".into()));
    assert_eq!(confinement.network, Network::Own);
}

#[test]
fn what_is_told_to_the_helper_is_what_it_reads() {
    let confinement = Confinement::of_workspace(Path::new("/w"), None);
    let arguments = confinement.arguments(&["true".into()]).unwrap();
    let [told, command] = &arguments[..] else {
        panic!("{arguments:?}")
    };
    assert_eq!(command, "true");
    let read: Confinement = serde_json::from_str(told.to_str().unwrap()).unwrap();
    assert_eq!(read, confinement);
}
