//! What differs between a mailbox in the cloud and its object in Active Directory (facts/exchange section 6.6).

mod compare;
mod edited;
mod linked;
mod side;
mod table;

pub use compare::{Difference, DifferenceClass, differences, overwrites};
pub use edited::{CloudEdit, edits_since};
pub use table::{CompareRule, Loss, MAPPING, Mapping, WRITTEN_BACK};
