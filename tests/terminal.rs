//! A real terminal around the real loop: taken over, given back, quiet at rest.
//!
//! The program inside the pseudo terminal is this test binary itself, started again with a variable set.

// It looks into /proc and asks `stty`. On Windows tests/lab/console/smoke drives the cockpit instead.
#![cfg(target_os = "linux")]
// Helpers of tests may fail a test; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "terminal/app.rs"]
mod app;
#[path = "terminal/pty.rs"]
mod pty;

use std::time::Duration;

use pty::Pty;

const SOON: Duration = Duration::from_secs(10);

/// Not a test of its own: what runs inside the pseudo terminal.
#[test]
fn app_inside() {
    if std::env::var_os(pty::INSIDE).is_some() {
        app::run();
    }
}

fn assert_given_back(pty: &mut Pty) {
    // The program may have stopped or ended before its last bytes were read here.
    let given_back = "no alternate screen, no hidden cursor, no bracketed paste";
    pty.wait_until(given_back, SOON, |pty| {
        pty.with_screen(|screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        })
    });
    assert!(pty.is_cooked(), "the terminal was left raw");
}

#[test]
fn taken_over_and_given_back_on_termination() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let mut pty = Pty::start(columns, rows, &[]);
        pty.wait_for("Handover", SOON);
        pty.with_screen(|screen| {
            assert!(screen.alternate_screen());
            assert!(screen.hide_cursor());
            assert!(screen.bracketed_paste());
        });
        assert!(!pty.is_cooked());
        pty.signal("TERM");
        pty.wait_for("left: Terminated", SOON);
        assert_given_back(&mut pty);
    }
}

#[test]
fn given_back_after_a_panic() {
    let mut pty = Pty::start(80, 24, &[("HANDOVER_TEST_PANIC", "1")]);
    pty.wait_for("Handover", SOON);
    pty.wait_for("a panic on purpose", SOON);
    assert_given_back(&mut pty);
}

#[test]
fn a_panicking_job_leaves_the_screen_alone() {
    let mut pty = Pty::start(80, 24, &[("HANDOVER_TEST_JOB_PANIC", "1")]);
    pty.wait_for("Handover", SOON);
    std::thread::sleep(Duration::from_millis(400));
    pty.with_screen(|screen| {
        assert!(screen.alternate_screen());
        assert!(
            !screen.contents().contains("a job panicked"),
            "{}",
            screen.contents()
        );
    });
    pty.signal("TERM");
    pty.wait_for("a job panicked on purpose", SOON);
    assert_given_back(&mut pty);
}

#[test]
fn suspended_and_continued() {
    let mut pty = Pty::start(80, 24, &[]);
    pty.wait_for("Handover", SOON);
    pty.signal("TSTP");
    pty.wait_until("stopped", SOON, Pty::is_stopped);
    assert_given_back(&mut pty);
    pty.signal("CONT");
    pty.wait_until("back on the alternate screen", SOON, |pty| {
        pty.with_screen(|screen| screen.alternate_screen() && screen.contents().contains("Handover"))
    });
    assert!(!pty.is_cooked());
    // Stopped from outside, without a chance to clean up: taken over again all the same.
    pty.signal("STOP");
    pty.wait_until("stopped", SOON, Pty::is_stopped);
    pty.write(b"");
    let before = pty.bytes();
    pty.signal("CONT");
    pty.wait_until("repainted", SOON, |pty| pty.bytes() > before + 20);
    pty.signal("TERM");
    pty.wait_for("left: Terminated", SOON);
    assert_given_back(&mut pty);
}

#[test]
fn resized() {
    let mut pty = Pty::start(80, 24, &[]);
    pty.wait_for("Handover", SOON);
    let before = pty.bytes();
    pty.resize(120, 40);
    pty.wait_until("repainted", SOON, |pty| pty.bytes() > before + 20);
    pty.wait_for("Handover", SOON);
    pty.signal("HUP");
    pty.wait_for("left: Terminated", SOON);
    assert_given_back(&mut pty);
}

#[test]
fn silent_at_rest() {
    let mut pty = Pty::start(120, 40, &[]);
    pty.wait_for("Handover", SOON);
    std::thread::sleep(Duration::from_millis(300));
    let (bytes, cpu) = (pty.bytes(), pty.cpu_ticks());
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(pty.bytes() - bytes, 0, "an idle screen wrote");
    assert!(pty.cpu_ticks() - cpu <= 1, "an idle screen used the processor");
}

#[test]
fn no_terminal_is_said_with_a_way_out() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "app_inside", "--nocapture"])
        .env(pty::INSIDE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("needs a terminal") && text.contains("mailboxes list"),
        "{text}"
    );
    assert!(!text.contains('\x1b'), "{text:?}");
}

/// The program as people start it, on the embedded tenant.
fn demo(columns: u16, rows: u16, data_dir: &std::path::Path) -> Pty {
    let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_handover"));
    command.args([
        "--data-dir",
        &data_dir.display().to_string(),
        "demo",
        "--mailboxes",
        "300",
    ]);
    command.env("TERM", "xterm-256color");
    command.env("HOME", data_dir);
    command.env_remove("SSH_CONNECTION");
    Pty::spawn(command, columns, rows)
}

/// Waits until nothing has been written for a while.
fn settle(pty: &mut Pty) {
    pty.wait_until("a rest", Duration::from_secs(60), |pty| {
        pty.last_byte().elapsed() > Duration::from_millis(1_500)
    });
}

#[test]
fn the_demo_loads_steps_and_quits() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let folder = tempfile::tempdir().unwrap();
        let mut pty = demo(columns, rows, folder.path());
        pty.wait_for("300", Duration::from_secs(60));
        settle(&mut pty);
        // Steps inside the table, over its lower edge, and back over its upper one.
        let keys = std::iter::repeat_n(b"\x1b[B", usize::from(rows) + 8);
        for key in keys.chain(std::iter::repeat_n(b"\x1b[A", usize::from(rows) + 4)) {
            let (before, updates) = (pty.bytes(), pty.updates());
            pty.write(key);
            pty.wait_until("a frame", SOON, |pty| pty.updates() > updates);
            let bytes = pty.bytes() - before;
            let shown = pty.with_screen(|screen| screen.contents());
            assert!(
                bytes <= 200,
                "{bytes} bytes for one arrow key at {columns}x{rows}:\n{shown}"
            );
        }
        // Notes lapse after some seconds; then nothing is left to draw.
        std::thread::sleep(Duration::from_secs(5));
        let before = pty.bytes();
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(pty.bytes(), before, "an idle screen wrote");
        pty.write(b"q");
        pty.wait_until("the end", SOON, |pty| {
            pty.with_screen(|screen| !screen.alternate_screen())
        });
        assert_given_back(&mut pty);
    }
}
