//! `handover agents` against a sandbox process.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::Sandbox;

/// A tenant in which nothing happens by itself.
fn quiet() -> Sandbox {
    let sandbox = Sandbox::start(60, &[]);
    sandbox.steer("/synchronization/story", "off");
    sandbox
}

fn agents(sandbox: &Sandbox) -> Vec<Value> {
    let ended = sandbox.expect(0, &["agents", "list", "--as-person", "-o", "json"]);
    ended.json().as_array().unwrap().clone()
}

fn status<'a>(agents: &'a [Value], id: &str) -> &'a str {
    let agent = agents.iter().find(|agent| agent["id"] == id).unwrap();
    agent["status"].as_str().unwrap()
}

#[test]
fn agents_live_fall_silent_and_vanish_and_are_remembered() {
    let sandbox = quiet();
    let before = agents(&sandbox);
    assert!(before.len() >= 3, "{before:?}");
    for member in [
        "id",
        "machineName",
        "externalIp",
        "status",
        "groups",
        "domains",
        "firstSeen",
        "lastSeen",
    ] {
        assert!(
            !before[0][member].is_null(),
            "{member} is missing in {}",
            before[0]
        );
    }
    assert!(
        before.iter().all(|agent| agent["status"] == "active"),
        "{before:?}"
    );
    let id = before[0]["id"].as_str().unwrap();
    sandbox.steer(&format!("/synchronization/agents/{id}/silence"), "");
    sandbox.steer("/synchronization/advance", "60");
    assert_eq!(status(&agents(&sandbox), id), "inactive");
    sandbox.steer(&format!("/synchronization/agents/{id}/vanish"), "");
    let ended = sandbox.expect(0, &["agents", "list", "--as-person", "-o", "json"]);
    assert!(ended.stderr.contains("vanished"), "{}", ended.stderr);
    let after = ended.json().as_array().unwrap().clone();
    assert_eq!(status(&after, id), "vanished");
    assert_eq!(after.len(), before.len());
    let gone = after.iter().find(|agent| agent["id"] == id).unwrap();
    assert_eq!(gone["firstSeen"], before[0]["firstSeen"]);
    assert!(gone["silentSince"].is_string());

    let domains = sandbox
        .run(&["agents", "domains", "--as-person", "-o", "json"])
        .json();
    let domain = before[0]["domains"][0].as_str().unwrap();
    let row = domains
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["domain"] == domain)
        .unwrap();
    assert_eq!(
        row["live"].as_u64().unwrap() as usize,
        row["agents"].as_array().unwrap().len()
    );

    let table = sandbox
        .expect(0, &["agents", "list", "--as-person", "-o", "table"])
        .stdout;
    assert!(
        table.contains("vanished") && table.lines().all(|line| line.len() <= 120),
        "{table}"
    );
    let csv = sandbox
        .expect(0, &["agents", "list", "--as-person", "-o", "csv"])
        .stdout;
    assert_eq!(csv.lines().count(), before.len() + 1);
}

#[test]
fn an_application_is_refused_with_the_way_out_and_sees_what_is_remembered() {
    let sandbox = quiet();
    let refused = sandbox.expect(5, &["agents", "list", "-o", "json"]);
    assert!(refused.stderr.contains("--as-person"), "{}", refused.stderr);
    assert_eq!(refused.json().as_array().unwrap().len(), 0);
    let seen = agents(&sandbox);
    let refused = sandbox.expect(5, &["agents", "list", "-o", "json"]);
    assert_eq!(refused.json().as_array().unwrap().len(), seen.len());
    assert!(refused.stderr.contains("remembered"), "{}", refused.stderr);
    for verb in [["agents", "groups"], ["agents", "domains"], ["agents", "updater"]] {
        sandbox.expect(5, &verb);
    }
    sandbox.expect(5, &["agents", "list", "--watch", "-o", "jsonl"]);
}

#[test]
fn groups_and_updater_are_changed_only_when_asked_to() {
    let sandbox = quiet();
    let agent = agents(&sandbox)[0]["machineName"].as_str().unwrap().to_owned();
    sandbox.expect(5, &["agents", "group", "create", "Branch", "--as-person"]);
    let write = |line: &[&str]| {
        let mut whole = vec!["agents"];
        whole.extend(line);
        whole.extend(["--as-person", "--write", "-o", "json"]);
        sandbox.expect(0, &whole).json()
    };
    let created = write(&["group", "create", "Branch"]);
    assert_eq!(created["confirmed"], true);
    write(&["group", "rename", "Branch", "Branch 2"]);
    write(&["group", "assign", &agent, "Branch 2"]);
    let groups = sandbox
        .expect(0, &["agents", "groups", "--as-person", "-o", "json"])
        .json();
    let group = groups
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["displayName"] == "Branch 2")
        .unwrap();
    assert_eq!(group["agents"][0], agent.as_str());
    assert_eq!(group["id"], created["created"][0]);
    write(&["group", "unassign", &agent, "Branch 2"]);
    // Another tenant than expected.
    let refused = sandbox.expect(
        5,
        &[
            "agents",
            "group",
            "delete",
            "Branch 2",
            "--as-person",
            "--write",
            "--expect-tenant",
            "other.com",
        ],
    );
    assert!(refused.stderr.contains("other.com"), "{}", refused.stderr);
    write(&[
        "group",
        "delete",
        "Branch 2",
        "--expect-tenant",
        sandbox.ready("tenantId"),
    ]);
    sandbox.expect(
        2,
        &["agents", "group", "delete", "Branch 2", "--as-person", "--write"],
    );

    let set = write(&[
        "updater",
        "--set",
        "window=02:00-04:30",
        "--set",
        "allow-override=true",
    ]);
    assert_eq!(set["confirmed"], true, "{set}");
    let now = sandbox
        .expect(0, &["agents", "updater", "--as-person", "-o", "json"])
        .json();
    assert!(
        now["window"]["start"].as_str().unwrap().starts_with("02:00"),
        "{now}"
    );
    assert_eq!(now["allowOverride"], true);
    sandbox.expect(
        2,
        &[
            "agents",
            "updater",
            "--set",
            "window=soon",
            "--as-person",
            "--write",
        ],
    );

    let audit = std::fs::read_dir(sandbox.data_dir().join("audit"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let lines = std::fs::read_to_string(audit.path()).unwrap();
    assert_eq!(lines.lines().count(), 12, "{lines}");
}

/// A watch whose lines can be waited for; ended when dropped.
pub struct Watching {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Watching {
    pub fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut child = sandbox
            .handover()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// The first line to come that is as wanted.
    #[track_caller]
    pub fn wait(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("{what} did not come; {seen:#?}");
            };
            let value: Value = serde_json::from_str(&line).unwrap();
            if wanted(&value) {
                return value;
            }
            seen.push(line);
        }
    }

    /// Ctrl-C.
    #[cfg(unix)]
    pub fn interrupt(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_dying_agent_is_told_while_watching() {
    let sandbox = quiet();
    let watching = Watching::start(
        &sandbox,
        &["agents", "list", "--watch", "--as-person", "-o", "jsonl"],
    );
    let agent = watching.wait("an agent", |line| line["event"] == "agent");
    assert_eq!(agent["status"], "active");
    let id = agent["id"].as_str().unwrap();
    sandbox.steer(&format!("/synchronization/agents/{id}/silence"), "");
    sandbox.steer("/synchronization/advance", "60");
    let notice = watching.wait("the notice", |line| {
        line["event"] == "notice" && line["text"].as_str().unwrap().contains("from active to inactive")
    });
    assert_eq!(notice["level"], "warn");
    assert!(
        notice["text"]
            .as_str()
            .unwrap()
            .contains(agent["machineName"].as_str().unwrap())
    );
    #[cfg(unix)]
    assert_eq!(watching.interrupt(), Some(0));
}
