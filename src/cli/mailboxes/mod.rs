//! `handover mailboxes`: list, show, plan, apply, resume, undo, verify, address.

mod address;
mod apply;
mod list;
mod plan;
mod show;
mod undo;
mod verify;

use std::{path::Path, sync::Arc};

pub use list::parse_filter;

use super::{
    Exit, Failure,
    arguments::{Global, MailboxesVerb},
    connection::Connection,
    note,
};
use crate::{
    cloud::auth::Identity,
    directory::DirectoryExport,
    domain::{Change, Plan, Severity, rules::RunFacts},
    engine::planning::{Surroundings, run_facts},
};

/// Runs one of the verbs.
pub fn run(global: &Global, verb: &MailboxesVerb) -> Result<Exit, Failure> {
    match verb {
        MailboxesVerb::List(arguments) => list::run(global, arguments),
        MailboxesVerb::Show(arguments) => show::run(global, arguments),
        MailboxesVerb::Plan(arguments) => plan::run(global, arguments),
        MailboxesVerb::Apply(arguments) => apply::apply(global, arguments),
        MailboxesVerb::Resume(arguments) => apply::resume(global, arguments),
        MailboxesVerb::Undo(arguments) => undo::run(global, arguments),
        MailboxesVerb::Verify { run } => verify::run(global, run),
        MailboxesVerb::Address(arguments) => address::run(global, arguments),
    }
}

/// Reads a directory export and says what is wrong with it as a whole.
fn directory_export(path: Option<&Path>) -> Result<Option<Arc<DirectoryExport>>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let export = DirectoryExport::open(path, |_| true).map_err(|error| Failure::file(path, error))?;
    let summary = export.summary();
    note(&format!(
        "{}: {} objects of {} entries.",
        summary.name, summary.objects, summary.entries
    ));
    for problem in &summary.problems {
        note(problem);
    }
    Ok(Some(Arc::new(export)))
}

/// The facts of the run checks for this connection.
async fn facts(
    connection: &Connection,
    identity: &Identity,
    connect_version: Option<String>,
) -> Result<RunFacts, Failure> {
    let surroundings = Surroundings {
        data_dir: connection.settings.data_dir.clone(),
        token_tenant: identity.tenant_id.clone(),
        connect_version,
    };
    Ok(run_facts(
        &*connection.service,
        connection.organization().await?,
        surroundings,
    )
    .await)
}

/// Writes a plan file, tells its findings, and the exit code it stands for: findings that block the run are findings.
fn save_plan(plan: &Plan, out: &Path) -> Result<Exit, Failure> {
    let bytes = plan
        .to_bytes()
        .map_err(|error| Failure::usage(error.to_string()))?;
    crate::journal::write_private(out, &bytes).map_err(|error| Failure::file(out, error))?;
    let mut blocked = false;
    for finding in &plan.content.run_findings {
        let word = match finding.severity {
            Severity::Block => "blocks",
            Severity::Warn => "warning",
            Severity::Info => "info",
        };
        blocked |= finding.severity == Severity::Block;
        note(&format!("{word}: {} ({})", finding.text, finding.rule));
        if let Some(advice) = finding
            .advice
            .as_ref()
            .filter(|_| finding.severity >= Severity::Warn)
        {
            note(&format!("  {advice}"));
        }
    }
    for sentence in &plan.content.irreversible {
        note(&format!("can't be undone: {sentence}"));
    }
    if plan.content.items.is_empty() && !matches!(plan.content.change, Change::SetTenantDefault { .. }) {
        note("The plan changes nothing: every mailbox asked for is there already, or is blocked.");
    }
    Ok(if blocked { Exit::Findings } else { Exit::Done })
}
