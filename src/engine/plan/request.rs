//! What a plan is asked for and what comes out.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::Path,
    sync::Arc,
};

use serde::Serialize;

use crate::domain::{
    Directory, Finding, ObjectId, Plan, Severity, Target, TenantName, filter::Filter, rules::rule,
};

/// Which mailboxes are asked for.
#[derive(Clone, Debug)]
pub enum Selection {
    /// Every mailbox of the tenant.
    All,
    /// Those that pass a filter.
    Filter(Filter),
    /// These, duplicates ignored.
    Ids(Vec<ObjectId>),
}

/// What to plan.
#[derive(Clone)]
pub struct PlanRequest {
    /// The tenant the plan belongs to.
    pub tenant: TenantName,
    /// Where the authority goes.
    pub target: Target,
    /// Which mailboxes.
    pub selection: Selection,
    /// Mailboxes to leave out; they are reported as blocked.
    pub exclude: HashSet<ObjectId>,
    /// At most so many items; 0 for no limit.
    pub max: usize,
    /// Version of Connect Sync as somebody attested it.
    pub connect_version: Option<String>,
    /// Who makes the plan, as the token names them.
    pub created_by: String,
    /// The directory at hand.
    pub directory: Option<Arc<dyn Directory>>,
    /// Numbers of custom attributes that groups or licence rules depend on.
    pub watched_attributes: BTreeSet<u8>,
    /// The number of values whose loss was accepted in writing; must be exactly the plan's.
    pub accept_loss: Option<u64>,
}

impl PlanRequest {
    /// A request without exclusions, limit, directory or acceptance.
    pub fn new(
        tenant: TenantName,
        target: Target,
        selection: Selection,
        created_by: impl Into<String>,
    ) -> Self {
        Self {
            tenant,
            target,
            selection,
            exclude: HashSet::new(),
            max: 0,
            connect_version: None,
            created_by: created_by.into(),
            directory: None,
            watched_attributes: BTreeSet::new(),
            accept_loss: None,
        }
    }
}

/// What the planning is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanPhase {
    /// Reading and checking mailboxes.
    Reading,
    /// Asking whether whole objects were handed over.
    CheckingObjects,
    /// Putting the plan together.
    Sealing,
}

/// How far the planning is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanProgress {
    /// What it is doing.
    pub phase: PlanPhase,
    /// Mailboxes done in this phase.
    pub done: u64,
    /// Mailboxes in this phase; nothing when not known.
    pub total: Option<u64>,
    /// Eligible so far.
    pub eligible: u64,
}

/// Counts of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanCounts {
    /// Mailboxes that the plan changes.
    pub eligible: u64,
    /// Mailboxes in the target state already.
    pub already_there: u64,
    /// Mailboxes that must not be changed.
    pub blocked: u64,
    /// Eligible mailboxes with at least one warning.
    pub warned: u64,
    /// How often each rule fired, for blocked and eligible mailboxes.
    pub reasons: BTreeMap<String, u64>,
}

impl PlanCounts {
    /// Counts what a plan holds.
    pub fn of(plan: &Plan) -> Self {
        let content = &plan.content;
        let mut reasons = BTreeMap::new();
        for finding in content
            .items
            .iter()
            .chain(&content.blocked)
            .flat_map(|item| &item.findings)
        {
            *reasons.entry(finding.rule.clone()).or_insert(0) += 1;
        }
        let warned = content.items.iter().filter(|item| {
            item.findings
                .iter()
                .any(|finding| finding.severity >= Severity::Warn)
        });
        Self {
            eligible: content.items.len() as u64,
            already_there: content.already_there,
            blocked: content.blocked.len() as u64,
            warned: warned.count() as u64,
            reasons,
        }
    }
}

/// A plan with its counts.
#[derive(Clone, Debug)]
pub struct PlanReport {
    /// The plan, sealed. Findings about the run that block are inside; apply refuses it then.
    pub plan: Plan,
    /// What it holds.
    pub counts: PlanCounts,
}

impl PlanReport {
    /// Counts a sealed plan.
    pub fn new(plan: Plan) -> Self {
        Self {
            counts: PlanCounts::of(&plan),
            plan,
        }
    }

    /// What `mailboxes plan` prints (design section 2); `path` is the plan file.
    pub fn summary(&self, path: &Path) -> PlanSummary {
        let content = &self.plan.content;
        PlanSummary {
            plan: path.display().to_string(),
            tenant: content.tenant.domain.clone(),
            target: content.change.target(),
            counts: self.counts.clone(),
            findings: content.run_findings.clone(),
            advice: self
                .counts
                .reasons
                .keys()
                .filter_map(|name| Some((name.clone(), rule(name)?.advice.clone())))
                .collect(),
            unresolved_lines: None,
        }
    }
}

/// What `mailboxes plan` prints (design section 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanSummary {
    /// Path of the plan file.
    pub plan: String,
    /// Tenant domain.
    pub tenant: String,
    /// Where the authority goes.
    pub target: Target,
    /// The counts, beside the other members.
    #[serde(flatten)]
    pub counts: PlanCounts,
    /// What the run checks found.
    pub findings: Vec<Finding>,
    /// What to do about each of `reasons`, by rule.
    pub advice: BTreeMap<String, String>,
    /// Lines of the list that name no single mailbox; nothing when there was no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unresolved_lines: Option<u64>,
}
