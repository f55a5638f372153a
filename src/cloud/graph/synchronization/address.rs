//! Addresses of Cloud Sync's resources.

use crate::{cloud::graph::place::Place, domain::ServiceError};

/// The service principal that a configuration is.
pub(super) fn configuration(id: &str) -> Result<Place, ServiceError> {
    Place::v1("servicePrincipals").id(id)
}

/// The jobs of a configuration.
pub(super) fn jobs_of(configuration_id: &str) -> Result<Place, ServiceError> {
    Ok(configuration(configuration_id)?.then("synchronization/jobs"))
}

/// The secrets of a configuration.
pub(super) fn secrets_of(configuration_id: &str) -> Result<Place, ServiceError> {
    Ok(configuration(configuration_id)?.then("synchronization/secrets"))
}

/// The publishing profile under which provisioning agents stand; beta only.
pub(super) fn provisioning_profile() -> Place {
    Place::beta("onPremisesPublishingProfiles/provisioning")
}
