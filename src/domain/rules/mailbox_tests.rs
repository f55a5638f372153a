use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::domain::{
    DirectoryObject, DirectoryObjectBuilder, DirectoryValue, difference::differences, rules::rule,
};

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// One mailbox with its directory object, to be spoilt.
struct Case {
    cloud: Value,
    object: Vec<(&'static str, String)>,
    missing: bool,
    ambiguous: bool,
    exists: bool,
    read_problem: Option<&'static str>,
    object_in_cloud: Option<bool>,
    excluded: bool,
    watched: BTreeSet<u8>,
}

/// A mailbox both sides agree on.
fn good() -> Case {
    Case {
        cloud: json!({
            "IsDirSynced": true, "IsExchangeCloudManaged": false, "RecipientTypeDetails": "UserMailbox",
            "MailboxMoveStatus": "None", "PrimarySmtpAddress": "jo@x.y", "CustomAttribute3": "Sales",
            "EmailAddresses": ["SMTP:jo@x.y", "smtp:jo@x.mail.onmicrosoft.com"], "SKUAssigned": true,
            "ExchangeGuid": "76543210-ba98-fedc-0102-030405060708"
        }),
        object: [
            ("proxyAddresses", "SMTP:jo@x.y"),
            ("extensionAttribute3", "Sales"),
            ("msExchRecipientTypeDetails", "2147483648"),
            ("msExchRemoteRecipientType", "1"),
            ("targetAddress", "SMTP:jo@x.mail.onmicrosoft.com"),
            ("msExchMailboxGuid", "76543210-ba98-fedc-0102-030405060708"),
            ("whenChanged", "20261101100000.0Z"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec(),
        missing: false,
        ambiguous: false,
        exists: true,
        read_problem: None,
        object_in_cloud: Some(false),
        excluded: false,
        watched: BTreeSet::from([7]),
    }
}

impl Case {
    fn set(&mut self, name: &str, value: Value) {
        self.cloud.as_object_mut().unwrap().insert(name.into(), value);
    }

    fn set_in_directory(&mut self, name: &'static str, value: &str) {
        self.object.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            self.object.push((name, value.to_owned()));
        }
    }

    fn object(&self) -> DirectoryObject {
        let mut builder = DirectoryObjectBuilder::default();
        for (name, value) in &self.object {
            builder.add(name, DirectoryValue::Text(value));
        }
        builder.build("CN=Jo")
    }

    fn check(&self, target: Target) -> Vec<Finding> {
        let cloud: CloudAttributes = serde_json::from_value(self.cloud.clone()).unwrap();
        let object = self.object();
        let found = match (self.missing, self.ambiguous) {
            (true, _) => DirectoryMatch::Missing,
            (_, true) => DirectoryMatch::Ambiguous(2),
            _ => DirectoryMatch::Found(&object),
        };
        let differences = differences(&cloud, &found, None);
        check_mailbox(
            &MailboxFacts {
                now: now(),
                cloud: self.exists.then_some(&cloud),
                read_problem: self.read_problem,
                found,
                directory: None,
                differences: &differences,
                object_in_cloud: self.object_in_cloud,
                excluded: self.excluded,
                watched_attributes: &self.watched,
                snapshot_stands_in: false,
            },
            target,
        )
    }

    fn fired(&self, target: Target) -> BTreeSet<String> {
        self.check(target)
            .into_iter()
            .map(|finding| finding.rule)
            .collect()
    }
}

type Fault = fn(&mut Case);

/// One fault for each rule, and the rules that fire with it by their nature.
const FAULTS: &[(&str, Fault, &[&str])] = &[
    (
        "unreadable",
        |case| {
            case.exists = false;
            case.read_problem = Some("timeout");
        },
        &[],
    ),
    ("not-found", |case| case.exists = false, &[]),
    ("excluded", |case| case.excluded = true, &[]),
    (
        "not-dir-synced",
        |case| case.set("IsDirSynced", json!("False")),
        &[],
    ),
    (
        "type-not-supported",
        |case| case.set("RecipientTypeDetails", json!("SchedulingMailbox")),
        &["recipient-type-differs"],
    ),
    (
        "soft-deleted",
        |case| case.set("DistinguishedName", json!("CN=a,OU=Soft Deleted Objects,DC=x")),
        &[],
    ),
    (
        "move-in-progress",
        |case| case.set("MailboxMoveStatus", json!("InProgress")),
        &[],
    ),
    ("object-in-cloud", |case| case.object_in_cloud = Some(true), &[]),
    (
        "authority-unknown",
        |case| case.set("IsExchangeCloudManaged", Value::Null),
        &[],
    ),
    (
        "primary-address-differs",
        |case| {
            case.set_in_directory("proxyAddresses", "SMTP:old@x.y");
            case.set(
                "EmailAddresses",
                json!(["SMTP:jo@x.y", "smtp:old@x.y", "smtp:jo@x.mail.onmicrosoft.com"]),
            );
        },
        &["would-be-overwritten"],
    ),
    (
        "mailbox-guid-differs",
        |case| case.set_in_directory("msExchMailboxGuid", "00000000-0000-0000-0000-000000000001"),
        &[],
    ),
    (
        "recipient-type-differs",
        |case| case.set("RecipientTypeDetails", json!("SharedMailbox")),
        &[],
    ),
    (
        "directory-differs",
        |case| case.set("CustomAttribute3", json!("Marketing")),
        &["would-be-overwritten"],
    ),
    (
        "would-be-overwritten",
        |case| case.set("CustomAttribute9", json!("new")),
        &["directory-differs"],
    ),
    (
        "directory-state-unknown",
        |case| case.missing = true,
        &["not-in-directory"],
    ),
    (
        "not-in-directory",
        |case| case.missing = true,
        &["directory-state-unknown"],
    ),
    (
        "ambiguous-in-directory",
        |case| case.ambiguous = true,
        &["directory-state-unknown"],
    ),
    (
        "directory-changed-recently",
        |case| case.set_in_directory("whenChanged", "20261119120000.0Z"),
        &[],
    ),
    (
        "remote-type-missing",
        |case| case.set_in_directory("msExchRemoteRecipientType", ""),
        &[],
    ),
    (
        "no-routing-address",
        |case| {
            case.set("EmailAddresses", json!(["SMTP:jo@x.y"]));
            case.set_in_directory("targetAddress", "SMTP:jo@x.y");
        },
        &[],
    ),
    (
        "target-address-elsewhere",
        |case| case.set_in_directory("targetAddress", "SMTP:jo@elsewhere.example"),
        &[],
    ),
    (
        "litigation-hold",
        |case| case.set("LitigationHoldEnabled", json!(true)),
        &[],
    ),
    (
        "retention-hold",
        |case| case.set("RetentionHoldEnabled", json!("True")),
        &[],
    ),
    (
        "moderation",
        |case| {
            case.set("ModerationEnabled", json!(true));
            case.set_in_directory("msExchEnableModeration", "TRUE");
        },
        &[],
    ),
    (
        "forwarding",
        |case| {
            case.set("ForwardingSmtpAddress", json!("smtp:else@x.y"));
            case.set_in_directory("msExchGenericForwardingAddress", "else@x.y");
        },
        &[],
    ),
    (
        "watched-attribute",
        |case| case.watched = BTreeSet::from([3, 7]),
        &[],
    ),
    ("unlicensed", |case| case.set("SKUAssigned", json!(false)), &[]),
];

#[test]
fn nothing_fires_when_both_sides_agree() {
    for target in [Target::Cloud, Target::OnPremises] {
        assert_eq!(good().check(target), Vec::new());
    }
}

#[test]
fn every_rule_fires_on_its_fault_and_only_where_it_applies() {
    assert_eq!(FAULTS.len(), CHECKED_HERE.len(), "every rule needs a fault here");
    for (name, fault, companions) in FAULTS {
        let mut case = good();
        fault(&mut case);
        for target in [Target::Cloud, Target::OnPremises] {
            let expected: BTreeSet<String> = companions
                .iter()
                .chain([name])
                .filter(|name| rule(name).unwrap().severity(target).is_some())
                .map(|name| (*name).to_owned())
                .collect();
            assert_eq!(case.fired(target), expected, "{name} {target:?}");
        }
    }
}

#[test]
fn the_settling_time_is_a_cycle_and_a_day() {
    let mut case = good();
    for (ago, expected) in [(24 * 60 + 29, true), (24 * 60 + 31, false)] {
        let changed = now() - SignedDuration::from_mins(ago);
        case.set_in_directory("whenChanged", &changed.to_string());
        assert_eq!(
            case.fired(Target::Cloud).contains("directory-changed-recently"),
            expected,
            "{ago}"
        );
    }
}

#[test]
fn texts_tell_the_detail_and_are_clean() {
    let mut case = good();
    case.set("RecipientTypeDetails", json!("Evil\u{1b}[2JMailbox"));
    let finding = case.check(Target::Cloud).into_iter().next().unwrap();
    assert_eq!(
        finding.text,
        "It is a Evil[2JMailbox; only user, shared, room and equipment mailboxes can be handed over."
    );
}

#[test]
fn a_bare_object_breaks_no_rule() {
    for cloud in [
        json!({}),
        json!({ "EmailAddresses": 5, "IsDirSynced": [], "RecipientTypeDetails": {} }),
    ] {
        let mut case = good();
        case.cloud = cloud;
        case.check(Target::Cloud);
        case.check(Target::OnPremises);
    }
}
