//! Access tokens: how they are asked for, made and checked.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Value, json};

use super::scope::{Resource, Scope};
use super::sign_ins::SignIns;
use super::{
    ANY_TENANT, Fields, Refusal, assertion, authorize, client_id, client_secret, delegated_client, device,
};
use super::{PUBLIC_CLIENTS, required, unknown_client};
use crate::sandbox::connection::Place;
use crate::sandbox::reply::Reply;
use crate::sandbox::seed::{mix, uuid};
use crate::sandbox::tenant::{Tenant, purpose};
use crate::sandbox::world::{World, now};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The person everybody signs in as.
const PERSON: (&str, &str) = ("admin@contoso.onmicrosoft.com", "Sandbox Admin");

/// `POST token`
pub(super) fn exchange(world: &World, tenant: &str, form: &Fields) -> Result<Reply, Refusal> {
    let grant = required(form, "grant_type")?;
    // A pending device code is no sign-in yet; everything else can be refused right away.
    let refusal = world.sign_ins().ordered_refusal.clone();
    let (client, scope, nonce) = match grant {
        "client_credentials" => {
            if let Some(refusal) = refusal {
                return Err(refusal);
            }
            return client_credentials(world, tenant, form);
        }
        "urn:ietf:params:oauth:grant-type:device_code" | "device_code" => {
            let (client, scope) = device::poll(world, form)?;
            (client, scope, None)
        }
        "authorization_code" => {
            let redeemed = authorize::redeem(world, form)?;
            (redeemed.client, redeemed.scope, redeemed.nonce)
        }
        "refresh_token" => {
            let client = delegated_client(world, form)?.to_owned();
            let known = world
                .sign_ins()
                .refresh_tokens
                .get(required(form, "refresh_token")?)
                .cloned();
            if !known.is_some_and(|owner| owner.eq_ignore_ascii_case(&client)) {
                let text =
                    "The provided grant has expired due to it being revoked, a fresh auth token is needed.";
                return Err(Refusal::new(400, "invalid_grant", 50_173, text).because("bad_token"));
            }
            // A refresh token brings the next one, also for another resource.
            let mut scope = Scope::parse(world, required(form, "scope")?)?;
            scope.offline_access = true;
            (client, scope, None)
        }
        other => {
            let text = format!("The app requested an unsupported grant type '{other}'.");
            return Err(Refusal::new(400, "unsupported_grant_type", 70_003, &text));
        }
    };
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    Ok(delegated(world, &client, &scope, nonce))
}

fn client_credentials(world: &World, tenant: &str, form: &Fields) -> Result<Reply, Refusal> {
    let client = required(form, "client_id")?;
    let own = client_id(&world.tenant);
    if PUBLIC_CLIENTS.contains(&client) || !own.eq_ignore_ascii_case(client) {
        return Err(unknown_client(client));
    }
    if ANY_TENANT.contains(&tenant) {
        let text = "No tenant-identifying information found in either the request or implied by any provided credentials.";
        return Err(Refusal::new(400, "invalid_request", 50_059, text));
    }
    let scope = Scope::parse(world, required(form, "scope")?)?;
    if !scope.default {
        let text = "The provided value for the input parameter 'scope' is not valid. For client credentials it must be the resource identifier with the suffix /.default.";
        return Err(Refusal::new(400, "invalid_scope", 1_002_012, text));
    }
    if let Some(secret) = form.get("client_secret") {
        if *secret != client_secret(&world.tenant) {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{own}'."
            );
            return Err(Refusal::new(401, "invalid_client", 7_000_215, &text));
        }
    } else {
        let text = "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
        let missing = || Refusal::new(401, "invalid_client", 7_000_216, text);
        let proof = form.get("client_assertion").ok_or_else(missing)?;
        if required(form, "client_assertion_type")? != ASSERTION_TYPE {
            return Err(missing());
        }
        let login = world.root(Place::Main, "login");
        let endpoint = |tenant: &str| format!("{login}/{tenant}/oauth2/v2.0/token");
        let audiences = [endpoint(tenant), endpoint(&world.tenant.id.to_string())];
        assertion::verify(proof, &own, &audiences, world.sign_ins().public_key.as_ref())?;
    }
    let mut sign_ins = world.sign_ins();
    let mut claims = common_claims(world, &sign_ins, scope.resource, &own);
    claims["roles"] = json!(scope.resource.application());
    claims["idtyp"] = "app".into();
    claims["oid"] = uuid(world.tenant.seed, 2, purpose::CLIENT).to_string().into();
    claims["sub"] = claims["oid"].clone();
    claims["uti"] = sign_ins.ticket("").into();
    let lifetime = sign_ins.lifetime;
    Ok(Reply::json(
        200,
        &json!({
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": sign(&sign_ins.key, &claims),
        }),
    )
    .with("cache-control", "no-store"))
}

/// Tokens of a person.
fn delegated(world: &World, client: &str, scope: &Scope, nonce: Option<String>) -> Reply {
    let seed = world.tenant.seed;
    let mut sign_ins = world.sign_ins();
    let (upn, name) = PERSON;
    let subject = BASE64_URL_SAFE_NO_PAD.encode(mix(seed, 4, purpose::CLIENT).to_be_bytes().repeat(4));
    let mut claims = common_claims(world, &sign_ins, scope.resource, client);
    claims["scp"] = scope.permissions.join(" ").into();
    claims["idtyp"] = "user".into();
    claims["oid"] = uuid(seed, 3, purpose::CLIENT).to_string().into();
    claims["sub"] = subject.clone().into();
    claims["name"] = name.into();
    claims["upn"] = upn.into();
    claims["unique_name"] = upn.into();
    claims["preferred_username"] = upn.into();
    claims["uti"] = sign_ins.ticket("").into();
    let root = scope.resource.audience();
    let granted: Vec<String> = scope
        .permissions
        .iter()
        .map(|permission| format!("{root}/{permission}"))
        .collect();
    let mut body = json!({
        "token_type": "Bearer",
        "scope": granted.join(" "),
        "expires_in": sign_ins.lifetime,
        "ext_expires_in": sign_ins.lifetime,
        "access_token": sign(&sign_ins.key, &claims),
    });
    if scope.offline_access {
        let ticket = sign_ins.ticket("1.AQ0");
        sign_ins.refresh_tokens.insert(ticket.clone(), client.to_owned());
        body["refresh_token"] = ticket.into();
    }
    if scope.openid {
        let mut identity = common_claims(world, &sign_ins, scope.resource, client);
        identity["aud"] = client.into();
        for name in ["oid", "sub", "name", "preferred_username"] {
            identity[name] = claims[name].clone();
        }
        if let Some(nonce) = nonce {
            identity["nonce"] = nonce.into();
        }
        body["id_token"] = sign(&sign_ins.key, &identity).into();
    }
    Reply::json(200, &body).with("cache-control", "no-store")
}

fn common_claims(world: &World, sign_ins: &SignIns, resource: Resource, client: &str) -> Value {
    let now = now();
    let tenant = world.tenant.id;
    json!({
        "aud": resource.audience(),
        "iss": format!("https://sts.windows.net/{tenant}/"),
        "iat": now,
        "nbf": now,
        "exp": now + sign_ins.lifetime,
        "appid": client,
        "azp": client,
        "tid": tenant.to_string(),
        "ver": "1.0",
        "sandbox_generation": sign_ins.generation,
    })
}

fn sign(key: &hmac::Key, claims: &Value) -> String {
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!(
        "{}.{}",
        encode(&json!({ "typ": "JWT", "alg": "HS256", "kid": "sandbox" })),
        encode(claims)
    );
    let signature = BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Whom a valid token speaks for.
pub(in crate::sandbox) struct Caller {
    /// Permissions of `scp` or `roles`.
    pub permissions: Vec<String>,
    pub app_only: bool,
    /// Id of the app that asks.
    pub client: String,
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum TokenFlaw {
    Missing,
    Invalid,
    Expired,
    OtherAudience,
    OtherTenant,
}

impl Caller {
    /// Checks the value of an Authorization header.
    pub fn check(
        tenant: &Tenant,
        sign_ins: &SignIns,
        authorization: Option<&str>,
        resource: Resource,
    ) -> Result<Self, TokenFlaw> {
        let scheme_and_token = authorization.and_then(|value| value.split_once(' '));
        let Some((scheme, token)) = scheme_and_token else {
            return Err(TokenFlaw::Missing);
        };
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(TokenFlaw::Missing);
        }
        let (signed, signature) = token.trim().rsplit_once('.').ok_or(TokenFlaw::Invalid)?;
        let signature = BASE64_URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| TokenFlaw::Invalid)?;
        hmac::verify(&sign_ins.key, signed.as_bytes(), &signature).map_err(|_| TokenFlaw::Invalid)?;
        let claims: Value = signed
            .split_once('.')
            .and_then(|(_, claims)| BASE64_URL_SAFE_NO_PAD.decode(claims).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or(TokenFlaw::Invalid)?;
        if claims["exp"].as_i64().unwrap_or(0) <= now() || claims["sandbox_generation"] != sign_ins.generation
        {
            return Err(TokenFlaw::Expired);
        }
        if claims["aud"] != resource.audience() {
            return Err(TokenFlaw::OtherAudience);
        }
        if claims["tid"] != tenant.id.to_string() {
            return Err(TokenFlaw::OtherTenant);
        }
        let permissions = match (&claims["scp"], &claims["roles"]) {
            (Value::String(scopes), _) => scopes.split(' ').map(str::to_owned).collect(),
            (_, Value::Array(roles)) => roles
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        Ok(Self {
            permissions,
            app_only: claims["scp"].is_null(),
            client: claims["appid"].as_str().unwrap_or_default().to_owned(),
        })
    }
}
