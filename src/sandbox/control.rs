//! The truth about the sandbox, and levers for tests. No sign-in; callers on this machine only.
//!
//! | request | does |
//! |---|---|
//! | `GET state` | counts of the tenant and of what callers did (design section 4) |
//! | `GET writes` | `{"total","distinct","redundant","mailboxes":{id:calls}}` of `Set-Mailbox` calls of the flag |
//! | `GET mailboxes/{id}` | all attributes of one mailbox as they are, and `setCalls` |
//! | `POST approve` | signs in all waiting device codes |
//! | `POST device-codes/expire` | lets all waiting device codes expire |
//! | `POST faults` | body: a fault specification that replaces the one in force; empty for none |
//! | `POST tokens/expire` | access tokens given out so far are refused |
//! | `POST tokens/revoke` | refresh tokens given out so far are refused as well |
//! | `POST tokens/lifetime` | body: seconds that access tokens live from now on |
//! | `POST certificate` | body: RSA key or certificate that assertions must be signed with from now on |
//! | `POST refuse-sign-in` | body: AADSTS number every sign-in ends in; empty to let them through again |
//! | `POST deny` | body: comma list of cmdlets the caller's roles lack from now on; empty for none |
//!
//! Below `synchronization/`, for Cloud Sync (jobs and agents by their ids; all times are sandbox time):
//!
//! | request | does |
//! |---|---|
//! | `POST pace` | body: how many seconds pass in a second from now on |
//! | `POST advance` | body: how many seconds pass at once |
//! | `POST story` | body: `on` begins the story of the demo again, `off` ends it |
//! | `POST agents/{id}/silence`, `vanish`, `revive` | nothing is heard of an agent any more; it is forgotten at once; it is back |
//! | `POST jobs/{id}/delete` | the job is gone, as if somebody else had deleted it |
//! | `POST jobs/{id}/fail` | body: error code every execution fails with from now on; empty for none |
//! | `POST jobs/{id}/removals` | body: how many people vanish from the source of an AD to Entra job |
//! | `POST jobs/{id}/restore` | people that vanished and were not deleted yet are back |
//! | `POST jobs/{id}/schema` | the schema is changed, as if by somebody else |
//! | `GET jobs/{id}/subjects` | `{"inScope","outOfScope","failing"}`: examples to provision on demand |
//!
//! Faults of Cloud Sync: `unknown-word`, `unknown-kind`, `insufficient-claims`, `no-retry-after`, `empty-page`, and
//! `foreign-link` in its logs. `GET state` has `synchronization`: `time`, `pace`, `jobs`, `agents`, `requests` by class
//! of path, `mostInTenSeconds` of reports, of provisioning on demand and of all requests (refused ones included; real
//! seconds), `throttled` of the first two, `writes` by job, `secretWrites` by configuration, `logRows`.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::Method;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::connection::Connection;
use super::login::{PublicKey, Refusal};
use super::reply::Reply;
use super::tenant::Selection;
use super::world::World;
use super::{BODY_LIMIT, Faults, synchronization};

/// Answers everything below `{control}/`.
pub(super) async fn serve(
    State(world): State<Arc<World>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Path(path): Path<String>,
    request: Request<Body>,
) -> Response {
    if !connection.peer.ip().is_loopback() {
        return Reply::text(403, "The control service answers callers on this machine only.").into_response();
    }
    let method = request.method().clone();
    let reply = match to_bytes(request.into_body(), BODY_LIMIT).await {
        Ok(body) => route(&world, &method, &path, &body),
        Err(_) => Reply::text(413, "The request is too large."),
    };
    reply.into_response()
}

fn route(world: &World, method: &Method, path: &str, body: &[u8]) -> Reply {
    world.settle();
    let text = String::from_utf8_lossy(body);
    match (method, path.split_once('/').unwrap_or((path, ""))) {
        (&Method::GET, ("state", "")) => Reply::json(200, &world.state()),
        (&Method::GET, ("writes", "")) => writes(world),
        (&Method::GET, ("mailboxes", id)) => mailbox(world, id),
        (&Method::GET | &Method::POST, ("synchronization", path)) => {
            let answer = synchronization::control(world, method == Method::POST, path, &text);
            answer.unwrap_or_else(|| Reply::text(404, "There is no such control."))
        }
        (&Method::POST, ("approve", "")) => {
            let approved = world.sign_ins().approve();
            Reply::json(200, &json!({ "approved": approved }))
        }
        (&Method::POST, ("faults", "")) => match Faults::parse(&text) {
            Ok(faults) => {
                world.set_faults(faults);
                done()
            }
            Err(error) => Reply::text(400, &error.to_string()),
        },
        (&Method::POST, ("tokens", "expire")) => {
            world.sign_ins().expire_tokens();
            done()
        }
        (&Method::POST, ("tokens", "revoke")) => {
            world.sign_ins().revoke();
            done()
        }
        (&Method::POST, ("tokens", "lifetime")) => match text.trim().parse::<i64>() {
            Ok(seconds @ 1..=86_400) => {
                world.sign_ins().set_lifetime(seconds);
                done()
            }
            _ => Reply::text(400, "The body is the lifetime in seconds, from 1 to 86400."),
        },
        (&Method::POST, ("device-codes", "expire")) => {
            world.sign_ins().expire_device_codes();
            done()
        }
        (&Method::POST, ("certificate", "")) => match PublicKey::parse(body) {
            Some(key) => {
                world.sign_ins().register_key(key);
                done()
            }
            None => Reply::text(
                400,
                "The body is an RSA key: a certificate, SubjectPublicKeyInfo or RSAPublicKey, PEM or DER.",
            ),
        },
        (&Method::POST, ("refuse-sign-in", "")) => refuse_sign_in(world, text.trim()),
        (&Method::POST, ("deny", "")) => {
            let cmdlets = text
                .split(',')
                .map(|name| name.trim().to_ascii_lowercase())
                .filter(|name| !name.is_empty());
            world.deny(cmdlets.collect());
            done()
        }
        _ => Reply::text(404, "There is no such control."),
    }
}

fn done() -> Reply {
    Reply::new(204, Vec::new())
}

/// Sign-ins end in the AADSTS number given; an empty body lets them through again.
fn refuse_sign_in(world: &World, number: &str) -> Reply {
    let refusal = number.parse().ok().and_then(Refusal::ordered);
    if refusal.is_none() && !number.is_empty() {
        return Reply::text(400, "The body is an AADSTS number the sandbox knows, or empty.");
    }
    world.sign_ins().order_refusal(refusal);
    done()
}

/// How often flags were written: calls, mailboxes with a call, writes that changed nothing, and calls by mailbox.
fn writes(world: &World) -> Reply {
    let changes = world.tenant.read();
    let calls = changes
        .calls()
        .map(|(index, calls)| (world.tenant.object_id(index).to_string(), calls.into()));
    let calls: Map<String, Value> = calls.collect();
    Reply::json(
        200,
        &json!({
            "total": changes.set_calls,
            "distinct": calls.len(),
            "redundant": changes.redundant,
            "mailboxes": calls,
        }),
    )
}

/// Members of a row as `mailboxes list` names them (design section 2), and their names on the wire.
const LISTED: [(&str, &str); 8] = [
    ("id", "ExternalDirectoryObjectId"),
    ("displayName", "DisplayName"),
    ("userPrincipalName", "UserPrincipalName"),
    ("primarySmtpAddress", "PrimarySmtpAddress"),
    ("recipientTypeDetails", "RecipientTypeDetails"),
    ("isDirSynced", "IsDirSynced"),
    ("isExchangeCloudManaged", "IsExchangeCloudManaged"),
    ("whenChangedUtc", "WhenChangedUTC"),
];

/// All attributes of one mailbox, booleans as booleans, and how often its flag was called for. The members of a list
/// row come in both spellings, so that scripts can compare either way.
fn mailbox(world: &World, id: &str) -> Reply {
    let tenant = &world.tenant;
    let changes = tenant.read();
    let Some(index) = tenant.resolve(id, &changes) else {
        return Reply::text(404, "There is no such mailbox.");
    };
    let mut row = tenant.row(index);
    row.traits.texts_for_booleans = false;
    let mut body = Vec::new();
    tenant
        .view(&row, &changes)
        .write_json(&mut body, &Selection::all(), false);
    let Ok(Value::Object(mut truth)) = serde_json::from_slice(&body) else {
        return Reply::text(500, "");
    };
    truth.retain(|name, _| !name.contains('@'));
    for (listed, wire) in LISTED {
        let value = truth.get(wire).cloned().unwrap_or_default();
        truth.insert(listed.to_owned(), value);
    }
    truth.insert(
        "setCalls".to_owned(),
        changes.of(index).map_or(0, |change| change.set_calls).into(),
    );
    truth.insert(
        "userCloudManaged".to_owned(),
        tenant.view(&row, &changes).is_user_cloud_managed().into(),
    );
    Reply::json(200, &Value::Object(truth))
}
