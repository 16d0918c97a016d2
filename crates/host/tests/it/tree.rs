//! A tree of files to search, the same each time.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::Path,
};

const WORDS: [&str; 16] = [
    "alpha", "Beta", "needle", "fn", "struct", "return", "émoji", "x", "while", "{", "}", "",
    "needles", "let", "=", "0x1F",
];

/// A generator of numbers that only look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Makes ordinary files in ordinary folders, `lines` lines each on average.
pub(crate) fn plant(root: &Path, files: usize, lines: usize) {
    let mut dice = Dice(files as u64 + 1);
    for number in 0..files {
        let folder = root
            .join(format!("dir{}", dice.below(7)))
            .join(format!("sub{}", dice.below(5)));
        fs::create_dir_all(&folder).unwrap();
        let ending = ["rs", "py", "txt", "md"][dice.below(4)];
        fs::write(
            folder.join(format!("file{number}.{ending}")),
            text(&mut dice, lines),
        )
        .unwrap();
    }
}

fn text(dice: &mut Dice, lines: usize) -> String {
    let mut text = String::new();
    for _ in 0..dice.below(lines * 2) {
        for _ in 0..dice.below(9) {
            let word = WORDS[dice.below(WORDS.len())];
            write!(text, "{word} ").unwrap();
        }
        text.push('\n');
    }
    if dice.below(5) == 0 {
        text.push_str("needle at an end without a newline");
    }
    text
}

/// Adds what makes searching difficult.
pub(crate) fn plant_oddities(root: &Path) {
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
