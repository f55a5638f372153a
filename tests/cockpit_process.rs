//! The real program in a pseudo terminal: mark, plan, confirm, apply in the demo; kill and resume against a sandbox.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
// The pseudo terminal of Unix. On Windows tests/lab/console/smoke drives the cockpit instead: the console of Wine shows
// terminal sequences as text, so that the pseudo console of Windows can't be tested there.
#![cfg(unix)]

#[path = "terminal/pty.rs"]
mod pty;
mod support;

use std::time::Duration;

use portable_pty::CommandBuilder;
use pty::Pty;
use support::Sandbox;

const SOON: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(120);

/// Dangerous dialogs swallow keys for this time.
const GUARD: Duration = Duration::from_millis(450);

fn demo(arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_handover"));
    command.arg("demo");
    command.args(arguments);
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.env("HANDOVER_NO_KEYRING", "1");
    command.env_remove("HANDOVER_CONFIG");
    command.env_remove("HANDOVER_PROFILE");
    command.env_remove("HANDOVER_DATA_DIR");
    command
}

/// The cockpit on a sandbox, with the keys of an administrator.
fn cockpit(sandbox: &Sandbox) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_handover"));
    command.args(["tui", "--write"]);
    with_keys(command, sandbox)
}

fn with_keys(mut command: CommandBuilder, sandbox: &Sandbox) -> Pty {
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.env_remove("HANDOVER_PROFILE");
    command.env("HANDOVER_NO_KEYRING", "1");
    command.env("HANDOVER_CONFIG", sandbox.path("config.toml"));
    command.env("HANDOVER_DATA_DIR", sandbox.data_dir());
    command.env("HANDOVER_CLIENT_SECRET", sandbox.ready("clientSecret"));
    Pty::spawn(command, 120, 40)
}

/// Types what the dialog wants typed, and takes it.
fn answer_typed(pty: &mut Pty) -> String {
    pty.wait_for("to go on:", SOON);
    std::thread::sleep(GUARD);
    let wanted = pty.with_screen(|screen| {
        let text = screen.contents();
        let line = text
            .lines()
            .find(|line| line.contains("to go on:"))
            .unwrap()
            .to_owned();
        let (_, rest) = line.split_once("Type").unwrap();
        rest.split("to go on").next().unwrap().trim().to_owned()
    });
    pty.write(wanted.as_bytes());
    pty.wait_for(&format!("> {wanted}"), SOON);
    pty.write(b"\r");
    wanted
}

/// From the table with marks to a confirmed run: plan, apply, type what the dialog wants.
fn plan_and_apply(pty: &mut Pty) -> u64 {
    pty.write(b"p");
    pty.wait_for("Will change", SOON);
    pty.write(b"a");
    let wanted = answer_typed(pty);
    wanted.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Marks the first two hundred rows from the top, plans, unlocks, applies, and waits for the end: what `demo --help`
/// promises, with the default seed.
fn hand_over_the_first_two_hundred(filter: &str) -> Pty {
    let mut pty = Pty::spawn(demo(&[]), 120, 40);
    pty.wait_for("2,000 of 2,000", LONG);
    if !filter.is_empty() {
        pty.write(format!("/{filter}\r").as_bytes());
        pty.wait_until("a filtered table", SOON, |pty| {
            pty.with_screen(|screen| {
                screen.contents().contains("of 2,000") && !screen.contents().contains("2,000 of 2,000")
            })
        });
    }
    for _ in 0..200 {
        pty.write(b" ");
    }
    pty.wait_for("200 marked", SOON);
    pty.write(b"p");
    pty.wait_for("Will change 200", SOON);
    pty.wait_for("Blocked 0", SOON);
    pty.write(b"W");
    let wanted = answer_typed(&mut pty);
    assert_eq!(wanted, "contoso.com");
    pty.wait_for("writing is unlocked", SOON);
    pty.write(b"a");
    let wanted = answer_typed(&mut pty);
    assert_eq!(wanted, "contoso.com 200");
    pty.wait_for("COMPLETE", LONG);
    pty.wait_for("Done 200   Already there 0   Failed 0", SOON);
    pty
}

#[test]
fn the_demo_hands_over_the_first_two_hundred_users_and_shared_mailboxes() {
    hand_over_the_first_two_hundred("type:user,shared");
}

#[test]
fn the_demo_hands_over_the_first_two_hundred() {
    let mut pty = hand_over_the_first_two_hundred("");
    // Escape and a letter in one go would be Alt with the letter.
    pty.write(b"\x1b");
    pty.wait_until("the table", SOON, |pty| {
        pty.with_screen(|screen| !screen.contents().contains("COMPLETE"))
    });
    // The list of runs is read again after a run; while that job works, q asks.
    std::thread::sleep(Duration::from_secs(1));
    pty.write(b"q");
    let began = std::time::Instant::now();
    while !pty.has_ended() {
        assert!(began.elapsed() < SOON, "q leaves the cockpit");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Hands over all users and shared mailboxes and returns, at work, with their number.
fn begin_to_hand_over(sandbox: &Sandbox, pty: &mut Pty) -> u64 {
    pty.wait_for("600 of 600", LONG);
    pty.write(b"/flag:onprem synced:yes type:user,shared\r");
    pty.wait_until("a filtered table", SOON, |pty| {
        pty.with_screen(|screen| {
            screen.contents().contains("of 600") && !screen.contents().contains("600 of 600")
        })
    });
    pty.write(b"A");
    pty.wait_until("marks", SOON, |pty| {
        pty.with_screen(|screen| {
            screen.contents().contains(" marked") && !screen.contents().contains("none marked")
        })
    });
    let count = plan_and_apply(pty);
    pty.wait_for("RUNNING", SOON);
    pty.wait_until("some writes", LONG, |_| sandbox.state("setCalls") >= 40);
    count
}

/// A session that breaks off takes its terminal along: a word to it must not keep the run from being ended in good order.
#[test]
fn a_cockpit_whose_terminal_is_gone_ends_its_run_in_good_order() {
    let sandbox = Sandbox::start(600, &["--latency-ms", "250", "--concurrency", "4"]);
    let mut command = CommandBuilder::new("sh");
    let program = env!("CARGO_BIN_EXE_handover");
    command.args(["-c", &format!("exec '{program}' tui --write 2>/dev/full")]);
    let mut pty = with_keys(command, &sandbox);
    begin_to_hand_over(&sandbox, &mut pty);
    pty.signal("HUP");
    let began = std::time::Instant::now();
    let code = loop {
        if let Some(code) = pty.exit_code() {
            break code;
        }
        assert!(began.elapsed() < SOON, "the end of the session ends the cockpit");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(code, 75);
}

#[test]
fn a_killed_cockpit_offers_to_resume() {
    let sandbox = Sandbox::start(600, &["--latency-ms", "250", "--concurrency", "4"]);
    let mut pty = cockpit(&sandbox);
    let count = begin_to_hand_over(&sandbox, &mut pty);
    pty.signal("KILL");
    drop(pty);

    let mut pty = cockpit(&sandbox);
    pty.wait_for("A run was interrupted", LONG);
    std::thread::sleep(GUARD);
    // Later is the default; Resume is the last button.
    pty.write(b"\x1b[C\x1b[C\r");
    pty.wait_for("COMPLETE", LONG);
    pty.wait_for(&format!("Done {count}"), SOON);
    assert_eq!(sandbox.state("setCalls"), count, "nothing was written twice");
    pty.write(b"\x1b");
    pty.write(b"q");
}
