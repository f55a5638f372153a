//! Error texts of cmdlets, dug out of the shapes they come in (facts/exchange section 1.6).

use serde_json::Value;

use crate::cloud::transport::clean;

/// Errors nest errors; deeper than this nobody wrote them on purpose.
const DEEPEST: usize = 4;
/// What the outer message says whatever happened: never worth showing alone.
const GENERIC: [&str; 2] = ["Error executing cmdlet", "Invalid Operation"];

/// The telling part of an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CmdletError {
    /// The text for people, cleaned; empty when the service gave none.
    pub(super) text: String,
    /// Exception type or error id.
    pub(super) code: Option<String>,
}

impl CmdletError {
    /// Whether the service said nothing about what went wrong.
    pub(super) fn is_silent(&self) -> bool {
        (self.text.is_empty()
            || GENERIC
                .iter()
                .any(|generic| self.text.trim_end_matches('.') == *generic))
            && self.code.is_none()
    }

    /// Reads the body of an error answer: JSON of any known shape, plain text, NUL bytes or nothing.
    pub(super) fn from_body(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => Self::from_answer(&value),
            Err(_) => Self::from_text(&String::from_utf8_lossy(body), 0),
        }
    }

    /// Reads an error answer, with or without the member `error`.
    pub(super) fn from_answer(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::from_text(text, 0),
            Value::Object(_) => Self::from_error(value.get("error").unwrap_or(value), 0),
            _ => Self::default(),
        }
    }

    fn from_error(error: &Value, depth: usize) -> Self {
        if let Value::String(text) = error {
            return Self::from_text(text, depth);
        }
        let outer_code = text_of(error, &["code", "Code"]);
        let mut found = from_details(error, depth)
            .or_else(|| {
                let inner = member(error, &["innererror", "innerError", "InnerError"])?;
                let deeper = member(
                    inner,
                    &["internalexception", "internalException", "InternalException"],
                );
                deeper
                    .and_then(|exception| from_message(exception, depth))
                    .or_else(|| from_message(inner, depth).filter(|error| !error.is_generic()))
            })
            .or_else(|| from_message(error, depth))
            .unwrap_or_default();
        if found.code.is_none() && !found.text.is_empty() && !found.is_generic() {
            found.code = outer_code.map(clean).filter(|code| !code.is_empty());
        }
        found
    }

    fn is_generic(&self) -> bool {
        GENERIC
            .iter()
            .any(|generic| self.text.trim_end_matches('.') == *generic)
    }

    /// Reads a message: `id|type|text`, JSON inside the string, or just text.
    fn from_text(text: &str, depth: usize) -> Self {
        let text = text.trim_matches(|character: char| character == '\0' || character.is_whitespace());
        if depth < DEEPEST {
            if text.starts_with('{')
                && let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(text)
            {
                return Self::from_object(&value, depth + 1);
            }
            let mut parts = text.splitn(3, '|');
            if let (Some(id), Some(kind), Some(rest)) = (parts.next(), parts.next(), parts.next())
                && !id.contains(' ')
                && !kind.contains(' ')
            {
                if let Some(nested) = nested_error(rest, depth + 1) {
                    return nested;
                }
                let code = [kind, id].into_iter().map(clean).find(|part| !part.is_empty());
                return Self {
                    text: clean(rest),
                    code,
                };
            }
        }
        Self {
            text: clean(text),
            code: None,
        }
    }

    /// Reads an error object: `{"Message","TypeName"}`, `{"localizedString":{"stringId"},"ClassName","Message"}` or a
    /// whole `{"error":{...}}`.
    fn from_object(value: &Value, depth: usize) -> Self {
        if let Some(error) = value.get("error") {
            return Self::from_error(error, depth);
        }
        let Some(message) = text_of(value, &["Message", "message", "ErrorMessage", "errorMessage"]) else {
            return from_details(value, depth).unwrap_or_else(|| Self {
                text: clean(&value.to_string()),
                code: None,
            });
        };
        let mut found = Self::from_text(message, depth);
        if found.code.is_none() {
            let id = member(value, &["localizedString", "LocalizedString"]);
            found.code = text_of(
                value,
                &["TypeName", "ClassName", "typeName", "className", "code", "Code"],
            )
            .or_else(|| id.and_then(|id| text_of(id, &["stringId", "StringId"])))
            .map(clean)
            .filter(|code| !code.is_empty());
        }
        found
    }
}

/// The errors that stand inside a good answer, as texts or objects (facts/exchange section 1.4).
pub(super) fn inside_success(value: &Value) -> Vec<CmdletError> {
    let one = |value: &Value| match value {
        Value::String(text) => CmdletError::from_text(text, 0),
        Value::Object(_) => CmdletError::from_object(value, 0),
        other => CmdletError {
            text: clean(&other.to_string()),
            code: None,
        },
    };
    match value {
        Value::Null | Value::Bool(false) => Vec::new(),
        Value::Array(errors) => errors.iter().map(one).collect(),
        other => vec![one(other)],
    }
}

fn from_details(error: &Value, depth: usize) -> Option<CmdletError> {
    let details = member(error, &["details", "Details"])?.as_array()?;
    details
        .iter()
        .filter_map(|detail| from_message(detail, depth))
        .find(|found| !found.text.is_empty() || found.code.is_some())
}

fn from_message(value: &Value, depth: usize) -> Option<CmdletError> {
    if depth >= DEEPEST {
        return None;
    }
    let message = text_of(value, &["message", "Message"])?;
    let mut found = CmdletError::from_text(message, depth);
    if found.code.is_none() && !found.text.is_empty() && !found.is_generic() {
        found.code = text_of(value, &["type", "Type"])
            .map(clean)
            .filter(|code| !code.is_empty());
    }
    (!found.text.is_empty() || found.code.is_some()).then_some(found)
}

/// A proxy's error that carries the whole answer of the server behind it.
fn nested_error(text: &str, depth: usize) -> Option<CmdletError> {
    let start = text.find('{')?;
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    let value = values.next()?.ok()?;
    value.get("error")?;
    let found = CmdletError::from_object(&value, depth);
    (!found.is_silent()).then_some(found)
}

fn member<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names
        .iter()
        .find_map(|name| value.get(name))
        .filter(|value| !value.is_null())
}

fn text_of<'a>(value: &'a Value, names: &[&str]) -> Option<&'a str> {
    member(value, names)?.as_str()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOT_FOUND: &str = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException";

    fn read(body: &str) -> CmdletError {
        CmdletError::from_body(body.as_bytes())
    }

    #[test]
    fn shape_a_pipes() {
        let found = read(
            r#"{"error":{"code":"NotFound","message":"Error executing cmdlet","details":[{"code":"Client","target":"",
            "message":"Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|The operation couldn't be performed because object 'x' couldn't be found on 'DC'."}],
            "innererror":{"message":"Error executing cmdlet","type":"Microsoft.Exchange.Admin.OData.Core.ODataServiceException","stacktrace":"..."}}}"#,
        );
        assert_eq!(found.code.as_deref(), Some(NOT_FOUND));
        assert_eq!(
            found.text,
            "The operation couldn't be performed because object 'x' couldn't be found on 'DC'."
        );
    }

    #[test]
    fn shape_b_json_in_a_string() {
        let found = read(
            r#"{"error":{"code":"NotFound","message":"Error executing cmdlet","details":[{"code":"Client",
            "message":"{\"Message\":\"The operation couldn't be performed because object 'rg' couldn't be found.\",\"TypeName\":\"Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException\",\"InnerError\":null}"}]}}"#,
        );
        assert_eq!(found.code.as_deref(), Some(NOT_FOUND));
        assert!(found.text.starts_with("The operation couldn't"), "{}", found.text);
        let other = read(
            r#"{"error":{"details":[{"message":"{\"localizedString\":{\"stringId\":\"Ex1\"},\"ClassName\":\"A.B\",\"Message\":\"no\"}"}]}}"#,
        );
        assert_eq!((other.text.as_str(), other.code.as_deref()), ("no", Some("A.B")));
    }

    #[test]
    fn shape_c_inner_error_in_either_case() {
        for inner in [
            r#""innererror":{"message":"Error executing cmdlet","internalexception":{"message":"deep","type":"T"}}"#,
            r#""innerError":{"internalException":{"Message":"deep","type":"T"}}"#,
        ] {
            let found = read(&format!(
                r#"{{"error":{{"code":"X","message":"Error executing cmdlet",{inner}}}}}"#
            ));
            assert_eq!((found.text.as_str(), found.code.as_deref()), ("deep", Some("T")));
        }
    }

    #[test]
    fn shape_e_and_f_and_nothing() {
        assert!(CmdletError::from_body(&[0; 400]).is_silent());
        assert!(read("").is_silent());
        let plain = "You have reached the maximum number of concurrent requests per tenant.";
        assert_eq!(read(plain).text, plain);
    }

    #[test]
    fn shape_g_an_error_inside_a_proxy_error() {
        let found = read(
            r#"{"error":{"details":[{"message":"|Microsoft.Exchange.Configuration.CmdletProxyException|Error on proxy command 'Set-Mailbox' to server X: {\"error\":{\"details\":[{\"message\":\"Ex1|Some.Type|the real reason\"}]}} end"}]}}"#,
        );
        assert_eq!(
            (found.text.as_str(), found.code.as_deref()),
            ("the real reason", Some("Some.Type"))
        );
    }

    #[test]
    fn an_error_that_says_nothing_is_silent() {
        for body in [
            r#"{"error":{"code":"BadRequest","message":""}}"#,
            r#"{"error":{"code":"InternalServerError","message":"Error executing cmdlet"}}"#,
            r#"{"error":{"code":"X","message":"Error executing cmdlet","details":[{"code":"Client","message":""}],"innererror":{"message":"Error executing cmdlet","type":"T"}}}"#,
        ] {
            assert!(read(body).is_silent(), "{body}");
        }
        assert!(!read(r#"{"error":{"code":"X","message":"no rights"}}"#).is_silent());
    }

    #[test]
    fn hostile_text_is_cleaned() {
        assert_eq!(
            read("{\"error\":{\"message\":\"a\\u001b[2Jb\\u202ec\"}}").text,
            "a[2Jbc"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = CmdletError::from_body(&body);
        }

        #[test]
        fn any_message_is_read(message in "[|{}\":a-z\\\\ \\[\\]]{0,60}") {
            let body = serde_json::json!({"error": {"details": [{"message": message}]}});
            let _ = CmdletError::from_answer(&body);
        }
    }
}
