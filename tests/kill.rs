//! `kill -9` (`TerminateProcess` on Windows) at random moments of runs of 1,000 mailboxes under faults, then resume:
//! nothing is lost, nothing is written twice. The judge is the sandbox's own state.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use support::{Sandbox, only_run};

/// Kills over all runs. Fewer on Windows, which these tests know as Wine: it starts a process ten times slower.
const KILLS: usize = if cfg!(windows) { 12 } else { 100 };
/// Kills a run must survive before it may end.
const KILLS_PER_RUN: usize = if cfg!(windows) { 6 } else { 25 };
const FAULTS: &str = "throttle=0.01,error=0.03,reset=0.03,slow=0.002,false-failure=0.05,missing=0.02";

/// Mailboxes the journal claims as settled at this moment. A torn last line is no claim.
fn settled(run: &Path) -> BTreeSet<String> {
    let journal = fs::read_to_string(run.join("journal.jsonl")).unwrap_or_default();
    journal
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|line| line["record"].clone())
        .filter(|record| matches!(record["kind"].as_str(), Some("outcome" | "settled")))
        .filter(|record| {
            matches!(
                record["outcome"].as_str(),
                Some("done" | "already-there" | "failed")
            )
        })
        .filter_map(|record| record["subject"].as_str().map(str::to_owned))
        .collect()
}

fn snapshots(run: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(run.join("snapshot.jsonl")).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|record| record["id"].as_str().map(str::to_owned))
        .collect()
}

fn writes(sandbox: &Sandbox) -> BTreeMap<String, u64> {
    serde_json::from_value(sandbox.control("/writes")["mailboxes"].clone()).unwrap()
}

#[test]
fn killed_runs_resume_without_loss_or_second_write() {
    let seed = std::env::var("HANDOVER_KILL_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20_261_122);
    println!("seed {seed}; repeat with HANDOVER_KILL_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut kills, mut runs, mut early) = (0, 0, 0);
    while kills < KILLS {
        runs += 1;
        let sandbox = Sandbox::start(
            1_090,
            &["--latency-ms", "20", "--concurrency", "8", "--faults", FAULTS],
        );
        let plan = sandbox.path("plan.json");
        let plan = plan.to_str().unwrap();
        let report = sandbox
            .run(&[
                "mailboxes",
                "plan",
                "--to",
                "cloud",
                "--all",
                "--max",
                "1000",
                "--out",
                plan,
                "-o",
                "json",
            ])
            .json();
        let count = report["eligible"].as_u64().unwrap();
        assert!(count >= 950, "{report}");
        let count_text = count.to_string();
        let first = [
            "mailboxes",
            "apply",
            plan,
            "--write",
            "--expect-count",
            &count_text,
            "-o",
            "json",
        ];
        let again = ["mailboxes", "resume", "latest", "--write", "-o", "json"];

        let mut started = false;
        for _ in 0..KILLS_PER_RUN {
            let mut child = sandbox
                .handover()
                .args(if started { &again[..] } else { &first[..] })
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_micros(random.u64(0..900_000)));
            let ended = child.try_wait().unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            if ended.is_some_and(|status| status.success()) {
                break;
            }
            kills += 1;
            if support::run_folders(&sandbox.data_dir()).is_empty() {
                // Killed before the run had a folder: nothing was promised, nothing may have been written.
                assert_eq!(sandbox.state("setCalls"), 0);
                early += 1;
                continue;
            }
            started = true;
            let run = only_run(&sandbox.data_dir());
            let (claimed, saved, at_kill) = (settled(&run), snapshots(&run), writes(&sandbox));
            for id in at_kill.keys() {
                assert!(saved.contains(id), "{id} was written without a snapshot on disk");
            }
            // What is settled stays untouched from here on; checked at the end against this moment's count.
            fs::write(
                sandbox.path(&format!("settled-{kills}.json")),
                serde_json::to_vec(
                    &claimed
                        .iter()
                        .map(|id| (id, at_kill.get(id).copied().unwrap_or(0)))
                        .collect::<BTreeMap<_, _>>(),
                )
                .unwrap(),
            )
            .unwrap();
        }
        let line = if started { &again[..] } else { &first[..] };
        let mut ended = sandbox.run(line);
        // A run that was complete when the last kill came has nothing to resume.
        let refused = ended.stderr.clone();
        if ended.code == Some(5) {
            ended = sandbox.run(&["runs", "show", "latest", "-o", "json"]);
        }
        assert_eq!(
            ended.code,
            Some(0),
            "{refused}\n{}\n{}",
            ended.stdout,
            ended.stderr
        );

        let run = only_run(&sandbox.data_dir());
        let planned = handover::domain::Plan::parse(&fs::read(plan).unwrap()).unwrap();
        let (saved, final_writes) = (snapshots(&run), writes(&sandbox));
        for item in &planned.content.items {
            let id = item.id.to_string();
            let truth = sandbox.control(&format!("/mailboxes/{id}"));
            assert_eq!(
                truth["IsExchangeCloudManaged"], true,
                "{id} is not in its target state"
            );
            assert!(saved.contains(&id), "{id} has no snapshot");
        }
        assert_eq!(
            final_writes.keys().filter(|id| !saved.contains(*id)).count(),
            0,
            "written outside the plan"
        );
        for kill in 0..=kills {
            let Ok(bytes) = fs::read(sandbox.path(&format!("settled-{kill}.json"))) else {
                continue;
            };
            let claimed: BTreeMap<String, u64> = serde_json::from_slice(&bytes).unwrap();
            for (id, count) in claimed {
                assert_eq!(
                    final_writes.get(&id).copied().unwrap_or(0),
                    count,
                    "{id} was settled and written again"
                );
            }
        }
    }
    println!("{kills} kills in {runs} runs, {early} of them before the run had a folder");
}
