//! Windows hosts: what their registry says, and scripts that read it there.
//!
//! [`collect`] reads registry keys on this machine or, through the system's ssh, on another one; [`registry_file`] reads
//! them from files that were brought along. [`powershell::run`] runs any other reading script the same two ways. Nothing
//! here writes to another host.

pub mod collector;
mod error;
pub mod local_registry;
pub mod powershell;
mod process;
pub mod registry_file;
pub mod ssh;

pub use collector::{CollectedHost, collect, collect_all};
pub use error::HostError;
pub use powershell::Via;
pub use process::Limits;
