//! The cockpit over a living and over a still tenant, watched from outside.

use std::{
    thread,
    time::{Duration, Instant},
};

use portable_pty::CommandBuilder;
use serde_json::Value;

use super::{
    pty::Pty,
    support::{Figures, Limit, Sandbox},
};

/// What the smallest tenant may spend in ten seconds, in resource units (facts/graph section 8).
const UNITS: f64 = 3_500.0;
/// No request of the watch costs more: at most one thing is expanded, and nothing is paged by less than twenty.
const UNITS_OF_ONE: f64 = 4.0;
/// Readings of reports, and objects provisioned on demand, in ten seconds.
const FEW: f64 = 5.0;
/// A person presses the key that reads everything again this often.
const IMPATIENCE: Duration = Duration::from_secs(30);
/// A note on the bottom line lapses within this time; before, the screen is not still.
const NOTES_LAPSE: Duration = Duration::from_secs(15);
const SOON: Duration = Duration::from_secs(60);
const MINUTE: Duration = Duration::from_secs(60);
/// Clock ticks of the kernel in a second.
const TICKS: f64 = 100.0;

/// A tenant and the cockpit on it.
struct Stage {
    sandbox: Sandbox,
    pty: Pty,
}

impl Stage {
    /// Seconds that pass in the tenant in a second: none, or nearly none, keep it still.
    fn start(pace: &str) -> Self {
        let sandbox = Sandbox::start(50, &["--cloud-sync", "full", "--pace", pace]);
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_handover"));
        command.args(["tui", "--tab", "agents"]);
        for name in ["HANDOVER_PROFILE", "HANDOVER_CLIENT_SECRET", "SSH_CONNECTION"] {
            command.env_remove(name);
        }
        command.env("HANDOVER_CONFIG", sandbox.path("config.toml"));
        command.env("HANDOVER_DATA_DIR", sandbox.data_dir());
        command.env("HANDOVER_AUTH_METHOD", "device-code");
        command.env("HANDOVER_NO_KEYRING", "1");
        command.env("TERM", "xterm-256color");
        let mut pty = Pty::spawn(command, 120, 40);
        // Agents are told to people only: that they are there proves the sign-in by device code.
        pty.wait_for("of 20 agents live", SOON);
        pty.wait_for("15 jobs", SOON);
        Self { sandbox, pty }
    }

    fn truth(&self) -> Value {
        self.sandbox.control("/state")["synchronization"].clone()
    }
}

/// Measures both tenants for the same time.
pub fn measure() -> std::process::ExitCode {
    let minutes = std::env::var("HANDOVER_WATCH_MINUTES")
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|minutes: &f64| *minutes > 0.0)
        .unwrap_or(10.0);
    let time = MINUTE.mul_f64(minutes);
    println!("watching 5 configurations, 15 jobs and 20 agents for {minutes} minutes");
    let mut living = Stage::start("1");
    let still = Stage::start("0.001");
    thread::sleep(NOTES_LAPSE);

    let (bytes, ticks) = (still.pty.bytes(), still.pty.cpu_ticks());
    let (lively_bytes, lively_ticks) = (living.pty.bytes(), living.pty.cpu_ticks());
    let began = Instant::now();
    while let Some(left) = time.checked_sub(began.elapsed()) {
        thread::sleep(left.min(IMPATIENCE));
        living.pty.write(b"R");
    }
    let taken = began.elapsed();
    let (bytes, ticks) = (still.pty.bytes() - bytes, still.pty.cpu_ticks() - ticks);
    let (lively_bytes, lively_ticks) = (
        living.pty.bytes() - lively_bytes,
        living.pty.cpu_ticks() - lively_ticks,
    );

    let mut figures = Figures::default();
    requests(&mut figures, "a living tenant, R every 30 s", &living.truth());
    requests(&mut figures, "a still tenant", &still.truth());
    println!(
        "         a living tenant: {:.2} % of a core, {lively_bytes} bytes on the terminal",
        100.0 * share(lively_ticks, taken)
    );
    let of_a_core = share(ticks, taken);
    figures.add(
        "processor time while nothing changes",
        &format!("{:.2} % of a core", 100.0 * of_a_core),
        "1 % of a core",
        of_a_core / 0.01,
        Limit::AtMost(1.0),
    );
    figures.add(
        "on the terminal while nothing changes",
        &format!("{bytes} bytes"),
        "none",
        bytes as f64,
        Limit::AtMost(0.0),
    );
    if bytes > 0 {
        println!("{}", still.pty.with_screen(|screen| screen.contents()));
    }
    figures.end()
}

/// Part of a core that so many ticks are.
fn share(ticks: u64, of: Duration) -> f64 {
    ticks as f64 / TICKS / of.as_secs_f64()
}

/// What a tenant was asked, beside the limits that Microsoft publishes.
fn requests(figures: &mut Figures, tenant: &str, truth: &Value) {
    let classes = truth["requests"].as_object().unwrap();
    let count = |class: &Value| class.as_u64().unwrap();
    let total: u64 = classes.values().map(count).sum();
    let asked: Vec<String> = classes
        .iter()
        .filter(|(_, class)| count(class) > 0)
        .map(|(name, class)| format!("{name} {class}"))
        .collect();
    println!("         {tenant}: {total} requests ({})", asked.join(", "));
    assert!(total > 0, "nothing was watched");

    let most = |name: &str| count(&truth["mostInTenSeconds"][name]) as f64;
    let units = most("all") * UNITS_OF_ONE;
    figures.add(
        &format!("{tenant}, most in ten seconds"),
        &format!("{} requests, {units} units at 4 each", most("all")),
        "3,500 units of the smallest tenant",
        units / UNITS,
        Limit::AtMost(0.5),
    );
    for (name, what) in [
        ("reports", "readings of reports"),
        ("onDemand", "provisioned on demand"),
    ] {
        figures.add(
            &format!("{tenant}, {what}, most in ten seconds"),
            &most(name).to_string(),
            "5",
            most(name) / FEW,
            Limit::AtMost(0.5),
        );
    }
    let refused: u64 = ["reports", "onDemand"]
        .iter()
        .map(|name| count(&truth["throttled"][name]))
        .sum();
    figures.add(
        &format!("{tenant}, refused by a limit"),
        &refused.to_string(),
        "none",
        refused as f64,
        Limit::AtMost(0.0),
    );
}
