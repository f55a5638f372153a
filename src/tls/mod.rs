//! TLS as the products need it: which endpoints, and how they answer on the wire.

mod endpoints;
pub mod probe;

pub use endpoints::{EndpointList, EndpointNames, endpoint_list};
