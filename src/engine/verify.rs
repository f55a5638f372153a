//! Looking again at what a run wrote: is it still so, and did anything else change (facts/exchange section 6.6,
//! post-checks). A flag that fell back points at a Connect Sync older than 2.5.190 or at the 24-hour rule.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    sync::{mpsc, watch},
    task::{JoinSet, spawn_blocking},
};
use tokio_util::sync::CancellationToken;

use super::{
    ItemFailure, MailboxService,
    apply::{Look, RunError, check_tenant, in_target, look, places},
    runs::{DoneMailboxes, done_mailboxes},
};
use crate::{
    domain::{
        Change, CloudAttributes, ErrorClass, ObjectId, Plan, ServiceError, Target, text::clean, tolerant_flag,
    },
    journal::{JournalError, Snapshot, SnapshotReader},
};

const BATCHES_IN_FLIGHT: usize = 12;
/// What a hand-over changes by itself.
const EXPECTED: [&str; 3] = ["IsExchangeCloudManaged", "WhenChanged", "WhenChangedUTC"];
/// What an edit of addresses changes besides.
const EXPECTED_OF_ADDRESSES: [&str; 3] = ["EmailAddresses", "PrimarySmtpAddress", "WindowsEmailAddress"];

/// What a later look at a run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// Name of the run.
    pub run: String,
    /// Tenant domain.
    pub tenant: String,
    /// Where the authority went.
    pub target: Target,
    /// Done mailboxes of the run (or the one tenant-wide default).
    pub done: u64,
    /// Of these, read again and still in the target state.
    pub confirmed: u64,
    /// No longer in the target state, in plan order.
    pub reverted: Vec<MailboxRef>,
    /// Whether the tenant-wide default that the run switched is back.
    pub tenant_default_reverted: bool,
    /// Attributes that differ from the snapshot before the write.
    pub changed: Vec<AttributeChange>,
    /// Could not be read, or their snapshot is missing.
    pub unreadable: Vec<ItemFailure>,
    /// Whether it was cancelled before all were read.
    pub cancelled: bool,
}

/// A mailbox, to be found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailboxRef {
    /// Object id.
    pub id: ObjectId,
    /// Primary address when planned.
    pub address: String,
}

/// An attribute that is not what it was before the write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributeChange {
    /// The mailbox.
    #[serde(flatten)]
    pub mailbox: MailboxRef,
    /// Exchange Online attribute.
    pub attribute: String,
    /// In the snapshot.
    pub before: Value,
    /// Now.
    pub now: Value,
}

/// Reads every done mailbox of a run again and compares it with its snapshot. Writes nothing and takes no lock.
///
/// `progress` gets the number of mailboxes read so far.
///
/// # Errors
/// [`RunError::Record`] for a run that can't be read, [`RunError::Refused`] for another tenant, [`RunError::Service`]
/// when every further read would fail.
pub async fn verify<S: MailboxService>(
    service: Arc<S>,
    data_dir: &Path,
    run: &str,
    progress: watch::Sender<u64>,
    cancel: CancellationToken,
) -> Result<VerifyReport, RunError> {
    let (folder, name) = (PathBuf::from(data_dir), run.to_owned());
    let work = spawn_blocking(move || done_mailboxes(&folder, &name))
        .await
        .map_err(RunError::interrupted)??;
    let organization = service.organization().await.map_err(RunError::Service)?;
    check_tenant(&work.plan.content.tenant, &organization.tenant)?;
    let mut report = VerifyReport {
        run: work.folder.name().to_owned(),
        tenant: work.plan.content.tenant.domain.clone(),
        target: work.plan.content.change.target(),
        done: work.done.len() as u64,
        confirmed: 0,
        reverted: Vec::new(),
        tenant_default_reverted: false,
        changed: Vec::new(),
        unreadable: Vec::new(),
        cancelled: false,
    };
    if let Change::SetTenantDefault { target } = work.plan.content.change {
        if work.default_done {
            report.done = 1;
            report.tenant_default_reverted = organization.cloud_by_default != Some(target.flag());
            report.confirmed = u64::from(!report.tenant_default_reverted);
        }
        return Ok(report);
    }

    let work = Arc::new(work);
    let places = places(&work.plan);
    let (sender, mut batches) = mpsc::channel(BATCHES_IN_FLIGHT);
    let snapshots = Arc::clone(&work);
    let reading = spawn_blocking(move || read_snapshots(&snapshots, S::BATCH, &sender));
    let mut tasks = JoinSet::new();
    let mut found: Vec<(usize, Finding)> = Vec::new();
    let mut read = 0;
    let mut more = true;
    while more || !tasks.is_empty() {
        tokio::select! {
            () = cancel.cancelled(), if !report.cancelled => {
                report.cancelled = true;
                more = false;
                batches.close();
            }
            batch = batches.recv(), if more && tasks.len() < BATCHES_IN_FLIGHT => match batch {
                Some(batch) => {
                    let (service, work) = (Arc::clone(&service), Arc::clone(&work));
                    tasks.spawn(async move { check(&*service, &work.plan.content.change, batch).await });
                }
                None => more = false,
            },
            Some(joined) = tasks.join_next(), if !tasks.is_empty() => {
                let batch = joined.map_err(RunError::interrupted)?.map_err(RunError::Service)?;
                read += batch.len() as u64;
                progress.send_replace(read);
                found.extend(batch.into_iter().filter_map(|(id, finding)| Some((*places.get(&id)?, finding))));
            }
        }
    }
    drop(batches);
    match reading.await.map_err(RunError::interrupted)? {
        Ok(missing) if !report.cancelled => {
            found.extend(
                missing
                    .into_iter()
                    .filter_map(|id| Some((*places.get(&id)?, Finding::NoSnapshot))),
            );
        }
        Ok(_) => {}
        // No run was interrupted by this: the error has no name to resume.
        Err(error) => return Err(error.into()),
    }
    found.sort_by_key(|(place, _)| *place);
    report.take(&work.plan, found);
    Ok(report)
}

/// What a look at one mailbox found.
enum Finding {
    Read {
        reverted: bool,
        changed: Vec<(String, Value, Value)>,
    },
    Unreadable(ServiceError),
    NoSnapshot,
}

impl VerifyReport {
    fn take(&mut self, plan: &Plan, found: Vec<(usize, Finding)>) {
        for (place, finding) in found {
            let Some(item) = plan.content.items.get(place) else {
                continue;
            };
            let mailbox = MailboxRef {
                id: item.id,
                address: clean(&item.primary_smtp_address).into_owned(),
            };
            let failure = |error| ItemFailure {
                id: item.id,
                address: clean(&item.primary_smtp_address).into_owned(),
                error,
            };
            match finding {
                Finding::Read { reverted, changed } => {
                    self.changed
                        .extend(
                            changed
                                .into_iter()
                                .map(|(attribute, before, now)| AttributeChange {
                                    mailbox: mailbox.clone(),
                                    attribute,
                                    before,
                                    now,
                                }),
                        );
                    if reverted {
                        self.reverted.push(mailbox);
                    } else {
                        self.confirmed += 1;
                    }
                }
                Finding::Unreadable(error) => self.unreadable.push(failure(error)),
                Finding::NoSnapshot => self.unreadable.push(failure(ServiceError::new(
                    ErrorClass::Malformed,
                    "the snapshot from before the write is missing from the run's folder",
                ))),
            }
        }
    }
}

async fn check<S: MailboxService>(
    service: &S,
    change: &Change,
    snapshots: Vec<Snapshot>,
) -> Result<Vec<(ObjectId, Finding)>, ServiceError> {
    let ids: Vec<ObjectId> = snapshots.iter().map(|snapshot| snapshot.id).collect();
    let answers = look(service, &ids, Look::Full, || false).await?;
    snapshots
        .into_iter()
        .zip(answers)
        .map(|(snapshot, answer)| match answer {
            Ok(now) => Ok((
                snapshot.id,
                Finding::Read {
                    reverted: !in_target(change, &now),
                    changed: differences(change, &snapshot.cloud, &now),
                },
            )),
            Err(error) if error.class.stops_a_run() => Err(error),
            Err(error) => Ok((snapshot.id, Finding::Unreadable(error))),
        })
        .collect()
}

/// Sends the snapshots that done mailboxes rely on, in batches; answers with the mailboxes that have none.
fn read_snapshots(
    work: &DoneMailboxes,
    batch: usize,
    sender: &mpsc::Sender<Vec<Snapshot>>,
) -> Result<Vec<ObjectId>, JournalError> {
    let mut wanted: HashMap<ObjectId, [u8; 32]> = work.done.iter().copied().collect();
    let mut ready = Vec::with_capacity(batch);
    for entry in SnapshotReader::open(&work.folder.snapshot_path())? {
        let (hash, snapshot) = entry?;
        if wanted.get(&snapshot.id) != Some(&hash) {
            continue;
        }
        wanted.remove(&snapshot.id);
        ready.push(snapshot);
        // A receiver that is gone has cancelled.
        if ready.len() == batch && sender.blocking_send(std::mem::take(&mut ready)).is_err() {
            return Ok(Vec::new());
        }
    }
    if !ready.is_empty() {
        // The same: nobody waits for the rest.
        let _ = sender.blocking_send(ready);
    }
    Ok(wanted.into_keys().collect())
}

/// Attributes that are not what they were, without those the change itself moves. Lists compare without order,
/// absent and null are the same.
fn differences(
    change: &Change,
    before: &CloudAttributes,
    now: &CloudAttributes,
) -> Vec<(String, Value, Value)> {
    let addresses: &[&str] = match change {
        Change::SetAddresses { .. } => &EXPECTED_OF_ADDRESSES,
        _ => &[],
    };
    let value = |side: &CloudAttributes, name: &str| side.0.get(name).cloned().unwrap_or(Value::Null);
    let added = now.0.keys().filter(|name| !before.0.contains_key(*name));
    before
        .0
        .keys()
        .chain(added)
        .filter(|name| !EXPECTED.contains(&name.as_str()) && !addresses.contains(&name.as_str()))
        .map(|name| (name.clone(), value(before, name), value(now, name)))
        .filter(|(_, before, now)| !same(before, now))
        .collect()
}

fn same(one: &Value, other: &Value) -> bool {
    if one == other {
        return true;
    }
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            let sorted = |list: &[Value]| {
                let mut texts: Vec<String> = list.iter().map(Value::to_string).collect();
                texts.sort();
                texts
            };
            sorted(one) == sorted(other)
        }
        // The service writes booleans as texts now and then (facts/exchange section 1.4).
        _ => {
            matches!((tolerant_flag(Some(one)), tolerant_flag(Some(other))), (Some(one), Some(other)) if one == other)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_unexpected_changes_are_told() {
        let read = |value: Value| serde_json::from_value::<CloudAttributes>(value).unwrap();
        let before = read(
            json!({"IsExchangeCloudManaged": false, "Alias": "a", "EmailAddresses": ["SMTP:a", "smtp:b"],
            "HiddenFromAddressListsEnabled": false, "MailTip": null, "CustomAttribute1": "x"}),
        );
        let now = read(
            json!({"IsExchangeCloudManaged": true, "Alias": "a", "EmailAddresses": ["smtp:b", "SMTP:a"],
            "HiddenFromAddressListsEnabled": "False", "CustomAttribute1": "y", "CustomAttribute2": "new"}),
        );
        let change = Change::SetAuthority {
            target: Target::Cloud,
        };
        let names: Vec<String> = differences(&change, &before, &now)
            .into_iter()
            .map(|(name, ..)| name)
            .collect();
        assert_eq!(names, ["CustomAttribute1", "CustomAttribute2"]);
    }
}
