//! Microsoft Graph: the organisation, the authority over whole objects, Cloud Sync.

mod authority;
mod batch;
mod body;
mod client;
pub mod contract;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod organization;
mod place;
mod subject;
pub mod synchronization;

pub use client::GraphClient;
pub use organization::GraphOrganization;
pub use synchronization::SynchronizationClient;

/// Types of the organisation and of the authority that are read.
fn organization_shapes() -> [crate::domain::wire::Shape; 2] {
    use crate::domain::wire::Wire;
    [
        organization::OrganizationAnswer::shape(),
        authority::BehaviorAnswer::shape(),
    ]
}
