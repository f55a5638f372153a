//! Which type each address of Cloud Sync speaks.

use serde_json::Value;

use crate::csdl::Descriptions;

/// Who an address belongs to and what is said there. `*` stands for one id.
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    /// Type of the body; `-` for none, `&` for a reference to another object.
    pub body: &'static str,
    /// Type of the answer; `-` for none.
    pub answer: &'static str,
}

const fn route(method: &'static str, path: &'static str, body: &'static str, answer: &'static str) -> Route {
    Route {
        method,
        path,
        body,
        answer,
    }
}

pub const SECRETS: &str = "Collection(graph.synchronizationSecretKeyStringValuePair)";

/// The table, from the paths of the fact sheet. An answer of a collection is that of its `value`.
pub const ROUTES: &[Route] = &[
    route("GET", "v1.0/organization", "-", "Collection(graph.organization)"),
    route(
        "GET",
        "v1.0/users/*/onPremisesSyncBehavior",
        "-",
        "graph.onPremisesSyncBehavior",
    ),
    route(
        "GET",
        "v1.0/servicePrincipals",
        "-",
        "Collection(graph.servicePrincipal)",
    ),
    route("GET", "v1.0/servicePrincipals/*", "-", "graph.servicePrincipal"),
    route(
        "GET",
        "v1.0/servicePrincipals/*/synchronization/jobs",
        "-",
        "Collection(graph.synchronizationJob)",
    ),
    route(
        "POST",
        "v1.0/servicePrincipals/*/synchronization/jobs",
        "graph.synchronizationJob",
        "graph.synchronizationJob",
    ),
    route(
        "GET",
        "v1.0/servicePrincipals/*/synchronization/jobs/*",
        "-",
        "graph.synchronizationJob",
    ),
    route(
        "POST",
        "v1.0/servicePrincipals/*/synchronization/jobs/*/start",
        "-",
        "-",
    ),
    route(
        "POST",
        "v1.0/servicePrincipals/*/synchronization/jobs/*/pause",
        "-",
        "-",
    ),
    route(
        "POST",
        "v1.0/servicePrincipals/*/synchronization/jobs/*/restart",
        "restart()",
        "-",
    ),
    route(
        "POST",
        "v1.0/servicePrincipals/*/synchronization/jobs/*/provisionOnDemand",
        "provisionOnDemand()",
        "graph.stringKeyStringValuePair",
    ),
    route(
        "GET",
        "v1.0/servicePrincipals/*/synchronization/jobs/*/schema",
        "-",
        "graph.synchronizationSchema",
    ),
    route(
        "PUT",
        "v1.0/servicePrincipals/*/synchronization/jobs/*/schema",
        "graph.synchronizationSchema",
        "-",
    ),
    route(
        "GET",
        "v1.0/servicePrincipals/*/synchronization/secrets",
        "-",
        SECRETS,
    ),
    route(
        "PUT",
        "v1.0/servicePrincipals/*/synchronization/secrets",
        SECRETS,
        "-",
    ),
    route(
        "POST",
        "v1.0/applicationTemplates/*/instantiate",
        "instantiate()",
        "graph.applicationServicePrincipal",
    ),
    route(
        "GET",
        "v1.0/auditLogs/provisioning",
        "-",
        "Collection(graph.provisioningObjectSummary)",
    ),
    route(
        "GET",
        "v1.0/auditLogs/directoryAudits",
        "-",
        "Collection(graph.directoryAudit)",
    ),
    route(
        "GET",
        "v1.0/directory/onPremisesSynchronization",
        "-",
        "Collection(graph.onPremisesDirectorySynchronization)",
    ),
    route(
        "PATCH",
        "v1.0/directory/onPremisesSynchronization/*",
        "graph.onPremisesDirectorySynchronization",
        "-",
    ),
    route(
        "GET",
        "beta/onPremisesPublishingProfiles/provisioning",
        "-",
        "graph.onPremisesPublishingProfile",
    ),
    route(
        "PATCH",
        "beta/onPremisesPublishingProfiles/provisioning",
        "graph.onPremisesPublishingProfile",
        "-",
    ),
    route(
        "GET",
        "beta/onPremisesPublishingProfiles/provisioning/agents",
        "-",
        "Collection(graph.onPremisesAgent)",
    ),
    route(
        "GET",
        "beta/onPremisesPublishingProfiles/provisioning/agentGroups",
        "-",
        "Collection(graph.onPremisesAgentGroup)",
    ),
    route(
        "POST",
        "beta/onPremisesPublishingProfiles/provisioning/agentGroups",
        "graph.onPremisesAgentGroup",
        "graph.onPremisesAgentGroup",
    ),
    route(
        "PATCH",
        "beta/onPremisesPublishingProfiles/provisioning/agentGroups/*",
        "graph.onPremisesAgentGroup",
        "-",
    ),
    route(
        "DELETE",
        "beta/onPremisesPublishingProfiles/provisioning/agentGroups/*",
        "-",
        "-",
    ),
    route(
        "POST",
        "beta/onPremisesPublishingProfiles/provisioning/agents/*/agentGroups/$ref",
        "&",
        "-",
    ),
    route(
        "DELETE",
        "beta/onPremisesPublishingProfiles/provisioning/agents/*/agentGroups/*/$ref",
        "-",
        "-",
    ),
];

/// The route of a request; `path` without query, encoded.
pub fn route_of(method: &str, path: &str) -> Option<&'static Route> {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    ROUTES.iter().find(|route| {
        let expected: Vec<&str> = route.path.split('/').collect();
        route.method == method
            && expected.len() == segments.len()
            && expected
                .iter()
                .zip(&segments)
                .all(|(expected, segment)| *expected == "*" || expected == segment)
    })
}

impl Route {
    /// `v1.0` or `beta`.
    pub fn version(&self) -> &'static str {
        self.path.split('/').next().unwrap()
    }
}

/// What is wrong with an answer to a route: its value or values, and whether they are whole.
pub fn problems(descriptions: &Descriptions, official: &str, answer: &Value, whole: bool) -> Vec<String> {
    let check = |official: &str, value: &Value| match whole {
        true => descriptions.problems_of_whole(official, value),
        false => descriptions.problems(official, value),
    };
    if official.starts_with("Collection(") {
        return match answer.get("value") {
            Some(rows) => check(official, rows),
            None => vec![format!("{answer} is no list")],
        };
    }
    check(official, answer)
}
