//! `handover mailboxes show`: one mailbox from both sides.

use serde_json::json;

use super::directory_export;
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::{Global, ShowArguments},
        connection::Connection,
        runtime,
    },
    domain::{Directory, difference, find_in},
    engine::{MailboxService, planning::find_mailbox},
};

/// Reads the mailbox afresh and compares it with the directory, where an export is given.
pub fn run(global: &Global, arguments: &ShowArguments) -> Result<Exit, Failure> {
    let directory = directory_export(arguments.directory_export.as_deref())?;
    runtime()?.block_on(async {
        let (connection, _) = Connection::open(global, None).await?;
        let id = find_mailbox(&*connection.service, &arguments.mailbox).await?;
        let mut answers = connection.service.read(&[id]).await?;
        let Some(cloud) = answers.pop().transpose()? else {
            return Err(Failure::new(
                Exit::PartlyFailed,
                "the service did not answer for this mailbox",
            ));
        };
        let directory = directory.as_deref().map(|export| export as &dyn Directory);
        let found = find_in(directory, &cloud);
        let differences: Vec<_> = difference::differences(&cloud, &found, directory)
            .into_iter()
            .map(|difference| {
                json!({
                    "attribute": difference.cloud_attribute,
                    "directoryAttribute": difference.directory_attribute,
                    "class": difference.class.word(),
                    "cloud": difference.cloud,
                    "directory": difference.directory,
                    "writtenBack": difference.written_back,
                })
            })
            .collect();
        Output::new(global.output).object(&json!({
            "id": id,
            "isExchangeCloudManaged": cloud.authority().is_exchange_cloud_managed(),
            "authority": cloud.authority().word(),
            "cloud": cloud,
            "directory": found.object(),
            "differences": differences,
        }))?;
        Ok(Exit::Done)
    })
}
