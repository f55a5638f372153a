//! Handover: a terminal cockpit that hands the authority over Exchange attributes to the cloud.

pub mod cli;
pub mod cloud;
pub mod directory;
pub mod domain;
pub mod engine;
pub mod journal;
pub mod sandbox;
pub mod tui;
