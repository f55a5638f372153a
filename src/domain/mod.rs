//! Pure types and rules: no input or output, no clock, no async runtime.

mod address;
pub mod address_list;
pub mod arrange;
mod attribute_home;
mod call;
mod cloud;
pub mod count;
pub mod difference;
mod directory_attribute;
mod directory_object;
pub mod filter;
mod mailbox;
pub mod marks;
mod object_id;
mod plan;
mod profile;
pub mod registry;
pub mod rules;
mod service_error;
pub mod synchronization;
pub mod table;
pub mod text;
pub mod tls;
pub mod wire;

pub use address::{
    AddressComparison, AddressEdit, AddressEditError, AddressSyntaxError, EditedAddresses, ProxyAddress,
    compare_addresses, edit_addresses, primary_of,
};
pub use attribute_home::{Home, attribute_home};
pub use call::Call;
pub use cloud::{Cloud, EndpointError, Endpoints, Service, is_loopback};
pub use directory_attribute::{
    DIRECTORY_ATTRIBUTES, DirectoryAttribute, ValueKind, attribute_number, directory_attribute,
};
pub use directory_object::{
    Directory, DirectoryMatch, DirectoryObject, DirectoryObjectBuilder, DirectoryValue, directory_time,
    find_in,
};
pub use mailbox::{CloudAttributes, Mailbox, RecipientType, SourceOfAuthority, tolerant_flag};
pub use object_id::ObjectId;
pub use plan::{
    Change, ChangeKind, Finding, Overwrite, PLAN_FORMAT, Plan, PlanContent, PlanError, PlanItem, Severity,
    Target, TenantName,
};
pub use profile::{Policy, Profile, SignInMethod};
pub use service_error::{ErrorClass, ServiceError};
