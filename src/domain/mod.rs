//! Pure types and rules: no input or output, no clock, no async runtime.

pub mod address_list;
pub mod arrange;
mod call;
mod cloud;
pub mod filter;
mod mailbox;
pub mod marks;
mod object_id;
mod plan;
mod profile;
mod service_error;
pub mod table;
pub mod text;

pub use call::Call;
pub use cloud::{Cloud, EndpointError, Endpoints, Service, is_loopback};
pub use mailbox::{CloudAttributes, Mailbox, RecipientType, SourceOfAuthority, tolerant_flag};
pub use object_id::ObjectId;
pub use plan::{
    Change, Finding, Overwrite, PLAN_FORMAT, Plan, PlanContent, PlanError, PlanItem, Severity, Target,
    TenantName,
};
pub use profile::{Policy, Profile, SignInMethod};
pub use service_error::{ErrorClass, ServiceError};
