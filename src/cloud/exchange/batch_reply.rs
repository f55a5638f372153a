//! The answers inside the answer to a `$batch` (facts/exchange section 1.8).

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::envelope::{malformed, refuse_bomb};
use crate::{
    cloud::transport::{clean, retry_after},
    domain::{ErrorClass, ServiceError, text},
};

/// One answer of a batch.
pub(super) struct PartReply {
    pub(super) status: Option<u16>,
    pub(super) wait: Option<Duration>,
    pub(super) request_id: Option<String>,
    /// Every `X-Warnings`, cleaned of what steers a terminal but not cut.
    pub(super) warnings: Vec<String>,
    pub(super) body: Value,
}

/// Sorts the answers of a batch by the id of their part. Answers without id fit nothing and are left out.
pub(super) fn read_replies(body: &[u8]) -> Result<HashMap<String, Vec<PartReply>>, ServiceError> {
    refuse_bomb(body)?;
    let mut value: Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    let Some(Value::Array(responses)) = value.get_mut("responses").map(Value::take) else {
        return Err(ServiceError::new(
            ErrorClass::Malformed,
            "the answer to a batch holds no list of answers",
        ));
    };
    let mut replies: HashMap<String, Vec<PartReply>> = HashMap::new();
    for mut response in responses {
        let Some(id) = response.get("id").and_then(Value::as_str).map(str::to_owned) else {
            continue;
        };
        let status = match response.get("status") {
            Some(Value::Number(number)) => number.as_u64().and_then(|status| u16::try_from(status).ok()),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        let headers = match response.get_mut("headers").map(Value::take) {
            Some(Value::Object(headers)) => headers,
            _ => Map::new(),
        };
        replies.entry(id).or_default().push(PartReply {
            status,
            wait: header(&headers, "retry-after").and_then(|value| retry_after(&value, Timestamp::now())),
            request_id: header(&headers, "request-id").map(|id| clean(&id)),
            warnings: headers
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case("x-warnings"))
                .flat_map(|(_, value)| texts(value))
                .collect(),
            body: response.get_mut("body").map(Value::take).unwrap_or_default(),
        });
    }
    Ok(replies)
}

/// A header's texts: one, or a list of them.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![text::clean(one).into_owned()],
        Value::Array(several) => several.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn header(headers: &Map<String, Value>, name: &str) -> Option<String> {
    let value = headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))?
        .1;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn replies_of_every_kind() {
        let replies = read_replies(
            json!({"responses": [
                {"id": "b", "status": "429", "headers": {"Retry-After": 1.5}, "body": null},
                {"id": "a", "status": 200, "headers": {"x-WARNINGS": ["one", "two"]}, "body": {"value": []}},
                {"id": "a", "status": 500, "headers": {"Request-Id": "r\u{1b}"}},
                {"status": 200}, 7, null
            ]})
            .to_string()
            .as_bytes(),
        )
        .unwrap();
        assert_eq!(replies["a"].len(), 2);
        assert_eq!(replies["a"][0].warnings, ["one", "two"]);
        assert_eq!(replies["a"][1].request_id.as_deref(), Some("r"));
        assert_eq!(replies["b"][0].status, Some(429));
        assert_eq!(replies["b"][0].wait, Some(Duration::from_millis(1_500)));
        assert!(read_replies(b"{}").is_err() && read_replies(b"").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read_replies(&body);
        }
    }
}
