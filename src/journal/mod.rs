//! The durable record of a run: plan, snapshot, intent, outcome, hash chain.

mod private_file;

pub use private_file::write_private;
