//! The sandbox against its contract: every request is written by hand here, none by the clients it will referee.

#[path = "sandbox/batch.rs"]
mod batch;
#[path = "sandbox/fault.rs"]
mod fault;
#[path = "sandbox/graph.rs"]
mod graph;
#[path = "sandbox/lab.rs"]
mod lab;
#[path = "sandbox/lifecycle.rs"]
mod lifecycle;
#[path = "sandbox/reading.rs"]
mod reading;
#[path = "sandbox/sign_in.rs"]
mod sign_in;
#[path = "sandbox/writing.rs"]
mod writing;
