//! The event decoder, by the standard's rules.

use gimlet_providers::SseDecoder;

fn decode(pieces: &[&[u8]]) -> Vec<String> {
    let mut decoder = SseDecoder::new();
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(piece).unwrap();
        while let Some(data) = decoder.next_data() {
            events.push(String::from_utf8(data.to_vec()).unwrap());
        }
    }
    events
}

#[test]
fn every_cut_gives_the_same_events() {
    let stream = concat!(
        "\u{feff}data: first\n\n",
        ": a comment\n",
        "event: named\r\nid: 7\r\ndata:no blank\r\ndata:  two blanks\r\n\r\n",
        "data\ndata: a\rdata: ü世🌍\r\r",
        "datax: other\nretry: 10\n\n",
        "data: last\r\n\n",
        "data: unfinished\n",
    );
    let expected = ["first", "no blank\n two blanks", "\na\nü世🌍", "last"];
    let bytes = stream.as_bytes();
    assert_eq!(decode(&[bytes]), expected);
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(decode(&single), expected);
    for at in 0..=bytes.len() {
        let (front, back) = bytes.split_at(at);
        assert_eq!(decode(&[front, back]), expected, "cut at {at}");
    }
}

#[test]
fn an_endless_event_is_refused_before_it_fills_the_memory() {
    let mut decoder = SseDecoder::new();
    let line = vec![b'x'; 1 << 20];
    decoder.push(b"data: ").unwrap();
    let mut pushed = 0;
    while decoder.push(&line).is_ok() {
        assert!(decoder.next_data().is_none());
        pushed += 1;
        assert!(pushed < 100);
    }
    assert_eq!(pushed, 63);
}

#[test]
fn a_long_stream_does_not_stay_in_memory() {
    let mut decoder = SseDecoder::new();
    let event = format!("data: {}\n\n", "x".repeat(1000));
    let mut count = 0;
    // More than the limit of one event in total, always with an unfinished rest.
    decoder.push(b"data: ").unwrap();
    for _ in 0..70_000 {
        decoder.push(event.as_bytes()).unwrap();
        decoder.push(b"data: ").unwrap();
        while decoder.next_data().is_some() {
            count += 1;
        }
    }
    assert_eq!(count, 70_000);
}
