//! Schemas of jobs as the service makes them (facts/graph section 4).

use serde_json::{Map, Value, json};

use super::clock;
use super::directory::purpose;
use super::job::Job;
use super::kind::{ATTRIBUTE_WRITEBACK, GROUPS, HYBRID_WRITEBACK, PASSWORD_HASH, PROVISIONING};
use crate::sandbox::seed::uuid;

/// Attributes that go from Active Directory to Entra ID: source and target.
const TO_ENTRA: [(&str, &str); 34] = [
    ("displayName", "DisplayName"),
    ("userPrincipalName", "UserPrincipalName"),
    ("givenName", "GivenName"),
    ("sn", "Surname"),
    ("mail", "Mail"),
    ("mailNickname", "MailNickname"),
    ("proxyAddresses", "ProxyAddresses"),
    ("department", "Department"),
    ("title", "JobTitle"),
    ("company", "CompanyName"),
    ("telephoneNumber", "TelephoneNumber"),
    ("mobile", "Mobile"),
    ("facsimileTelephoneNumber", "FacsimileTelephoneNumber"),
    ("streetAddress", "StreetAddress"),
    ("l", "City"),
    ("st", "State"),
    ("postalCode", "PostalCode"),
    ("co", "Country"),
    ("physicalDeliveryOfficeName", "PhysicalDeliveryOfficeName"),
    ("preferredLanguage", "PreferredLanguage"),
    ("employeeID", "EmployeeId"),
    ("employeeType", "EmployeeType"),
    ("manager", "Manager"),
    ("objectGUID", "SourceAnchor"),
    ("objectSid", "OnPremiseSecurityIdentifier"),
    ("sAMAccountName", "OnPremisesSamAccountName"),
    ("distinguishedName", "OnPremisesDistinguishedName"),
    ("msExchMailboxGuid", "MsExchMailboxGuid"),
    ("msExchRecipientTypeDetails", "MsExchRecipientTypeDetails"),
    ("msExchRemoteRecipientType", "MsExchRemoteRecipientType"),
    ("targetAddress", "TargetAddress"),
    ("usageLocation", "UsageLocation"),
    ("thumbnailPhoto", "ThumbnailPhoto"),
    ("userCertificate", "UserCertificate"),
];

/// The set of Exchange hybrid writeback (facts/graph section 9).
const HYBRID: [&str; 9] = [
    "cloudAnchor",
    "cloudLegacyExchangeDN",
    "cloudMSExchArchiveStatus",
    "cloudMSExchBlockedSendersHash",
    "cloudMSExchSafeRecipientsHash",
    "cloudMSExchSafeSendersHash",
    "cloudMSExchTeamMailboxExpiration",
    "cloudMSExchUCVoiceMailSettings",
    "cloudMSExchUserHoldPolicies",
];

/// The schema of a job as it would be without anybody's changes, `@odata.context` not included.
/// `weight` makes the metadata of the AD to Entra schema longer.
pub(super) fn default_schema(job: &Job, seed: u64, weight: usize) -> Value {
    let kind = job.kind();
    let mut mappings = Vec::new();
    let mut metadata = vec![json!({ "key": "Version", "value": "2" })];
    if kind.is(PROVISIONING) {
        for (name, source, target) in [
            ("Provision Active Directory users", "user", "User"),
            (
                "Provision Active Directory inetOrgPersons",
                "inetOrgPerson",
                "User",
            ),
            ("Provision Active Directory contacts", "contact", "Contact"),
            ("Provision Active Directory groups", "group", "Group"),
        ] {
            let attributes = TO_ENTRA
                .iter()
                .enumerate()
                .map(|(at, (from, to))| to_entra(at, from, to));
            mappings.push(object(
                name,
                source,
                target,
                attributes.collect(),
                system_filter(),
            ));
        }
        metadata.push(json!({ "key": "defaultSourceObjectMappings", "value": defaults(weight) }));
    } else if kind.is(PASSWORD_HASH) {
        let hash = attribute("CredentialData", "PasswordHash", "FlowWhenChanged", "Always");
        mappings.push(object(
            "Provision Active Directory users",
            "user",
            "User",
            vec![
                attribute("SourceAnchor", "objectGUID", "FlowWhenChanged", "Always"),
                hash,
            ],
            system_filter(),
        ));
    } else if kind.is(HYBRID_WRITEBACK) {
        let attributes = HYBRID
            .iter()
            .map(|name| attribute(name, name, "FlowWhenChanged", "Always"))
            .collect();
        mappings.push(object(
            "Write back Exchange attributes",
            "User",
            "user",
            attributes,
            json!({ "groups": [], "inputFilterGroups": [], "categoryFilterGroups": [] }),
        ));
    } else if kind.is(GROUPS) {
        let attributes = [
            ("displayName", "cn"),
            ("description", "description"),
            ("members", "member"),
            ("objectId", "msDS-ExternalDirectoryObjectId"),
        ]
        .iter()
        .map(|(from, to)| attribute(to, from, "FlowWhenChanged", "Always"))
        .collect();
        mappings.push(object(
            "Provision Microsoft Entra groups",
            "Group",
            "group",
            attributes,
            json!({ "groups": [], "inputFilterGroups": [], "categoryFilterGroups": [] }),
        ));
    } else if kind.is(ATTRIBUTE_WRITEBACK) {
        mappings.push(writeback(job.legacy_mappings));
    }
    let containers: Vec<&String> = job.containers.iter().collect();
    json!({
        "id": job.id(),
        "version": version(job, seed),
        "synchronizationRules": [{
            "editable": true,
            "id": kind.rule,
            "name": kind.template,
            "priority": 0,
            "sourceDirectoryName": kind.source_system,
            "targetDirectoryName": kind.target_system,
            "containerFilter": { "includedContainers": containers },
            "groupFilter": { "includedGroups": [] },
            "metadata": metadata,
            "objectMappings": mappings,
        }],
    })
}

/// The text of `version`: changes with every write.
pub(super) fn version(job: &Job, seed: u64) -> String {
    let number = (job.label.number << 16) + job.writes.schema as u32;
    let activity = uuid(seed, number, purpose::ACTIVITY + 0x200);
    format!("Date:{}, ActivityId:{activity}", clock::text(job.schema_at))
}

fn attribute(target: &str, source: &str, behavior: &str, flow: &str) -> Value {
    json!({
        "defaultValue": null,
        "exportMissingReferences": false,
        "flowBehavior": behavior,
        "flowType": flow,
        "matchingPriority": 0,
        "targetAttributeName": target,
        "source": { "expression": format!("[{source}]"), "name": source, "type": "Attribute", "parameters": [] },
    })
}

/// Plain mappings, functions with parameters and a matching attribute. Members that no published type has are there
/// too, spelled as annotations.
fn to_entra(at: usize, source: &str, target: &str) -> Value {
    let mut mapping = attribute(
        target,
        source,
        "FlowWhenChanged",
        if at % 7 == 6 { "ObjectAddOnly" } else { "Always" },
    );
    if source == "objectGUID" {
        mapping["matchingPriority"] = 1.into();
    }
    if at.is_multiple_of(3) {
        let inner = json!({ "expression": format!("[{source}]"), "name": source, "type": "Attribute", "parameters": [] });
        mapping["source"] = json!({
            "expression": format!("Trim([{source}])"),
            "name": "Trim",
            "type": "Function",
            "parameters": [{ "key": "source", "value": inner }],
        });
    }
    if at.is_multiple_of(5) {
        mapping["source@sandbox.origin"] = "default".into();
        mapping["@sandbox.weight"] = json!(1.0 + at as f64 / 4.0);
    }
    mapping
}

fn object(name: &str, source: &str, target: &str, attributes: Vec<Value>, scope: Value) -> Value {
    json!({
        "enabled": true,
        "flowTypes": "Add,Update,Delete",
        "name": name,
        "sourceObjectName": source,
        "targetObjectName": target,
        "attributeMappings": attributes,
        "scope": scope,
        "metadata": [{ "key": "EscrowBehavior", "value": "Default" }],
    })
}

fn clause(operand: &str, operator: &str, values: &[&str]) -> Value {
    json!({ "sourceOperandName": operand, "operatorName": operator, "targetOperand": { "values": values } })
}

/// The filters every AD to Entra job has.
fn system_filter() -> Value {
    json!({
        "groups": [],
        "categoryFilterGroups": [],
        "inputFilterGroups": [
            { "name": "", "clauses": [clause("isCriticalSystemObject", "IS FALSE", &[])] },
            { "name": "", "clauses": [clause("cn", "NOT REGEX MATCH", &["^(SystemMailbox\\{|CAS_\\{|SUPPORT_388945a0)"])] },
        ],
    })
}

/// Writeback of Exchange Online's attributes: 23 of them, since 2026-08-03 also `mail` (facts/graph section 9). The old
/// one has a mapping and a filter of its own that nobody may lose.
fn writeback(legacy: bool) -> Value {
    let mut names: Vec<String> = (1..=15)
        .map(|number| format!("extensionAttribute{number}"))
        .collect();
    names.extend((1..=5).map(|number| format!("msExchExtensionCustomAttribute{number}")));
    names.extend(
        [
            "msExchRecipientDisplayType",
            "msExchRecipientTypeDetails",
            "proxyAddresses",
        ]
        .map(str::to_owned),
    );
    let mut attributes: Vec<Value> = names
        .iter()
        .map(|name| attribute(name, name, "FlowWhenChanged", "Always"))
        .collect();
    let mut groups = json!([]);
    if legacy {
        let inner = json!({ "expression": "[extensionAttribute14]", "name": "extensionAttribute14", "type": "Attribute", "parameters": [] });
        let mut custom = attribute("info", "", "FlowWhenChanged", "Always");
        custom["source"] = json!({
            "expression": "Append([extensionAttribute14], \" (cloud)\")",
            "name": "Append",
            "type": "Function",
            "parameters": [
                { "key": "source", "value": inner },
                { "key": "suffix", "value": { "expression": "\" (cloud)\"", "name": " (cloud)", "type": "Constant", "parameters": [] } },
            ],
        });
        attributes.push(custom);
        groups =
            json!([{ "name": "Pilot", "clauses": [clause("extensionAttribute1", "EQUALS", &["pilot"])] }]);
    } else {
        attributes.push(attribute("mail", "Mail", "FlowWhenChanged", "Always"));
    }
    object(
        "Write back Exchange Online attributes of users",
        "User",
        "user",
        attributes,
        json!({ "groups": groups, "inputFilterGroups": [], "categoryFilterGroups": [] }),
    )
}

/// A long JSON text with numeric enumerations, which must travel untouched.
fn defaults(weight: usize) -> String {
    let mapping = |name: &str, number: usize| {
        let mut mapping = Map::new();
        mapping.insert("DefaultValue".into(), Value::Null);
        mapping.insert("FlowBehavior".into(), (number % 2).into());
        mapping.insert("FlowTypes".into(), 7.into());
        mapping.insert("MatchingPriority".into(), 0.into());
        mapping.insert(
            "Source".into(),
            json!({ "Expression": format!("[{name}]"), "Name": name, "Type": 0, "Weight": 1.50 }),
        );
        mapping.insert("TargetAttributeName".into(), name.into());
        Value::Object(mapping)
    };
    let all: Vec<Value> = (0..weight)
        .map(|round| json!({ "SourceObjectName": format!("user{round}"), "AttributeMappings": TO_ENTRA.iter().enumerate().map(|(at, (name, _))| mapping(name, at)).collect::<Vec<_>>() }))
        .collect();
    Value::from(all).to_string()
}
