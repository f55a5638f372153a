//! What watching a large Cloud Sync costs, over real sockets: 5 configurations, 15 jobs and 20 agents, looked at by the
//! cockpit itself in a pseudo terminal, signed in by device code.
//!
//! | figure | limit |
//! |---|---|
//! | requests in any ten seconds, at the units the dearest one costs | half of the smallest tenant's 3,500 units |
//! | readings of reports and provisioning on demand in any ten seconds | half of 5 |
//! | refusals by a limit | 0 |
//! | processor time while nothing changes | 1 % of a core |
//! | bytes on the terminal while nothing changes | 0 |
//!
//! Two sandboxes run side by side for the same ten minutes: in one jobs run and a person asks for news again and again, in
//! the other time stands still. `HANDOVER_WATCH_MINUTES` shortens it. The limits are those of facts/graph section 8.

// Measures fail loudly; clippy knows only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(target_os = "linux")]
#[path = "../terminal/pty.rs"]
mod pty;
mod support;
#[cfg(target_os = "linux")]
#[path = "watch/cockpit.rs"]
mod watched;

use std::process::ExitCode;

fn main() -> ExitCode {
    // `cargo test --all-targets` starts benchmarks too; figures mean something under `cargo bench` only.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("skipped: run `cargo bench --bench watch`");
        return ExitCode::SUCCESS;
    }
    #[cfg(target_os = "linux")]
    return watched::measure();
    #[cfg(not(target_os = "linux"))]
    {
        println!("not measured: the pseudo terminal and the processor time are read on Linux only");
        ExitCode::SUCCESS
    }
}
