//! A TLS check: hosts are read and judged, endpoints probed, all at once, each told as soon as it is known.

mod check;
pub mod fix;
mod request;
mod wire;

pub use check::check;
pub use request::{CheckEvent, CheckRequest, CheckWork, CheckedHost, HostRequest, RegistrySource, Unread};
pub use wire::{this_machine, wire_report};
