//! Query options of a request.

use serde_json::{Map, Value};
use url::form_urlencoded;

/// Decoded options in their order.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The same options with another `$skiptoken`, encoded.
    pub fn with_skip_token(&self, token: &str) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.0.iter().filter(|(name, _)| name != "$skiptoken") {
            out.append_pair(name, value);
        }
        out.append_pair("$skiptoken", token);
        out.finish().replace("%24", "$")
    }

    /// The members that `$select` names; all without it. The error is an unknown name.
    pub fn select(&self, row: Value) -> Result<Value, String> {
        let (Some(select), Value::Object(row)) = (self.get("$select"), &row) else {
            return Ok(row);
        };
        let mut answer = Map::new();
        for name in select.split(',').map(str::trim) {
            let value = row.get(name).ok_or_else(|| name.to_owned())?;
            answer.insert(name.to_owned(), value.clone());
        }
        Ok(Value::Object(answer))
    }
}
