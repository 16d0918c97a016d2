//! What searching does beyond agreeing with ripgrep: limits, order, stopping, trouble.

use crate::{agreement::query, folder, host, oddities, tree};
use gimlet_ports::{
    GlobFound, GlobQuery, GrepFound, GrepHit, GrepMode, GrepQuery, Host, HostFault, Stop,
};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

pub(crate) async fn grep_in(root: &Path, pattern: &str) -> Result<GrepFound, HostFault> {
    host().grep(query(root, pattern), &Stop::new()).await
}

async fn grep(query: &GrepQuery) -> GrepFound {
    host().grep(query.clone(), &Stop::new()).await.unwrap()
}

fn globbing(root: &Path, pattern: &str) -> GlobQuery {
    GlobQuery {
        root: root.to_owned(),
        pattern: pattern.to_owned(),
        limit: 1000,
        include_ignored: false,
    }
}

async fn glob(query: GlobQuery) -> Result<GlobFound, HostFault> {
    host().glob(query, &Stop::new()).await
}

fn names(root: &Path, paths: &[PathBuf]) -> Vec<String> {
    paths
        .iter()
        .map(|path| {
            path.strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

#[tokio::test]
async fn pages_of_hits_make_up_the_whole_in_the_same_order() {
    for files in [50, 700] {
        let folder = folder();
        tree::plant(folder.path(), files, 8);
        for mode in [GrepMode::Content, GrepMode::Files, GrepMode::Count] {
            let all = GrepQuery {
                mode,
                after: 1,
                ..query(folder.path(), "needle")
            };
            let whole = grep(&all).await;
            assert!(!whole.more);
            let matched = whole.hits.iter().filter(|hit| hit.matched).count() as u64;
            let counted: u64 = whole.hits.iter().map(|hit| hit.count).sum();
            match mode {
                GrepMode::Content => assert_eq!(whole.matches, matched),
                GrepMode::Files => assert_eq!(whole.files, matched),
                GrepMode::Count => assert_eq!((whole.files, whole.matches), (matched, counted)),
            }
            let mut pages: Vec<GrepHit> = Vec::new();
            loop {
                let page = grep(&GrepQuery {
                    offset: pages.len(),
                    limit: 37,
                    ..all.clone()
                })
                .await;
                pages.extend(page.hits);
                if !page.more {
                    assert_eq!((page.files, page.matches), (whole.files, whole.matches));
                    break;
                }
            }
            assert_eq!(pages, whole.hits);
        }
    }
}

#[tokio::test]
async fn a_cut_search_gives_the_same_answer_each_time() {
    let folder = folder();
    tree::plant(folder.path(), 900, 8);
    let cut = GrepQuery {
        limit: 100,
        ..query(folder.path(), "needle")
    };
    let first = grep(&cut).await;
    assert!(first.more && first.hits.len() == 100);
    assert_eq!(first.matches, 100);
    for _ in 0..10 {
        assert_eq!(grep(&cut).await, first);
    }
}

#[tokio::test]
async fn a_limit_of_nothing_returns_nothing_and_tells_of_more() {
    let folder = folder();
    fs::write(folder.path().join("a"), "needle\n").unwrap();
    let none = grep(&GrepQuery {
        limit: 0,
        ..query(folder.path(), "needle")
    })
    .await;
    assert_eq!(
        none,
        GrepFound {
            more: true,
            ..GrepFound::default()
        }
    );
}

#[tokio::test]
async fn long_lines_are_cut_with_a_count() {
    let folder = folder();
    let path = folder.path().join("a");
    fs::write(&path, format!("{}\n", "é".repeat(1_000_000))).unwrap();
    let found = grep(&GrepQuery {
        line_chars: 3,
        ..query(&path, "é")
    })
    .await;
    let hit = GrepHit {
        path,
        line: 1,
        text: "ééé… (999997 more characters)".to_owned(),
        matched: true,
        count: 0,
        gap: false,
    };
    assert_eq!(found.hits, [hit]);
}

#[tokio::test]
async fn a_file_that_is_named_is_searched_also_when_ignored_or_hidden() {
    let folder = folder();
    fs::write(folder.path().join(".ignore"), "*").unwrap();
    let path = folder.path().join(".secret");
    fs::write(&path, "needle\n").unwrap();
    assert_eq!(grep_in(&path, "needle").await.unwrap().matches, 1);
    assert_eq!(
        grep_in(folder.path(), "needle").await.unwrap(),
        GrepFound::default()
    );
}

#[tokio::test]
async fn of_a_named_binary_file_only_the_match_is_told() {
    let folder = folder();
    let path = folder.path().join("program");
    fs::write(&path, b"\x7fELF\0\x01\x02 needle \0\n").unwrap();
    let found = grep_in(&path, "needle").await.unwrap();
    let texts: Vec<_> = found.hits.iter().map(|hit| hit.text.as_str()).collect();
    assert_eq!((texts, found.matches), (vec!["(binary file matches)"], 1));
    assert_eq!(
        grep_in(&path, "absent").await.unwrap(),
        GrepFound::default()
    );
    assert_eq!(
        grep_in(folder.path(), "needle").await.unwrap(),
        GrepFound::default()
    );
}

#[tokio::test]
async fn bad_patterns_types_and_globs_are_told() {
    let folder = folder();
    let told = |fault: Result<GrepFound, HostFault>| match fault {
        Err(HostFault::BadPattern { why }) => why,
        other => panic!("{other:?}"),
    };
    assert!(told(grep_in(folder.path(), "a(").await).contains("unclosed group"));
    assert!(told(grep_in(folder.path(), "a\nb").await).contains(r"\n"));
    let odd_type = GrepQuery {
        file_type: Some("klingon".into()),
        ..query(folder.path(), "a")
    };
    assert!(told(host().grep(odd_type, &Stop::new()).await).contains("klingon"));
    let odd_glob = GrepQuery {
        globs: vec!["a{".into()],
        ..query(folder.path(), "a")
    };
    assert!(told(host().grep(odd_glob, &Stop::new()).await).contains("a{"));
    for pattern in ["", "a{", "[z-a]"] {
        let fault = glob(globbing(folder.path(), pattern)).await;
        assert!(
            matches!(fault, Err(HostFault::BadPattern { .. })),
            "{pattern}: {fault:?}"
        );
    }
}

#[tokio::test]
async fn a_missing_root_is_told() {
    let path = folder().path().join("gone");
    let missing = HostFault::NotFound { path: path.clone() };
    assert_eq!(grep_in(&path, "a").await, Err(missing.clone()));
    assert_eq!(glob(globbing(&path, "*")).await, Err(missing));
}

#[tokio::test]
async fn files_are_found_newest_first_and_counted_beyond_the_limit() {
    for count in [9, 600_u64] {
        let folder = folder();
        for number in 0..count {
            let file = fs::File::create(folder.path().join(format!("{number:03}.x"))).unwrap();
            let age = Duration::from_secs(1000 - number / 2);
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) - age)
                .unwrap();
        }
        let found = glob(GlobQuery {
            limit: 3,
            ..globbing(folder.path(), "*.x")
        })
        .await
        .unwrap();
        let newest = count - 1;
        let expected = if count % 2 == 0 {
            [newest - 1, newest, newest - 3]
        } else {
            [newest, newest - 2, newest - 1]
        };
        let expected: Vec<String> = expected
            .iter()
            .map(|number| format!("{number:03}.x"))
            .collect();
        assert_eq!(names(folder.path(), &found.paths), expected);
        assert_eq!(found.total, count);
    }
}

#[tokio::test]
async fn hidden_files_are_found_only_when_the_pattern_names_them() {
    let folder = folder();
    oddities::plant(folder.path());
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join(".git/config.yml"), "").unwrap();
    let found = |pattern: &'static str| {
        let query = globbing(folder.path(), pattern);
        async { names(folder.path(), &glob(query).await.unwrap().paths) }
    };
    assert_eq!(found("**/*.yml").await, Vec::<String>::new());
    assert_eq!(
        found(".github/**/*.yml").await,
        [".github/workflows/ci.yml"]
    );
    assert_eq!(found("**/.env").await, [".env"]);
    assert_eq!(found(".git/*.yml").await, [".git/config.yml"]);
    // Ignored by git, as this is a repository.
    assert_eq!(found("build/*").await, Vec::<String>::new());
    let all = GlobQuery {
        include_ignored: true,
        ..globbing(folder.path(), "build/*")
    };
    assert_eq!(
        names(folder.path(), &glob(all).await.unwrap().paths),
        ["build/out.txt"]
    );
}

#[tokio::test]
async fn a_pattern_may_begin_with_a_comment_sign() {
    let folder = folder();
    fs::write(folder.path().join("#a#"), "").unwrap();
    let found = glob(globbing(folder.path(), "#*#")).await.unwrap();
    assert_eq!(names(folder.path(), &found.paths), ["#a#"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_stops_soon_after_it_is_told_to() {
    let folder = folder();
    let path = folder.path().join("huge");
    // Named, so that its NUL bytes do not end the search: reading it all takes minutes.
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let stop = Stop::new();
    let search = tokio::spawn({
        let (stop, query) = (stop.clone(), query(&path, "needle"));
        async move { host().grep(query, &stop).await }
    });
    while !is_reading(&path) {
        tokio::task::yield_now().await;
    }
    let told = Instant::now();
    stop.cancel();
    assert_eq!(search.await.unwrap(), Err(HostFault::Stopped));
    let took = told.elapsed();
    println!("stopped after {took:?}");
    assert!(took < Duration::from_millis(500), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_nobody_waits_for_ends() {
    let folder = folder();
    let path = folder.path().join("huge");
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let search = tokio::spawn({
        let query = query(&path, "needle");
        async move { host().grep(query, &Stop::new()).await }
    });
    while !is_reading(&path) {
        tokio::task::yield_now().await;
    }
    search.abort();
    let ended = async {
        while is_reading(&path) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended)
        .await
        .expect("it goes on");
}

/// Tells whether this process has the file open.
fn is_reading(path: &Path) -> bool {
    let mut open = fs::read_dir("/proc/self/fd").unwrap().flatten();
    open.any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == path))
}

#[tokio::test]
async fn a_stopped_search_by_name_says_so() {
    let folder = folder();
    fs::write(folder.path().join("a"), "").unwrap();
    let stop = Stop::new();
    stop.cancel();
    let found = host().glob(globbing(folder.path(), "*"), &stop).await;
    assert_eq!(found, Err(HostFault::Stopped));
}

#[test]
fn what_another_user_may_not_read_is_told_and_the_rest_is_searched() {
    // Few files are walked on one thread, many on several.
    for others in [0, 600] {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        let mode = |name: &str, mode| {
            fs::set_permissions(at(name), Permissions::from_mode(mode)).unwrap();
        };
        for number in 0..others {
            fs::write(at(&format!("other{number}")), "").unwrap();
        }
        fs::create_dir(at("closed")).unwrap();
        fs::write(at("closed/a.txt"), "needle\n").unwrap();
        fs::write(at("closed.txt"), "needle\n").unwrap();
        fs::write(at("open.txt"), "needle\n").unwrap();
        mode("closed", 0o700);
        mode("closed.txt", 0o600);
        mode("open.txt", 0o644);
        mode(".", 0o755);
        as_nobody(async {
            let found = grep_in(folder.path(), "needle").await.unwrap();
            assert_eq!((found.files, found.matches), (1, 1));
            let denied =
                |name: &str| format!("{}: Permission denied (os error 13)", at(name).display());
            assert_eq!(found.unreadable, [denied("closed.txt"), denied("closed")]);
            let found = glob(globbing(folder.path(), "*.txt")).await.unwrap();
            assert_eq!((found.total, found.unreadable), (2, vec![denied("closed")]));
        });
    }
}

#[test]
fn what_another_user_may_not_touch_is_denied() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let mode = |path: PathBuf, mode| {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    };
    fs::write(at("closed.txt"), "needle\n").unwrap();
    fs::write(at("open.txt"), "needle\n").unwrap();
    fs::create_dir(at("closed")).unwrap();
    mode(at("closed.txt"), 0o600);
    mode(at("open.txt"), 0o644);
    mode(at("closed"), 0o700);
    mode(folder.path().to_owned(), 0o755);
    as_nobody(async {
        let no = |path: PathBuf| HostFault::Denied {
            path,
            why: "permission denied".into(),
        };
        let closed = at("closed.txt");
        assert_eq!(
            host().read(&closed, 10).await.err(),
            Some(no(closed.clone()))
        );
        assert_eq!(grep_in(&closed, "a").await.err(), Some(no(closed)));
        assert_eq!(
            host().list(&at("closed"), 1).await.err(),
            Some(no(at("closed")))
        );
        let (open, how) = (at("open.txt"), gimlet_ports::WriteHow::default());
        assert_eq!(
            host().write(&open, b"", how.clone()).await.err(),
            Some(no(open))
        );
        let new = host().write(&at("new"), b"", how).await.err();
        assert_eq!(new, Some(no(folder.path().to_owned())));
    });
}

/// Runs with file access as the user `nobody`. User ids belong to threads on Linux, so only
/// the threads of this runtime change theirs.
fn as_nobody(work: impl Future<Output = ()>) {
    assert!(
        rustix::process::geteuid().is_root(),
        "this test changes its user, as root may"
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .on_thread_start(|| {
            let nobody = rustix::process::Uid::from_raw(65534);
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
        })
        .build()
        .unwrap();
    runtime.block_on(work);
}
