//! Making plans: which mailboxes may change, which may not and why, and what can't be undone.

mod attributes;
mod build;
mod changes;
mod error;
mod facts;
mod gather;
mod irreversible;
mod powershell;
mod request;
mod sorting;

pub use build::build;
pub use changes::{AddressPlanRequest, ChangePlanError, address_plan, tenant_default_plan};
pub use error::PlanBuildError;
pub use facts::ask_service;
pub use irreversible::irreversible;
pub use powershell::powershell;
pub use request::{PlanCounts, PlanPhase, PlanProgress, PlanReport, PlanRequest, PlanSummary, Selection};

pub(super) use attributes::Described;
pub(super) use build::run_findings;
pub(super) use gather::{Concurrency, read_batches};
