//! The readers of bodies and links, for the fuzz targets in `tests/fuzz`; see [`crate::cloud::exchange::fuzzing`].

use url::Url;

use super::{body, redirect};
use crate::domain::{Endpoints, Service, ServiceError};

/// A whole body as it is used: decompressed if it is compressed, whatever its headers say.
///
/// # Errors
/// A sentence: broken compression, or more than `limit` bytes.
pub fn plain_body(bytes: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    if body::is_gzip(bytes) {
        body::decompress(bytes, limit).map_err(|error| error.to_string())
    } else {
        Ok(bytes.to_vec())
    }
}

/// Where a redirect leads from the last of the addresses visited.
///
/// # Errors
/// As a request has them: foreign hosts, circles, no address.
pub fn next_hop(
    endpoints: &Endpoints,
    service: Service,
    visited: &[Url],
    location: &str,
) -> Result<Url, ServiceError> {
    let from = visited.last().unwrap_or_else(|| endpoints.root(service));
    redirect::next_hop(endpoints, service, from, Some(location), visited)
}
