//! The schema of a job: a view of it for people, and the one edit that leaves every other byte as it was
//! (facts/graph section 4).

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::domain::wire::{Shape, Wire, wire};

wire! {
    /// `synchronizationSchema`: the view; edits never go through it, because it holds only what is shown.
    pub struct SchemaView = "synchronizationSchema" {
        /// Id of the job.
        id: String = "id",
        /// Changes with every write; not a number (facts/graph section 4).
        version: String = "version",
        /// Rules, in order.
        rules: Vec<RuleView> = "synchronizationRules",
    }
}

wire! {
    /// `synchronizationRule`.
    pub struct RuleView = "synchronizationRule" {
        /// Id; what provisioning on demand asks for.
        id: String = "id",
        /// Name.
        name: String = "name",
        /// Which rule comes first.
        priority: i64 = "priority",
        /// Whether it may be changed; nothing when not said.
        editable: Option<bool> = "editable",
        /// Where from.
        source: String = "sourceDirectoryName",
        /// Where to.
        target: String = "targetDirectoryName",
        /// Organizational units in scope.
        container_filter: ContainerFilterView = "containerFilter",
        /// Groups in scope.
        group_filter: GroupFilterView = "groupFilter",
        /// What becomes what.
        mappings: Vec<ObjectMappingView> = "objectMappings",
    }
}

wire! {
    /// `containerFilter`.
    pub struct ContainerFilterView = "containerFilter" {
        /// Distinguished names; none means all, unless groups are named.
        included: Vec<String> = "includedContainers",
    }
}

wire! {
    /// `groupFilter`.
    pub struct GroupFilterView = "groupFilter" {
        /// Distinguished names, as far as is known; none means all, unless containers are named.
        included: Vec<String> = "includedGroups",
    }
}

wire! {
    /// `objectMapping`.
    pub struct ObjectMappingView = "objectMapping" {
        /// Name.
        name: String = "name",
        /// Whether it counts.
        enabled: bool = "enabled",
        /// Comma-separated: `Add,Update,Delete`.
        flow_types: String = "flowTypes",
        /// Type of the source object.
        source: String = "sourceObjectName",
        /// Type of the target object.
        target: String = "targetObjectName",
        /// Which objects.
        scope: Option<FilterView> = "scope",
        /// Which attributes.
        attributes: Vec<AttributeMappingView> = "attributeMappings",
    }
}

wire! {
    /// `filter`.
    pub struct FilterView = "filter" {
        /// Groups of clauses.
        groups: Vec<FilterGroupView> = "groups",
        /// Those of the system.
        input_groups: Vec<FilterGroupView> = "inputFilterGroups",
        /// Those by category.
        category_groups: Vec<FilterGroupView> = "categoryFilterGroups",
    }
}

wire! {
    /// `filterGroup`.
    pub struct FilterGroupView = "filterGroup" {
        /// Name.
        name: String = "name",
        /// Clauses, all of which must hold.
        clauses: Vec<FilterClauseView> = "clauses",
    }
}

wire! {
    /// `filterClause`.
    pub struct FilterClauseView = "filterClause" {
        /// Attribute.
        source: String = "sourceOperandName",
        /// Such as `IS FALSE`.
        operator: String = "operatorName",
        /// Compared with.
        operand: FilterOperandView = "targetOperand",
    }
}

wire! {
    /// `filterOperand`.
    pub struct FilterOperandView = "filterOperand" {
        /// Values.
        values: Vec<String> = "values",
    }
}

wire! {
    /// `attributeMapping`.
    pub struct AttributeMappingView = "attributeMapping" {
        /// Attribute of the target.
        target: String = "targetAttributeName",
        /// Where its value comes from.
        source: Option<MappingSourceView> = "source",
        /// Such as `Always`.
        flow_type: String = "flowType",
        /// Such as `FlowWhenChanged`.
        flow_behavior: String = "flowBehavior",
        /// Above 0: part of the matching.
        matching_priority: i64 = "matchingPriority",
        /// What is written when the source has nothing.
        default_value: Option<String> = "defaultValue",
    }
}

wire! {
    /// `attributeMappingSource`.
    pub struct MappingSourceView = "attributeMappingSource" {
        /// Such as `[mail]`.
        expression: String = "expression",
        /// Attribute, constant or function.
        name: String = "name",
        /// `Attribute`, `Constant`, `Function`.
        kind: String = "type",
    }
}

/// What the view reads, for the test against the official descriptions.
pub fn schema_shape() -> Shape {
    SchemaView::shape()
}

impl RuleView {
    /// Organizational units in scope, as distinguished names; none means all, unless groups are named.
    pub fn containers(&self) -> &[String] {
        &self.container_filter.included
    }

    /// Groups in scope; none means all, unless containers are named.
    pub fn groups(&self) -> &[String] {
        &self.group_filter.included
    }
}

impl AttributeMappingView {
    /// Whether it hands one attribute of the source on as it is, by its name in any letter case.
    pub fn is_direct(&self, source: &str, target: &str) -> bool {
        let from = self.source.as_ref().is_some_and(|from| {
            from.kind.eq_ignore_ascii_case("Attribute")
                && (from.name.eq_ignore_ascii_case(source)
                    || from.expression.eq_ignore_ascii_case(&format!("[{source}]")))
        });
        from && self.target.eq_ignore_ascii_case(target)
    }
}

impl SchemaView {
    /// Reads a schema; only what is no JSON object fails.
    pub fn read(bytes: &[u8]) -> Result<Self, SchemaError> {
        let (_, text) = text_of(bytes)?;
        let value: Value =
            serde_json::from_str(text).map_err(|error| SchemaError::Unreadable(error.to_string()))?;
        <Self as Wire>::read(&value).ok_or_else(|| SchemaError::Unreadable("it is no object".to_owned()))
    }
}

/// Why a schema can't be read or edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// Not what a schema is.
    #[error("the schema can't be read: {0}")]
    Unreadable(String),
    /// No object mapping fits.
    #[error("the schema has no object mapping {0}")]
    NoSuchMapping(String),
    /// More than one fits.
    #[error("{count} object mappings of the schema fit {what}; nothing says which one is meant")]
    Ambiguous {
        /// What was looked for.
        what: String,
        /// How many.
        count: usize,
    },
    /// The target attribute is mapped already. The service does not notice double mappings, it obeys both.
    #[error("`{attribute}` is mapped already in the object mapping `{mapping}`, from `{source_expression}`")]
    AlreadyMapped {
        /// The target attribute.
        attribute: String,
        /// Name of the object mapping.
        mapping: String,
        /// What it is mapped from.
        source_expression: String,
    },
}

/// Which object mapping. What is not said fits every one; letter case does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectMappingSelector {
    /// Id or name of the rule.
    pub rule: Option<String>,
    /// Name of the mapping.
    pub name: Option<String>,
    /// Type of the source object.
    pub source: Option<String>,
    /// Type of the target object.
    pub target: Option<String>,
}

impl fmt::Display for ObjectMappingSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = [
            ("rule", &self.rule),
            ("name", &self.name),
            ("source", &self.source),
            ("target", &self.target),
        ];
        let said: Vec<String> = said
            .into_iter()
            .filter_map(|(what, value)| Some(format!("{what} `{}`", value.as_ref()?)))
            .collect();
        match said.is_empty() {
            true => formatter.write_str("of any kind"),
            false => formatter.write_str(&said.join(", ")),
        }
    }
}

/// An attribute handed on as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectMapping {
    /// Attribute of the source.
    pub source: String,
    /// Attribute of the target.
    pub target: String,
}

impl DirectMapping {
    /// As the service writes such a mapping (facts/graph section 2.4, step 5).
    fn json(&self) -> String {
        json!({
            "defaultValue": null,
            "exportMissingReferences": false,
            "flowBehavior": "FlowWhenChanged",
            "flowType": "Always",
            "matchingPriority": 0,
            "targetAttributeName": self.target,
            "source": {
                "expression": format!("[{}]", self.source),
                "name": self.source,
                "type": "Attribute",
                "parameters": [],
            },
        })
        .to_string()
    }
}

/// The parts of the text an edit needs, each one where it stands.
#[derive(Deserialize)]
struct SchemaText<'a> {
    #[serde(borrow, rename = "synchronizationRules")]
    rules: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct RuleText<'a> {
    #[serde(borrow, rename = "objectMappings")]
    mappings: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct MappingText<'a> {
    #[serde(borrow, rename = "attributeMappings")]
    attributes: Option<&'a RawValue>,
}

/// Where to splice, and what.
struct Splice {
    at: usize,
    until: usize,
    text: String,
}

/// The schema with one attribute mapping more. Every other byte stays as it was: unknown members, odd numbers, order,
/// white space.
pub fn add_attribute_mapping(
    schema: &[u8],
    selector: &ObjectMappingSelector,
    mapping: &DirectMapping,
) -> Result<Vec<u8>, SchemaError> {
    let (start, text) = text_of(schema)?;
    let unreadable = |error: serde_json::Error| SchemaError::Unreadable(error.to_string());
    let whole: SchemaText<'_> = serde_json::from_str(text).map_err(unreadable)?;
    let mut fitting: Vec<(&RawValue, ObjectMappingView)> = Vec::new();
    for rule in whole.rules {
        let value: Value = serde_json::from_str(rule.get()).map_err(unreadable)?;
        let view = RuleView::of(Some(&value));
        let names =
            |wanted: &String| view.id.eq_ignore_ascii_case(wanted) || view.name.eq_ignore_ascii_case(wanted);
        if !selector.rule.as_ref().is_none_or(names) {
            continue;
        }
        let parts: RuleText<'_> = serde_json::from_str(rule.get()).map_err(unreadable)?;
        for raw in parts.mappings.unwrap_or_default() {
            let value: Value = serde_json::from_str(raw.get()).map_err(unreadable)?;
            let view = ObjectMappingView::of(Some(&value));
            let fits = |wanted: &Option<String>, found: &str| {
                wanted
                    .as_ref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(found))
            };
            if fits(&selector.name, &view.name)
                && fits(&selector.source, &view.source)
                && fits(&selector.target, &view.target)
            {
                fitting.push((raw, view));
            }
        }
    }
    let (raw, view) = match fitting.as_slice() {
        [one] => one,
        [] => return Err(SchemaError::NoSuchMapping(selector.to_string())),
        many => {
            return Err(SchemaError::Ambiguous {
                what: selector.to_string(),
                count: many.len(),
            });
        }
    };
    if let Some(there) = view
        .attributes
        .iter()
        .find(|there| there.target.eq_ignore_ascii_case(&mapping.target))
    {
        return Err(SchemaError::AlreadyMapped {
            attribute: there.target.clone(),
            mapping: view.name.clone(),
            source_expression: there
                .source
                .as_ref()
                .map(|from| from.expression.clone())
                .unwrap_or_default(),
        });
    }
    let parts: MappingText<'_> = serde_json::from_str(raw.get()).map_err(unreadable)?;
    let splice = splice(text, raw, parts.attributes, &mapping.json());
    let mut edited = Vec::with_capacity(schema.len() + splice.text.len());
    edited.extend_from_slice(&schema[..start + splice.at]);
    edited.extend_from_slice(splice.text.as_bytes());
    edited.extend_from_slice(&schema[start + splice.until..]);
    Ok(edited)
}

/// The text of a schema and where it starts: a byte order mark is left where it is.
fn text_of(schema: &[u8]) -> Result<(usize, &str), SchemaError> {
    let start = if schema.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    std::str::from_utf8(&schema[start..])
        .map(|text| (start, text))
        .map_err(|_| SchemaError::Unreadable("it is not UTF-8".to_owned()))
}

/// Where a borrowed part of a text stands in it.
fn place_of(text: &str, part: &RawValue) -> (usize, usize) {
    let at = (part.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    (at, at + part.get().len())
}

/// Where the new mapping goes: at the end of the list; into a list that is not there yet otherwise.
fn splice(text: &str, object: &RawValue, list: Option<&RawValue>, mapping: &str) -> Splice {
    match list {
        Some(list) if list.get().starts_with('[') => {
            let (at, until) = place_of(text, list);
            let inside = &list.get()[1..list.get().len() - 1];
            // After the last element, before whatever white space closes the list.
            let end = at + 1 + inside.trim_end().len();
            if inside.trim().is_empty() {
                return Splice {
                    at: at + 1,
                    until: at + 1,
                    text: mapping.to_owned(),
                };
            }
            let last = inside.trim_end();
            let indent = indentation(last);
            debug_assert!(end < until);
            Splice {
                at: end,
                until: end,
                text: format!(",{indent}{mapping}"),
            }
        }
        Some(nothing) => {
            let (at, until) = place_of(text, nothing);
            Splice {
                at,
                until,
                text: format!("[{mapping}]"),
            }
        }
        None => {
            let (_, until) = place_of(text, object);
            let inside = &object.get()[1..object.get().len() - 1];
            let at = until - 1 - (inside.len() - inside.trim_end().len());
            let comma = if inside.trim().is_empty() { "" } else { "," };
            Splice {
                at,
                until: at,
                text: format!("{comma}\"attributeMappings\":[{mapping}]"),
            }
        }
    }
}

/// The white space before the first element, so that the new one stands like it.
fn indentation(elements: &str) -> &str {
    &elements[..elements.len() - elements.trim_start().len()]
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
