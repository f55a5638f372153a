//! The readers of answers, for the fuzz targets in `tests/fuzz`. The module exists in their builds (`--cfg fuzzing`) and
//! in tests, so that it keeps up with what it opens; programs built otherwise do not have it.

use std::time::Duration;

use super::{advice, batch_reply, cmdlet_error::CmdletError, row};
use crate::{
    cloud::transport::{Effect, RetryTable},
    domain::{CloudAttributes, Mailbox, ObjectId, ServiceError},
};

/// What was read of one page of a list.
#[derive(Debug)]
pub struct PageRead<T> {
    /// Usable rows in the order they came.
    pub rows: Vec<(ObjectId, T)>,
    /// Rows without usable identity.
    pub without_id: u64,
    /// Whether there is a list at all.
    pub has_list: bool,
    /// Where the next page is.
    pub next_link: Option<String>,
    /// Warnings, cleaned.
    pub warnings: Vec<String>,
    /// Errors inside the page: text and code, cleaned.
    pub errors: Vec<(String, Option<String>)>,
}

impl<T> From<row::Page<T>> for PageRead<T> {
    fn from(page: row::Page<T>) -> Self {
        Self {
            rows: page.rows,
            without_id: page.without_id,
            has_list: page.has_list,
            next_link: page.next_link,
            warnings: page.warnings,
            errors: page
                .errors
                .into_iter()
                .map(|error| (error.text, error.code))
                .collect(),
        }
    }
}

/// What was read of one answer of a batch.
#[derive(Debug)]
pub struct PartRead {
    /// Its status.
    pub status: Option<u16>,
    /// Its `Retry-After`.
    pub wait: Option<Duration>,
    /// Its request id, cleaned.
    pub request_id: Option<String>,
    /// Its warnings, cleaned.
    pub warnings: Vec<String>,
}

/// Reads a page of inventory rows, as the list does.
///
/// # Errors
/// As the list has them.
pub fn inventory_page(body: &[u8]) -> Result<PageRead<Mailbox>, ServiceError> {
    row::inventory_page(body).map(PageRead::from)
}

/// Reads a page of rows with all attributes, as the survey does.
///
/// # Errors
/// As the survey has them.
pub fn attributes_page(body: &[u8]) -> Result<PageRead<CloudAttributes>, ServiceError> {
    row::attributes_page(body).map(PageRead::from)
}

/// The next link of a page, guessed before it is parsed.
pub fn guess_next_link(body: &[u8]) -> Option<String> {
    row::guess_next_link(body)
}

/// Reads the answers inside the answer to a batch.
///
/// # Errors
/// As a batch has them.
pub fn batch_replies(body: &[u8]) -> Result<Vec<PartRead>, ServiceError> {
    let replies = batch_reply::read_replies(body)?;
    Ok(replies
        .into_values()
        .flatten()
        .map(|part| PartRead {
            status: part.status,
            wait: part.wait,
            request_id: part.request_id,
            warnings: part.warnings,
        })
        .collect())
}

/// Explains the body of a refusing answer.
pub fn refusal(status: u16, body: &[u8], effect: Effect) -> ServiceError {
    let error = CmdletError::from_body(body);
    advice::explain(&RetryTable::default(), status, body, &error, effect)
}
