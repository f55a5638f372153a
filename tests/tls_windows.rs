//! This machine's registry: faults, the check, the fix, its undo. Runs on Windows only (in the lab under Wine, whose
//! registry is a real one); elsewhere there is no registry to change.
//!
//! One test, because there is one registry.
#![cfg(windows)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

const WOW: &str = r"HKLM\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319";
const NET: &str = r"HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319";
const TLS12: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2";
const PROTOCOLS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols";

fn reg(arguments: &[&str]) -> Output {
    Command::new("reg.exe")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn set(key: &str, name: &str, kind: &str, data: &str) {
    let output = reg(&["add", key, "/v", name, "/t", kind, "/d", data, "/f"]);
    assert!(output.status.success(), "{output:?}");
}

/// Everything the fix may touch, as `reg export` writes it; an absent key is an empty file.
fn state(folder: &Path, name: &str) -> Vec<Vec<u8>> {
    let export = |(at, key): (usize, &str)| {
        let file = folder.join(format!("{name}-{at}.reg"));
        reg(&["export", key, file.to_str().unwrap(), "/y"]);
        fs::read(file).unwrap_or_default()
    };
    [WOW, NET, PROTOCOLS]
        .into_iter()
        .enumerate()
        .map(export)
        .collect()
}

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn check(&self, arguments: &[&str]) -> (i32, Vec<u8>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_handover"))
            .current_dir(self.folder.path())
            .arg("--data-dir")
            .arg(self.path("data"))
            .args(["tls", "check"])
            .args(arguments)
            .env("APPDATA", self.path("config"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap_or(-1), output.stdout, stderr)
    }

    fn report(&self) -> Value {
        let (_, stdout, stderr) = self.check(&["-o", "json"]);
        let reports: Value =
            serde_json::from_slice(&stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
        reports[0].clone()
    }

    fn script(&self, option: &str) -> String {
        let (code, stdout, stderr) = self.check(&[option, "ps1"]);
        assert_eq!(code, 0, "{stderr}");
        String::from_utf8(stdout).unwrap()
    }
}

/// Runs the script's commands as they stand, each in `cmd`: there is no PowerShell here.
fn run(desk: &Desk, script: &str) {
    let commands: Vec<&str> = script
        .lines()
        .filter(|line| line.starts_with("reg.exe "))
        .collect();
    assert!(!commands.is_empty(), "{script}");
    for command in commands {
        let file = desk.path("step.cmd");
        fs::write(&file, format!("@{command}\r\n")).unwrap();
        let output = Command::new("cmd.exe")
            .arg("/c")
            .arg(&file)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
    }
}

fn verdicts(report: &Value) -> Vec<&str> {
    let values = report["values"].as_array().unwrap();
    values
        .iter()
        .map(|value| value["verdict"].as_str().unwrap())
        .collect()
}

#[test]
fn a_faulty_registry_is_mended_and_comes_back_byte_for_byte() {
    let desk = Desk {
        folder: tempfile::Builder::new().prefix("früh stück ").tempdir().unwrap(),
    };
    // Missing, switched off, and of the wrong type.
    for key in [WOW, TLS12] {
        reg(&["delete", key, "/f"]);
    }
    set(NET, "SystemDefaultTlsVersions", "REG_SZ", "1");
    set(NET, "SchUseStrongCrypto", "REG_DWORD", "0");
    set(NET, "Unrelated", "REG_MULTI_SZ", r"one\0two");
    set(&format!(r"{TLS12}\Client"), "Enabled", "REG_DWORD", "0");
    set(&format!(r"{TLS12}\Client"), "DisabledByDefault", "REG_QWORD", "1");
    let before = state(desk.folder.path(), "before");

    let report = desk.report();
    assert_eq!(report["source"], "local");
    assert_eq!(report["windows"], "2022", "what the lab's registry says");
    assert_eq!(report["clientTls12"], false);
    assert_eq!(report["strict"]["good"], 0);
    assert_eq!(report["values"][2]["type"], "REG_SZ");
    assert!(report["values"][0]["value"].is_null());

    let (fix, undo) = (desk.script("--fix-script"), desk.script("--undo-script"));
    run(&desk, &fix);
    let report = desk.report();
    assert_eq!(verdicts(&report), ["ok"; 8]);
    assert_eq!(report["clientTls12"], true);
    let (_, stdout, _) = desk.check(&["--diff"]);
    assert!(String::from_utf8_lossy(&stdout).contains("0 to set"));

    run(&desk, &undo);
    assert_eq!(
        state(desk.folder.path(), "undone"),
        before,
        "the undo brings the old state back, byte for byte"
    );

    // The same on this machine directly: nothing without --write, nothing without the phrase.
    assert_eq!(desk.check(&["--apply"]).0, 5);
    let (code, _, stderr) = desk.check(&["--apply", "--write"]);
    assert_eq!(code, 5, "{stderr}");
    assert_eq!(state(desk.folder.path(), "refused"), before);
    let phrase = stderr
        .split('"')
        .nth(1)
        .unwrap_or_else(|| panic!("no phrase in {stderr}"))
        .to_owned();
    assert!(phrase.ends_with(" 8"), "{phrase}");
    let (code, _, stderr) = desk.check(&["--apply", "--write", "--confirm", &phrase]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("Restart Windows"), "{stderr}");
    assert_eq!(verdicts(&desk.report()), ["ok"; 8]);
    let backup = fs::read_dir(desk.path("data").join("registry"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let output = reg(&["import", backup.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        state(desk.folder.path(), "restored"),
        before,
        "so does the backup"
    );

    // What is right already is not touched.
    run(&desk, &fix);
    let (code, _, stderr) = desk.check(&["--apply", "--write", "--confirm", &phrase]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("Nothing to change"), "{stderr}");
    run(&desk, &undo);
    for key in [WOW, NET, TLS12] {
        reg(&["delete", key, "/f"]);
    }
}
