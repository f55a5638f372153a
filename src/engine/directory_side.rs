//! The directory's side of snapshots, from whatever directory is at hand.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::apply::DirectorySnapshots;
use crate::domain::{CloudAttributes, Directory, ErrorClass, ServiceError};

/// Snapshots from a directory that answers at once, such as an imported export. What belongs to several objects or to
/// none has no directory side.
#[derive(Clone)]
pub struct DirectorySide(pub Arc<dyn Directory>);

impl DirectorySnapshots for DirectorySide {
    fn find<'a>(
        &'a self,
        mailboxes: &'a [&'a CloudAttributes],
    ) -> BoxFuture<'a, Result<Vec<Option<Map<String, Value>>>, ServiceError>> {
        let side = |cloud: &&CloudAttributes| match self.0.find(cloud).object().map(serde_json::to_value) {
            None => Ok(None),
            Some(Ok(Value::Object(attributes))) => Ok(Some(attributes)),
            Some(_) => Err(ServiceError::new(
                ErrorClass::Malformed,
                "the directory's side of a mailbox can't be put into a snapshot",
            )),
        };
        Box::pin(std::future::ready(mailboxes.iter().map(side).collect()))
    }
}
