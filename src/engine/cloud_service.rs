//! The mailbox service of a real tenant (or of the sandbox): Exchange Online, and Graph for what only Graph knows.

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::port::{
    InventoryEnd, InventoryQuery, ItemAnswer, MailboxService, Organization, TransportState, WriteRequest,
};
use crate::{
    cloud::{
        exchange::{Cmdlet, ExchangeClient, ListEnd, MailboxFilter},
        graph::GraphClient,
    },
    domain::{CloudAttributes, Mailbox, ObjectId, Service, ServiceError, Target, TenantName},
};

/// Mailboxes of one tenant in the cloud.
pub struct CloudMailboxes {
    exchange: ExchangeClient,
    graph: GraphClient,
}

impl CloudMailboxes {
    /// The service behind two clients of the same transport.
    pub fn new(exchange: ExchangeClient, graph: GraphClient) -> Self {
        Self { exchange, graph }
    }
}

impl MailboxService for CloudMailboxes {
    async fn inventory(
        &self,
        query: InventoryQuery,
        pages: mpsc::Sender<Vec<Mailbox>>,
        cancel: CancellationToken,
    ) -> Result<InventoryEnd, ServiceError> {
        let end = self.exchange.inventory(filter_of(&query), pages, cancel).await;
        end.map(inventory_end)
    }

    async fn survey(
        &self,
        query: InventoryQuery,
        pages: mpsc::Sender<Vec<CloudAttributes>>,
        cancel: CancellationToken,
    ) -> Result<InventoryEnd, ServiceError> {
        let end = self.exchange.survey(filter_of(&query), pages, cancel).await;
        end.map(inventory_end)
    }

    async fn read(&self, ids: &[ObjectId]) -> Result<Vec<ItemAnswer<CloudAttributes>>, ServiceError> {
        self.exchange.read(ids).await
    }

    async fn reread(&self, ids: &[ObjectId]) -> Result<Vec<ItemAnswer<CloudAttributes>>, ServiceError> {
        self.exchange.reread(ids).await
    }

    async fn write(&self, writes: &[WriteRequest]) -> Result<Vec<ItemAnswer<()>>, ServiceError> {
        let cmdlets: Vec<Cmdlet> = writes
            .iter()
            .map(|write| match write {
                WriteRequest::SetAuthority { id, target } => Cmdlet::set_authority(*id, *target),
                WriteRequest::SetAddresses { id, addresses } => Cmdlet::set_addresses(*id, addresses),
            })
            .collect();
        self.exchange.write(&cmdlets).await
    }

    async fn organization(&self) -> Result<Organization, ServiceError> {
        let (exchange, graph) = tokio::join!(self.exchange.organization(), self.graph.organization());
        let exchange = exchange?;
        // Graph needs rights that the work itself does not: what it can't say stays unknown.
        let graph = graph.ok();
        let domain = exchange
            .default_domain
            .or_else(|| graph.as_ref().and_then(|graph| graph.default_domain.clone()))
            .unwrap_or_else(|| exchange.tenant_id.clone());
        let display_name = graph
            .as_ref()
            .and_then(|graph| graph.display_name.clone())
            .or(exchange.name)
            .unwrap_or_else(|| domain.clone());
        Ok(Organization {
            tenant: TenantName {
                id: exchange.tenant_id,
                domain,
            },
            display_name,
            cloud_by_default: exchange.cloud_by_default,
            accepted_domains: exchange.accepted_domains,
            sync_enabled: graph.as_ref().and_then(|graph| graph.sync_enabled),
            last_sync: graph.as_ref().and_then(|graph| graph.last_sync),
        })
    }

    async fn set_tenant_default(&self, target: Target) -> Result<(), ServiceError> {
        self.exchange.set_tenant_default(target).await
    }

    async fn allowed_cmdlets(&self) -> Result<Vec<String>, ServiceError> {
        self.exchange.allowed_cmdlets().await
    }

    async fn object_authority(&self, ids: &[ObjectId]) -> Result<Vec<Option<bool>>, ServiceError> {
        self.graph.object_authority(ids).await
    }

    fn dropped_attributes(&self) -> Vec<String> {
        self.exchange.dropped_attributes()
    }

    fn transport(&self) -> watch::Receiver<TransportState> {
        self.exchange.transport().state(Service::Exchange)
    }
}

fn filter_of(query: &InventoryQuery) -> MailboxFilter {
    MailboxFilter {
        dir_synced_only: query.dir_synced_only,
        changed_since: query.changed_since,
    }
}

fn inventory_end(end: ListEnd) -> InventoryEnd {
    InventoryEnd {
        rows: end.rows,
        without_id: end.without_id,
        flag_present: end.flag_present,
        warnings: end.warnings,
    }
}
