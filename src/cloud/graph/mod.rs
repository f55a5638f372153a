//! Microsoft Graph: the organisation and the authority over whole objects.

mod authority;
mod client;
mod error;
mod organization;

pub use client::GraphClient;
pub use organization::GraphOrganization;
