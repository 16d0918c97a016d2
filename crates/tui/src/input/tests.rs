use super::{Answer, Focus, Input, Mouse, Reader, Supported};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Vec<Input> {
    let mut reader = Reader::default();
    let mut inputs = reader.push(bytes);
    inputs.extend(reader.settle());
    inputs
}

fn keys(bytes: &[u8]) -> Vec<(KeyCode, KeyModifiers)> {
    let as_key = |input| match input {
        Input::Key(KeyEvent {
            code, modifiers, ..
        }) => (code, modifiers),
        other => panic!("{other:?} is no key"),
    };
    read(bytes).into_iter().map(as_key).collect()
}

#[test]
fn keys_of_old_and_new_terminals_are_the_same_keys() {
    use KeyCode::{Backspace, Char, Enter, Esc, F, Home, Left, Tab, Up};
    const NONE: KeyModifiers = KeyModifiers::NONE;
    const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
    const ALT: KeyModifiers = KeyModifiers::ALT;
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
    for (bytes, code, modifiers) in [
        ("a", Char('a'), NONE),
        ("é", Char('é'), NONE),
        ("漢", Char('漢'), NONE),
        ("\r", Enter, NONE),
        ("\n", Char('j'), CONTROL),
        ("\t", Tab, NONE),
        ("\x7f", Backspace, NONE),
        ("\x03", Char('c'), CONTROL),
        ("\x1f", Char('_'), CONTROL),
        ("\x1b", Esc, NONE),
        ("\x1ba", Char('a'), ALT),
        ("\x1b\r", Enter, ALT),
        ("\x1b[A", Up, NONE),
        ("\x1bOA", Up, NONE),
        ("\x1b[1;5D", Left, CONTROL),
        ("\x1b\x1b[D", Left, ALT),
        ("\x1b[1~", Home, NONE),
        ("\x1b[15~", F(5), NONE),
        ("\x1b[[A", F(1), NONE),
        ("\x1b[13;2u", Enter, SHIFT),
        ("\x1b[27;2;13~", Enter, SHIFT),
        ("\x1b[99;5u", Char('c'), CONTROL),
        ("\x1b[27u", Esc, NONE),
        ("\x1b[97;2u", Char('A'), SHIFT),
        ("\x1b[Z", KeyCode::BackTab, SHIFT),
        ("\x1b[9;2u", KeyCode::BackTab, SHIFT),
    ] {
        assert_eq!(keys(bytes.as_bytes()), [(code, modifiers)], "{bytes:?}");
    }
    assert_eq!(keys(b"\x1b\x1b"), [(Esc, NONE), (Esc, NONE)]);
    assert_eq!(keys(b"\x1b[97;1:3u"), [], "a key that is let go is no key");
}

#[test]
fn answers_of_the_terminal_are_no_text() {
    for (bytes, answer) in [
        ("\x1b[?62;c", Answer::Attributes),
        ("\x1b[?2026;2$y", Answer::Synchronised(Supported::Yes)),
        ("\x1b[?2026;0$y", Answer::Synchronised(Supported::No)),
        (
            "\x1b]11;rgb:ffff/8080/0000\x1b\\",
            Answer::Background(255, 128, 0),
        ),
        (
            "\x1b]11;rgb:1e/1e/2e\x07",
            Answer::Background(0x1e, 0x1e, 0x2e),
        ),
        ("\x1b[?1u", Answer::Keyboard),
        (
            "\x1bP>|tmux 3.5a\x1b\\",
            Answer::Name("tmux 3.5a".to_owned()),
        ),
        ("\x1b]52;c;abc\x07", Answer::Other),
    ] {
        assert_eq!(read(bytes.as_bytes()), [Input::Answer(answer)], "{bytes:?}");
    }
}

#[test]
fn a_paste_is_one_thing_and_its_line_ends_are_plain() {
    assert_eq!(
        read(b"\x1b[200~one\r\ntwo\rthree\x1b[A\x1b[201~x"),
        [
            Input::Paste("one\ntwo\nthree\x1b[A".to_owned()),
            Input::Key(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE)),
        ]
    );
}

#[test]
fn the_mouse_and_the_focus_are_told() {
    assert_eq!(read(b"\x1b[<64;3;4M"), [Input::Mouse(Mouse::WheelUp)]);
    assert_eq!(
        read(b"\x1b[<0;3;4M"),
        [Input::Mouse(Mouse::Press { column: 2, row: 3 })]
    );
    assert_eq!(read(b"\x1b[<0;3;4m"), [Input::Mouse(Mouse::Other)]);
    assert_eq!(
        read(b"\x1b[I\x1b[O"),
        [Input::Focus(Focus::Gained), Input::Focus(Focus::Lost)]
    );
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\x1b[A".to_vec()),
        Just(b"\x1b[200~pa\x1bste\x1b[201~".to_vec()),
        Just(b"\x1b]11;rgb:00/00/00\x1b\\".to_vec()),
        Just(b"\x1bP>|x\x1b\\".to_vec()),
        Just("漢é".as_bytes().to_vec()),
        Just(b"\x1b[<0;1;1M".to_vec()),
        proptest::collection::vec(any::<u8>(), 1..6),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn where_the_bytes_are_cut_makes_no_difference(bytes in pieces(), cut in 0usize..60) {
        let at = cut.min(bytes.len());
        let mut reader = Reader::default();
        let mut cut_up = reader.push(&bytes[..at]);
        cut_up.extend(reader.push(&bytes[at..]));
        cut_up.extend(reader.settle());
        prop_assert_eq!(cut_up, read(&bytes));
    }
}
