//! `handover mailboxes address`: plans new e-mail addresses for one cloud-managed mailbox.

use super::{facts, save_plan};
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::{AddressArguments, Global},
        connection::Connection,
        runtime,
    },
    domain::AddressEdit,
    engine::{
        MailboxService,
        plan::{AddressPlanRequest, address_plan},
        planning::find_mailbox,
    },
};

/// Plans the edits in the order add, primary, remove: so a primary address can be replaced and its predecessor dropped.
pub fn run(global: &Global, arguments: &AddressArguments) -> Result<Exit, Failure> {
    let mut edits: Vec<AddressEdit> = arguments.add.iter().cloned().map(AddressEdit::Add).collect();
    edits.extend(arguments.primary.iter().cloned().map(AddressEdit::SetPrimary));
    edits.extend(arguments.remove.iter().cloned().map(AddressEdit::Remove));
    if edits.is_empty() {
        return Err(Failure::usage("nothing to change").advise("Give --add, --remove or --primary."));
    }
    runtime()?.block_on(async {
        let (connection, identity) = Connection::open(global, None).await?;
        let tenant = connection.organization().await?.tenant.clone();
        let id = find_mailbox(&*connection.service, &arguments.mailbox).await?;
        let mut answers = connection.service.read(&[id]).await?;
        let Some(cloud) = answers.pop().transpose()? else {
            return Err(Failure::new(
                Exit::PartlyFailed,
                "the service did not answer for this mailbox",
            ));
        };
        let facts = facts(&connection, &identity, None).await?;
        let request = AddressPlanRequest {
            tenant,
            created_by: identity.subject,
            id,
            edits,
            accepted_domains: None,
        };
        let report = address_plan(request, &cloud, &facts)
            .map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
        let exit = save_plan(&report.plan, &arguments.out)?;
        Output::new(global.output).object(&report.summary(&arguments.out))?;
        Ok(exit)
    })
}
