//! Plans for the two other changes: the addresses of one mailbox, and the tenant-wide default.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{attributes::Described, build::run_findings, irreversible::irreversible, request::PlanReport};
use crate::domain::{
    AddressEdit, AddressEditError, Change, CloudAttributes, Finding, Home, ObjectId, PLAN_FORMAT, Plan,
    PlanContent, PlanError, SourceOfAuthority, Target, TenantName, edit_addresses,
    rules::{self, RunFacts},
    text::clean,
};

/// Why such a plan can't be made. Nothing was written anywhere.
#[derive(Debug, thiserror::Error)]
pub enum ChangePlanError {
    /// The mailbox is fed by Active Directory.
    #[error("{mailbox} is not managed in the cloud ({state}). {advice}")]
    NotCloudManaged {
        /// The mailbox, cleaned.
        mailbox: String,
        /// Who manages it.
        state: &'static str,
        /// Where to edit instead.
        advice: String,
    },
    /// An edit is refused.
    #[error(transparent)]
    Edit(#[from] AddressEditError),
    /// The tenant-wide default is there already.
    #[error("new mailboxes of this tenant belong {} by default already. Nothing to plan", place(*.0))]
    DefaultStays(Target),
    /// The edits change nothing.
    #[error("the address list stays as it is. Nothing to plan")]
    NoChange,
    /// The plan can't be sealed.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

fn place(target: Target) -> &'static str {
    match target {
        Target::Cloud => "to the cloud",
        Target::OnPremises => "on-premises",
    }
}

/// What to do with the addresses of one mailbox.
#[derive(Clone, Debug)]
pub struct AddressPlanRequest {
    /// The tenant the plan belongs to.
    pub tenant: TenantName,
    /// Who makes the plan.
    pub created_by: String,
    /// The mailbox.
    pub id: ObjectId,
    /// What to do, in order.
    pub edits: Vec<AddressEdit>,
    /// Domains of the tenant; new addresses are limited to them when given.
    pub accepted_domains: Option<Vec<String>>,
}

/// Plans new addresses for a cloud-managed mailbox, from its attributes as read just now. Warnings of the edits are
/// findings of its item.
pub fn address_plan(
    request: AddressPlanRequest,
    cloud: &CloudAttributes,
    facts: &RunFacts,
) -> Result<PlanReport, ChangePlanError> {
    let described = Described::with_id(request.id, cloud);
    let authority = cloud.authority();
    if authority != SourceOfAuthority::Cloud && cloud.flag("IsDirSynced") != Some(false) {
        return Err(ChangePlanError::NotCloudManaged {
            mailbox: described.primary_smtp_address,
            state: authority.word(),
            advice: Home::Exchange.advice("EmailAddresses"),
        });
    }
    let before: Vec<String> = cloud
        .texts("EmailAddresses")
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut after = before.clone();
    let mut findings = Vec::new();
    for edit in &request.edits {
        let edited = edit_addresses(&after, edit, request.accepted_domains.as_deref())?;
        after = edited.addresses;
        let warnings = edited.warnings.iter();
        findings.extend(warnings.filter_map(|text| rules::finding("address-edit", text, Target::Cloud)));
    }
    if after == before {
        return Err(ChangePlanError::NoChange);
    }
    let strange = strange_domains(&before, &after, &facts.accepted_domains);
    findings.extend(
        strange
            .iter()
            .filter_map(|domain| rules::finding("address-domain", domain, Target::Cloud)),
    );
    let items = vec![described.item(findings)];
    let change = Change::SetAddresses { before, after };
    seal(
        request.tenant,
        request.created_by,
        facts.now,
        change,
        items,
        write_findings(facts),
    )
}

/// Domains of new mail addresses that the tenant does not accept, each once; none when its domains are not known.
fn strange_domains(before: &[String], after: &[String], accepted: &[String]) -> BTreeSet<String> {
    let is_accepted = |domain: &str| {
        accepted.iter().any(|accepted| {
            let accepted = accepted.to_lowercase();
            match accepted.strip_prefix('*') {
                // `*.contoso.com` accepts every domain below it.
                Some(end) => domain.ends_with(end),
                None => domain == accepted,
            }
        })
    };
    let known = |entry: &&String| !before.iter().any(|old| old.eq_ignore_ascii_case(entry));
    after
        .iter()
        .filter(|_| !accepted.is_empty())
        .filter(known)
        .filter_map(|entry| {
            let (prefix, address) = entry.split_once(':')?;
            let domain = address.rsplit_once('@')?.1.to_lowercase();
            (prefix.eq_ignore_ascii_case("smtp") && !is_accepted(&domain))
                .then(|| clean(&domain).into_owned())
        })
        .collect()
}

/// Plans the switch of the tenant-wide default for new mailboxes (facts/exchange section 3.3). `facts` as from
/// [`super::ask_service`].
pub fn tenant_default_plan(
    tenant: TenantName,
    created_by: impl Into<String>,
    target: Target,
    facts: &RunFacts,
) -> Result<PlanReport, ChangePlanError> {
    if facts.cloud_by_default == Some(target.flag()) {
        return Err(ChangePlanError::DefaultStays(target));
    }
    let change = Change::SetTenantDefault { target };
    let mut findings = write_findings(facts);
    let may_write = facts.allowed_cmdlets.as_ref().is_none_or(|names| {
        names
            .iter()
            .any(|name| name.eq_ignore_ascii_case("Set-OrganizationConfig"))
    });
    if !may_write {
        findings.extend(rules::finding("cmdlet-missing", "Set-OrganizationConfig", target));
    }
    seal(tenant, created_by.into(), facts.now, change, Vec::new(), findings)
}

/// The run checks that count for any write.
fn write_findings(facts: &RunFacts) -> Vec<Finding> {
    let any_write = [
        "wrong-tenant",
        "cmdlet-missing",
        "cmdlets-unknown",
        "backup-folder",
        "open-run",
        "damaged-run",
        "other-machines-unseen",
    ];
    let mut findings = run_findings(facts, Target::Cloud);
    findings.retain(|finding| any_write.contains(&finding.rule.as_str()));
    findings
}

fn seal(
    tenant: TenantName,
    created_by: String,
    created_at: Timestamp,
    change: Change,
    items: Vec<crate::domain::PlanItem>,
    run_findings: Vec<Finding>,
) -> Result<PlanReport, ChangePlanError> {
    let plan = Plan::seal(PlanContent {
        format: PLAN_FORMAT.into(),
        created_at,
        created_by: clean(&created_by).into_owned(),
        tool_version: env!("CARGO_PKG_VERSION").into(),
        tenant,
        irreversible: irreversible(&change, &items, &[]),
        change,
        items,
        already_there: 0,
        blocked: Vec::new(),
        run_findings,
        undo_of: None,
        overwrites: Vec::new(),
        loss_accepted: false,
    })?;
    Ok(PlanReport::new(plan))
}
