//! `handover mailboxes list`: streams the inventory, filtered.

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::{Global, ListArguments},
        connection::Connection,
        note,
        output::member,
        runtime, signals,
        table::Column,
    },
    domain::{
        Mailbox,
        arrange::{Sort, arrange},
        filter::Filter,
        table::{MailboxRow, MailboxTable},
    },
    engine::{InventoryQuery, export::MailboxRecord, inventory},
};

/// The columns of a list of mailboxes.
const COLUMNS: &[Column] = &[
    Column::growing("name", 14, |row| member(row, "displayName")),
    Column::growing("address", 24, |row| member(row, "primarySmtpAddress")),
    // `UserMailbox` and the like: what they have in common says nothing.
    Column::fixed("type", 9, |row| {
        member(row, "recipientTypeDetails").replace("Mailbox", "")
    }),
    Column::fixed("synced", 6, |row| yes_or_no(row, "isDirSynced").to_owned()),
    Column::fixed("cloud-managed", 13, |row| {
        yes_or_no(row, "isExchangeCloudManaged").to_owned()
    }),
    Column::fixed("id", 36, |row| member(row, "id")),
];

fn yes_or_no(row: &Value, name: &str) -> &'static str {
    match row.get(name) {
        Some(Value::Bool(true)) => "yes",
        Some(Value::Bool(false)) => "no",
        _ => "unknown",
    }
}

/// Parses a filter given on the command line.
pub fn parse_filter(text: &str) -> Result<Filter, Failure> {
    Filter::parse(text, Timestamp::now()).map_err(|error| Failure::usage(format!("--filter: {error}")))
}

/// Lists mailboxes as they arrive; a ranked (fuzzy) filter waits for the last one.
pub fn run(global: &Global, arguments: &ListArguments) -> Result<Exit, Failure> {
    let filter = arguments.filter.as_deref().map(parse_filter).transpose()?;
    runtime()?.block_on(async {
        let (connection, _) = Connection::open(global, None).await?;
        let cancel = CancellationToken::new();
        signals::cancel_on_interrupt(cancel.clone());
        let query = InventoryQuery {
            dir_synced_only: arguments.dir_synced,
            changed_since: None,
        };
        let (batches, mut arriving) = mpsc::channel::<Vec<Mailbox>>(4);
        let service = &*connection.service;
        let mut output = Output::new(global.output).columns(COLUMNS);
        let mut seen = 0;
        let print = async {
            let mut ranked = filter
                .as_ref()
                .is_some_and(Filter::is_ranked)
                .then(MailboxTable::new);
            while let Some(batch) = arriving.recv().await {
                seen += batch.len();
                match &mut ranked {
                    Some(table) => {
                        table.append(batch);
                    }
                    None => print_batch(&mut output, &batch, filter.as_ref())?,
                }
            }
            if let (Some(table), Some(filter)) = (ranked, &filter) {
                for row in arrange(&table.snapshot(), filter, Sort::default(), &|| false).unwrap_or_default()
                {
                    if let Some(row) = table.row(row) {
                        output.row(&MailboxRecord::from(row))?;
                    }
                }
            }
            // Dropping the receiver here ends the load when printing failed, such as on a closed pipe.
            drop(arriving);
            if output.is_table() && output.rows() == 0 {
                note(&format!("0 of {seen} mailboxes match."));
            }
            Ok::<_, Failure>(output)
        };
        let (end, printed) = tokio::join!(inventory::load(service, query, batches, cancel.clone()), print);
        printed?.finish()?;
        let end = end?;
        for warning in &end.warnings {
            note(&format!("The service warns: {warning}"));
        }
        if end.without_id > 0 {
            note(&format!(
                "{} mailboxes have no object id and are left out.",
                end.without_id
            ));
        }
        Ok(if cancel.is_cancelled() {
            Exit::Interrupted
        } else {
            Exit::Done
        })
    })
}

fn print_batch(output: &mut Output, batch: &[Mailbox], filter: Option<&Filter>) -> Result<(), Failure> {
    for mailbox in batch {
        let row = MailboxRow::of(mailbox);
        if filter.is_none_or(|filter| filter.matches(&row)) {
            output.row(&MailboxRecord::from(row))?;
        }
    }
    Ok(())
}
