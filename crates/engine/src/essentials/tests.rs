//! What gives way when even the kept part would be too long.

use super::*;

#[test]
fn only_the_longest_requests_lose_their_middle() {
    let mut essentials = Essentials::default();
    let long = format!("Begin{}é{}End", "x".repeat(5_000), "y".repeat(5_000));
    for request in ["Short and whole.", &long, "Another."] {
        essentials.request(&[Block::text(request)]);
    }
    let whole = essentials.text(&Desk::default(), usize::MAX);
    assert!(whole.contains(&long));
    let cut = essentials.text(&Desk::default(), 1_000);
    assert!(cut.contains("### Request 1\nShort and whole.\n"), "{cut}");
    assert!(cut.contains("### Request 3\nAnother.\n"), "{cut}");
    assert!(cut.contains("Beginxxx") && cut.contains("yyyEnd"), "{cut}");
    assert!(cut.contains("bytes are left out here"), "{cut}");
    assert!(cut.len() < 1_200, "{}", cut.len());
    // The newest is what is being worked on.
    essentials.request(&[Block::text(&long)]);
    assert!(
        essentials
            .text(&Desk::default(), 1_000)
            .ends_with(&format!("{long}\n"))
    );
}

#[test]
fn lengths_share_what_there_is() {
    let share = |lengths: &[usize], most| longest_whole(lengths.iter().copied(), most);
    assert_eq!(share(&[], 10), usize::MAX);
    assert_eq!(share(&[3, 4, 3], 10), usize::MAX);
    assert_eq!(share(&[3, 100, 3], 10), 4);
    assert_eq!(share(&[100, 100], 10), 5);
}
