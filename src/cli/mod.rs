//! The command line: one file per verb; prints, never decides.
