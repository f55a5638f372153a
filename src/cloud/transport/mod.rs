//! Requests over HTTPS: retry, throttling, redirects, size limits, call log.
