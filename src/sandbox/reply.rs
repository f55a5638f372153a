//! Answers on their way to the socket.

use std::io::Write;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use serde_json::Value;

use super::seed::mix;

/// Smaller bodies are not worth compressing.
const GZIP_FROM: usize = 1024;
/// How much a huge body holds in all, and in one piece.
const HUGE: usize = 1 << 30;
const PIECE: usize = 1 << 16;

/// A finished answer: an HTTP response, or one answer of a batch.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn new(status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string().into_bytes())
            .with("content-type", "application/json; charset=utf-8")
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self::new(status, body.as_bytes().to_vec()).with("content-type", "text/plain; charset=utf-8")
    }

    /// The same answer with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| *known == name)
    }

    /// Compresses a larger body when the caller asked for it.
    pub fn compressed_for(mut self, asked: &HeaderMap) -> Self {
        let wanted = asked
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.split(',').any(|coding| coding.trim().starts_with("gzip")));
        if !wanted || self.body.len() <= GZIP_FROM || self.has("content-encoding") {
            return self;
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(self.body.len() / 4), Compression::fast());
        match encoder.write_all(&self.body).and_then(|()| encoder.finish()) {
            Ok(small) => {
                self.body = small;
                self.with("content-encoding", "gzip")
            }
            // Writing to memory does not fail; the plain body would be right all the same.
            Err(_) => self,
        }
    }

    pub fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// A gigabyte of whitespace or digits inside JSON, made while it is sent.
pub(super) fn huge_body(number: u64) -> Response {
    let (start, filler) = if number.is_multiple_of(2) {
        ("{\"value\":[", b' ')
    } else {
        ("{\"value\":[1", b'0')
    };
    let piece = Bytes::from(vec![filler; PIECE]);
    let pieces = (0..HUGE / PIECE).map(move |_| Ok(piece.clone()));
    let all = std::iter::once(Ok::<_, std::convert::Infallible>(Bytes::from_static(
        start.as_bytes(),
    )))
    .chain(pieces);
    let mut response = Response::new(Body::from_stream(stream::iter(all)));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    response
}

/// A request id as services put into their answers.
pub(super) fn request_id(number: u64) -> String {
    uuid::Uuid::from_u64_pair(mix(number, 1, 1), mix(number, 2, 2)).to_string()
}
