//! Looking at a workspace: every path below its folders, in parallel, with the look before it
//! as a guide to what need not be read again.

use super::{
    git::{Attributes, Repository, oid_of},
    objects::Sink,
    policy,
    tree::{Content, Folder, Item, Stat, Tree, Why, find},
};
use gimlet_trust::GitEnv;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, openat, readlinkat, statat};
use std::{
    collections::HashMap,
    ffi::OsStr,
    fs,
    io::Read as _,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Threads at most; more only get into each other's way in the kernel.
const MOST_THREADS: usize = 8;
/// Folders that wait before further threads are worth starting.
const WORTH_THREADS: usize = 32;
/// Times of files are no finer than the kernel's clock tick.
const TICK_NS: i64 = 20_000_000;
/// File systems whose times are whole seconds need more.
const COARSE_NS: i64 = 2_000_000_000;

/// How much a look may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file that are kept.
    pub file_bytes: u64,
    /// Bytes that one look keeps anew.
    pub look_bytes: u64,
    /// Files and folders that one look covers.
    pub items: u64,
    /// How long one look may take.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 32 << 20,
            look_bytes: 2 << 30,
            items: 500_000,
            time: Duration::from_secs(30),
        }
    }
}

/// What a look needs.
pub(crate) struct Look<'a> {
    pub(crate) roots: &'a [PathBuf],
    pub(crate) before: &'a Tree,
    pub(crate) sink: &'a Sink<'a>,
    pub(crate) limits: Limits,
    pub(crate) git: &'a GitEnv,
    /// Gimlet's own folders.
    pub(crate) own: &'a [PathBuf],
}

struct Job {
    path: Vec<u8>,
    place: Option<Place>,
    dev: u64,
}

/// Where a folder stands in a repository.
#[derive(Clone)]
struct Place {
    repository: Arc<Repository>,
    number: u16,
    /// From the top of the work tree.
    below: Vec<u8>,
    attributes: Option<Arc<Nested>>,
}

/// The attributes of a folder and of those above it.
struct Nested {
    here: Attributes,
    above: Option<Arc<Self>>,
}

impl Nested {
    fn all(nested: Option<&Arc<Self>>) -> Vec<&Attributes> {
        let mut all = Vec::new();
        let mut at = nested;
        while let Some(nested) = at {
            all.push(&nested.here);
            at = nested.above.as_ref();
        }
        all
    }
}

struct Walk<'a> {
    look: &'a Look<'a>,
    queue: Mutex<Queue>,
    wake: Condvar,
    repositories: Mutex<Vec<PathBuf>>,
    began: Instant,
    began_ns: i64,
    items: AtomicU64,
    bytes: AtomicU64,
    is_late: AtomicBool,
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Job>,
    busy: usize,
}

type Found = Vec<(Box<[u8]>, Arc<Folder>)>;

/// Looks at everything below the roots.
pub(crate) fn look(look: &Look<'_>) -> Tree {
    let walk = Walk {
        look,
        queue: Mutex::default(),
        wake: Condvar::new(),
        repositories: Mutex::new(look.before.repositories.clone()),
        began: Instant::now(),
        began_ns: now_ns(),
        items: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        is_late: AtomicBool::new(false),
    };
    let mut folders = HashMap::with_capacity(look.before.folders.len());
    for root in look.roots {
        if let Some(job) = walk.root(root) {
            walk.lock().jobs.push(job);
        }
    }
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MOST_THREADS);
    let mut found = Found::new();
    while threads == 1 || walk.lock().jobs.len() < WORTH_THREADS {
        let Some(job) = walk.lock().jobs.pop() else {
            break;
        };
        walk.folder(job, &mut found);
    }
    if !walk.lock().jobs.is_empty() {
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads)
                .map(|_| scope.spawn(|| walk.work(Found::new())))
                .collect();
            let own = walk.work(std::mem::take(&mut found));
            folders.extend(own);
            for other in others {
                folders.extend(other.join().unwrap_or_default());
            }
        });
    }
    folders.extend(found);
    let repositories = walk.repositories.into_inner();
    Tree {
        folders,
        repositories: repositories.unwrap_or_else(PoisonError::into_inner),
    }
}

impl Walk<'_> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn root(&self, root: &Path) -> Option<Job> {
        let fd = rustix::fs::open(root, open_folder(), Mode::empty()).ok()?;
        let dev = stat_of(&fstat(&fd).ok()?).dev;
        let above = root.parent().and_then(|parent| {
            let repository = Repository::around(parent, self.look.git)?;
            let below = root.strip_prefix(&repository.top).ok()?;
            let mut place = self.place(repository);
            place.below = below.as_os_str().as_bytes().to_vec();
            // The attributes of the folders on the way down count, too.
            let top = place.repository.top.clone();
            for folder in root
                .ancestors()
                .skip(1)
                .take_while(|folder| folder.starts_with(&top))
            {
                if let Ok(text) = fs::read(folder.join(".gitattributes")) {
                    place.attributes = Some(nest(&text, place.attributes.take()));
                }
            }
            Some(place)
        });
        Some(Job {
            path: root.as_os_str().as_bytes().to_vec(),
            place: above,
            dev,
        })
    }

    fn place(&self, repository: Repository) -> Place {
        let mut known = self
            .repositories
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let number = known.iter().position(|dir| *dir == repository.top);
        let number = number.unwrap_or_else(|| {
            known.push(repository.top.clone());
            known.len() - 1
        });
        Place {
            repository: Arc::new(repository),
            number: u16::try_from(number).unwrap_or(u16::MAX),
            below: Vec::new(),
            attributes: None,
        }
    }

    fn work(&self, mut found: Found) -> Found {
        loop {
            let job = {
                let mut queue = self.lock();
                loop {
                    if let Some(job) = queue.jobs.pop() {
                        queue.busy += 1;
                        break job;
                    }
                    if queue.busy == 0 {
                        return found;
                    }
                    queue = self
                        .wake
                        .wait(queue)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            };
            self.folder(job, &mut found);
            self.lock().busy -= 1;
            self.wake.notify_all();
        }
    }

    fn add(&self, jobs: Vec<Job>) {
        if !jobs.is_empty() {
            self.lock().jobs.extend(jobs);
            self.wake.notify_all();
        }
    }

    /// Looks at one folder, and leaves those in it for others.
    fn folder(&self, job: Job, found: &mut Found) {
        let path = Path::new(OsStr::from_bytes(&job.path));
        let Ok(fd) = rustix::fs::open(path, open_folder(), Mode::empty()) else {
            // Gone, or not to be read: its item in the folder above tells which.
            return;
        };
        let Ok(listed) = names(&fd) else { return };
        let old = self.look.before.folders.get(job.path.as_slice());
        let has = |name: &[u8]| listed.iter().any(|known| known.as_ref() == name);
        let place = self.place_of(&job, path, has(b".git"), has(b".gitattributes"));
        let mut items = Folder::with_capacity(listed.len());
        let mut jobs = Vec::new();
        let builds = policy::BUILD_FILES.iter().any(|name| has(name.as_bytes()));
        for name in listed {
            if policy::REPOSITORY_FOLDERS
                .iter()
                .any(|known| known.as_bytes() == name.as_ref())
            {
                continue;
            }
            let old = old.and_then(|old| find(old, &name));
            let at = At {
                fd: fd.as_fd(),
                folder: &job.path,
                place: place.as_ref(),
                builds,
                dev: job.dev,
            };
            let Some(item) = self.item(&at, name, old) else {
                continue;
            };
            if item.content == Content::Folder {
                jobs.push(Job {
                    path: joined(&job.path, &item.name),
                    place: place.as_ref().map(|place| Place {
                        below: below(&place.below, &item.name),
                        ..place.clone()
                    }),
                    dev: job.dev,
                });
            }
            items.push(item);
        }
        items.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        self.items.fetch_add(items.len() as u64, Ordering::Relaxed);
        let folder = match old {
            Some(old) if **old == items => Arc::clone(old),
            Some(_) | None => Arc::new(items),
        };
        found.push((job.path.into(), folder));
        self.add(jobs);
    }

    fn place_of(
        &self,
        job: &Job,
        path: &Path,
        has_git: bool,
        has_attributes: bool,
    ) -> Option<Place> {
        let mut place = job.place.clone();
        if has_git && let Some(own) = Repository::at(path, self.look.git) {
            place = Some(self.place(own));
        }
        if has_attributes
            && let Some(place) = &mut place
            && let Ok(text) = fs::read(path.join(".gitattributes"))
        {
            place.attributes = Some(nest(&text, place.attributes.take()));
        }
        place
    }

    fn item(&self, at: &At<'_>, name: Box<[u8]>, old: Option<&Item>) -> Option<Item> {
        let os_name = OsStr::from_bytes(&name);
        let stat = stat_of(&statat(at.fd, os_name, AtFlags::SYMLINK_NOFOLLOW).ok()?);
        let named = Named {
            name: &name,
            stat: &stat,
            old,
        };
        let mut racy = false;
        let content = match FileType::from_raw_mode(stat.mode) {
            FileType::Directory => self.folder_content(at, &named),
            FileType::RegularFile => {
                racy = self.is_racy(&stat);
                match old {
                    Some(old) if old.stat == stat && !old.racy && is_file(&old.content) => {
                        racy = false;
                        old.content.clone()
                    }
                    Some(_) | None => self.file_content(at, &named, &mut racy),
                }
            }
            FileType::Symlink => {
                let to = readlinkat(at.fd, os_name, Vec::new()).ok()?;
                Content::Link(to.to_bytes().into())
            }
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => Content::Special,
        };
        Some(Item {
            name,
            stat,
            content,
            racy,
        })
    }

    fn is_racy(&self, stat: &Stat) -> bool {
        let newest = stat.mtime_ns.max(stat.ctime_ns);
        let slack = if newest % 1_000_000_000 == 0 {
            COARSE_NS
        } else {
            TICK_NS
        };
        newest >= self.began_ns - slack
    }

    fn folder_content(&self, at: &At<'_>, named: &Named<'_>) -> Content {
        let Named { name, stat, old } = *named;
        let path = || PathBuf::from(OsStr::from_bytes(&joined(at.folder, name)));
        if stat.dev != at.dev {
            return Content::Unseen(Why::OtherDisk);
        }
        if self.look.own.iter().any(|own| *own == path()) {
            return Content::Unseen(Why::OwnData);
        }
        if self.items.load(Ordering::Relaxed) > self.look.limits.items {
            return Content::Unseen(Why::TooMany);
        }
        if self.is_late() {
            return Content::Unseen(Why::TooLong);
        }
        let was_bulk = old.is_some_and(|old| old.content == Content::Unseen(Why::Bulk));
        let is_named = policy::is_bulk_name(name, at.builds);
        // What was bulk before is bulk still, unless git has begun to track something in it.
        if (is_named || policy::says_it_is_a_cache(&path())) && (was_bulk || !tracked(at, name)) {
            return Content::Unseen(Why::Bulk);
        }
        // A folder that cannot be listed is told as such; what is in it is not known.
        let open = openat(at.fd, OsStr::from_bytes(name), open_folder(), Mode::empty());
        match open {
            Ok(_) => Content::Folder,
            Err(_) => Content::Unseen(Why::Unreadable),
        }
    }

    fn is_late(&self) -> bool {
        if self.began.elapsed() > self.look.limits.time {
            self.is_late.store(true, Ordering::Relaxed);
        }
        self.is_late.load(Ordering::Relaxed)
    }

    fn file_content(&self, at: &At<'_>, named: &Named<'_>, racy: &mut bool) -> Content {
        let Named { name, stat, old } = *named;
        if stat.size > self.look.limits.file_bytes {
            return Content::NotKept(Why::TooLarge);
        }
        if self.is_late() {
            return Content::NotKept(Why::TooLong);
        }
        let tracked = at.place.and_then(|place| {
            let item = place.repository.index()?.item(&place.below, name)?;
            Some((place, item))
        });
        if let Some((place, item)) = tracked
            && !*racy
            && !old.is_some_and(|old| matches!(old.content, Content::Kept(_)))
            && place
                .repository
                .index()
                .is_some_and(|index| index.is_clean(item, stat))
        {
            let path = below(&place.below, name);
            let nearer = Nested::all(place.attributes.as_ref());
            if place.repository.is_plain(&path, &nearer) {
                return Content::Git(item.oid, place.number);
            }
        }
        let content = match read_file(at.fd, name, stat, self.look.limits.file_bytes) {
            Ok((content, still)) => {
                *racy |= !still;
                content
            }
            // Not to be read: where only its mode changed it still holds what it held.
            Err(why) => {
                return match old {
                    Some(old)
                        if (old.stat.ino, old.stat.size, old.stat.mtime_ns)
                            == (stat.ino, stat.size, stat.mtime_ns) =>
                    {
                        old.content.clone()
                    }
                    Some(_) | None => Content::NotKept(why),
                };
            }
        };
        let hash = *blake3::hash(&content).as_bytes();
        match old.map(|old| &old.content) {
            Some(Content::Kept(known)) if *known == hash => return Content::Kept(hash),
            Some(Content::Git(oid, number)) if oid_of(&content) == *oid => {
                return Content::Git(*oid, *number);
            }
            Some(_) | None => {}
        }
        if let Some((place, item)) = tracked
            && oid_of(&content) == item.oid
        {
            return Content::Git(item.oid, place.number);
        }
        let so_far = self
            .bytes
            .fetch_add(content.len() as u64, Ordering::Relaxed);
        if so_far > self.look.limits.look_bytes {
            return Content::NotKept(Why::Full);
        }
        match self.look.sink.put(&hash, &content) {
            Ok(()) => Content::Kept(hash),
            Err(_) => Content::NotKept(Why::NoRoom),
        }
    }
}

/// Where an item is looked at.
struct At<'a> {
    fd: BorrowedFd<'a>,
    folder: &'a [u8],
    place: Option<&'a Place>,
    /// True beside files that tell how something is built.
    builds: bool,
    /// The file system that is looked at.
    dev: u64,
}

/// What is looked at there.
struct Named<'a> {
    name: &'a [u8],
    stat: &'a Stat,
    /// What it was before.
    old: Option<&'a Item>,
}

fn tracked(at: &At<'_>, name: &[u8]) -> bool {
    at.place.is_some_and(|place| {
        let index = place.repository.index();
        index.is_some_and(|index| index.tracks_below(&below(&place.below, name)))
    })
}

fn is_file(content: &Content) -> bool {
    match content {
        Content::Kept(_) | Content::Git(..) => true,
        // Tried again: what stood in the way may be gone.
        Content::NotKept(why) => *why == Why::TooLarge,
        Content::Link(_) | Content::Folder | Content::Unseen(_) | Content::Special => false,
    }
}

fn nest(text: &[u8], above: Option<Arc<Nested>>) -> Arc<Nested> {
    let mut here = Attributes::default();
    here.read(text);
    Arc::new(Nested { here, above })
}

pub(crate) fn joined(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(folder.len() + 1 + name.len());
    path.extend_from_slice(folder);
    if !folder.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

fn below(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() {
        name.to_vec()
    } else {
        joined(folder, name)
    }
}

fn open_folder() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK
}

type Names = Vec<Box<[u8]>>;

fn names(fd: &OwnedFd) -> rustix::io::Result<Names> {
    let mut listed = Vec::new();
    for entry in Dir::read_from(fd)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            listed.push(name.into());
        }
    }
    Ok(listed)
}

/// Reads a file; the flag is false where it changed meanwhile.
pub(crate) fn read_file(
    folder: BorrowedFd<'_>,
    name: &[u8],
    stat: &Stat,
    most: u64,
) -> Result<(Vec<u8>, bool), Why> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fd = openat(folder, OsStr::from_bytes(name), flags, Mode::empty());
    let mut file = fs::File::from(fd.map_err(|_| Why::Unreadable)?);
    let data = fstat(&file).map_err(|_| Why::Unreadable)?;
    if FileType::from_raw_mode(data.st_mode) != FileType::RegularFile {
        return Err(Why::Unreadable);
    }
    let mut content = Vec::with_capacity(usize::try_from(stat.size).unwrap_or_default() + 1);
    (&mut file)
        .take(most + 1)
        .read_to_end(&mut content)
        .map_err(|_| Why::Unreadable)?;
    if content.len() as u64 > most {
        return Err(Why::TooLarge);
    }
    let after = fstat(&file).map_err(|_| Why::Unreadable)?;
    Ok((content, stat_of(&after) == *stat))
}

#[expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::allow_attributes,
    reason = "the kernel's numbers; their types differ between systems"
)]
#[allow(
    clippy::unnecessary_cast,
    reason = "the kernel's types differ between systems"
)]
pub(crate) fn stat_of(stat: &rustix::fs::Stat) -> Stat {
    let time = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000) + nanos;
    Stat {
        dev: stat.st_dev as u64,
        ino: stat.st_ino as u64,
        size: stat.st_size as u64,
        mtime_ns: time(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        ctime_ns: time(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        mode: stat.st_mode as u32,
    }
}

pub(crate) fn now_ns() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_nanos()).unwrap_or(i64::MAX))
}
