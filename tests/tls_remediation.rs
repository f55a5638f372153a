//! The remedy and its undo, through files as an administrator gets them: a fix makes the next check clean, its undo brings
//! back every byte. The commands of the script are interpreted here; what Windows makes of them is another test's matter.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use handover::{
    domain::{
        registry::{KeyPath, Lookup, RegistryData, RegistryEdit, RegistryImage, TYPE_NAMES, registry_file},
        tls::{HostSource, Verdict, WindowsVersion},
    },
    host::registry_file,
    tls::{
        self,
        remediation::{Before, Format, Remediation, left_to_you, plan},
    },
};
use proptest::prelude::*;

const PROTOCOLS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols";

fn client() -> KeyPath {
    KeyPath::new(PROTOCOLS).child("TLS 1.2").child("Client")
}

/// What a file holds that came out of a plan.
fn file_text(bytes: &[u8]) -> String {
    let (text, _, damaged) = encoding_rs::UTF_16LE.decode(bytes);
    assert!(!damaged);
    text.into_owned()
}

fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

/// Imports a registry file as Windows would: what it names is set, the rest stays.
fn import(image: &mut RegistryImage, file: &[u8]) {
    let told = registry_file::read(file).unwrap();
    assert_eq!(told.notes, Vec::<String>::new(), "{}", file_text(file));
    // The reader tells what a host looks like, not in which order it got so; deletions are read line by line here.
    let mut section = None;
    for line in file_text(file).lines() {
        if let Some(path) = line.strip_prefix("[-").and_then(|rest| rest.strip_suffix(']')) {
            image.apply(&RegistryEdit::DeleteKey(KeyPath::new(path)));
        } else if let Some(path) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = Some(KeyPath::new(path));
        } else if let Some(name) = line.strip_prefix('"').and_then(|rest| rest.strip_suffix("\"=-")) {
            image.apply(&RegistryEdit::DeleteValue {
                key: section.clone().unwrap(),
                name: name.to_owned(),
            });
        }
    }
    for (key, value) in told.image.values() {
        image.apply(&RegistryEdit::SetValue {
            key: key.clone(),
            name: value.name.clone(),
            data: value.data.clone(),
        });
    }
}

/// Words of a command line; blanks inside double quotes part nothing.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(character),
        }
    }
    assert!(!quoted, "{line}");
    words
}

/// Carries out the script's commands of `reg.exe`, and the files it imports.
fn run(image: &mut RegistryImage, script: &[u8]) {
    let text = std::str::from_utf8(script).unwrap();
    assert!(text.is_ascii());
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    let mut imported = String::new();
    let mut commands = 0;
    for line in text.lines() {
        if let Some(lines) = line
            .strip_prefix("$lines = @('")
            .and_then(|rest| rest.strip_suffix("')"))
        {
            imported = lines
                .split("', '")
                .collect::<Vec<_>>()
                .join("\r\n")
                .replace("''", "'")
                + "\r\n\r\n";
        }
        let Some(command) = line.strip_prefix("reg.exe ") else {
            continue;
        };
        commands += 1;
        let words = words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["import", "$file", "/reg:64"] => import(image, &utf16(&imported)),
            ["delete", key, "/f", "/reg:64"] => image.apply(&RegistryEdit::DeleteKey(KeyPath::new(key))),
            ["delete", key, "/v", name, "/f", "/reg:64"] => image.apply(&RegistryEdit::DeleteValue {
                key: KeyPath::new(key),
                name: (*name).to_owned(),
            }),
            ["add", key, "/v", name, "/t", kind, "/d", data, "/f", "/reg:64"] => {
                image.apply(&RegistryEdit::SetValue {
                    key: KeyPath::new(key),
                    name: (*name).to_owned(),
                    data: argument(kind, data),
                });
            }
            _ => panic!("not understood: {line}"),
        }
    }
    assert_eq!(text.matches("if ($LASTEXITCODE -ne 0)").count(), commands);
    assert!(
        text.trim_end().ends_with("count from the next start on.'"),
        "{text}"
    );
}

fn argument(kind: &str, data: &str) -> RegistryData {
    match kind {
        "REG_DWORD" => RegistryData::Dword(data.parse().unwrap()),
        "REG_QWORD" => RegistryData::Qword(data.parse().unwrap()),
        "REG_SZ" => RegistryData::Text(data.to_owned()),
        "REG_EXPAND_SZ" => RegistryData::ExpandableText(data.to_owned()),
        "REG_MULTI_SZ" => RegistryData::Texts(data.split("\\0").map(str::to_owned).collect()),
        "REG_BINARY" => RegistryData::Binary(
            (0..data.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&data[at..at + 2], 16).unwrap())
                .collect(),
        ),
        _ => panic!("{kind}"),
    }
}

fn assert_clean(image: &RegistryImage) {
    let report = tls::judge(
        "h",
        "o",
        HostSource::RegFile,
        image,
        Some(WindowsVersion::Server2022),
    );
    assert_eq!(report.strict.good, 8);
    assert!(report.values.iter().all(|value| value.verdict == Verdict::Ok));
    assert!(report.client_tls12, "{}", report.client_reason);
    assert!(plan(image).is_empty());
}

/// Both ways there, both ways back.
fn assert_there_and_back(image: &RegistryImage) {
    let remedy = plan(image);
    for there in [Format::PowerShell, Format::Registry] {
        for back in [Format::PowerShell, Format::Registry] {
            let mut changed = image.clone();
            carry_out(&mut changed, &remedy.script(there), there);
            assert_clean(&changed);
            carry_out(&mut changed, &remedy.undo(back), back);
            assert_eq!(&changed, image, "{there:?} {back:?}");
        }
    }
}

fn carry_out(image: &mut RegistryImage, file: &[u8], format: Format) {
    match format {
        Format::PowerShell => run(image, file),
        Format::Registry => import(image, file),
    }
}

/// All keys were looked at; `TLS 1.2` and what lies below do not exist.
fn empty_host() -> RegistryImage {
    let mut image = RegistryImage::new();
    for key in tls::wanted_keys() {
        let shown = if key.is_within(&KeyPath::new(PROTOCOLS)) {
            KeyPath::new(PROTOCOLS)
        } else {
            key
        };
        image.cover(&shown);
    }
    image
}

#[test]
fn a_host_without_any_value_gets_all_and_loses_them_again() {
    let image = empty_host();
    let remedy = plan(&image);
    assert_eq!(remedy.changes().len(), 8);
    let created: Vec<&str> = remedy.created_keys().iter().map(KeyPath::leaf).collect();
    assert_eq!(created, ["Server", "Client", "TLS 1.2"]);
    assert_there_and_back(&image);
}

#[test]
fn what_is_right_is_never_touched() {
    let mut image = empty_host();
    image.set(&client(), "enabled", RegistryData::Dword(u32::MAX));
    image.set(&client(), "DisabledByDefault", RegistryData::Dword(1));
    let remedy = plan(&image);
    let changed = remedy
        .changes()
        .iter()
        .find(|change| change.key == client())
        .unwrap();
    assert_eq!(changed.name, "DisabledByDefault");
    assert_eq!(changed.before_text(), "1");
    assert_eq!(remedy.changes().len(), 7);
    assert!(!remedy.created_keys().contains(&client()));
    assert_there_and_back(&image);
    // Nothing to do.
    let mut clean = image;
    for edit in remedy.edits() {
        clean.apply(&edit);
    }
    let nothing = plan(&clean);
    assert!(nothing.is_empty() && nothing.created_keys().is_empty());
    assert_eq!(nothing, Remediation::default());
}

#[test]
fn wrong_types_come_back_byte_for_byte() {
    let texts = |texts: &[&str]| RegistryData::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
    for data in [
        RegistryData::Text("1".to_owned()),
        RegistryData::Text(String::new()),
        RegistryData::Text("a \"b\" \\ 50% $x `n 'q' é\r\n".to_owned()),
        RegistryData::Text("it's; /f".to_owned()),
        RegistryData::ExpandableText("%windir%".to_owned()),
        texts(&["a", "b"]),
        texts(&[]),
        texts(&["a\\0b"]),
        RegistryData::Binary(vec![1, 0, 0, 0]),
        RegistryData::Binary(vec![]),
        RegistryData::Qword(u64::MAX),
        RegistryData::Other(0, vec![]),
        RegistryData::Other(1, vec![b'1']),
        RegistryData::Other(4, vec![1, 2, 3]),
        RegistryData::Other(0xffff_1234, vec![7]),
    ] {
        let mut image = empty_host();
        image.set(&client(), "Enabled", data.clone());
        assert_there_and_back(&image);
        let changes = plan(&image);
        let change = changes
            .changes()
            .iter()
            .find(|change| change.name == "Enabled" && change.key == client());
        assert!(change.unwrap().before_text().contains(&data.type_name()));
    }
}

#[test]
fn what_the_source_does_not_speak_of_is_set_and_said() {
    let mut image = RegistryImage::new();
    image.know(&client(), "Enabled", None);
    image.know(&client(), "DisabledByDefault", Some(RegistryData::Dword(0)));
    let remedy = plan(&image);
    assert_eq!(remedy.changes().len(), 7);
    assert_eq!(
        remedy
            .changes()
            .iter()
            .filter(|change| change.before == Before::Missing)
            .count(),
        1
    );
    assert_eq!(remedy.created_keys(), []);
    assert!(remedy.notes()[0].contains("not in the source"));
    let mut changed = image.clone();
    run(&mut changed, &remedy.script(Format::PowerShell));
    assert_clean(&changed);
    run(&mut changed, &remedy.undo(Format::PowerShell));
    assert_eq!(changed.lookup(&client(), "Enabled"), Lookup::Missing);
    assert_eq!(
        changed.data(&client(), "DisabledByDefault"),
        Some(&RegistryData::Dword(0))
    );
    assert_eq!(changed.values().count(), 1);
}

#[test]
fn what_cannot_be_brought_back_is_left_alone() {
    let mut image = empty_host();
    image.set_unreadable(&client(), "Enabled");
    let framework = KeyPath::new(r"HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319");
    image.deny(&framework);
    let remedy = plan(&image);
    assert!(
        remedy
            .changes()
            .iter()
            .all(|change| change.key != client() || change.name != "Enabled")
    );
    assert_eq!(remedy.notes().len(), 3, "{:?}", remedy.notes());
    let text = String::from_utf8(remedy.script(Format::PowerShell)).unwrap();
    assert!(text.contains("could not be read"));
}

#[test]
fn findings_that_someone_may_have_meant_are_named_and_not_changed() {
    let mut image = empty_host();
    let hash =
        KeyPath::new(r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Hashes\SHA256");
    image.set(&hash, "Enabled", RegistryData::Dword(0));
    let report = tls::judge("h", "o", HostSource::RegFile, &image, None);
    let left = left_to_you(&report);
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].contains("SHA-256"));
    assert!(plan(&image).changes().iter().all(|change| change.key != hash));
}

#[test]
fn files_say_what_they_do() {
    let remedy = plan(&empty_host());
    let reg = file_text(&remedy.script(Format::Registry));
    assert!(reg.starts_with("Windows Registry Editor Version 5.00\r\n"));
    assert!(reg.contains(
        "; HKLM\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319 SchUseStrongCrypto: missing -> 1\r\n"
    ));
    assert!(reg.contains("Restart Windows"));
    assert_eq!(remedy.script(Format::Registry)[..2], [0xff, 0xfe]);
    let script = String::from_utf8(remedy.script(Format::PowerShell)).unwrap();
    assert!(script.contains(
        "#   HKLM\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319 SchUseStrongCrypto: missing -> 1\r\n"
    ));
    assert!(script.contains("Run as an administrator"));
    assert_eq!(script.matches("reg.exe add").count(), 8);
    let undo = String::from_utf8(remedy.undo(Format::PowerShell)).unwrap();
    assert_eq!(undo.matches("reg.exe delete").count(), 11);
    assert!(undo.contains("Restart Windows"));
    for format in [Format::PowerShell, Format::Registry] {
        assert!(["ps1", "reg"].contains(&format.extension()));
    }
}

fn any_data() -> impl Strategy<Value = RegistryData> {
    prop_oneof![
        3 => any::<u32>().prop_map(RegistryData::Dword),
        3 => prop::sample::select(vec![0u32, 1, u32::MAX]).prop_map(RegistryData::Dword),
        2 => any::<String>().prop_map(RegistryData::Text),
        1 => "[a-z0-9 .%\"'$\\\\]{0,6}".prop_map(RegistryData::Text),
        1 => prop::collection::vec("[a-z\\\\]{1,4}", 0..3).prop_map(RegistryData::Texts),
        2 => (0..TYPE_NAMES.len() as u32 + 2, prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(number, bytes)| RegistryData::from_bytes(number, bytes)),
    ]
    // As any source gives it: data that its bytes tell.
    .prop_map(|data| RegistryData::from_bytes(data.type_number(), data.bytes()))
}

proptest! {
    #[test]
    fn any_host_is_clean_after_the_fix_and_itself_after_the_undo(
        values in prop::collection::vec(prop::option::weighted(0.6, any_data()), 8),
        others in prop::collection::vec((0usize..4, "[A-Z][a-z]{1,6}", any_data()), 0..4),
        keys_exist in any::<bool>(),
    ) {
        let mut image = empty_host();
        if keys_exist {
            image.cover(&client());
        }
        for (requirement, data) in tls::requirements().iter().zip(values) {
            if let Some(data) = data {
                image.set(&requirement.key(), requirement.name, data);
            }
        }
        for (index, name, data) in others {
            image.set(&tls::required_keys()[index], &name, data);
        }
        // As it would come out of a file.
        let file = registry_file(&image.edits(), &[]);
        prop_assert_eq!(&registry_file::read(&file).unwrap().image, &image);
        assert_there_and_back(&image);
    }
}
