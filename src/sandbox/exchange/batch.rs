//! `$batch`: many cmdlets in one request, answered in any order (facts/exchange section 1.8).

use serde_json::Value;

use super::authorize;
use super::cmdlet::{Call, malformed};
use super::refusal;
use crate::sandbox::Fault;
use crate::sandbox::batch::{self, Item};
use crate::sandbox::connection::Place;
use crate::sandbox::gate::{Incoming, late_busy, throttled};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::World;

pub(super) fn run(world: &World, incoming: &Incoming) -> Reply {
    let items = match batch::read(&incoming.body) {
        Ok(items) => items,
        Err(message) => return malformed(&message),
    };
    let outer = incoming.header("authorization");
    batch::answer(world, items, |item| one(world, item, outer, incoming.place))
}

/// One request of the batch; nothing when its answer gets lost.
fn one(world: &World, item: &Item, outer: Option<&str>, place: Place) -> Option<Reply> {
    if world.strikes(Fault::Throttle) || world.strikes(Fault::ItemThrottle) {
        return Some(throttled(world));
    }
    if world.strikes(Fault::Error) || world.strikes(Fault::ItemError) {
        return Some(refusal::transient(world));
    }
    let missing = world.strikes(Fault::Missing);
    // A lost answer leaves open whether the request was carried out.
    if missing && world.roll().is_multiple_of(2) {
        return None;
    }
    let mut reply = carry_out(world, item, outer, place);
    if world.strikes(Fault::LateBusy) {
        reply = late_busy(world);
    }
    (!missing).then_some(reply)
}

fn carry_out(world: &World, item: &Item, outer: Option<&str>, place: Place) -> Reply {
    if let Err(reply) = authorize(world, item.header("authorization").or(outer)) {
        return reply;
    }
    if item
        .header("authorization")
        .is_some_and(|token| world.refuses_inside(token))
    {
        return Reply::new(401, Vec::new()).with("www-authenticate", "Bearer error=\"invalid_token\"");
    }
    let root = world.root(place, "exchange");
    let (path, query) = item.url.split_once('?').unwrap_or((&item.url, ""));
    // Absolute addresses of this service on either port, or relative ones.
    let roots = [
        world.root(Place::Main, "exchange"),
        world.root(Place::Regional, "exchange"),
    ];
    let absolute = roots
        .iter()
        .find_map(|root| path.strip_prefix(root.as_str())?.strip_prefix('/'));
    let relative = || (!path.contains("://")).then(|| path.trim_start_matches('/'));
    let Some(path) = absolute.or_else(relative) else {
        return malformed("The request's address is outside of this service.");
    };
    let endpoint = format!("adminapi/beta/{}/InvokeCommand", world.tenant.id);
    if !path.eq_ignore_ascii_case("InvokeCommand") && !path.eq_ignore_ascii_case(&endpoint) {
        return Reply::new(404, Vec::new());
    }
    if item.method != "POST" {
        return Reply::new(405, Vec::new());
    }
    let body = item.body.clone().filter(Value::is_object);
    let Some(body) = body else {
        return malformed("The request has no body.");
    };
    let call = Call::new(
        world,
        body,
        query,
        item.header("prefer"),
        format!("{root}/{endpoint}"),
    );
    call.map_or_else(|reply| reply, |call| call.execute())
}
