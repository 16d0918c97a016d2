use super::*;
use gimlet_protocol::{Mode, SessionId};
use std::sync::Arc;

fn scene() -> Scene {
    Scene {
        session: SessionId::new("s"),
        root: PathBuf::from("/work"),
        cwd: PathBuf::from("/work/sub"),
        added: Vec::new(),
        home: Some(PathBuf::from("/home/me")),
        scratch: PathBuf::from("/scratch"),
        mode: Mode::Default,
        output_chars: 30_000,
        desk: Arc::default(),
        grants: Arc::default(),
    }
}

#[test]
fn paths_are_resolved_as_models_mean_them() {
    let scene = scene();
    let rows = [
        ("/a/b.txt", "/a/b.txt"),
        ("b.txt", "/work/sub/b.txt"),
        ("./b.txt", "/work/sub/b.txt"),
        ("../b.txt", "/work/b.txt"),
        ("/a/./x/../b.txt", "/a/b.txt"),
        ("/../../etc", "/etc"),
        ("~", "/home/me"),
        ("~/x", "/home/me/x"),
        ("~other/x", "/work/sub/~other/x"),
    ];
    for (given, meant) in rows {
        assert_eq!(resolve(&scene, given), Ok(PathBuf::from(meant)), "{given}");
    }
}

#[test]
fn paths_that_cannot_be_are_refused() {
    let scene = Scene {
        home: None,
        ..scene()
    };
    for given in ["", "  ", "a\0b", "~/x"] {
        assert!(resolve(&scene, given).is_err(), "{given:?}");
    }
}

#[test]
fn paths_are_short_where_that_is_unambiguous() {
    let scene = scene();
    let rows = [
        ("/work/sub", "."),
        ("/work/sub/a/b", "a/b"),
        ("/work/c", "/work/c"),
        ("/etc/passwd", "/etc/passwd"),
    ];
    for (path, text) in rows {
        assert_eq!(short(&scene, Path::new(path)), text);
    }
    assert_eq!(title(&scene, Path::new("/work/c")), "c");
}
