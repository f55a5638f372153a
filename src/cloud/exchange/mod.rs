//! Exchange Online over its admin API.
