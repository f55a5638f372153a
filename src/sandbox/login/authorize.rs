//! Authorization codes with PKCE. There is no page to look at: everybody is signed in at once.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::{Host, Url};
use uuid::Uuid;

use super::scope::Scope;
use super::sign_ins::Code;
use super::{Fields, Refusal, delegated_client, required};
use crate::sandbox::reply::Reply;
use crate::sandbox::world::World;

const LIFETIME: Duration = Duration::from_secs(600);

/// A code that was redeemed.
pub(super) struct Redeemed {
    pub client: String,
    pub scope: Scope,
    pub nonce: Option<String>,
}

/// `GET authorize`: back to the loopback address with a code, or with the reason why not.
pub(super) fn authorize(world: &World, query: &Fields) -> Result<Reply, Refusal> {
    // Without a trusted way back the error stays here.
    let client = delegated_client(world, query)?.to_owned();
    let redirect = required(query, "redirect_uri")?;
    let mut back = Url::parse(redirect).ok().filter(is_loopback).ok_or_else(|| {
        let text = format!("The redirect URI '{redirect}' specified in the request does not match the redirect URIs configured for the application '{client}'.");
        Refusal::new(400, "invalid_request", 50_011, &text)
    })?;
    let state = query.get("state").cloned();
    let answer = issue(world, client, redirect, query);
    {
        let mut pairs = back.query_pairs_mut();
        match answer {
            Ok(code) => {
                pairs.append_pair("code", &code);
            }
            Err(refusal) => {
                pairs.append_pair("error", refusal.error());
                pairs.append_pair(
                    "error_description",
                    &refusal.description(Uuid::new_v4(), Uuid::new_v4()),
                );
            }
        }
        if let Some(state) = &state {
            pairs.append_pair("state", state);
        }
        pairs.append_pair("session_state", &Uuid::new_v4().to_string());
    }
    Ok(Reply::new(302, Vec::new()).with("location", back.to_string()))
}

fn issue(world: &World, client: String, redirect: &str, query: &Fields) -> Result<String, Refusal> {
    if required(query, "response_type")? != "code" {
        let text = "The response_type is not supported for this application.";
        return Err(Refusal::new(400, "unsupported_response_type", 700_051, text));
    }
    if query.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(Refusal::new(
            400,
            "invalid_request",
            90_024,
            "The response_mode is not supported here; use query.",
        ));
    }
    let challenge = query
        .get("code_challenge")
        .filter(|text| text.len() == 43)
        .ok_or_else(|| {
            Refusal::new(
                400,
                "invalid_request",
                9_002_325,
                "Proof Key for Code Exchange is required: a code_challenge of 43 characters.",
            )
        })?;
    if query.get("code_challenge_method").map(String::as_str) != Some("S256") {
        return Err(Refusal::new(
            400,
            "invalid_request",
            9_002_325,
            "The code_challenge_method must be S256.",
        ));
    }
    let scope = Scope::parse(world, required(query, "scope")?)?;
    let mut sign_ins = world.sign_ins();
    if let Some(refusal) = &sign_ins.ordered_refusal {
        return Err(refusal.clone());
    }
    let code = sign_ins.ticket("1.AQ");
    let waiting = Code {
        client,
        redirect: redirect.to_owned(),
        challenge: challenge.clone(),
        nonce: query.get("nonce").cloned(),
        scope,
        expires: Instant::now() + LIFETIME,
        redeemed: false,
    };
    sign_ins.codes.insert(code.clone(), waiting);
    Ok(code)
}

/// The token endpoint's side: the code is good once, with the same address and the verifier of its challenge.
pub(super) fn redeem(world: &World, form: &Fields) -> Result<Redeemed, Refusal> {
    let client = delegated_client(world, form)?;
    let (code, redirect) = (required(form, "code")?, required(form, "redirect_uri")?);
    let verifier = required(form, "code_verifier")?;
    let invalid = |code, text: &str| Refusal::new(400, "invalid_grant", code, text);
    let mut sign_ins = world.sign_ins();
    let Some(waiting) = sign_ins.codes.get_mut(code) else {
        return Err(invalid(
            9_002_313,
            "Invalid request. Request is malformed or invalid.",
        ));
    };
    if waiting.redeemed {
        let text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.";
        return Err(invalid(54_005, text));
    }
    if Instant::now() >= waiting.expires {
        return Err(invalid(
            70_008,
            "The provided authorization code or refresh token has expired due to inactivity.",
        ));
    }
    if !waiting.client.eq_ignore_ascii_case(client) {
        return Err(invalid(
            700_005,
            "Provided Authorization Code is intended to use against other application.",
        ));
    }
    if waiting.redirect != redirect {
        let text = "The reply address does not match the reply address provided when requesting the authorization code.";
        return Err(invalid(500_112, text));
    }
    if BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != waiting.challenge {
        let text =
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
        return Err(invalid(501_481, text));
    }
    waiting.redeemed = true;
    Ok(Redeemed {
        client: client.to_owned(),
        scope: waiting.scope.clone(),
        nonce: waiting.nonce.clone(),
    })
}

fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}
