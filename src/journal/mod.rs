//! The durable record of a run: plan, snapshot, intent, outcome, hash chain.
