//! `handover mailboxes verify`: re-reads a run's mailboxes and reports what was reverted.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{Exit, Failure, Output, arguments::Global, connection::Connection, runs, runtime, signals},
    engine::verify::verify,
};

/// Reads, compares, reports. Findings are reverted mailboxes and changed attributes.
pub fn run(global: &Global, name: &str) -> Result<Exit, Failure> {
    runtime()?.block_on(async {
        let (connection, _) = Connection::open(global, None).await?;
        let name = runs::resolve(&connection.settings, name)?;
        let cancel = CancellationToken::new();
        signals::cancel_on_interrupt(cancel.clone());
        let (progress, _) = watch::channel(0);
        let report = verify(
            connection.service,
            &connection.settings.data_dir,
            &name,
            progress,
            cancel,
        )
        .await?;
        Output::new(global.output).object(&report)?;
        Ok(if report.cancelled {
            Exit::Interrupted
        } else if !report.unreadable.is_empty() {
            Exit::PartlyFailed
        } else if report.reverted.is_empty() && report.changed.is_empty() && !report.tenant_default_reverted {
            Exit::Done
        } else {
            Exit::Findings
        })
    })
}
