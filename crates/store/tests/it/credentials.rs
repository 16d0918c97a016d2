//! Credentials in the file, in a real keyring, and beside a keyring that never answers.

use gimlet_store::{CredentialFault, Credentials, Keyring, Place, Secret, Stored};
use std::{
    env, fs,
    os::unix::{fs::PermissionsExt as _, net::UnixListener},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

const CONFIG: &str = "GIMLET_STORE_TEST_CONFIG";
const EXPECT: &str = "GIMLET_STORE_TEST_EXPECT";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_file_keeps_secrets_for_their_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let kept = Credentials::new(&dir.path().join("config"), Keyring::Off);
    assert_eq!(kept.get("anthropic").unwrap(), None);
    assert_eq!(kept.list().unwrap(), []);
    assert!(!kept.path().exists(), "looking makes nothing");
    let stored = kept.set("anthropic", &Secret::new("sk-one")).unwrap();
    assert_eq!(
        stored,
        Stored {
            place: Place::File,
            because: None
        }
    );
    kept.set("openai", &Secret::new("sk-two")).unwrap();
    kept.set("anthropic", &Secret::new("sk-three")).unwrap();
    assert_eq!(mode(kept.path()), 0o600);
    assert_eq!(mode(kept.path().parent().unwrap()), 0o700);
    assert_eq!(
        kept.get("anthropic").unwrap(),
        Some(Secret::new("sk-three"))
    );
    let names = [
        ("anthropic".to_owned(), Place::File),
        ("openai".to_owned(), Place::File),
    ];
    assert_eq!(kept.list().unwrap(), names);
    assert_eq!(kept.delete("anthropic").unwrap(), [Place::File]);
    assert_eq!(kept.delete("anthropic").unwrap(), []);
    assert_eq!(kept.get("anthropic").unwrap(), None);
    assert_eq!(kept.list().unwrap(), names[1..]);
}

#[test]
fn a_file_open_to_others_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let kept = Credentials::new(dir.path(), Keyring::Off);
    kept.set("anthropic", &Secret::new("sk-one")).unwrap();
    for bits in [0o640, 0o604, 0o660, 0o777] {
        fs::set_permissions(kept.path(), fs::Permissions::from_mode(bits)).unwrap();
        let fault = CredentialFault::TooOpen {
            path: kept.path().to_owned(),
            mode: bits,
        };
        assert_eq!(kept.get("anthropic").unwrap_err(), fault);
        assert_eq!(kept.set("anthropic", &Secret::new("x")).unwrap_err(), fault);
        assert_eq!(kept.delete("anthropic").unwrap_err(), fault);
        assert_eq!(
            fault.to_string(),
            format!(
                "{} can be read by others (mode {bits:o}, should be 600)",
                kept.path().display()
            )
        );
    }
}

#[test]
fn no_error_and_no_debug_shows_a_secret() {
    let dir = tempfile::tempdir().unwrap();
    let kept = Credentials::new(dir.path(), Keyring::Off);
    assert_eq!(format!("{:?}", Secret::new("sk-hidden")), "Secret(…)");
    kept.set("anthropic", &Secret::new("sk-hidden")).unwrap();
    for text in [
        "\"sk-hidden\"",
        "{\"secrets\":\"sk-hidden\"}",
        "{\"secrets\":{\"a\":\"sk-hidden",
    ] {
        fs::write(kept.path(), text).unwrap();
        let fault = kept.get("anthropic").unwrap_err();
        assert!(matches!(fault, CredentialFault::Malformed { .. }));
        assert!(
            !format!("{fault} {fault:?} {kept:?}").contains("hidden"),
            "{fault}"
        );
    }
    for name in ["", "a\nb"] {
        assert!(matches!(
            kept.set(name, &Secret::new("x")).unwrap_err(),
            CredentialFault::Name { .. }
        ));
    }
}

#[test]
fn two_writers_do_not_undo_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let writers: Vec<_> = (0..8)
        .map(|n| {
            let kept = Credentials::new(dir.path(), Keyring::Off);
            std::thread::spawn(move || kept.set(&format!("name-{n}"), &Secret::new("x")).unwrap())
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(
        Credentials::new(dir.path(), Keyring::Off)
            .list()
            .unwrap()
            .len(),
        8
    );
}

#[test]
fn a_link_to_the_file_stays_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let kept = Credentials::new(&dir.path().join("config"), Keyring::Off);
    kept.set("a", &Secret::new("x")).unwrap();
    let real = dir.path().join("dotfiles.json");
    fs::rename(kept.path(), &real).unwrap();
    std::os::unix::fs::symlink(&real, kept.path()).unwrap();
    kept.set("b", &Secret::new("y")).unwrap();
    assert!(fs::symlink_metadata(kept.path()).unwrap().is_symlink());
    assert_eq!(kept.list().unwrap().len(), 2);
    assert_eq!(mode(&real), 0o600);
}

/// Run by the tests below in a process with an environment of its own; by itself it uses
/// the file.
#[test]
fn a_secret_comes_back_from_where_it_was_put() {
    let own = tempfile::tempdir().unwrap();
    let config = env::var_os(CONFIG).map_or_else(|| own.path().to_owned(), PathBuf::from);
    let keyring = if env::var_os(CONFIG).is_some() {
        Keyring::System
    } else {
        Keyring::Off
    };
    let kept = Credentials::new(&config, keyring).with_limit(Duration::from_millis(1500));
    let started = Instant::now();
    let stored = kept.set("anthropic", &Secret::new("sk-kéy")).unwrap();
    // One wait for the keyring, not more.
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(kept.get("anthropic").unwrap(), Some(Secret::new("sk-kéy")));
    assert_eq!(
        kept.list().unwrap(),
        [("anthropic".to_owned(), stored.place)]
    );
    let text = fs::read_to_string(kept.path()).unwrap();
    assert_eq!(text.contains("sk-k"), stored.place == Place::File, "{text}");
    assert_eq!(kept.delete("anthropic").unwrap(), [stored.place]);
    assert_eq!(kept.get("anthropic").unwrap(), None);
    match env::var(EXPECT).as_deref() {
        Ok("keyring") => assert_eq!(
            stored,
            Stored {
                place: Place::Keyring,
                because: None
            }
        ),
        Ok(why) => {
            assert_eq!(stored.place, Place::File);
            let because = stored.because.unwrap();
            assert!(because.contains(why), "{because}");
            assert!(kept.keyring_status().is_err());
        }
        Err(_) => assert_eq!(
            stored,
            Stored {
                place: Place::File,
                because: None
            }
        ),
    }
}

fn run(mut command: Command, config: &Path, expect: &str) {
    let output = command
        .env(CONFIG, config)
        .env(EXPECT, expect)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

fn this_test() -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([
        "--exact",
        "credentials::a_secret_comes_back_from_where_it_was_put",
        "--nocapture",
    ]);
    command
}

#[test]
fn without_a_keyring_the_file_is_used_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = this_test();
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    run(command, &dir.path().join("config"), "");
}

#[test]
fn a_keyring_that_never_answers_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("bus");
    // Connections are taken by the kernel; nobody ever speaks on them.
    let _listener = UnixListener::bind(&socket).unwrap();
    let mut command = this_test();
    command.env(
        "DBUS_SESSION_BUS_ADDRESS",
        format!("unix:path={}", socket.display()),
    );
    run(
        command,
        &dir.path().join("config"),
        "no answer within 1500 ms",
    );
}

fn installed(program: &str) -> bool {
    env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(program).is_file())
}

/// Needs `dbus` and `gnome-keyring`. Where they are not installed, the same secret goes
/// through a bus without a keyring, which is another real way to the file.
#[test]
fn a_real_keyring_keeps_a_secret() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config");
    if !installed("dbus-run-session") {
        let mut command = this_test();
        command
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env("XDG_RUNTIME_DIR", dir.path());
        return run(command, &config, "");
    }
    let keyring = installed("gnome-keyring-daemon");
    let start = if keyring {
        "printf 'pass' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; "
    } else {
        ""
    };
    let inner = this_test();
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", &format!("{start}exec \"$0\" \"$@\"")]);
    command.arg(inner.get_program()).args(inner.get_args());
    command
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env("HOME", dir.path());
    for name in [
        "XDG_RUNTIME_DIR",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
    ] {
        let folder = dir.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        command.env(name, folder);
    }
    run(command, &config, if keyring { "keyring" } else { "" });
}
