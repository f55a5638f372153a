//! An embedded tenant that speaks the same wire protocols as the real services, for `demo` and for tests.
