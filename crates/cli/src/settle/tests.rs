//! Which mappings are let go.

use super::*;

#[test]
fn only_code_and_the_constants_at_the_files_start_are_let_go() {
    let program = Path::new("/opt/gim let");
    let table: [(&str, Option<(usize, usize)>); 7] = [
        (
            "1000-3000 r--p 00000000 fe:00 42   /opt/gim let",
            Some((0x1000, 0x2000)),
        ),
        (
            "3000-9000 r-xp 00002000 fe:00 42   /opt/gim let",
            Some((0x3000, 0x6000)),
        ),
        // Relocated when it was loaded.
        ("9000-a000 r--p 00008000 fe:00 42   /opt/gim let", None),
        ("a000-b000 rw-p 00009000 fe:00 42   /opt/gim let", None),
        ("c000-d000 r-xp 00000000 fe:00 43   /lib/libc.so.6", None),
        ("d000-e000 rw-p 00000000 00:00 0", None),
        ("no mapping /opt/gim let", None),
    ];
    for (line, expected) in table {
        assert_eq!(clean(line.as_bytes(), program), expected, "{line}");
    }
}

#[test]
fn a_program_that_has_settled_goes_on() {
    let words = || format!("{:?} {}", Path::new("a").join("b"), f64::MAX);
    let before = words();
    settle();
    assert_eq!(words(), before);
}
