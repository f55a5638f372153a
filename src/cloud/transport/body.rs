//! Bodies: read with a limit, decompressed by what they are and not by what they claim.

use std::{io::Read, time::Duration};

use flate2::read::MultiGzDecoder;

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// The connection ended or stalled before the end.
    #[error("the answer broke off: {0}")]
    Broken(String),
    /// More bytes than allowed.
    #[error("the answer is larger than {} MiB", .0 / (1024 * 1024))]
    TooLarge(usize),
    /// Compressed bytes that can't be decompressed.
    #[error("the answer is compressed, but broken: {0}")]
    BadGzip(String),
}

/// Above this size decompression leaves the async threads.
const LARGE: usize = 128 * 1024;

/// Reads a body up to `limit` bytes, before and after decompression.
pub(super) async fn read(
    mut response: reqwest::Response,
    limit: usize,
    idle: Duration,
) -> Result<Vec<u8>, BodyError> {
    // A length that is announced can be a lie; it only saves copying, so it is trusted up to a mebibyte.
    let announced = response.content_length().unwrap_or(0).min(1024 * 1024);
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
    loop {
        let chunk = tokio::time::timeout(idle, response.chunk())
            .await
            .map_err(|_| BodyError::Broken(format!("nothing came for {} s", idle.as_secs_f32())))?
            .map_err(|error| BodyError::Broken(innermost(&error)))?;
        let Some(chunk) = chunk else { break };
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    if !is_gzip(&body) {
        return Ok(body);
    }
    if body.len() < LARGE {
        return decompress(&body, limit);
    }
    tokio::task::spawn_blocking(move || decompress(&body, limit))
        .await
        .unwrap_or_else(|error| Err(BodyError::BadGzip(error.to_string())))
}

/// The magic bytes decide: Exchange declares plain 403 bodies as gzip (facts/exchange section 1.4).
pub(super) fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(&[0x1f, 0x8b])
}

pub(super) fn decompress(body: &[u8], limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut plain = Vec::with_capacity(body.len().saturating_mul(4).min(limit));
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(body)
        .take(most)
        .read_to_end(&mut plain)
        .map_err(|error| BodyError::BadGzip(error.to_string()))?;
    if plain.len() > limit {
        return Err(BodyError::TooLarge(limit));
    }
    Ok(plain)
}

/// The cause at the bottom of an error: the one that says something.
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    super::clean(&cause.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 10_000_000]);
        assert!(bomb.len() < 20_000);
        assert!(matches!(
            decompress(&bomb, 1_000_000),
            Err(BodyError::TooLarge(_))
        ));
        assert_eq!(decompress(&bomb, 10_000_000).unwrap().len(), 10_000_000);
    }

    #[test]
    fn a_cut_body_is_an_error() {
        let whole = gzip(b"{\"value\":[]}");
        assert!(decompress(&whole[..whole.len() - 9], 1_000).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_after_the_magic(rest in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut body = vec![0x1f, 0x8b];
            body.extend(rest);
            let _ = decompress(&body, 1_000);
        }
    }
}
