//! TLS as the products need it: what the registry of a host means for it and what to change, which endpoints there are and
//! how they answer on the wire.

mod algorithm;
mod cipher_suite;
mod client;
mod endpoints;
mod judge;
mod matrix;
mod platform;
pub mod probe;
pub mod remediation;
mod requirement;

pub use endpoints::{EndpointList, EndpointNames, endpoint_list};
pub use judge::judge;
pub use requirement::{Part, Requirement, Wanted, required_keys, requirements, wanted_keys};

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
