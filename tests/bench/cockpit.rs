//! Figures of the cockpit, each beside its anchor from the same run. Ends with exit code 1 when one is missed.
//!
//! | figure | limit | anchor |
//! |---|---|---|
//! | update and draw at 120x40 over 600,000 rows, p99 | 2 ms | an empty frame; a copy of the buffer |
//! | one Down key in a pseudo terminal, bytes | 200 | - |
//! | one Down key in a pseudo terminal to its last byte, p99 | 2 ms | - |
//! | an idle screen over 10 s | 0 bytes, no processor time | - |
//! | first frame of `handover demo` from process start, median | 25 ms | `tig`, `mc` |

// Measures fail loudly; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "cockpit/model.rs"]
mod model;
#[cfg(target_os = "linux")]
#[path = "../terminal/pty.rs"]
mod pty;
#[cfg(target_os = "linux")]
#[path = "cockpit/terminal.rs"]
mod terminal;

use std::{
    hint::black_box,
    io,
    process::ExitCode,
    time::{Duration, Instant},
};

use handover::tui::{
    Chord, Key, Msg,
    screen::{Features, Screen},
    update, view,
};
use ratatui::{
    buffer::Buffer,
    layout::{Rect, Size},
};

/// Rows of the table.
const ROWS: u32 = 600_000;
const COLUMNS: u16 = 120;
const LINES: u16 = 40;

/// Figures with limits; the ones missed.
#[derive(Default)]
struct Report {
    missed: Vec<String>,
}

impl Report {
    fn milliseconds(&mut self, what: &str, measured: Duration, limit: Duration) {
        let verdict = if measured <= limit { "ok" } else { "MISSED" };
        println!(
            "{what:<62} {:>9.3} ms  limit {:>6.1} ms  {verdict}",
            in_ms(measured),
            in_ms(limit)
        );
        if measured > limit {
            self.missed.push(what.to_owned());
        }
    }

    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "for figures of the pseudo terminal")
    )]
    fn count(&mut self, what: &str, measured: u64, limit: u64, unit: &str) {
        let verdict = if measured <= limit { "ok" } else { "MISSED" };
        println!("{what:<62} {measured:>9} {unit}  limit {limit:>6} {unit}  {verdict}");
        if measured > limit {
            self.missed.push(what.to_owned());
        }
    }

    fn anchor(&self, what: &str, measured: Duration) {
        println!("{:<62} {:>9.3} ms  anchor", format!("  {what}"), in_ms(measured));
    }

    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "for figures of the pseudo terminal")
    )]
    fn failed(&mut self, what: &str, reason: &str) {
        println!("{what:<62} not measured: {reason}");
        self.missed.push(what.to_owned());
    }
}

fn in_ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// The value that `share` of all values do not exceed.
fn quantile(mut values: Vec<Duration>, share: f64) -> Duration {
    values.sort_unstable();
    values[((values.len() - 1) as f64 * share).round() as usize]
}

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if std::env::var_os(pty::INSIDE).is_some() {
        terminal::inside();
        return ExitCode::SUCCESS;
    }
    // `cargo test --all-targets` starts benchmarks too; figures mean something under `cargo bench` only.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("skipped: run `cargo bench --bench cockpit`");
        return ExitCode::SUCCESS;
    }
    let mut report = Report::default();
    update_and_draw(&mut report);
    #[cfg(target_os = "linux")]
    terminal::measure(&mut report);
    #[cfg(not(target_os = "linux"))]
    println!("pseudo-terminal figures are measured on Linux only");
    if report.missed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("missed: {}", report.missed.join("; "));
    ExitCode::FAILURE
}

/// Every key of a mix is taken in, the screen is drawn and the difference is written to nowhere.
fn update_and_draw(report: &mut Report) {
    let mut model = model::loaded(ROWS, (COLUMNS, LINES));
    let mut screen = Screen::new(Size::new(COLUMNS, LINES), Features::default());
    let draw = |model: &handover::tui::Model, screen: &mut Screen| {
        screen
            .draw(&mut io::sink(), |area, buffer| view(model, area, buffer))
            .unwrap()
    };
    draw(&model, &mut screen);
    let keys = [
        Key::Down,
        Key::Down,
        Key::Down,
        Key::Down,
        Key::PageDown,
        Key::Up,
        Key::End,
        Key::Home,
    ];
    let mut times = Vec::new();
    for turn in 0..4_000_usize {
        let key = keys[turn % keys.len()];
        let began = Instant::now();
        black_box(update(&mut model, Msg::Key(Chord::plain(key))));
        black_box(draw(&model, &mut screen));
        times.push(began.elapsed());
    }
    report.milliseconds(
        "update + draw, 120x40, 600,000 rows, p99",
        quantile(times, 0.99),
        Duration::from_millis(2),
    );

    let anchors = 1_000;
    let empty: Vec<Duration> = (0..anchors)
        .map(|_| {
            let began = Instant::now();
            black_box(screen.draw(&mut io::sink(), |_, _| None).unwrap());
            began.elapsed()
        })
        .collect();
    report.anchor("drawing an empty frame, p99", quantile(empty, 0.99));
    let buffer = Buffer::empty(Rect::new(0, 0, COLUMNS, LINES));
    let copies: Vec<Duration> = (0..anchors)
        .map(|_| {
            let began = Instant::now();
            black_box(buffer.clone());
            began.elapsed()
        })
        .collect();
    report.anchor("copying the buffer, p99", quantile(copies, 0.99));
}
