//! Replacing files as a whole.

use crate::{folder, host};
use gimlet_host::{Flush, HostOptions, LocalHost};
use gimlet_ports::{FileKind, Host, HostFault, WriteHow};
use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt, symlink},
    },
    path::Path,
    sync::Arc,
};

async fn write(path: &Path, bytes: &[u8]) -> Result<(), HostFault> {
    host()
        .write(path, bytes, WriteHow::default())
        .await
        .map(drop)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode_of(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

fn count_in(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn a_new_file_has_the_usual_mode_and_a_stamp() {
    let folder = folder();
    let path = folder.path().join(OsStr::from_bytes(b"n\xffw"));
    let stamp = host()
        .write(&path, b"text", WriteHow::default())
        .await
        .unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    assert_eq!(mode_of(&path), mode_of(&plain));
    assert_eq!(
        host().read(&path, 100).await.unwrap(),
        (b"text".to_vec(), stamp)
    );
    assert_eq!(count_in(folder.path()), 2);
}

#[tokio::test]
async fn a_replaced_file_keeps_its_mode_and_owner() {
    let folder = folder();
    let path = folder.path().join("script");
    fs::write(&path, "old").unwrap();
    std::os::unix::fs::chown(&path, Some(1234), Some(4321)).expect("this test runs as root");
    set_mode(&path, 0o4751);
    write(&path, b"new").await.unwrap();
    let meta = path.metadata().unwrap();
    assert_eq!(
        (meta.uid(), meta.gid(), mode_of(&path)),
        (1234, 4321, 0o4751)
    );
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[tokio::test]
async fn links_are_followed_and_stay() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("sub")).unwrap();
    fs::write(at("sub/real"), "old").unwrap();
    symlink("sub/real", at("second")).unwrap();
    symlink(at("second"), at("first")).unwrap();
    write(&at("first"), b"new").await.unwrap();
    assert_eq!(fs::read(at("sub/real")).unwrap(), b"new");
    assert_eq!(fs::read_link(at("second")).unwrap(), Path::new("sub/real"));

    symlink("sub/absent", at("dangling")).unwrap();
    write(&at("dangling"), b"made").await.unwrap();
    assert_eq!(fs::read(at("sub/absent")).unwrap(), b"made");

    symlink("loop", at("loop")).unwrap();
    let what = format!("follow {}: too many links", at("loop").display());
    assert_eq!(
        write(&at("loop"), b"").await,
        Err(HostFault::Broken { what })
    );
}

#[tokio::test]
async fn what_is_read_only_is_denied_also_to_root() {
    let folder = folder();
    let denied = |path: &Path| {
        Err(HostFault::Denied {
            path: path.to_owned(),
            why: "read-only".into(),
        })
    };
    let path = folder.path().join("file");
    fs::write(&path, "old").unwrap();
    set_mode(&path, 0o444);
    assert_eq!(write(&path, b"new").await, denied(&path));
    set_mode(&path, 0o644);
    set_mode(folder.path(), 0o555);
    assert_eq!(write(&path, b"new").await, denied(folder.path()));
    assert_eq!(
        write(&folder.path().join("other"), b"new").await,
        denied(folder.path())
    );
    set_mode(folder.path(), 0o755);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(count_in(folder.path()), 1);
}

#[tokio::test]
async fn missing_folders_are_made_only_when_asked_for() {
    let folder = folder();
    let path = folder.path().join("a/b/c");
    let missing = HostFault::NotFound {
        path: folder.path().join("a/b"),
    };
    assert_eq!(write(&path, b"x").await, Err(missing));
    let how = WriteHow {
        make_folders: true,
        ..WriteHow::default()
    };
    host().write(&path, b"x", how.clone()).await.unwrap();
    let below_file = path.join("d/e");
    let in_the_way = HostFault::WrongKind {
        path: path.clone(),
        kind: FileKind::File,
    };
    assert_eq!(
        host().write(&below_file, b"x", how).await.err(),
        Some(in_the_way.clone())
    );
    assert_eq!(write(&below_file, b"x").await, Err(in_the_way));
}

#[tokio::test]
async fn a_new_file_never_replaces_one_that_is_there() {
    let folder = folder();
    let how = WriteHow {
        must_be_new: true,
        ..WriteHow::default()
    };
    let file = folder.path().join("file");
    host().write(&file, b"first", how.clone()).await.unwrap();
    let link = folder.path().join("link");
    symlink("nowhere", &link).unwrap();
    for path in [file.clone(), link] {
        let fault = host().write(&path, b"second", how.clone()).await.err();
        assert_eq!(fault, Some(HostFault::Exists { path }));
    }
    assert_eq!(fs::read(file).unwrap(), b"first");
    assert_eq!(count_in(folder.path()), 2);
}

#[tokio::test]
async fn a_changed_file_is_not_replaced() {
    let folder = folder();
    let path = folder.path().join("file");
    let expecting = |bytes: &[u8]| WriteHow {
        expect_hash: Some(blake3::hash(bytes).to_hex().to_string()),
        ..WriteHow::default()
    };
    let changed = Some(HostFault::Changed { path: path.clone() });
    assert_eq!(
        host().write(&path, b"new", expecting(b"old")).await.err(),
        changed
    );
    fs::write(&path, "other").unwrap();
    assert_eq!(
        host().write(&path, b"new", expecting(b"old")).await.err(),
        changed
    );
    assert_eq!(fs::read(&path).unwrap(), b"other");
    host()
        .write(&path, b"new", expecting(b"other"))
        .await
        .unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(count_in(folder.path()), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_writers_that_expect_the_same_exactly_one_succeeds() {
    let folder = folder();
    let path = Arc::new(folder.path().join("file"));
    for round in 0..20 {
        fs::write(&*path, format!("round {round}")).unwrap();
        let hash = blake3::hash(format!("round {round}").as_bytes())
            .to_hex()
            .to_string();
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let (path, hash) = (Arc::clone(&path), hash.clone());
                tokio::spawn(async move {
                    let options = HostOptions {
                        flush: Flush::Nothing,
                        ..HostOptions::default()
                    };
                    let how = WriteHow {
                        expect_hash: Some(hash),
                        ..WriteHow::default()
                    };
                    let bytes = format!("writer {writer}");
                    LocalHost::new(options)
                        .write(&path, bytes.as_bytes(), how)
                        .await
                })
            })
            .collect();
        let mut written = 0;
        for writer in writers {
            match writer.await.unwrap() {
                Ok(_) => written += 1,
                Err(fault) => assert_eq!(
                    fault,
                    HostFault::Changed {
                        path: path.to_path_buf()
                    }
                ),
            }
        }
        assert_eq!(written, 1);
    }
    assert_eq!(count_in(folder.path()), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_writers_of_a_new_file_exactly_one_succeeds() {
    let folder = folder();
    let path = Arc::new(folder.path().join("file"));
    let writers: Vec<_> = (0..16)
        .map(|_| {
            let path = Arc::clone(&path);
            let how = WriteHow {
                must_be_new: true,
                ..WriteHow::default()
            };
            tokio::spawn(async move { host().write(&path, b"x", how).await.is_ok() })
        })
        .collect();
    let mut written = 0;
    for writer in writers {
        written += usize::from(writer.await.unwrap());
    }
    assert_eq!((written, count_in(folder.path())), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_sees_the_old_or_the_new_and_never_a_part() {
    let folder = folder();
    let path = folder.path().join("file");
    let (old, new) = (vec![b'a'; 300_000], vec![b'b'; 500_000]);
    fs::write(&path, &old).unwrap();
    let reader = {
        let (path, old, new) = (path.clone(), old.clone(), new.clone());
        std::thread::spawn(move || {
            (0..300).all(|_| {
                let seen = fs::read(&path).unwrap();
                seen == old || seen == new
            })
        })
    };
    while !reader.is_finished() {
        write(&path, &new).await.unwrap();
        write(&path, &old).await.unwrap();
    }
    assert!(reader.join().unwrap());
}

#[tokio::test]
async fn bytes_are_added_to_the_end_of_a_private_file() {
    let folder = folder();
    let path = folder.path().join("made/on/the/way");
    host().append(&path, b"one ").await.unwrap();
    host().append(&path, b"two").await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"one two");
    assert_eq!(mode_of(&path), 0o600);
}
