//! Handover: a terminal cockpit that hands the authority over Exchange attributes to the cloud.

pub mod domain;
pub mod sandbox;
