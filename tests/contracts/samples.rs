//! The sample payloads: as described, and nothing in them is lost that is not left out on purpose.

use std::collections::BTreeSet;

use handover::{
    cloud::graph::contract::contracts,
    domain::wire::{Member, Shape},
};
use serde_json::Value;

use crate::{
    csdl::{descriptions, folder, short},
    routes::problems,
};

/// Sample, version, type.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("agents.json", "beta", "Collection(graph.onPremisesAgent)"),
    (
        "agentGroups.json",
        "beta",
        "Collection(graph.onPremisesAgentGroup)",
    ),
    ("jobs.json", "v1.0", "Collection(graph.synchronizationJob)"),
    ("job-created.json", "v1.0", "graph.synchronizationJob"),
    ("job-quarantine-deletes.json", "v1.0", "graph.synchronizationJob"),
    (
        "onPremisesSynchronization.json",
        "v1.0",
        "Collection(graph.onPremisesDirectorySynchronization)",
    ),
    ("pod-request-ad.json", "v1.0", "provisionOnDemand()"),
    ("pod-response.json", "v1.0", "graph.stringKeyStringValuePair"),
    (
        "pod-response-skipped.json",
        "v1.0",
        "graph.stringKeyStringValuePair",
    ),
    (
        "provisioning-log.json",
        "v1.0",
        "Collection(graph.provisioningObjectSummary)",
    ),
    (
        "publishingProfile-updater.patch.json",
        "beta",
        "graph.onPremisesPublishingProfile",
    ),
    ("restart-allow-deletes.json", "v1.0", "restart()"),
    ("schema-all.json", "v1.0", "graph.synchronizationSchema"),
    (
        "schema-group.UNVERIFIED.json",
        "v1.0",
        "graph.synchronizationSchema",
    ),
    ("schema-ou.json", "v1.0", "graph.synchronizationSchema"),
    (
        "secrets-put.json",
        "v1.0",
        "Collection(graph.synchronizationSecretKeyStringValuePair)",
    ),
];

/// What is not read, and why nobody misses it.
const LEFT_OUT: &[(&str, &str)] = &[
    // A group inside an agent says what the list of groups says better.
    ("onPremisesAgentGroup", "displayName publishingType isDefault"),
    (
        "onPremisesAgent",
        "machineName externalIp status supportedPublishingTypes",
    ),
    // A switch or a list of another tool.
    ("onPremisesDirectorySynchronization", "features"),
    // The job and its configuration say the same; the rest is for support, who have the id.
    (
        "provisioningObjectSummary",
        "tenantId changeId servicePrincipal sourceSystem targetSystem initiatedBy",
    ),
    // The schema's view is for people; what is written is the text itself.
    ("synchronizationRule", "metadata"),
    ("objectMapping", "metadata"),
    ("attributeMapping", "exportMissingReferences"),
    ("attributeMappingSource", "parameters"),
];

/// Members of a sample that no shape reads.
fn unread(members: &[Member], official: &str, value: &Value, found: &mut BTreeSet<String>) {
    let Some(object) = value.as_object() else { return };
    for (name, value) in object.iter().filter(|(name, _)| !name.contains('@')) {
        let Some(member) = members.iter().find(|member| member.name == name) else {
            found.insert(format!("{official}.{name}"));
            continue;
        };
        let mut shape = &member.shape;
        let mut values = vec![value];
        if let Shape::List(inner) = shape {
            shape = inner;
            values = value.as_array().into_iter().flatten().collect();
        }
        if let Shape::Structure { official, members } = shape {
            for value in values {
                unread(&members(), official, value, found);
            }
        }
    }
}

#[test]
fn samples_are_described_and_read_without_loss() {
    let Some(folder) = folder("samples") else { return };
    let mut files: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json") && !name.starts_with("error-"))
        .collect();
    let mut lost = BTreeSet::new();
    for (name, version, official) in SAMPLES {
        files.remove(*name);
        let sample: Value = serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        for file in descriptions(version).into_iter().flatten() {
            let found = problems(&file, official, &sample, false);
            assert!(found.is_empty(), "{name} against {}: {found:#?}", file.file);
        }
        let element = official.trim_start_matches("Collection(").trim_end_matches(')');
        for contract in contracts().iter().filter(|contract| contract.version == *version) {
            for shape in contract.answers.iter().chain(&contract.bodies) {
                let Shape::Structure { official, members } = shape else {
                    continue;
                };
                let is_body = contract.bodies.iter().any(|body| std::ptr::eq(body, shape));
                let is_request =
                    name.contains("request") || name.contains("patch") || name.contains("restart");
                if short(element) != *official && element != *official || is_body != is_request {
                    continue;
                }
                let rows = match official.contains("Pair") && name.starts_with("pod") {
                    true => vec![&sample],
                    false => sample["value"]
                        .as_array()
                        .map_or_else(|| vec![&sample], |rows| rows.iter().collect()),
                };
                for row in rows {
                    unread(&members(), official, row, &mut lost);
                }
            }
        }
    }
    assert!(files.is_empty(), "no type is said for {files:?}");
    let expected: BTreeSet<String> = LEFT_OUT
        .iter()
        .flat_map(|(official, names)| {
            names
                .split_whitespace()
                .map(move |name| format!("{official}.{name}"))
        })
        .collect();
    assert_eq!(
        lost, expected,
        "what samples hold and nobody reads, and what is left out on purpose"
    );
}
