//! Facts of Windows servers, from files that were brought along.

pub mod registry_file;
