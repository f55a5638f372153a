//! `handover mailboxes undo`: plans the way back of a run.

use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{directory_export, facts, save_plan};
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::{Global, UndoArguments},
        connection::Connection,
        note,
        output::member,
        runs, runtime, signals,
        table::Column,
    },
    domain::{Directory, Overwrite},
    engine::{
        planning::{UndoRun, UndoRunError, undo_run},
        undo::UndoError,
    },
};

/// Builds the plan, or shows every value that would be lost and refuses.
pub fn run(global: &Global, arguments: &UndoArguments) -> Result<Exit, Failure> {
    let directory = directory_export(arguments.directory_export.as_deref())?;
    runtime()?.block_on(async {
        let (connection, identity) = Connection::open(global, None).await?;
        let cancel = CancellationToken::new();
        signals::cancel_on_interrupt(cancel.clone());
        let request = UndoRun {
            data_dir: connection.settings.data_dir.clone(),
            run: runs::resolve(&connection.settings, &arguments.run)?,
            created_by: identity.subject.clone(),
            directory: directory.map(|export| export as Arc<dyn Directory>),
            accept_loss: arguments.accept_loss,
        };
        let facts = facts(&connection, &identity, None).await?;
        match undo_run(&*connection.service, request, facts, &|_| {}, cancel).await {
            Ok(report) => {
                let exit = save_plan(&report.plan, &arguments.out)?;
                Output::new(global.output).object(&report.summary(&arguments.out))?;
                Ok(exit)
            }
            Err(UndoRunError::Undo(
                error @ (UndoError::UnwrittenDifferences { .. } | UndoError::OtherLoss { .. }),
            )) => refuse(global, &error),
            Err(error) => Err(failure(error)),
        }
    })
}

/// Prints each value that would be lost, then refuses with the number to accept.
fn refuse(global: &Global, error: &UndoError) -> Result<Exit, Failure> {
    if let UndoError::UnwrittenDifferences {
        overwrites, values, ..
    }
    | UndoError::OtherLoss {
        overwrites, values, ..
    } = error
    {
        let mut output = Output::new(global.output).columns(COLUMNS);
        for overwrite in overwrites {
            output.row(&row(overwrite))?;
        }
        output.finish()?;
        note(&format!(
            "To accept the loss of all of them, give --accept-loss {values}."
        ));
    }
    Err(Failure::new(Exit::Refused, error.to_string()))
}

/// The columns of a list of values that would be lost.
const COLUMNS: &[Column] = &[
    Column {
        heading: "address",
        width: 20,
        grows: true,
        cell: |row| member(row, "primarySmtpAddress"),
    },
    Column {
        heading: "attribute",
        width: 14,
        grows: false,
        cell: |row| member(row, "attribute"),
    },
    Column {
        heading: "would be lost",
        width: 20,
        grows: true,
        // Where single values are not known, or one was only taken away, the whole value of the cloud goes.
        cell: |row| match member(row, "lost") {
            lost if lost.is_empty() => member(row, "cloud"),
            lost => lost,
        },
    },
    Column {
        heading: "comes back",
        width: 20,
        grows: true,
        cell: |row| match member(row, "directory") {
            directory if directory.is_empty() => member(row, "snapshot"),
            directory => directory,
        },
    },
];

fn row(overwrite: &Overwrite) -> serde_json::Value {
    json!({
        "id": overwrite.id,
        "primarySmtpAddress": overwrite.primary_smtp_address,
        "attribute": overwrite.attribute,
        "directoryAttribute": overwrite.directory_attribute,
        "cloud": overwrite.cloud,
        "directory": overwrite.directory,
        "snapshot": overwrite.snapshot,
        "lost": overwrite.lost,
    })
}

fn failure(error: UndoRunError) -> Failure {
    match error {
        UndoRunError::Record(error) => error.into(),
        UndoRunError::Undo(UndoError::Service(error)) => error.into(),
        UndoRunError::Undo(error @ UndoError::Cancelled) => {
            Failure::new(Exit::Interrupted, error.to_string())
        }
        UndoRunError::Undo(error) => Failure::new(Exit::Refused, error.to_string()),
        UndoRunError::Ended(_) => Failure::new(Exit::PartlyFailed, error.to_string()),
    }
}
