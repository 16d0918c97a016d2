//! Full disks and folders of other users.

use crate::{folder, host};
use gimlet_ports::{Host, HostFault, WriteHow};
use std::{ffi::OsString, path::Path, process::Command};

/// A small file system of its own, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Self {
        let place = folder();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "gimlet-test"])
            .arg(place.path())
            .status()
            .unwrap();
        assert!(
            mounted.success(),
            "this test mounts a tmpfs, for which it has to run as root"
        );
        Self(place)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

fn names_in(folder: &Path) -> Vec<OsString> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_full_disk_leaves_the_old_file_and_nothing_else() {
    let disk = SmallDisk::mount("64k");
    let path = disk.path().join("file");
    host()
        .write(&path, b"old", WriteHow::default())
        .await
        .unwrap();
    let fault = host()
        .write(&path, &vec![b'x'; 200_000], WriteHow::default())
        .await
        .err();
    assert_eq!(fault, Some(HostFault::NoSpace { path: path.clone() }));
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(names_in(disk.path()), ["file"]);
    let fault = host().append(&path, &vec![b'x'; 200_000]).await.err();
    assert_eq!(fault, Some(HostFault::NoSpace { path }));
}

#[tokio::test]
async fn a_file_system_that_is_read_only_denies_writing() {
    let disk = SmallDisk::mount("64k");
    let path = disk.path().join("file");
    std::fs::write(&path, "old").unwrap();
    let status = Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(disk.path())
        .status();
    assert!(status.unwrap().success());
    let fault = host().write(&path, b"new", WriteHow::default()).await.err();
    let why = "the file system is read-only".to_owned();
    assert_eq!(fault, Some(HostFault::Denied { path, why }));
}
