//! Oddities of `ConvertTo-Json`, for the shapes of scripts that use it.

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::Value;

/// Reads a list that Windows PowerShell may have unrolled: an array of one becomes its element, an empty one `null` or
/// nothing, and an array that carries members becomes `{"value":[…],"Count":n}` (facts/connect section 1.4).
///
/// For `#[serde(default, deserialize_with = "one_or_many")]`.
///
/// # Errors
/// When an element has another shape.
pub fn one_or_many<'de, Source, Element>(source: Source) -> Result<Vec<Element>, Source::Error>
where
    Source: Deserializer<'de>,
    Element: DeserializeOwned,
{
    let elements = match Value::deserialize(source)? {
        Value::Null => Vec::new(),
        Value::Array(elements) => elements,
        Value::Object(mut members)
            if members.len() == 2
                && members.get("Count").is_some_and(Value::is_u64)
                && members.get("value").is_some_and(Value::is_array) =>
        {
            match members.remove("value") {
                Some(Value::Array(elements)) => elements,
                _ => Vec::new(),
            }
        }
        one => vec![one],
    };
    elements
        .into_iter()
        .map(|element| serde_json::from_value(element).map_err(Source::Error::custom))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Shape {
        #[serde(default, deserialize_with = "one_or_many")]
        list: Vec<String>,
    }

    #[test]
    fn every_form_of_a_list() {
        for (text, expected) in [
            (r#"{"list":["a","b"]}"#, vec!["a", "b"]),
            (r#"{"list":"a"}"#, vec!["a"]),
            (r#"{"list":null}"#, vec![]),
            (r#"{}"#, vec![]),
            (r#"{"list":{"value":["a"],"Count":1}}"#, vec!["a"]),
        ] {
            let shape: Shape = serde_json::from_str(text).unwrap();
            assert_eq!(shape.list, expected, "{text}");
        }
        assert!(serde_json::from_str::<Shape>(r#"{"list":[1]}"#).is_err());
    }
}
