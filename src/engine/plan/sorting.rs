//! Sorts mailboxes, as they come in, into eligible, already there and blocked.

use std::collections::HashSet;

use super::{
    attributes::Described,
    request::{PlanPhase, PlanProgress, PlanRequest, Selection},
};
use crate::{
    domain::{
        CloudAttributes, ErrorClass, ObjectId, Overwrite, PlanItem, Severity, SourceOfAuthority, Target,
        difference, find_in,
        rules::{self, MailboxFacts, RunFacts},
    },
    engine::ItemAnswer,
};

/// One mailbox that the plan would change.
pub(super) struct Eligible {
    pub(super) item: PlanItem,
    pub(super) overwrites: Vec<Overwrite>,
}

/// What becomes of the mailboxes, while they come in.
pub(super) struct Sorting<'a> {
    pub(super) request: &'a PlanRequest,
    facts: RunFacts,
    /// Ids asked for and not yet seen; nothing when the selection is no list.
    wanted: Option<HashSet<ObjectId>>,
    /// Ids seen: a mailbox on two pages counts once.
    known: HashSet<ObjectId>,
    pub(super) items: Vec<Eligible>,
    blocked: Vec<PlanItem>,
    already_there: u64,
    /// Mailboxes sorted.
    pub(super) seen: u64,
    /// Whether the service sent the flag, as the first mailbox tells.
    pub(super) flag_seen: Option<bool>,
    /// Mailboxes of the whole tenant that are managed in the cloud.
    pub(super) managed: u64,
}

/// What became of them.
pub(super) struct Sorted {
    pub(super) items: Vec<Eligible>,
    pub(super) blocked: Vec<PlanItem>,
    pub(super) already_there: u64,
}

impl<'a> Sorting<'a> {
    pub(super) fn new(request: &'a PlanRequest, facts: &RunFacts) -> Self {
        let wanted = match &request.selection {
            Selection::Ids(ids) => Some(ids.iter().copied().collect()),
            _ => None,
        };
        Self {
            request,
            facts: facts.clone(),
            wanted,
            known: HashSet::new(),
            items: Vec::new(),
            blocked: Vec::new(),
            already_there: 0,
            seen: 0,
            flag_seen: None,
            managed: 0,
        }
    }

    /// A row of the walk over the tenant.
    pub(super) fn row(&mut self, cloud: &CloudAttributes) {
        let Some(described) = Described::of(cloud) else {
            return;
        };
        if !self.known.insert(described.id) {
            return;
        }
        self.seen += 1;
        self.flag_seen
            .get_or_insert(cloud.0.contains_key("IsExchangeCloudManaged"));
        self.managed += u64::from(cloud.authority() == SourceOfAuthority::Cloud);
        let asked_for = match (&self.request.selection, &mut self.wanted) {
            (_, Some(wanted)) => wanted.remove(&described.id),
            (Selection::Filter(filter), None) => filter.matches(&described.row()),
            (_, None) => true,
        };
        if asked_for {
            self.sort(described, Some(cloud), None);
        }
    }

    /// The answer for a mailbox that was asked for by its id.
    pub(super) fn answer(&mut self, id: ObjectId, answer: ItemAnswer<CloudAttributes>) {
        self.seen += 1;
        match answer {
            Ok(cloud) => {
                self.flag_seen
                    .get_or_insert(cloud.0.contains_key("IsExchangeCloudManaged"));
                self.sort(Described::with_id(id, &cloud), Some(&cloud), None);
            }
            Err(error) if error.class == ErrorClass::NotFound => {
                self.sort(Described::unknown(id), None, None)
            }
            Err(error) => self.sort(Described::unknown(id), None, Some(&error.message)),
        }
    }

    fn sort(&mut self, described: Described, cloud: Option<&CloudAttributes>, read_problem: Option<&str>) {
        let target = self.request.target;
        let directory = self.request.directory.as_deref();
        let found = cloud.map_or(crate::domain::DirectoryMatch::NoDirectory, |cloud| {
            find_in(directory, cloud)
        });
        let differences = cloud
            .map(|cloud| difference::differences(cloud, &found, directory))
            .unwrap_or_default();
        let findings = rules::check_mailbox(
            &MailboxFacts {
                now: self.facts.now,
                cloud,
                read_problem,
                found,
                directory,
                differences: &differences,
                object_in_cloud: None,
                excluded: self.request.exclude.contains(&described.id),
                watched_attributes: &self.request.watched_attributes,
                snapshot_stands_in: false,
            },
            target,
        );
        let there = cloud.is_some_and(|cloud| cloud.authority() == target.authority());
        let kept_out = |name: &str| findings.iter().any(|finding| finding.rule == name);
        if there && !kept_out("excluded") && !kept_out("not-dir-synced") {
            self.already_there += 1;
        } else if findings.iter().any(|finding| finding.severity == Severity::Block) {
            let reasons = findings
                .into_iter()
                .filter(|finding| finding.severity == Severity::Block)
                .collect();
            self.blocked.push(described.item(reasons));
        } else {
            let overwrites = match target {
                Target::Cloud => Vec::new(),
                Target::OnPremises if found.object().is_none() => vec![everything_unknown(&described)],
                Target::OnPremises => {
                    difference::overwrites(described.id, &described.primary_smtp_address, &differences)
                }
            };
            self.items.push(Eligible {
                item: described.item(findings),
                overwrites,
            });
        }
    }

    /// Ids asked for that no row had.
    pub(super) fn settle_missing(&mut self) {
        let mut missing: Vec<ObjectId> = self.wanted.take().unwrap_or_default().into_iter().collect();
        missing.sort_unstable();
        for id in missing {
            self.sort(Described::unknown(id), None, None);
        }
    }

    /// Takes out mailboxes whose whole object was handed over.
    pub(super) fn block_whole_objects(&mut self, handed_over: &HashSet<ObjectId>) {
        let (out, kept): (Vec<Eligible>, Vec<Eligible>) = std::mem::take(&mut self.items)
            .into_iter()
            .partition(|eligible| handed_over.contains(&eligible.item.id));
        self.items = kept;
        for mut eligible in out {
            eligible.item.findings = rules::finding("object-in-cloud", "", self.request.target)
                .into_iter()
                .collect();
            self.blocked.push(eligible.item);
        }
    }

    pub(super) fn progress(&self, phase: PlanPhase, total: Option<u64>) -> PlanProgress {
        PlanProgress {
            phase,
            done: self.seen,
            total,
            eligible: self.items.len() as u64,
        }
    }

    /// Everything in the order of the primary address, so that the same tenant gives the same plan.
    pub(super) fn finish(self) -> Sorted {
        let key = |item: &PlanItem| (item.primary_smtp_address.to_lowercase(), item.id);
        let (mut items, mut blocked) = (self.items, self.blocked);
        items.sort_by_cached_key(|eligible| key(&eligible.item));
        blocked.sort_by_cached_key(key);
        Sorted {
            items,
            blocked,
            already_there: self.already_there,
        }
    }
}

/// Without a directory object any value may be overwritten. One row stands for all of them, because nothing can be said
/// about single attributes.
fn everything_unknown(described: &Described) -> Overwrite {
    Overwrite {
        id: described.id,
        primary_smtp_address: described.primary_smtp_address.clone(),
        attribute: "every Exchange attribute".into(),
        directory_attribute: "every Exchange attribute".into(),
        cloud: "the values of the snapshot".into(),
        directory: None,
    }
}
