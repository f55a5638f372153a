//! TLS as the products need it: what the registry of a host means for it, and what to change.

mod algorithm;
mod cipher_suite;
mod client;
mod judge;
mod matrix;
mod platform;
pub mod remediation;
mod requirement;

pub use judge::judge;
pub use requirement::{Part, Requirement, Wanted, required_keys, requirements, wanted_keys};

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
