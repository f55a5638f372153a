//! Every answer of the sandbox's Graph.
