//! Every cell of the verdict matrix, the judgement of the client, and the values beside the eight.

use super::requirement::{
    CLIENT, DISABLED_BY_DEFAULT, ENABLED, FRAMEWORK_32, FRAMEWORK_64, STRONG, SYSTEM_DEFAULT,
};
use super::*;
use crate::domain::{
    registry::{KeyPath, RegistryData, RegistryImage},
    tls::{HostReport, HostSource, Verdict, WindowsVersion},
};

const SERVER: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server";

/// A host where all keys were looked at and none of the values is there.
fn bare() -> RegistryImage {
    let mut image = RegistryImage::new();
    for key in wanted_keys() {
        image.cover(&key);
    }
    image
}

fn with(values: &[(&str, &str, RegistryData)]) -> RegistryImage {
    let mut image = bare();
    for (key, name, data) in values {
        image.set(&KeyPath::new(key), name, data.clone());
    }
    image
}

fn dword(number: u32) -> RegistryData {
    RegistryData::Dword(number)
}

fn text(text: &str) -> RegistryData {
    RegistryData::Text(text.to_owned())
}

fn good() -> RegistryImage {
    let mut image = bare();
    for requirement in requirements() {
        image.set(&requirement.key(), requirement.name, requirement.remedy());
    }
    image
}

fn report(image: &RegistryImage, windows: Option<WindowsVersion>) -> HostReport {
    judge("aadc01", "aadc01.reg", HostSource::RegFile, image, windows)
}

fn verdict(
    image: &RegistryImage,
    key: &str,
    name: &str,
    windows: Option<WindowsVersion>,
) -> (Verdict, String) {
    let report = report(image, windows);
    let path = KeyPath::new(key).drive();
    let mut values = report.values.iter().chain(&report.further);
    let value = values
        .rfind(|value| value.path == path && value.name == name)
        .unwrap();
    (value.verdict, value.reason.clone())
}

/// Section 5.2, cell by cell: key, name, what stands there, verdict on 2008 R2, verdict on all later versions.
#[test]
fn every_cell_of_the_matrix() {
    use Verdict::{Fail, Implicit, Info, Ok, Warn};
    let wrong = || Some(text("1"));
    let mut cells: Vec<(&str, &str, Option<RegistryData>, Verdict, Verdict)> = vec![
        // explicitly good
        (CLIENT, ENABLED, Some(dword(1)), Ok, Ok),
        (CLIENT, ENABLED, Some(dword(u32::MAX)), Ok, Ok),
        (CLIENT, ENABLED, Some(dword(2)), Ok, Ok),
        (CLIENT, DISABLED_BY_DEFAULT, Some(dword(0)), Ok, Ok),
        (SERVER, ENABLED, Some(dword(1)), Ok, Ok),
        (SERVER, ENABLED, Some(dword(u32::MAX)), Ok, Ok),
        (SERVER, DISABLED_BY_DEFAULT, Some(dword(0)), Ok, Ok),
        // missing
        (CLIENT, ENABLED, None, Fail, Implicit),
        (CLIENT, DISABLED_BY_DEFAULT, None, Fail, Implicit),
        (SERVER, ENABLED, None, Info, Info),
        (SERVER, DISABLED_BY_DEFAULT, None, Info, Info),
        // turned off
        (CLIENT, ENABLED, Some(dword(0)), Fail, Fail),
        (CLIENT, DISABLED_BY_DEFAULT, Some(dword(1)), Fail, Fail),
        (CLIENT, DISABLED_BY_DEFAULT, Some(dword(u32::MAX)), Fail, Fail),
        (SERVER, ENABLED, Some(dword(0)), Warn, Warn),
        (SERVER, DISABLED_BY_DEFAULT, Some(dword(1)), Warn, Warn),
        // wrong type
        (CLIENT, ENABLED, wrong(), Fail, Fail),
        (CLIENT, DISABLED_BY_DEFAULT, Some(text("0")), Fail, Fail),
        (SERVER, ENABLED, wrong(), Fail, Fail),
        (SERVER, DISABLED_BY_DEFAULT, wrong(), Fail, Fail),
        (CLIENT, ENABLED, Some(RegistryData::Qword(1)), Fail, Fail),
        (
            CLIENT,
            ENABLED,
            Some(RegistryData::Binary(vec![1, 0, 0, 0])),
            Fail,
            Fail,
        ),
        (CLIENT, ENABLED, Some(RegistryData::Other(4, vec![1])), Fail, Fail),
    ];
    for key in [FRAMEWORK_32, FRAMEWORK_64] {
        for name in [SYSTEM_DEFAULT, STRONG] {
            cells.extend([
                (key, name, Some(dword(1)), Ok, Ok),
                (key, name, None, Warn, Warn),
                (key, name, Some(dword(0)), Fail, Fail),
                (key, name, Some(dword(2)), Warn, Warn),
                (key, name, wrong(), Fail, Fail),
            ]);
        }
    }
    for (key, name, data, early, later) in cells {
        let mut image = bare();
        if let Some(data) = &data {
            image.set(&KeyPath::new(key), name, data.clone());
        }
        for windows in WindowsVersion::all() {
            let expected = if windows == WindowsVersion::Server2008R2 {
                early
            } else {
                later
            };
            let (found, reason) = verdict(&image, key, name, Some(windows));
            assert_eq!(found, expected, "{windows:?} {key} {name} {data:?}");
            assert!(reason.ends_with('.') && reason.len() > 20);
        }
        assert_eq!(verdict(&image, key, name, None).0, later, "{key} {name} {data:?}");
    }
}

#[test]
fn off_by_default_is_bearable_where_programs_ask_by_name() {
    let image = with(&[
        (CLIENT, DISABLED_BY_DEFAULT, dword(1)),
        (FRAMEWORK_64, SYSTEM_DEFAULT, dword(0)),
        (FRAMEWORK_64, STRONG, dword(1)),
    ]);
    for windows in [WindowsVersion::Server2008R2, WindowsVersion::Server2019] {
        let found = verdict(&image, CLIENT, DISABLED_BY_DEFAULT, Some(windows)).0;
        assert_eq!(found, Verdict::Warn);
    }
}

#[test]
fn an_unknown_windows_is_taken_for_a_supported_one_and_said() {
    let (verdict, reason) = verdict(&bare(), CLIENT, ENABLED, None);
    assert_eq!(verdict, Verdict::Implicit);
    assert!(reason.contains("was not told"), "{reason}");
    let report = report(&bare(), None);
    assert_eq!(report.windows, None);
    assert!(
        report.client_reason.contains("was not told"),
        "{}",
        report.client_reason
    );
}

#[test]
fn what_the_source_does_not_speak_of_counts_as_missing_and_is_said() {
    let mut image = RegistryImage::new();
    image.cover(&KeyPath::new(FRAMEWORK_64));
    let report = report(&image, Some(WindowsVersion::Server2019));
    let value = report.values.last().unwrap();
    assert_eq!((value.verdict, value.covered), (Verdict::Warn, false));
    assert!(value.reason.starts_with("The source does not speak of this key"));
    assert!(
        report.client_reason.contains("does not speak of all"),
        "{}",
        report.client_reason
    );
    assert!(report.values[2].covered);
    assert_eq!(report.notes.len(), 1, "{:?}", report.notes);
    for key in [SERVER, CLIENT, FRAMEWORK_32] {
        assert!(report.notes[0].contains(&KeyPath::new(key).long()), "{key}");
    }
    assert!(!report.notes[0].contains(&format!("; {}", KeyPath::new(FRAMEWORK_64).long())));
    assert_eq!(self::report(&bare(), None).notes, Vec::<String>::new());
}

#[test]
fn what_could_not_be_seen_is_a_warning() {
    let mut image = RegistryImage::new();
    image.deny(&KeyPath::new(CLIENT));
    image.set_unreadable(&KeyPath::new(FRAMEWORK_64), STRONG);
    assert_eq!(verdict(&image, CLIENT, ENABLED, None).0, Verdict::Warn);
    assert_eq!(verdict(&image, FRAMEWORK_64, STRONG, None).0, Verdict::Warn);
}

#[test]
fn scores_count_what_is_written_down_and_right() {
    let report = report(&good(), None);
    assert_eq!((report.strict.good, report.strict.of), (8, 8));
    assert_eq!((report.strict_agent.good, report.strict_agent.of), (5, 5));
    let order: Vec<&str> = report.values.iter().map(|value| value.name.as_str()).collect();
    assert_eq!(
        order,
        [
            SYSTEM_DEFAULT,
            STRONG,
            SYSTEM_DEFAULT,
            STRONG,
            ENABLED,
            DISABLED_BY_DEFAULT,
            ENABLED,
            DISABLED_BY_DEFAULT
        ]
    );
    assert!(report.values[0].path.contains("WOW6432Node") && report.values[4].path.ends_with("Server"));
    let image = with(&[
        (FRAMEWORK_64, STRONG, dword(1)),
        (FRAMEWORK_32, STRONG, dword(1)),
        (CLIENT, ENABLED, dword(u32::MAX)),
        (SERVER, ENABLED, dword(0)),
    ]);
    let report = self::report(&image, None);
    assert_eq!((report.strict.good, report.strict_agent.good), (3, 2));
}

/// Windows, what stands there, whether a client can use TLS 1.2, and a part of the sentence.
#[test]
fn the_client_is_judged_by_what_takes_effect() {
    let latest = Some(WindowsVersion::Server2022);
    let early = Some(WindowsVersion::Server2008R2);
    let cases: Vec<(Option<WindowsVersion>, RegistryImage, bool, &str)> = vec![
        (latest, good(), true, "leaves the choice to Windows"),
        (latest, bare(), true, "4.7 and later"),
        (None, bare(), true, "Server 2012 on"),
        (early, bare(), false, "2008 R2 leaves"),
        (early, good(), true, "leaves the choice"),
        (
            early,
            with(&[(CLIENT, ENABLED, dword(1))]),
            false,
            "DisabledByDefault",
        ),
        (latest, with(&[(CLIENT, ENABLED, dword(0))]), false, "Enabled=0"),
        (
            latest,
            with(&[(CLIENT, ENABLED, text("1"))]),
            false,
            "not a number",
        ),
        (
            latest,
            with(&[(CLIENT, DISABLED_BY_DEFAULT, dword(1))]),
            false,
            "off by default",
        ),
        (
            latest,
            with(&[
                (CLIENT, DISABLED_BY_DEFAULT, dword(1)),
                (FRAMEWORK_64, SYSTEM_DEFAULT, dword(0)),
                (FRAMEWORK_64, STRONG, dword(1)),
            ]),
            true,
            "by name",
        ),
        (
            latest,
            with(&[(FRAMEWORK_64, SYSTEM_DEFAULT, dword(0))]),
            false,
            ".NET is told not to",
        ),
        (
            latest,
            with(&[(FRAMEWORK_64, STRONG, dword(0))]),
            false,
            ".NET is told not to",
        ),
        (
            latest,
            with(&[(FRAMEWORK_64, STRONG, text("1"))]),
            false,
            "nothing that .NET can be relied on to read",
        ),
        (
            latest,
            with(&[
                (FRAMEWORK_64, SYSTEM_DEFAULT, dword(1)),
                (FRAMEWORK_64, STRONG, dword(0)),
            ]),
            true,
            "leaves the choice",
        ),
        // The 32-bit view says nothing on Connect and the agent.
        (
            latest,
            with(&[(FRAMEWORK_32, STRONG, dword(0))]),
            true,
            "4.7 and later",
        ),
        // Servers on this host are another matter.
        (
            latest,
            with(&[(SERVER, ENABLED, dword(0))]),
            true,
            "4.7 and later",
        ),
        (
            latest,
            with(&[(
                r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full",
                "Release",
                dword(394_802),
            )]),
            false,
            "older than 4.7",
        ),
    ];
    for (windows, image, usable, part) in cases {
        let report = report(&image, windows);
        assert_eq!(report.client_tls12, usable, "{}", report.client_reason);
        assert!(
            report.client_reason.contains(part),
            "{part}: {}",
            report.client_reason
        );
        assert!(
            report
                .client_reason
                .starts_with(if usable { "Yes" } else { "No" })
        );
    }
}

const LOCAL_SUITES: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Control\Cryptography\Configuration\Local\SSL\00010002";
const POLICY_SUITES: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002";

fn suites(names: &[&str]) -> RegistryData {
    RegistryData::Texts(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn the_order_of_cipher_suites_needs_one_that_the_services_take() {
    let good = [
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "tls_ecdhe_rsa_with_aes_128_gcm_sha256",
    ];
    let bad = ["TLS_RSA_WITH_AES_128_CBC_SHA"];
    let windows = Some(WindowsVersion::Server2022);
    for (key, data, expected, usable) in [
        (LOCAL_SUITES, suites(&good), Verdict::Ok, true),
        (LOCAL_SUITES, suites(&bad), Verdict::Fail, false),
        (
            LOCAL_SUITES,
            suites(&["TLS_AES_256_GCM_SHA384"]),
            Verdict::Fail,
            false,
        ),
        (
            LOCAL_SUITES,
            suites(&["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384_P384"]),
            Verdict::Ok,
            true,
        ),
        (LOCAL_SUITES, dword(1), Verdict::Warn, true),
        (
            POLICY_SUITES,
            text("A,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
            Verdict::Ok,
            true,
        ),
        (POLICY_SUITES, text("A,B"), Verdict::Fail, false),
        (POLICY_SUITES, suites(&bad), Verdict::Fail, false),
    ] {
        let image = with(&[(key, "Functions", data.clone())]);
        assert_eq!(verdict(&image, key, "Functions", windows).0, expected, "{data:?}");
        assert_eq!(report(&image, windows).client_tls12, usable, "{data:?}");
    }
    // The policy overrides the machine's own list.
    let image = with(&[
        (LOCAL_SUITES, "Functions", suites(&bad)),
        (POLICY_SUITES, "Functions", suites(&good)),
    ]);
    assert_eq!(
        verdict(&image, LOCAL_SUITES, "Functions", windows).0,
        Verdict::Info
    );
    assert!(report(&image, windows).client_tls12);
    // Windows before 2016 has no such suite of its own.
    let early = Some(WindowsVersion::Server2012R2);
    assert_eq!(
        verdict(&bare(), LOCAL_SUITES, "Functions", early).0,
        Verdict::Warn
    );
    assert_eq!(
        verdict(&bare(), LOCAL_SUITES, "Functions", windows).0,
        Verdict::Implicit
    );
}

#[test]
fn algorithms_that_are_turned_off_are_findings() {
    let key =
        |name: &str| format!(r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\{name}");
    for (name, loses_all) in [
        (r"Ciphers\AES 128/128", false),
        (r"Ciphers\AES 256/256", false),
        (r"KeyExchangeAlgorithms\ECDH", true),
        (r"KeyExchangeAlgorithms\PKCS", true),
        (r"Hashes\SHA256", true),
    ] {
        let key = key(name);
        for (data, expected) in [
            (Some(dword(u32::MAX)), Verdict::Ok),
            (None, Verdict::Implicit),
            (
                Some(dword(0)),
                if loses_all { Verdict::Fail } else { Verdict::Warn },
            ),
            (Some(text("0")), Verdict::Warn),
        ] {
            let image = data.map_or_else(bare, |data| with(&[(&key, ENABLED, data)]));
            assert_eq!(verdict(&image, &key, ENABLED, None).0, expected, "{name}");
            assert_eq!(
                report(&image, None).client_tls12,
                expected != Verdict::Fail,
                "{name}"
            );
        }
    }
    let both = with(&[
        (&key(r"Ciphers\AES 128/128"), ENABLED, dword(0)),
        (&key(r"Ciphers\AES 256/256"), ENABLED, dword(0)),
    ]);
    assert_eq!(
        verdict(&both, &key(r"Ciphers\AES 128/128"), ENABLED, None).0,
        Verdict::Fail
    );
    assert!(!report(&both, None).client_tls12);
}

#[test]
fn the_platform_is_told_from_the_image() {
    const SETUP: &str = r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full";
    const CURRENT: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
    const FIPS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa\FIPSAlgorithmPolicy";
    for (release, version, expected) in [
        (533_325, "4.8.1", Verdict::Ok),
        (528_049, "4.8:", Verdict::Ok),
        (461_814, "4.7.2", Verdict::Ok),
        (461_310, "4.7.1", Verdict::Warn),
        (460_805, "4.7:", Verdict::Fail),
        (394_271, "4.6.1", Verdict::Fail),
        (1, "older than 4.5", Verdict::Fail),
    ] {
        let (found, reason) = verdict(
            &with(&[(SETUP, "Release", dword(release))]),
            SETUP,
            "Release",
            None,
        );
        assert_eq!(found, expected, "{release}");
        assert!(reason.contains(version), "{reason}");
    }
    for (name, data, expected, judged) in [
        ("CurrentBuild", "7601", "2008 R2", Verdict::Warn),
        ("CurrentBuild", "9600", "2012 R2", Verdict::Warn),
        ("CurrentBuildNumber", "14393", "2016", Verdict::Ok),
        ("CurrentBuild", "20348", "2022", Verdict::Ok),
        ("CurrentBuild", "26100", "2025", Verdict::Info),
        ("ProductName", "Windows Server 2019 Standard", "2019", Verdict::Ok),
    ] {
        let image = with(&[(CURRENT, name, text(data))]);
        assert_eq!(report(&image, None).windows.as_deref(), Some(expected));
        assert_eq!(verdict(&image, CURRENT, name, None).0, judged, "{data}");
    }
    // What the administrator says counts.
    let image = with(&[(CURRENT, "CurrentBuild", text("20348"))]);
    let told = report(&image, Some(WindowsVersion::Server2008R2));
    assert_eq!(told.windows.as_deref(), Some("2008 R2"));
    assert!(told.notes[0].contains("2022"));
    for (data, expected) in [(dword(0), Verdict::Ok), (dword(1), Verdict::Warn)] {
        assert_eq!(
            verdict(&with(&[(FIPS, ENABLED, data)]), FIPS, ENABLED, None).0,
            expected
        );
    }
}

#[test]
fn types_are_told_only_by_sources_that_know_them() {
    let image = with(&[(CLIENT, ENABLED, text("1\u{1b}[31m"))]);
    let typed = report(&image, None);
    assert_eq!(typed.values[6].kind.as_deref(), Some("REG_SZ"));
    assert_eq!(typed.values[6].value, Some("1[31m".into()));
    let script = judge("h", "o", HostSource::MicrosoftScript, &good(), None);
    assert_eq!(script.values[0].kind, None);
    assert_eq!(script.values[0].value, Some(1.into()));
    let json = serde_json::to_value(&typed).unwrap();
    assert_eq!(json["clientTls12"], false);
    assert_eq!(json["strict"], serde_json::json!({"good": 0, "of": 8}));
    assert_eq!(json["values"][6]["verdict"], "fail");
    assert_eq!(json["values"][7]["type"], serde_json::Value::Null);
}

#[test]
fn a_collector_reads_all_keys_a_verdict_needs() {
    let keys = wanted_keys();
    assert_eq!(required_keys().len(), 4);
    let report = report(&good(), None);
    for value in report.values.iter().chain(&report.further) {
        assert!(keys.contains(&KeyPath::new(&value.path)), "{}", value.path);
    }
}
