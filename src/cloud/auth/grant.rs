//! What the token endpoint gives, and the client of the `oauth2` crate that asks for it.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use oauth2::{
    AuthType, AuthUrl, ClientId, ClientSecret, DeviceAuthorizationUrl, EndpointNotSet, EndpointSet,
    ExtraTokenFields, RefreshToken, Scope, StandardRevocableToken, StandardTokenResponse, TokenResponse,
    TokenUrl,
    basic::{
        BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    AuthError, AuthErrorKind, audience,
    claims::Claims,
    lifetime::Lifetime,
    wire::{Replay, Wire},
};
use crate::{
    cloud::AccessToken,
    domain::{Profile, Service},
};

/// What Entra adds to an answer.
#[derive(Serialize, Deserialize)]
pub(super) struct EntraFields {
    #[serde(default, skip_serializing)]
    id_token: Option<String>,
}

impl fmt::Debug for EntraFields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EntraFields")
    }
}

impl ExtraTokenFields for EntraFields {}

/// An answer with tokens.
pub(super) type EntraTokenResponse = StandardTokenResponse<EntraFields, BasicTokenType>;

/// A client with every address of the tenant set.
pub(super) type EntraClient = oauth2::Client<
    BasicErrorResponse,
    EntraTokenResponse,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Tokens as they come, before anything is checked.
pub(super) struct Grant {
    pub(super) access_token: SecretString,
    pub(super) refresh_token: Option<SecretString>,
    pub(super) expires_in: Option<Duration>,
    /// Claims of the id token: who signed in, where the access token is opaque.
    pub(super) person: Option<Claims>,
}

impl From<EntraTokenResponse> for Grant {
    fn from(response: EntraTokenResponse) -> Self {
        Self {
            access_token: response.access_token().secret().as_str().into(),
            refresh_token: response
                .refresh_token()
                .map(|token| token.secret().as_str().into()),
            expires_in: response.expires_in(),
            person: response.extra_fields().id_token.as_deref().and_then(Claims::of),
        }
    }
}

/// An access token that passed its checks, with what is needed to use it in time.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) token: AccessToken,
    pub(super) lifetime: Lifetime,
    /// Whether the token lists its rights; an opaque one does not.
    pub(super) rights_known: bool,
}

impl Grant {
    /// Checks the access token and takes it into use. `person` stands in where an opaque token names nobody.
    pub(super) fn accept(
        &self,
        profile: &Profile,
        service: Service,
        person: Option<&Claims>,
    ) -> Result<Held, AuthError> {
        let secret = self.access_token.expose_secret();
        if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AuthError::new(
                AuthErrorKind::Unreadable,
                format!(
                    "The sign-in service sent something that is no token for {}",
                    service.word()
                ),
            ));
        }
        let claims = Claims::of(secret);
        if let Some(claims) = &claims {
            audience::check_claims(profile, service, claims)?;
        }
        let (lifetime, expires_at) = Lifetime::starting(self.expires_in, claims.as_ref(), Timestamp::now());
        let person = self.person.as_ref().or(person);
        let said = |of: fn(&Claims) -> Option<&String>| {
            claims
                .as_ref()
                .and_then(of)
                .or_else(|| person.and_then(of))
                .cloned()
        };
        let app_only = claims
            .as_ref()
            .map_or_else(|| profile.method.is_app_only(), |claims| claims.app_only);
        let rights = claims.as_ref().and_then(|claims| claims.rights.clone());
        Ok(Held {
            lifetime,
            rights_known: rights.is_some(),
            token: AccessToken {
                secret: self.access_token.clone(),
                service,
                tenant_id: said(|claims| claims.tenant_id.as_ref()).unwrap_or_else(|| profile.tenant.clone()),
                subject: said(|claims| claims.subject.as_ref())
                    .or_else(|| profile.client_id.clone().filter(|_| app_only))
                    .unwrap_or_else(|| "unknown".to_owned()),
                app_only,
                rights: rights.unwrap_or_default(),
                expires_at,
            },
        })
    }
}

/// A client asking for one service's tokens.
pub(super) struct Asking<'a> {
    pub(super) profile: &'a Profile,
    pub(super) wire: &'a Wire,
    pub(super) client_id: &'a str,
    pub(super) service: Service,
}

impl Asking<'_> {
    /// The client; `secret` only for an application that signs in as itself.
    pub(super) fn client(&self, secret: Option<&SecretString>) -> Result<EntraClient, AuthError> {
        let address = |path: &[&str]| audience::login_url(self.profile, path);
        let client = oauth2::Client::new(ClientId::new(self.client_id.to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(address(&["oauth2", "v2.0", "authorize"])?))
            .set_device_authorization_url(DeviceAuthorizationUrl::from_url(address(&[
                "oauth2",
                "v2.0",
                "devicecode",
            ])?))
            .set_token_uri(TokenUrl::from_url(self.token_url()?));
        Ok(match secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
            None => client,
        })
    }

    /// The token endpoint of the tenant.
    pub(super) fn token_url(&self) -> Result<Url, AuthError> {
        audience::login_url(self.profile, &["oauth2", "v2.0", "token"])
    }

    /// The service's permissions.
    pub(super) fn scope(&self) -> Scope {
        Scope::new(audience::default_scope(self.profile, self.service))
    }

    /// The service's permissions, a refresh token and a name.
    pub(super) fn person_scopes(&self) -> impl Iterator<Item = Scope> {
        std::iter::once(self.scope()).chain(audience::PERSON_SCOPES.map(|scope| Scope::new(scope.to_owned())))
    }

    /// Tokens for a refresh token.
    pub(super) async fn redeem(&self, refresh_token: &SecretString) -> Result<Grant, AuthError> {
        let client = self.client(None)?;
        let exchange = self
            .wire
            .exchange(format!("renew {}", self.service.word()), Replay::Safe);
        client
            .exchange_refresh_token(&RefreshToken::new(refresh_token.expose_secret().to_owned()))
            .add_scopes(self.person_scopes())
            .request_async(&exchange)
            .await
            .map(Grant::from)
            .map_err(|error| exchange.error(error))
    }
}
