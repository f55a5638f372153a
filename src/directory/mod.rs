//! Active Directory: objects and attributes, from an exported file today.
//!
//! A file written by `ldifde`, by `ldapsearch` or by `Get-ADUser -Properties * | Export-Csv` becomes a
//! [`DirectoryExport`], which answers as [`crate::domain::Directory`]. A live directory takes the same place later.

mod csv_file;
mod encoding;
mod error;
mod export;
mod index;
mod ldif;

pub use error::{DirectoryExportError, FilePosition};
pub use export::{DirectoryExport, ExportFormat, ExportSummary};
