//! Device codes.

use std::time::{Duration, Instant};

use serde_json::json;

use super::scope::Scope;
use super::sign_ins::DeviceCode;
use super::{Fields, Refusal, delegated_client, required};
use crate::sandbox::connection::Place;
use crate::sandbox::reply::Reply;
use crate::sandbox::world::World;

/// Seconds between two polls. Entra ID says 5; a person at a demo should not wait that long.
const INTERVAL: u64 = 1;
/// Timers of callers are not exact.
const TOLERANCE: Duration = Duration::from_millis(100);
const LIFETIME: u64 = 900;
/// Letters that can't be mistaken for one another.
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ23456789";

/// `POST devicecode`
pub(super) fn start(world: &World, form: &Fields) -> Result<Reply, Refusal> {
    let client = delegated_client(world, form)?.to_owned();
    let scope = Scope::parse(world, required(form, "scope")?)?;
    let number = world.roll();
    let user_code: String = (0..9)
        .map(|at| char::from(LETTERS[(number >> (at * 6)) as usize % LETTERS.len()]))
        .collect();
    let mut sign_ins = world.sign_ins();
    let device_code = sign_ins.ticket("GAQ");
    let expires = Instant::now() + Duration::from_secs(LIFETIME);
    let waiting = DeviceCode {
        client,
        scope,
        expires,
        last_poll: None,
        polls: 0,
        approved: false,
    };
    sign_ins.device_codes.insert(device_code.clone(), waiting);
    let page = format!("{}/device", world.root(Place::Main, "login"));
    Ok(Reply::json(
        200,
        &json!({
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": page,
            "expires_in": LIFETIME,
            "interval": INTERVAL,
            "message": format!("To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."),
        }),
    ))
}

/// One poll: the scope once the person has signed in. Approves itself at the second poll that keeps the interval.
pub(super) fn poll(world: &World, form: &Fields) -> Result<(String, Scope), Refusal> {
    let client = delegated_client(world, form)?;
    let device_code = required(form, "device_code")?;
    let mut sign_ins = world.sign_ins();
    let Some(waiting) = sign_ins.device_codes.get_mut(device_code) else {
        let text = "The provided value for the input parameter 'device_code' is not valid.";
        return Err(Refusal::new(400, "bad_verification_code", 70_019, text));
    };
    if !waiting.client.eq_ignore_ascii_case(client) {
        let text = "The provided value for the input parameter 'client_id' is not the one the device code was issued to.";
        return Err(Refusal::new(400, "invalid_grant", 70_000, text));
    }
    let now = Instant::now();
    if now >= waiting.expires {
        let text = "The provided value for the input parameter 'device_code' is not valid. This device code has expired.";
        return Err(Refusal::new(400, "expired_token", 70_020, text));
    }
    let too_soon = waiting
        .last_poll
        .is_some_and(|last| now + TOLERANCE < last + Duration::from_secs(INTERVAL));
    waiting.last_poll = Some(now);
    if too_soon {
        let text = "OAuth 2.0 device flow error. The client polls faster than the interval allows.";
        return Err(Refusal::new(400, "slow_down", 70_018, text));
    }
    waiting.polls += 1;
    if !waiting.approved && waiting.polls < 2 {
        let text = "OAuth 2.0 device flow error. Authorization is pending. Continue polling.";
        return Err(Refusal::new(400, "authorization_pending", 70_016, text));
    }
    let done = (waiting.client.clone(), waiting.scope.clone());
    sign_ins.device_codes.remove(device_code);
    Ok(done)
}
