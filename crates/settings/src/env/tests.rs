//! Tests of the environment snapshot.

use super::*;

#[test]
fn an_empty_variable_counts_as_missing() {
    let env = Env::of([("GIMLET_MODEL", ""), ("HOME", "/home/ada")]);
    assert_eq!(env.text(&env_vars::GIMLET_MODEL), None);
    assert_eq!(env.path(&env_vars::HOME), Some(PathBuf::from("/home/ada")));
}

#[test]
fn a_relative_path_counts_as_missing() {
    let env = Env::of([("XDG_DATA_HOME", "data")]);
    assert_eq!(env.path(&env_vars::XDG_DATA_HOME), None);
}

#[test]
fn debug_shows_names_and_no_values() {
    let env = Env::of([("ANTHROPIC_API_KEY", "sk-hidden"), ("HOME", "/home/ada")]);
    assert_eq!(format!("{env:?}"), r#"{"ANTHROPIC_API_KEY", "HOME"}"#);
}

#[test]
fn a_switch_is_on_unless_it_says_no() {
    let is_on =
        |value| Env::of([("DISABLE_AUTO_COMPACT", value)]).is_on(&env_vars::DISABLE_AUTO_COMPACT);
    let given = [
        "1",
        "true",
        "yes",
        "woodpecker",
        "0",
        "false",
        "No",
        "off",
        "",
    ];
    assert_eq!(
        given.map(is_on),
        [true, true, true, true, false, false, false, false, false]
    );
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_utf8_is_no_text_and_still_reaches_children() {
    use std::os::unix::ffi::OsStringExt as _;
    let odd = OsString::from_vec(vec![b'/', 0xff]);
    let env = Env::of([(OsString::from("HOME"), odd.clone())]);
    assert_eq!(env.text(&env_vars::HOME), None);
    assert_eq!(env.path(&env_vars::HOME), Some(PathBuf::from(&odd)));
    assert_eq!(
        env.iter().collect::<Vec<_>>(),
        [(OsStr::new("HOME"), odd.as_os_str())]
    );
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "this compares with what the system says"
)]
fn the_process_always_has_a_home_when_the_system_knows_one() {
    let env = Env::of_process();
    let known = std::env::home_dir().filter(|home| home.is_absolute());
    assert_eq!(env.path(&env_vars::HOME), known);
}
