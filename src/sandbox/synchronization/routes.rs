//! From a path to the part that answers.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::clock::Ticks;
use super::permission::Needs;
use super::query::Query;
use super::topology::Expand;
use super::{CloudSync, agents, jobs, principals, reports, tenant_settings};
use crate::sandbox::Fault;
use crate::sandbox::connection::Place;
use crate::sandbox::graph::refusal;
use crate::sandbox::login::Caller;
use crate::sandbox::reply::Reply;
use crate::sandbox::tenant::Tenant;
use crate::sandbox::world::World;

/// A request below `v1.0` or `beta`, alone or out of a batch.
pub(in crate::sandbox) struct Asked<'a> {
    pub beta: bool,
    pub method: &'a str,
    /// Decoded, without a slash in front.
    pub path: &'a str,
    pub query: &'a str,
    pub body: &'a [u8],
}

/// A request while it is answered.
pub(super) struct Context<'a> {
    pub world: &'a World,
    pub caller: &'a Caller,
    pub beta: bool,
    pub method: &'a str,
    pub query: Query,
    pub body: &'a [u8],
    pub sync: &'a mut CloudSync,
    pub now: Ticks,
}

/// Answers what belongs to Cloud Sync; nothing for other paths.
pub(in crate::sandbox) fn route(world: &World, caller: &Caller, asked: &Asked) -> Option<Reply> {
    let segments: Vec<&str> = asked.path.split('/').collect();
    // Names of paths have no case; ids have.
    let lower: Vec<String> = segments
        .iter()
        .map(|segment| segment.to_ascii_lowercase())
        .collect();
    let names: Vec<&str> = lower.iter().map(String::as_str).collect();
    let owned = matches!(
        names.as_slice(),
        ["serviceprincipals", ..]
            | ["applicationtemplates", _, "instantiate"]
            | ["onpremisespublishingprofiles", ..]
            | ["auditlogs", "provisioning" | "directoryaudits"]
            | ["directory", "onpremisessynchronization", ..]
    );
    if !owned {
        return None;
    }
    let mut sync = world.cloud_sync();
    let now = sync.advance(&world.tenant);
    sync.everything.count(Instant::now());
    let context = &mut Context {
        world,
        caller,
        beta: asked.beta,
        method: asked.method,
        query: Query::parse(asked.query),
        body: asked.body,
        sync: &mut sync,
        now,
    };
    if world.strikes(Fault::InsufficientClaims) {
        return Some(context.insufficient_claims());
    }
    Some(match names.as_slice() {
        ["serviceprincipals"] => principals::list(context),
        ["serviceprincipals", _] => principals::one(context, segments[1]),
        ["serviceprincipals", _, "synchronization", rest @ ..] => {
            jobs::route(context, segments[1], rest, &segments[3..])
        }
        ["applicationtemplates", _, "instantiate"] => principals::instantiate(context, segments[1]),
        ["onpremisespublishingprofiles", "provisioning", rest @ ..] if asked.beta => {
            agents::route(context, rest, &segments[2..])
        }
        ["auditlogs", "provisioning"] => reports::provisioning(context),
        ["auditlogs", _] => reports::audits(context),
        ["directory", _, rest @ ..] => tenant_settings::route(context, rest),
        _ => {
            let text = format!("Resource not found for the segment '{}'.", segments[0]);
            context.refuse(400, "BadRequest", &text)
        }
    })
}

impl Context<'_> {
    pub fn tenant(&self) -> &Tenant {
        &self.world.tenant
    }

    pub fn seed(&self) -> u64 {
        self.world.tenant.seed
    }

    pub fn refuse(&self, status: u16, code: &str, message: &str) -> Reply {
        refusal(self.world, status, code, message)
    }

    /// An error of the synchronization service: JSON inside the message (facts/graph section 0, finding 8).
    pub fn nested(&self, status: u16, code: &str, message: Option<&str>) -> Reply {
        let inner = json!({ "error": { "code": code, "message": message, "target": null, "details": [], "innerError": null } });
        self.refuse(status, "UnknownError", &inner.to_string())
    }

    /// 403 unless the caller has what it needs. Some refusals have an empty code (facts/graph section 8).
    pub fn needs(&self, needs: &Needs) -> Result<(), Box<Reply>> {
        if needs.allow(self.caller) {
            return Ok(());
        }
        let code = if self.world.roll().is_multiple_of(3) {
            ""
        } else {
            "Authorization_RequestDenied"
        };
        let text = "Insufficient privileges to complete the operation.";
        Err(Box::new(self.refuse(403, code, text)))
    }

    fn insufficient_claims(&self) -> Reply {
        let claims = "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19";
        let header = format!("Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{claims}\"");
        let text =
            "The presented access token does not satisfy the requirements of a conditional access policy.";
        self.refuse(403, "insufficient_claims", text)
            .with("www-authenticate", header)
    }

    pub fn not_allowed(&self) -> Reply {
        let text = "Specified HTTP method is not allowed for the request target.";
        self.refuse(405, "Request_BadRequest", text)
    }

    pub fn not_found(&self, id: &str) -> Reply {
        let text = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        self.refuse(404, "Request_ResourceNotFound", &text)
    }

    pub fn unknown_property(&self, name: &str) -> Reply {
        let text = format!("Could not find a property named '{name}'.");
        self.refuse(400, "BadRequest", &text)
    }

    /// 429 that says how long to wait, rounded up, unless it is told not to.
    pub fn throttled(&self, wait: Duration) -> Reply {
        self.world.count_throttled();
        let reply = self.refuse(429, "TooManyRequests", "Too many requests.");
        if self.world.strikes(Fault::NoRetryAfter) {
            return reply;
        }
        reply.with("retry-after", wait.as_secs_f64().ceil().to_string())
    }

    pub fn root(&self) -> String {
        let version = if self.beta { "beta" } else { "v1.0" };
        format!("{}/{version}", self.world.root(Place::Main, "graph"))
    }

    pub fn context(&self, what: &str) -> String {
        format!("{}/$metadata#{what}", self.root())
    }

    pub fn expand(&self) -> Expand {
        Expand::parse(self.query.get("$expand").unwrap_or_default())
    }

    /// The body as JSON, or a refusal.
    pub fn json(&self) -> Result<Value, Box<Reply>> {
        serde_json::from_slice(self.body)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| Box::new(self.refuse(400, "BadRequest", "The body is not a JSON object.")))
    }

    /// A list, after `$select`.
    pub fn list(&self, what: &str, rows: Vec<Value>) -> Reply {
        let rows: Result<Vec<Value>, String> = rows.into_iter().map(|row| self.query.select(row)).collect();
        match rows {
            Ok(rows) => self.answer(
                200,
                json!({ "@odata.context": self.context(what), "value": rows }),
            ),
            Err(name) => self.unknown_property(&name),
        }
    }

    /// One object with its context, after `$select`.
    pub fn entity(&self, status: u16, what: &str, row: Value) -> Reply {
        match self.query.select(row) {
            Ok(Value::Object(row)) => {
                let mut out = serde_json::Map::new();
                out.insert("@odata.context".to_owned(), self.context(what).into());
                out.extend(row);
                self.answer(status, Value::Object(out))
            }
            Ok(_) => self.refuse(500, "InternalServerError", ""),
            Err(name) => self.unknown_property(&name),
        }
    }

    /// Finished JSON; with words nobody knows when that fault is on.
    pub fn answer(&self, status: u16, mut body: Value) -> Reply {
        if self.world.strikes(Fault::UnknownWord) {
            strange(&mut body);
        }
        Reply::json(status, &body)
    }

    pub fn done(&self) -> Reply {
        Reply::new(204, Vec::new())
    }
}

/// Members of enumerations a later service may have, by the name of the property.
const STRANGE: [(&str, &str); 7] = [
    ("status", "hibernating"),
    ("state", "Hibernating"),
    ("code", "Hibernating"),
    ("reason", "EncounteredSolarFlare"),
    ("provisioningAction", "transmute"),
    ("provisioningStepType", "divination"),
    ("publishingType", "adAdministration"),
];

/// Replaces members of enumerations by unknown ones and adds unknown properties.
fn strange(value: &mut Value) {
    match value {
        Value::Array(rows) => rows.iter_mut().for_each(strange),
        Value::Object(row) => {
            for (name, member) in row.iter_mut() {
                match (
                    member.is_string(),
                    STRANGE.iter().find(|(known, _)| known == name),
                ) {
                    (true, Some((_, word))) => *member = (*word).into(),
                    _ => strange(member),
                }
            }
            if let Some(types) = row
                .get_mut("supportedPublishingTypes")
                .and_then(Value::as_array_mut)
            {
                types.push("adAdministration".into());
            }
            if row.contains_key("id") {
                row.insert(
                    "sandboxFuture".to_owned(),
                    json!({ "since": 2027, "shape": ["round", null] }),
                );
            }
        }
        _ => {}
    }
}
