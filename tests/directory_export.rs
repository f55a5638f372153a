//! Directory exports as the tools of administrators write them, and as they should not be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::PathBuf};

use handover::{
    directory::{DirectoryExport, DirectoryExportError, ExportFormat},
    domain::{CloudAttributes, Directory, DirectoryMatch},
};
use proptest::prelude::*;
use serde_json::json;

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/fixtures/directory", name]
        .iter()
        .collect()
}

fn open(name: &str) -> DirectoryExport {
    DirectoryExport::open(&fixture(name), |_| true).unwrap()
}

fn read(bytes: &[u8]) -> Result<DirectoryExport, DirectoryExportError> {
    DirectoryExport::read(bytes, "test", None)
}

fn cloud(value: serde_json::Value) -> CloudAttributes {
    serde_json::from_value(value).unwrap()
}

fn name_of(found: DirectoryMatch<'_>) -> String {
    match found {
        DirectoryMatch::Found(object) => object.name().to_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn ldifde_in_every_encoding() {
    let text = fs::read_to_string(fixture("ldifde.ldf")).unwrap();
    let unicode: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (bytes, encoding) in [(text.as_bytes(), "UTF-8"), (unicode.as_slice(), "UTF-16LE")] {
        let export = read(bytes).unwrap();
        let summary = export.summary();
        assert_eq!(
            (summary.format, summary.objects, summary.encoding),
            (ExportFormat::Ldif, 2, encoding)
        );
        assert!(summary.problems.is_empty(), "{:?}", summary.problems);
        let jo = &export.objects()[0];
        assert_eq!(jo.texts("proxyAddresses").count(), 3);
        assert!(
            jo.texts("proxyAddresses")
                .any(|entry| entry.contains("(FYDIBOHF23SPDLT)/cn=Recipients/cn=jo"))
        );
        assert_eq!(
            jo.time("whenChanged").unwrap().to_string(),
            "2026-11-01T10:00:00Z"
        );
        assert!(export.carries("extensionAttribute1") && !export.carries("altRecipient"));
        assert_eq!(
            export.by_name("cn=jo doe,ou=STAFF,dc=contoso,dc=local").unwrap(),
            jo
        );
    }
    assert!(open("ldifde.ldf").as_of().is_some());
}

#[test]
fn ldapsearch_with_its_frame_and_ranges() {
    let export = open("ldapsearch.ldif");
    assert_eq!(export.summary().objects, 1);
    assert_eq!(
        export.objects()[0].name(),
        "CN=Zoë Ng,OU=Staff,DC=contoso,DC=local"
    );
    assert!(
        export.problems()[0].contains(";range="),
        "{:?}",
        export.problems()
    );
    assert_eq!(export.problems().len(), 1);
}

#[test]
fn get_aduser_joined_and_not() {
    let joined = open("get-aduser-joined.csv");
    assert!(joined.problems().is_empty(), "{:?}", joined.problems());
    assert_eq!(joined.objects()[0].texts("proxyAddresses").count(), 3);
    assert_eq!(
        joined.objects()[0].guid("mS-DS-ConsistencyGuid"),
        joined.objects()[0].guid("objectGUID")
    );
    let unjoined = open("get-aduser-unjoined.csv");
    assert!(
        unjoined
            .problems()
            .iter()
            .any(|problem| problem.contains("of mS-DS-ConsistencyGuid, proxyAddresses")),
        "{:?}",
        unjoined.problems()
    );
    assert_eq!(
        unjoined.objects()[0].time("whenChanged"),
        None,
        "local times are not guessed"
    );
    assert_eq!(unjoined.summary().format, ExportFormat::Csv);
}

#[test]
fn objects_are_found_by_anchor_then_name_then_address() {
    let export = open("ldifde.ldf");
    let anchor = "EREREREiIjMAAAAAAAE=";
    let guid = export.objects()[0].guid("objectGUID").unwrap();
    let anchor_of_jo = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(guid.to_bytes_le())
    };
    let jo = "CN=Jo Doe,OU=Staff,DC=contoso,DC=local";
    let find = |value| name_of(export.find(&cloud(value)));
    assert_eq!(
        find(json!({ "ImmutableId": anchor_of_jo, "UserPrincipalName": "ann@contoso.com" })),
        jo
    );
    assert_eq!(find(json!({ "UserPrincipalName": "JO@contoso.com" })), jo);
    assert_eq!(
        find(json!({ "ImmutableId": anchor, "PrimarySmtpAddress": "jo@contoso.com" })),
        jo
    );
    assert_eq!(
        find(json!({ "EmailAddresses": ["smtp:x@x.y", "smtp:JO@contoso.mail.onmicrosoft.com"] })),
        jo
    );
    assert_eq!(
        find(json!({ "UserPrincipalName": "nobody@contoso.com" })),
        "Missing"
    );
    let both = json!({ "EmailAddresses": ["smtp:jo@contoso.com", "smtp:ann@contoso.com"] });
    assert_eq!(find(both), "Ambiguous(2)");
}

#[test]
fn an_object_anchored_to_someone_else_is_never_taken() {
    let export = open("ldapsearch.ldif");
    let other = json!({ "ImmutableId": "AAAAAAAAAAAAAAAAAAAAAQ==", "UserPrincipalName": "zoe@contoso.com" });
    assert_eq!(name_of(export.find(&cloud(other))), "Missing");
}

#[test]
fn hostile_values_are_kept_as_data_and_match_nothing_by_accident() {
    let export = open("hostile.ldif");
    let object = &export.objects()[0];
    assert_eq!(object.guid("objectGUID"), None);
    assert_eq!(object.time("whenChanged"), None);
    assert_eq!(
        name_of(export.find(&cloud(json!({ "PrimarySmtpAddress": "" })))),
        object.name(),
        "an empty address is an address here"
    );
}

#[test]
fn files_that_are_no_export_are_refused_with_what_to_do() {
    let refused = |bytes: &[u8]| read(bytes).err().unwrap().to_string();
    for bytes in [
        &b""[..],
        b"hello world",
        b"\x00\x01\x02",
        b"PK\x03\x04zip",
        b"{\"json\": 1}",
    ] {
        assert!(
            refused(bytes).contains("neither LDIF nor CSV"),
            "{:?}",
            refused(bytes)
        );
    }
    assert!(refused(b"dn: OU=A,DC=x\nobjectClass: organizationalUnit\n\n").contains("none is a user"));
    assert!(refused(b"a,b\n1,2\n").contains("identifies a user"));
    let missing = DirectoryExport::open(&fixture("nothing-here.ldf"), |_| true)
        .unwrap_err()
        .to_string();
    assert!(
        missing.contains("nothing-here.ldf") && missing.contains("Check the path"),
        "{missing}"
    );
}

#[test]
fn reading_can_be_given_up() {
    let outcome = DirectoryExport::open(&fixture("ldifde.ldf"), |_| false);
    assert!(matches!(outcome, Err(DirectoryExportError::Cancelled)));
}

#[test]
fn large_exports_stay_small() {
    let mut text = String::new();
    for number in 0..20_000 {
        text.push_str(&format!(
            "dn: CN=User {number},DC=x\nobjectClass: user\nuserPrincipalName: u{number}@x.y\nmail: u{number}@x.y\nthumbnailPhoto:: {}\n\n",
            "QUFB".repeat(50)
        ));
    }
    let export = read(text.as_bytes()).unwrap();
    assert_eq!(export.summary().objects, 20_000);
    let last = cloud(json!({ "PrimarySmtpAddress": "U19999@x.y" }));
    assert_eq!(name_of(export.find(&last)), "CN=User 19999,DC=x");
    assert!(
        export.objects().iter().all(|object| object.all().count() == 3),
        "photos are skipped"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cut_files_are_read_or_refused(name in prop::sample::select(vec!["ldifde.ldf", "ldapsearch.ldif", "get-aduser-joined.csv", "hostile.ldif"]), part in 0.0f64..1.0, flip in any::<(u16, u8)>()) {
        let mut bytes = fs::read(fixture(name)).unwrap();
        bytes.truncate((bytes.len() as f64 * part) as usize);
        let _ = read(&bytes);
        if !bytes.is_empty() {
            let at = usize::from(flip.0) % bytes.len();
            bytes[at] = flip.1;
            let _ = read(&bytes);
        }
    }
}

/// `version: 1` before the first entry is no entry.
#[test]
fn a_version_block_is_not_counted_as_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.ldf");
    let text = "version: 1\n\ndn: CN=A,DC=x\nobjectClass: user\nmail: a@x.y\n\ndn: OU=B,DC=x\nobjectClass: organizationalUnit\n\n";
    std::fs::write(&path, text).unwrap();
    let export = DirectoryExport::open(&path, |_| true).unwrap();
    let summary = export.summary();
    assert_eq!((summary.objects, summary.entries), (1, 2));
}
