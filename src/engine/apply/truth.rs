//! What a fresh read says about a mailbox: is it there already, may it be written, did the write arrive. Pure.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use crate::{
    domain::{
        Change, CloudAttributes, ErrorClass, ObjectId, PlanContent, RecipientType, ServiceError,
        SourceOfAuthority, Target, text::clean_to,
    },
    engine::ItemAnswer,
};

/// The clock that dated the plan and the clock of the service may differ a little.
const CHANGE_TOLERANCE: SignedDuration = SignedDuration::from_mins(2);

/// What to do with a mailbox after a fresh read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is in the target state.
    InTarget,
    /// It has to be written and may be.
    Write,
    /// It must not be written.
    Refuse(ServiceError),
}

/// Judges a full, fresh read.
pub(super) fn judge(plan: &PlanContent, id: ObjectId, cloud: &CloudAttributes) -> Verdict {
    let change = &plan.change;
    if let Some(other) = another_mailbox(id, cloud) {
        return refuse(
            ErrorClass::Malformed,
            format!("the service answered for mailbox {other} when asked for {id}"),
            "Nothing was written. Report this with the call log",
        );
    }
    if in_target(change, cloud) {
        return Verdict::InTarget;
    }
    match change {
        // Going back overwrites values, and the plan told which: it knows nothing of an edit made after it.
        Change::SetAuthority {
            target: Target::OnPremises,
        } if changed_since(plan.created_at, cloud) => refuse(
            ErrorClass::Conflict,
            "the mailbox changed in the cloud since the plan was made".into(),
            "Nothing was written. Make a new plan, which shows what would be lost now",
        ),
        Change::SetAuthority { .. } => eligible_for_hand_over(cloud),
        Change::SetAddresses { before, .. } => eligible_for_addresses(before, cloud),
        Change::SetTenantDefault { .. } => refuse(
            ErrorClass::Rejected,
            "a change of the tenant-wide default has no mailboxes".into(),
            "Make a new plan",
        ),
    }
}

/// Whether a read, full or short, proves the target state.
pub(in crate::engine) fn in_target(change: &Change, cloud: &CloudAttributes) -> bool {
    match change {
        Change::SetAuthority { target } => cloud.authority() == target.authority(),
        Change::SetAddresses { before, after } => {
            // The service may add addresses of its own; what was asked for must be there and what was removed gone.
            let now = addresses(cloud.texts("EmailAddresses"));
            let wanted = addresses(after.iter().map(String::as_str));
            let earlier = addresses(before.iter().map(String::as_str));
            wanted
                .iter()
                .all(|(address, primary)| now.get(address) == Some(primary))
                && earlier
                    .keys()
                    .all(|address| wanted.contains_key(address) || !now.contains_key(address))
        }
        Change::SetTenantDefault { .. } => false,
    }
}

/// A proof that does not say what it was asked is no proof: the mailbox counts as unread, not as unchanged.
pub(in crate::engine) fn as_proof(
    change: &Change,
    answer: ItemAnswer<CloudAttributes>,
) -> ItemAnswer<CloudAttributes> {
    let cloud = answer?;
    let (tells, attribute) = match change {
        Change::SetAuthority { .. } => (
            cloud.authority() != SourceOfAuthority::Unknown,
            "IsExchangeCloudManaged",
        ),
        Change::SetAddresses { .. } => (cloud.0.contains_key("EmailAddresses"), "EmailAddresses"),
        Change::SetTenantDefault { .. } => (true, ""),
    };
    if tells {
        return Ok(cloud);
    }
    Err(ServiceError::new(
        ErrorClass::Malformed,
        format!("the service answered without {attribute}"),
    )
    .with_advice("Resume the run later; it reads the mailbox again before anything else"))
}

/// Whether the mailbox was changed in the cloud after a plan was made. A time that is missing or can't be read says
/// nothing either way; the acceptance in the plan stands then.
fn changed_since(made: Timestamp, cloud: &CloudAttributes) -> bool {
    let changed = cloud.text("WhenChangedUTC").and_then(|text| {
        // With and without a zone: the name says that it is UTC.
        let zoned = text.parse::<Timestamp>().ok();
        zoned.or_else(|| {
            text.parse::<DateTime>()
                .ok()?
                .to_zoned(TimeZone::UTC)
                .ok()
                .map(|time| time.timestamp())
        })
    });
    changed.is_some_and(|changed| changed.duration_since(made) > CHANGE_TOLERANCE)
}

/// Whether two address lists mean the same: order and letter case of addresses don't count, the primary does.
pub(in crate::engine) fn addresses_match(one: &[String], other: Vec<&str>) -> bool {
    addresses(one.iter().map(String::as_str)) == addresses(other)
}

/// `prefix:address` in lower case, with whether it is the primary of its kind (upper-case prefix).
fn addresses<'a>(list: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, bool> {
    list.into_iter()
        .map(|text| {
            let prefix = text.split_once(':').map_or("", |(prefix, _)| prefix);
            (text.to_lowercase(), prefix == "SMTP")
        })
        .collect()
}

/// Another id in the answer than in the question. An answer without an id was correlated by the client.
fn another_mailbox(id: ObjectId, cloud: &CloudAttributes) -> Option<ObjectId> {
    let answered: ObjectId = cloud.text("ExternalDirectoryObjectId")?.parse().ok()?;
    (answered != id).then_some(answered)
}

/// Only synchronized user, shared, room and equipment mailboxes (facts/exchange section 3.1). What the service does
/// not say counts as no.
fn eligible_for_hand_over(cloud: &CloudAttributes) -> Verdict {
    if cloud.flag("IsDirSynced") != Some(true) {
        return refuse(
            ErrorClass::OutOfWriteScope,
            "the mailbox is not synchronized from Active Directory (any more)".into(),
            "It needs no handing over; leave it out",
        );
    }
    let kind = cloud.text("RecipientTypeDetails").unwrap_or("an unnamed type");
    if !RecipientType::from_wire(kind).can_be_handed_over() {
        return refuse(
            ErrorClass::OutOfWriteScope,
            format!("mailboxes of type {} can't be handed over", clean_to(kind, 60)),
            "Only user, shared, room and equipment mailboxes can; leave it out",
        );
    }
    Verdict::Write
}

fn eligible_for_addresses(before: &[String], cloud: &CloudAttributes) -> Verdict {
    if cloud.flag("IsDirSynced") != Some(false) && cloud.authority() != SourceOfAuthority::Cloud {
        return refuse(
            ErrorClass::OutOfWriteScope,
            "the addresses of this mailbox are mastered in Active Directory".into(),
            "Hand the mailbox over first, or change the addresses in Active Directory",
        );
    }
    if !addresses_match(before, cloud.texts("EmailAddresses")) {
        return refuse(
            ErrorClass::Conflict,
            "the addresses changed since the plan was made".into(),
            "Nothing was written. Look at the addresses again and make a new plan",
        );
    }
    Verdict::Write
}

fn refuse(class: ErrorClass, message: String, advice: &str) -> Verdict {
    Verdict::Refuse(ServiceError::new(class, message).with_advice(advice))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{PLAN_FORMAT, TenantName};

    fn judge(change: &Change, id: ObjectId, cloud: &CloudAttributes) -> Verdict {
        let plan = PlanContent {
            format: PLAN_FORMAT.into(),
            created_at: Timestamp::UNIX_EPOCH,
            created_by: String::new(),
            tool_version: String::new(),
            tenant: TenantName {
                id: String::new(),
                domain: String::new(),
            },
            change: change.clone(),
            items: Vec::new(),
            already_there: 0,
            blocked: Vec::new(),
            run_findings: Vec::new(),
            irreversible: Vec::new(),
            undo_of: None,
            overwrites: Vec::new(),
            loss_accepted: false,
        };
        super::judge(&plan, id, cloud)
    }

    fn cloud(value: serde_json::Value) -> CloudAttributes {
        serde_json::from_value(value).unwrap()
    }

    fn id() -> ObjectId {
        "11111111-1111-1111-1111-111111111111".parse().unwrap()
    }

    #[test]
    fn only_synchronized_mailboxes_of_four_types_are_written() {
        let change = Change::SetAuthority {
            target: Target::Cloud,
        };
        let read = |synced: serde_json::Value, kind: &str, flag: serde_json::Value| {
            judge(
                &change,
                id(),
                &cloud(
                    json!({"IsDirSynced": synced, "RecipientTypeDetails": kind, "IsExchangeCloudManaged": flag}),
                ),
            )
        };
        assert_eq!(read(json!(true), "UserMailbox", json!(false)), Verdict::Write);
        assert_eq!(read(json!("True"), "roommailbox", json!("False")), Verdict::Write);
        assert_eq!(read(json!(true), "UserMailbox", json!("True")), Verdict::InTarget);
        for (synced, kind) in [
            (json!(false), "UserMailbox"),
            (json!(null), "UserMailbox"),
            (json!(true), "SchedulingMailbox"),
        ] {
            assert!(
                matches!(read(synced, kind, json!(false)), Verdict::Refuse(_)),
                "{kind}"
            );
        }
    }

    #[test]
    fn an_answer_for_another_mailbox_is_never_trusted() {
        let change = Change::SetAuthority {
            target: Target::Cloud,
        };
        let other = cloud(
            json!({"ExternalDirectoryObjectId": "22222222-2222-2222-2222-222222222222",
            "IsDirSynced": true, "RecipientTypeDetails": "UserMailbox", "IsExchangeCloudManaged": true}),
        );
        assert!(matches!(judge(&change, id(), &other), Verdict::Refuse(_)));
    }

    #[test]
    fn addresses_that_changed_since_the_plan_are_a_conflict() {
        let change = Change::SetAddresses {
            before: vec!["SMTP:a@x.example".into(), "smtp:b@x.example".into()],
            after: vec!["SMTP:b@x.example".into(), "smtp:a@x.example".into()],
        };
        let read = |list: &[&str]| {
            judge(
                &change,
                id(),
                &cloud(json!({"IsDirSynced": true, "IsExchangeCloudManaged": true, "EmailAddresses": list})),
            )
        };
        assert_eq!(read(&["smtp:B@x.example", "SMTP:a@x.example"]), Verdict::Write);
        assert_eq!(
            read(&[
                "smtp:a@x.example",
                "SMTP:b@x.example",
                "smtp:new@x.onmicrosoft.com"
            ]),
            Verdict::InTarget
        );
        let Verdict::Refuse(error) = read(&["SMTP:a@x.example"]) else {
            panic!("not refused")
        };
        assert_eq!(error.class, ErrorClass::Conflict);
        let synced = cloud(json!({"IsDirSynced": true, "IsExchangeCloudManaged": false,
            "EmailAddresses": ["SMTP:a@x.example", "smtp:b@x.example"]}));
        let Verdict::Refuse(error) = judge(&change, id(), &synced) else {
            panic!("not refused")
        };
        assert_eq!(error.class, ErrorClass::OutOfWriteScope);
    }

    #[test]
    fn a_removed_address_that_is_still_there_is_not_the_target() {
        let change = Change::SetAddresses {
            before: vec!["SMTP:a@x.example".into(), "smtp:b@x.example".into()],
            after: vec!["SMTP:a@x.example".into()],
        };
        let with = cloud(json!({"EmailAddresses": ["SMTP:a@x.example", "smtp:b@x.example"]}));
        let without = cloud(json!({"EmailAddresses": ["SMTP:a@x.example"]}));
        assert!(!in_target(&change, &with));
        assert!(in_target(&change, &without));
    }
}
