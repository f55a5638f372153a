//! What is looked up in the schema of a job, and how two schemas differ. A schema is read as it is, unknown members
//! included; nothing here writes one.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::domain::{synchronization::SchemaView, text::clean_to};

/// Lines of a difference that are worth reading.
const MOST_LINES: usize = 60;
/// Longest value in a line.
const LONGEST_VALUE: usize = 120;
/// Members by which members of a list are told apart.
const NAMES: [&str; 4] = ["id", "name", "targetAttributeName", "key"];

/// SHA-256 of a schema as it came.
pub fn schema_hash(schema: &[u8]) -> String {
    let digest = Sha256::digest(schema);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The id of the first rule: the one that on-demand provisioning names (facts/graph section 3.3).
pub fn first_rule(schema: &[u8]) -> Option<String> {
    let view = SchemaView::read(schema).ok()?;
    view.rules
        .into_iter()
        .map(|rule| rule.id)
        .next()
        .filter(|id| !id.is_empty())
}

/// Which part of the source a job reads, as its first rule says.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeView {
    /// Containers whose whole subtree is read; empty with no groups: everything.
    pub containers: Vec<String>,
    /// Groups whose direct members are read.
    pub groups: Vec<String>,
    /// Attribute filters, one line each.
    pub filters: Vec<String>,
}

/// The scope of a job; nothing when the schema can't be read.
pub fn scope_of(schema: &[u8]) -> Option<ScopeView> {
    let view = SchemaView::read(schema).ok()?;
    let Some(rule) = view.rules.first() else {
        return Some(ScopeView::default());
    };
    let shown = |text: &str| clean_to(text, 2_000).into_owned();
    let mut filters = Vec::new();
    for mapping in &rule.mappings {
        for group in mapping.scope.iter().flat_map(|scope| &scope.input_groups) {
            for clause in &group.clauses {
                filters.push(shown(&format!(
                    "{}: {} {} {} ({})",
                    mapping.source,
                    clause.source,
                    clause.operator,
                    clause.operand.values.join(", "),
                    group.name,
                )));
            }
        }
    }
    Some(ScopeView {
        containers: rule.containers().iter().map(|text| shown(text)).collect(),
        groups: rule.groups().iter().map(|text| shown(text)).collect(),
        filters,
    })
}

/// How `after` differs from `before`: one line each, `-` and `+` first.
pub fn schema_difference(before: &[u8], after: &[u8]) -> Vec<String> {
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    let (Some(before), Some(after)) = (parsed(before), parsed(after)) else {
        return vec!["one of the two schemas can't be read".to_owned()];
    };
    let mut lines = Vec::new();
    compare(&mut String::new(), &before, &after, &mut lines);
    if lines.len() > MOST_LINES {
        let more = lines.len() - MOST_LINES;
        lines.truncate(MOST_LINES);
        lines.push(format!("and {more} lines more"));
    }
    lines
}

fn compare(path: &mut String, before: &Value, after: &Value, lines: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in old {
                at(path, &format!(".{name}"), |path| match new.get(name) {
                    Some(other) => compare(path, value, other, lines),
                    None => lines.push(line('-', path, value)),
                });
            }
            for (name, value) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
                at(path, &format!(".{name}"), |path| {
                    lines.push(line('+', path, value))
                });
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let named_old = named(old);
            let named_new = named(new);
            for (name, value) in &named_old {
                let other = named_new.iter().find(|(other, _)| other == name);
                at(path, &format!("[{name}]"), |path| match other {
                    Some((_, other)) => compare(path, value, other, lines),
                    None => lines.push(line('-', path, value)),
                });
            }
            for (name, value) in &named_new {
                if !named_old.iter().any(|(other, _)| other == name) {
                    at(path, &format!("[{name}]"), |path| {
                        lines.push(line('+', path, value))
                    });
                }
            }
        }
        (old, new) if old == new => {}
        (old, new) => {
            lines.push(line('-', path, old));
            lines.push(line('+', path, new));
        }
    }
}

fn at(path: &mut String, step: &str, deed: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push_str(step);
    deed(path);
    path.truncate(length);
}

/// Members of a list by name, by value, or else by place; the same name again gets a number.
fn named(items: &[Value]) -> Vec<(String, &Value)> {
    let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let name = NAMES
                .iter()
                .find_map(|name| item.get(name).and_then(Value::as_str))
                .or(item.as_str())
                .map_or_else(|| index.to_string(), str::to_owned);
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            let name = if *count > 1 {
                format!("{name} #{count}")
            } else {
                name
            };
            (name, item)
        })
        .collect()
}

fn line(sign: char, path: &str, value: &Value) -> String {
    let path = path.trim_start_matches('.');
    let value = value.to_string();
    format!(
        "{sign} {}: {}",
        clean_to(path, 400),
        clean_to(&value, LONGEST_VALUE)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_and_scope_are_found_and_rubbish_is_nothing() {
        let schema = br#"{"synchronizationRules":[{"id":"r#V2","containerFilter":{"includedContainers":["OU=A,DC=x"]},
            "groupFilter":{"includedGroups":[]},"objectMappings":[{"sourceObjectName":"user","scope":{"inputFilterGroups":
            [{"name":"G","clauses":[{"sourceOperandName":"a","operatorName":"IS FALSE","targetOperand":{"values":[]}}]}]}}]}]}"#;
        assert_eq!(first_rule(schema).unwrap(), "r#V2");
        let scope = scope_of(schema).unwrap();
        assert_eq!(scope.containers, ["OU=A,DC=x"]);
        assert_eq!(scope.filters, ["user: a IS FALSE  (G)"]);
        assert_eq!(first_rule(b"{}"), None);
        assert_eq!(first_rule(b"nonsense"), None);
        assert_eq!(scope_of(b"{}"), Some(ScopeView::default()));
    }

    #[test]
    fn differences_name_their_place() {
        let before = br#"{"a":1,"rules":[{"id":"x","v":1},{"id":"y"}],"list":["p","q"]}"#;
        let after = br#"{"rules":[{"id":"y"},{"id":"x","v":2}],"list":["p","r"],"b":true}"#;
        assert_eq!(
            schema_difference(before, after),
            [
                "- a: 1",
                "- rules[x].v: 1",
                "+ rules[x].v: 2",
                "- list[q]: \"q\"",
                "+ list[r]: \"r\"",
                "+ b: true"
            ]
        );
        assert!(schema_difference(before, before).is_empty());
        assert_eq!(schema_difference(b"x", before).len(), 1);
    }
}
