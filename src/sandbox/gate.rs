//! What every request to Exchange and Graph goes through: counting, the concurrency cap, latency and faults.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use tokio::time::{Instant, sleep, sleep_until};

use super::connection::{Connection, Place};
use super::reply::{Reply, huge_body, request_id};
use super::world::{World, chance};
use super::{BODY_LIMIT, Fault};

/// The tenant-wide cap's answer (facts/exchange section 1.6 F).
const TOO_MANY: &str =
    "You have reached the maximum number of concurrent requests per tenant. Please wait and try again";

/// A request as a service sees it.
pub(super) struct Incoming {
    pub place: Place,
    pub method: Method,
    /// Path below the service's root, and the query without its question mark.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Incoming {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A service behind the gate.
#[derive(Clone, Copy)]
pub(super) struct Service {
    pub name: &'static str,
    /// Whether the concurrency cap and the redirects apply.
    pub is_exchange: bool,
    /// Carries a request out.
    pub handle: fn(&World, &Incoming) -> Reply,
    /// The passing faults it is known for.
    pub transient: fn(&World) -> Reply,
}

/// Lets a request through the gate.
pub(super) async fn pass(
    world: &World,
    service: Service,
    connection: Connection,
    path: String,
    request: Request<Body>,
) -> Response {
    let deadline = Instant::now() + world.latency;
    world.counters.requests.fetch_add(1, Ordering::Relaxed);
    let _places = if service.is_exchange {
        let offered = Held::take(&world.counters.offered, &world.counters.max_offered, 0);
        let Some(admitted) = Held::take(
            &world.counters.in_flight,
            &world.counters.max_concurrent,
            world.concurrency,
        ) else {
            return over_the_cap(world).into_response();
        };
        Some((offered, admitted))
    } else {
        None
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Reply::text(413, "").into_response();
    };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let incoming = Incoming {
        place: connection.place,
        method: parts.method,
        path,
        query,
        headers: parts.headers,
        body,
    };

    let reset = world
        .strikes(Fault::Reset)
        .then(|| world.roll().is_multiple_of(2));
    if reset == Some(false) {
        connection.cut();
        return Reply::text(500, "").into_response();
    }
    if let Some(reply) = instead(world, service, &incoming) {
        return reply;
    }
    // Half of the latency passes before and half after the work: a caller that leaves may or may not have been heard.
    sleep(world.latency / 2).await;
    world.settle();
    let mut reply = if world.strikes(Fault::Error) {
        (service.transient)(world)
    } else {
        (service.handle)(world, &incoming)
    };
    if world.strikes(Fault::LateBusy) {
        reply = late_busy(world);
    }
    sleep_until(deadline).await;
    if world.strikes(Fault::Slow) {
        sleep(Duration::from_secs_f64(0.5 + 1.5 * chance(world.roll()))).await;
    }
    if reset.is_some() {
        connection.cut();
    }
    if !reply.body.is_empty() && world.strikes(Fault::Malformed) {
        let kept = reply.body.len() * 2 / 3;
        reply.body.truncate(kept);
    }
    if !reply.has("request-id") {
        reply = reply.with("request-id", request_id(world.roll()));
    }
    if !reply.has("content-encoding") && world.strikes(Fault::GzipLie) {
        return reply.with("content-encoding", "gzip").into_response();
    }
    reply.compressed_for(&incoming.headers).into_response()
}

/// Answers that come instead of carrying the request out.
fn instead(world: &World, service: Service, incoming: &Incoming) -> Option<Response> {
    if service.is_exchange && incoming.place == Place::Main {
        let mark = if incoming.query.is_empty() { "" } else { "?" };
        let target = |root: &str| format!("{root}/{}{mark}{}", incoming.path, incoming.query);
        if world.strikes(Fault::ForeignRedirect) {
            let target = target(&format!("{}/exchange", world.foreign));
            return Some(Reply::text(307, "").with("location", target).into_response());
        }
        if world.strikes(Fault::Redirect) {
            let target = target(&world.root(Place::Regional, service.name));
            return Some(Reply::text(307, "").with("location", target).into_response());
        }
        if world.strikes(Fault::OddRedirect) {
            let target = target(&world.root(Place::Regional, service.name));
            let status = [301, 302, 308][world.roll() as usize % 3];
            return Some(Reply::text(status, "").with("location", target).into_response());
        }
    }
    if service.is_exchange && incoming.place == Place::Regional && world.strikes(Fault::RegionalDown) {
        return Some(Reply::text(503, "").into_response());
    }
    if world.strikes(Fault::LongWait) {
        world.count_throttled();
        return Some(Reply::text(429, "").with("retry-after", "3600").into_response());
    }
    if world.strikes(Fault::HugeBody) {
        return Some(huge_body(world.roll()));
    }
    world
        .strikes(Fault::Throttle)
        .then(|| throttled(world).into_response())
}

/// 429; every fourth one does not say how long to wait.
pub(super) fn throttled(world: &World) -> Reply {
    world.count_throttled();
    let number = world.roll();
    let reply = Reply::json(
        429,
        &serde_json::json!({ "error": { "code": "TooManyRequests", "message": "The request has been throttled." } }),
    );
    if number.is_multiple_of(4) {
        reply
    } else {
        reply.with("retry-after", wait(number))
    }
}

/// 503 that says how long to wait and not whether anything was carried out.
pub(super) fn late_busy(world: &World) -> Reply {
    Reply::text(503, "").with("retry-after", wait(world.roll()))
}

/// The cap's answer: text only, under a status that does not always tell.
fn over_the_cap(world: &World) -> Reply {
    world.count_throttled();
    let number = world.roll();
    let status = [429, 429, 400, 503][number as usize % 4];
    let reply = Reply::text(status, TOO_MANY);
    if (number >> 8).is_multiple_of(2) {
        reply
    } else {
        reply.with("retry-after", wait(number))
    }
}

/// Seconds to wait, with a fraction: 0.05 to 0.40.
fn wait(number: u64) -> String {
    format!("0.{:02}", 5 + (number >> 16) % 36)
}

/// A place among the requests in flight, given back when dropped, also when the caller leaves.
struct Held<'a>(&'a AtomicUsize);

impl<'a> Held<'a> {
    /// Takes a place unless `cap` of them are taken; 0 is no cap.
    fn take(taken: &'a AtomicUsize, most: &AtomicUsize, cap: usize) -> Option<Self> {
        let free = |now: usize| (cap == 0 || now < cap).then_some(now + 1);
        let before = taken
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, free)
            .ok()?;
        most.fetch_max(before + 1, Ordering::SeqCst);
        Some(Self(taken))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
