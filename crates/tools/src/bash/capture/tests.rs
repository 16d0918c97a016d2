use super::*;

fn captured(cap_chars: usize, pieces: &[&[u8]]) -> Taken {
    let mut capture = Capture::new(cap_chars);
    for piece in pieces {
        capture.push(piece);
    }
    capture.take()
}

#[test]
fn short_output_is_kept_whole_across_split_characters() {
    let text = "añ→🦀b";
    for at in 0..=text.len() {
        let (one, two) = text.as_bytes().split_at(at);
        assert_eq!(captured(10, &[one, two]), Taken::Whole(text.to_owned()));
    }
}

#[test]
fn long_output_keeps_its_ends_and_counts_the_rest() {
    let lines = (0..1_000)
        .map(|number| format!("line {number}\n"))
        .collect::<Vec<_>>()
        .concat();
    let taken = captured(100, &[lines.as_bytes()]);
    assert_eq!(
        taken,
        Taken::Ends {
            head: "line 0\nline 1\nline 2\nline 3\nline 4\nline 5\nline 6".to_owned(),
            tail: "line 995\nline 996\nline 997\nline 998\nline 999\n".to_owned(),
            missing_bytes: 8_797,
            total_bytes: 8_890,
            lines: 1_000,
        }
    );
}

#[test]
fn memory_is_bounded_however_long_a_line_is() {
    let mut capture = Capture::new(1_000);
    let piece = vec![b'x'; 65_536];
    for _ in 0..1_000 {
        capture.push(&piece);
    }
    assert!(capture.head.len() + capture.tail.len() <= 2 * capture.end_bytes());
    assert!(capture.tail.capacity() <= 4 * capture.end_bytes());
    let Taken::Ends {
        head,
        tail,
        total_bytes,
        ..
    } = capture.take()
    else {
        panic!("it was too long to be whole")
    };
    assert_eq!(
        (head.len(), tail.len(), total_bytes),
        (500, 500, 65_536_000)
    );
}

#[test]
fn bytes_that_are_no_text_are_shown_as_such() {
    assert_eq!(
        captured(10, &[b"a\xffb"]),
        Taken::Whole("a\u{fffd}b".to_owned())
    );
}
