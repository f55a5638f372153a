//! A schema on its way in: taken whole, kept byte by byte (facts/graph section 0, finding 7).

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of a JSON object in their order, their values as they were written.
pub(super) struct Members(pub Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// Checks a schema and gives it the id of its job and a new version; everything else stays as it was written. The
/// error is the service's code.
pub(super) fn accept(body: &[u8], job: &str, version: &str) -> Result<Vec<u8>, &'static str> {
    let Members(members) = serde_json::from_slice(body).map_err(|_| "InvalidSchema")?;
    let rules = members
        .iter()
        .find(|(name, _)| name == "synchronizationRules")
        .and_then(|(_, value)| serde_json::from_str::<Value>(value.get()).ok())
        .ok_or("InvalidSchema")?;
    let whole = |rule: &Value| {
        rule["id"].is_string()
            && rule["name"].is_string()
            && rule["objectMappings"].as_array().is_some_and(|mappings| {
                mappings
                    .iter()
                    .all(|mapping| mapping["attributeMappings"].is_array() && mapping["name"].is_string())
            })
    };
    if !rules
        .as_array()
        .is_some_and(|rules| !rules.is_empty() && rules.iter().all(whole))
    {
        return Err("InvalidSchema");
    }
    let both = |rule: &Value| {
        let filled = |pointer: &str| {
            rule.pointer(pointer)
                .and_then(Value::as_array)
                .is_some_and(|list| !list.is_empty())
        };
        filled("/containerFilter/includedContainers") && filled("/groupFilter/includedGroups")
    };
    // The portal takes one or the other (facts/graph section 4.1).
    if rules.as_array().is_some_and(|rules| rules.iter().any(both)) {
        return Err("InvalidScope");
    }
    let mut out = Vec::with_capacity(body.len() + 256);
    out.extend_from_slice(
        format!(
            "{{\"id\":{},\"version\":{}",
            Value::from(job),
            Value::from(version)
        )
        .as_bytes(),
    );
    for (name, value) in members {
        if matches!(name.as_str(), "id" | "version" | "@odata.context") {
            continue;
        }
        out.extend_from_slice(format!(",{}:", Value::from(name)).as_bytes());
        out.extend_from_slice(value.get().as_bytes());
    }
    out.push(b'}');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_bytes() {
        let body = br#"{ "version":"old","synchronizationRules":[ {"id":"r", "name":"n","objectMappings":[],"x":1.50} ],"new":{"a" : 1e2}}"#;
        let stored = String::from_utf8(accept(body, "job", "v2").unwrap()).unwrap();
        assert_eq!(
            stored,
            r#"{"id":"job","version":"v2","synchronizationRules":[ {"id":"r", "name":"n","objectMappings":[],"x":1.50} ],"new":{"a" : 1e2}}"#
        );
    }

    #[test]
    fn broken_schemas_are_refused() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"synchronizationRules":[]}"#,
            r#"{"synchronizationRules":[{"id":"r"}]}"#,
        ] {
            assert_eq!(
                accept(body.as_bytes(), "job", "v"),
                Err("InvalidSchema"),
                "{body}"
            );
        }
        let mixed = r#"{"synchronizationRules":[{"id":"r","name":"n","objectMappings":[],"containerFilter":{"includedContainers":["a"]},"groupFilter":{"includedGroups":["b"]}}]}"#;
        assert_eq!(accept(mixed.as_bytes(), "job", "v"), Err("InvalidScope"));
    }
}
