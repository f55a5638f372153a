//! What may be handed over: the checks of a run and of each mailbox as a table (facts/exchange sections 6.1 and 6.2).
//!
//! Name, weight, text and advice of every rule stand in `assets/rules.toml`; the conditions stand beside their names in
//! [`run`] and [`mailbox`].

mod catalog;
mod mailbox;
mod run;
mod version;

pub use catalog::{Rule, RuleScope, finding, rule, rules};
pub use mailbox::{CHECKED_HERE as MAILBOX_RULES, MailboxFacts, check_mailbox};
pub use run::{CHECKED_HERE as RUN_RULES, DirectoryFacts, RunFacts, WritebackState, check_run};
pub use version::{ConnectVersion, MINIMUM_CONNECT_VERSION};

use jiff::SignedDuration;

/// How long a change on-premises takes to be in the cloud for certain: a sync cycle and 24 hours (facts/exchange
/// section 3.1).
pub const SETTLING_TIME: SignedDuration = SignedDuration::from_mins(24 * 60 + 30);

/// The age from which a directory export no longer tells enough.
pub const DIRECTORY_MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
