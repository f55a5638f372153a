//! The one read before a run begins: its waits are told, and a cancel ends them.

use tokio::sync::watch;

use super::RunError;
use crate::{
    domain::{ErrorClass, ServiceError},
    engine::{MailboxService, Organization, RunControl, RunProgress},
};

/// Reads the organisation behind the sign-in. A throttled service can take minutes for it.
pub(in crate::engine) async fn organization<S: MailboxService>(
    service: &S,
    progress: &watch::Sender<RunProgress>,
    control: &RunControl,
) -> Result<Organization, RunError> {
    let mut transport = service.transport();
    let mut transport_tells = true;
    let mut reading = std::pin::pin!(service.organization());
    let mut cancelled = std::pin::pin!(control.cancelled());
    loop {
        tokio::select! {
            organization = &mut reading => return organization.map_err(RunError::Service),
            () = &mut cancelled => return Err(RunError::Service(ServiceError::new(
                ErrorClass::Cancelled,
                "cancelled while the tenant was looked at; nothing was written",
            ))),
            told = transport.changed(), if transport_tells => {
                transport_tells = told.is_ok();
                let state = transport.borrow_and_update().clone();
                progress.send_modify(|progress| progress.transport = state);
            }
        }
    }
}
