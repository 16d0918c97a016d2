//! What the command sees of the file system: all of it, read-only, but for what may be written,
//! with what is secret hidden and temporary folders of its own.

use super::system::{self, Detached, Outcome};
use gimlet_protocol::Bounds;
use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Folders that are the command's own: others leave sockets and files there.
const PRIVATE: [&str; 3] = ["/tmp", "/var/tmp", "/run"];
/// What there is of `/dev`: neither disks nor other people's terminals.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
/// Links of `/dev` that programs know.
const DEVICE_LINKS: [(&str, &str); 5] = [
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
    ("pts/ptmx", "ptmx"),
];
/// The one of them that may be a folder of the session.
const TEMPORARY: &str = "/tmp";
/// Bytes of what covers a hidden folder: room for places on the way to what is shown in it.
const COVER_BYTES: u64 = 1 << 20;

/// What is done at one place.
enum Work {
    /// What was there is put back, as it may be used.
    Show(Detached),
    /// Nothing is to be seen but what is shown below.
    Cover,
}

/// Arranges it. The process must be in namespaces of its own; `sockets` are those on which others
/// listen outside.
pub(super) fn arrange(bounds: &Bounds, sockets: &[PathBuf]) -> Outcome<()> {
    system::keep_mounts_to_ourselves()?;
    // Taken before they are covered or made read-only, put back after.
    let mut works: Vec<(PathBuf, Work)> = Vec::new();
    let temporary = bounds.temporary.as_deref().map(Detached::take);
    let temporary = temporary.transpose()?;
    let way = on_the_way(bounds);
    for path in bounds.write.iter().chain(way.iter().map(PathBuf::as_path)) {
        if let Some(path) = real(path) {
            let tree = Detached::take(&path)?;
            works.push((path, Work::Show(tree)));
        }
    }
    for path in bounds.show.iter().chain(bounds.protect.iter()) {
        if let Some(path) = real(path) {
            let tree = Detached::take(&path)?;
            tree.make_read_only()?;
            works.push((path, Work::Show(tree)));
        }
    }
    let mut hidden: Vec<PathBuf> = bounds.hide.iter().filter_map(real).collect();
    hidden.extend(
        sockets
            .iter()
            .filter(|path| is_foreign(path, bounds))
            .cloned(),
    );
    let devices = DEVICES.map(|name| Detached::take(&Path::new("/dev").join(name)));
    works.extend(hidden.iter().map(|path| (path.clone(), Work::Cover)));
    // From the outside in, and what is to be seen before what covers the same place.
    works.sort_by_key(|(path, _)| path.components().count());
    system::make_read_only(Path::new("/"))?;
    for folder in PRIVATE.iter().map(Path::new) {
        if folder.is_dir() && !folder.is_symlink() {
            system::mount_memory(folder, "1777", bounds.limits.temporary_bytes)?;
        }
    }
    if let Some(temporary) = temporary {
        temporary.attach(Path::new(TEMPORARY))?;
    }
    arrange_devices(devices, bounds.limits.temporary_bytes)?;
    let nothing = Nothing::new()?;
    system::mount_processes()?;
    let places: Vec<PathBuf> = works.iter().map(|(path, _)| path.clone()).collect();
    let mut covered = Vec::new();
    for (path, work) in works {
        match work {
            Work::Show(tree) => {
                make_place(&path, tree.is_dir())?;
                tree.attach(&path)?;
            }
            Work::Cover => {
                let is_passed = places
                    .iter()
                    .any(|below| below.starts_with(&path) && *below != path);
                covered.extend(cover(&path, is_passed, &nothing)?.then_some(path));
            }
        }
    }
    covered
        .iter()
        .try_for_each(|path| system::make_place_read_only(path))
}

/// The folders between what may be written and what is protected in it, outermost first. Each
/// becomes a place of a mount, so that none can be moved away with what it protects.
fn on_the_way(bounds: &Bounds) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in bounds.protect.iter() {
        let above = path.ancestors().skip(1);
        let inside: Vec<&Path> = above
            .take_while(|folder| !bounds.write.iter().any(|root| root == *folder))
            .collect();
        for folder in inside.into_iter().rev() {
            let below = bounds.write.iter().any(|root| folder.starts_with(root));
            if below && !folders.iter().any(|known| known == folder) {
                folders.push(folder.to_owned());
            }
        }
    }
    folders
}

/// A link is followed once, here, and never again.
fn real(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

/// A place to mount on, where something has covered the real one.
fn make_place(path: &Path, folder: bool) -> Outcome<()> {
    let failed = |error: std::io::Error| format!("cannot show {}: {error}", path.display());
    if path.exists() {
        return Ok(());
    }
    let parent = if folder { Some(path) } else { path.parent() };
    if let Some(parent) = parent {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(parent)
            .map_err(failed)?;
    }
    if !folder {
        fs::File::create(path).map(drop).map_err(failed)?;
    }
    Ok(())
}

/// Sockets outside of what is private or the command's own.
fn is_foreign(socket: &Path, bounds: &Bounds) -> bool {
    let private = PRIVATE.iter().chain(&["/dev"]);
    let mut own = private.map(Path::new).chain(bounds.write.iter());
    !own.any(|folder| socket.starts_with(folder))
}

/// A folder of devices with the harmless ones, terminals of its own and shared memory.
fn arrange_devices(devices: [Outcome<Detached>; 6], bytes: u64) -> Outcome<()> {
    let dev = Path::new("/dev");
    let failed = |error: std::io::Error| format!("cannot make devices: {error}");
    system::mount_memory(dev, "755", bytes)?;
    for (name, device) in DEVICES.iter().zip(devices) {
        // What the machine does not have is not missed.
        if let Ok(device) = device {
            let place = dev.join(name);
            fs::File::create(&place).map_err(failed)?;
            device.attach(&place)?;
        }
    }
    for (to, name) in DEVICE_LINKS {
        std::os::unix::fs::symlink(to, dev.join(name)).map_err(failed)?;
    }
    for folder in ["pts", "shm"] {
        fs::create_dir(dev.join(folder)).map_err(failed)?;
    }
    system::mount_terminals(&dev.join("pts"))?;
    system::mount_memory(&dev.join("shm"), "1777", bytes)?;
    system::make_place_read_only(dev)
}

/// A file that nobody may open, to stand where one is hidden.
struct Nothing(PathBuf);

impl Nothing {
    fn new() -> Outcome<Self> {
        let path = Path::new("/dev/shm/.hidden").to_owned();
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o000)
            .open(&path)
            .map_err(|error| format!("cannot hide files: {error}"))?;
        Ok(Self(path))
    }
}

impl Drop for Nothing {
    fn drop(&mut self) {
        // Where it stays, it is empty and nobody may open it.
        fs::remove_file(&self.0).unwrap_or_default();
    }
}

/// Covers a path with nothing; true where what covers it is still to be made read-only.
fn cover(path: &Path, is_passed: bool, nothing: &Nothing) -> Outcome<bool> {
    let Ok(meta) = fs::symlink_metadata(path) else {
        return Ok(false);
    };
    if meta.is_dir() {
        let mode = if is_passed { "755" } else { "000" };
        system::mount_memory(path, mode, COVER_BYTES)?;
        return Ok(true);
    }
    if meta.file_type().is_socket() || meta.is_file() || meta.file_type().is_fifo() {
        let nothing = Detached::take(&nothing.0)?;
        nothing.make_read_only()?;
        nothing.attach(path)?;
    }
    Ok(false)
}
