//! The directory audit, as far as it is about configurations (facts/graph section 5.2).

use serde_json::Value;

use super::{SynchronizationClient, provisioning_log::ModifiedAnswer, subject::AUDIT};
use crate::{
    cloud::graph::place::{Place, quoted},
    domain::{
        ServiceError,
        synchronization::{AuditEntry, AuditQuery, ModifiedProperty},
        wire::{Moment, Wire, wire},
    },
};

/// Entries of one page.
const PAGE: &str = "100";
/// The service that changes configurations, as the audit names it.
const SERVICE: &str = "Account Provisioning";
/// Its category.
const CATEGORY: &str = "ProvisioningManagement";

wire! {
    /// An entry.
    pub(super) struct AuditAnswer = "directoryAudit" {
        id: String = "id",
        at: Moment = "activityDateTime",
        activity: String = "activityDisplayName",
        category: String = "category",
        service: String = "loggedByService",
        by: Option<InitiatorAnswer> = "initiatedBy",
        result: String = "result",
        targets: Vec<TargetAnswer> = "targetResources",
    }
}

wire! {
    /// Who did it.
    pub(super) struct InitiatorAnswer = "auditActivityInitiator" {
        app: Option<AppAnswer> = "app",
        user: Option<UserAnswer> = "user",
    }
}

wire! {
    /// An application.
    pub(super) struct AppAnswer = "appIdentity" {
        display_name: Option<String> = "displayName",
        id: Option<String> = "servicePrincipalId",
    }
}

wire! {
    /// A person.
    pub(super) struct UserAnswer = "userIdentity" {
        principal_name: Option<String> = "userPrincipalName",
        display_name: Option<String> = "displayName",
        id: Option<String> = "id",
    }
}

wire! {
    /// What was changed.
    pub(super) struct TargetAnswer = "targetResource" {
        id: String = "id",
        display_name: Option<String> = "displayName",
        modified: Vec<ModifiedAnswer> = "modifiedProperties",
    }
}

impl From<AuditAnswer> for AuditEntry {
    fn from(answer: AuditAnswer) -> Self {
        let by = answer.by.and_then(|by| {
            let person = by
                .user
                .and_then(|user| user.principal_name.or(user.display_name).or(user.id));
            person.or_else(|| by.app.and_then(|app| app.display_name.or(app.id)))
        });
        let mut targets = Vec::new();
        let mut modified = Vec::new();
        for target in answer.targets {
            targets.push(target.display_name.unwrap_or(target.id));
            modified.extend(target.modified.into_iter().map(ModifiedProperty::from));
        }
        Self {
            id: answer.id,
            at: answer.at.0,
            activity: answer.activity,
            by: by.unwrap_or_default(),
            result: answer.result,
            targets,
            modified,
        }
    }
}

/// The forms of the query: the first that the service takes counts, the rest is filtered here. Microsoft's pages give
/// `ge` and `le` for times; whether they go together with the other filters is not known.
fn forms(query: &AuditQuery) -> Vec<Place> {
    let audit = |filter: &str| {
        Place::v1("auditLogs/directoryAudits")
            .with("$filter", filter)
            .with("$orderby", "activityDateTime desc")
            .with("$top", PAGE)
    };
    let service = format!("loggedByService eq {}", quoted(SERVICE));
    let mut dated = service.clone();
    if let Some(after) = query.after {
        dated += &format!(" and activityDateTime ge {after}");
    }
    if let Some(before) = query.before {
        dated += &format!(" and activityDateTime le {before}");
    }
    let whole = match &query.configuration {
        Some(id) => format!("{dated} and targetResources/any(t:t/id eq {})", quoted(id)),
        None => dated.clone(),
    };
    vec![
        audit(&whole),
        audit(&dated),
        audit(&service),
        audit(&format!("category eq {}", quoted(CATEGORY))),
    ]
}

/// Whether an entry is about configurations, and about this one.
fn is_wanted(entry: &AuditAnswer, configuration: Option<&str>) -> bool {
    let is_about = |id: &str| {
        entry
            .targets
            .iter()
            .any(|target| target.id.eq_ignore_ascii_case(id))
    };
    (entry.service.eq_ignore_ascii_case(SERVICE) || entry.category.eq_ignore_ascii_case(CATEGORY))
        && configuration.is_none_or(is_about)
}

impl SynchronizationClient {
    /// One page of the audit of configuration changes, newest first, and what fetches the next page. Needs
    /// `AuditLog.Read.All`; shares the limit of the provisioning log.
    pub async fn audit(
        &self,
        query: &AuditQuery,
        next: Option<&str>,
    ) -> Result<(Vec<AuditEntry>, Option<String>), ServiceError> {
        let page = self
            .report(forms(query), &self.audit_filter, next, "directory audit", &AUDIT)
            .await?;
        let configuration = query.configuration.as_deref();
        let read = |row: &Value| AuditAnswer::read(row).filter(|entry| is_wanted(entry, configuration));
        let entries = page
            .rows
            .iter()
            .filter_map(read)
            .map(AuditEntry::from)
            .filter(|entry| query.accepts(entry))
            .collect();
        Ok((entries, page.next))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_and_what() {
        let read = |value: Value| AuditAnswer::read(&value).unwrap();
        let row = json!({"id": "1", "loggedByService": "account provisioning", "activityDisplayName": "Update schema",
            "initiatedBy": {"user": {"userPrincipalName": "ada@contoso.com"}, "app": null}, "result": "success",
            "targetResources": [{"id": "SP", "displayName": "contoso.com", "modifiedProperties": [{"displayName": "x", "newValue": "1"}]}]});
        let entry = read(row);
        assert!(
            is_wanted(&entry, None) && is_wanted(&entry, Some("sp")) && !is_wanted(&entry, Some("other"))
        );
        let entry = AuditEntry::from(entry);
        assert_eq!(
            (entry.by.as_str(), entry.targets[0].as_str()),
            ("ada@contoso.com", "contoso.com")
        );
        let robot = read(
            json!({"category": "ProvisioningManagement", "initiatedBy": {"app": {"displayName": "Robot"}}, "targetResources": [{"id": "t"}]}),
        );
        assert!(is_wanted(&robot, None));
        assert_eq!(AuditEntry::from(robot).by, "Robot");
        assert!(!is_wanted(&read(json!({"category": "UserManagement"})), None));
    }

    #[test]
    fn times_are_asked_for_and_every_later_form_asks_for_less() {
        let query = AuditQuery {
            configuration: Some("sp".to_owned()),
            after: "2026-11-20T00:00:00Z".parse().ok(),
            before: None,
            object: None,
        };
        let asked: Vec<String> = forms(&query)
            .iter()
            .map(|place| format!("{place:?}").replace("%20", " ").replace("%3A", ":"))
            .collect();
        let timed = |place: &str| place.contains("activityDateTime ge 2026-11-20T00:00:00Z");
        let targeted = |place: &str| place.contains("targetResources");
        assert!(timed(&asked[0]) && targeted(&asked[0]), "{asked:?}");
        assert!(timed(&asked[1]) && !targeted(&asked[1]), "{asked:?}");
        assert!(asked[2..].iter().all(|place| !timed(place) && !targeted(place)));
    }
}
