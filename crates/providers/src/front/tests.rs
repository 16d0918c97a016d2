use super::*;
use proptest::prelude::*;

const MARK: &[u8] = b",\"mark\":1";

fn counted(fronts: &Fronts, session: &str, text: &str) -> WireBytes {
    let body = Body {
        bytes: text.as_bytes().to_vec(),
        front_at: 1,
    };
    fronts.count(&SessionId::new(session), body).1
}

#[test]
fn a_body_that_goes_on_keeps_all_that_was_there_though_the_marker_moved() {
    let fronts = Fronts::new(MARK);
    let first = r#"{"m":[{"a":1,"mark":1}]}"#;
    let second = r#"{"m":[{"a":1},{"a":2},{"b":[{"c":3,"mark":1}]}]}"#;
    let kept = r#""m":[{"a":1"#.len() as u64;
    let of = |sent: &str, kept, before| WireBytes {
        sent: sent.len() as u64,
        kept,
        before,
    };
    assert_eq!(counted(&fronts, "s", first), of(first, 0, 0));
    assert_eq!(counted(&fronts, "s", second), of(second, kept, kept));
    // Another session has a front of its own, and one that begins anew keeps what is the same.
    assert_eq!(counted(&fronts, "t", first), of(first, 0, 0));
    let anew = r#"{"m":[{"z":1,"mark":1}]}"#;
    let before = r#""m":[{"a":1},{"a":2},{"b":[{"c":3"#.len() as u64;
    let same = r#""m":[{""#.len() as u64;
    assert_eq!(counted(&fronts, "s", anew), of(anew, same, before));
}

proptest! {
    #[test]
    fn markers_change_nothing_in_what_is_counted(
        pieces in proptest::collection::vec(("[a-c,\"]{0,4}", any::<bool>(), any::<bool>()), 0..12),
        tail in "[a-c]{0,4}",
    ) {
        let write = |marked: &dyn Fn(&(String, bool, bool)) -> bool| {
            let mut out = Vec::new();
            for piece in &pieces {
                out.extend_from_slice(piece.0.as_bytes());
                if marked(piece) { out.extend_from_slice(MARK); }
            }
            out
        };
        let a = write(&|piece| piece.1);
        let mut b = write(&|piece| piece.2);
        let plain = write(&|_| false).len();
        b.extend_from_slice(tail.as_bytes());
        prop_assert_eq!(front_length(&a, MARK), plain);
        prop_assert_eq!(common(&a, &b, MARK), plain);
    }
}
