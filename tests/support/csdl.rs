//! The official type descriptions of Graph (CSDL), and JSON held against them.
//!
//! They stand beside the repository, not in it. Where they are not there a test says so and passes, unless
//! `HANDOVER_REQUIRE_CONTRACTS` is set: then their absence fails.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;

/// Types that the descriptions name but do not hold, with the members that documents name.
pub const NOT_DESCRIBED: [(&str, &[&str]); 6] = [
    (
        "servicePrincipal",
        &[
            "id",
            "appId",
            "displayName",
            "accountEnabled",
            "applicationTemplateId",
            "createdDateTime",
            "homepage",
            "tags",
            "appDisplayName",
            "servicePrincipalNames",
            "servicePrincipalType",
        ],
    ),
    (
        "application",
        &[
            "id",
            "appId",
            "displayName",
            "applicationTemplateId",
            "createdDateTime",
            "identifierUris",
            "signInAudience",
        ],
    ),
    (
        "appIdentity",
        &[
            "appId",
            "displayName",
            "servicePrincipalId",
            "servicePrincipalName",
        ],
    ),
    (
        "userIdentity",
        &["id", "displayName", "userPrincipalName", "ipAddress"],
    ),
    (
        "verifiedDomain",
        &["capabilities", "isDefault", "isInitial", "name", "type"],
    ),
    ("keyValue", &["key", "value"]),
];

/// Enumerations that the descriptions name but do not hold, with the members that documents name.
const NOT_HELD: [(&str, &[&str]); 1] = [(
    "operationResult",
    &["success", "failure", "timeout", "unknownFutureValue"],
)];

/// Members of enumerations that documents show and the descriptions do not hold.
const ALSO_SEEN: [(&str, &str); 1] = [("onPremisesPublishingType", "adAdministration")];

/// A property or parameter.
#[derive(Clone, Debug)]
pub struct Property {
    /// As written, such as `Collection(graph.x)`.
    pub official: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether it is there only when asked for.
    pub navigation: bool,
}

/// A type, or the parameters of an action.
#[derive(Clone, Debug, Default)]
pub struct Structure {
    base: Option<String>,
    open: bool,
    properties: BTreeMap<String, Property>,
}

/// One file of descriptions.
#[derive(Debug, Default)]
pub struct Descriptions {
    /// Name of the file.
    pub file: String,
    structures: BTreeMap<String, Structure>,
    enumerations: BTreeMap<String, Enumeration>,
}

#[derive(Clone, Debug, Default)]
struct Enumeration {
    members: Vec<String>,
    flags: bool,
}

/// The folder of contracts; nothing where it is not there and need not be.
pub fn folder(part: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join("shared")
        .join("contracts")
        .join(part);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("HANDOVER_REQUIRE_CONTRACTS").is_none(),
        "the official descriptions are not at {}, and HANDOVER_REQUIRE_CONTRACTS says that they must be",
        folder.display()
    );
    eprintln!(
        "not checked: the official descriptions are not at {}",
        folder.display()
    );
    None
}

/// Every file of a version (`v1.0`, `beta`); nothing where there is no folder.
pub fn descriptions(version: &str) -> Option<Vec<Descriptions>> {
    let folder = folder("graph")?;
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(version) && name.ends_with(".csdl.xml")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no description of {version}");
    Some(files.iter().map(|file| Descriptions::read(file)).collect())
}

/// The element type of a collection, and whether it is one.
pub fn element(official: &str) -> (&str, bool) {
    match official
        .strip_prefix("Collection(")
        .and_then(|inner| inner.strip_suffix(')'))
    {
        Some(inner) => (inner, true),
        None => (official, false),
    }
}

/// The name without its namespace.
pub fn short(official: &str) -> &str {
    official
        .strip_prefix("microsoft.graph.")
        .or_else(|| official.strip_prefix("graph."))
        .unwrap_or(official)
}

impl Descriptions {
    fn read(file: &Path) -> Self {
        // The files are fragments: elements and comments side by side.
        let text = format!("<all>{}</all>", fs::read_to_string(file).unwrap());
        let options = ParsingOptions::default();
        let document = Document::parse_with_options(&text, options).unwrap();
        let mut descriptions = Self {
            file: file.file_name().unwrap().to_str().unwrap().to_owned(),
            ..Self::default()
        };
        let mut namespace = String::new();
        for node in document.root_element().children() {
            if node.is_comment() {
                if let Some(name) = node
                    .text()
                    .and_then(|text| text.trim().strip_prefix("namespace "))
                {
                    namespace = name.trim().to_owned();
                } else if node.text().is_some_and(|text| text.contains("bound actions")) {
                    namespace = "microsoft.graph".to_owned();
                }
                continue;
            }
            if node.is_element() && namespace == "microsoft.graph" {
                descriptions.take(node);
            }
        }
        for (name, members) in NOT_HELD {
            let members = members.iter().map(|member| (*member).to_owned()).collect();
            let held = Enumeration {
                members,
                flags: false,
            };
            descriptions.enumerations.entry(name.to_owned()).or_insert(held);
        }
        let mut entity = Structure::default();
        let id = Property {
            official: "Edm.String".to_owned(),
            nullable: false,
            navigation: false,
        };
        entity.properties.insert("id".to_owned(), id);
        for name in ["entity", "directoryObject"] {
            descriptions
                .structures
                .entry(name.to_owned())
                .or_insert(entity.clone());
        }
        descriptions
    }

    fn take(&mut self, node: Node<'_, '_>) {
        let name = node.attribute("Name").unwrap().to_owned();
        match node.tag_name().name() {
            "EnumType" => {
                let members = node
                    .children()
                    .filter(|child| child.has_tag_name("Member"))
                    .map(|member| member.attribute("Name").unwrap().to_owned())
                    .collect();
                let flags = node.attribute("IsFlags") == Some("true");
                self.enumerations.insert(name, Enumeration { members, flags });
            }
            "EntityType" | "ComplexType" => {
                let structure = Structure {
                    base: node.attribute("BaseType").map(|base| short(base).to_owned()),
                    open: node.attribute("OpenType") == Some("true"),
                    properties: properties(node),
                };
                self.structures.insert(name, structure);
            }
            // An action is described by its parameters; the first is what it is bound to. Two of the same name have the
            // same parameters.
            "Action" => {
                let mut properties = properties(node);
                properties.remove("bindingParameter");
                let structure = Structure {
                    properties,
                    ..Structure::default()
                };
                self.structures.insert(format!("{name}()"), structure);
            }
            _ => {}
        }
    }

    /// Whether a type or action is described.
    pub fn knows(&self, official: &str) -> bool {
        self.structures.contains_key(short(official))
    }

    /// The members of an enumeration, and whether several may stand together.
    pub fn enumeration(&self, official: &str) -> Option<(&[String], bool)> {
        let found = self.enumerations.get(short(official))?;
        Some((&found.members, found.flags))
    }

    /// A property of a type, inherited ones included.
    pub fn property(&self, official: &str, name: &str) -> Option<&Property> {
        let structure = self.structures.get(short(official))?;
        structure
            .properties
            .get(name)
            .or_else(|| self.property(structure.base.as_deref()?, name))
    }

    fn is_open(&self, official: &str) -> bool {
        self.structures.get(short(official)).is_some_and(|structure| {
            structure.open || structure.base.as_deref().is_some_and(|base| self.is_open(base))
        })
    }

    fn every_property<'a>(&'a self, official: &str, found: &mut Vec<(&'a String, &'a Property)>) {
        if let Some(structure) = self.structures.get(short(official)) {
            found.extend(&structure.properties);
            if let Some(base) = &structure.base {
                self.every_property(base, found);
            }
        }
    }

    /// What is wrong with a value that should be of a type. Members that are missing are nothing wrong: `$select` leaves
    /// them out.
    pub fn problems(&self, official: &str, value: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        self.check(official, value, "", &mut problems);
        problems
    }

    /// The same for a whole value: properties that may not be null must be there as well.
    pub fn problems_of_whole(&self, official: &str, value: &Value) -> Vec<String> {
        let mut problems = self.problems(official, value);
        self.check_missing(official, value, "", &mut problems);
        problems
    }

    fn check(&self, official: &str, value: &Value, at: &str, problems: &mut Vec<String>) {
        let (one, many) = element(official);
        if many {
            match value {
                Value::Array(items) => {
                    for (index, item) in items.iter().enumerate() {
                        self.check(one, item, &format!("{at}[{index}]"), problems);
                    }
                }
                other => problems.push(format!("{at}: {other} is no collection of {one}")),
            }
            return;
        }
        if let Some(kind) = one.strip_prefix("Edm.") {
            if !is_primitive(kind, value) {
                problems.push(format!("{at}: {value} is no {one}"));
            }
            return;
        }
        if let Some((members, flags)) = self.enumeration(one) {
            let words: Vec<&str> = match value.as_str() {
                Some(text) if flags => text.split(',').map(str::trim).collect(),
                Some(text) => vec![text],
                None => {
                    problems.push(format!("{at}: {value} is no member of {one}"));
                    return;
                }
            };
            for word in words {
                // Documents and live answers disagree about letter case.
                let known = members.iter().any(|member| member.eq_ignore_ascii_case(word))
                    || ALSO_SEEN.contains(&(short(one), word));
                if !known {
                    problems.push(format!("{at}: `{word}` is no member of {one}"));
                }
            }
            return;
        }
        let Value::Object(object) = value else {
            problems.push(format!("{at}: {value} is no {one}"));
            return;
        };
        let members: Vec<(&String, &Value)> = object.iter().filter(|(name, _)| !name.contains('@')).collect();
        if let Some((_, known)) = NOT_DESCRIBED.iter().find(|(name, _)| *name == short(one)) {
            for (name, _) in members {
                if !known.contains(&name.as_str()) {
                    problems.push(format!("{at}: documents name no `{name}` of {one}"));
                }
            }
            return;
        }
        if !self.knows(one) {
            problems.push(format!("{at}: there is no type {one} in {}", self.file));
            return;
        }
        for (name, member) in members {
            let here = format!("{at}.{name}");
            match self.property(one, name) {
                None if self.is_open(one) => {}
                None => problems.push(format!("{here}: {one} has no such property")),
                Some(property) if member.is_null() => {
                    if !property.nullable {
                        problems.push(format!("{here}: must not be null"));
                    }
                }
                Some(property) => self.check(&property.official, member, &here, problems),
            }
        }
    }

    fn check_missing(&self, official: &str, value: &Value, at: &str, problems: &mut Vec<String>) {
        let (one, _) = element(official);
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.check_missing(one, item, &format!("{at}[{index}]"), problems);
                }
            }
            Value::Object(object) => {
                let mut all = Vec::new();
                self.every_property(one, &mut all);
                for (name, property) in all {
                    let here = format!("{at}.{name}");
                    match object.get(name) {
                        Some(member) => self.check_missing(&property.official, member, &here, problems),
                        None if !property.nullable && !property.navigation => {
                            problems.push(format!("{here}: is missing"));
                        }
                        None => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn properties(node: Node<'_, '_>) -> BTreeMap<String, Property> {
    node.children()
        .filter(|child| {
            matches!(
                child.tag_name().name(),
                "Property" | "NavigationProperty" | "Parameter"
            )
        })
        .map(|child| {
            let property = Property {
                official: child.attribute("Type").unwrap().to_owned(),
                nullable: child.attribute("Nullable") != Some("false"),
                navigation: child.has_tag_name("NavigationProperty"),
            };
            (child.attribute("Name").unwrap().to_owned(), property)
        })
        .collect()
}

fn is_primitive(kind: &str, value: &Value) -> bool {
    let text = |fits: fn(&str) -> bool| value.as_str().is_some_and(fits);
    match kind {
        "String" => value.is_string(),
        "Boolean" => value.is_boolean(),
        "Int16" => value.as_i64().is_some_and(|number| i16::try_from(number).is_ok()),
        "Int32" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Int64" => value.as_i64().is_some(),
        "Guid" => text(|text| uuid::Uuid::try_parse(text).is_ok()),
        "DateTimeOffset" => text(|text| text.parse::<jiff::Timestamp>().is_ok()),
        "Duration" => text(|text| text.parse::<jiff::SignedDuration>().is_ok()),
        "TimeOfDay" => text(|text| text.len() >= 8 && text.parse::<jiff::civil::Time>().is_ok()),
        "Date" => text(|text| text.parse::<jiff::civil::Date>().is_ok()),
        other => panic!("Edm.{other} is not known to this test"),
    }
}
