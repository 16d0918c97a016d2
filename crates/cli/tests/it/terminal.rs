//! What is different when a person sits in front of it: a real pseudo-terminal.

use crate::{
    rig::{DEADLINE, KEY, Rig, Run, assert_shown},
    wire::Wire,
};
use gimlet_testkit::sse::Reply;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use serde_json::json;
use std::{
    io::{Read as _, Write as _},
    sync::mpsc,
    thread,
    time::Instant,
};

/// A run in a terminal of its own.
pub(crate) struct InTerminal {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    writer: Box<dyn std::io::Write + Send>,
    pieces: mpsc::Receiver<Vec<u8>>,
    seen: String,
    master: Box<dyn portable_pty::MasterPty + Send>,
}

impl InTerminal {
    pub(crate) fn start(run: &Run) -> Self {
        let plain = run.command();
        let mut command = CommandBuilder::new(plain.get_program());
        command.args(plain.get_args());
        command.env_clear();
        for (name, value) in plain.get_envs() {
            command.env(name, value.unwrap());
        }
        command.env("TERM", "xterm-256color");
        command.cwd(plain.get_current_dir().unwrap());
        let size = PtySize {
            rows: 24,
            cols: 200,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (sender, pieces) = mpsc::channel();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            // The terminal ends with an error once nobody has it open.
            while let Ok(count @ 1..) = reader.read(&mut piece) {
                if sender.send(piece[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            writer,
            pieces,
            seen: String::new(),
            master: pair.master,
        }
    }

    pub(crate) fn until(&mut self, text: &str) {
        let deadline = Instant::now() + DEADLINE;
        while !self.seen.contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.pieces.recv_timeout(left) {
                Ok(piece) => self.seen.push_str(&String::from_utf8_lossy(&piece)),
                Err(error) => panic!("{text:?} did not come ({error}): {}", self.seen),
            }
        }
    }

    /// Waits until what is typed is not shown: the program asks for that after its prompt.
    fn until_silent(&self) {
        const ECHO: u32 = 0o10;
        let deadline = Instant::now() + DEADLINE;
        while self.master.get_termios().unwrap().local_flags.bits() & ECHO != 0 {
            assert!(Instant::now() < deadline, "what is typed would be shown");
            thread::yield_now();
        }
    }

    pub(crate) fn type_in(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Ends it where it would go on. Returns what was shown.
    pub(crate) fn stop(mut self) -> String {
        self.child.kill().unwrap();
        self.finish().0
    }

    /// What was shown, and how it ended.
    pub(crate) fn finish(mut self) -> (String, u32) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.pieces.recv_timeout(left) {
                Ok(piece) => self.seen.push_str(&String::from_utf8_lossy(&piece)),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    drop(self.child.kill());
                    panic!("it does not end: {}", self.seen);
                }
            }
        }
        assert!(!self.seen.contains(KEY), "the key was shown");
        (
            self.seen.replace("\r\n", "\n"),
            self.child.wait().unwrap().exit_code(),
        )
    }
}

#[test]
fn a_person_sees_progress_and_the_words() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.answer(Reply::error(529, "overloaded_error", "Overloaded").header("retry-after-ms", "1"));
    wire.calls("toolu_1", "Read", json!({"file_path": "greeting.txt"}));
    wire.calls("toolu_2", "Bash", json!({"command": "rm -r /"}));
    wire.says("Words with \u{1b}[31mcolour\u{7} in them.");
    let (shown, code) = InTerminal::start(&rig.connected(&wire, ["-p", "Read"])).finish();
    assert_eq!(code, 0, "{shown}");
    assert_shown!(rig, shown);
}

#[test]
fn control_c_ends_the_turn() {
    let rig = Rig::new();
    let wire = Wire::new();
    let gate = gimlet_testkit::sse::Gate::closed();
    let script = gimlet_testkit::sse::Script::new().text("Never.");
    wire.answer(Reply::events(&script).held_before_headers(&gate));
    let mut terminal = InTerminal::start(&rig.connected(&wire, ["-p", "Wait"]));
    wire.reached(&gate);
    terminal.type_in("\u{3}");
    let (shown, code) = terminal.finish();
    assert_eq!(code, 1, "{shown}");
    assert_shown!(rig, shown);
}

#[test]
fn a_missing_prompt_does_not_wait_for_input() {
    let rig = Rig::new();
    let (shown, code) = InTerminal::start(&rig.gimlet(["-p"])).finish();
    assert_eq!(code, 2, "{shown}");
}

/// The program reads keys one by one, and the terminal shows none by itself.
fn is_raw(terminal: &InTerminal) -> bool {
    const CANONICAL_OR_ECHO: u32 = 0o12;
    terminal.master.get_termios().unwrap().local_flags.bits() & CANONICAL_OR_ECHO == 0
}

#[test]
fn a_task_is_done_in_the_terminal_with_its_question() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.calls("toolu_1", "Bash", json!({"command": "touch made"}));
    wire.says("It is **made**.");
    let nothing: [&str; 0] = [];
    let mut terminal = InTerminal::start(&rig.connected(&wire, nothing));
    terminal.until("What is to be done?");
    terminal.type_in("make it");
    terminal.until("make it");
    terminal.type_in("\r");
    terminal.until("May it run");
    // Keys count from when it says so.
    terminal.until("Esc stops the turn");
    assert!(is_raw(&terminal));
    assert!(!rig.work().join("made").exists());
    terminal.type_in("1");
    terminal.until("It is ");
    assert!(rig.work().join("made").exists());
    terminal.type_in("\u{4}");
    let (shown, code) = terminal.finish();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("--resume"), "{shown}");
}

#[test]
fn esc_esc_takes_a_turn_back_and_redo_brings_it_again() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.calls(
        "toolu_1",
        "Write",
        json!({"file_path": "made.txt", "content": "words\n"}),
    );
    wire.says("Written.");
    let run = rig.connected(&wire, ["--permission-mode", "acceptEdits"]);
    let mut terminal = InTerminal::start(&run);
    terminal.until("What is to be done?");
    terminal.type_in("write it");
    terminal.until("write it");
    terminal.type_in("\r");
    terminal.until("Written.");
    let made = rig.work().join("made.txt");
    assert!(made.exists());
    terminal.type_in("\u{1b}\u{1b}");
    terminal.until("Go back to before …");
    terminal.type_in("\r");
    terminal.until("1 file would change");
    assert!(made.exists(), "a preview changes nothing");
    // The second answer: files only.
    terminal.type_in("\u{1b}[B\r");
    terminal.until("1 file is as it was before");
    assert!(!made.exists());
    terminal.type_in("/redo\r");
    terminal.until("Bring back what the last undo took");
    terminal.type_in("\r");
    terminal.until("The change of 1 file is back.");
    assert_eq!(std::fs::read_to_string(&made).unwrap(), "words\n");
    terminal.type_in("\u{4}");
    let (shown, code) = terminal.finish();
    assert_eq!(code, 0, "{shown}");
}

#[test]
fn a_session_is_gone_on_with_and_shown_again() {
    let rig = Rig::new();
    let wire = Wire::new();
    wire.says("The first answer.");
    rig.connected(&wire, ["-p", "First"]).finish().expect(0);
    let mut terminal = InTerminal::start(&rig.connected(&wire, ["--continue", "--fullscreen"]));
    terminal.until("The first answer.");
    assert!(
        terminal.seen.contains("\u{1b}[?1049h"),
        "a screen of its own"
    );
    terminal.type_in("\u{4}");
    let (shown, code) = terminal.finish();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("\u{1b}[?1049l"), "{shown}");
}

#[test]
fn the_terminal_is_as_it_was_after_a_signal() {
    let rig = Rig::new();
    let wire = Wire::new();
    let nothing: [&str; 0] = [];
    let mut terminal = InTerminal::start(&rig.connected(&wire, nothing));
    terminal.until("What is to be done?");
    let pid = i32::try_from(terminal.child.process_id().unwrap()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let (shown, code) = terminal.finish();
    assert_eq!(code, 143, "{shown}");
    for undone in ["\u{1b}[?2004l", "\u{1b}[?25h", "\u{1b}[?1004l"] {
        assert!(shown.contains(undone), "{undone:?} in {shown:?}");
    }
}

#[test]
fn a_key_is_typed_without_being_shown() {
    let rig = Rig::new();
    let mut terminal = InTerminal::start(&rig.gimlet(["auth", "login"]));
    terminal.until("Key for anthropic (it is not shown): ");
    terminal.until_silent();
    terminal.type_in(&format!("{KEY}\n"));
    let (shown, code) = terminal.finish();
    assert_eq!(code, 0, "{shown}");
    let status = rig.gimlet(["auth", "status"]).finish().quietly();
    assert_eq!(status.out(), "anthropic: in the credentials file\n");
}
