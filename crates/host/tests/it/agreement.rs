//! Searches give what ripgrep itself gives. Skipped, and said so, where there is no `rg`.

use crate::{folder, host, oddities, tree};
use gimlet_ports::{GlobQuery, GrepFound, GrepMode, GrepQuery, Host, Stop};
use std::{ffi::OsString, io::ErrorKind, os::unix::ffi::OsStrExt, path::Path, process::Command};

/// ripgrep's output in that folder; `None` where it is not installed.
fn rg(root: &Path, arguments: &[OsString]) -> Option<Vec<u8>> {
    let ran = Command::new("rg")
        .args([
            "--no-config",
            "--color=never",
            "--sort=path",
            "--no-messages",
        ])
        .args(arguments)
        .current_dir(root)
        .stdin(std::process::Stdio::null())
        .output();
    match ran {
        Ok(output) => Some(output.stdout),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: ripgrep (`rg`) is not installed");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

pub(crate) fn query(root: &Path, pattern: &str) -> GrepQuery {
    GrepQuery {
        root: root.to_owned(),
        pattern: pattern.to_owned(),
        globs: Vec::new(),
        file_type: None,
        mode: GrepMode::Content,
        before: 0,
        after: 0,
        ignore_case: false,
        multiline: false,
        only_matching: false,
        offset: 0,
        limit: usize::MAX,
        line_chars: usize::MAX,
    }
}

fn arguments(query: &GrepQuery) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    let mut add = |argument: &str| arguments.push(argument.into());
    match query.mode {
        GrepMode::Content => {
            for argument in ["--no-heading", "--with-filename", "--line-number", "--null"] {
                add(argument);
            }
            add(&format!("-B{}", query.before));
            add(&format!("-A{}", query.after));
        }
        GrepMode::Files => add("--files-with-matches"),
        GrepMode::Count => {
            add("--count");
            add("--with-filename");
            add("--null");
        }
    }
    for glob in &query.globs {
        add("--glob");
        add(glob);
    }
    if let Some(name) = &query.file_type {
        add("--type");
        add(name);
    }
    if query.ignore_case {
        add("--ignore-case");
    }
    if query.multiline {
        add("--multiline");
        add("--multiline-dotall");
    }
    if query.only_matching {
        add("--only-matching");
    }
    add("--regexp");
    add(&query.pattern);
    arguments
}

/// What ripgrep would print for these hits.
fn printed(query: &GrepQuery, found: &GrepFound) -> Vec<u8> {
    let mut out = Vec::new();
    let mut last: Option<&Path> = None;
    for hit in &found.hits {
        let path = hit.path.strip_prefix(&query.root).unwrap();
        let other_file = last.is_some_and(|last| last != path);
        if hit.gap || (other_file && query.before + query.after > 0) {
            out.extend(b"--\n");
        }
        last = Some(path);
        out.extend(path.as_os_str().as_bytes());
        match query.mode {
            GrepMode::Content => {
                let mark = if hit.matched { ':' } else { '-' };
                out.extend(format!("\0{}{mark}{}", hit.line, hit.text).bytes());
            }
            GrepMode::Files => {}
            GrepMode::Count => out.extend(format!("\0{}", hit.count).bytes()),
        }
        out.push(b'\n');
    }
    out
}

/// Lines as they can be compared: our text is UTF-8 and has no `\r` at its end, and ripgrep
/// adds a remark on binary files.
fn lines(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output);
    text.lines()
        .filter(|line| !line.contains("byte around offset"))
        .map(|line| line.trim_end_matches('\r').to_owned())
        .collect()
}

async fn agrees(query: GrepQuery) {
    let Some(theirs) = rg(&query.root, &arguments(&query)) else {
        return;
    };
    let found = host().grep(query.clone(), &Stop::new()).await.unwrap();
    let ours = printed(&query, &found);
    let (ours, theirs) = (lines(&ours), lines(&theirs));
    let differs = ours
        .iter()
        .zip(&theirs)
        .position(|(ours, theirs)| ours != theirs);
    let at = differs.unwrap_or(ours.len().min(theirs.len()));
    let context = |lines: &[String]| {
        lines
            .iter()
            .skip(at.saturating_sub(2))
            .take(5)
            .cloned()
            .collect::<Vec<_>>()
    };
    assert!(
        ours == theirs,
        "{query:#?}\nat {at}, ours:\n{:#?}\ntheirs:\n{:#?}",
        context(&ours),
        context(&theirs)
    );
}

async fn agree_in_all_modes(root: &Path) {
    let patterns = [
        "needle",
        "^needle",
        "needle$",
        r"\bfn\b",
        "(?i)beta",
        "é",
        r"0x[0-9A-F]+",
        "x*",
        "^$",
        "a|e",
        r"\s+$",
        "(?-u)caf\\xe9",
        "no such text",
    ];
    for pattern in patterns {
        let plain = query(root, pattern);
        for mode in [GrepMode::Content, GrepMode::Files, GrepMode::Count] {
            agrees(GrepQuery {
                mode,
                ..plain.clone()
            })
            .await;
        }
        agrees(GrepQuery {
            only_matching: true,
            ..plain.clone()
        })
        .await;
        agrees(GrepQuery {
            ignore_case: true,
            ..plain.clone()
        })
        .await;
        agrees(GrepQuery {
            before: 1,
            after: 2,
            ..plain.clone()
        })
        .await;
    }
    for pattern in [
        "begin.*?end",
        "begin\n+end",
        r"needle\s+\w+",
        "(?m)^begin$",
        "needle",
    ] {
        let spanning = GrepQuery {
            multiline: true,
            ..query(root, pattern)
        };
        agrees(spanning.clone()).await;
        agrees(GrepQuery {
            mode: GrepMode::Files,
            ..spanning.clone()
        })
        .await;
        agrees(GrepQuery {
            only_matching: true,
            ..spanning.clone()
        })
        .await;
        agrees(GrepQuery {
            before: 1,
            after: 1,
            ..spanning
        })
        .await;
    }
    let globs: [&[&str]; 9] = [
        &["*.rs"],
        &["!*.rs"],
        &["dir1/**"],
        &["**/sub2/*.{py,md}"],
        &["*.log"],
        &[".github/**"],
        &[".env"],
        &["*.txt", "!crlf*"],
        &["/crlf.txt"],
    ];
    for globs in globs {
        let globs = globs.iter().map(|glob| (*glob).to_owned()).collect();
        agrees(GrepQuery {
            globs,
            mode: GrepMode::Files,
            ..query(root, "needle")
        })
        .await;
    }
    for name in ["rust", "py", "md", "yaml"] {
        let file_type = Some(name.to_owned());
        agrees(GrepQuery {
            file_type,
            mode: GrepMode::Count,
            ..query(root, "e")
        })
        .await;
    }
}

#[tokio::test]
async fn a_small_tree_outside_git_is_searched_as_ripgrep_does() {
    let folder = folder();
    tree::plant(folder.path(), 60, 20);
    oddities::plant(folder.path());
    agree_in_all_modes(folder.path()).await;
}

#[tokio::test]
async fn a_small_tree_inside_git_is_searched_as_ripgrep_does() {
    let folder = folder();
    tree::plant(folder.path(), 30, 10);
    oddities::plant(folder.path());
    let made = Command::new("git")
        .args(["init", "-q"])
        .current_dir(folder.path())
        .status();
    assert!(made.unwrap().success());
    std::fs::write(folder.path().join(".git/info/exclude"), "spaces*\n").unwrap();
    agree_in_all_modes(folder.path()).await;
}

#[tokio::test]
async fn a_large_tree_is_searched_as_ripgrep_does() {
    let folder = folder();
    tree::plant(folder.path(), 700, 5);
    oddities::plant(folder.path());
    for mode in [GrepMode::Content, GrepMode::Files, GrepMode::Count] {
        agrees(GrepQuery {
            mode,
            ..query(folder.path(), r"needles?\b")
        })
        .await;
    }
    agrees(GrepQuery {
        before: 1,
        after: 1,
        ..query(folder.path(), "^fn")
    })
    .await;
    agrees(GrepQuery {
        multiline: true,
        ..query(folder.path(), "struct \n")
    })
    .await;
}

#[tokio::test]
async fn a_folder_below_ignore_files_obeys_them_as_in_ripgrep() {
    let folder = folder();
    oddities::plant(folder.path());
    let made = Command::new("git")
        .args(["init", "-q"])
        .current_dir(folder.path())
        .status();
    assert!(made.unwrap().success());
    for below in ["deep", "nested", "build"] {
        agrees(query(&folder.path().join(below), "needle")).await;
    }
}

#[tokio::test]
async fn files_are_found_by_name_as_ripgrep_lists_them() {
    let folder = folder();
    tree::plant(folder.path(), 60, 2);
    oddities::plant(folder.path());
    for (pattern, include_ignored) in [
        ("**/*.rs", false),
        ("*.rs", false),
        ("dir*/sub1/*.{rs,py}", false),
        ("{dir1,dir2/sub3}/**", false),
        ("dir3/**/file*.md", false),
        ("*.yml", false),
        ("deep/**", true),
        ("/crlf.txt", true),
        ("**/file[0-3]*.txt", false),
        ("nested/{x,y}.t?t", false),
        ("./crlf.txt", false),
    ] {
        let mut arguments: Vec<OsString> = vec!["--files".into(), "--glob".into(), pattern.into()];
        if include_ignored {
            arguments.push("--no-ignore".into());
        }
        let Some(theirs) = rg(folder.path(), &arguments) else {
            return;
        };
        let glob = GlobQuery {
            root: folder.path().to_owned(),
            pattern: pattern.to_owned(),
            limit: usize::MAX,
            include_ignored,
        };
        let found = host().glob(glob, &Stop::new()).await.unwrap();
        assert_eq!(found.total, found.paths.len() as u64);
        let mut ours: Vec<String> = found
            .paths
            .iter()
            .map(|path| {
                path.strip_prefix(folder.path())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        ours.sort();
        let mut theirs = lines(&theirs);
        theirs.sort();
        assert_eq!(ours, theirs, "{pattern}");
    }
}
