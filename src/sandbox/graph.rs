//! Microsoft Graph: versions and batches, the organization and the authority over single users (facts/graph sections
//! 6 and 8). Cloud Sync is answered by `synchronization`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::Method;
use axum::response::Response;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::Fault;
use super::batch::{self, Item};
use super::connection::Connection;
use super::gate::{self, Incoming, Service, late_busy, throttled};
use super::login::{Caller, Resource, TokenFlaw};
use super::reply::{Reply, request_id};
use super::synchronization::{self, Asked};
use super::tenant::{DOMAINS, Kind, time_text};
use super::world::{World, now};

const SERVICE: Service = Service {
    name: "graph",
    is_exchange: false,
    handle: route,
    transient,
};
/// How long ago Connect Sync last ran, in seconds.
const LAST_SYNC: i64 = 17 * 60;

const READ_ORGANIZATION: &str = "Organization.Read.All";
const WRITE_ORGANIZATION: &str = "Organization.ReadWrite.All";
const READ_ME: &str = "User.Read";
const SYNC_BEHAVIOR: &str = "User-OnPremisesSyncBehavior.ReadWrite.All";

/// Answers everything below `{graph}/`.
pub(super) async fn serve(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path(path): Path<String>,
    request: Request<Body>,
) -> Response {
    gate::pass(&world, SERVICE, connection, path, request).await
}

/// An error in Graph's shape; every other one spells `innererror` in lower case.
pub(super) fn refusal(world: &World, status: u16, code: &str, message: &str) -> Reply {
    let number = world.roll();
    let id = request_id(number);
    let name = if number.is_multiple_of(2) {
        "innerError"
    } else {
        "innererror"
    };
    let mut error = json!({ "code": code, "message": message });
    error[name] = json!({
        "date": time_text(now()).trim_end_matches('Z'),
        "request-id": id,
        "client-request-id": id,
    });
    Reply::json(status, &json!({ "error": error })).with("request-id", id)
}

fn transient(world: &World) -> Reply {
    match world.roll() >> 32 & 3 {
        0 => refusal(
            world,
            503,
            "ServiceUnavailable",
            "The service is temporarily unavailable.",
        ),
        1 => refusal(world, 504, "UnknownError", ""),
        _ => refusal(world, 500, "InternalServerError", "An internal error occurred."),
    }
}

fn route(world: &World, incoming: &Incoming) -> Reply {
    let caller = match authorize(world, incoming.header("authorization")) {
        Ok(caller) => caller,
        Err(reply) => return *reply,
    };
    let Some((version @ ("v1.0" | "beta"), path)) = incoming.path.split_once('/') else {
        return refusal(world, 400, "BadRequest", "Invalid version.");
    };
    let beta = version == "beta";
    if path == "$batch" && incoming.method == Method::POST {
        return match batch::read(&incoming.body) {
            Ok(items) => batch::answer(world, items, |item| of_batch(world, &caller, beta, item)),
            Err(message) => refusal(world, 400, "BadRequest", &message),
        };
    }
    let asked = Asked {
        beta,
        method: incoming.method.as_str(),
        path,
        query: &incoming.query,
        body: &incoming.body,
    };
    answer(world, &caller, &asked)
}

/// Answers one request, alone or out of a batch.
fn answer(world: &World, caller: &Caller, asked: &Asked) -> Reply {
    synchronization::route(world, caller, asked).unwrap_or_else(|| resource(world, caller, asked))
}

fn of_batch(world: &World, caller: &Caller, beta: bool, item: &Item) -> Option<Reply> {
    if world.strikes(Fault::Throttle) || world.strikes(Fault::ItemThrottle) {
        return Some(throttled(world));
    }
    if world.strikes(Fault::Error) || world.strikes(Fault::ItemError) {
        return Some(transient(world));
    }
    let missing = world.strikes(Fault::Missing);
    let (path, query) = item.url.split_once('?').unwrap_or((&item.url, ""));
    if item.body.is_some()
        && !item
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json"))
    {
        let text = "Write request id does not contain Content-Type header or body.";
        return Some(refusal(world, 400, "BadRequest", text));
    }
    let body = item.body.as_ref().map(Value::to_string).unwrap_or_default();
    let asked = Asked {
        beta,
        method: &item.method,
        path: &decoded(path.trim_start_matches('/')),
        query,
        body: body.as_bytes(),
    };
    let reply = answer(world, caller, &asked);
    let reply = if world.strikes(Fault::LateBusy) {
        late_busy(world)
    } else {
        reply
    };
    (!missing).then_some(reply)
}

/// A path without its percent signs: a form whose plus signs are protected decodes the same way.
fn decoded(path: &str) -> String {
    let form = format!("path={}", path.replace('&', "%26").replace('+', "%2B"));
    form_urlencoded::parse(form.as_bytes())
        .next()
        .map_or_else(|| path.to_owned(), |(_, path)| path.into_owned())
}

fn authorize(world: &World, authorization: Option<&str>) -> Result<Caller, Box<Reply>> {
    Caller::check(&world.tenant, &world.sign_ins(), authorization, Resource::Graph).map_err(|flaw| {
        let message = match flaw {
            TokenFlaw::Missing => "Access token is empty.",
            TokenFlaw::Invalid => "CompactToken parsing failed with error code: 80049217",
            TokenFlaw::Expired => "Lifetime validation failed, the token is expired.",
            TokenFlaw::OtherAudience => "Access token validation failure. Invalid audience.",
            TokenFlaw::OtherTenant => "Access token validation failure. Invalid tenant.",
        };
        let reply = refusal(world, 401, "InvalidAuthenticationToken", message);
        Box::new(reply.with("www-authenticate", "Bearer realm=\"\", error=\"invalid_token\""))
    })
}

fn resource(world: &World, caller: &Caller, asked: &Asked) -> Reply {
    let (method, path, query) = (asked.method, asked.path, asked.query);
    let body: Option<Value> = serde_json::from_slice(asked.body).ok();
    let allowed = |permission: &str| caller.permissions.iter().any(|held| held == permission);
    let denied = || {
        refusal(
            world,
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    };
    match (method, path.split('/').collect::<Vec<_>>().as_slice()) {
        ("GET", ["organization"]) if allowed(READ_ORGANIZATION) => {
            let row = selected(world, query, organization(world, asked.beta));
            row.map_or_else(
                |reply| *reply,
                |row| {
                    Reply::json(
                        200,
                        &json!({ "@odata.context": context(world, "organization"), "value": [row] }),
                    )
                },
            )
        }
        // Switching it on is the first step of a first configuration; switching it off would end all synchronization.
        ("PATCH", ["organization", id])
            if allowed(WRITE_ORGANIZATION) && id.eq_ignore_ascii_case(&world.tenant.id.to_string()) =>
        {
            match body
                .as_ref()
                .and_then(|body| body["onPremisesSyncEnabled"].as_bool())
            {
                Some(true) => Reply::new(204, Vec::new()),
                _ => refusal(
                    world,
                    400,
                    "Request_BadRequest",
                    "onPremisesSyncEnabled can only be switched on here.",
                ),
            }
        }
        ("GET", ["me"]) if caller.app_only => refusal(
            world,
            400,
            "BadRequest",
            "/me request is only valid with delegated authentication flow.",
        ),
        ("GET", ["me"]) if allowed(READ_ME) => {
            let person = json!({
                "id": super::seed::uuid(world.tenant.seed, 3, super::tenant::purpose::CLIENT),
                "displayName": "Sandbox Admin",
                "userPrincipalName": "admin@contoso.onmicrosoft.com",
                "mail": null,
            });
            let row = selected(world, query, person);
            row.map_or_else(
                |reply| *reply,
                |mut row| {
                    row.insert(
                        "@odata.context".to_owned(),
                        context(world, "users/$entity").into(),
                    );
                    Reply::json(200, &Value::Object(row))
                },
            )
        }
        ("GET" | "PATCH", ["users", id, "onPremisesSyncBehavior"]) if allowed(SYNC_BEHAVIOR) => {
            sync_behavior(world, method == "PATCH", id, body)
        }
        ("GET", ["organization" | "me"]) | ("GET" | "PATCH", ["users", _, "onPremisesSyncBehavior"]) => {
            denied()
        }
        (_, ["organization" | "me"] | ["users", _, "onPremisesSyncBehavior"]) => refusal(
            world,
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        ),
        _ => refusal(
            world,
            400,
            "BadRequest",
            &format!("Resource not found for the segment '{path}'."),
        ),
    }
}

fn context(world: &World, what: &str) -> String {
    format!(
        "{}/v1.0/$metadata#{what}",
        world.root(super::connection::Place::Main, "graph")
    )
}

fn organization(world: &World, beta: bool) -> Value {
    let domains: Vec<Value> = DOMAINS
        .iter()
        .map(|(name, default, initial, _)| {
            json!({ "capabilities": "Email, OfficeCommunicationsOnline", "isDefault": default, "isInitial": initial, "name": name, "type": "Managed" })
        })
        .collect();
    let mut row = json!({
        "id": world.tenant.id,
        "displayName": "Contoso",
        "tenantType": "AAD",
        "onPremisesSyncEnabled": true,
        "onPremisesLastSyncDateTime": time_text(now() - LAST_SYNC),
        "verifiedDomains": domains,
    });
    if beta {
        row["onPremisesLastPasswordSyncDateTime"] = time_text(now() - LAST_SYNC).into();
    }
    row
}

/// The members that `$select` names; all without it. An unknown name fails the request.
fn selected(world: &World, query: &str, row: Value) -> Result<Map<String, Value>, Box<Reply>> {
    let Value::Object(row) = row else {
        return Ok(Map::new());
    };
    let Some((_, select)) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "$select")
    else {
        return Ok(row);
    };
    let mut answer = Map::new();
    for name in select.split(',').map(str::trim) {
        let Some(value) = row.get(name) else {
            let text =
                format!("Could not find a property named '{name}' on type 'microsoft.graph.organization'.");
            return Err(Box::new(refusal(world, 400, "BadRequest", &text)));
        };
        answer.insert(name.to_owned(), value.clone());
    }
    Ok(answer)
}

/// Object-level authority of a user. Status 204 for a PATCH is not verified.
fn sync_behavior(world: &World, write: bool, id: &str, body: Option<Value>) -> Reply {
    let tenant = &world.tenant;
    let found = tenant.resolve(id, &tenant.read()).filter(|index| {
        matches!(
            tenant.row(*index).traits.kind,
            Kind::User | Kind::Shared | Kind::Room | Kind::Equipment | Kind::Linked
        ) && (id.contains('@') || tenant.object_id(*index).to_string().eq_ignore_ascii_case(id))
    });
    let Some(index) = found else {
        let text = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        return refusal(world, 404, "Request_ResourceNotFound", &text);
    };
    if write {
        let Some(flag) = body.as_ref().and_then(|body| body["isCloudManaged"].as_bool()) else {
            return refusal(
                world,
                400,
                "Request_BadRequest",
                "A value for isCloudManaged, true or false, is missing.",
            );
        };
        tenant.write().edit(index).user_cloud_managed = Some(flag);
        return Reply::new(204, Vec::new());
    }
    let row = tenant.row(index);
    let flag = tenant.view(&row, &tenant.read()).is_user_cloud_managed();
    let object = tenant.object_id(index);
    Reply::json(
        200,
        &json!({
            "@odata.context": context(world, &format!("users('{object}')/onPremisesSyncBehavior/$entity")),
            "id": object,
            "isCloudManaged": flag,
        }),
    )
}
