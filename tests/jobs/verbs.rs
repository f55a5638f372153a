//! `handover jobs` against a sandbox process.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::Sandbox;

fn quiet() -> Sandbox {
    let sandbox = Sandbox::start(120, &[]);
    sandbox.steer("/synchronization/story", "off");
    sandbox
}

fn jobs(sandbox: &Sandbox) -> Vec<Value> {
    let ended = sandbox.expect(0, &["jobs", "list", "-o", "json"]);
    ended.json().as_array().unwrap().clone()
}

fn job_of(sandbox: &Sandbox, domain: &str, kind: &str) -> Value {
    jobs(sandbox)
        .into_iter()
        .find(|job| job["configuration"] == domain && job["kind"] == kind)
        .unwrap()
}

fn id(job: &Value) -> &str {
    job["jobId"].as_str().unwrap()
}

/// The job once it is as wanted; sandbox time runs meanwhile.
#[track_caller]
fn until(sandbox: &Sandbox, domain: &str, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let job = job_of(sandbox, domain, kind);
        if wanted(&job) {
            return job;
        }
        assert!(Instant::now() < deadline, "not as wanted: {job}");
        sandbox.steer("/synchronization/advance", "15");
    }
}

const MAIN: &str = "AD2AADProvisioning";

#[test]
fn the_list_has_its_members() {
    let sandbox = quiet();
    let jobs = jobs(&sandbox);
    assert!(jobs.len() >= 5);
    let mut kinds: Vec<&str> = jobs.iter().map(|job| job["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 5, "all kinds: {kinds:?}");
    for job in &jobs {
        for member in ["configuration", "servicePrincipalId", "jobId", "code"] {
            assert!(job[member].is_string(), "{member} in {job}");
        }
        assert!(job["schedule"]["state"].is_string() && job["schedule"]["interval"].is_string());
        let last = &job["lastExecution"];
        if !last.is_null() {
            assert_eq!(last["counts"].as_object().unwrap().len(), 9);
            assert!(last["state"].is_string() && last["timeEnded"].is_string());
        }
    }
    let shown = sandbox
        .expect(0, &["jobs", "show", id(&jobs[0]), "--scope", "-o", "json"])
        .json();
    for member in [
        "entries",
        "settings",
        "running",
        "history",
        "scope",
        "steadyStateLast",
    ] {
        assert!(shown.get(member).is_some(), "{member}");
    }
    let schema = sandbox.expect(0, &["jobs", "show", id(&jobs[0]), "--schema"]);
    assert!(schema.json()["synchronizationRules"].is_array());
    let table = sandbox.expect(0, &["jobs", "list", "-o", "table"]).stdout;
    assert_eq!(table.lines().count(), jobs.len() + 1);
    sandbox.expect(2, &["jobs", "show", "no such job"]);
    let ambiguous = sandbox.expect(2, &["jobs", "show", "contoso.com"]);
    assert!(
        ambiguous.stderr.contains("contoso.com/AD2AADProvisioning"),
        "{}",
        ambiguous.stderr
    );
}

#[test]
fn missing_agents_bring_quarantine_the_advice_names_it_and_clearing_heals() {
    let sandbox = quiet();
    let agents = sandbox
        .expect(0, &["agents", "list", "--as-person", "-o", "json"])
        .json();
    let serving: Vec<String> = agents
        .as_array()
        .unwrap()
        .iter()
        .filter(|agent| {
            agent["domains"]
                .as_array()
                .unwrap()
                .contains(&"fabrikam.com".into())
        })
        .map(|agent| agent["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(!serving.is_empty());
    for agent in &serving {
        sandbox.steer(&format!("/synchronization/agents/{agent}/silence"), "");
    }
    let job = until(&sandbox, "fabrikam.com", MAIN, |job| job["code"] == "Quarantine");
    assert_eq!(job["quarantine"]["reason"], "EncounteredQuarantineException");
    assert!(job["quarantine"]["since"].is_string());
    let advice = job["quarantine"]["advice"].as_str().unwrap();
    assert!(advice.contains("none of them listens"), "{advice}");

    for agent in &serving {
        sandbox.steer(&format!("/synchronization/agents/{agent}/revive"), "");
    }
    sandbox.steer("/synchronization/advance", "5");
    let clear = [
        "jobs",
        "restart",
        id(&job),
        "--scope",
        "clear-quarantine",
        "-o",
        "json",
    ];
    sandbox.expect(5, &clear);
    let mut write = clear.to_vec();
    write.push("--write");
    let outcome = sandbox.expect(0, &write).json();
    assert_eq!(outcome["confirmed"], true, "{outcome}");
    let healed = until(&sandbox, "fabrikam.com", MAIN, |job| {
        job["code"] == "Active" && job["lastExecution"]["state"] == "Succeeded"
    });
    assert!(healed["quarantine"].is_null());
    // Once more: there is nothing to clear.
    sandbox.expect(5, &write);
}

#[test]
fn a_user_is_provisioned_on_demand_and_the_steps_are_shown() {
    let sandbox = quiet();
    let job = job_of(&sandbox, "contoso.com", MAIN);
    let subjects = sandbox.control(&format!("/synchronization/jobs/{}/subjects", id(&job)));
    let name = subjects["inScope"][0].as_str().unwrap();
    let ended = sandbox.expect(0, &["jobs", "provision", id(&job), name, "--write", "-o", "json"]);
    let answer = &ended.json()[0];
    assert_eq!(answer["object"], name);
    assert_eq!(answer["good"], true, "{answer}");
    let kinds: Vec<String> = answer["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["kind"].as_str().unwrap().to_lowercase())
        .collect();
    for kind in ["import", "scoping", "matching", "export"] {
        assert!(kinds.iter().any(|step| step == kind), "{kind} in {kinds:?}");
    }

    // A file of them, with one that is there twice; somebody out of scope is not in step.
    let file = sandbox.path("people.csv");
    let second = subjects["inScope"][1].as_str().unwrap();
    std::fs::write(
        &file,
        format!("Name;DN\nx;\"{name}\"\ny;\"{second}\"\nz;\"{name}\"\n"),
    )
    .unwrap();
    let line = [
        "jobs",
        "provision",
        id(&job),
        "--file",
        file.to_str().unwrap(),
        "--write",
        "-o",
        "json",
    ];
    assert_eq!(sandbox.expect(0, &line).json().as_array().unwrap().len(), 2);
    let table = sandbox.expect(
        0,
        &["jobs", "provision", id(&job), name, "--write", "-o", "table"],
    );
    assert!(
        table.stdout.to_lowercase().contains("scoping"),
        "{}",
        table.stdout
    );
    let failing = subjects["failing"][0].as_str().unwrap();
    let failed = sandbox.expect(
        4,
        &["jobs", "provision", id(&job), failing, "--write", "-o", "json"],
    );
    assert_eq!(failed.json()[0]["good"], false);
    sandbox.expect(2, &["jobs", "provision", id(&job), "ada@contoso.com", "--write"]);
    sandbox.expect(2, &["jobs", "provision", id(&job), "--write"]);
    sandbox.expect(5, &["jobs", "provision", id(&job), name]);
}

#[test]
fn held_back_deletions_are_listed_then_allowed_by_a_phrase() {
    let sandbox = quiet();
    let job = job_of(&sandbox, "contoso.com", MAIN);
    sandbox.steer(&format!("/synchronization/jobs/{}/removals", id(&job)), "14");
    let job = until(&sandbox, "contoso.com", MAIN, |job| job["code"] == "Quarantine");
    assert_eq!(job["quarantine"]["reason"], "TooManyDeletes");
    assert!(
        job["quarantine"]["advice"]
            .as_str()
            .unwrap()
            .contains("--staged-deletes")
    );
    let held = sandbox
        .expect(0, &["jobs", "logs", id(&job), "--staged-deletes", "-o", "json"])
        .json();
    assert_eq!(held.as_array().unwrap().len(), 14);
    assert_eq!(held[0]["action"], "stagedDelete");
    let allow = [
        "jobs",
        "restart",
        id(&job),
        "--scope",
        "allow-deletes",
        "--write",
        "-o",
        "json",
    ];
    let refused = sandbox.expect(5, &allow);
    let phrase = format!("{} 14", sandbox.ready("tenantId"));
    assert!(
        refused.stderr.contains(&format!("--confirm \"{phrase}\"")),
        "{}",
        refused.stderr
    );
    let mut confirmed = allow.to_vec();
    confirmed.extend(["--confirm", &phrase]);
    let ended = sandbox.run(&confirmed);
    assert!(matches!(ended.code, Some(0 | 1)), "{}", ended.stderr);
    until(&sandbox, "contoso.com", MAIN, |job| job["code"] == "Active");
}

#[test]
fn jobs_pause_start_and_logs_filter() {
    let sandbox = quiet();
    let job = job_of(&sandbox, "contoso.com", "AD2AADPasswordHash");
    sandbox.expect(5, &["jobs", "pause", id(&job)]);
    let plan = sandbox
        .expect(0, &["jobs", "pause", id(&job), "--plan", "-o", "json"])
        .json();
    assert_eq!(plan["plan"]["action"], "pause");
    assert_eq!(
        job_of(&sandbox, "contoso.com", "AD2AADPasswordHash")["schedule"]["state"],
        "Active"
    );
    sandbox.expect(0, &["jobs", "pause", id(&job), "--write"]);
    assert_eq!(
        job_of(&sandbox, "contoso.com", "AD2AADPasswordHash")["schedule"]["state"],
        "Paused"
    );
    sandbox.expect(0, &["jobs", "start", "contoso.com/AD2AADPasswordHash", "--write"]);
    assert_eq!(
        job_of(&sandbox, "contoso.com", "AD2AADPasswordHash")["schedule"]["state"],
        "Active"
    );

    let rows = sandbox
        .expect(
            0,
            &["jobs", "logs", "--status", "success", "--max", "7", "-o", "json"],
        )
        .json();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 7);
    assert!(
        rows.iter()
            .all(|row| row["status"] == "success" && row["steps"].is_array())
    );
    let csv = sandbox.path("log.csv");
    sandbox.expect(
        0,
        &["jobs", "logs", "--max", "20", "--out", csv.to_str().unwrap()],
    );
    assert_eq!(std::fs::read_to_string(&csv).unwrap().lines().count(), 21);
    sandbox.expect(
        2,
        &["jobs", "logs", "--max", "20", "--out", csv.to_str().unwrap()],
    );
    sandbox.expect(2, &["jobs", "logs", "--status", "odd"]);
    sandbox.expect(2, &["jobs", "logs", "--after", "yesterday-ish"]);
    audits(&sandbox);

    // A job deleted by somebody else.
    sandbox.steer(&format!("/synchronization/jobs/{}/delete", id(&job)), "");
    sandbox.expect(2, &["jobs", "pause", id(&job), "--write"]);
}

/// The audit: all of it, of one configuration, of a time, as a file.
fn audits(sandbox: &Sandbox) {
    let read = |arguments: &[&str]| {
        let mut whole = vec!["jobs", "logs", "--audit", "-o", "json"];
        whole.extend(arguments);
        sandbox.expect(0, &whole).json().as_array().unwrap().clone()
    };
    let all = read(&[]);
    assert!(all.iter().all(|row| row["activity"].is_string()));
    let of_it = read(&[&format!("contoso.com/{MAIN}")]);
    assert!(
        !of_it.is_empty() && of_it.len() < all.len(),
        "{} of {}",
        of_it.len(),
        all.len()
    );
    let times: Vec<&str> = all.iter().map(|row| row["at"].as_str().unwrap()).collect();
    let middle = times[times.len() / 2];
    let newer = read(&["--after", middle]);
    let older = read(&["--before", middle]);
    assert!(!newer.is_empty() && !older.is_empty());
    assert_eq!(
        newer.len() + older.len() + times.iter().filter(|at| **at == middle).count(),
        all.len()
    );
    let named = read(&["--object", "FABRIKAM"]);
    assert!(!named.is_empty() && named.iter().all(|row| row["targets"][0] == "fabrikam.com"));
    let csv = sandbox.path("changes.csv");
    sandbox.expect(0, &["jobs", "logs", "--audit", "--out", csv.to_str().unwrap()]);
    let written = std::fs::read_to_string(&csv).unwrap();
    assert!(written.starts_with("\u{feff}id,at,activity,"), "{written}");
    assert_eq!(written.lines().count(), all.len() + 1);
    sandbox.expect(2, &["jobs", "logs", "--audit", "--status", "failure"]);
}

#[test]
fn tables_fit_a_line_of_120_cells() {
    let sandbox = Sandbox::start(120, &["--cloud-sync", "full"]);
    for (verb, headings) in [
        ("jobs list", ["configuration", "kind", "last run"]),
        ("jobs writeback", ["configuration", "health", "mail"]),
        ("jobs logs --max 100", ["at", "status", "error"]),
        ("jobs logs --audit", ["at", "activity", "who"]),
        ("agents list --as-person", ["agent", "domains", "last listed"]),
        ("agents domains --as-person", ["domain", "live", "agents"]),
        ("agents groups --as-person", ["group", "use", "agents"]),
    ] {
        let mut arguments: Vec<&str> = verb.split(' ').collect();
        arguments.extend(["-o", "table"]);
        let table = sandbox.run(&arguments).stdout;
        let first = table.lines().next().unwrap_or_default();
        assert!(
            headings.iter().all(|heading| first.contains(heading)),
            "{verb}:\n{table}"
        );
        assert!(table.lines().count() > 1, "{verb}:\n{table}");
        for line in table.lines() {
            assert!(line.chars().count() <= 120, "{verb}: {line}");
        }
    }
    // What names a job on the command line is never cut.
    let table = sandbox.expect(0, &["jobs", "list", "-o", "table"]).stdout;
    assert!(!table.contains('~'), "{table}");
}

#[test]
fn notification_settings_and_the_tenant_wide_prevention() {
    let sandbox = quiet();
    let line = |more: &[&'static str]| {
        let mut line = vec!["jobs", "notify", "contoso.com/AD2AADProvisioning", "-o", "json"];
        line.extend(more);
        line
    };
    let set = [
        "--threshold",
        "25",
        "--recipients",
        "ops@contoso.com",
        "--email",
        "on",
        "--write",
    ];
    assert_eq!(sandbox.expect(0, &line(&set)).json()["confirmed"], true);
    let now = sandbox.expect(0, &line(&[])).json();
    assert_eq!(
        (&now["threshold"], &now["recipients"]),
        (&25.into(), &"ops@contoso.com".into())
    );
    let off = sandbox.expect(5, &line(&["--threshold", "off", "--write"]));
    assert!(off.stderr.contains("--confirm"), "{}", off.stderr);
    sandbox.expect(5, &line(&["--recipients", "nobody", "--write"]));
    sandbox.expect(2, &line(&["--threshold", "many", "--write"]));

    let refused = sandbox.expect(5, &["jobs", "delete-prevention", "-o", "json"]);
    assert!(refused.stderr.contains("--as-person"), "{}", refused.stderr);
    let read = ["jobs", "delete-prevention", "--as-person", "-o", "json"];
    assert!(sandbox.expect(0, &read).json()["type"].is_string());
    let mut disable = read.to_vec();
    disable.extend(["--disable", "--write", "--confirm", sandbox.ready("tenantId")]);
    assert_eq!(sandbox.expect(0, &disable).json()["confirmed"], true);
    assert_eq!(sandbox.expect(0, &read).json()["type"], "disabled");
}

#[test]
fn the_writeback_is_seen_completed_and_created() {
    let sandbox = quiet();
    let shown = sandbox.expect(1, &["jobs", "writeback", "-o", "json"]).json();
    let missing = shown
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["mailMapping"] == "missing")
        .unwrap_or_else(|| panic!("no job lacks the mapping: {shown}"));
    let job = missing["jobId"].as_str().unwrap().to_owned();
    let before = sandbox.expect(0, &["jobs", "show", &job, "--schema"]).stdout;
    let added = sandbox
        .expect(
            0,
            &["jobs", "writeback", "--add-mail", &job, "--write", "-o", "json"],
        )
        .json();
    assert_eq!(added["confirmed"], true, "{added}");
    let after = sandbox.expect(0, &["jobs", "show", &job, "--schema"]).stdout;
    assert!(after.len() > before.len());
    sandbox.expect(5, &["jobs", "writeback", "--add-mail", &job, "--write"]);

    // One that was begun and not finished is finished; a new one is made.
    for domain in ["fabrikam.com", "adventure-works.com"] {
        let made = sandbox
            .expect(
                0,
                &["jobs", "writeback", "--create", domain, "--write", "-o", "json"],
            )
            .json();
        assert_eq!(made["confirmed"], true, "{domain}: {made}");
        let job = job_of(&sandbox, domain, "Entra2ADExchangeOnlineAttributeWriteback");
        assert_eq!(job["schedule"]["state"], "Active", "{domain}");
        sandbox.expect(5, &["jobs", "writeback", "--create", domain, "--write"]);
    }
}

#[test]
fn host_steps_need_no_tenant_and_a_closed_pipe_is_quiet() {
    let sandbox = quiet();
    let steps = sandbox.expect(0, &["jobs", "host-steps", "-o", "json"]).json();
    assert!(steps.as_array().unwrap().len() >= 5);
    let one = sandbox
        .expect(0, &["jobs", "host-steps", "verbose-logs", "-o", "table"])
        .stdout;
    assert!(one.contains("Start-AADCloudSyncToolsVerboseLogs"), "{one}");
    sandbox.expect(2, &["jobs", "host-steps", "nonsense"]);

    let mut watching = sandbox
        .handover()
        .args(["jobs", "watch", "-o", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(watching.stdout.take());
    let ended = watching.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(
        ended.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}
