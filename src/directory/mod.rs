//! Active Directory: objects and attributes, from an exported file today.
