//! Which resource, which scopes and which client each service needs, cloud by cloud.

use url::Url;

use super::{AuthError, AuthErrorKind, claims::Claims, error::clean, secret_store::SecretKind};
use crate::domain::{Cloud, Profile, Service, SignInMethod};

/// Microsoft's public client for Exchange Online over REST (facts/exchange section 1.10).
pub(super) const PUBLIC_EXCHANGE_CLIENT: &str = "fb78d390-0c51-40cd-8e17-fdbfab77341b";
/// Microsoft's public client of the Graph command-line tools. General knowledge: the fact sheets do not name it.
pub(super) const PUBLIC_GRAPH_CLIENT: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
/// The application ids of the services, which stand in `aud` of some tokens in place of an address (facts/exchange section
/// 1.10 for Exchange; the one of Graph is general knowledge).
const EXCHANGE_APPLICATION: &str = "00000002-0000-0ff1-ce00-000000000000";
const GRAPH_APPLICATION: &str = "00000003-0000-0000-c000-000000000000";
/// What a custom cloud is asked for: it stands in for the global one.
const GLOBAL_EXCHANGE: &str = "https://outlook.office365.com";
const GLOBAL_GRAPH: &str = "https://graph.microsoft.com";

/// What a person's sign-in asks for beside the service's own permissions: a refresh token and a name.
pub(super) const PERSON_SCOPES: [&str; 3] = ["offline_access", "openid", "profile"];

/// The resource a service's tokens are for, without trailing slash.
pub(super) fn resource(profile: &Profile, service: Service) -> String {
    let endpoints = &profile.endpoints;
    match (endpoints.cloud, service) {
        (Cloud::Custom, Service::Graph) => GLOBAL_GRAPH.to_owned(),
        (Cloud::Custom, _) => GLOBAL_EXCHANGE.to_owned(),
        (_, Service::Graph) => endpoints.graph.as_str().trim_end_matches('/').to_owned(),
        (..) => endpoints.exchange.origin().ascii_serialization(),
    }
}

/// The scope that stands for every permission the client has on a service.
///
/// For a person that is what was consented to, for an application what was granted: Handover never asks for a list of
/// its own, because one permission without consent would refuse the whole sign-in, even to who only works on mailboxes.
/// What Cloud Sync needs of Graph stands in [`crate::cloud::graph::synchronization::PERMISSIONS`]: an own registration
/// lists it, and for the public client of Graph an administrator consents to it once (it is the client of
/// `Connect-MgGraph -Scopes ...`, which does just that).
pub(super) fn default_scope(profile: &Profile, service: Service) -> String {
    format!("{}/.default", resource(profile, service))
}

/// The client that asks for a service's tokens, and where its refresh token rests.
pub(super) fn client(profile: &Profile, service: Service) -> (String, SecretKind) {
    match (&profile.client_id, service) {
        (Some(own), _) => (own.clone(), SecretKind::RefreshToken),
        (None, Service::Graph) => (PUBLIC_GRAPH_CLIENT.to_owned(), SecretKind::GraphRefreshToken),
        (None, _) => (
            PUBLIC_EXCHANGE_CLIENT.to_owned(),
            SecretKind::ExchangeRefreshToken,
        ),
    }
}

/// Refuses a profile no sign-in could use, before anything is sent.
pub(super) fn check_profile(profile: &Profile) -> Result<(), AuthError> {
    let refuse = |why: String| Err(AuthError::new(AuthErrorKind::Configuration, why));
    let tenant = profile.tenant.as_str();
    let plain = tenant
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_'));
    // The tenant becomes a part of an address and an argument of a program.
    if tenant.is_empty() || !plain || tenant.starts_with(['-', '.']) {
        return refuse(format!(
            "Profile {}: `{}` is no tenant; write its id or one of its domains",
            clean(&profile.name),
            clean(tenant)
        ));
    }
    let shared = ["common", "organizations", "consumers"].contains(&tenant.to_ascii_lowercase().as_str());
    if shared && profile.method.is_app_only() {
        return refuse(format!(
            "Profile {}: an application signs in to one tenant; write its id or domain in place of `{tenant}`",
            clean(&profile.name)
        ));
    }
    if profile.client_id.is_none() && profile.method.is_app_only() {
        return refuse(format!(
            "Profile {}: sign-in by {} needs `client_id`, the id of your app registration",
            clean(&profile.name),
            profile.method.word()
        ));
    }
    Ok(())
}

/// An address below the login authority of the tenant, such as `oauth2/v2.0/token`.
pub(super) fn login_url(profile: &Profile, path: &[&str]) -> Result<Url, AuthError> {
    let mut url = profile.endpoints.login.clone();
    url.path_segments_mut()
        .map_err(|()| {
            AuthError::new(
                AuthErrorKind::Configuration,
                format!("The login address {} cannot be used", profile.endpoints.login),
            )
        })?
        .pop_if_empty()
        .push(&profile.tenant)
        .extend(path);
    Ok(url)
}

/// Refuses a token that is for another service or another tenant. What the token does not say is not checked.
pub(super) fn check_claims(profile: &Profile, service: Service, claims: &Claims) -> Result<(), AuthError> {
    if !claims.audiences.is_empty()
        && !claims
            .audiences
            .iter()
            .any(|audience| fits(profile, service, audience))
    {
        return Err(AuthError::new(
            AuthErrorKind::WrongAudience,
            format!(
                "The sign-in service gave a token for {} instead of {}",
                claims.audiences.join(", "),
                resource(profile, service)
            ),
        ));
    }
    let expected = uuid::Uuid::try_parse(&profile.tenant).ok();
    if let (Some(expected), Some(tenant)) = (expected, &claims.tenant_id)
        && uuid::Uuid::try_parse(tenant) != Ok(expected)
    {
        return Err(AuthError::new(
            AuthErrorKind::WrongTenant,
            format!(
                "The sign-in was to tenant {tenant}, but profile {} names {expected}",
                clean(&profile.name)
            ),
        ));
    }
    Ok(())
}

fn fits(profile: &Profile, service: Service, audience: &str) -> bool {
    let (application, global, alias) = match service {
        Service::Graph => (GRAPH_APPLICATION, GLOBAL_GRAPH, GLOBAL_GRAPH),
        _ => (
            EXCHANGE_APPLICATION,
            GLOBAL_EXCHANGE,
            "https://outlook.office.com",
        ),
    };
    if audience.eq_ignore_ascii_case(application) {
        return true;
    }
    let Ok(url) = Url::parse(audience) else {
        return false;
    };
    let endpoints = &profile.endpoints;
    let known = matches!(endpoints.cloud, Cloud::Global | Cloud::Custom)
        && [global, alias]
            .iter()
            .any(|known| Url::parse(known).is_ok_and(|known| known.origin() == url.origin()));
    known || endpoints.may_receive_token(service, &url)
}

/// What a token lacks for the work ahead, in words; a token that does not list its rights lacks nothing known.
pub(super) fn missing_right(service: Service, app_only: bool, rights: Option<&[String]>) -> Option<String> {
    let rights = rights?;
    if service != Service::Exchange {
        return None;
    }
    // facts/exchange section 1.10.
    let (needed, kind) = if app_only {
        ("Exchange.ManageAsApp", "application")
    } else {
        ("Exchange.Manage", "delegated")
    };
    // By prefix: newer variants of a permission carry a suffix.
    let held = rights.iter().any(|right| right.starts_with(needed));
    (!held).then(|| {
        format!("The token for Exchange lacks the {kind} permission {needed}; Exchange Online may refuse it")
    })
}

/// Whether a way of signing in has a person and a refresh token.
pub(super) fn has_person(method: SignInMethod) -> bool {
    matches!(method, SignInMethod::DeviceCode | SignInMethod::Browser)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Endpoints;

    fn profile(cloud: Cloud) -> Profile {
        Profile {
            name: "contoso".into(),
            tenant: "contoso.onmicrosoft.com".into(),
            method: SignInMethod::DeviceCode,
            client_id: None,
            endpoints: Endpoints::published(cloud).unwrap_or_else(|| {
                Endpoints::custom(
                    "http://127.0.0.1:1/login/",
                    "http://127.0.0.1:1/graph",
                    "http://127.0.0.1:1/exchange",
                )
                .unwrap()
            }),
        }
    }

    #[test]
    fn scopes_per_cloud() {
        let scopes = |cloud| {
            [Service::Exchange, Service::Graph].map(|service| default_scope(&profile(cloud), service))
        };
        let global = [
            "https://outlook.office365.com/.default",
            "https://graph.microsoft.com/.default",
        ];
        assert_eq!(scopes(Cloud::Global), global);
        assert_eq!(scopes(Cloud::Custom), global);
        assert_eq!(
            scopes(Cloud::Dod),
            [
                "https://outlook-dod.office365.us/.default",
                "https://dod-graph.microsoft.us/.default"
            ]
        );
        assert_eq!(
            scopes(Cloud::China),
            [
                "https://partner.outlook.cn/.default",
                "https://microsoftgraph.chinacloudapi.cn/.default"
            ]
        );
    }

    #[test]
    fn login_addresses() {
        let token = ["oauth2", "v2.0", "token"];
        assert_eq!(
            login_url(&profile(Cloud::Global), &token).unwrap().as_str(),
            "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token"
        );
        assert_eq!(
            login_url(&profile(Cloud::Custom), &token).unwrap().as_str(),
            "http://127.0.0.1:1/login/contoso.onmicrosoft.com/oauth2/v2.0/token"
        );
    }

    #[test]
    fn audiences_are_checked() {
        let check = |cloud, service, audience: &str| {
            let claims = Claims {
                audiences: vec![audience.into()],
                ..Claims::default()
            };
            check_claims(&profile(cloud), service, &claims).map_err(|error| error.kind)
        };
        for fitting in [
            "https://outlook.office365.com",
            "https://outlook.office.com/",
            EXCHANGE_APPLICATION,
        ] {
            assert_eq!(
                check(Cloud::Global, Service::Exchange, fitting),
                Ok(()),
                "{fitting}"
            );
        }
        for foreign in [
            "https://graph.microsoft.com",
            "https://outlook.office365.us",
            "nonsense",
            GRAPH_APPLICATION,
        ] {
            assert_eq!(
                check(Cloud::Global, Service::Exchange, foreign),
                Err(AuthErrorKind::WrongAudience),
                "{foreign}"
            );
        }
        assert_eq!(
            check(Cloud::Dod, Service::Exchange, "https://webmail.office365.us"),
            Ok(())
        );
        assert_eq!(
            check(Cloud::Custom, Service::Graph, "https://graph.microsoft.com"),
            Ok(())
        );
        assert_eq!(
            check(Cloud::GccHigh, Service::Graph, "https://graph.microsoft.us/"),
            Ok(())
        );
    }

    #[test]
    fn the_tenant_is_checked_when_the_profile_names_its_id() {
        let mut profile = profile(Cloud::Global);
        let claims = |tenant: &str| Claims {
            tenant_id: Some(tenant.into()),
            ..Claims::default()
        };
        let id = "4a7c8f0e-0000-4000-8000-00000000abcd";
        assert!(check_claims(&profile, Service::Graph, &claims("other")).is_ok());
        profile.tenant = id.to_uppercase();
        assert!(check_claims(&profile, Service::Graph, &claims(id)).is_ok());
        let error = check_claims(
            &profile,
            Service::Graph,
            &claims("00000000-0000-4000-8000-000000000000"),
        )
        .unwrap_err();
        assert_eq!(error.kind, AuthErrorKind::WrongTenant);
        assert!(!error.advice().is_empty());
    }

    #[test]
    fn unusable_profiles_are_refused() {
        for tenant in ["", "--help", "a/b", "a b", "..", "a?b", "x\u{1b}"] {
            let mut profile = profile(Cloud::Global);
            profile.tenant = tenant.into();
            assert!(check_profile(&profile).is_err(), "{tenant:?}");
        }
        let mut application = profile(Cloud::Global);
        application.method = SignInMethod::Certificate;
        assert!(check_profile(&application).is_err());
        application.client_id = Some("id".into());
        assert!(check_profile(&application).is_ok());
        application.tenant = "common".into();
        assert!(check_profile(&application).is_err());
    }
}
