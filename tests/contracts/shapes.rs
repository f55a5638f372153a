//! The types the client reads and sends, member by member.

use std::collections::BTreeSet;

use handover::{
    cloud::graph::contract::contracts,
    domain::wire::{Member, Shape},
};
use serde_json::Value;

use crate::csdl::{Descriptions, NOT_DESCRIBED, descriptions, element, folder, short};

/// Members of enumerations that are not known by name on purpose.
const NOT_NAMED: [&str; 1] = ["unknownFutureValue"];

struct Check<'a> {
    descriptions: &'a Descriptions,
    problems: Vec<String>,
    /// Types seen, so that types inside themselves end.
    seen: BTreeSet<String>,
    /// Members that were held against a description.
    checked: usize,
}

impl Check<'_> {
    fn structure(&mut self, official: &str, members: &[Member]) {
        let mark = format!(
            "{official} {:?}",
            members.iter().map(|member| member.name).collect::<Vec<_>>()
        );
        if !self.seen.insert(mark) {
            return;
        }
        if let Some((_, known)) = NOT_DESCRIBED.iter().find(|(name, _)| *name == official) {
            for member in members {
                if !known.contains(&member.name) {
                    self.problems
                        .push(format!("documents name no `{}` of {official}", member.name));
                }
            }
            return;
        }
        if !self.descriptions.knows(official) {
            self.problems.push(format!("there is no type {official}"));
            return;
        }
        for member in members {
            let here = format!("{official}.{}", member.name);
            let Some(property) = self.descriptions.property(official, member.name).cloned() else {
                self.problems.push(format!("{here}: no such property"));
                continue;
            };
            self.checked += 1;
            let shape = match &member.shape {
                Shape::Nullable(inner) => {
                    if !property.nullable {
                        self.problems
                            .push(format!("{here}: may be sent as null, must not be"));
                    }
                    inner
                }
                other => other,
            };
            self.member(&here, &property.official, shape);
        }
    }

    fn member(&mut self, here: &str, official: &str, shape: &Shape) {
        let (one, many) = element(official);
        if many {
            match shape {
                Shape::List(inner) => self.member(here, one, inner),
                other => self
                    .problems
                    .push(format!("{here}: {official} is taken for {other:?}")),
            }
            return;
        }
        let fits = match shape {
            Shape::Text => {
                one.starts_with("Edm.String") || is_text(one) || self.descriptions.enumeration(one).is_some()
            }
            Shape::Json => one == "Edm.String",
            Shape::Integer => matches!(one, "Edm.Int16" | "Edm.Int32" | "Edm.Int64"),
            Shape::Boolean => one == "Edm.Boolean",
            Shape::Time => one == "Edm.DateTimeOffset",
            Shape::Open => short(one) == "detailsInfo",
            Shape::Words { official, known } => {
                self.words(here, one, official, known);
                return;
            }
            Shape::Structure { official, members } => {
                if short(one) == *official {
                    self.structure(official, &members());
                    return;
                }
                false
            }
            Shape::List(_) | Shape::Nullable(_) => false,
        };
        if !fits {
            self.problems
                .push(format!("{here}: {official} is taken for {shape:?}"));
        }
    }

    fn words(&mut self, here: &str, one: &str, official: &str, known: &[&str]) {
        if short(one) != official {
            self.problems
                .push(format!("{here}: {one} is taken for {official}"));
        }
        let Some((members, _)) = self.descriptions.enumeration(official) else {
            self.problems.push(format!("there is no enumeration {official}"));
            return;
        };
        let mut differing: Vec<String> = known
            .iter()
            .filter(|word| !members.iter().any(|member| member == *word))
            .map(|word| format!("{official}: `{word}` is no member"))
            .collect();
        differing.extend(
            members
                .iter()
                .filter(|member| !known.contains(&member.as_str()) && !NOT_NAMED.contains(&member.as_str()))
                .map(|member| format!("{official}: `{member}` is not known here")),
        );
        self.problems.append(&mut differing);
    }
}

fn is_text(official: &str) -> bool {
    matches!(
        official,
        "Edm.Guid" | "Edm.Duration" | "Edm.TimeOfDay" | "Edm.Date"
    )
}

fn check(descriptions: &Descriptions, shapes: &[Shape], sent: bool) -> (Vec<String>, usize) {
    let mut check = Check {
        descriptions,
        problems: Vec::new(),
        seen: BTreeSet::new(),
        checked: 0,
    };
    for shape in shapes {
        let Shape::Structure { official, members } = shape else {
            panic!("{shape:?} is no type");
        };
        check.structure(official, &members());
    }
    let problems = check
        .problems
        .into_iter()
        .map(|problem| {
            format!(
                "{} ({}): {problem}",
                descriptions.file,
                if sent { "sent" } else { "read" }
            )
        })
        .collect();
    (problems, check.checked)
}

#[test]
fn everything_read_and_sent_is_described() {
    let mut problems = Vec::new();
    for contract in contracts() {
        // What is used of version 1.0 must hold in beta as well: guides use either.
        let versions: &[&str] = if contract.version == "beta" {
            &["beta"]
        } else {
            &["v1.0", "beta"]
        };
        for version in versions {
            let Some(files) = descriptions(version) else {
                return;
            };
            for file in files {
                let (mut read, members) = check(&file, &contract.answers, false);
                let (mut sent, parameters) = check(&file, &contract.bodies, true);
                println!("{}: {members} members read, {parameters} sent", file.file);
                assert!(members > 15 && parameters > 3, "hardly anything was checked");
                problems.append(&mut read);
                problems.append(&mut sent);
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn names_hold_in_the_public_beta_too() {
    let Some(folder) = folder("graph") else { return };
    let text = std::fs::read_to_string(folder.join("beta-Prod.type-mappings.json")).unwrap();
    let mappings: Value = serde_json::from_str(&text).unwrap();
    let mut problems = Vec::new();
    let mut checked = 0;
    let mut open: Vec<(String, Vec<Member>)> = contracts()
        .into_iter()
        .flat_map(|contract| contract.answers.into_iter().chain(contract.bodies))
        .filter_map(|shape| inner(&shape))
        .collect();
    let mut seen = BTreeSet::new();
    while let Some((official, members)) = open.pop() {
        let listed = ["entity", "complex"]
            .iter()
            .find_map(|kind| mappings[kind].get(&official));
        for member in &members {
            if !seen.insert(format!("{official}.{}", member.name)) {
                continue;
            }
            open.extend(inner(&member.shape));
            let Some(listed) = listed else { continue };
            checked += 1;
            let has = |kind: &str| {
                listed[kind]
                    .as_array()
                    .is_some_and(|names| names.iter().any(|name| name == member.name))
            };
            // Types list only what is their own; every entity has an id.
            if member.name != "id"
                && !has("properties")
                && !has("navigationProperties")
                && official != "provisionedIdentity"
            {
                problems.push(format!("{official} has no `{}`", member.name));
            }
        }
    }
    assert!(checked > 60, "{checked}");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The type inside a shape.
fn inner(shape: &Shape) -> Option<(String, Vec<Member>)> {
    match shape {
        Shape::Structure { official, members } => Some(((*official).to_owned(), members())),
        Shape::List(inner) | Shape::Nullable(inner) => self::inner(inner),
        _ => None,
    }
}

#[test]
fn the_check_can_fail() {
    let Some(files) = descriptions("v1.0") else { return };
    let file = &files[0];
    let wrong = |official: &'static str, members: fn() -> Vec<Member>| {
        check(file, &[Shape::Structure { official, members }], true)
            .0
            .len()
    };
    assert_eq!(wrong("synchronizationJobb", Vec::new), 1);
    assert_eq!(
        wrong("synchronizationSchedule", || vec![
            Member {
                name: "interval",
                shape: Shape::Integer
            },
            Member {
                name: "pace",
                shape: Shape::Text
            },
            Member {
                name: "state",
                shape: Shape::Words {
                    official: "synchronizationScheduleState",
                    known: vec!["Active", "Disabled", "Resting"]
                }
            },
        ]),
        4
    );
    assert_eq!(
        wrong("synchronizationError", || vec![Member {
            name: "tenantActionable",
            shape: Shape::Nullable(Box::new(Shape::Boolean))
        }]),
        1
    );
    let job = serde_json::json!({"id": "j", "status": {"code": "Sleeping", "escrowsPruned": null}, "stats": {}, "templateId": 7});
    assert_eq!(file.problems("graph.synchronizationJob", &job).len(), 4);
    let missing = file.problems_of_whole(
        "graph.synchronizationSchedule",
        &serde_json::json!({"state": "Active"}),
    );
    assert_eq!(missing, [".interval: is missing"]);
}

#[test]
fn permissions_are_those_of_the_paths() {
    use handover::cloud::graph::synchronization::PERMISSIONS;
    let Some(folder) = folder("graph") else { return };
    let text = std::fs::read_to_string(folder.join("permissions-by-path.txt")).unwrap();
    let lists = |name: &str, kind: &str| {
        text.lines()
            .any(|line| line.split_whitespace().take(2).eq([name, kind]))
    };
    for permission in PERMISSIONS {
        assert!(lists(permission.delegated, "DelegatedWork"), "{permission:?}");
        match permission.application {
            Some(name) => assert!(lists(name, "Application"), "{permission:?}"),
            // Of the agents' and the prevention's own permissions none is listed for applications.
            None if permission.delegated != "Directory.ReadWrite.All" => {
                assert!(!lists(permission.delegated, "Application"), "{permission:?}");
            }
            None => {}
        }
    }
}

#[test]
fn absence_fails_where_it_must() {
    let required = std::env::var_os("HANDOVER_REQUIRE_CONTRACTS").is_some();
    let looked = std::panic::catch_unwind(|| folder("no such part").is_none());
    assert_eq!(looked.ok(), (!required).then_some(true));
}
