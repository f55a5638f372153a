//! Exchange Online over its admin API.
//!
//! Cmdlets travel as JSON to `InvokeCommand`, ten at once to `$batch` (facts/exchange sections 1 and 2). The API is the
//! one Microsoft's own module speaks; it is not documented for others, so everything it may send is read tolerantly.

mod advice;
mod anchor;
mod attributes;
mod batch;
mod batch_reply;
mod client;
mod cmdlet;
mod cmdlet_error;
mod envelope;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod list;
mod lookup;
mod organization;
mod reply;
mod row;

pub use client::ExchangeClient;
pub use cmdlet::{Cmdlet, MailboxFilter};
pub use list::ListEnd;
pub use organization::ExchangeOrganization;
