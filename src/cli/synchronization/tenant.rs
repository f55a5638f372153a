//! Cloud Sync of the tenant one is signed in to.

use std::{path::PathBuf, sync::Arc};

use clap::Args;

use crate::{
    cli::{Exit, Failure, arguments::Global, connection::Connection},
    cloud::auth::Identity,
    domain::{ErrorClass, Policy},
    engine::synchronization::SynchronizationService,
};

/// The service shows some things to people only.
#[derive(Clone, Debug, Default, Args)]
pub struct PersonArguments {
    /// Sign in as a person by device code, though the profile's sign-in is an application's.
    #[arg(long)]
    pub as_person: bool,
}

/// Cloud Sync of one tenant, signed in.
pub struct Tenant {
    /// The service.
    pub service: Arc<dyn SynchronizationService>,
    /// The tenant as the profile names it.
    pub name: String,
    /// Tenant id.
    pub id: String,
    /// Who is signed in.
    pub who: String,
    /// Folder for memory, history and audit trail.
    pub data_dir: PathBuf,
    /// What this process may do.
    pub policy: Policy,
    // Keeps the session alive.
    _connection: Connection,
}

impl Tenant {
    /// Signs in as the profile says.
    pub async fn open(global: &Global) -> Result<Self, Failure> {
        Self::open_for_people(global, false).await
    }

    /// Signs in as a person, whatever the profile says, where that is asked for.
    pub async fn open_for_people(global: &Global, as_person: bool) -> Result<Self, Failure> {
        Ok(Self::of(Connection::open_graph(global, as_person).await?))
    }

    fn of((connection, identity): (Connection, Identity)) -> Self {
        Self {
            service: connection.synchronization(),
            name: connection.profile.tenant.clone(),
            id: identity.tenant_id,
            who: identity.subject,
            data_dir: connection.settings.data_dir.clone(),
            policy: Policy {
                read_only: !connection.settings.may_write(),
                ..connection.settings.policy
            },
            _connection: connection,
        }
    }

    /// Refuses another tenant than the expected one.
    pub fn must_be(&self, expected: Option<&str>) -> Result<(), Failure> {
        match expected {
            Some(expected)
                if !expected.eq_ignore_ascii_case(&self.name) && !expected.eq_ignore_ascii_case(&self.id) =>
            {
                Err(Failure::new(
                    Exit::Refused,
                    format!(
                        "this sign-in is for tenant {} ({}), not for {expected}; nothing was changed",
                        self.name, self.id
                    ),
                ))
            }
            _ => Ok(()),
        }
    }
}

/// What to say of a refusal that only a person's sign-in lifts.
pub fn offer_person(failure: Failure, class: ErrorClass, as_person: bool) -> Failure {
    if class == ErrorClass::Permission && !as_person {
        let advice = failure.advice.clone().unwrap_or_default();
        return failure.advise(format!(
            "{advice} Or add --as-person to sign in by device code just now."
        ));
    }
    failure
}
