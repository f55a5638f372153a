use std::collections::HashMap;

use serde_json::json;

use super::*;
use crate::domain::{DirectoryObjectBuilder, DirectoryValue};

/// Knows a few objects by name and was asked for everything but `not_asked_for`.
#[derive(Default)]
struct FewObjects {
    objects: HashMap<String, DirectoryObject>,
    not_asked_for: Vec<&'static str>,
}

impl Directory for FewObjects {
    fn find(&self, _: &CloudAttributes) -> DirectoryMatch<'_> {
        DirectoryMatch::Missing
    }
    fn by_name(&self, name: &str) -> Option<&DirectoryObject> {
        self.objects.get(name)
    }
    fn carries(&self, attribute: &str) -> bool {
        !self.not_asked_for.contains(&attribute)
    }
    fn as_of(&self) -> Option<jiff::Timestamp> {
        None
    }
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }
}

fn object(values: &[(&str, &str)]) -> DirectoryObject {
    let mut builder = DirectoryObjectBuilder::default();
    for (name, value) in values {
        builder.add(name, DirectoryValue::Text(value));
    }
    builder.build("CN=Jo,DC=x")
}

fn directory() -> FewObjects {
    let linked = object(&[("mail", "boss@x.y"), ("displayName", "The Boss")]);
    FewObjects {
        objects: HashMap::from([("CN=Boss,DC=x".to_owned(), linked)]),
        not_asked_for: Vec::new(),
    }
}

/// Class of one row for one pair of values; nothing when the row is left out.
fn class(cloud: serde_json::Value, values: &[(&str, &str)], row: &str) -> Option<DifferenceClass> {
    found(cloud, values, row).map(|difference| difference.class)
}

fn found(cloud: serde_json::Value, values: &[(&str, &str)], row: &str) -> Option<Difference> {
    let cloud: CloudAttributes = serde_json::from_value(cloud).unwrap();
    let object = object(values);
    let directory = directory();
    differences(&cloud, &DirectoryMatch::Found(&object), Some(&directory))
        .into_iter()
        .find(|difference| difference.directory_attribute == row || difference.cloud_attribute == row)
}

use DifferenceClass::{Changed, CloudNoise, CloudOnly, DirectoryOnly, Equal, Unknown};

/// One value on both sides, in the two notations of a row, that counts as equal; and one that does not.
fn samples(rule: CompareRule) -> (serde_json::Value, &'static str, &'static str) {
    match rule {
        CompareRule::PrimaryAddress => (json!("jo@x.y"), "SMTP:Jo@x.y", "SMTP:other@x.y"),
        CompareRule::OtherAddresses => (
            json!(["SMTP:jo@x.y", "smtp:b@x.y"]),
            "smtp:B@x.y",
            "smtp:other@x.y",
        ),
        CompareRule::Mail | CompareRule::IgnoreCase => (json!("jo@x.y"), "Jo@X.y", "other@x.y"),
        CompareRule::SingleAddress => (json!("smtp:jo@x.y"), "jo@x.y", "smtp:other@x.y"),
        CompareRule::LegacyName => (json!("/o=A/cn=b"), "/O=a/CN=B", "/o=A/cn=other"),
        CompareRule::TargetAddress => (json!(["SMTP:jo@x.y"]), "SMTP:jo@X.y", "SMTP:other@x.y"),
        CompareRule::Exact | CompareRule::ExactSet => (json!("Value "), "Value ", "value"),
        CompareRule::Flag => (json!("True"), "TRUE", "FALSE"),
        CompareRule::Recipients => (json!("the boss"), "CN=Boss,DC=x", "CN=Unknown,DC=x"),
        CompareRule::RecipientType => (json!("SharedMailbox"), "34359738368", "2147483648"),
        CompareRule::Guid => (
            json!("76543210-BA98-fedc-0102-030405060708"),
            "{76543210-ba98-fedc-0102-030405060708}",
            "00000000-0000-0000-0000-000000000001",
        ),
        CompareRule::Time => (
            json!("2026-11-01T10:00:00Z"),
            "20261101100000.0Z",
            "20261101100001.0Z",
        ),
        CompareRule::Loose => (json!(90), "90", "7776000"),
    }
}

#[test]
fn every_row_tells_equal_from_different() {
    for row in MAPPING {
        let (value, same, other) = samples(row.rule);
        let cloud = json!({ row.cloud: value });
        // Rows that share an attribute are told apart by position.
        let verdict = |text: &str| {
            let attributes: CloudAttributes = serde_json::from_value(cloud.clone()).unwrap();
            compare(
                row,
                &attributes,
                &object(&[(row.directory, text)]),
                Some(&directory()),
            )
            .class
        };
        assert_eq!(verdict(same), Equal, "{} {:?}", row.cloud, row.rule);
        let different = match row.rule {
            CompareRule::Recipients | CompareRule::Loose => Unknown,
            CompareRule::TargetAddress => DirectoryOnly,
            CompareRule::Flag => CloudOnly,
            _ => Changed,
        };
        assert_eq!(verdict(other), different, "{} {:?}", row.cloud, row.rule);
    }
}

#[test]
fn every_row_with_a_value_on_one_side_only() {
    for row in MAPPING
        .iter()
        .filter(|row| row.rule != CompareRule::TargetAddress)
    {
        let (value, same, _) = samples(row.rule);
        let verdict = |cloud: serde_json::Value, values: &[(&str, &str)]| {
            let attributes: CloudAttributes = serde_json::from_value(cloud).unwrap();
            compare(row, &attributes, &object(values), Some(&directory())).class
        };
        let cloud_only = verdict(json!({ row.cloud: value }), &[]);
        let expected = if row.rule == CompareRule::LegacyName {
            CloudNoise
        } else {
            CloudOnly
        };
        assert_eq!(cloud_only, expected, "{}", row.cloud);
        let only = verdict(json!({ row.cloud: [] }), &[(row.directory, same)]);
        match row.rule {
            CompareRule::LegacyName => assert_eq!(only, Changed),
            _ => assert_eq!(only, DirectoryOnly, "{}", row.cloud),
        }
        assert_eq!(verdict(json!({ row.cloud: null }), &[]), Equal, "{}", row.cloud);
        assert_eq!(
            verdict(json!({}), &[(row.directory, same)]),
            Unknown,
            "{}: the cloud was not read",
            row.cloud
        );
    }
}

#[test]
fn addresses() {
    let cloud =
        json!({ "EmailAddresses": ["SMTP:jo@x.y", "smtp:b@x.y", "SPO:1", "smtp:jo@t.onmicrosoft.com"] });
    let same = [
        ("proxyAddresses", "smtp:B@x.y"),
        ("proxyAddresses", "SMTP:JO@x.y"),
    ];
    assert_eq!(class(cloud.clone(), &same, "EmailAddresses"), Some(CloudNoise));
    assert_eq!(class(cloud.clone(), &same, "PrimarySmtpAddress"), Some(Equal));
    let lacking = [("proxyAddresses", "SMTP:jo@x.y")];
    assert_eq!(class(cloud.clone(), &lacking, "EmailAddresses"), Some(CloudOnly));
    let more = [
        ("proxyAddresses", "SMTP:jo@x.y"),
        ("proxyAddresses", "smtp:b@x.y"),
        ("proxyAddresses", "X500:/o=1"),
    ];
    assert_eq!(class(cloud.clone(), &more, "EmailAddresses"), Some(DirectoryOnly));
    let swapped = [
        ("proxyAddresses", "smtp:jo@x.y"),
        ("proxyAddresses", "SMTP:b@x.y"),
    ];
    let primary = found(cloud.clone(), &swapped, "PrimarySmtpAddress").unwrap();
    assert_eq!((primary.class, primary.severity), (Changed, Severity::Block));
    assert!(primary.would_be_lost && primary.written_back);
}

#[test]
fn mail_must_be_the_primary_address() {
    let cloud = json!({ "WindowsEmailAddress": "old@x.y", "PrimarySmtpAddress": "new@x.y" });
    assert_eq!(class(cloud, &[("mail", "old@x.y")], "mail"), Some(Changed));
}

#[test]
fn the_old_legacy_name_may_live_on_as_an_x500_address() {
    let cloud = json!({ "LegacyExchangeDN": "/o=Cloud/cn=1", "EmailAddresses": ["x500:/O=Old/cn=2"] });
    assert_eq!(
        class(
            cloud.clone(),
            &[("legacyExchangeDN", "/o=old/cn=2")],
            "legacyExchangeDN"
        ),
        Some(Equal)
    );
    assert_eq!(
        class(cloud, &[("legacyExchangeDN", "/o=old/cn=3")], "legacyExchangeDN"),
        Some(Changed)
    );
}

#[test]
fn recipients_are_resolved_or_unknown() {
    let linked = [("publicDelegates", "CN=Boss,DC=x")];
    for name in ["boss@x.y", "The Boss", "Boss"] {
        assert_eq!(
            class(
                json!({ "GrantSendOnBehalfTo": [name] }),
                &linked,
                "publicDelegates"
            ),
            Some(Equal),
            "{name}"
        );
    }
    let someone = json!({ "GrantSendOnBehalfTo": ["someone"] });
    assert_eq!(class(someone, &linked, "publicDelegates"), Some(Unknown));
    let two = json!({ "GrantSendOnBehalfTo": ["boss", "other"] });
    assert_eq!(class(two, &linked, "publicDelegates"), Some(Changed));
}

#[test]
fn guids_only_weigh_when_both_sides_have_one() {
    let cloud = json!({ "ExchangeGuid": "76543210-ba98-fedc-0102-030405060708", "ArchiveGuid": "00000000-0000-0000-0000-000000000000" });
    let missing = found(cloud.clone(), &[], "ExchangeGuid").unwrap();
    assert_eq!((missing.class, missing.severity), (CloudOnly, Severity::Info));
    assert_eq!(
        class(cloud.clone(), &[], "ArchiveGuid"),
        None,
        "all zero is no archive"
    );
    let mut builder = DirectoryObjectBuilder::default();
    builder.add(
        "msExchMailboxGuid",
        DirectoryValue::Binary(&[
            0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe, 1, 2, 3, 4, 5, 6, 7, 8,
        ]),
    );
    let object = builder.build("CN=Jo");
    let cloud: CloudAttributes = serde_json::from_value(cloud).unwrap();
    let all = differences(&cloud, &DirectoryMatch::Found(&object), Some(&directory()));
    assert_eq!(all[0].class, Equal, "little-endian groups: {all:?}");
}

#[test]
fn without_an_object_everything_is_unknown() {
    let cloud: CloudAttributes =
        serde_json::from_value(json!({ "CustomAttribute1": "a\u{1b}b", "CustomAttribute2": "" })).unwrap();
    for found in [
        DirectoryMatch::Missing,
        DirectoryMatch::NoDirectory,
        DirectoryMatch::Ambiguous(2),
    ] {
        let all = differences(&cloud, &found, None);
        assert_eq!(all.len(), 1);
        assert_eq!(
            (all[0].class, all[0].cloud.as_str(), &all[0].directory),
            (Unknown, "ab", &None)
        );
        assert!(!all[0].would_be_lost);
    }
}

#[test]
fn an_attribute_nobody_asked_for_is_unknown() {
    let cloud: CloudAttributes = serde_json::from_value(json!({ "CustomAttribute1": "a" })).unwrap();
    let mut directory = directory();
    directory.not_asked_for.push("extensionAttribute1");
    let object = object(&[("mail", "a@x")]);
    let all = differences(&cloud, &DirectoryMatch::Found(&object), Some(&directory));
    assert!(
        all.iter()
            .any(|difference| difference.cloud_attribute == "CustomAttribute1"
                && difference.class == Unknown
                && difference.would_be_lost)
    );
}

#[test]
fn only_losses_are_overwrites() {
    let cloud: CloudAttributes = serde_json::from_value(json!({
        "CustomAttribute1": "new", "CustomAttribute2": "same", "RetentionComment": "cloud", "LegacyExchangeDN": "/o=c"
    }))
    .unwrap();
    let object = object(&[
        ("extensionAttribute1", "old"),
        ("extensionAttribute2", "same"),
        ("legacyExchangeDN", "/o=d"),
    ]);
    let all = differences(&cloud, &DirectoryMatch::Found(&object), Some(&directory()));
    let id = ObjectId(uuid::Uuid::nil());
    let lost = overwrites(id, "jo@x.y", &all);
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!(
        (lost[0].cloud.as_str(), lost[0].directory.as_deref()),
        ("new", Some("old"))
    );
}
