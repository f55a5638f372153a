//! `handover jobs writeback`: Exchange attributes from Exchange Online to Active Directory.

use serde_json::json;

use super::{arguments::WritebackArguments, find, record::JobRow};
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::Global,
        note,
        output::member,
        runtime,
        synchronization::{Tenant, act, report},
        table::Column,
    },
    engine::synchronization::{
        SynchronizationAction as Action,
        mail_mapping::MailMapping,
        writeback::{WritebackHealth, writeback_state},
    },
};

/// Shows, creates or completes the writeback.
pub fn run(global: &Global, arguments: &WritebackArguments) -> Result<Exit, Failure> {
    if arguments.create.is_some() || arguments.add_mail.is_some() {
        arguments.confirm.permit(global)?;
    }
    runtime()?.block_on(async {
        let tenant = Tenant::open(global).await?;
        let action = match (&arguments.create, &arguments.add_mail) {
            (Some(domain), _) => Action::CreateAttributeWriteback {
                domain: domain.clone(),
            },
            (_, Some(name)) => {
                let (configuration, job) = find::job(&tenant, name).await?;
                Action::AddMailMapping {
                    configuration: configuration.id,
                    job: job.id,
                }
            }
            _ => return show(global, &tenant).await,
        };
        let outcome = act(global, &tenant, &arguments.confirm, action).await?;
        report(global, outcome.as_ref())
    })
}

const COLUMNS: &[Column] = &[
    Column::growing("configuration", 20, |row| member(row, "configuration")),
    Column::fixed("health", 10, |row| member(row, "health")),
    Column::fixed("mail", 7, |row| member(row, "mailMapping")),
    Column::growing("what that means", 30, |row| member(row, "mailDetail")),
];

async fn show(global: &Global, tenant: &Tenant) -> Result<Exit, Failure> {
    let state = writeback_state(&*tenant.service).await?;
    let mut output = Output::new(global.output).columns(COLUMNS);
    let mut exit = Exit::Done;
    if state.configurations.is_empty() {
        exit = Exit::Findings;
        note(
            "The writeback of Exchange attributes is not configured. `handover jobs writeback --create DOMAIN` creates it.",
        );
    }
    for writeback in &state.configurations {
        let mail = writeback.mail.as_ref();
        if writeback.health != WritebackHealth::Healthy || mail != Some(&MailMapping::Present) {
            exit = Exit::Findings;
        }
        if let (Some(MailMapping::Missing), Some(job)) = (mail, &writeback.job) {
            note(&format!(
                "The job lacks the mapping Mail -> mail: `handover jobs writeback --add-mail {}` adds just that.",
                job.id
            ));
        }
        let row = writeback
            .job
            .as_ref()
            .map(|job| JobRow::of(&writeback.configuration, job));
        let record = json!({
            "configuration": writeback.configuration.display_name,
            "servicePrincipalId": writeback.configuration.id,
            "health": writeback.health.word(),
            "mailMapping": mail.map(|mail| match mail {
                MailMapping::Present => "present",
                MailMapping::Missing => "missing",
                MailMapping::Custom(_) => "custom",
                MailMapping::Unclear(_) => "unclear",
            }),
            "mailDetail": mail.map(MailMapping::describe),
            "jobId": writeback.job.as_ref().map(|job| job.id.clone()),
        });
        if output.is_flat() {
            output.row(&record)?;
            continue;
        }
        let mut record = record;
        if let Some(members) = record.as_object_mut() {
            members.insert("job".to_owned(), json!(row));
        }
        output.row(&record)?;
    }
    output.finish()?;
    Ok(exit)
}
