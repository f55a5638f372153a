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
        (
            "\"N\"=\"a\0b\"\r\n",
            "N",
            Some(RegistryData::Other(1, vec![b'a', 0, 0, 0, b'b', 0, 0, 0])),
        ),
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
