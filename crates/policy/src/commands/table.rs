//! Programs that only look, with the flags that are known to do no harm.
//!
//! A flag is left out when it writes a file, runs a program, reads a list of further files, or
//! is not known well enough. Letters after a flag: `:` takes a value, `?` takes one only when it
//! is glued or stands after `=`, `@` takes a file that is read. `-#` stands for `-20` and such.

use super::flags::{self, Flags};
use std::{collections::HashMap, sync::LazyLock};

/// What the words beside the flags are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operands {
    /// Text that is only printed or compared.
    Text,
    /// As text, and what looks like a flag is only text as well.
    Words,
    /// Files and folders that are read, at most so many.
    Files {
        /// One more would be written.
        most: usize,
    },
    /// A pattern, then files; no pattern when one of the flags is given.
    PatternThenFiles {
        /// Flags that give the pattern.
        flags: &'static [&'static str],
    },
    /// Only words that begin with `+`.
    Format,
}

/// A program that only looks.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its names.
    pub names: &'static [&'static str],
    /// The flags that do no harm.
    pub flags: &'static str,
    /// What its other words are.
    pub operands: Operands,
    /// True when a file that is named like a flag does no harm either.
    pub globs: bool,
    /// Flags with which it walks through folders; `*` for always.
    pub walks: &'static str,
    /// True when it reads the current folder without an operand.
    pub here: bool,
    /// Commands that are let through.
    pub yes: &'static [&'static str],
    /// Commands that are not.
    pub no: &'static [&'static str],
}

const ANY: Operands = Operands::Files { most: usize::MAX };
const ONE: Operands = Operands::Files { most: 1 };

const fn safe(
    names: &'static [&'static str],
    flags: &'static str,
    operands: Operands,
    yes: &'static [&'static str],
    no: &'static [&'static str],
) -> Row {
    Row {
        names,
        flags,
        operands,
        globs: true,
        walks: "",
        here: false,
        yes,
        no,
    }
}

/// As [`safe`], for programs with flags that do harm: wildcards are not let through.
const fn sharp(
    names: &'static [&'static str],
    flags: &'static str,
    operands: Operands,
    yes: &'static [&'static str],
    no: &'static [&'static str],
) -> Row {
    Row {
        globs: false,
        ..safe(names, flags, operands, yes, no)
    }
}

const GREP: &str = "-# -A: -B: -C: -D: -E -F -G -H -I -L -P -T -U -V -Z -a -b -c -d: -e: -f@ -h -i -l -m: -n -o -q -r -s -u -v -w -x -y -z \
    --after-context: --before-context: --context: --extended-regexp --fixed-strings --basic-regexp --perl-regexp --regexp: --file@ \
    --ignore-case --no-ignore-case --invert-match --word-regexp --line-regexp --count --color? --colour? --files-without-match \
    --files-with-matches --max-count: --only-matching --quiet --silent --no-messages --byte-offset --with-filename --no-filename \
    --label: --line-number --initial-tab --null --text --binary-files: --devices: --directories: --exclude: --exclude-from@ \
    --exclude-dir: --include: --recursive --null-data --line-buffered --binary --version --help";

const RG: &str = "-# -A: -B: -C: -E: -F -H -I -M: -N -P -S -T: -U -V -a -b -c -e: -f@ -g: -h -i -j: -l -m: -n -o -p -q -r: -s -t: -u -v -w -x -0 -. -d: \
    --after-context: --before-context: --context: --auto-hybrid-regex --binary --block-buffered --byte-offset --case-sensitive --color: \
    --colors: --column --no-config --context-separator: --count --count-matches --crlf --debug --dfa-size-limit: --encoding: --engine: \
    --field-context-separator: --field-match-separator: --file@ --files --files-with-matches --files-without-match --fixed-strings \
    --glob: --glob-case-insensitive --heading --no-heading --help --hidden --no-hidden --iglob: --ignore-case --include-zero --invert-match \
    --json --line-buffered --line-number --no-line-number --line-regexp --max-columns: --max-columns-preview --max-count: --max-depth: \
    --max-filesize: --mmap --multiline --multiline-dotall --no-filename --no-ignore --no-ignore-dot --no-ignore-exclude \
    --no-ignore-files --no-ignore-global --no-ignore-messages --no-ignore-parent --no-ignore-vcs --no-messages --no-mmap --no-unicode \
    --null --null-data --one-file-system --only-matching --passthru --path-separator: --pcre2 --pretty --quiet --regex-size-limit: \
    --regexp: --replace: --smart-case --sort: --sortr: --stats --text --threads: --trim --type: --type-add: --type-clear: --type-list \
    --type-not: --unrestricted --version --vimgrep --with-filename --word-regexp";

const DIFF: &str = "-# -q -s -c -C: -u -U: -e -n -y -W: -p -F: -t -T -r -N -x: -X@ -i -E -Z -b -w -B -I: -a -d -L: --brief --report-identical-files \
    --unified? --context? --side-by-side --width: --recursive --new-file --unidirectional-new-file --exclude: --exclude-from@ --from-file@ \
    --to-file@ --ignore-case --ignore-all-space --ignore-space-change --ignore-blank-lines --ignore-trailing-space --ignore-tab-expansion \
    --ignore-matching-lines: --text --minimal --color? --suppress-common-lines --left-column --speed-large-files --strip-trailing-cr \
    --label: --normal --ed --rcs --show-c-function --show-function-line: --expand-tabs --initial-tab --tabsize: --no-dereference \
    --starting-file: --ignore-file-name-case --no-ignore-file-name-case --horizon-lines: --palette: --version --help";

const LS: &str = "-A -B -C -D -F -G -H -I: -L -N -Q -R -S -T: -U -X -Z -a -b -c -d -f -g -h -i -k -l -m -n -o -p -q -r -s -t -u -v -w: -x -1 \
    --all --almost-all --author --escape --block-size: --ignore-backups --color? --directory --classify? --file-type --format: --full-time \
    --group-directories-first --no-group --human-readable --si --dereference --dereference-command-line --hide: --hyperlink? \
    --indicator-style: --inode --ignore: --kibibytes --numeric-uid-gid --literal --hide-control-chars --show-control-chars --quote-name \
    --quoting-style: --reverse --recursive --size --sort: --time: --time-style: --tabsize: --width: --context --zero --version --help";

const SUMS: &str = "-b -t -z --binary --text --tag --zero --version --help";

/// Every row. Programs with a small language of their own (git, find, sed, awk, test) have a
/// module each.
pub const ROWS: &[Row] = &[
    Row {
        here: true,
        walks: "-R --recursive",
        ..safe(
            &["ls", "dir", "vdir"],
            LS,
            ANY,
            &["ls -la src", "ls --color=auto"],
            &["ls --frob", "ls ~"],
        )
    },
    safe(
        &["cat"],
        "-A -b -E -e -n -s -T -t -u -v --show-all --number-nonblank --show-ends --number --squeeze-blank --show-tabs --show-nonprinting --version --help",
        ANY,
        &["cat -n a.txt"],
        &["cat /etc/passwd"],
    ),
    safe(
        &["head"],
        "-# -c: -n: -q -v -z --bytes: --lines: --quiet --silent --verbose --zero-terminated --version --help",
        ANY,
        &["head -20 a.txt", "head -n 3 a.txt"],
        &["head ~/.ssh/id_rsa"],
    ),
    safe(
        &["tail"],
        "-# -c: -n: -f -F -q -r -v -s: -z --bytes: --lines: --follow? --retry --pid: --quiet --silent --sleep-interval: --max-unchanged-stats: --verbose --zero-terminated --version --help",
        ANY,
        &["tail -n +5 a.txt"],
        &["tail /var/log/x"],
    ),
    safe(
        &["wc"],
        "-c -m -l -L -w --bytes --chars --lines --max-line-length --words --total: --version --help",
        ANY,
        &["wc -l a.txt"],
        &["wc --files0-from=x"],
    ),
    safe(
        &["diff", "gdiff"],
        DIFF,
        ANY,
        &["diff -u a b"],
        &["diff a /etc/hosts"],
    ),
    safe(
        &["stat"],
        "-L -f -c: -t -x --dereference --file-system --format: --printf: --terse --cached: --version --help",
        ANY,
        &["stat -c %s a.txt"],
        &["stat /root"],
    ),
    Row {
        here: true,
        ..safe(
            &["du"],
            "-a -b -c -d: -h -k -l -m -s -S -t: -x -0 -B: --all --apparent-size --bytes --total --max-depth: --human-readable --summarize --si --one-file-system --time? --time-style: --exclude: --threshold: --block-size: --null --separate-dirs --inodes --count-links --no-dereference --version --help",
            ANY,
            &["du -sh src"],
            &["du --files0-from=x"],
        )
    },
    safe(
        &["pwd"],
        "-L -P --logical --physical",
        Operands::Text,
        &["pwd"],
        &["pwd -x"],
    ),
    safe(
        &["echo"],
        "",
        Operands::Words,
        &["echo hi", "echo $HOME"],
        &["echo $FOO"],
    ),
    safe(
        &["printf"],
        "",
        Operands::Words,
        &["printf '%s' x"],
        &["printf -v a x"],
    ),
    safe(
        &["true", "false", ":", "break", "continue", "return", "exit"],
        "",
        Operands::Text,
        &["true"],
        &[": $FOO"],
    ),
    safe(
        &["basename"],
        "-a -s: -z --multiple --suffix: --zero --version --help",
        Operands::Text,
        &["basename a/b"],
        &["basename --frob"],
    ),
    safe(
        &["dirname"],
        "-z --zero --version --help",
        Operands::Text,
        &["dirname a/b"],
        &["dirname --frob"],
    ),
    safe(
        &["which"],
        "-a -s --all",
        Operands::Text,
        &["which ls"],
        &["which --frob"],
    ),
    safe(
        &["realpath"],
        "-e -m -L -P -q -s -z --canonicalize-existing --canonicalize-missing --logical --physical --quiet --relative-to@ --relative-base@ --strip --no-symlinks --zero --version --help",
        ANY,
        &["realpath a"],
        &["realpath /etc"],
    ),
    safe(
        &["readlink"],
        "-f -e -m -n -q -s -v -z --canonicalize --canonicalize-existing --canonicalize-missing --no-newline --quiet --silent --verbose --zero --version --help",
        ANY,
        &["readlink -f a"],
        &["readlink /etc/x"],
    ),
    sharp(
        &["sort", "gsort"],
        "-b -d -f -g -i -M -h -n -R -r -V -c -C -m -s -u -z -k: -t: -S: --ignore-leading-blanks --dictionary-order --ignore-case --general-numeric-sort --ignore-nonprinting --month-sort --human-numeric-sort --numeric-sort --random-sort --reverse --sort: --version-sort --batch-size: --check? --debug --key: --merge --stable --buffer-size: --field-separator: --parallel: --unique --zero-terminated --version --help",
        ANY,
        &["sort -u -k2,2n a.txt", "sort src/*.txt"],
        &["sort -o b a", "sort --outp=b a", "sort *"],
    ),
    sharp(
        &["uniq"],
        "-c -d -D -f: -i -s: -u -w: -z --count --repeated --all-repeated? --group? --skip-fields: --ignore-case --skip-chars: --unique --check-chars: --zero-terminated --version --help",
        ONE,
        &["uniq -c a.txt"],
        &["uniq a.txt b.txt", "uniq *"],
    ),
    safe(
        &["cut"],
        "-b: -c: -d: -f: -n -s -z --bytes: --characters: --delimiter: --fields: --only-delimited --complement --output-delimiter: --zero-terminated --version --help",
        ANY,
        &["cut -d: -f1 a.txt"],
        &["cut -f1 /etc/passwd"],
    ),
    safe(
        &["comm"],
        "-1 -2 -3 -z --check-order --nocheck-order --output-delimiter: --total --zero-terminated --version --help",
        ANY,
        &["comm -12 a b"],
        &["comm a ~/b"],
    ),
    safe(
        &["cmp"],
        "-b -i: -l -n: -s --print-bytes --ignore-initial: --verbose --bytes: --quiet --silent --version --help",
        ANY,
        &["cmp a b"],
        &["cmp a /b"],
    ),
    safe(
        &["tr"],
        "-c -C -d -s -t --complement --delete --squeeze-repeats --truncate-set1 --version --help",
        Operands::Text,
        &["tr a-z A-Z"],
        &["tr $X y"],
    ),
    Row {
        walks: "-r -R --recursive --dereference-recursive",
        ..safe(
            &["grep", "egrep", "fgrep"],
            GREP,
            Operands::PatternThenFiles {
                flags: &["-e", "-f", "--regexp", "--file"],
            },
            &["grep -rn TODO src", "grep -e a b.txt"],
            &["grep -f ~/x a.txt", "grep root /etc/passwd"],
        )
    },
    Row {
        walks: "*",
        globs: false,
        ..safe(
            &["rg"],
            RG,
            Operands::PatternThenFiles {
                flags: &["-e", "-f", "--regexp", "--file", "--files", "--type-list"],
            },
            &["rg -n TODO src", "rg --files"],
            &["rg --pre ./x y", "rg foo *", "rg -z x"],
        )
    },
    Row {
        walks: "*",
        globs: false,
        ..safe(
            &["fd", "fdfind"],
            "-H -I -u -s -i -g -F -a -l -p -0 -d: -t: -e: -E: -S: -c: -j: -1 -q --hidden --no-ignore --unrestricted --case-sensitive --ignore-case --glob --fixed-strings --absolute-path --full-path --print0 --max-depth: --min-depth: --exact-depth: --type: --extension: --exclude: --size: --changed-within: --changed-before: --max-results: --quiet --color: --and: --version --help",
            Operands::PatternThenFiles { flags: &[] },
            &["fd -e rs main"],
            &["fd -x rm", "fd --exec rm"],
        )
    },
    Row {
        here: true,
        walks: "*",
        globs: false,
        ..safe(
            &["tree"],
            "-a -d -f -i -L: -P: -I: -C -n -h -s -D -F -p -u -g -r -t -U -v -x -q -N -Q -J -X --noreport --gitignore --dirsfirst --prune --du --filelimit: --matchdirs --ignore-case --inodes --device --charset: --sort: --version --help",
            ANY,
            &["tree -L 2"],
            &["tree -o out.txt"],
        )
    },
    sharp(
        &["date"],
        "-u -R -I? -d: -r@ --utc --universal --rfc-email --iso-8601? --rfc-3339: --date: --reference@ --version --help",
        Operands::Format,
        &["date +%F"],
        &["date -s 2020-01-01", "date 010100002020"],
    ),
    safe(
        &[
            "sha256sum",
            "sha1sum",
            "sha224sum",
            "sha384sum",
            "sha512sum",
            "md5sum",
            "b2sum",
            "cksum",
            "sum",
        ],
        SUMS,
        ANY,
        &["sha256sum a.txt"],
        &["sha256sum -c list"],
    ),
    safe(
        &["od"],
        "-A: -j: -N: -S? -t: -v -w? -a -b -c -d -f -i -l -o -s -x --address-radix: --skip-bytes: --read-bytes: --strings? --format: --output-duplicates --width? --endian: --version --help",
        ANY,
        &["od -c a.txt"],
        &["od /dev/mem"],
    ),
    safe(
        &["hexdump", "hd"],
        "-b -c -C -d -o -x -v -n: -s: -e:",
        ANY,
        &["hexdump -C a"],
        &["hexdump -f x a"],
    ),
    sharp(
        &["xxd"],
        "-a -b -c: -C -d -e -E -g: -h -i -l: -n: -o: -p -ps -s: -u -v",
        ONE,
        &["xxd a.bin"],
        &["xxd a.txt out.bin", "xxd -r a b"],
    ),
    sharp(
        &["file"],
        "-b -i -h -L -k -N -n -p -r -s -0 --brief --mime --mime-type --mime-encoding --dereference --no-dereference --keep-going --no-pad --raw",
        ANY,
        &["file a.txt"],
        &["file -m x a", "file -f list"],
    ),
    safe(
        &["strings"],
        "-a -d -f -n: -o -t: -e: -w --all --data --print-file-name --bytes: --radix: --encoding: --include-all-whitespace --version --help",
        ANY,
        &["strings -n 8 a.bin"],
        &["strings /etc/passwd", "strings --frob a"],
    ),
    safe(
        &["column"],
        "-t -s: -c: -x -n: -N: -R: -H: -o: -O: -J -e -L -r: -W: -E: --table --separator: --output-separator: --output-width: --table-columns: --json",
        ANY,
        &["column -t a.txt"],
        &["column /etc/passwd"],
    ),
    safe(&["rev"], "", ANY, &["rev a.txt"], &["rev /etc/passwd"]),
    safe(
        &["tac"],
        "-b -r -s: --before --regex --separator:",
        ANY,
        &["tac a.txt"],
        &["tac /etc/passwd"],
    ),
    safe(
        &["nl"],
        "-b: -d: -f: -h: -i: -l: -n: -p -s: -v: -w: --body-numbering: --number-width: --number-format: --number-separator:",
        ANY,
        &["nl -ba a.txt"],
        &["nl ~/a"],
    ),
    safe(
        &["fold"],
        "-b -s -w: --bytes --spaces --width:",
        ANY,
        &["fold -w 80 a.txt"],
        &["fold ~/a"],
    ),
    safe(
        &["expand", "unexpand"],
        "-a -i -t: --all --initial --tabs: --first-only",
        ANY,
        &["expand -t 4 a.txt"],
        &["expand ~/a"],
    ),
    safe(
        &["fmt"],
        "-c -g: -p: -s -t -u -w: --width: --split-only --uniform-spacing",
        ANY,
        &["fmt -w 72 a.txt"],
        &["fmt ~/a"],
    ),
    safe(
        &["paste"],
        "-d: -s -z --delimiters: --serial --zero-terminated",
        ANY,
        &["paste a b"],
        &["paste ~/a"],
    ),
    safe(
        &["join"],
        "-1: -2: -a: -e: -i -j: -o: -t: -v: -z --check-order --nocheck-order --header --ignore-case",
        ANY,
        &["join a b"],
        &["join ~/a b"],
    ),
    safe(
        &["base64", "base32"],
        "-d -D -i -w: --decode --ignore-garbage --wrap:",
        ONE,
        &["base64 a.bin"],
        &["base64 ~/.ssh/id_rsa"],
    ),
    safe(
        &["seq"],
        "-f: -s: -w --format: --separator: --equal-width",
        Operands::Text,
        &["seq 1 5"],
        &["seq $N"],
    ),
    safe(
        &[
            "expr", "sleep", "whoami", "arch", "groups", "nproc", "uptime", "tty",
        ],
        "--version --help",
        Operands::Text,
        &["whoami", "sleep 1"],
        &["sleep $N"],
    ),
    safe(
        &["uname"],
        "-a -s -n -r -v -m -p -i -o --all --kernel-name --nodename --kernel-release --machine --operating-system",
        Operands::Text,
        &["uname -a"],
        &["uname --frob"],
    ),
    safe(
        &["id"],
        "-u -g -G -n -r -z --user --group --groups --name --real --zero",
        Operands::Text,
        &["id -u"],
        &["id --frob"],
    ),
    safe(
        &["hostname"],
        "-s --short",
        Operands::Files { most: 0 },
        &["hostname"],
        &["hostname evil"],
    ),
    safe(
        &["df"],
        "-a -h -H -i -k -l -P -T -B: -t: -x: --all --human-readable --si --inodes --local --portability --print-type --total --type: --exclude-type: --output?",
        ANY,
        &["df -h"],
        &["df /root"],
    ),
    safe(
        &["free"],
        "-b -k -m -g -h -w -t --human --mega --giga --total --wide",
        Operands::Files { most: 0 },
        &["free -h"],
        &["free --frob"],
    ),
    sharp(
        &["jq"],
        "-C -M -R -S -a -c -e -j -n -r -s --ascii-output --color-output --compact-output --exit-status --join-output --monochrome-output --null-input --raw-input --raw-output --slurp --sort-keys --tab --indent:",
        Operands::PatternThenFiles { flags: &[] },
        &["jq .name data.json"],
        &["jq -n env", "jq -f x.jq a.json"],
    ),
];

/// A row with its flags read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) row: &'static Row,
    pub(super) flags: Flags,
}

impl Parsed {
    /// True when the command walks through folders.
    pub(super) fn walks(&self, parsed: &flags::Parsed) -> bool {
        self.row.walks == "*" || self.row.walks.split(' ').any(|flag| parsed.has(&[flag]))
    }
}

static BY_NAME: LazyLock<HashMap<&'static str, Parsed>> = LazyLock::new(|| {
    ROWS.iter()
        .flat_map(|row| {
            row.names.iter().map(move |name| {
                (
                    *name,
                    Parsed {
                        row,
                        flags: Flags::new(row.flags),
                    },
                )
            })
        })
        .collect()
});

/// The row of a program.
pub(super) fn row(name: &str) -> Option<&'static Parsed> {
    BY_NAME.get(name)
}
