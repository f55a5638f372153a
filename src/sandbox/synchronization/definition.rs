//! `directoryDefinition`: what a directory's objects look like (facts/graph section 4).

use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::{self, Ticks};
use super::directory::purpose;
use super::job::Job;
use super::kind::DIRECTORY;
use crate::sandbox::seed::uuid;

/// Attributes of users in Active Directory; the schema of Exchange brings `mailNickName` and the `msExch` ones.
const ON_PREMISES: [&str; 22] = [
    "objectGUID",
    "objectSid",
    "sAMAccountName",
    "userPrincipalName",
    "displayName",
    "givenName",
    "sn",
    "mail",
    "mailNickName",
    "proxyAddresses",
    "department",
    "title",
    "telephoneNumber",
    "manager",
    "member",
    "info",
    "extensionAttribute1",
    "extensionAttribute14",
    "msExchRecipientTypeDetails",
    "msExchRecipientDisplayType",
    "msExchExtensionCustomAttribute1",
    "msDS-ExternalDirectoryObjectId",
];
const CLOUD: [&str; 12] = [
    "ObjectId",
    "UserPrincipalName",
    "DisplayName",
    "GivenName",
    "Surname",
    "Mail",
    "MailNickname",
    "ProxyAddresses",
    "Department",
    "JobTitle",
    "Manager",
    "SourceAnchor",
];

/// The two directories of a job: source and target.
pub(super) fn definitions(job: &Job, seed: u64, discovered: Option<Ticks>) -> Vec<Value> {
    [job.kind().source_system, job.kind().target_system]
        .into_iter()
        .zip(1..)
        .map(|(name, side)| definition(id(job, seed, side), name, discovered.unwrap_or(job.created)))
        .collect()
}

fn id(job: &Job, seed: u64, side: u64) -> Uuid {
    uuid(seed, job.label.number, purpose::DIRECTORY + side)
}

fn definition(id: Uuid, name: &str, discovered: Ticks) -> Value {
    let on_premises = name == DIRECTORY;
    let names: &[&str] = if on_premises { &ON_PREMISES } else { &CLOUD };
    let attributes: Vec<Value> = names.iter().map(|name| attribute(name)).collect();
    let kinds: &[&str] = if on_premises {
        &["user", "inetOrgPerson", "group", "contact"]
    } else {
        &["User", "Group", "Contact"]
    };
    let objects: Vec<Value> = kinds
        .iter()
        .map(|kind| json!({ "name": kind, "supportedApis": [], "metadata": [], "attributes": attributes }))
        .collect();
    json!({
        "id": id,
        "name": name,
        "readOnly": false,
        "version": clock::text(discovered),
        "discoveryDateTime": clock::text(discovered),
        "discoverabilities": if on_premises { "AttributeNames, AttributeDataTypes, AttributeReadOnly" } else { "None" },
        "objects": objects,
    })
}

fn attribute(name: &str) -> Value {
    let kind = match name {
        "objectGUID" | "objectSid" => "Binary",
        "manager" | "member" | "Manager" => "Reference",
        "msExchRecipientTypeDetails" | "msExchRecipientDisplayType" => "Integer",
        _ => "String",
    };
    json!({
        "name": name,
        "type": kind,
        "anchor": matches!(name, "objectGUID" | "ObjectId"),
        "required": false,
        "multivalued": name.eq_ignore_ascii_case("proxyAddresses") || name == "member",
        "mutability": if matches!(name, "objectGUID" | "objectSid" | "ObjectId") { "ReadOnly" } else { "ReadWrite" },
        "caseExact": false,
        "flowNullValues": false,
        "defaultValue": null,
        "apiExpressions": [],
        "metadata": [],
        "referencedObjects": [],
    })
}
