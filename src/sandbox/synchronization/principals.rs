//! Service principals, and how new ones come to be (facts/graph sections 2.2 and 2.4).

use serde_json::json;
use uuid::Uuid;

use super::audit;
use super::clock::SECOND;
use super::configuration::Configuration;
use super::filter::{Field, Filter, Kind, Operation as Op, Row, Value as Found};
use super::kind::KINDS;
use super::log::Initiator;
use super::permission::{READ_PRINCIPALS, WRITE_PRINCIPALS};
use super::routes::Context;
use crate::sandbox::reply::Reply;

/// A new service principal is not to be found before this time.
const APPEARS_AFTER: i64 = 3 * SECOND;

const FIELDS: &[Field] = &[
    Field("applicationTemplateId", Kind::Text, &[Op::Equal]),
    Field("displayName", Kind::Text, &[Op::Equal, Op::StartsWith]),
    Field("appId", Kind::Text, &[Op::Equal]),
    Field("id", Kind::Text, &[Op::Equal]),
];

impl Row for Configuration {
    fn value(&self, field: &str) -> Found {
        Found::Text(match field {
            "applicationTemplateId" => self.application_template.clone(),
            "displayName" => self.display_name.clone(),
            "appId" => self.app_id.to_string(),
            _ => self.id.to_string(),
        })
    }
}

/// `GET /servicePrincipals`
pub(super) fn list(context: &mut Context) -> Reply {
    context.sync.asks.service_principals += 1;
    if context.method != "GET" {
        return context.not_allowed();
    }
    if let Err(reply) = context.needs(&READ_PRINCIPALS) {
        return *reply;
    }
    let filter = match Filter::parse(context.query.get("$filter").unwrap_or_default(), FIELDS) {
        Ok(filter) => filter,
        Err(message) => return context.refuse(400, "Request_UnsupportedQuery", &message),
    };
    let rows = context
        .sync
        .configurations
        .iter()
        .filter(|it| it.visible <= context.now && filter.accepts(*it))
        .map(Configuration::json);
    context.list("servicePrincipals", rows.collect())
}

/// `GET` and `DELETE /servicePrincipals/{id}`
pub(super) fn one(context: &mut Context, id: &str) -> Reply {
    context.sync.asks.service_principals += 1;
    let needs = match context.method {
        "GET" => READ_PRINCIPALS,
        "DELETE" => WRITE_PRINCIPALS,
        _ => return context.not_allowed(),
    };
    if let Err(reply) = context.needs(&needs) {
        return *reply;
    }
    let Some(place) = context.place(id) else {
        return context.not_found(id);
    };
    if context.method == "GET" {
        let row = context.sync.configurations[place].json();
        return context.entity(200, "servicePrincipals/$entity", row);
    }
    let gone = context.sync.configurations.remove(place);
    context.note(audit::DELETE, (gone.id, gone.display_name), None);
    context.done()
}

/// `POST /applicationTemplates/{id}/instantiate`
pub(super) fn instantiate(context: &mut Context, template: &str) -> Reply {
    context.sync.asks.instantiate += 1;
    if context.method != "POST" {
        return context.not_allowed();
    }
    if let Err(reply) = context.needs(&WRITE_PRINCIPALS) {
        return *reply;
    }
    let body = match context.json() {
        Ok(body) => body,
        Err(reply) => return *reply,
    };
    let Some(name) = body["displayName"]
        .as_str()
        .filter(|name| !name.trim().is_empty())
    else {
        return context.refuse(
            400,
            "Request_BadRequest",
            "A value is required for property 'displayName'.",
        );
    };
    if !KINDS
        .iter()
        .any(|kind| kind.application.eq_ignore_ascii_case(template))
    {
        return context.not_found(template);
    }
    let seed = context.seed();
    let ids = context.sync.next_ids(seed);
    let mut it = Configuration::new(ids, name, &template.to_ascii_lowercase(), context.now);
    it.visible = context.now + APPEARS_AFTER;
    let answer = json!({ "application": it.application_json(), "servicePrincipal": it.json() });
    context.note(audit::ADD, (it.id, it.display_name.clone()), None);
    context.sync.configurations.push(it);
    context.entity(201, "microsoft.graph.applicationServicePrincipal", answer)
}

impl Context<'_> {
    /// The place of a configuration that can be found by now.
    pub fn place(&self, id: &str) -> Option<usize> {
        let id = Uuid::try_parse(id).ok()?;
        let now = self.now;
        self.sync
            .configurations
            .iter()
            .position(|it| it.id == id && it.visible <= now)
    }

    /// Writes an audit entry in the caller's name.
    pub fn note(
        &mut self,
        activity: &'static str,
        target: (Uuid, String),
        modified: Option<(&'static str, String, String)>,
    ) {
        let by = Initiator::of(self.caller);
        self.sync.audits.write(self.now, activity, by, target, modified);
    }
}
