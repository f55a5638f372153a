//! `handover mailboxes plan`: decides what a run will change, and writes that down.

use std::{collections::HashSet, fs::File, path::Path};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{directory_export, facts, parse_filter, save_plan};
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::{Global, PlanArguments},
        connection::Connection,
        note, runtime, signals,
    },
    domain::{
        Directory, ObjectId,
        address_list::{AddressIndex, AddressReader, resolve},
        count::counted,
        table::MailboxTable,
    },
    engine::{
        CloudMailboxes, InventoryQuery, inventory,
        plan::{PlanBuildError, PlanRequest, Selection, build, powershell},
        waves::Waves,
    },
};

/// More lines than any tenant has mailboxes, and a bound on what one file may cost.
const MOST_LINES: u64 = 10_000_000;

/// Builds the plan and writes it.
pub fn run(global: &Global, arguments: &PlanArguments) -> Result<Exit, Failure> {
    let filter = arguments.filter.as_deref().map(parse_filter).transpose()?;
    let directory = directory_export(arguments.directory_export.as_deref())?;
    runtime()?.block_on(async {
        let (connection, identity) = Connection::open(global, None).await?;
        let cancel = CancellationToken::new();
        signals::cancel_on_interrupt(cancel.clone());
        let tenant = connection.organization().await?.tenant.clone();

        let lists = arguments.csv.is_some() || arguments.exclude.is_some();
        // Addresses can only be told apart by looking at every mailbox.
        let table = if lists {
            load(&connection.service, cancel.clone()).await?
        } else {
            MailboxTable::new()
        };
        let selection = match (&filter, &arguments.csv, &arguments.wave) {
            (Some(filter), ..) => Selection::Filter(filter.clone()),
            (_, Some(path), _) => Selection::Ids(read_list(path, &table, Role::Selected)?),
            (.., Some(name)) => Selection::Ids(wave(&connection, name, &tenant)?),
            _ => Selection::All,
        };
        let exclude: HashSet<ObjectId> = match &arguments.exclude {
            Some(path) => read_list(path, &table, Role::Excluded)?.into_iter().collect(),
            None => HashSet::new(),
        };
        drop(table);

        let mut request = PlanRequest::new(tenant, arguments.to, selection, identity.subject.clone());
        request.exclude = exclude;
        request.max = arguments.max.unwrap_or(0);
        request.accept_loss = arguments.accept_loss;
        request.connect_version.clone_from(&arguments.connect_version);
        request.directory = directory.map(|export| export as std::sync::Arc<dyn Directory>);
        let facts = facts(&connection, &identity, arguments.connect_version.clone()).await?;
        let report = build(&*connection.service, request, facts, &|_| {}, cancel)
            .await
            .map_err(failure)?;

        let exit = save_plan(&report.plan, &arguments.out)?;
        if let Some(path) = &arguments.as_powershell {
            crate::journal::write_private(path, powershell(&report.plan).as_bytes())
                .map_err(|error| Failure::file(path, error))?;
        }
        let lost = report.plan.content.overwrites.len();
        if lost > 0 && !report.plan.content.loss_accepted {
            note(&format!(
                "{} would be overwritten by the directory. Apply refuses this plan until that is written there, or until it is \
                 made with --accept-loss {lost}.",
                counted(lost, "value", "values")
            ));
        }
        Output::new(global.output).object(&report.summary(&arguments.out))?;
        Ok(exit)
    })
}

fn failure(error: PlanBuildError) -> Failure {
    match error {
        PlanBuildError::Service(error) => error.into(),
        PlanBuildError::Cancelled => Failure::new(Exit::Interrupted, error.to_string()),
        _ => Failure::usage(error.to_string()),
    }
}

/// The whole inventory, for looking up addresses.
async fn load(service: &CloudMailboxes, cancel: CancellationToken) -> Result<MailboxTable, Failure> {
    let (batches, mut arriving) = mpsc::channel(4);
    let gather = async {
        let mut table = MailboxTable::new();
        while let Some(batch) = arriving.recv().await {
            table.append(batch);
        }
        table
    };
    let (end, table) = tokio::join!(
        inventory::load(service, InventoryQuery::default(), batches, cancel.clone()),
        gather
    );
    end?;
    if cancel.is_cancelled() {
        return Err(Failure::new(Exit::Interrupted, "cancelled; nothing was changed"));
    }
    Ok(table)
}

/// What a list of addresses is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Mailboxes to plan. What is named in vain is told and left out.
    Selected,
    /// Mailboxes to spare. A line that names none would let its mailbox into the plan: that is an error.
    Excluded,
}

/// The mailboxes a CSV file names. What it names in vain is told, never silently dropped.
fn read_list(path: &Path, table: &MailboxTable, role: Role) -> Result<Vec<ObjectId>, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, error))?;
    let mut reader = AddressReader::new(file, MOST_LINES).map_err(|error| Failure::file(path, error))?;
    let snapshot = table.snapshot();
    let Some(index) = AddressIndex::new(&snapshot, &|| false) else {
        return Ok(Vec::new());
    };
    let resolved = resolve(&mut reader, &index, &|| false).map_err(|error| Failure::file(path, error))?;
    let name = path.display();
    let verb = if role == Role::Selected {
        "selected"
    } else {
        "excluded"
    };
    note(&format!(
        "{name}: {} {verb}.",
        counted(resolved.found.len(), "mailbox", "mailboxes")
    ));
    for (list, what) in [
        (&resolved.unknown, "no mailbox has this address"),
        (
            &resolved.ambiguous,
            "several mailboxes have this address; use the object id",
        ),
        (&resolved.duplicates, "the same mailbox again"),
    ] {
        for line in list.first.iter().take(SHOWN_LINES) {
            note(&format!("{name}:{}: {}: {what}", line.number, line.text));
        }
        if list.total > SHOWN_LINES as u64 {
            note(&format!(
                "{name}: {} more: {what}",
                counted((list.total - SHOWN_LINES as u64) as usize, "line", "lines")
            ));
        }
    }
    let unresolved = resolved.unknown.total + resolved.ambiguous.total;
    if role == Role::Excluded && unresolved > 0 {
        return Err(Failure::usage(format!(
            "{name}: {} no single mailbox, so what should be spared would be changed",
            counted(unresolved as usize, "line names", "lines name")
        ))
        .advise("Mend these lines: object id, sign-in name or primary address of one mailbox each."));
    }
    Ok(resolved
        .found
        .iter()
        .filter_map(|row| table.row(*row))
        .map(|row| row.id)
        .collect())
}

/// Lines of a kind told one by one.
const SHOWN_LINES: usize = 20;

fn wave(
    connection: &Connection,
    name: &str,
    tenant: &crate::domain::TenantName,
) -> Result<Vec<ObjectId>, Failure> {
    let wave = Waves::of(&connection.settings.data_dir, tenant)
        .load(name)
        .map_err(|error| Failure::usage(error.to_string()))?;
    Ok(wave.mailboxes)
}
