//! Figures that need a pseudo terminal. The program inside is this benchmark itself, or a real one.

use std::{
    collections::VecDeque,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use crossterm::event::EventStream;
use handover::tui::{
    Effect,
    event_loop::{CHANNEL, Clock, EventLoop},
    screen::{Features, Screen},
    terminal::{Signals, Terminal, frame_interval},
};
use portable_pty::CommandBuilder;
use tokio::sync::mpsc;

use super::{
    COLUMNS, LINES, ROWS, Report, model,
    pty::{INSIDE, Pty},
    quantile,
};

const FIRST_FRAMES: usize = 15;
const KEYS: usize = 200;
/// Rounds of keys.
const ROUNDS: usize = 5;
/// Between two keys. Longer than the distance of frames: each key finds the screen at rest.
const REST: Duration = Duration::from_millis(45);

/// The cockpit over 600,000 rows, without services.
pub fn inside() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let clock = Clock::start();
        let model = model::loaded(ROWS, (COLUMNS, LINES));
        let terminal = Terminal::enter().unwrap();
        let screen = Screen::new(terminal.size().unwrap(), Features::from_environment(true));
        let (sender, messages) = mpsc::channel(CHANNEL);
        let mut event_loop = EventLoop::new(
            model,
            terminal,
            screen,
            EventStream::new(),
            messages,
            clock,
            frame_interval(),
        );
        event_loop.first_frame().unwrap();
        let mut signals = Signals::listen().unwrap();
        let mut perform = |effect: Effect| {
            // The table is loaded: a second load would only delay the keys.
            if matches!(effect, Effect::LoadInventory { .. }) {
                return;
            }
            let mut answers = VecDeque::new();
            model::answer(effect, ROWS, &mut answers);
            for answer in answers {
                let _ = sender.try_send(answer);
            }
        };
        event_loop.run(&mut signals, &mut perform).await;
    });
}

pub fn measure(report: &mut Report) {
    keys_and_rest(report);
    first_frame(report);
}

fn keys_and_rest(report: &mut Report) {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.env(INSIDE, "1");
    command.env("TERM", "xterm-256color");
    command.env_remove("SSH_CONNECTION");
    let mut pty = Pty::spawn(command, COLUMNS, LINES);
    pty.wait_until("the first frame", Duration::from_secs(120), |pty| {
        pty.updates() > 0
    });
    settle(&pty);

    let mut bytes = Vec::new();
    let rounds: Vec<Vec<Duration>> = (0..ROUNDS)
        .map(|_| (0..KEYS).map(|_| press_down(&mut pty, &mut bytes)).collect())
        .collect();
    report.count(
        "one Down key over a pseudo terminal, most",
        bytes.iter().copied().max().unwrap(),
        200,
        "bytes",
    );
    report.anchor(
        "one Down key over a pseudo terminal to its last byte, median",
        quantile(rounds.concat(), 0.5),
    );
    // The median of rounds: what else the machine does for a moment spoils one round, not the figure.
    let p99 = rounds.into_iter().map(|round| quantile(round, 0.99)).collect();
    report.milliseconds(
        "one Down key over a pseudo terminal to its last byte, p99",
        quantile(p99, 0.5),
        Duration::from_millis(2),
    );
    report.anchor("the same key echoed by `cat`, p99", echo());

    settle(&pty);
    let (before, ticks) = (pty.bytes(), pty.cpu_ticks());
    thread::sleep(Duration::from_secs(10));
    report.count(
        "an idle screen over 10 s, written",
        (pty.bytes() - before) as u64,
        0,
        "bytes",
    );
    report.count(
        "an idle screen over 10 s, processor time",
        pty.cpu_ticks() - ticks,
        0,
        "ticks",
    );
}

/// How long one key takes from its first byte to the last byte of its frame, and how many bytes that frame has.
fn press_down(pty: &mut Pty, bytes: &mut Vec<u64>) -> Duration {
    thread::sleep(REST);
    let (before, updates) = (pty.bytes(), pty.updates());
    let began = Instant::now();
    pty.write(b"\x1b[B");
    pty.sleep_until(Duration::from_secs(2), |_, ended| ended > updates);
    bytes.push((pty.bytes() - before) as u64);
    pty.last_byte().saturating_duration_since(began)
}

/// The same way there and back with a program that only copies: what the pseudo terminal and the machine cost.
fn echo() -> Duration {
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", "stty raw -echo; printf ready; exec cat"]);
    let mut pty = Pty::spawn(command, COLUMNS, LINES);
    pty.wait_for("ready", Duration::from_secs(5));
    let mut times = Vec::new();
    for _ in 0..KEYS {
        thread::sleep(REST);
        let before = pty.bytes();
        let began = Instant::now();
        pty.write(b"\x1b[B");
        pty.sleep_until(Duration::from_secs(2), |bytes, _| bytes > before);
        times.push(pty.last_byte().saturating_duration_since(began));
    }
    quantile(times, 0.99)
}

/// Waits until nothing has been written for half a second.
fn settle(pty: &Pty) {
    while pty.last_byte().elapsed() < Duration::from_millis(500) {
        thread::sleep(Duration::from_millis(20));
    }
}

/// From the start of the process to a screen with text, for the cockpit and for programs people know as quick.
fn first_frame(report: &mut Report) {
    let what = "first frame of `handover demo`, median";
    let folder = tempfile::tempdir().unwrap();
    let mut demo = CommandBuilder::new(env!("CARGO_BIN_EXE_handover"));
    demo.args([
        "--data-dir",
        &folder.path().display().to_string(),
        "demo",
        "--mailboxes",
        "2000",
    ]);
    let mut anchors = Vec::new();
    for (name, arguments) in [("tig", vec![]), ("mc", vec!["--nosubshell"])] {
        if !is_installed(name) {
            println!("  {name} is not installed: no anchor from it");
            continue;
        }
        let mut command = CommandBuilder::new(name);
        command.args(arguments);
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        match median_first_frame(&command) {
            Some(median) => {
                report.anchor(&format!("first screen of `{name}`, median"), median);
                anchors.push((name, median));
            }
            None => println!("  {name} showed nothing within 5 s: no anchor from it"),
        }
    }
    let Some(median) = median_first_frame(&demo) else {
        report.failed(what, "it showed nothing within 5 s");
        return;
    };
    report.milliseconds(what, median, Duration::from_millis(25));
    for (name, anchor) in anchors {
        report.milliseconds(&format!("  the same, no slower than `{name}`"), median, anchor);
    }
}

fn is_installed(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder: std::path::PathBuf| Path::is_file(&folder.join(program)))
    })
}

fn median_first_frame(command: &CommandBuilder) -> Option<Duration> {
    let mut times = Vec::new();
    for _ in 0..FIRST_FRAMES {
        let mut command = command.clone();
        command.env("TERM", "xterm-256color");
        command.env_remove("SSH_CONNECTION");
        let began = Instant::now();
        let mut pty = Pty::spawn(command, COLUMNS, LINES);
        loop {
            let rows = pty.with_screen(|screen| {
                screen
                    .rows(0, COLUMNS)
                    .filter(|row| !row.trim().is_empty())
                    .count()
            });
            if rows >= 3 {
                times.push(pty.last_byte().saturating_duration_since(began));
                break;
            }
            if began.elapsed() > Duration::from_secs(5) || pty.has_ended() {
                return None;
            }
            thread::sleep(Duration::from_micros(200));
        }
    }
    Some(quantile(times, 0.5))
}
