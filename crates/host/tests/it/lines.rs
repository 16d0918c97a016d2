//! Reading some lines of texts of every size and shape.

use crate::{folder, host};
use gimlet_ports::{Host, HostFault, LineWindow, Stop, TextWindow};
use proptest::prelude::*;
use std::path::Path;

const WIDE: LineWindow = LineWindow {
    first: 1,
    count: 1000,
    limit_bytes: 1 << 20,
    line_chars: 2000,
};

async fn read(path: &Path, window: LineWindow) -> Result<TextWindow, HostFault> {
    host().read_lines(path, window, &Stop::new()).await
}

pub(crate) async fn first(path: &Path, count: u64) -> Result<TextWindow, HostFault> {
    read(path, LineWindow { count, ..WIDE }).await
}

async fn of(content: &[u8], window: LineWindow) -> TextWindow {
    let folder = folder();
    let path = folder.path().join("file");
    std::fs::write(&path, content).unwrap();
    read(&path, window).await.unwrap()
}

#[tokio::test]
async fn both_kinds_of_line_ends_are_taken_off() {
    let window = of(b"a\r\nb\n\r\n\nc\rd\ne", WIDE).await;
    assert_eq!(window.lines, ["a", "b", "", "", "c\rd", "e"]);
    assert_eq!((window.total_lines, window.first), (Some(6), 1));
    assert_eq!(
        window.stamp.hash,
        blake3::hash(b"a\r\nb\n\r\n\nc\rd\ne").to_hex().to_string()
    );
    assert!(window.stamp.whole && !window.lossy && !window.binary && !window.cut_by_bytes);
}

#[tokio::test]
async fn an_empty_file_has_no_lines_and_is_whole() {
    let window = of(b"", WIDE).await;
    assert_eq!((window.lines.len(), window.total_lines), (0, Some(0)));
    assert!(window.stamp.whole);
}

#[tokio::test]
async fn a_part_is_read_and_all_lines_are_counted() {
    let window = of(
        b"1\n2\n3\n4\n5",
        LineWindow {
            first: 2,
            count: 2,
            ..WIDE
        },
    )
    .await;
    assert_eq!((window.lines.join("|").as_str(), window.first), ("2|3", 2));
    assert_eq!(window.total_lines, Some(5));
    assert!(!window.stamp.whole && !window.stamp.hash.is_empty());
    let past = of(b"1\n2\n", LineWindow { first: 9, ..WIDE }).await;
    assert_eq!((past.lines.len(), past.total_lines), (0, Some(2)));
}

#[tokio::test]
async fn the_limit_in_bytes_ends_the_window_between_lines() {
    let window = of(
        b"four\nfive\nsix",
        LineWindow {
            limit_bytes: 9,
            ..WIDE
        },
    )
    .await;
    assert_eq!(
        (window.lines.join("|").as_str(), window.cut_by_bytes),
        ("four|five", true)
    );
    let exact = of(
        b"four\nfive\nsix",
        LineWindow {
            limit_bytes: 13,
            ..WIDE
        },
    )
    .await;
    assert_eq!((exact.lines.len(), exact.cut_by_bytes), (3, false));
}

#[tokio::test]
async fn a_first_line_over_the_limit_is_shown_in_part() {
    let content = "é".repeat(100);
    let window = of(
        content.as_bytes(),
        LineWindow {
            limit_bytes: 5,
            ..WIDE
        },
    )
    .await;
    assert_eq!(window.lines, ["éé… (98 more characters)"]);
    assert!(window.cut_by_bytes && window.cut_lines == 1 && !window.stamp.whole);
}

#[tokio::test]
async fn a_line_of_five_megabytes_is_cut_with_a_count() {
    let content = format!("short\n{}\nlast", "é".repeat(2_500_000));
    let window = of(
        content.as_bytes(),
        LineWindow {
            line_chars: 10,
            ..WIDE
        },
    )
    .await;
    let cut = format!("{}… (2499990 more characters)", "é".repeat(10));
    assert_eq!(window.lines, ["short", cut.as_str(), "last"]);
    assert_eq!(
        (window.cut_lines, window.total_lines, window.lossy),
        (1, Some(3), false)
    );
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_shown_as_replacements() {
    let window = of(b"ok\ncaf\xe9\n", WIDE).await;
    assert_eq!(
        (window.lines.join("|").as_str(), window.lossy),
        ("ok|caf\u{FFFD}", true)
    );
    let before = of(b"ok\ncaf\xe9\n", LineWindow { count: 1, ..WIDE }).await;
    assert!(!before.lossy);
}

#[tokio::test]
async fn a_nul_near_the_start_makes_it_binary() {
    let window = of(b"\x7fELF\0\0text", WIDE).await;
    assert!(window.binary && window.lines.is_empty() && !window.stamp.whole);
    assert_eq!((window.total_lines, window.stamp.hash.as_str()), (None, ""));
}

#[tokio::test]
async fn a_file_of_two_gigabytes_is_read_in_little_memory() {
    let folder = folder();
    let path = folder.path().join("huge");
    // Sparse: a text at the start, then nothing but NUL bytes.
    std::fs::write(&path, "line\n".repeat(4000)).unwrap();
    std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(2 << 30)
        .unwrap();
    let before = peak_kib();
    let window = read(
        &path,
        LineWindow {
            first: 11,
            count: 2,
            ..WIDE
        },
    )
    .await
    .unwrap();
    assert_eq!(window.lines, ["line", "line"]);
    assert_eq!((window.total_lines, window.stamp.size), (None, 2 << 30));
    assert_eq!(window.stamp.hash, "");
    // Past the last newline there is one line of two gigabytes.
    let last = LineWindow {
        first: 4001,
        line_chars: 4,
        ..WIDE
    };
    let window = read(&path, last).await.unwrap();
    let missing = (2_u64 << 30) - 20_000 - 4;
    assert_eq!(
        window.lines,
        [format!("\0\0\0\0… ({missing} more characters)")]
    );
    assert_eq!(window.total_lines, Some(4001));
    let grown = peak_kib() - before;
    assert!(grown < 32 * 1024, "{grown} KiB");
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn reading_stops_when_it_is_told_to() {
    let folder = folder();
    let path = folder.path().join("file");
    std::fs::write(&path, "text").unwrap();
    let stop = Stop::new();
    stop.cancel();
    assert_eq!(
        host().read_lines(&path, WIDE, &stop).await,
        Err(HostFault::Stopped)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Against the plain way: the whole text in memory, split.
    #[test]
    fn windows_agree_with_splitting_the_whole_text(
        content in "[a-zé\n\r]{0,400}",
        repeat in 1_usize..1500,
        first in 1_u64..50,
        count in 0_u64..50,
    ) {
        let content = content.repeat(repeat);
        let mut lines: Vec<&str> = content.split('\n').collect();
        let unended = lines.pop().filter(|last| !last.is_empty());
        let ended = lines.iter().map(|line| line.strip_suffix('\r').unwrap_or(line));
        let all: Vec<&str> = ended.chain(unended).collect();
        let skip = usize::try_from(first - 1).unwrap();
        let wanted: Vec<&str> =
            all.iter().copied().skip(skip).take(usize::try_from(count).unwrap()).collect();
        let window = LineWindow {
            first, count, limit_bytes: usize::MAX, line_chars: usize::MAX,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let got = runtime.block_on(of(content.as_bytes(), window));
        prop_assert_eq!(got.lines, wanted);
        prop_assert_eq!(got.total_lines, Some(all.len() as u64));
    }
}
