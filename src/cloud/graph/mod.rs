//! Microsoft Graph: the organisation and the authority over whole objects.

mod authority;
mod client;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod organization;

pub use client::GraphClient;
pub use organization::GraphOrganization;
