//! Exchange Online's admin interface: `InvokeCommand`, its batch, and the list of cmdlets a caller may run
//! (facts/exchange sections 1 to 3).

mod batch;
mod cmdlet;
mod filter;
mod get_mailbox;
mod organization;
mod refusal;
mod set_addresses;
mod set_mailbox;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::Method;
use axum::response::Response;
use serde_json::json;

use super::connection::Connection;
use super::gate::{self, Incoming, Service};
use super::login::{Caller, Resource, TokenFlaw};
use super::reply::Reply;
use super::tenant::DOMAINS;
use super::world::World;
use cmdlet::Call;

const SERVICE: Service = Service {
    name: "exchange",
    is_exchange: true,
    handle: route,
    transient: refusal::transient,
};

/// Answers everything below `{exchange}/`.
pub(super) async fn serve(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path(path): Path<String>,
    request: Request<Body>,
) -> Response {
    gate::pass(&world, SERVICE, connection, path, request).await
}

fn route(world: &World, incoming: &Incoming) -> Reply {
    let path: Vec<String> = incoming.path.split('/').map(str::to_ascii_lowercase).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let ["adminapi", version, tenant, endpoint] = path[..] else {
        return Reply::text(404, "");
    };
    let authorization = incoming.header("authorization");
    if endpoint == "$batch" && authorization.is_none() {
        // Every request inside may bring its own.
    } else if let Err(reply) = authorize(world, authorization) {
        return reply;
    }
    let ours = tenant == world.tenant.id.to_string() || DOMAINS.iter().any(|(domain, ..)| *domain == tenant);
    if !ours {
        return Reply::json(
            403,
            &json!({ "error": { "code": "Forbidden", "message": "The tenant in the address is not the tenant of the token." } }),
        );
    }
    match (version, endpoint, &incoming.method) {
        ("beta", "invokecommand", &Method::POST) => {
            Call::of_request(world, incoming).map_or_else(|reply| reply, |call| call.execute())
        }
        ("beta", "$batch", &Method::POST) => batch::run(world, incoming),
        ("v1.0", "exomodulefile", &Method::GET) => cmdlet::module_file(world),
        (_, "invokecommand" | "$batch" | "exomodulefile", _) => Reply::text(405, ""),
        _ => Reply::text(404, ""),
    }
}

/// Checks a token for Exchange: audience, tenant, lifetime, and a permission to administer.
fn authorize(world: &World, authorization: Option<&str>) -> Result<(), Reply> {
    let caller = Caller::check(
        &world.tenant,
        &world.sign_ins(),
        authorization,
        Resource::Exchange,
    );
    let flaw = match caller {
        Ok(caller) => {
            let needed = if caller.app_only {
                "Exchange.ManageAsApp"
            } else {
                "Exchange.Manage"
            };
            if caller.permissions.iter().any(|permission| permission == needed) {
                return Ok(());
            }
            "insufficient_scope"
        }
        Err(TokenFlaw::Missing) => "",
        Err(_) => "invalid_token",
    };
    let challenge = if flaw.is_empty() {
        "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\"".to_owned()
    } else {
        format!("Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", error=\"{flaw}\"")
    };
    Err(Reply::new(401, Vec::new()).with("www-authenticate", challenge))
}
