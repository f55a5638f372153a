//! `handover tls check` as a user has it: files in, verdicts, exit codes, fixes and their undo out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use handover::sandbox::tls_endpoints::exports;
use serde_json::Value;

struct Desk {
    folder: tempfile::TempDir,
}

struct Ended {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stderr))
    }

    fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }
}

impl Desk {
    /// The demo's three exports as files in a folder whose name has a blank and an umlaut.
    fn new() -> Self {
        let desk = Self {
            folder: tempfile::Builder::new().prefix("früh stück ").tempdir().unwrap(),
        };
        for export in exports() {
            fs::write(desk.path(&format!("{}.reg", export.host)), export.bytes).unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn check(&self, arguments: &[&str]) -> Ended {
        let home = self.folder.path();
        let output = Command::new(env!("CARGO_BIN_EXE_handover"))
            .current_dir(home)
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("APPDATA", home.join("config"))
            .env_remove("HANDOVER_CONFIG")
            .env_remove("HANDOVER_PROFILE")
            .args(["--data-dir", "data", "tls", "check"])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ended {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

fn verdicts(report: &Value) -> Vec<String> {
    let values = report["values"].as_array().unwrap();
    values
        .iter()
        .map(|value| value["verdict"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn three_hosts_stand_side_by_side() {
    let desk = Desk::new();
    let ended = desk.check(&[
        "--reg",
        "AADC01.reg",
        "--reg",
        "AADC02.reg",
        "--reg",
        "AGENT01.reg",
        "-o",
        "json",
    ]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let reports = ended.json();
    let [good, missing, disabled] = reports.as_array().unwrap().as_slice() else {
        panic!("{reports}");
    };
    assert_eq!(good["host"], "AADC01");
    assert_eq!(good["source"], "reg-file");
    assert_eq!(good["windows"], "2022");
    assert_eq!(good["strict"]["good"], 8);
    assert_eq!(good["strict"]["of"], 8);
    assert_eq!(good["clientTls12"], true);
    assert_eq!(verdicts(good), ["ok"; 8]);
    let paths: Vec<&str> = good["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value["path"].as_str().unwrap())
        .collect();
    assert!(paths[0].starts_with(r"HKLM:\SOFTWARE\WOW6432Node\"), "{paths:?}");
    assert_eq!(
        good["values"][6]["value"], 4_294_967_295_u32,
        "any number but 0 switches it on"
    );

    assert_eq!(missing["windows"], "2016");
    assert_eq!(missing["strict"]["good"], 1);
    assert_eq!(missing["clientTls12"], true, "missing is not wrong");
    assert_eq!(verdicts(missing)[6..], ["implicit", "implicit"]);

    assert_eq!(disabled["clientTls12"], false);
    let wrong_type = &disabled["values"][2];
    assert_eq!(wrong_type["type"], "REG_SZ");
    assert_eq!(wrong_type["verdict"], "fail");
    assert!(
        wrong_type["reason"].as_str().unwrap().contains("type"),
        "{wrong_type}"
    );
}

#[test]
fn a_clean_host_ends_with_zero_and_an_unreadable_file_with_four() {
    let desk = Desk::new();
    assert_eq!(desk.check(&["--reg", "AADC01.reg", "-o", "json"]).code, Some(0));
    fs::write(desk.path("notes.txt"), "buy milk").unwrap();
    let ended = desk.check(&[
        "--reg",
        "AADC01.reg",
        "--reg",
        "notes.txt",
        "--reg",
        "absent.reg",
        "-o",
        "json",
    ]);
    assert_eq!(ended.code, Some(4));
    assert_eq!(
        ended.json().as_array().unwrap().len(),
        1,
        "what can be read is told"
    );
    assert!(ended.stderr.contains("notes.txt"), "{}", ended.stderr);
    assert!(ended.stderr.contains("absent.reg"), "{}", ended.stderr);
}

#[test]
fn the_windows_of_a_file_can_be_told() {
    let desk = Desk::new();
    let bare = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL]\r\n";
    fs::write(desk.path("bare.reg"), bare).unwrap();
    let client = |windows: &str| {
        let ended = desk.check(&["--reg", "bare.reg", "--windows", windows, "-o", "json"]);
        let report = ended.json()[0].clone();
        assert_eq!(report["windows"], windows.replace("r2", " R2"));
        (
            verdicts(&report)[6].clone(),
            report["clientTls12"].as_bool().unwrap(),
        )
    };
    assert_eq!(client("2008r2"), ("fail".to_owned(), false));
    for windows in ["2016", "2019", "2022", "2025"] {
        assert_eq!(client(windows), ("implicit".to_owned(), true), "{windows}");
    }
    let ended = desk.check(&["--reg", "bare.reg", "--windows", "95"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("2019"), "{}", ended.stderr);
}

#[test]
fn a_fix_makes_the_next_check_clean_and_its_undo_is_printed_too() {
    let desk = Desk::new();
    let fix = desk.check(&["--reg", "AGENT01.reg", "--fix-script", "reg"]);
    assert_eq!(fix.code, Some(0), "{}", fix.stderr);
    assert!(
        fix.stdout.is_ascii()
            && fix
                .stdout
                .starts_with(b"Windows Registry Editor Version 5.00\r\n"),
        "a shell that passes text on does not spoil it"
    );
    let saved = desk.check(&["--reg", "AGENT01.reg", "--fix-script", "reg", "--out", "saved"]);
    assert_eq!(saved.code, Some(0), "{}", saved.stderr);
    let file = fs::read(desk.path("saved").join("agent01-tls-fix.reg")).unwrap();
    assert_eq!(file[..2], [0xff, 0xfe], "as Windows writes registry files");
    // The old export with the fix imported after it: the last value of a name wins, as on import.
    let mut both = fs::read(desk.path("AGENT01.reg")).unwrap();
    both.extend(&file[2..]);
    fs::write(desk.path("fixed.reg"), both).unwrap();
    let ended = desk.check(&["--reg", "fixed.reg", "-o", "json"]);
    assert_eq!(verdicts(&ended.json()[0]), ["ok"; 8]);
    assert_eq!(ended.json()[0]["clientTls12"], true);
    assert_eq!(ended.code, Some(0), "{}", ended.text());

    let script = desk
        .check(&["--reg", "AGENT01.reg", "--fix-script", "ps1"])
        .text();
    assert!(script.is_ascii());
    assert!(script.contains("reg.exe"), "{script}");
    let undo = desk
        .check(&["--reg", "AGENT01.reg", "--undo-script", "ps1"])
        .text();
    assert!(undo.contains("REG_SZ"), "the wrong type comes back: {undo}");

    let several = desk.check(&[
        "--reg",
        "AADC02.reg",
        "--reg",
        "AGENT01.reg",
        "--fix-script",
        "ps1",
    ]);
    assert_eq!(several.code, Some(2));
    assert!(several.stderr.contains("--out"), "{}", several.stderr);
    let several = desk.check(&[
        "--reg",
        "AADC02.reg",
        "--reg",
        "AGENT01.reg",
        "--fix-script",
        "ps1",
        "--out",
        "fixes",
    ]);
    assert_eq!(several.code, Some(0), "{}", several.stderr);
    for name in [
        "aadc02-tls-fix.ps1",
        "aadc02-tls-undo.ps1",
        "agent01-tls-fix.ps1",
        "agent01-tls-undo.ps1",
    ] {
        assert!(desk.path("fixes").join(name).is_file(), "{name}");
    }
    let again = desk.check(&["--reg", "AADC02.reg", "--fix-script", "ps1", "--out", "fixes"]);
    assert_eq!(again.code, Some(2), "no file is replaced");
}

#[test]
fn a_difference_shows_every_value_before_and_after() {
    let desk = Desk::new();
    let ended = desk.check(&["--reg", "AGENT01.reg", "--diff"]);
    assert_eq!(ended.code, Some(1));
    let text = ended.text();
    assert!(
        text.contains("- Enabled = 0") && text.contains("+ Enabled = 1"),
        "{text}"
    );
    assert!(text.contains("REG_SZ"), "{text}");
    assert_eq!(desk.check(&["--reg", "AADC01.reg", "--diff"]).code, Some(0));
}

#[test]
fn every_format_of_output_has_all_values() {
    let desk = Desk::new();
    let csv = desk.check(&["--reg", "AADC02.reg", "-o", "csv"]).text();
    assert!(
        csv.starts_with("Host,Path,Name,Value,Type,Verdict,Reason"),
        "{csv}"
    );
    assert!(csv.contains(",Not Found,"), "{csv}");
    let table = desk
        .check(&["--reg", "AADC01.reg", "--reg", "AADC02.reg", "-o", "table"])
        .text();
    assert!(table.lines().all(|line| line.chars().count() <= 120), "{table}");
    for text in ["SchUseStrongCrypto", "missing", "8 of 8", "1 of 8"] {
        assert!(table.contains(text), "{text} is not in\n{table}");
    }
}

#[test]
fn what_could_not_be_read_is_no_all_clear() {
    let desk = Desk::new();
    let good = String::from_utf8(desk.check(&["--reg", "AADC01.reg", "-o", "csv"]).stdout).unwrap();
    assert!(good.contains(",ok,"), "{good}");
    // All eight are right but one, whose number was cut.
    let mut text = "Windows Registry Editor Version 5.00\r\n".to_owned();
    for (key, names) in [
        (
            r"SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319",
            ["SystemDefaultTlsVersions", "SchUseStrongCrypto"],
        ),
        (
            r"SOFTWARE\Microsoft\.NETFramework\v4.0.30319",
            ["SystemDefaultTlsVersions", "SchUseStrongCrypto"],
        ),
        (
            r"SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server",
            ["Enabled", "DisabledByDefault"],
        ),
        (
            r"SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client",
            ["Enabled", "DisabledByDefault"],
        ),
    ] {
        text += &format!("\r\n[HKEY_LOCAL_MACHINE\\{key}]\r\n");
        for name in names {
            let data = match (key.ends_with("Client"), name) {
                (true, "Enabled") => "dword:zz",
                (_, "DisabledByDefault") => "dword:00000000",
                _ => "dword:00000001",
            };
            text += &format!("\"{name}\"={data}\r\n");
        }
    }
    fs::write(desk.path("cut.reg"), text + "\r\n").unwrap();
    let ended = desk.check(&["--reg", "cut.reg", "--diff"]);
    assert!(ended.text().contains("0 to set"), "{}", ended.text());
    assert!(ended.text().contains("left alone."), "{}", ended.text());
    assert_eq!(ended.code, Some(1));
}

#[test]
fn a_file_of_several_hosts_is_refused() {
    let desk = Desk::new();
    let key = r"HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client";
    let rows = format!(
        "\"Path\",\"Name\",\"Value\",\"PSComputerName\"\r\n\"{key}\",\"Enabled\",\"Not Found\",\"SRV1\"\r\n\"{key}\",\"Enabled\",\"1\",\"SRV2\"\r\n"
    );
    fs::write(desk.path("both.csv"), &rows).unwrap();
    let ended = desk.check(&["--reg", "both.csv"]);
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(ended.stderr.contains("srv1, srv2"), "{}", ended.stderr);
    fs::write(desk.path("one.csv"), rows.replace("SRV2", "SRV1")).unwrap();
    let ended = desk.check(&["--reg", "one.csv", "-o", "json"]);
    let notes = ended.json()[0]["notes"].to_string();
    assert!(notes.contains("was missing further above"), "{notes}");
    let undo = desk.check(&["--reg", "one.csv", "--undo-script", "ps1"]).text();
    assert!(undo.contains("prints no types"), "{undo}");
}

#[test]
fn one_value_of_a_key_says_nothing_of_the_others() {
    let desk = Desk::new();
    let query = "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319\r\n    SchUseStrongCrypto    REG_DWORD    0x1\r\n\r\n";
    fs::write(desk.path("query.txt"), query).unwrap();
    let report = desk.check(&["--reg", "query.txt", "-o", "json"]).json();
    let values = report[0]["values"].as_array().unwrap();
    let other = values
        .iter()
        .find(|value| {
            value["name"] == "SystemDefaultTlsVersions" && !value["path"].as_str().unwrap().contains("WOW")
        })
        .unwrap();
    assert_eq!(other["covered"], false, "{other}");
    assert!(
        report[0]["notes"].to_string().contains("/v NAME"),
        "{}",
        report[0]["notes"]
    );
}

#[test]
fn many_hosts_stand_below_each_other_with_a_verdict_for_each_value() {
    let desk = Desk::new();
    let mut line = vec!["-o".to_owned(), "table".to_owned()];
    for number in 1..=5 {
        let name = format!("HOST{number}.reg");
        fs::copy(desk.path("AADC02.reg"), desk.path(&name)).unwrap();
        line.extend(["--reg".to_owned(), name]);
    }
    line.extend(["--reg".to_owned(), "AGENT01.reg".to_owned()]);
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    let ended = desk.check(&line);
    let table = ended.text();
    let cells = |host: &str| -> Vec<String> {
        let row = table.lines().rfind(|row| row.starts_with(host)).unwrap();
        row.split_whitespace().skip(1).map(str::to_owned).collect()
    };
    assert_eq!(
        cells("HOST3"),
        ["warn", "warn", "warn", "ok", "info", "info", "impl", "impl"],
        "{table}"
    );
    assert_eq!(cells("AGENT01")[6], "fail", "{table}");
    assert!(
        table.contains("HOST1, HOST2, HOST3 and 2 more: "),
        "what is the same is said once\n{table}"
    );
    assert!(table.lines().all(|row| row.chars().count() <= 120), "{table}");
}

#[cfg(not(windows))]
#[test]
fn elsewhere_than_on_windows_there_is_nothing_to_read_or_change() {
    let desk = Desk::new();
    let ended = desk.check(&[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("--reg"), "{}", ended.stderr);
    let ended = desk.check(&["--apply", "--write", "--confirm", "x 8"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}

#[test]
fn a_host_that_can_not_be_reached_is_told_with_advice() {
    let desk = Desk::new();
    let ended = desk.check(&["--via", "ssh:-oProxyCommand=touch x", "-o", "json"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("option"), "{}", ended.stderr);
    assert_eq!(desk.check(&["--via", "telnet:host"]).code, Some(2));
}
