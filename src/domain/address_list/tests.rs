//! Lists as people save them.

use proptest::prelude::*;

use super::*;
use crate::domain::Mailbox;
use crate::domain::table::MailboxTable;
use crate::domain::table::tests::mailbox;

fn read(bytes: &[u8]) -> Result<Vec<(u64, String)>, AddressListError> {
    AddressReader::new(bytes, 1000)?
        .map(|line| line.map(|line| (line.number, line.text)))
        .collect()
}

fn texts(bytes: &[u8]) -> Vec<String> {
    read(bytes).unwrap().into_iter().map(|(_, text)| text).collect()
}

fn utf16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes_of).collect()
}

#[test]
fn every_usual_shape_is_read() {
    for list in [
        "anna@x.example\nben@x.example\n",
        "\n\nanna@x.example\r\n\r\nben@x.example",
        "Mail\ranna@x.example\rben@x.example\r",
        "UserPrincipalName\nanna@x.example\nben@x.example",
        "\"User principal name\",City\r\nanna@x.example,\"Bonn, Beuel\"\r\nben@x.example,Ulm\r\n",
        "City;EMAIL\nUlm;anna@x.example\nBonn;ben@x.example",
        "City\tmail\nUlm\tanna@x.example\nBonn\tben@x.example",
        "#TYPE System.Management.Automation.PSCustomObject\n\"Mail\"\n\"anna@x.example\"\n\"ben@x.example\"",
        "sep=;\nName;Mail\nAnna;anna@x.example\nBen;ben@x.example",
        "Identity,PrimarySmtpAddress\nx.example/Users/Anna,anna@x.example\nBen,ben@x.example",
        "DisplayName,Email\nAnna, anna@x.example \nBen,ben@x.example\n,\n",
    ] {
        assert_eq!(
            texts(list.as_bytes()),
            ["anna@x.example", "ben@x.example"],
            "{list}"
        );
    }
}

#[test]
fn line_numbers_are_those_of_an_editor() {
    assert_eq!(
        read(b"#TYPE x\r\n\r\nMail\r\n\r\na@x\r\n\"b@x\"\r\n\r\n\r\nc@x").unwrap(),
        [
            (5, "a@x".to_owned()),
            (6, "b@x".to_owned()),
            (9, "c@x".to_owned())
        ]
    );
    assert_eq!(
        read(b"\n\na@x\n\nb@x").unwrap(),
        [(3, "a@x".to_owned()), (5, "b@x".to_owned())]
    );
    assert_eq!(
        read(b"City,Mail\n\"two\nlines\",a@x\n\nBonn,b@x").unwrap(),
        [(2, "a@x".to_owned()), (5, "b@x".to_owned())]
    );
    let error = read(b"sep=,\nMail\na@x\n\nb\0@x").unwrap_err();
    assert!(matches!(error, AddressListError::NulBytes { line: 5 }), "{error}");
}

#[test]
fn every_usual_encoding_is_read() {
    let list = "Mail;City\nzoë@x.example;Köln\n";
    let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    for (bytes, encoding) in [
        (list.as_bytes().to_vec(), Encoding::Utf8),
        (
            marked(&[0xEF, 0xBB, 0xBF], list.as_bytes().to_vec()),
            Encoding::Utf8,
        ),
        (
            marked(&[0xFF, 0xFE], utf16(list, u16::to_le_bytes)),
            Encoding::Utf16LittleEndian,
        ),
        (
            marked(&[0xFE, 0xFF], utf16(list, u16::to_be_bytes)),
            Encoding::Utf16BigEndian,
        ),
        (utf16(list, u16::to_le_bytes), Encoding::Utf16LittleEndian),
        (utf16(list, u16::to_be_bytes), Encoding::Utf16BigEndian),
        (
            list.chars().map(|character| character as u8).collect(),
            Encoding::Windows1252,
        ),
    ] {
        let mut reader = AddressReader::new(&bytes[..], 10).unwrap();
        assert_eq!(reader.next().unwrap().unwrap().text, "zoë@x.example");
        assert!(reader.next().is_none());
        assert_eq!(reader.encoding(), encoding);
        assert_eq!(reader.delimiter(), ';');
        assert_eq!(reader.columns(), ["Mail"]);
    }
}

#[test]
fn what_is_wrong_is_said() {
    let long = format!("Mail\n\"{}", "a@x\n".repeat(100_000));
    let endless = vec![b'a'; 1_000_000];
    for (bytes, words) in [
        (&b""[..], "the list is empty"),
        (b"\xEF\xBB\xBF", "the list is empty"),
        (b"\n\n\n", "the list is empty"),
        (b"sep=;\n", "the list is empty"),
        (
            b"City,Office\nUlm,4",
            "it has `City`, `Office`. Name one of them UserPrincipalName",
        ),
        (b"Users\nanna", "it has `Users`"),
        (
            b"DisplayName,City\nAnna,Ulm",
            "by `DisplayName` only, which two mailboxes can share",
        ),
        (
            b"anna@x,Ulm\nben@x,Bonn",
            "line 1 holds values where the header should be",
        ),
        (b"Mail\na@x\nb\0@x\n", "line 3 holds NUL bytes"),
        (b"PK\x03\x04\x00\x00\x00\x00", "line 1 holds NUL bytes"),
        ("Mail\nzo\u{eb}@x\n".as_bytes(), ""),
        (b"Mail\nzo\xc3\xab@x\nzo\xeb@x\n", "line 3 is in another encoding"),
        (b"\xFF\xFEM\0a\0i\0l\0\n\0\x00\xd8a\0", "another encoding"),
        (long.as_bytes(), "starts at line 2 is longer than 65536 bytes"),
        (&endless, "starts at line 1 is longer than 65536 bytes"),
        (b"\x1b[31mEvil\nx", "it has `[31mEvil`"),
        (
            b"Mail\na@x\n\n\"b@x\nc@x\nd@x\n",
            "the quotation mark in line 4 is never closed",
        ),
        (b"\"Mail\na@x", "the quotation mark in line 1 is never closed"),
    ] {
        match read(bytes) {
            Err(error) => assert!(!words.is_empty() && error.to_string().contains(words), "{error}"),
            Ok(lines) => assert!(words.is_empty(), "{words}: {lines:?}"),
        }
    }
}

#[test]
fn the_limit_counts_entries() {
    let read = |limit| {
        AddressReader::new(&b"Mail\na@x\n\nb@x\n"[..], limit)
            .unwrap()
            .collect::<Result<Vec<_>, _>>()
    };
    assert_eq!(read(2).unwrap().len(), 2);
    assert!(matches!(
        read(1),
        Err(AddressListError::TooManyLines { limit: 1 })
    ));
}

#[test]
fn a_reader_that_fails_is_reported() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("cable pulled"))
        }
    }
    let error = AddressReader::new(Broken, 1).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "the list can't be read: cable pulled");
}

fn resolved(list: &str) -> Resolved {
    let mut table = MailboxTable::new();
    table.append((0..3).map(mailbox).collect());
    table.append(vec![
        Mailbox {
            user_principal_name: "Sales.UPN@contoso.com".into(),
            primary_smtp_address: "Sales@Contoso.com".into(),
            ..mailbox(3)
        },
        // its address is the sign-in name of another one
        Mailbox {
            primary_smtp_address: "anna0@contoso.com".into(),
            ..mailbox(4)
        },
    ]);
    let snapshot = table.snapshot();
    let index = AddressIndex::new(&snapshot, &|| false).unwrap();
    let mut reader = AddressReader::new(list.as_bytes(), u64::MAX).unwrap();
    resolve(&mut reader, &index, &|| false).unwrap()
}

#[test]
fn entries_become_rows() {
    let resolved = resolved(
        "Mail\nanna2@contoso.com\nSMTP:sales@contoso.com\nsales.upn@CONTOSO.com\nanna0@contoso.com\nnobody@x\n\
         00000000-0000-0000-0000-000000000001\n{00000000-0000-0000-0000-000000000009}\nanna4@contoso.com\n\"\"\n",
    );
    assert_eq!(resolved.found, [2, 3, 1, 4]);
    let numbers = |list: &LineList| list.first.iter().map(|line| line.number).collect::<Vec<_>>();
    assert_eq!(numbers(&resolved.duplicates), [4]);
    assert_eq!(numbers(&resolved.ambiguous), [5]);
    assert_eq!(numbers(&resolved.unknown), [6, 8]);
    assert_eq!(resolved.blank, 1);
}

#[test]
fn lists_of_lines_are_capped() {
    let resolved = resolved(&"nobody@x\n".repeat(5000));
    assert_eq!(resolved.unknown.total, 5000);
    assert_eq!(resolved.unknown.first.len(), 1000);
}

#[test]
fn resolving_can_be_stopped() {
    let snapshot = MailboxTable::new().snapshot();
    let index = AddressIndex::new(&snapshot, &|| false).unwrap();
    let mut reader = AddressReader::new(&b"a@x"[..], 10).unwrap();
    assert!(matches!(
        resolve(&mut reader, &index, &|| true),
        Err(AddressListError::Stopped)
    ));
}

proptest! {
    #[test]
    fn no_bytes_bring_it_down(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"\r\n\",;\tMail@\0\xff\xfe".to_vec())], 0..300)) {
        let _ = read(&bytes);
        let _ = read(&[&b"Mail\n"[..], &bytes].concat());
    }
}
