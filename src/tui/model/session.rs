//! Who is signed in where, and how the services are doing.

use crate::{
    domain::Service,
    engine::{Organization, TransportState},
    tui::msg::{Connection, Identity},
};

/// The services in the order of the title line.
pub const SERVICES: [Service; 3] = [Service::Login, Service::Graph, Service::Exchange];

/// The connection to one service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceState {
    /// Its word.
    pub connection: Connection,
    /// Throttling and retries.
    pub transport: TransportState,
}

/// The signed-in session.
#[derive(Debug, Default)]
pub struct Session {
    /// Who is signed in.
    pub identity: Option<Identity>,
    /// The organisation, once read.
    pub organization: Option<Organization>,
    services: [ServiceState; 3],
}

impl Session {
    /// The state of a service.
    pub fn service(&self, service: Service) -> &ServiceState {
        &self.services[index(service)]
    }

    /// The state of a service, to change it.
    pub fn service_mut(&mut self, service: Service) -> &mut ServiceState {
        &mut self.services[index(service)]
    }

    /// The word for where new mailboxes of the tenant belong.
    pub fn default_word(&self) -> &'static str {
        match self
            .organization
            .as_ref()
            .and_then(|organization| organization.cloud_by_default)
        {
            Some(true) => "cloud",
            Some(false) => "on-prem",
            None => "unknown",
        }
    }
}

fn index(service: Service) -> usize {
    match service {
        Service::Login => 0,
        Service::Graph => 1,
        Service::Exchange => 2,
    }
}
