//! Profiles as text.

use super::*;

#[test]
fn bounds_are_a_profile() {
    let bounds = Bounds {
        write: ["/w".into(), "/data/s/tmp".into()].into_iter().collect(),
        protect: ["/w/.git/hooks".into(), "/w/.claude".into()]
            .into_iter()
            .collect(),
        hide: ["/Users/p/.ssh".into(), "/data".into()]
            .into_iter()
            .collect(),
        show: ["/data/s".into()].into_iter().collect(),
        temporary: Some("/data/s/tmp".into()),
        network: Network::Proxy,
        ..Bounds::default()
    };
    insta::assert_snapshot!(profile(&bounds));
}

#[test]
fn a_name_cannot_end_its_rule() {
    let bounds = Bounds {
        write: ["/w\") (allow default) (\"\\".into()].into_iter().collect(),
        network: Network::Open,
        ..Bounds::default()
    };
    let profile = profile(&bounds);
    assert!(
        profile.contains("(subpath \"/w\\\") (allow default) (\\\"\\\\\")"),
        "{profile}"
    );
    assert!(!profile.contains("network"));
}
