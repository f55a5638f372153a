//! The mapping `Mail -> mail` of the writeback of Exchange attributes: jobs made before 2026-08-03 lack it (facts/graph
//! section 9). "Restore default mappings" in the portal would add it and drop custom mappings and filters.

use serde::Serialize;

use crate::domain::{
    synchronization::{
        AttributeMappingView, DirectMapping, ObjectMappingSelector, ObjectMappingView, RuleView, SchemaError,
        SchemaView, add_attribute_mapping,
    },
    text::clean,
};

/// Attribute of Entra ID.
const SOURCE: &str = "Mail";
/// Attribute of Active Directory.
const TARGET: &str = "mail";
/// An attribute every such mapping set has: tells the mapping of users from others.
const COMPANION: &str = "proxyAddresses";

/// Whether the mapping is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state", content = "detail")]
pub enum MailMapping {
    /// `Mail -> mail` is there.
    Present,
    /// Nothing is written to `mail`.
    Missing,
    /// `mail` is written from something else, which stays as it is.
    Custom(String),
    /// The schema does not tell.
    Unclear(String),
}

impl MailMapping {
    /// One word or sentence for people.
    pub fn describe(&self) -> String {
        match self {
            Self::Present => "Mail -> mail is there".to_owned(),
            Self::Missing => "Mail -> mail is missing".to_owned(),
            Self::Custom(from) => format!("mail is written from {from}"),
            Self::Unclear(why) => format!("whether Mail -> mail is there can't be told: {why}"),
        }
    }
}

/// Looks for the mapping in a schema.
pub fn mail_mapping(schema: &[u8]) -> MailMapping {
    let view = match SchemaView::read(schema) {
        Ok(view) => view,
        Err(error) => return MailMapping::Unclear(clean(&error.to_string()).into_owned()),
    };
    let Some((_, mapping)) = users(&view) else {
        return MailMapping::Unclear(format!("not exactly one object mapping writes {COMPANION}"));
    };
    match mapping
        .attributes
        .iter()
        .find(|attribute| writes(attribute, TARGET))
    {
        None => MailMapping::Missing,
        Some(attribute) if attribute.is_direct(SOURCE, TARGET) => MailMapping::Present,
        Some(attribute) => MailMapping::Custom(attribute.source.as_ref().map_or_else(
            || "a constant".to_owned(),
            |source| clean(&source.expression).into_owned(),
        )),
    }
}

/// The schema with the mapping, every other byte as it was.
pub(super) fn with_mail_mapping(schema: &[u8]) -> Result<Vec<u8>, SchemaError> {
    let view = SchemaView::read(schema)?;
    let selector = match users(&view) {
        Some((rule, mapping)) => ObjectMappingSelector {
            rule: Some(rule.id.clone()),
            name: Some(mapping.name.clone()),
            source: Some(mapping.source.clone()),
            target: Some(mapping.target.clone()),
        },
        None => return Err(SchemaError::NoSuchMapping(format!("that writes {COMPANION}"))),
    };
    let mapping = DirectMapping {
        source: SOURCE.to_owned(),
        target: TARGET.to_owned(),
    };
    add_attribute_mapping(schema, &selector, &mapping)
}

/// The one object mapping of users.
fn users(view: &SchemaView) -> Option<(&RuleView, &ObjectMappingView)> {
    let mut fitting = view.rules.iter().flat_map(|rule| {
        rule.mappings
            .iter()
            .filter(|mapping| {
                mapping
                    .attributes
                    .iter()
                    .any(|attribute| writes(attribute, COMPANION))
            })
            .map(move |mapping| (rule, mapping))
    });
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

fn writes(attribute: &AttributeMappingView, target: &str) -> bool {
    attribute.target.eq_ignore_ascii_case(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(mail: &str) -> String {
        format!(
            r#"{{"version":"1","odd":1.50,"synchronizationRules":[{{"id":"r","objectMappings":[
              {{"name":"Groups","sourceObjectName":"Group","targetObjectName":"group","attributeMappings":[]}},
              {{"name":"Users","sourceObjectName":"User","targetObjectName":"user","attributeMappings":[
                {{"targetAttributeName":"proxyAddresses","source":{{"type":"Attribute","name":"ProxyAddresses"}}}}{mail}]}}]}}]}}"#
        )
    }

    #[test]
    fn missing_present_custom_unclear() {
        let missing = schema("");
        assert_eq!(mail_mapping(missing.as_bytes()), MailMapping::Missing);
        let added = with_mail_mapping(missing.as_bytes()).unwrap();
        assert_eq!(mail_mapping(&added), MailMapping::Present);
        assert!(String::from_utf8(added.clone()).unwrap().contains("1.50"));
        assert!(with_mail_mapping(&added).is_err(), "never twice");
        let custom = schema(
            r#",{"targetAttributeName":"MAIL","source":{"type":"Function","name":"Trim","expression":"Trim([x])"}}"#,
        );
        assert_eq!(
            mail_mapping(custom.as_bytes()),
            MailMapping::Custom("Trim([x])".to_owned())
        );
        assert!(with_mail_mapping(custom.as_bytes()).is_err());
        assert!(matches!(mail_mapping(b"{}"), MailMapping::Unclear(_)));
        assert!(matches!(mail_mapping(b"x"), MailMapping::Unclear(_)));
    }
}
