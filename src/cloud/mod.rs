//! HTTPS services: sign-in, transport, Exchange Online and Microsoft Graph.

pub mod auth;
mod call_log;
pub mod exchange;
pub mod graph;
mod paging;
mod token;
pub mod transport;

pub use call_log::CallLog;
pub use token::{AccessToken, TokenSource};
