//! What a plan can't take back, in sentences to be read before applying (facts/exchange sections 3.1 and 3.3).

use crate::domain::{Change, Overwrite, PlanItem, Target, count::counted};

/// Findings whose subject stays in the cloud for good, with what to call them.
const CLOUD_ONLY_AFTERWARDS: &[(&str, &str)] = &[
    ("litigation-hold", "a litigation hold"),
    ("retention-hold", "a retention hold"),
    ("moderation", "moderation"),
    ("forwarding", "forwarding"),
];

/// The sentences of a plan.
pub fn irreversible(change: &Change, items: &[PlanItem], overwrites: &[Overwrite]) -> Vec<String> {
    let mut sentences = Vec::new();
    let fired = |rule: &str| {
        items
            .iter()
            .filter(|item| item.findings.iter().any(|finding| finding.rule == rule))
            .count()
    };
    match change {
        Change::SetAuthority { target: Target::Cloud } => {
            sentences.push(
                "The handover can be taken back, but not without loss: going back overwrites every later edit in the cloud with \
                 the values of Active Directory, unless they were written there first."
                    .into(),
            );
            sentences.push(
                "Active Directory stops feeding the Exchange attributes of these mailboxes; without the writeback of Cloud Sync, \
                 and outside its 24 attributes, its values go stale without a word."
                    .into(),
            );
            for (rule, name) in CLOUD_ONLY_AFTERWARDS {
                let count = fired(rule);
                if count > 0 {
                    sentences.push(format!(
                        "{} {name}, which is managed only in the cloud afterwards and is not written back.",
                        mailboxes(count, "has", "have")
                    ));
                }
            }
        }
        Change::SetAuthority { target: Target::OnPremises } => {
            sentences.push(
                "The next sync cycle overwrites the cloud's Exchange attributes of these mailboxes with those of Active \
                 Directory. There is no merge, and no later step brings the cloud's values back by itself."
                    .into(),
            );
            if !overwrites.is_empty() {
                let mut ids: Vec<_> = overwrites.iter().map(|overwrite| overwrite.id).collect();
                ids.sort_unstable();
                ids.dedup();
                sentences.push(format!(
                    "{} of {} would be lost, listed in this plan under `overwrites`.",
                    counted(overwrites.len(), "value", "values"),
                    counted(ids.len(), "mailbox", "mailboxes")
                ));
            }
            let unknown = fired("directory-state-unknown");
            if unknown > 0 {
                sentences.push(format!(
                    "For {unknown} of them it is unknown what Active Directory holds: every Exchange attribute may change."
                ));
            }
        }
        Change::SetAddresses { before, after } => {
            let gone = before
                .iter()
                .filter(|entry| !after.iter().any(|kept| kept.eq_ignore_ascii_case(entry)))
                .count();
            if gone > 0 {
                sentences.push(format!(
                    "Mail to {gone} removed addresses is refused from now on; another recipient may take such an address before it \
                     can be given back."
                ));
            }
        }
        Change::SetTenantDefault { target: Target::Cloud } => {
            sentences.push(
                "Users that are synchronized for the first time while this default is on become plain Entra users without a mail \
                 user in Exchange Online: not in the address list, not to be migrated. Switching the default off does not repair \
                 them; only Microsoft support can."
                    .into(),
            );
            sentences.push(
                "It is not supported while anyone still creates mailboxes, mail users or remote mailboxes on-premises, or still \
                 has mailboxes to migrate."
                    .into(),
            );
        }
        Change::SetTenantDefault { target: Target::OnPremises } => sentences.push(
            "Mailboxes created while the cloud was the default stay as they are; switching back does not repair users that were \
             affected."
                .into(),
        ),
    }
    sentences
}

fn mailboxes(count: usize, one: &str, several: &str) -> String {
    if count == 1 {
        format!("1 mailbox {one}")
    } else {
        format!("{count} mailboxes {several}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Finding, ObjectId, Severity};

    #[test]
    fn sentences_follow_target_and_findings() {
        let item = PlanItem {
            id: ObjectId(uuid::Uuid::nil()),
            display_name: "Jo".into(),
            primary_smtp_address: "jo@x.y".into(),
            findings: vec![Finding {
                rule: "litigation-hold".into(),
                severity: Severity::Warn,
                text: String::new(),
            }],
        };
        let cloud = irreversible(
            &Change::SetAuthority {
                target: Target::Cloud,
            },
            std::slice::from_ref(&item),
            &[],
        );
        assert!(
            cloud
                .iter()
                .any(|sentence| sentence.starts_with("1 mailbox has a litigation hold")),
            "{cloud:?}"
        );
        let back = irreversible(
            &Change::SetAuthority {
                target: Target::OnPremises,
            },
            &[item],
            &[],
        );
        assert!(back[0].contains("no merge") && back.len() == 1);
        let addresses = Change::SetAddresses {
            before: vec!["SMTP:a@x".into(), "smtp:b@x".into()],
            after: vec!["smtp:A@x".into(), "SMTP:c@x".into()],
        };
        assert!(irreversible(&addresses, &[], &[])[0].contains("1 removed"));
        let default = irreversible(
            &Change::SetTenantDefault {
                target: Target::Cloud,
            },
            &[],
            &[],
        );
        assert!(default[0].contains("Microsoft support"));
    }
}
