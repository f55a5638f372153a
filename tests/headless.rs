//! The verbs of the command line against a sandbox process over real sockets: outputs, exit codes, bad input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;

use serde_json::Value;
use support::{Sandbox, only_run};

fn plan(sandbox: &Sandbox, out: &str, arguments: &[&str]) -> Value {
    let path = sandbox.path(out);
    let mut line = vec!["mailboxes", "plan", "--out", path.to_str().unwrap(), "-o", "json"];
    line.extend(arguments);
    let ended = sandbox.run(&line);
    assert!(matches!(ended.code, Some(0 | 1)), "{}", ended.stderr);
    ended.json()
}

fn apply(sandbox: &Sandbox, file: &str, count: u64) -> Vec<String> {
    let path = sandbox.path(file);
    [
        "mailboxes",
        "apply",
        path.to_str().unwrap(),
        "--write",
        "--expect-count",
        &count.to_string(),
        "-o",
        "json",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn run(sandbox: &Sandbox, line: &[String]) -> support::Ended {
    sandbox.run(&line.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_tenant_is_handed_over_and_taken_back() {
    let sandbox = Sandbox::start(300, &[]);
    let before = sandbox.control("/state");

    let list = sandbox.expect(0, &["mailboxes", "list", "--dir-synced", "-o", "jsonl"]);
    let rows: Vec<Value> = list
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len() as u64, before["dirSynced"].as_u64().unwrap());
    for member in [
        "id",
        "displayName",
        "userPrincipalName",
        "primarySmtpAddress",
        "recipientTypeDetails",
        "isDirSynced",
        "isExchangeCloudManaged",
        "whenChangedUtc",
    ] {
        assert!(
            rows[0].get(member).is_some(),
            "{member} is missing in {}",
            rows[0]
        );
    }
    assert!(
        !list.stdout.chars().any(|c| c == '\u{1b}' || c == '\u{202e}'),
        "hostile names are cleaned"
    );

    let report = plan(&sandbox, "plan.json", &["--to", "cloud", "--all"]);
    let eligible = report["eligible"].as_u64().unwrap();
    assert!(eligible > 200, "{report}");
    assert_eq!(report["target"], "cloud");
    assert_eq!(sandbox.state("setCalls"), 0, "planning writes nothing");

    let ended = run(&sandbox, &apply(&sandbox, "plan.json", eligible));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let summary = ended.json();
    assert_eq!(summary["done"].as_u64(), Some(eligible));
    assert_eq!(summary["failed"].as_u64(), Some(0));
    assert_eq!(summary["unknown"].as_u64(), Some(0));
    let after = sandbox.control("/state");
    assert_eq!(
        after["cloudManaged"].as_u64().unwrap(),
        before["cloudManaged"].as_u64().unwrap() + eligible
    );
    assert_eq!(
        after["setCalls"].as_u64(),
        Some(eligible),
        "each mailbox is written once"
    );

    let folder = only_run(&sandbox.data_dir());
    let snapshots = fs::read_to_string(folder.join("snapshot.jsonl")).unwrap();
    assert_eq!(snapshots.lines().count() as u64, eligible);
    #[cfg(unix)]
    for file in ["plan.json", "snapshot.jsonl", "journal.jsonl", "manifest.json"] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(folder.join(file)).unwrap().permissions().mode() & 0o077,
            0,
            "{file}"
        );
    }

    let runs = sandbox.expect(0, &["runs", "list", "-o", "json"]).json();
    assert_eq!(runs[0]["state"], "done");
    assert_eq!(runs[0]["done"].as_u64(), Some(eligible));
    assert_eq!(runs[0]["remaining"].as_u64(), Some(0));
    let name = runs[0]["run"].as_str().unwrap().to_owned();

    sandbox.expect(0, &["mailboxes", "verify", &name, "-o", "json"]);

    let undo = sandbox.path("undo.json");
    let undo = undo.to_str().unwrap();
    let back = sandbox
        .expect(0, &["mailboxes", "undo", &name, "--out", undo, "-o", "json"])
        .json();
    assert_eq!(back["eligible"].as_u64(), Some(eligible), "{back}");
    let ended = run(&sandbox, &apply(&sandbox, "undo.json", eligible));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(
        sandbox.state("cloudManaged"),
        before["cloudManaged"].as_u64().unwrap()
    );
}

#[test]
fn refusals_have_their_exit_code_and_write_nothing() {
    let sandbox = Sandbox::start(120, &[]);
    let report = plan(&sandbox, "plan.json", &["--to", "cloud", "--all"]);
    let eligible = report["eligible"].as_u64().unwrap();
    let path = sandbox.path("plan.json");
    let plan_path = path.to_str().unwrap();
    let count = eligible.to_string();

    // Read-only until --write.
    let ended = sandbox.expect(5, &["mailboxes", "apply", plan_path, "--expect-count", &count]);
    assert!(ended.stderr.contains("--write"), "{}", ended.stderr);
    // Another count than the plan holds.
    sandbox.expect(
        5,
        &["mailboxes", "apply", plan_path, "--write", "--expect-count", "1"],
    );
    // A plan changed by hand.
    let text = fs::read_to_string(&path).unwrap();
    let changed = sandbox.path("changed.json");
    fs::write(&changed, text.replacen("\"cloud\"", "\"on-premises\"", 1)).unwrap();
    let ended = sandbox.expect(
        5,
        &[
            "mailboxes",
            "apply",
            changed.to_str().unwrap(),
            "--write",
            "--expect-count",
            &count,
        ],
    );
    assert!(ended.stderr.contains("changed"), "{}", ended.stderr);
    // A plan cut short.
    let cut = sandbox.path("cut.json");
    fs::write(&cut, &text[..text.len() / 2]).unwrap();
    let ended = sandbox.run(&[
        "mailboxes",
        "apply",
        cut.to_str().unwrap(),
        "--write",
        "--expect-count",
        &count,
    ]);
    assert!(matches!(ended.code, Some(2 | 5)), "{ended:?}");
    // The count is not optional, and a missing file is named.
    sandbox.expect(2, &["mailboxes", "apply", plan_path, "--write"]);
    let ended = sandbox.expect(
        2,
        &[
            "mailboxes",
            "apply",
            "missing.json",
            "--write",
            "--expect-count",
            "1",
        ],
    );
    assert!(ended.stderr.contains("missing.json"), "{}", ended.stderr);
    assert_eq!(sandbox.state("setCalls"), 0);

    // Once applied, never again.
    assert_eq!(
        run(&sandbox, &apply(&sandbox, "plan.json", eligible)).code,
        Some(0)
    );
    let ended = run(&sandbox, &apply(&sandbox, "plan.json", eligible));
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert_eq!(sandbox.state("setCalls"), eligible);
}

#[test]
fn a_plan_for_another_tenant_or_from_another_day_is_refused() {
    let sandbox = Sandbox::start(60, &[]);
    let report = plan(&sandbox, "plan.json", &["--to", "cloud", "--all"]);
    let count = report["eligible"].as_u64().unwrap();
    let original = handover::domain::Plan::parse(&fs::read(sandbox.path("plan.json")).unwrap()).unwrap();

    let day = jiff::SignedDuration::from_hours(25);
    let mut old = original.content.clone();
    old.created_at = old.created_at.checked_sub(day).unwrap();
    let mut future = original.content.clone();
    future.created_at = future.created_at.checked_add(day).unwrap();
    let mut foreign = original.content.clone();
    foreign.tenant.id = "11111111-2222-3333-4444-555555555555".into();
    for (name, content) in [("old", old), ("future", future), ("foreign", foreign)] {
        let plan = handover::domain::Plan::seal(content).unwrap();
        fs::write(sandbox.path(name), plan.to_bytes().unwrap()).unwrap();
        let ended = run(&sandbox, &apply(&sandbox, name, count));
        assert_eq!(ended.code, Some(5), "{name}: {}", ended.stderr);
    }
    assert_eq!(sandbox.state("setCalls"), 0);
}

#[test]
fn faults_of_every_kind_end_in_the_target_state() {
    let sandbox = Sandbox::start(
        250,
        &[
            "--faults",
            "throttle=0.05,error=0.05,reset=0.03,false-failure=0.1,missing=0.05,redirect=0.02,gzip-lie=0.05",
        ],
    );
    let report = plan(&sandbox, "plan.json", &["--to", "cloud", "--all"]);
    let eligible = report["eligible"].as_u64().unwrap();
    let ended = run(&sandbox, &apply(&sandbox, "plan.json", eligible));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(ended.json()["done"].as_u64(), Some(eligible));
    assert!(sandbox.state("faultsInjected") > 0);
}

#[test]
fn csv_input_is_checked_line_by_line() {
    let sandbox = Sandbox::start(80, &[]);
    let list = sandbox
        .expect(0, &["mailboxes", "list", "--dir-synced", "-o", "json"])
        .json();
    let address = |index: usize| list[index]["primarySmtpAddress"].as_str().unwrap().to_owned();
    let csv = sandbox.path("wave.csv");
    let csv_path = csv.to_str().unwrap().to_owned();

    fs::write(&csv, "Department;Nothing\nx;y\n").unwrap();
    let out = sandbox.path("p.json");
    let line = [
        "mailboxes",
        "plan",
        "--to",
        "cloud",
        "--csv",
        &csv_path,
        "--out",
        out.to_str().unwrap(),
    ];
    let ended = sandbox.expect(2, &line);
    assert!(
        ended.stderr.contains("Department"),
        "the columns found are named: {}",
        ended.stderr
    );

    fs::write(
        &csv,
        format!(
            "PrimarySmtpAddress\n{0}\n{0}\nnobody@example.com\n{1}\n",
            address(0),
            address(1)
        ),
    )
    .unwrap();
    let ended = sandbox.run(&line);
    assert!(
        ended.stderr.contains("nobody@example.com"),
        "unknown addresses are named: {}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("no mailbox has this as primary address or sign-in name"),
        "{}",
        ended.stderr
    );
    // What was named in vain is a finding, and a number for scripts.
    assert_eq!(
        (ended.code, &ended.json()["unresolvedLines"]),
        (Some(1), &Value::from(1))
    );

    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(
            format!("PrimarySmtpAddress\r\n{}\r\n", address(2))
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    fs::write(&csv, utf16).unwrap();
    let ended = sandbox.expect(0, &line);
    assert_eq!(ended.json()["unresolvedLines"], 0);
}

#[test]
fn a_role_for_recipients_alone_is_enough() {
    let sandbox = Sandbox::start(60, &[]);
    sandbox.steer("/deny", "Get-OrganizationConfig,Get-AcceptedDomain");
    let report = plan(&sandbox, "plan.json", &["--to", "cloud", "--all"]);
    let eligible = report["eligible"].as_u64().unwrap();
    let ended = run(&sandbox, &apply(&sandbox, "plan.json", eligible));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn an_exclude_list_must_name_mailboxes() {
    let sandbox = Sandbox::start(60, &[]);
    let csv = sandbox.path("vip.csv");
    fs::write(&csv, "PrimarySmtpAddress\nnobody@example.com\n").unwrap();
    let out = sandbox.path("p.json");
    let (csv, out) = (csv.to_str().unwrap(), out.to_str().unwrap());
    let line = [
        "mailboxes",
        "plan",
        "--to",
        "cloud",
        "--all",
        "--exclude",
        csv,
        "--out",
        out,
    ];
    let ended = sandbox.expect(2, &line);
    assert!(ended.stderr.contains("nobody@example.com"), "{}", ended.stderr);
    assert!(
        !sandbox.path("p.json").exists(),
        "no plan that would change what should be spared"
    );
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_run_between_mailboxes_and_resume_finishes_it() {
    let sandbox = Sandbox::start(400, &["--latency-ms", "200", "--concurrency", "2"]);
    let report = plan(&sandbox, "plan.json", &["--to", "cloud", "--all"]);
    let eligible = report["eligible"].as_u64().unwrap();
    for signal in ["TERM", "HUP", "INT"] {
        let line = if signal == "TERM" {
            apply(&sandbox, "plan.json", eligible)
        } else {
            ["mailboxes", "resume", "latest", "--write", "-o", "json"]
                .map(str::to_owned)
                .to_vec()
        };
        let before = sandbox.state("setCalls");
        let child = sandbox
            .handover()
            .args(&line)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let began = std::time::Instant::now();
        while sandbox.state("setCalls") < before + 10 {
            assert!(began.elapsed().as_secs() < 60, "the run writes");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let pid = child.id().to_string();
        assert!(
            std::process::Command::new("kill")
                .args([&format!("-{signal}"), &pid])
                .status()
                .unwrap()
                .success()
        );
        let ended = support::Ended::from(child.wait_with_output().unwrap());
        assert_eq!(
            ended.code,
            Some(75),
            "{signal}: {}\n{}",
            ended.stdout,
            ended.stderr
        );
        assert_eq!(
            sandbox.expect(0, &["runs", "list", "-o", "json"]).json()[0]["state"],
            "interrupted"
        );
    }
    sandbox.expect(0, &["mailboxes", "resume", "latest", "--write", "-o", "json"]);
    assert_eq!(sandbox.state("setCalls"), eligible, "nothing was written twice");
}

/// People read these on a terminal of 80 columns; what is cut there is left out or shortened, never wrapped.
#[test]
fn tables_have_chosen_columns_and_say_when_they_are_empty() {
    let sandbox = Sandbox::start(40, &[]);
    let none = sandbox.expect(0, &["runs", "list", "-o", "table"]);
    assert_eq!(none.stdout, "");
    assert!(none.stderr.contains("There are no runs in"), "{}", none.stderr);
    let none = sandbox.expect(
        0,
        &[
            "mailboxes",
            "list",
            "--filter",
            "type:room !type:room",
            "-o",
            "table",
        ],
    );
    assert_eq!(none.stdout, "");
    assert!(
        none.stderr.contains("0 of 40 mailboxes match."),
        "{}",
        none.stderr
    );

    let report = plan(&sandbox, "plan.json", &["--to", "cloud", "--all"]);
    let planned = report["eligible"].as_u64().unwrap();
    assert!(report["findings"][0]["advice"].is_string(), "{report}");
    assert_eq!(
        run(&sandbox, &apply(&sandbox, "plan.json", planned)).code,
        Some(0)
    );
    let listed = sandbox.expect(0, &["runs", "list", "-o", "table"]);
    let lines: Vec<&str> = listed.stdout.lines().collect();
    assert!(
        lines[0].starts_with("run ") && lines[0].contains("failed"),
        "{}",
        listed.stdout
    );
    assert!(lines[1].contains("done         to cloud"), "{}", listed.stdout);
    let listed = sandbox.expect(0, &["mailboxes", "list", "-o", "table"]);
    assert!(
        listed.stdout.lines().all(|line| line.chars().count() <= 120),
        "{}",
        listed.stdout
    );
    let doctor = sandbox.run(&["doctor", "-o", "table"]);
    assert!(
        doctor.stdout.contains("HANDOVER_NO_KEYRING"),
        "advice is whole: {}",
        doctor.stdout
    );

    // Once more changes nothing, says so, and the run before stays the latest.
    let again = sandbox.path("again.json");
    let ended = sandbox.run(&[
        "mailboxes",
        "plan",
        "--to",
        "cloud",
        "--all",
        "--out",
        again.to_str().unwrap(),
    ]);
    assert!(ended.stderr.contains("changes nothing"), "{}", ended.stderr);
    let latest = only_run(&sandbox.data_dir());
    let ended = run(&sandbox, &apply(&sandbox, "again.json", 0));
    assert_eq!((ended.code, &ended.json()["run"]), (Some(0), &Value::from("")));
    assert_eq!(only_run(&sandbox.data_dir()), latest);
    let ended = sandbox.expect(0, &["mailboxes", "resume", "latest", "--write"]);
    assert!(ended.stderr.contains("nothing to resume"), "{}", ended.stderr);
}

/// Sends a signal to a process of this test.
#[cfg(unix)]
fn signal(process: &std::process::Child, name: &str) {
    let sent = std::process::Command::new("kill")
        .args([&format!("-{name}"), &process.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// `timeout` signals the child and then its group, and a session that drops may hang up twice.
#[cfg(unix)]
#[test]
fn signals_that_come_twice_leave_result_and_advice() {
    let sandbox = Sandbox::start(200, &["--latency-ms", "400", "--concurrency", "2"]);
    let report = plan(&sandbox, "plan.json", &["--to", "cloud", "--all"]);
    let mut line = apply(&sandbox, "plan.json", report["eligible"].as_u64().unwrap());
    for names in [["TERM", "TERM"], ["HUP", "HUP"], ["INT", "INT"], ["INT", "HUP"]] {
        let before = sandbox.state("setCalls");
        let child = sandbox
            .handover()
            .args(&line)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let began = std::time::Instant::now();
        while sandbox.state("setCalls") < before + 10 {
            assert!(began.elapsed().as_secs() < 60, "the run writes");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        for name in names {
            signal(&child, name);
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let ended = support::Ended::from(child.wait_with_output().unwrap());
        assert_eq!(ended.code, Some(75), "{names:?}: {}", ended.stderr);
        let summary = ended.json();
        let settled = summary["done"].as_u64().unwrap();
        assert!(settled >= 10, "{summary}");
        assert!(ended.stderr.contains("Go on with"), "{names:?}: {}", ended.stderr);
        // The last line on the way is the result.
        let last = ended.stderr.lines().rfind(|line| line.contains(" of ")).unwrap();
        assert!(last.starts_with(&format!("{settled} of ")), "{last}");
        line = ["mailboxes", "resume", "latest", "--write", "-o", "json"]
            .map(str::to_owned)
            .to_vec();
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_can_be_given_up() {
    let sandbox = Sandbox::start(200, &["--latency-ms", "300", "--concurrency", "2"]);
    let report = plan(&sandbox, "plan.json", &["--to", "cloud", "--all"]);
    let eligible = report["eligible"].as_u64().unwrap();
    let mut child = sandbox
        .handover()
        .args(apply(&sandbox, "plan.json", eligible))
        .spawn()
        .unwrap();
    let began = std::time::Instant::now();
    while sandbox.state("setCalls") < 10 {
        assert!(began.elapsed().as_secs() < 60, "the run writes");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // Another run would mix with this one, until it is finished or given up.
    let rest = plan(&sandbox, "rest.json", &["--to", "cloud", "--all", "--max", "5"]);
    assert_eq!(
        run(&sandbox, &apply(&sandbox, "rest.json", 5)).code,
        Some(5),
        "{rest}"
    );
    let given_up = sandbox
        .expect(
            1,
            &[
                "mailboxes",
                "resume",
                "latest",
                "--write",
                "--abandon",
                "-o",
                "json",
            ],
        )
        .json();
    assert_eq!(given_up["abandoned"], true);
    let written = sandbox.state("setCalls");
    let rest = plan(&sandbox, "rest.json", &["--to", "cloud", "--all", "--max", "5"]);
    assert_eq!(
        rest["alreadyThere"].as_u64().unwrap(),
        sandbox.state("cloudManaged")
    );
    assert_eq!(run(&sandbox, &apply(&sandbox, "rest.json", 5)).code, Some(0));
    assert_eq!(sandbox.state("setCalls"), written + 5);
}

#[test]
fn a_reader_that_leaves_changes_no_exit_code() {
    let sandbox = Sandbox::start(400, &[]);
    let mut child = sandbox
        .handover()
        .args(["mailboxes", "list", "-o", "jsonl"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = support::Ended::from(child.wait_with_output().unwrap());
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "a closed pipe is quiet"
    );
}

#[test]
fn two_processes_can_not_write_in_one_tenant() {
    let sandbox = Sandbox::start(300, &["--latency-ms", "300", "--concurrency", "0"]);
    let report = plan(&sandbox, "plan.json", &["--to", "cloud", "--all"]);
    let eligible = report["eligible"].as_u64().unwrap();
    let half = plan(&sandbox, "half.json", &["--to", "cloud", "--all", "--max", "20"]);
    assert_eq!(half["eligible"], 20);
    let mut line = apply(&sandbox, "plan.json", eligible);
    line.extend(["--concurrency".to_owned(), "1".to_owned()]);
    let mut first = sandbox.handover().args(line).spawn().unwrap();
    let began = std::time::Instant::now();
    while sandbox.state("setCalls") == 0 {
        assert!(began.elapsed().as_secs() < 60, "the first run writes");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let ended = run(&sandbox, &apply(&sandbox, "half.json", 20));
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(ended.stderr.contains("another run"), "{}", ended.stderr);

    // It is told before the first call, from another data folder too, and whatever the service says.
    sandbox.steer("/faults", "throttle=1");
    for (folder, line) in [
        (sandbox.data_dir(), apply(&sandbox, "half.json", 20)),
        (sandbox.path("elsewhere"), apply(&sandbox, "half.json", 20)),
        (
            sandbox.data_dir(),
            ["mailboxes", "resume", "latest", "--write"]
                .map(str::to_owned)
                .to_vec(),
        ),
    ] {
        let began = std::time::Instant::now();
        let ended = sandbox
            .handover()
            .env("HANDOVER_DATA_DIR", &folder)
            .env("HANDOVER_CLIENT_SECRET", "a sign-in would fail")
            .args(&line)
            .output()
            .unwrap();
        let ended = support::Ended::from(ended);
        assert_eq!(ended.code, Some(5), "{line:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("another run"), "{}", ended.stderr);
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    }
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_long_wait_is_explained_once() {
    let sandbox = Sandbox::start(200, &[]);
    sandbox.steer("/faults", "throttle=1");
    let waiting = sandbox
        .handover()
        .args(["mailboxes", "list", "-o", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    sandbox.steer("/faults", "throttle=0");
    let ended = support::Ended::from(waiting.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(
        ended.stderr.matches("limits requests").count(),
        1,
        "{}",
        ended.stderr
    );
}

#[test]
fn addresses_are_planned_and_applied_for_cloud_managed_mailboxes_only() {
    let sandbox = Sandbox::start(200, &[]);
    let rows = sandbox
        .expect(0, &["mailboxes", "list", "--dir-synced", "-o", "json"])
        .json();
    let pick = |managed: bool| {
        rows.as_array()
            .unwrap()
            .iter()
            .find(|row| {
                row["isExchangeCloudManaged"] == managed && row["recipientTypeDetails"] == "UserMailbox"
            })
            .and_then(|row| row["id"].as_str())
            .unwrap()
            .to_owned()
    };
    let out = sandbox.path("address.json");
    let out = out.to_str().unwrap();
    let refused = sandbox.expect(
        5,
        &[
            "mailboxes",
            "address",
            &pick(false),
            "--add",
            "new.name@contoso.com",
            "--out",
            out,
        ],
    );
    assert!(
        refused.stderr.contains("Active Directory"),
        "says where it is mastered: {}",
        refused.stderr
    );

    let id = pick(true);
    sandbox.expect(
        0,
        &[
            "mailboxes",
            "address",
            &id,
            "--primary",
            "brand.new@contoso.com",
            "--out",
            out,
            "-o",
            "json",
        ],
    );
    let ended = run(&sandbox, &apply(&sandbox, "address.json", 1));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let truth = sandbox.control(&format!("/mailboxes/{id}"));
    let addresses = truth["EmailAddresses"].to_string();
    assert!(addresses.contains("SMTP:brand.new@contoso.com"), "{addresses}");
    let shown = sandbox
        .expect(0, &["mailboxes", "show", &id, "-o", "json"])
        .json();
    assert_eq!(shown["cloud"]["PrimarySmtpAddress"], "brand.new@contoso.com");
}

#[test]
fn sign_in_and_configuration_errors_have_their_exit_code() {
    let sandbox = Sandbox::start(20, &[]);
    let mut command = sandbox.handover();
    command
        .env("HANDOVER_CLIENT_SECRET", "not-this-one-4711")
        .args(["mailboxes", "list", "-o", "json"]);
    let ended = support::Ended::from(command.output().unwrap());
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(
        !ended.stderr.contains("4711"),
        "a secret is never shown: {}",
        ended.stderr
    );

    let config = sandbox.path("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n[policyy]\nread_only = false\n")).unwrap();
    let ended = sandbox.expect(2, &["mailboxes", "list"]);
    assert!(ended.stderr.contains("policyy"), "{}", ended.stderr);
    sandbox.expect(2, &["mailboxes", "frobnicate"]);
}

#[test]
fn information_verbs_work_without_a_tenant() {
    let sandbox = Sandbox::start(20, &[]);
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(
            sandbox
                .expect(0, &["completions", shell])
                .stdout
                .contains("mailboxes")
        );
    }
    let manual = sandbox.expect(0, &["man"]).stdout;
    assert!(manual.contains("expect\\-count"), "every option is in the manual");
    let information = sandbox.expect(0, &["info", "-o", "json"]).json();
    assert_eq!(information["profile"], "sandbox");
    assert_eq!(information["cloud"], "custom");
    assert_eq!(
        information["secrets"],
        "memory, for this process only (HANDOVER_NO_KEYRING is set)"
    );
    assert_eq!(information["environment"]["HANDOVER_NO_KEYRING"]["value"], "1");
    assert!(!information.to_string().contains(sandbox.ready("clientSecret")));
    sandbox.expect(0, &["doctor", "-o", "json"]);
    sandbox.expect(0, &["whoami", "-o", "json"]);
    sandbox.expect(0, &["login"]);
    let gone = sandbox.expect(0, &["logout"]);
    assert!(gone.stderr.contains("Nothing was stored"), "{}", gone.stderr);
}

#[test]
fn without_a_terminal_the_cockpit_names_the_verbs() {
    let sandbox = Sandbox::start(5, &[]);
    let ended = sandbox.expect(2, &["tui"]);
    assert!(ended.stderr.contains("terminal"), "{}", ended.stderr);
}
