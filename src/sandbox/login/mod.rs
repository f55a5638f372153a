//! The sign-in service: authorization codes, device codes, client credentials and refresh tokens, as Entra ID's v2.0
//! endpoints answer.

mod assertion;
mod authorize;
mod device;
mod refusal;
mod scope;
mod sign_ins;
mod token;

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use url::form_urlencoded;

use super::reply::Reply;
use super::seed::{mix, uuid};
use super::tenant::{DOMAINS, Tenant, purpose};
use super::world::World;
pub(super) use assertion::PublicKey;
pub(super) use refusal::Refusal;
pub(super) use scope::Resource;
pub(super) use sign_ins::SignIns;
pub(super) use token::{Caller, TokenFlaw};

/// Microsoft's public clients that tools sign people in with: Exchange REST PowerShell, Azure AD Connect PowerShell,
/// Azure CLI, Graph PowerShell.
const PUBLIC_CLIENTS: [&str; 4] = [
    "fb78d390-0c51-40cd-8e17-fdbfab77341b",
    "1950a258-227b-4e31-a9cf-717495945fc2",
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    "14d82eec-204b-4c2f-b7e8-296a70dab67e",
];

/// Names that mean "whatever tenant the person belongs to".
const ANY_TENANT: [&str; 2] = ["organizations", "common"];

const FORM_LIMIT: usize = 1 << 16;

/// The app registration of the ready file.
pub(super) fn client_id(tenant: &Tenant) -> String {
    uuid(tenant.seed, 0, purpose::CLIENT).to_string()
}

/// Its secret.
pub(super) fn client_secret(tenant: &Tenant) -> String {
    let part = |number| mix(tenant.seed, number, purpose::SECRET);
    format!("sbx8Q~{:016x}{:016x}", part(1), part(2))
}

/// Fields of a form or a query; the last one of a name counts.
type Fields = HashMap<String, String>;

/// Answers everything below `{login}/`.
pub(super) async fn serve(
    State(world): State<Arc<World>>,
    Path(path): Path<String>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let reply = match to_bytes(body, FORM_LIMIT).await {
        Ok(body) => {
            let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
            let form = form_urlencoded::parse(&body).into_owned().collect();
            route(&world, &path, &parts.method, &parts.headers, &query, form)
        }
        Err(_) => Refusal::new(413, "invalid_request", 90_005, "The request is too large.").reply(),
    };
    reply.into_response()
}

fn route(
    world: &World,
    path: &str,
    method: &Method,
    headers: &HeaderMap,
    query: &Fields,
    mut form: Fields,
) -> Reply {
    let Some((tenant, endpoint)) = path.split_once('/') else {
        return Reply::text(404, "");
    };
    if !is_tenant(world, tenant) {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        );
        return Refusal::new(400, "invalid_request", 90_002, &text).reply();
    }
    let answer = match (endpoint, method) {
        ("oauth2/v2.0/authorize", &Method::GET) => authorize::authorize(world, query),
        ("oauth2/v2.0/devicecode", &Method::POST) => device::start(world, &form),
        ("oauth2/v2.0/token", &Method::POST) => {
            basic_credentials(headers, &mut form);
            token::exchange(world, tenant, &form)
        }
        ("oauth2/v2.0/authorize" | "oauth2/v2.0/devicecode" | "oauth2/v2.0/token", _) => Err(Refusal::new(
            405,
            "invalid_request",
            900_561,
            "The endpoint does not accept this HTTP method.",
        )),
        _ => return Reply::text(404, ""),
    };
    answer.unwrap_or_else(|refusal| refusal.reply())
}

/// The tenant's id, one of its domains, or a name for any tenant.
fn is_tenant(world: &World, name: &str) -> bool {
    name.eq_ignore_ascii_case(&world.tenant.id.to_string())
        || DOMAINS
            .iter()
            .any(|(domain, ..)| domain.eq_ignore_ascii_case(name))
        || ANY_TENANT.contains(&name)
}

/// A client may name itself in a Basic header instead of the form.
fn basic_credentials(headers: &HeaderMap, form: &mut Fields) {
    let Some(encoded) = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
    else {
        return;
    };
    let Some(pair) = BASE64_STANDARD
        .decode(encoded)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
    else {
        return;
    };
    let Some((id, secret)) = pair.split_once(':') else {
        return;
    };
    let decode = |text: &str| {
        form_urlencoded::parse(text.as_bytes())
            .next()
            .map(|(text, _)| text.into_owned())
            .unwrap_or_default()
    };
    form.insert("client_id".to_owned(), decode(id));
    form.insert("client_secret".to_owned(), decode(secret));
}

/// A field that has to be there.
fn required<'a>(form: &'a Fields, name: &str) -> Result<&'a str, Refusal> {
    form.get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| {
            let text = format!("The request body must contain the following parameter: '{name}'.");
            Refusal::new(400, "invalid_request", 900_144, &text)
        })
}

/// A client that people can sign in to.
fn delegated_client<'a>(world: &World, form: &'a Fields) -> Result<&'a str, Refusal> {
    let client = required(form, "client_id")?;
    let lower = client.to_ascii_lowercase();
    if PUBLIC_CLIENTS.contains(&lower.as_str()) || lower == client_id(&world.tenant) {
        Ok(client)
    } else {
        Err(unknown_client(client))
    }
}

fn unknown_client(client: &str) -> Refusal {
    let text = format!(
        "Application with identifier '{client}' was not found in the directory 'Contoso'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant."
    );
    Refusal::new(400, "unauthorized_client", 700_016, &text)
}
