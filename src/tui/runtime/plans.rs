//! Plans as jobs.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{jobs::blocking, shared::Shared};
use crate::{
    domain::{AddressEdit, ErrorClass, Plan, ServiceError, rules::RunFacts, text},
    engine::{
        MailboxService,
        plan::{
            self, AddressPlanRequest, ChangePlanError, PlanBuildError, PlanPhase, PlanProgress,
            PlanRequest as EnginePlanRequest, Selection,
        },
        planning::{Surroundings, UndoRun, UndoRunError, run_facts, undo_run},
        runs,
        session::{OpenSession, Session},
        undo::{UndoError, UndoProgress},
    },
    tui::{Failure, JobId, Msg, PlanRequest},
};

/// The same plan with the loss accepted or not, sealed again.
pub(super) fn with_loss(plan: &Plan, accepted: bool) -> Result<Arc<Plan>, Failure> {
    let mut content = plan.content.clone();
    content.loss_accepted = accepted;
    let plan = Plan::seal(content).map_err(|error| Failure::new(error.to_string()))?;
    Ok(Arc::new(plan))
}

impl<O: OpenSession> Shared<O> {
    /// Makes the plan that was asked for.
    pub(super) async fn build_plan(
        &self,
        job: JobId,
        request: PlanRequest,
        messages: mpsc::Sender<Msg>,
        cancel: CancellationToken,
    ) -> Result<Arc<Plan>, Failure> {
        let session = self.slot.session().await?;
        let service = &*session.service;
        let tenant = self.tenant().await?;
        let facts = self.facts(&session).await?;
        let plan = match request {
            PlanRequest::Authority { target, mailboxes } => {
                let total = mailboxes.len() as u64;
                let mut wanted =
                    EnginePlanRequest::new(tenant, target, Selection::Ids(mailboxes), self.who());
                wanted.directory = self.directory();
                let progress = |progress: PlanProgress| tell(&messages, job, doing(progress, total));
                plan::build(service, wanted, facts, &progress, cancel).await?.plan
            }
            PlanRequest::Addresses { id, before, after } => {
                let answers = service.read(&[id]).await?;
                let missing = || {
                    ServiceError::new(
                        ErrorClass::Malformed,
                        "the service did not answer for this mailbox",
                    )
                };
                let cloud = answers.into_iter().next().ok_or_else(missing)??;
                if cloud.texts("EmailAddresses") != before.iter().map(String::as_str).collect::<Vec<_>>() {
                    return Err(Failure {
                        advice: Some("Open the mailbox again and repeat the edit.".to_owned()),
                        ..Failure::new("the addresses of this mailbox were changed since they were read")
                    });
                }
                let request = AddressPlanRequest {
                    tenant,
                    created_by: self.who(),
                    id,
                    edits: edits(&before, &after),
                    accepted_domains: None,
                };
                plan::address_plan(request, &cloud, &facts)?.plan
            }
            PlanRequest::TenantDefault { target } => {
                plan::tenant_default_plan(tenant, self.who(), target, &facts)?.plan
            }
        };
        Ok(Arc::new(plan))
    }

    /// Makes the plan that takes a run back. Values that would be lost stand in it, not accepted.
    pub(super) async fn undo_plan(
        &self,
        job: JobId,
        run: String,
        messages: mpsc::Sender<Msg>,
        cancel: CancellationToken,
    ) -> Result<Arc<Plan>, Failure> {
        let session = self.slot.session().await?;
        let service = &*session.service;
        let tenant = self.tenant().await?;
        let (data_dir, name) = (self.data_dir.clone(), run.clone());
        let entry = blocking(move || Ok(runs::show(&data_dir, &name)?.entry)).await?;
        if !entry.tenant_id.eq_ignore_ascii_case(&tenant.id) {
            let of = text::clean(&entry.tenant).into_owned();
            return Err(Failure::new(format!(
                "this run belongs to the tenant {of}, not to the one signed in to"
            )));
        }
        let facts = self.facts(&session).await?;
        let mut request = UndoRun {
            data_dir: self.data_dir.clone(),
            run: entry.run,
            created_by: self.who(),
            directory: self.directory(),
            accept_loss: None,
        };
        let progress = |progress: UndoProgress| {
            let doing = "comparing with the snapshot".to_owned();
            tell(&messages, job, (progress.done, entry.items, doing));
        };
        match undo_run(service, request.clone(), facts.clone(), &progress, cancel.clone()).await {
            Err(UndoRunError::Undo(UndoError::UnwrittenDifferences { values, .. })) => {
                // The screen shows each value and asks for the loss to be typed; until then it is not accepted.
                request.accept_loss = Some(values);
                let report = undo_run(service, request, facts, &progress, cancel).await?;
                with_loss(&report.plan, false)
            }
            other => Ok(Arc::new(other?.plan)),
        }
    }

    async fn facts(&self, session: &Session<O::Service>) -> Result<RunFacts, Failure> {
        let organization = session.organization().await?;
        let (token_tenant, connect_version) =
            self.know(|known| (known.token_tenant.clone(), known.connect_version.clone()));
        let surroundings = Surroundings {
            data_dir: self.data_dir.clone(),
            token_tenant: token_tenant.unwrap_or_else(|| organization.tenant.id.clone()),
            connect_version,
        };
        Ok(run_facts(&*session.service, organization, surroundings).await)
    }
}

/// Progress is a courtesy: when the loop is busy it is left out.
fn tell(messages: &mpsc::Sender<Msg>, job: JobId, (checked, total, doing): (u64, u64, String)) {
    let _ = messages.try_send(Msg::PlanProgress {
        job,
        checked,
        total,
        doing,
    });
}

fn doing(progress: PlanProgress, asked: u64) -> (u64, u64, String) {
    let words = match progress.phase {
        PlanPhase::Reading => "reading and checking mailboxes",
        PlanPhase::CheckingObjects => "asking who owns the objects",
        PlanPhase::Sealing => "putting the plan together",
    };
    (progress.done, progress.total.unwrap_or(asked), words.to_owned())
}

/// The edits that lead from one list of addresses to another, as whole entries with their prefix: `smtp:b@x` and
/// `SIP:b@x` are two. The new primary is set by its bare address, which also adds it.
fn edits(before: &[String], after: &[String]) -> Vec<AddressEdit> {
    let primary = |list: &[String]| {
        list.iter()
            .find_map(|entry| entry.strip_prefix("SMTP:").map(str::to_owned))
    };
    let holds = |list: &[String], wanted: &str| list.iter().any(|entry| entry.eq_ignore_ascii_case(wanted));
    let new_primary =
        primary(after).filter(|new| primary(before).is_none_or(|old| !old.eq_ignore_ascii_case(new)));
    let mut edits: Vec<AddressEdit> = after
        .iter()
        .filter(|entry| !holds(before, entry) && !entry.starts_with("SMTP:"))
        .cloned()
        .map(AddressEdit::Add)
        .collect();
    edits.extend(new_primary.map(AddressEdit::SetPrimary));
    let removed = before.iter().filter(|entry| !holds(after, entry));
    edits.extend(removed.cloned().map(AddressEdit::Remove));
    edits
}

impl From<PlanBuildError> for Failure {
    fn from(error: PlanBuildError) -> Self {
        match error {
            PlanBuildError::Service(error) => error.into(),
            PlanBuildError::Cancelled => Self::cancelled(),
            error => Self::new(error.to_string()),
        }
    }
}

impl From<ChangePlanError> for Failure {
    fn from(error: ChangePlanError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<UndoRunError> for Failure {
    fn from(error: UndoRunError) -> Self {
        match error {
            UndoRunError::Undo(UndoError::Service(error)) => error.into(),
            UndoRunError::Undo(UndoError::Cancelled) => Self::cancelled(),
            error => Self::new(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::edit_addresses;

    fn list(entries: &[&str]) -> Vec<String> {
        entries.iter().map(|entry| (*entry).to_owned()).collect()
    }

    #[test]
    fn edits_lead_from_one_list_to_the_other() {
        let before = list(&["SMTP:a@x", "smtp:b@x", "X500:/o=1"]);
        let after = list(&["smtp:a@x", "SMTP:c@x", "smtp:d@x", "X500:/o=1"]);
        assert_eq!(
            edits(&before, &after),
            [
                AddressEdit::Add("smtp:d@x".to_owned()),
                AddressEdit::SetPrimary("c@x".to_owned()),
                AddressEdit::Remove("smtp:b@x".to_owned())
            ]
        );
        assert_eq!(edits(&before, &before), []);
    }

    /// What the engine makes of the edits.
    fn applied(before: &[String], after: &[String]) -> Vec<String> {
        edits(before, after).iter().fold(before.to_vec(), |list, edit| {
            edit_addresses(&list, edit, None).unwrap().addresses
        })
    }

    #[test]
    fn entries_of_other_kinds_are_told_apart() {
        let before = list(&[
            "SMTP:a@x.org",
            "smtp:b@x.org",
            "SIP:b@x.org",
            "x500:/o=1",
            "SPO:SPO_1@SPO_2",
        ]);
        for after in [
            list(&["SMTP:a@x.org", "SIP:b@x.org", "x500:/o=1", "SPO:SPO_1@SPO_2"]),
            list(&["SMTP:a@x.org", "smtp:b@x.org", "x500:/o=1", "SPO:SPO_1@SPO_2"]),
            list(&["SMTP:a@x.org", "smtp:b@x.org", "SIP:b@x.org", "SPO:SPO_1@SPO_2"]),
            list(&[
                "SMTP:a@x.org",
                "smtp:b@x.org",
                "SIP:b@x.org",
                "x500:/o=1",
                "SPO:SPO_1@SPO_2",
                "X500:/o=2",
            ]),
            list(&[
                "smtp:a@x.org",
                "SMTP:b@x.org",
                "SIP:b@x.org",
                "x500:/o=1",
                "SPO:SPO_1@SPO_2",
            ]),
            list(&[
                "SMTP:b@x.org",
                "SIP:b@x.org",
                "x500:/o=1",
                "SPO:SPO_1@SPO_2",
                "smtp:/o=1@x.org",
            ]),
        ] {
            assert_eq!(applied(&before, &after), after);
        }
    }
}
