//! Looking at, reading and listing files.

use crate::{folder, host, os::shell::make_fifo};
use gimlet_ports::{DirItem, FileInfo, FileKind, Host, HostFault};
use std::{
    ffi::OsStr,
    os::unix::{ffi::OsStrExt, fs::symlink, net::UnixListener},
    path::PathBuf,
};

#[tokio::test]
async fn stat_follows_links_and_tells_the_real_path() {
    let folder = folder();
    let root = folder.path().canonicalize().unwrap();
    std::fs::write(root.join("file"), "12345").unwrap();
    symlink("file", root.join("link")).unwrap();
    let found = host().stat(&root.join("link")).await.unwrap();
    let modified_ns = found.modified_ns;
    assert!(modified_ns > 1_500_000_000_000_000_000);
    let real = root.join("file");
    assert_eq!(
        found,
        FileInfo {
            kind: FileKind::File,
            size: 5,
            modified_ns,
            real
        }
    );
}

#[tokio::test]
async fn stat_tells_what_is_missing() {
    let folder = folder();
    std::fs::write(folder.path().join("file"), "").unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    for name in ["missing", "file/below", "dangling"] {
        let path = folder.path().join(name);
        assert_eq!(host().stat(&path).await, Err(HostFault::NotFound { path }));
    }
}

#[tokio::test]
async fn a_file_is_read_whole_with_its_stamp() {
    let folder = folder();
    let path = folder.path().join(OsStr::from_bytes(b"n\xffme"));
    std::fs::write(&path, b"bytes\xff").unwrap();
    let (bytes, stamp) = host().read(&path, 6).await.unwrap();
    assert_eq!(bytes, b"bytes\xff");
    assert_eq!(stamp.hash, blake3::hash(b"bytes\xff").to_hex().to_string());
    assert_eq!((stamp.size, stamp.whole), (6, true));
    assert_eq!(
        stamp.modified_ns,
        host().stat(&path).await.unwrap().modified_ns
    );
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_before_it_is_read() {
    let folder = folder();
    let path = folder.path().join("huge");
    std::fs::File::create(&path)
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let fault = host().read(&path, 1000).await.err();
    assert_eq!(
        fault,
        Some(HostFault::TooLarge {
            path,
            size: 1 << 40,
            limit: 1000
        })
    );
}

#[tokio::test]
async fn a_file_that_hides_its_size_is_read_within_the_limit() {
    let path = PathBuf::from("/proc/self/status");
    assert!(
        host()
            .read(&path, 1 << 20)
            .await
            .unwrap()
            .0
            .starts_with(b"Name:")
    );
    let fault = host().read(&path, 10).await.err();
    assert_eq!(
        fault,
        Some(HostFault::TooLarge {
            path,
            size: 11,
            limit: 10
        })
    );
}

#[tokio::test]
async fn what_is_no_file_is_refused_at_once() {
    let folder = folder();
    let fifo = folder.path().join("fifo");
    make_fifo(&fifo);
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let special = [fifo, socket, "/dev/zero".into(), "/dev/tty".into()];
    for path in special {
        let refused = HostFault::WrongKind {
            path: path.clone(),
            kind: FileKind::Special,
        };
        assert_eq!(host().read(&path, 10).await.err(), Some(refused.clone()));
        assert_eq!(
            crate::lines::first(&path, 10).await.err(),
            Some(refused.clone())
        );
        assert_eq!(
            host().append(&path, b"x").await.err(),
            Some(refused.clone())
        );
        let how = gimlet_ports::WriteHow::default();
        assert_eq!(
            host().write(&path, b"x", how).await.err(),
            Some(refused.clone())
        );
        assert_eq!(
            crate::search::grep_in(&path, "x").await.err(),
            Some(refused)
        );
    }
    let path = folder.path().to_owned();
    let refused = HostFault::WrongKind {
        path: path.clone(),
        kind: FileKind::Folder,
    };
    assert_eq!(host().read(&path, 10).await.err(), Some(refused.clone()));
    assert_eq!(
        host()
            .write(&path, b"", gimlet_ports::WriteHow::default())
            .await
            .err(),
        Some(refused)
    );
}

#[tokio::test]
async fn a_folder_is_listed_by_name_without_following_links() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("b"), "12").unwrap();
    std::fs::create_dir(at("a")).unwrap();
    symlink("b", at("c")).unwrap();
    make_fifo(&at(".d"));
    std::fs::write(folder.path().join(OsStr::from_bytes(b"\xff")), "").unwrap();
    let item = |name: &[u8], kind, size| DirItem {
        name: OsStr::from_bytes(name).to_owned(),
        kind,
        size,
    };
    let all = [
        item(b".d", FileKind::Special, 0),
        item(b"a", FileKind::Folder, 0),
        item(b"b", FileKind::File, 2),
        item(b"c", FileKind::Link, 1),
        item(b"\xff", FileKind::File, 0),
    ];
    assert_eq!(
        host().list(folder.path(), 5).await.unwrap(),
        (all.to_vec(), false)
    );
    let first = all.get(..2).unwrap().to_vec();
    assert_eq!(host().list(folder.path(), 2).await.unwrap(), (first, true));
}

#[tokio::test]
async fn listing_what_is_no_folder_says_so() {
    let folder = folder();
    let path = folder.path().join("file");
    let missing = HostFault::NotFound { path: path.clone() };
    assert_eq!(host().list(&path, 1).await.err(), Some(missing));
    std::fs::write(&path, "").unwrap();
    let file = HostFault::WrongKind {
        path: path.clone(),
        kind: FileKind::File,
    };
    assert_eq!(host().list(&path, 1).await.err(), Some(file));
}

#[test]
fn the_clock_tells_the_time_of_day() {
    assert!(host().now().0 > 1_700_000_000_000);
}
