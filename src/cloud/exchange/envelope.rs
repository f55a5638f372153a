//! Answers of cmdlets: rows, next link, warnings and errors, in every shape they are known to have
//! (facts/exchange section 1.4).

use serde_json::{Map, Value};

use super::{
    client::PAGE_SIZE,
    cmdlet_error::{CmdletError, inside_success},
};
use crate::{
    cloud::transport::clean,
    domain::{ErrorClass, ServiceError},
};

/// The start of the warning that more rows exist than were sent.
pub(super) const TRUNCATED: &str = "There are more results available than are currently displayed";

/// Rows of one answer at most: ten times what is ever asked for.
pub(super) const MOST_ROWS: usize = 10 * PAGE_SIZE as usize;
/// Values of one answer at most: a page with all attributes of a thousand mailboxes has a tenth of them.
const MOST_VALUES: usize = 3_000_000;

/// A successful answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Envelope {
    /// Rows without transport annotations.
    pub(super) rows: Vec<Value>,
    /// Where the next page is, as the service wrote it.
    pub(super) next_link: Option<String>,
    /// Warnings, cleaned.
    pub(super) warnings: Vec<String>,
    /// Errors inside the success.
    pub(super) errors: Vec<CmdletError>,
    /// Whether there is a list at all, even an empty one: the member `value`, or a bare array.
    pub(super) has_list: bool,
}

impl Envelope {
    /// Reads the body of a good answer. An empty one has no rows; anything but JSON is malformed.
    pub(super) fn from_body(body: &[u8]) -> Result<Self, ServiceError> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        refuse_bomb(body)?;
        let envelope = serde_json::from_slice(body)
            .map(Self::from_value)
            .map_err(|error| malformed(&error))?;
        if envelope.rows.len() > MOST_ROWS {
            return Err(too_much());
        }
        Ok(envelope)
    }

    /// Reads an answer that is parsed already: an envelope, a bare array, one object, a scalar or null.
    pub(super) fn from_value(value: Value) -> Self {
        let mut object = match value {
            Value::Null => return Self::default(),
            Value::Array(rows) => {
                return Self {
                    rows: rows.into_iter().map(without_annotations).collect(),
                    has_list: true,
                    ..Self::default()
                };
            }
            Value::Object(object) => object,
            scalar => {
                return Self {
                    rows: vec![scalar],
                    ..Self::default()
                };
            }
        };
        let next_link = ["@odata.nextLink", "odata.nextLink"]
            .iter()
            .find_map(|name| object.get(*name)?.as_str().map(str::to_owned))
            .filter(|link| !link.is_empty());
        let warnings = warnings(object.get("@adminapi.warnings"));
        let mut errors = object
            .get("@adminapi.errors")
            .map(inside_success)
            .unwrap_or_default();
        if object.get("error").is_some_and(|error| !error.is_null()) {
            errors.push(CmdletError::from_answer(&Value::Object(object.clone())));
        }
        let value = ["value", "Value"]
            .iter()
            .find_map(|name| object.shift_remove(*name));
        let has_list = value.is_some();
        let rows = match value {
            Some(Value::Array(rows)) => rows,
            Some(Value::Null) => Vec::new(),
            Some(single) => vec![single],
            None if errors.is_empty() => {
                object.retain(|name, _| !name.starts_with("@adminapi.") && !is_annotation(name));
                if object.is_empty() {
                    Vec::new()
                } else {
                    vec![Value::Object(object)]
                }
            }
            None => Vec::new(),
        };
        Self {
            rows: rows.into_iter().map(without_annotations).collect(),
            next_link,
            warnings,
            errors,
            has_list,
        }
    }

    /// Refuses a list that ended although the service says that there is more, here or in a header.
    pub(super) fn refuse_truncation(&self, headers: &[String]) -> Result<(), ServiceError> {
        refuse_truncation(self.next_link.as_deref(), self.warnings.iter().chain(headers))
    }
}

/// Refuses JSON of so many values that a tree of them would fill the memory. Commas and opening brackets bound their
/// number from above, and are counted at the speed of the memory.
pub(super) fn refuse_bomb(body: &[u8]) -> Result<(), ServiceError> {
    if body.len() > MOST_VALUES && memchr::memchr3_iter(b',', b'[', b'{', body).count() > MOST_VALUES {
        return Err(too_much());
    }
    Ok(())
}

fn too_much() -> ServiceError {
    ServiceError::new(
        ErrorClass::Malformed,
        "the answer holds far more values than were asked for",
    )
    .with_advice(
        "Something between here and the service may have made it up. Note the request id and report it.",
    )
}

/// The error of a further page that is no page: taken for an empty last one, half a list would pass for a whole one.
pub(super) fn no_list() -> ServiceError {
    ServiceError::new(
        ErrorClass::Malformed,
        "a further page of the list holds no list: the list is incomplete",
    )
    .with_advice("Load it again. If it stays, note the request id: acting on half a list is not safe.")
}

/// Refuses a list that ended although the service says that there is more.
pub(super) fn refuse_truncation<'a>(
    next_link: Option<&str>,
    warnings: impl IntoIterator<Item = &'a String>,
) -> Result<(), ServiceError> {
    if next_link.is_none() && warnings.into_iter().any(|warning| warning.contains(TRUNCATED)) {
        return Err(ServiceError::new(
            ErrorClass::Malformed,
            "the service says that there are more results, but not where: the list is incomplete",
        )
        .with_advice("Load it again. If it stays, note the request id: acting on half a list is not safe."));
    }
    Ok(())
}

/// The error of an answer that is no JSON; says where, never what.
pub(super) fn malformed(error: &serde_json::Error) -> ServiceError {
    ServiceError::new(
        ErrorClass::Malformed,
        format!(
            "the answer is not the JSON it should be (line {}, column {})",
            error.line(),
            error.column()
        ),
    )
    .with_advice("A proxy may have changed or cut it. Try again; if it stays, note the request id.")
}

/// Warnings: texts, or objects with a message.
pub(super) fn warnings(value: Option<&Value>) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(text) => clean(text),
        other => clean(
            other
                .get("Message")
                .or_else(|| other.get("message"))
                .and_then(Value::as_str)
                .unwrap_or(&other.to_string()),
        ),
    };
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(warnings)) => warnings.iter().map(one).collect(),
        Some(single) => vec![one(single)],
    }
}

/// Whether a member is a note of the transport and not a property.
pub(super) fn is_annotation(name: &str) -> bool {
    name.contains("@odata.") || name.contains("@data.")
}

/// The value without annotations, at every depth.
fn without_annotations(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(strip(object)),
        Value::Array(values) => Value::Array(values.into_iter().map(without_annotations).collect()),
        scalar => scalar,
    }
}

fn strip(object: Map<String, Value>) -> Map<String, Value> {
    object
        .into_iter()
        .filter(|(name, _)| !is_annotation(name))
        .map(|(name, value)| (name, without_annotations(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn rows(value: Value) -> Vec<Value> {
        Envelope::from_value(value).rows
    }

    #[test]
    fn every_shape_of_success() {
        for empty in [
            json!(null),
            json!({"value": null}),
            json!({"value": []}),
            json!({"@odata.context": "x"}),
        ] {
            assert!(rows(empty.clone()).is_empty(), "{empty}");
        }
        assert_eq!(Envelope::from_body(b"").unwrap(), Envelope::default());
        assert_eq!(rows(json!([{"a": 1}])), [json!({"a": 1})]);
        assert_eq!(rows(json!({"Value": [{"a": 1}]})), [json!({"a": 1})]);
        assert_eq!(rows(json!({"value": {"a": 1}})), [json!({"a": 1})]);
        assert_eq!(rows(json!({"value": true})), [json!(true)]);
        assert_eq!(rows(json!({"@odata.context": "x", "a": 1})), [json!({"a": 1})]);
    }

    #[test]
    fn annotations_go_and_order_stays() {
        let rows = rows(
            json!({"value": [{"b": 1, "e@odata.type": "x", "e": [], "w@data.type": "y", "a": {"@odata.type": "z", "k": 2}}]}),
        );
        assert_eq!(rows[0].to_string(), r#"{"b":1,"e":[],"a":{"k":2}}"#);
    }

    #[test]
    fn errors_and_warnings_inside_a_success() {
        let envelope = Envelope::from_value(json!({
            "@adminapi.warnings": ["one\u{1b}"], "@adminapi.errors": ["Ex1|T.E|no", {"Message": "two", "TypeName": "U"}],
            "@odata.nextLink": "https://x/y", "value": []}));
        assert_eq!(envelope.warnings, ["one"]);
        assert_eq!(envelope.errors.len(), 2);
        assert_eq!(envelope.errors[0].code.as_deref(), Some("T.E"));
        assert_eq!(envelope.next_link.as_deref(), Some("https://x/y"));
        assert_eq!(
            Envelope::from_value(json!({"error": {"message": "no"}})).errors[0].text,
            "no"
        );
    }

    #[test]
    fn a_truncated_list_is_refused() {
        let text = "There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.";
        let mut envelope = Envelope::from_value(json!({"@adminapi.warnings": [text], "value": []}));
        assert_eq!(
            envelope.refuse_truncation(&[]).unwrap_err().class,
            ErrorClass::Malformed
        );
        envelope.next_link = Some("x".into());
        assert!(envelope.refuse_truncation(&[text.to_owned()]).is_ok());
        let header_only = Envelope::from_value(json!({"value": []}));
        assert!(header_only.refuse_truncation(&[]).is_ok());
        assert_eq!(
            header_only
                .refuse_truncation(&["first".to_owned(), text.to_owned()])
                .unwrap_err()
                .class,
            ErrorClass::Malformed
        );
    }

    #[test]
    fn a_list_is_there_or_not() {
        for (value, has_list) in [
            (json!({"value": []}), true),
            (json!({"value": null}), true),
            (json!([]), true),
            (json!({"@odata.context": "x"}), false),
            (json!(null), false),
        ] {
            assert_eq!(Envelope::from_value(value.clone()).has_list, has_list, "{value}");
        }
    }

    #[test]
    fn tiny_rows_do_not_fill_the_memory() {
        let rows = |count: usize| format!(r#"{{"value":[{}0]}}"#, "0,".repeat(count)).into_bytes();
        assert!(Envelope::from_body(&rows(MOST_ROWS - 1)).is_ok());
        for count in [MOST_ROWS, 4_000_000] {
            let error = Envelope::from_body(&rows(count)).unwrap_err();
            assert_eq!(error.class, ErrorClass::Malformed);
        }
        let nested = "[".repeat(4_000_000);
        assert!(refuse_bomb(nested.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Envelope::from_body(&body);
        }

        #[test]
        fn cut_json_is_malformed(cut in 1_usize..100) {
            let whole = json!({"@odata.nextLink": "https://x/y", "value": [{"Alias": "a", "IsDirSynced": "True"}, {"n": 1.5}], "z": [null, true]}).to_string();
            prop_assume!(cut < whole.len());
            prop_assert_eq!(Envelope::from_body(&whole.as_bytes()[..cut]).unwrap_err().class, ErrorClass::Malformed);
        }
    }
}
