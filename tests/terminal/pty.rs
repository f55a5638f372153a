//! A pseudo terminal with a program inside, a screen that shows what it wrote, and a counter of its bytes.

#![allow(dead_code, reason = "tests and the benchmark use different parts")]

use std::{
    io::{Read, Write},
    process::Command,
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Set for the program inside.
pub const INSIDE: &str = "HANDOVER_TEST_INSIDE";

/// What the program has written so far.
struct Seen {
    parser: vt100::Parser,
    bytes: usize,
    last: Instant,
    updates: usize,
    tail: Vec<u8>,
}

/// The end of a synchronized update: the last bytes of a frame.
const END_UPDATE: &[u8] = b"\x1b[?2026l";

/// A program in a pseudo terminal; killed when dropped.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

impl Pty {
    /// Starts this test binary's inner program with further variables.
    pub fn start(columns: u16, rows: u16, variables: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "app_inside", "--nocapture"]);
        command.env(INSIDE, "1");
        command.env("TERM", "xterm-256color");
        command.env_remove("SSH_CONNECTION");
        for (name, value) in variables {
            command.env(name, value);
        }
        Self::spawn(command, columns, rows)
    }

    /// Starts any program.
    pub fn spawn(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        let seen = Seen {
            parser,
            bytes: 0,
            last: Instant::now(),
            updates: 0,
            tail: Vec::new(),
        };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let filled = Arc::clone(&seen);
        thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                // Before anything else: what a reader of the screen does with the bytes is not the program's time.
                let arrived = Instant::now();
                let (seen, news) = &*filled;
                let mut seen = seen.lock().unwrap();
                seen.parser.process(&buffer[..count]);
                seen.bytes += count;
                seen.last = arrived;
                // A sequence may be cut by the end of a read.
                let mut tail = std::mem::take(&mut seen.tail);
                tail.extend_from_slice(&buffer[..count]);
                seen.updates += tail
                    .windows(END_UPDATE.len())
                    .filter(|window| *window == END_UPDATE)
                    .count();
                seen.tail = tail[tail.len().saturating_sub(END_UPDATE.len() - 1)..].to_vec();
                news.notify_all();
            }
        });
        Self {
            master: pair.master,
            writer,
            child,
            seen,
        }
    }

    /// What the screen shows.
    pub fn with_screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.seen.0.lock().unwrap().parser.screen())
    }

    /// How many bytes the program has written.
    pub fn bytes(&self) -> usize {
        self.seen.0.lock().unwrap().bytes
    }

    /// When the last byte came.
    pub fn last_byte(&self) -> Instant {
        self.seen.0.lock().unwrap().last
    }

    /// How many synchronized updates have ended.
    pub fn updates(&self) -> usize {
        self.seen.0.lock().unwrap().updates
    }

    /// Sleeps until bytes and updates so far are enough, or the limit has passed. Sleeping, because a loop that asks again
    /// and again would take the lock and the processor from those it waits for.
    pub fn sleep_until(&self, limit: Duration, enough: impl Fn(usize, usize) -> bool) {
        let (seen, news) = &*self.seen;
        let waits = |seen: &mut Seen| !enough(seen.bytes, seen.updates);
        drop(
            news.wait_timeout_while(seen.lock().unwrap(), limit, waits)
                .unwrap(),
        );
    }

    /// Whether the program has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// The exit code, once the program has ended.
    pub fn exit_code(&mut self) -> Option<u32> {
        self.child.try_wait().unwrap().map(|status| status.exit_code())
    }

    /// Types.
    pub fn write(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&mut self, text: &str, limit: Duration) {
        self.wait_until(text, limit, |pty| {
            pty.with_screen(|screen| screen.contents().contains(text))
        });
    }

    /// Waits until something is the case.
    pub fn wait_until(&mut self, what: &str, limit: Duration, mut is: impl FnMut(&Self) -> bool) {
        let began = Instant::now();
        while !is(self) {
            let shown = self.with_screen(|screen| screen.contents());
            assert!(
                began.elapsed() < limit,
                "waited for `{what}` in vain; the screen shows:\n{shown}"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Changes the size and tells the program.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let (new_rows, new_columns) = (rows.try_into().unwrap(), columns.try_into().unwrap());
        self.seen
            .0
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(new_rows, new_columns);
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let process = self.child.process_id().unwrap().to_string();
        assert!(
            Command::new("kill")
                .args([&format!("-{name}"), &process])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Whether line input is on, as a shell leaves it.
    pub fn is_cooked(&self) -> bool {
        let terminal = self.master.tty_name().unwrap();
        let output = Command::new("stty")
            .arg("-F")
            .arg(terminal)
            .arg("-a")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        text.contains(" icanon") && text.contains(" echo ")
    }

    /// Whether the process is stopped.
    pub fn is_stopped(&self) -> bool {
        self.stat().first().is_some_and(|state| state == "T")
    }

    /// Processor time used, in clock ticks of 10 ms.
    pub fn cpu_ticks(&self) -> u64 {
        self.stat()
            .iter()
            .skip(11)
            .take(2)
            .map(|ticks| ticks.parse::<u64>().unwrap())
            .sum()
    }

    /// The fields of `/proc/<pid>/stat` from the state on.
    fn stat(&self) -> Vec<String> {
        let process = self.child.process_id().unwrap();
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        fields.split_whitespace().map(str::to_owned).collect()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
