//! The binary on a pseudo-terminal: what it shows is read, and keys are pressed when it waits for them.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::harness::{PATIENCE, Run, Running, World, files, reader};

pub const ENTER: &str = "\r";
pub const ESC: &str = "\u{1b}";
pub const CTRL_C: &str = "\u{3}";
pub const CTRL_D: &str = "\u{4}";
pub const BACKSPACE: &str = "\u{7f}";
pub const DOWN: &str = "\u{1b}[B";
pub const UP: &str = "\u{1b}[A";

/// A run at a terminal.
pub struct Terminal<'a> {
    running: Running<'a>,
    /// None when it was closed.
    keyboard: Option<File>,
    screen: Arc<Mutex<Vec<u8>>>,
    /// Whether nobody looks at the screen any more.
    is_dark: Arc<AtomicBool>,
    /// What was seen of the plain text so far, in bytes.
    seen: usize,
}

impl<'a> Terminal<'a> {
    /// With stdout apart, so that an answer can be told from what is shown along the way.
    pub fn start(world: &'a World, arguments: &[&str], size: (u16, u16)) -> Self {
        Self::open(world, arguments, size, false)
    }

    /// With stdout on the terminal too, as people have it.
    pub fn whole(world: &'a World, arguments: &[&str], size: (u16, u16)) -> Self {
        Self::open(world, arguments, size, true)
    }

    fn open(world: &'a World, arguments: &[&str], (rows, columns): (u16, u16), is_whole: bool) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a pseudo-terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).expect("a size");
        let name = ptsname(&master, Vec::new()).expect("a name");
        let slave = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())
            .expect("its other end");
        let mut command = Command::new(env!("CARGO_BIN_EXE_fsxctl"));
        command.args(arguments).env_clear().env("TERM", "xterm").envs(world.environment());
        command.current_dir(world.home.path());
        let copy = || Stdio::from(slave.try_clone().expect("a copy"));
        command.stdin(copy()).stdout(if is_whole { copy() } else { Stdio::piped() }).stderr(copy());
        drop(slave);
        let from = world.sandbox.log().len();
        let before = files(world.home.path());
        let mut child = command.spawn().expect("the binary starts");
        drop(command);
        let stdout = match child.stdout.take() {
            Some(stdout) => reader(stdout),
            None => std::thread::spawn(String::new),
        };
        let screen = Arc::new(Mutex::new(Vec::new()));
        let is_dark = Arc::new(AtomicBool::new(false));
        // Reading must end when the terminal goes away, and a read that blocks would keep it.
        rustix::fs::fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK).expect("reads that do not block");
        let eyes = File::from(master.try_clone().expect("a copy"));
        let stderr = watcher(eyes, Arc::clone(&screen), Arc::clone(&is_dark));
        let running = Running { world, child, stdout, stderr, from, arguments: arguments.join(" "), before };
        Self { running, keyboard: Some(File::from(master)), screen, is_dark, seen: 0 }
    }

    /// Everything shown so far without what moves and colours it.
    pub fn text(&self) -> String {
        plain(&self.screen.lock().expect("the screen"))
    }

    /// Everything that was sent to the terminal.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().expect("the screen")).into_owned()
    }

    /// What stands on the screen, row by row, as a terminal of so many columns has it, when nothing more comes: a
    /// program that waits for a key may have sent what is not read here yet.
    pub fn rows(&self, columns: usize) -> Vec<String> {
        let mut shown = self.raw();
        loop {
            std::thread::sleep(Duration::from_millis(100));
            let now = self.raw();
            if now == shown && self.waits() {
                return rows(&now, columns);
            }
            shown = now;
        }
    }

    /// Waits until a text is shown that was not seen before, and the program waits for a key.
    #[track_caller]
    pub fn until(&mut self, text: &str) {
        let since = Instant::now();
        loop {
            let shown = self.text();
            let rest = shown.get(self.seen..).unwrap_or_default();
            if let Some(at) = rest.find(text)
                && self.waits()
            {
                self.seen += at + text.len();
                return;
            }
            assert!(since.elapsed() < PATIENCE, "{text:?} never came:\n{shown}");
            if matches!(self.running.child.try_wait(), Ok(Some(_))) && !self.text().contains(text) {
                panic!("it ended before {text:?}:\n{}", self.text());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether single keys are read.
    fn waits(&self) -> bool {
        let keyboard = self.keyboard.as_ref().expect("a keyboard");
        tcgetattr(keyboard).is_ok_and(|modes| !modes.local_modes.contains(LocalModes::ICANON))
    }

    /// Presses one key that the program answers to.
    #[track_caller]
    pub fn press(&mut self, key: &str) {
        let before = self.screen.lock().expect("the screen").len();
        self.keyboard.as_mut().expect("a keyboard").write_all(key.as_bytes()).expect("a key is pressed");
        let since = Instant::now();
        while self.screen.lock().expect("the screen").len() == before {
            assert!(since.elapsed() < PATIENCE, "nothing happened after {key:?}:\n{}", self.text());
            if !matches!(self.running.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Types a text, character by character, and Enter.
    #[track_caller]
    pub fn line(&mut self, text: &str) {
        for char in text.chars() {
            self.press(char.encode_utf8(&mut [0; 4]));
            self.waits_again();
        }
        self.press(ENTER);
    }

    #[track_caller]
    fn waits_again(&self) {
        let since = Instant::now();
        while !self.waits() {
            assert!(since.elapsed() < PATIENCE, "it reads no more keys:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Moves with a key that the program answers to, and waits until it reads the next.
    #[track_caller]
    pub fn go(&mut self, key: &str) {
        self.press(key);
        self.waits_again();
    }

    /// Takes the terminal away.
    pub fn hang_up(&mut self) {
        self.keyboard = None;
        self.is_dark.store(true, Ordering::SeqCst);
    }

    /// Sends a signal by its short name.
    pub fn signal(&self, name: &str) {
        self.running.signal(name);
    }

    /// Waits for the end. What was shown is the run's stderr.
    pub fn end(self) -> Run {
        self.running.end()
    }
}

/// Reads what is shown until the other end is closed, which ends in an error on Linux, or nobody looks any more.
fn watcher(
    mut master: File,
    screen: Arc<Mutex<Vec<u8>>>,
    is_dark: Arc<AtomicBool>,
) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while !is_dark.load(Ordering::SeqCst) {
            match master.read(&mut bytes) {
                Ok(0) => break,
                Ok(count) => screen.lock().expect("the screen").extend(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(_) => break,
            }
        }
        plain(&screen.lock().expect("the screen"))
    })
}

/// The little of a terminal that is needed: text that wraps, returns, moves up and down, and lines that are cleared.
fn rows(sent: &str, columns: usize) -> Vec<String> {
    let mut rows: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0usize, 0usize);
    let mut rest = sent.chars().peekable();
    while let Some(char) = rest.next() {
        match char {
            '\r' => column = 0,
            '\n' => (row, column) = (row + 1, column),
            '\u{8}' => column = column.saturating_sub(1),
            '\u{1b}' if rest.next_if_eq(&'[').is_some() => {
                let mut number = String::new();
                let end = loop {
                    match rest.next() {
                        Some(digit) if digit.is_ascii_digit() || "?;".contains(digit) => number.push(digit),
                        end => break end,
                    }
                };
                let count = number.parse().unwrap_or(1);
                match end {
                    Some('A') => row = row.saturating_sub(count),
                    Some('B') => row += count,
                    Some('K') => rows[row].clear(),
                    Some('m' | 'h' | 'l') => {}
                    other => panic!("this terminal does not know CSI {number} {other:?}"),
                }
            }
            char => {
                if column == columns {
                    (row, column) = (row + 1, 0);
                }
                while rows.len() <= row {
                    rows.push(Vec::new());
                }
                if rows[row].len() <= column {
                    rows[row].resize(column + 1, ' ');
                }
                rows[row][column] = char;
                column += 1;
            }
        }
        while rows.len() <= row {
            rows.push(Vec::new());
        }
    }
    rows.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned()).collect()
}

fn plain(bytes: &[u8]) -> String {
    console::strip_ansi_codes(&String::from_utf8_lossy(bytes)).replace('\r', "")
}
