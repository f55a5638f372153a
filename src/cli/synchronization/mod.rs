//! What the verbs on agents and on jobs have in common: the tenant at hand, and carrying actions out.

mod act;
mod stream;
mod tenant;

pub use act::{ConfirmArguments, act, exit_of, report};
pub use stream::{Line, event, stream};
pub use tenant::{PersonArguments, Tenant, offer_person};
