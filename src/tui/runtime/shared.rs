//! What jobs share: the session, what was learned on the way, and the questions that more than one job asks.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio_util::sync::CancellationToken;

use super::{arranger::Arranger, connection::ConnectionSlot, files, runs};
use crate::{
    cloud::auth::{AuthError, Identity as SignedIn, Resting},
    domain::{
        CloudAttributes, Directory, ErrorClass, ObjectId, Policy, Profile, Service, ServiceError, TenantName,
        difference, find_in, table::TableSnapshot, text,
    },
    engine::{
        MailboxService,
        apply::DirectorySnapshots,
        directory_side::DirectorySide,
        information::{self, InUse, Information, Startup},
        session::OpenSession,
        synchronization::SynchronizationService,
        waves::{WaveError, Waves},
    },
    tui::{Connection, DifferenceRow, Failure, Identity, ImportedDirectory, JobId, MailboxDetails},
};

/// What jobs share.
pub(super) struct Shared<O: OpenSession> {
    pub(super) slot: ConnectionSlot<O>,
    pub(super) arranger: Arranger,
    pub(super) policy: Policy,
    pub(super) write_enabled: AtomicBool,
    pub(super) data_dir: PathBuf,
    pub(super) startup: Mutex<Startup>,
    pub(super) known: Mutex<Known>,
}

/// What was learned on the way.
#[derive(Default)]
pub(super) struct Known {
    pub(super) profile: Option<Profile>,
    pub(super) tenant: Option<TenantName>,
    pub(super) who: Option<String>,
    /// Who signed in beside an application: Cloud Sync is asked, and changed, in this name.
    pub(super) beside: Option<String>,
    pub(super) token_tenant: Option<String>,
    pub(super) directory: Option<Arc<dyn Directory>>,
    pub(super) connect_version: Option<String>,
}

impl<O: OpenSession> Shared<O> {
    pub(super) fn know<T>(&self, with: impl FnOnce(&mut Known) -> T) -> T {
        with(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn who(&self) -> String {
        self.know(|known| known.who.clone())
            .unwrap_or_else(|| "unknown".to_owned())
    }

    /// What a run is asked with. Read-only stays in force for the engine whatever the process was started with: the
    /// lock of this moment decides.
    pub(super) fn may_write(&self) -> (Policy, bool) {
        let policy = Policy {
            read_only: true,
            ..self.policy
        };
        (policy, self.write_enabled.load(Ordering::SeqCst))
    }

    pub(super) fn directory(&self) -> Option<Arc<dyn Directory>> {
        self.know(|known| known.directory.clone())
    }

    pub(super) fn directory_snapshots(&self) -> Option<Arc<dyn DirectorySnapshots>> {
        let directory = self.directory()?;
        Some(Arc::new(DirectorySide(directory)))
    }

    /// Tells what a failure says about the connection.
    pub(super) async fn report<T>(&self, service: Service, result: &Result<T, Failure>) {
        if result.as_ref().is_err_and(|failure| !failure.cancelled) {
            self.slot.tell(service, Connection::Lost).await;
        }
    }

    pub(super) async fn sign_in(&self, job: JobId) -> Result<Identity, Failure> {
        self.slot.tell(Service::Login, Connection::Connecting).await;
        let session = match self.slot.session().await {
            Ok(session) => session,
            Err(failure) => {
                self.slot.tell(Service::Login, Connection::SignedOut).await;
                return Err(failure);
            }
        };
        self.slot.signing_in(job);
        let result = session.sign_in.sign_in().await;
        let connection = if result.is_ok() {
            Connection::Connected
        } else {
            Connection::SignedOut
        };
        self.slot.tell(Service::Login, connection).await;
        let identity = identity(result?);
        self.know(|known| {
            known.who = Some(identity.name.clone());
            known.token_tenant = Some(identity.tenant_id.clone());
            known.profile = Some(session.profile.clone());
        });
        Ok(identity)
    }

    /// Signs a person in with a device code beside the application.
    pub(super) async fn sign_in_beside(&self, job: JobId) -> Result<Identity, Failure> {
        let session = self.slot.open_beside().await?;
        self.slot.signing_in(job);
        let identity = identity(session.sign_in.sign_in().await?);
        let tenant = self.know(|known| known.token_tenant.clone());
        if tenant.is_some_and(|tenant| tenant != identity.tenant_id) {
            return Err(Failure {
                message: format!("{} belongs to another tenant than the application", identity.name),
                advice: Some("Sign in with an account of this tenant.".to_owned()),
                ..Failure::default()
            });
        }
        self.slot.keep_beside(session).await;
        self.know(|known| known.beside = Some(identity.name.clone()));
        Ok(identity)
    }

    /// Cloud Sync, asked as the person who signed in beside an application, where there is one.
    pub(super) async fn synchronization(&self) -> Result<Arc<dyn SynchronizationService>, Failure> {
        let session = match self.slot.beside().await {
            Some(beside) => beside,
            None => self.slot.session().await?,
        };
        Ok(Arc::clone(&session.synchronization))
    }

    pub(super) async fn read_organization(&self) -> Result<crate::engine::Organization, Failure> {
        let session = self.slot.session().await?;
        let result = session.service.organization().await.map_err(Failure::from);
        self.report(Service::Exchange, &result).await;
        let organization = result?;
        self.know(|known| known.tenant = Some(organization.tenant.clone()));
        Ok(organization)
    }

    pub(super) async fn tenant(&self) -> Result<TenantName, Failure> {
        if let Some(tenant) = self.know(|known| known.tenant.clone()) {
            return Ok(tenant);
        }
        let session = self.slot.session().await?;
        Ok(session.organization().await?.tenant.clone())
    }

    pub(super) async fn saved_waves(&self) -> Result<Waves, Failure> {
        Ok(Waves::of(&self.data_dir, &self.tenant().await?))
    }

    pub(super) async fn details(&self, id: ObjectId) -> Result<MailboxDetails, Failure> {
        let session = self.slot.session().await?;
        let answers = session.service.read(&[id]).await?;
        let missing = || {
            ServiceError::new(
                ErrorClass::Malformed,
                "the service did not answer for this mailbox",
            )
        };
        let cloud = answers.into_iter().next().ok_or_else(missing)??;
        Ok(details_of(cloud, self.directory().as_deref()))
    }

    /// The configuration has a profile of this name from now on.
    pub(super) fn has_profile(&self, name: &str) {
        let mut startup = self.startup.lock().unwrap_or_else(PoisonError::into_inner);
        startup.profiles.push(name.to_owned());
    }

    pub(super) async fn information(&self) -> Information {
        let startup = self
            .startup
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let profile = self.know(|known| known.profile.clone());
        let in_use = InUse {
            data_dir: &self.data_dir,
            profile_name: profile.as_ref().map(|profile| profile.name.as_str()),
            profile: profile.as_ref(),
            policy: Policy {
                read_only: !self.write_enabled.load(Ordering::SeqCst),
                ..self.policy
            },
        };
        information::gather(&startup, in_use).await
    }

    pub(super) fn list_runs(&self) -> Result<Vec<crate::tui::RunRow>, Failure> {
        let (tenant, profile) = self.know(|known| (known.tenant.clone(), known.profile.clone()));
        runs::list(&self.data_dir, tenant.as_ref(), profile.as_ref())
    }

    pub(super) fn show_run(&self, run: &str) -> Result<Box<crate::engine::runs::RunDetail>, Failure> {
        Ok(Box::new(crate::engine::runs::show(&self.data_dir, run)?))
    }

    pub(super) fn import_directory(
        &self,
        path: &str,
        table: &TableSnapshot,
        cancel: &CancellationToken,
    ) -> Result<ImportedDirectory, Failure> {
        let export = files::import_directory(path, cancel)?;
        let summary = export.summary().clone();
        let matched = matched(&export, table, cancel)?;
        self.know(|known| known.directory = Some(Arc::new(export)));
        Ok(ImportedDirectory {
            path: summary.name,
            objects: summary.objects,
            matched,
            written_at: summary.as_of,
            warnings: summary.problems,
        })
    }
}

/// How many mailboxes of the table are in the directory.
fn matched(
    directory: &dyn Directory,
    table: &TableSnapshot,
    cancel: &CancellationToken,
) -> Result<u64, Failure> {
    let mut count = 0;
    for row in 0..u32::try_from(table.len()).unwrap_or(u32::MAX) {
        if row.is_multiple_of(4_096) && cancel.is_cancelled() {
            return Err(Failure::cancelled());
        }
        let Some(mailbox) = table.row(row) else { break };
        let mut known = CloudAttributes::default();
        for (name, value) in [
            ("UserPrincipalName", mailbox.user_principal_name),
            ("PrimarySmtpAddress", mailbox.primary_smtp_address),
        ] {
            known.0.insert(name.to_owned(), value.into());
        }
        count += u64::from(directory.find(&known).object().is_some());
    }
    Ok(count)
}

fn details_of(cloud: CloudAttributes, directory: Option<&dyn Directory>) -> MailboxDetails {
    let found = find_in(directory, &cloud);
    let differences = difference::differences(&cloud, &found, directory)
        .into_iter()
        .map(|difference| DifferenceRow {
            attribute: difference.cloud_attribute.to_owned(),
            class: difference.class.word().to_owned(),
            cloud: difference.cloud,
            directory: difference.directory,
        })
        .collect();
    let side = found
        .object()
        .and_then(|object| serde_json::to_value(object).ok());
    let directory = match side {
        Some(serde_json::Value::Object(attributes)) => Some(
            attributes
                .iter()
                .flat_map(|(name, value)| values_as_text(value).map(move |value| (name.clone(), value)))
                .collect(),
        ),
        _ => None,
    };
    MailboxDetails {
        cloud,
        directory,
        differences,
    }
}

/// Each value of an attribute as one line of text.
fn values_as_text(value: &serde_json::Value) -> impl Iterator<Item = String> + '_ {
    let values = match value {
        serde_json::Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    };
    values.iter().map(|value| match value {
        serde_json::Value::String(value) => text::clean(value).into_owned(),
        other => text::clean(&other.to_string()).into_owned(),
    })
}

fn identity(signed_in: SignedIn) -> Identity {
    let mut notes: Vec<String> = signed_in
        .services
        .iter()
        .filter_map(|access| access.note.clone())
        .collect();
    notes.extend(signed_in.services.iter().filter_map(|access| {
        let problem = access.problem.as_ref()?;
        Some(format!("no access to {}: {problem}", access.service.word()))
    }));
    if let Some(resting @ Resting::ThisProcess { .. }) = &signed_in.refresh_token {
        notes.push(format!("the sign-in rests in {resting}"));
    }
    Identity {
        name: signed_in.subject,
        tenant_id: signed_in.tenant_id,
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<WaveError> for Failure {
    fn from(error: WaveError) -> Self {
        Self::new(text::clean(&error.to_string()).into_owned())
    }
}
