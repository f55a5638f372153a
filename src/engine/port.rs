//! The ports of the engine: what it needs from a mailbox service, whoever provides it.

use std::future::Future;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use crate::cloud::transport::TransportState;
use crate::domain::{CloudAttributes, Mailbox, ObjectId, ServiceError, Target, TenantName};

/// What the inventory asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InventoryQuery {
    /// Only objects synchronized from Active Directory, filtered by the service.
    pub dir_synced_only: bool,
    /// Only mailboxes changed after this time, for a refresh.
    pub changed_since: Option<Timestamp>,
}

/// How an inventory ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InventoryEnd {
    /// Rows sent.
    pub rows: u64,
    /// Rows the service sent that have no usable object id; they can't be addressed safely.
    pub without_id: u64,
    /// Whether the first row carried `IsExchangeCloudManaged`; nothing for an empty tenant. False means the tenant
    /// does not offer the feature to this account.
    pub flag_present: Option<bool>,
    /// What the service warned about, cleaned.
    pub warnings: Vec<String>,
}

/// The answer for one item of a batch.
pub type ItemAnswer<T> = Result<T, ServiceError>;

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteRequest {
    /// `Set-Mailbox -IsExchangeCloudManaged`, alone in its call.
    SetAuthority {
        /// The mailbox.
        id: ObjectId,
        /// Where the authority goes.
        target: Target,
    },
    /// `Set-Mailbox -EmailAddresses` with the whole list.
    SetAddresses {
        /// The mailbox.
        id: ObjectId,
        /// Every address with its prefix; exactly one `SMTP:`.
        addresses: Vec<String>,
    },
}

impl WriteRequest {
    /// The mailbox the write is for.
    pub fn id(&self) -> ObjectId {
        match self {
            Self::SetAuthority { id, .. } | Self::SetAddresses { id, .. } => *id,
        }
    }
}

/// The organisation behind a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Tenant id and the domain people know it by.
    pub tenant: TenantName,
    /// Display name, cleaned.
    pub display_name: String,
    /// Whether new mailboxes belong to the cloud (`BlockExchangeProvisioningFromOnPremEnabled`); nothing when the
    /// service did not say.
    pub cloud_by_default: Option<bool>,
    /// Whether directory synchronization is on; nothing when it could not be read.
    pub sync_enabled: Option<bool>,
    /// Last synchronization; nothing when never or unreadable.
    pub last_sync: Option<Timestamp>,
    /// Accepted domains of the tenant; empty when they could not be read.
    pub accepted_domains: Vec<String>,
}

/// Mailboxes of a tenant, read and written. The cloud's Exchange client is one; tests have another.
pub trait MailboxService: Send + Sync + 'static {
    /// Streams the inventory page by page. A dropped receiver or the token ends it early with the rows so far kept.
    fn inventory(
        &self,
        query: InventoryQuery,
        pages: mpsc::Sender<Vec<Mailbox>>,
        cancel: CancellationToken,
    ) -> impl Future<Output = Result<InventoryEnd, ServiceError>> + Send;

    /// Streams all snapshot attributes of every mailbox, page by page: what a plan over thousands of mailboxes checks.
    fn survey(
        &self,
        query: InventoryQuery,
        pages: mpsc::Sender<Vec<CloudAttributes>>,
        cancel: CancellationToken,
    ) -> impl Future<Output = Result<InventoryEnd, ServiceError>> + Send;

    /// Reads all snapshot attributes of up to [`MailboxService::BATCH`] mailboxes, answers in request order.
    ///
    /// The outer error means that nothing is known about any item.
    fn read(
        &self,
        ids: &[ObjectId],
    ) -> impl Future<Output = Result<Vec<ItemAnswer<CloudAttributes>>, ServiceError>> + Send;

    /// Reads only what proves a write: flag and addresses. Same shape as [`MailboxService::read`].
    fn reread(
        &self,
        ids: &[ObjectId],
    ) -> impl Future<Output = Result<Vec<ItemAnswer<CloudAttributes>>, ServiceError>> + Send;

    /// Writes up to [`MailboxService::BATCH`] mailboxes, answers in request order. An item of class
    /// [`crate::domain::ErrorClass::Lost`] may or may not have been written. The outer error counts for every item.
    fn write(
        &self,
        writes: &[WriteRequest],
    ) -> impl Future<Output = Result<Vec<ItemAnswer<()>>, ServiceError>> + Send;

    /// Reads the organisation and the tenant-wide default.
    fn organization(&self) -> impl Future<Output = Result<Organization, ServiceError>> + Send;

    /// Switches the tenant-wide default for new mailboxes.
    fn set_tenant_default(&self, target: Target) -> impl Future<Output = Result<(), ServiceError>> + Send;

    /// Names of the cmdlets this sign-in may run.
    fn allowed_cmdlets(&self) -> impl Future<Output = Result<Vec<String>, ServiceError>> + Send;

    /// For each user whether the whole object was already handed to the cloud; nothing when unknown.
    fn object_authority(
        &self,
        ids: &[ObjectId],
    ) -> impl Future<Output = Result<Vec<Option<bool>>, ServiceError>> + Send;

    /// Snapshot attributes the tenant does not know and that were therefore left out.
    fn dropped_attributes(&self) -> Vec<String>;

    /// How the connection is doing; the latest value wins.
    fn transport(&self) -> watch::Receiver<TransportState>;

    /// How many items one call may carry (facts/exchange section 1.8: ten).
    const BATCH: usize = 10;
}
