//! Files that make searching difficult: ignored, hidden, binary, oddly encoded or named.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::Path,
};

/// Adds what makes searching difficult.
pub(crate) fn plant(root: &Path) {
    let put = |name: &str, content: &[u8]| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    put(".ignore", b"ignored-by-ignore.txt\n/only-here/\n");
    put(".rgignore", b"ignored-by-rgignore.txt\n");
    put(".gitignore", b"*.log\nbuild/\n!keep.log\n");
    put("ignored-by-ignore.txt", b"needle\n");
    put("deep/ignored-by-ignore.txt", b"needle\n");
    put("ignored-by-rgignore.txt", b"needle\n");
    put("only-here/a.txt", b"needle\n");
    put("deep/only-here/a.txt", b"needle\n");
    put("a.log", b"needle in a log\n");
    put("keep.log", b"needle in a kept log\n");
    put("build/out.txt", b"needle\n");
    put("nested/.gitignore", b"*.tmp\n");
    put("nested/x.tmp", b"needle\n");
    put("nested/y.txt", b"needle\n");
    put(".hidden/a.txt", b"needle\n");
    put(".github/workflows/ci.yml", b"needle: 1\n");
    put(".env", b"needle=1\n");
    put("empty", b"");
    put("binary-early", b"\0needle\n");
    put(
        "binary-late",
        &[
            b"needle first\n".as_slice(),
            &b"text\n".repeat(16_000),
            b"\0\nneedle\n",
        ]
        .concat(),
    );
    put("crlf.txt", b"needle\r\nnext\r\nneedle again\r\n");
    put("latin1.txt", b"caf\xe9 needle caf\xe9\n");
    put(
        "utf16.txt",
        &[
            0xff, 0xfe, b'n', 0, b'e', 0, b'e', 0, b'd', 0, b'l', 0, b'e', 0, b'\n', 0,
        ],
    );
    put(
        "long.txt",
        &[
            b"needle".as_slice(),
            &b"-".repeat(10_000),
            b"needle\nshort needle\n",
        ]
        .concat(),
    );
    put(
        "multi.txt",
        b"begin\n  needle\nend\nbegin end\nbegin\n\n\nend\nother\nbegin\n",
    );
    put("spaces in name.txt", b"needle\n");
    put("name-with:colon.txt", b"needle\n");
    fs::write(
        root.join(OsStr::from_bytes(b"odd-\xff-name.txt")),
        "needle\n",
    )
    .unwrap();
    symlink("crlf.txt", root.join("link.txt")).unwrap();
    symlink(".", root.join("loop")).unwrap();
}
