//! Files of every format, whole, damaged and hostile.

use proptest::prelude::*;

use super::*;
use crate::domain::registry::{KeyPath, Lookup, RegistryData, registry_file};

const CLIENT: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client";
const FRAMEWORK: &str = r"HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319";

fn told(text: &str) -> ReadRegistry {
    read(text.as_bytes()).unwrap()
}

fn data<'a>(told: &'a ReadRegistry, key: &str, name: &str) -> Option<&'a RegistryData> {
    told.image.data(&KeyPath::new(key), name)
}

fn dword(number: u32) -> Option<RegistryData> {
    Some(RegistryData::Dword(number))
}

fn text(text: &str) -> Option<RegistryData> {
    Some(RegistryData::Text(text.to_owned()))
}

/// An export with one key and these lines.
fn export(lines: &str) -> ReadRegistry {
    told(&format!(
        "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n{lines}"
    ))
}

fn value(lines: &str, name: &str) -> Option<RegistryData> {
    let told = export(lines);
    assert_eq!(told.notes, Vec::<String>::new(), "{lines}");
    data(&told, r"HKLM\A", name).cloned()
}

/// The note on the one line that cannot be read.
fn note(lines: &str) -> String {
    let told = export(lines);
    assert_eq!(told.notes.len(), 1, "{lines}: {:?}", told.notes);
    told.notes.into_iter().next().unwrap()
}

#[test]
fn all_types_of_an_export_are_read() {
    for (lines, name, expected) in [
        ("\"N\"=dword:0000001f\r\n", "n", dword(31)),
        ("\"N\"=dword:1\n", "N", dword(1)),
        ("\"N\"=dword:0000001\r\n", "N", dword(1)),
        ("\"N\"=DWORD:FFFFFFFF ; all bits\r\n", "N", dword(u32::MAX)),
        ("\"N\" = dword: 00000002\r\n", "N", dword(2)),
        ("@=\"default\"\r\n", "", text("default")),
        (
            "\"a \\\"b\\\" \\\\c\"=\"C:\\\\x \\\"y\\\"\"\r\n",
            "a \"b\" \\c",
            text("C:\\x \"y\""),
        ),
        ("\"N\"=\"first\r\nsecond\"\r\n", "N", text("first\r\nsecond")),
        ("\"N\"=\"semi;colon\" ; comment\r\n", "N", text("semi;colon")),
        ("\"N\"=hex:01,02\r\n", "N", Some(RegistryData::Binary(vec![1, 2]))),
        ("\"N\"=hex:\r\n", "N", Some(RegistryData::Binary(vec![]))),
        (
            "\"N\"=hex:01,\\\r\n  02,\\\n\t03\r\n\"M\"=dword:1\n",
            "N",
            Some(RegistryData::Binary(vec![1, 2, 3])),
        ),
        (
            "\"N\"=hex(2):25,00,61,00,25,00,00,00\r\n",
            "N",
            Some(RegistryData::ExpandableText("%a%".to_owned())),
        ),
        (
            "\"N\"=hex(7):61,00,00,00,62,00,00,00,00,00\r\n",
            "N",
            Some(RegistryData::Texts(vec!["a".to_owned(), "b".to_owned()])),
        ),
        (
            "\"N\"=hex(b):01,00,00,00,00,00,00,80\r\n",
            "N",
            Some(RegistryData::Qword(0x8000_0000_0000_0001)),
        ),
        ("\"N\"=hex(4):05,00,00,00\r\n", "N", dword(5)),
        ("\"N\"=hex(0):\r\n", "N", Some(RegistryData::Other(0, vec![]))),
        (
            "\"N\"=hex(1):61\r\n",
            "N",
            Some(RegistryData::Other(1, vec![0x61])),
        ),
        ("\"N\"=dword:1\r\n\"N\"=-\r\n", "N", None),
        ("; \"N\"=dword:1\r\n", "N", None),
    ] {
        assert_eq!(value(lines, name), expected, "{lines}");
    }
}

#[test]
fn what_cannot_be_read_is_noted_with_its_line() {
    for (lines, expected) in [
        (
            "\"N\"=dword:123456789\r\n",
            "line 4: the value `N` could not be read: a number is one to eight",
        ),
        ("\"N\"=dword:\r\n", "a number is one to eight"),
        ("\"N\"=dword:0x1\r\n", "a number is one to eight"),
        ("\"N\"=dword:+1\r\n", "a number is one to eight"),
        ("\"N\"=\"open\r\n", "no closing quote"),
        ("\"N\"=\"open\r\n\"M\"=dword:1\r\n", "no closing quote"),
        ("\"N\"=\"a\" b\r\n", "something follows"),
        ("\"N\"=hex:01,0g\r\n", "pairs of hexadecimal digits"),
        ("\"N\"=hex:01,\r\n", "pairs of hexadecimal digits"),
        ("\"N\"=hex:01,002\r\n", "pairs of hexadecimal digits"),
        ("\"N\"=hex:01,\\\r\n", "the file was cut"),
        ("\"N\"=hex:01,\\\r\n\"M\"=dword:1\r\n", "the file was cut"),
        ("\"N\"=hex(zz):01\r\n", "the number of its type"),
        ("\"N\"=qword:1\r\n", "its type is unknown"),
        ("\"N\"=1\r\n", "neither a number"),
        ("\"N\"=-x\r\n", "something follows the sign"),
        ("\"N\"\r\n", "without one"),
        ("\"N\r\n", "not understood"),
        ("\"N\"=dword:0", "line 4: the file ends here without a line break"),
        (
            "\"N\"=hex:01,\\\n02",
            "line 5: the file ends here without a line break",
        ),
        ("N=1\r\n", "line 4: not understood: `N=1`"),
        (
            "\"N\"=dword:1\r\n\"n\"=dword:0\r\n",
            "line 5: the value `n` of `HKEY_LOCAL_MACHINE\\A` stands here again",
        ),
        (
            "[HKEY_LOCAL_MACHINE\\B\r\n\"N\"=dword:1\r\n",
            "no closing bracket",
        ),
        ("[Nonsense\\B]\r\n\"N\"=dword:1\r\n", "begins with no hive"),
    ] {
        let note = note(lines);
        assert!(note.contains(expected), "{lines}: {note}");
    }
    let told = export("\"Enabled\"=dword:zz\r\n");
    assert_eq!(
        told.image.lookup(&KeyPath::new(r"HKLM\A"), "enabled"),
        Lookup::Unreadable
    );
}

#[test]
fn damage_ends_where_the_next_value_begins() {
    let told = export(
        "\"N\"=\"open\r\n\"M\"=dword:1\r\n\"O\"=hex:01,\\\r\n[HKEY_LOCAL_MACHINE\\B]\r\n\"P\"=dword:2\r\n",
    );
    assert_eq!(data(&told, r"HKLM\A", "M").cloned(), dword(1));
    assert_eq!(data(&told, r"HKLM\B", "P").cloned(), dword(2));
    assert_eq!(told.notes.len(), 2);
}

#[test]
fn keys_that_an_export_deletes_are_missing() {
    let told = export("\"N\"=dword:1\r\n[-HKEY_LOCAL_MACHINE\\A]\r\n\"N\"=dword:2\r\n");
    assert_eq!(told.image.lookup(&KeyPath::new(r"HKLM\A"), "N"), Lookup::Missing);
    assert_eq!(told.image.key_exists(&KeyPath::new(r"HKLM\A")), Some(false));
}

#[test]
fn backslashes_that_markdown_doubled_are_one() {
    let told = told(
        "Windows Registry Editor Version 5.00\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\\\.NETFramework\\v4.0.30319]\r\n\"SchUseStrongCrypto\"=dword:0000001\r\n",
    );
    assert_eq!(data(&told, FRAMEWORK, "SchUseStrongCrypto").cloned(), dword(1));
    assert!(told.notes.is_empty());
}

#[test]
fn old_exports_hold_texts_in_single_bytes() {
    let text = "REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n\"E\"=hex(2):25,61,25,00\r\n\"M\"=hex(7):61,00,e9,00,00\r\n\"T\"=\"Zo\u{eb}\"\r\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    let told = read(&bytes).unwrap();
    assert_eq!(
        data(&told, r"HKLM\A", "E"),
        Some(&RegistryData::ExpandableText("%a%".to_owned()))
    );
    assert_eq!(
        data(&told, r"HKLM\A", "M"),
        Some(&RegistryData::Texts(vec!["a".to_owned(), "é".to_owned()]))
    );
    assert_eq!(data(&told, r"HKLM\A", "T").cloned(), self::text("Zoë"));
    assert!(told.notes.iter().any(|note| note.contains("code page")));
}

#[test]
fn an_export_without_header_is_read_and_said() {
    let told = told("[HKEY_LOCAL_MACHINE\\A]\n\"N\"=dword:1\n");
    assert_eq!(told.source, HostSource::RegFile);
    assert_eq!(data(&told, r"HKLM\A", "N").cloned(), dword(1));
    assert!(told.notes[0].contains("header is missing"));
}

/// Written by the `reg.exe` of Wine 8, not by this project: three exports joined, and a query.
#[test]
fn files_of_another_program_are_read() {
    let told = read(include_bytes!("../../../tests/fixtures/registry/wine-export.reg")).unwrap();
    assert_eq!(told.notes, Vec::<String>::new());
    assert_eq!(data(&told, CLIENT, "Enabled").cloned(), text("1"));
    assert_eq!(data(&told, CLIENT, "").cloned(), text("def \"q\" ä"));
    assert_eq!(data(&told, CLIENT, "q"), Some(&RegistryData::Qword(5)));
    assert_eq!(
        data(&told, CLIENT, "multi line"),
        Some(&RegistryData::Texts(vec!["a".to_owned(), "b".to_owned()]))
    );
    assert_eq!(data(&told, FRAMEWORK, "SchUseStrongCrypto").cloned(), dword(0));
    let wide = KeyPath::new(r"HKLM\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319");
    assert_eq!(told.image.key_exists(&wide), Some(false));

    let told = read(include_bytes!("../../../tests/fixtures/registry/wine-query.txt")).unwrap();
    assert_eq!(data(&told, CLIENT, "Enabled").cloned(), text("1"));
    assert_eq!(
        data(&told, CLIENT, "Bin"),
        Some(&RegistryData::Binary(vec![1, 0xab]))
    );
    // It prints `(null)` for a REG_QWORD, and letters in its console's code page.
    assert_eq!(told.image.lookup(&KeyPath::new(CLIENT), "Q"), Lookup::Unreadable);
    assert_eq!(told.notes.len(), 2, "{:?}", told.notes);
}

#[test]
fn exports_that_were_joined_are_one() {
    let one = |key: &str| {
        registry_file(
            &[crate::domain::registry::RegistryEdit::SetValue {
                key: KeyPath::new(key),
                name: "N".to_owned(),
                data: RegistryData::Dword(1),
            }],
            &[],
        )
    };
    let told = read(&[one(r"HKLM\A"), one(r"HKLM\B")].concat()).unwrap();
    assert_eq!(told.notes, Vec::<String>::new());
    assert_eq!(data(&told, r"HKLM\B", "N").cloned(), dword(1));
}

#[test]
fn a_query_is_read_in_any_language() {
    let told = told(
        "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\A\r\n    (Standard)    REG_SZ    def ault\r\n    Name with  blanks    REG_DWORD    0xffffffff\r\n    (x)    REG_SZ    \r\n\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\A\\B\r\n    Multi    REG_MULTI_SZ    a\\0b\r\n    Bin    REG_BINARY    01AB\r\n    Q    REG_QWORD    0x1\r\n    E    REG_EXPAND_SZ    %a%\r\n    None    REG_NONE    \r\n\r\n",
    );
    assert_eq!(told.source, HostSource::RegQuery);
    assert_eq!(told.notes, Vec::<String>::new());
    let key = r"HKLM\SOFTWARE\A";
    assert_eq!(data(&told, key, "").cloned(), text("def ault"));
    assert_eq!(data(&told, key, "name with  blanks").cloned(), dword(u32::MAX));
    assert_eq!(data(&told, key, "(x)").cloned(), text(""));
    let below = r"HKLM\SOFTWARE\A\B";
    assert_eq!(
        data(&told, below, "Multi"),
        Some(&RegistryData::Texts(vec!["a".to_owned(), "b".to_owned()]))
    );
    assert_eq!(
        data(&told, below, "Bin"),
        Some(&RegistryData::Binary(vec![1, 0xab]))
    );
    assert_eq!(data(&told, below, "Q"), Some(&RegistryData::Qword(1)));
    assert_eq!(
        told.image.lookup(&KeyPath::new(r"HKLM\SOFTWARE\A\C"), "x"),
        Lookup::Missing
    );
}

#[test]
fn a_query_without_s_says_nothing_of_keys_below() {
    let told = told(
        "HKEY_LOCAL_MACHINE\\SYSTEM\\P\n    N    REG_DWORD    0x1\n\nHKEY_LOCAL_MACHINE\\SYSTEM\\P\\TLS 1.2\n",
    );
    let client = KeyPath::new(r"HKLM\SYSTEM\P\TLS 1.2\Client");
    assert_eq!(told.image.lookup(&client, "Enabled"), Lookup::NotCovered);
    assert_eq!(
        told.image.lookup(&KeyPath::new(r"HKLM\SYSTEM\P"), "M"),
        Lookup::Missing
    );
    assert!(told.notes[0].contains("without `/s`"), "{:?}", told.notes);
}

#[test]
fn several_queries_contradictions_and_messages_are_told() {
    let told = told(
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319\r\n    SchUseStrongCrypto    REG_DWORD    0x1\r\nFEHLER: Der angegebene Registrierungsschl\u{fc}ssel wurde nicht gefunden.\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319\r\n    SchUseStrongCrypto    REG_DWORD    0x0\r\n    Half    REG_DWORD    0x\r\n    Half\r\n",
    );
    assert_eq!(data(&told, FRAMEWORK, "SchUseStrongCrypto").cloned(), dword(0));
    for expected in [
        "line 3: not understood: `FEHLER",
        "line 5: the value `SchUseStrongCrypto`",
        "line 6: the value `Half` could not be read",
        "line 7: not understood",
        "/reg:32",
    ] {
        assert!(
            told.notes.iter().any(|note| note.contains(expected)),
            "{expected}: {:?}",
            told.notes
        );
    }
}

/// The eight values of a host where two are missing, in Microsoft's order.
const SCRIPT: [(&str, &str, &str); 4] = [
    (
        r"HKLM:\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319",
        "SystemDefaultTlsVersions",
        "1",
    ),
    (
        r"HKLM:\SOFTWARE\Microsoft\.NETFramework\v4.0.30319",
        "SchUseStrongCrypto",
        "Not Found",
    ),
    (
        r"HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client",
        "Enabled",
        "-1",
    ),
    (
        r"HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client",
        "DisabledByDefault",
        "0",
    ),
];

fn assert_script(output: &str) {
    let told = told(output);
    assert_eq!(told.source, HostSource::MicrosoftScript, "{output}");
    assert_eq!(told.notes.len(), 1, "{output}\n{:?}", told.notes);
    assert!(told.notes[0].contains("no types"));
    assert_eq!(
        data(&told, SCRIPT[0].0, "SystemDefaultTlsVersions").cloned(),
        dword(1),
        "{output}"
    );
    let framework = KeyPath::new(FRAMEWORK);
    assert_eq!(
        told.image.lookup(&framework, "SchUseStrongCrypto"),
        Lookup::Missing
    );
    assert_eq!(
        told.image.lookup(&framework, "SystemDefaultTlsVersions"),
        Lookup::NotCovered
    );
    assert_eq!(
        data(&told, CLIENT, "Enabled").cloned(),
        dword(u32::MAX),
        "{output}"
    );
    assert_eq!(
        data(&told, CLIENT, "DisabledByDefault").cloned(),
        dword(0),
        "{output}"
    );
}

#[test]
fn the_script_is_read_as_csv() {
    for (separator, quote) in [(',', "\""), (';', "\""), ('\t', ""), (',', ""), (';', "")] {
        let line = |row: (&str, &str, &str)| {
            format!(
                "{quote}{}{quote}{separator}{quote}{}{quote}{separator}{quote}{}{quote}\r\n",
                row.0, row.1, row.2
            )
        };
        let rows: String = SCRIPT.iter().map(|row| line(*row)).collect();
        let header = line(("Path", "Name", "Value"));
        assert_script(&format!("{header}{rows}"));
        assert_script(&format!(
            "#TYPE Selected.System.Management.Automation.PSCustomObject\r\n{header}{rows}"
        ));
        // Columns in another order, one more from `Invoke-Command`.
        let moved: String = [("Path", "Name", "Value")]
            .iter()
            .chain(&SCRIPT)
            .map(|row| format!("x{separator}{}{separator}{}{separator}{}\n", row.2, row.0, row.1))
            .collect();
        assert_script(&moved);
    }
}

/// As `Format-Table` prints it: numbers to the right in one of the two.
fn table(right: bool) -> String {
    let cell = |value: &str| {
        if right {
            format!("{value:>9}")
        } else {
            value.to_owned()
        }
    };
    let mut text = format!("\r\n{:92} {:24} {}\r\n", "Path", "Name", cell("Value"));
    text.push_str(&format!("{:92} {:24} {}\r\n", "----", "----", cell("-----")));
    for (path, name, value) in SCRIPT {
        text.push_str(&format!("{path:92} {name:24} {}\r\n", cell(value)));
    }
    text.push_str("\r\n\r\n");
    text
}

#[test]
fn the_script_is_read_as_table() {
    assert_script(&table(false));
    assert_script(&table(true));
    // Header not copied.
    let rows: Vec<String> = table(false).lines().skip(3).map(str::to_owned).collect();
    assert_script(&rows.join("\n"));
}

#[test]
fn a_table_broken_by_the_console_is_joined() {
    for width in [80, 100, 117, 120] {
        for trimmed in [false, true] {
            let mut broken = String::new();
            for line in table(false).lines() {
                let characters: Vec<char> = line.chars().collect();
                for piece in characters.chunks(width) {
                    let piece: String = piece.iter().collect();
                    broken.push_str(if trimmed { piece.trim_end() } else { &piece });
                    broken.push('\n');
                }
            }
            assert_script(&broken);
        }
    }
}

#[test]
fn a_table_wrapped_in_its_columns_is_joined() {
    for (path_width, name_width) in [(40, 12), (30, 24), (60, 10)] {
        let mut text = format!("{:path_width$} {:name_width$} Value\n", "Path", "Name");
        text.push_str(&format!("{:path_width$} {:name_width$} -----\n", "----", "----"));
        for (path, name, value) in SCRIPT {
            let pieces = |text: &str, width: usize| -> Vec<String> {
                let characters: Vec<char> = text.chars().collect();
                characters
                    .chunks(width)
                    .map(|piece| piece.iter().collect())
                    .collect()
            };
            let (paths, names) = (pieces(path, path_width), pieces(name, name_width));
            let values: Vec<&str> = value.split(' ').collect();
            for index in 0..paths.len().max(names.len()).max(values.len()) {
                let at = |pieces: &[String]| pieces.get(index).cloned().unwrap_or_default();
                let line = format!(
                    "{:path_width$} {:name_width$} {}",
                    at(&paths),
                    at(&names),
                    values.get(index).unwrap_or(&"")
                );
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        assert_script(&text);
    }
}

#[test]
fn a_table_cut_by_a_narrow_console_is_said() {
    let told = told(
        "Path                                  Name                     Value\n----                                  ----                     -----\nHKLM:\\SYSTEM\\CurrentControlSet\\Contr... Enabled                      1\nHKLM:\\SOFTWARE\\Microsoft\\.NETFrame\u{2026} SchUseStrongCrypto           1\n",
    );
    assert!(told.image.is_empty());
    let cut = told.notes.iter().filter(|note| note.contains("Format-List"));
    assert_eq!(cut.count(), 2);
}

#[test]
fn the_script_is_read_as_list() {
    let whole: String = SCRIPT
        .iter()
        .map(|(path, name, value)| {
            format!("Path           : {path}\r\nName           : {name}\r\nValue          : {value}\r\nPSComputerName : aadc01\r\n\r\n")
        })
        .collect();
    assert_script(&whole);
    // Broken at 60 columns, continued below the content.
    let mut wrapped = String::new();
    for (path, name, value) in SCRIPT {
        for (property, content) in [("Path ", path), ("Name ", name), ("Value", value)] {
            let characters: Vec<char> = content.chars().collect();
            for (index, piece) in characters.chunks(52).enumerate() {
                let piece: String = piece.iter().collect();
                let start = if index == 0 { property } else { "     " };
                let mark = if index == 0 { ": " } else { "  " };
                wrapped.push_str(&format!("{start} {mark}{piece}\n"));
            }
        }
        wrapped.push('\n');
    }
    assert_script(&wrapped);
}

#[test]
fn cut_output_of_the_script_is_said() {
    for (output, expected) in [
        (
            "Path,Name,Value\nHKLM:\\A,Enabled\n",
            "line 2: columns are missing",
        ),
        (
            "Path,Name,Value\nHKLM:\\A,Enabled,Not Fo\n",
            "line 2: the value `Enabled` could not be read",
        ),
        ("Path,Name,Value\n\"HKLM:\\A,Enabled,1\nHKLM:\\B,\n", "line 2"),
        ("Path : HKLM:\\A\nName : Enabled\nVal", "line 3: not understood"),
        ("Path,Name,Value\nC:\\A,Enabled,1\n", "begins with no hive"),
    ] {
        let told = told(output);
        assert!(
            told.notes.iter().any(|note| note.contains(expected)),
            "{output}: {:?}",
            told.notes
        );
        assert_eq!(told.image.values().count(), 0, "{output}");
    }
    let told = told("Path;Name;Value\nHKLM:\\A;Enabled;on\n");
    assert_eq!(data(&told, r"HKLM\A", "Enabled").cloned(), text("on"));
}

#[test]
fn what_is_no_registry_file_is_refused_in_words() {
    assert_eq!(read(b""), Err(RegistryFileError::Empty));
    assert_eq!(read(b"\xff\xfe \0\r\0\n\0"), Err(RegistryFileError::Empty));
    assert_eq!(read(b"regf\x01\0\0\0"), Err(RegistryFileError::Hive));
    for bytes in [
        &b"PK\x03\x04"[..],
        b"hello\x1b[31m\nworld",
        b"{\"a\":1}",
        &[0xff; 40],
    ] {
        let error = read(bytes).unwrap_err();
        assert!(matches!(error, RegistryFileError::Unknown { .. }), "{error}");
        assert!(!error.to_string().contains('\x1b'));
    }
}

#[test]
fn fifty_megabytes_end_in_time() {
    // Shapes that would make a careless reader go over the same lines again and again.
    let hostile = [
        "[HKEY_LOCAL_MACHINE\\A\\B]\r\n[-HKEY_LOCAL_MACHINE\\A]\r\n",
        "@=\"open\r\n",
        "\"N\"=hex:01,\\\r\n",
        "[HKEY_LOCAL_MACHINE\\A]\r\n\"N\"=dword:1\r\n\"M\"=dword:zz\r\n",
        "\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\",
        "[HKEY_LOCAL_MACHINE",
    ];
    for part in hostile {
        let size = 5_000_000;
        let mut text = String::from("REGEDIT4\r\n[HKEY_LOCAL_MACHINE\\A]\r\n");
        while text.len() < size {
            text.push_str(part);
        }
        let start = std::time::Instant::now();
        let told = read(text.as_bytes()).unwrap();
        // A tenth of the size, unoptimised: far from the hours that a square would take.
        assert!(start.elapsed().as_secs() < 20, "{part}: {:?}", start.elapsed());
        assert!(told.notes.len() <= 42);
    }
}

fn any_data() -> impl Strategy<Value = RegistryData> {
    let number = prop_oneof![0u32..14, any::<u32>()];
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..70),
        any::<String>().prop_map(|text| RegistryData::Text(text).bytes()),
    ];
    (number, bytes).prop_map(|(number, bytes)| RegistryData::from_bytes(number, bytes))
}

/// Anything a key or value may be called: no control characters, and keys no backslash or bracket at their end.
fn any_name() -> impl Strategy<Value = String> {
    "[^\\p{C}\\\\\\[\\]\\p{Z}:]([^\\p{C}\\\\]{0,10}[^\\p{C}\\\\\\[\\]\\p{Z}:])?"
}

fn any_image() -> impl Strategy<Value = RegistryImage> {
    let values = prop::collection::vec((any_name(), any_data()), 0..5);
    prop::collection::vec((prop::collection::vec(any_name(), 1..4), values), 0..6).prop_map(|keys| {
        let mut image = RegistryImage::new();
        for (path, values) in keys {
            let key = KeyPath::new(&format!("HKLM\\{}", path.join("\\")));
            image.cover(&key);
            for (name, data) in values {
                image.set(&key, &name, data);
            }
        }
        image
    })
}

proptest! {
    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_text_in_any_format_ends(
        start in prop::sample::select(vec![
            "Windows Registry Editor Version 5.00\n[HKEY_LOCAL_MACHINE\\A]\n",
            "REGEDIT4\n",
            "HKEY_LOCAL_MACHINE\\A\n",
            "Path,Name,Value\n",
            "Path  Name  Value\n----  ----  -----\n",
            "Path : HKLM:\\A\n",
        ]),
        rest in "(?s)([\\[\\]\"=@;,\\\\ :-]|dword:|hex\\(7\\):|HKLM:\\\\|REG_SZ|    |Not Found|\\.{3}|\\n|\\PC){0,60}",
    ) {
        let told = read(format!("{start}{rest}").as_bytes()).unwrap();
        for note in told.notes {
            prop_assert!(!note.chars().any(char::is_control), "{:?}", note);
        }
    }

    #[test]
    fn what_is_written_is_read_back(image in any_image()) {
        let told = read(&registry_file(&image.edits(), &[])).unwrap();
        prop_assert_eq!(told.image, image);
    }

    #[test]
    fn a_cut_file_loses_nothing_silently(image in any_image(), cut in any::<prop::sample::Index>()) {
        let file = registry_file(&image.edits(), &[]);
        let length = cut.index(file.len());
        let Ok(told) = read(file.get(..length).unwrap_or_default()) else { return Ok(()); };
        // What it tells is true, or there is a note.
        for (key, value) in told.image.values() {
            let whole = image.data(key, &value.name);
            prop_assert!(whole == Some(&value.data) || !told.notes.is_empty());
        }
        // What it does not tell any more lies in a key that is gone as a whole, or there is a note.
        for (key, value) in image.values() {
            let found = told.image.data(key, &value.name).is_some();
            prop_assert!(found || !told.image.has_key(key) || !told.notes.is_empty());
        }
    }
}
