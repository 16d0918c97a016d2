//! Tests of the folders.

use super::*;

fn found(pairs: &[(&str, &str)]) -> Result<[String; 4], DirsFault> {
    let dirs = Dirs::find(&Env::of(pairs.iter().copied()))?;
    Ok([dirs.config, dirs.data, dirs.cache, dirs.state].map(|path| path.display().to_string()))
}

#[test]
fn folders_are_at_their_customary_places_in_the_home() {
    assert_eq!(
        found(&[("HOME", "/home/ada")]),
        Ok([
            "/home/ada/.config/gimlet",
            "/home/ada/.local/share/gimlet",
            "/home/ada/.cache/gimlet",
            "/home/ada/.local/state/gimlet",
        ]
        .map(str::to_owned))
    );
}

#[test]
fn a_direct_variable_beats_gimlet_home_which_beats_xdg() {
    let env = [
        ("HOME", "/home/ada"),
        ("XDG_CONFIG_HOME", "/xdg/config"),
        ("XDG_STATE_HOME", "relative"),
        ("GIMLET_CACHE_DIR", "/fast/cache"),
    ];
    assert_eq!(
        found(&env),
        Ok([
            "/xdg/config/gimlet",
            "/home/ada/.local/share/gimlet",
            "/fast/cache",
            "/home/ada/.local/state/gimlet",
        ]
        .map(str::to_owned))
    );
    let with_home = [&env[..], &[("GIMLET_HOME", "/g")]].concat();
    assert_eq!(
        found(&with_home),
        Ok(["/g/config", "/g/data", "/fast/cache", "/g/state"].map(str::to_owned))
    );
}

#[test]
fn no_home_is_told() {
    assert_eq!(found(&[]), Err(DirsFault::NoHome));
    assert_eq!(
        found(&[("GIMLET_HOME", "/g")]),
        Ok(["/g/config", "/g/data", "/g/cache", "/g/state"].map(str::to_owned))
    );
}

#[test]
fn a_relative_folder_of_gimlets_own_is_told() {
    let fault = DirsFault::Relative {
        variable: "GIMLET_HOME",
    };
    assert_eq!(
        found(&[("HOME", "/home/ada"), ("GIMLET_HOME", "here")]),
        Err(fault)
    );
}
