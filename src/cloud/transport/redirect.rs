//! Redirects to regional hosts: same family only, same body, token re-added, host remembered
//! (facts/exchange section 1.1).

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use url::Url;

use super::clean;
use crate::domain::{Endpoints, ErrorClass, Service, ServiceError};

/// So many redirects are followed for one request.
pub(super) const MOST_HOPS: usize = 8;

/// Whether a status sends the same request elsewhere. (303 asks for a GET, which no service here means.)
pub(super) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 307 | 308)
}

/// The next address after `from`, checked: only hosts of the profile's cloud, never a loop.
pub(super) fn next_hop(
    endpoints: &Endpoints,
    service: Service,
    from: &Url,
    location: Option<&str>,
    visited: &[Url],
) -> Result<Url, ServiceError> {
    let malformed = |message: String| ServiceError::new(ErrorClass::Malformed, message);
    let location =
        location.ok_or_else(|| malformed("the service redirected without saying where to".to_owned()))?;
    let next = from.join(location).map_err(|_| {
        malformed(format!(
            "the service redirected to `{}`, which is no address",
            clean(location)
        ))
    })?;
    let next = public_port(endpoints, service, next);
    check_host(endpoints, service, &next)?;
    if visited.contains(&next) {
        return Err(malformed(format!(
            "the service redirects in a circle at {}",
            host_of(&next)
        )));
    }
    if visited.len() > MOST_HOPS {
        return Err(malformed(format!(
            "the service redirected more than {MOST_HOPS} times"
        )));
    }
    Ok(next)
}

/// The address with the public port of Exchange's front ends in place of their internal one, which redirects and next
/// links sometimes name (facts/exchange section 1.1). A profile that names the internal port itself means it.
pub(super) fn public_port(endpoints: &Endpoints, service: Service, mut url: Url) -> Url {
    const INTERNAL: Option<u16> = Some(446);
    if url.scheme() == "https" && url.port() == INTERNAL && endpoints.root(service).port() != INTERNAL {
        // Only fails for addresses without host, which `check_host` refuses.
        let _ = url.set_port(Some(443));
    }
    url
}

/// Refuses addresses outside the profile's cloud.
pub(super) fn check_host(endpoints: &Endpoints, service: Service, url: &Url) -> Result<(), ServiceError> {
    if endpoints.may_receive_token(service, url) {
        return Ok(());
    }
    Err(ServiceError::new(
        ErrorClass::ForeignHost,
        format!(
            "a link of {} leads to {}, which is outside this profile's cloud; nothing was sent there",
            service.word(),
            host_of(url)
        ),
    )
    .with_advice(
        "Check the cloud of the profile. If it is right, somebody between you and the service changes answers: \
         look at proxies and report the request id.",
    ))
}

/// Host and port for a message; never the path or query, which can hold personal data.
pub(super) fn host_of(url: &Url) -> String {
    let host = clean(url.host_str().unwrap_or("an address without host"));
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

/// Hosts that services redirected to, so that later requests go there at once.
#[derive(Debug, Default)]
pub(super) struct Pins(Mutex<BTreeMap<Service, Url>>);

impl Pins {
    /// The address to use for `url`: the pinned host where `url` names the configured one.
    pub(super) fn apply(&self, endpoints: &Endpoints, service: Service, url: &Url) -> Url {
        let pins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match pins.get(&service) {
            Some(pin) if same_origin(url, endpoints.root(service)) => {
                let mut moved = url.clone();
                if moved.set_host(pin.host_str()).is_ok() && moved.set_port(pin.port()).is_ok() {
                    return moved;
                }
                url.clone()
            }
            _ => url.clone(),
        }
    }

    /// Remembers where a redirected request was answered.
    pub(super) fn remember(&self, service: Service, answered: &Url) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(service, answered.clone());
    }

    /// Forgets a host that can't be reached any more.
    pub(super) fn forget(&self, service: Service) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&service);
    }
}

fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Cloud;

    fn hop(from: &str, location: &str) -> Result<Url, ServiceError> {
        let endpoints = Endpoints::published(Cloud::Global).unwrap();
        next_hop(
            &endpoints,
            Service::Exchange,
            &Url::parse(from).unwrap(),
            Some(location),
            &[],
        )
    }

    #[test]
    fn regional_hosts_are_followed_on_the_public_port() {
        let next = hop(
            "https://outlook.office365.com/a?b=1",
            "https://eur01.outlook.office365.com:446/a?b=1",
        )
        .unwrap();
        assert_eq!(next.as_str(), "https://eur01.outlook.office365.com/a?b=1");
        assert_eq!(
            hop("https://outlook.office365.com/a", "/c").unwrap().as_str(),
            "https://outlook.office365.com/c"
        );
    }

    #[test]
    fn the_internal_port_is_left_where_the_profile_names_it() {
        let url = Url::parse("https://proxy.example:446/a").unwrap();
        let at = |root: &str| {
            let endpoints = Endpoints::custom(root, root, root).unwrap();
            public_port(&endpoints, Service::Exchange, url.clone()).port()
        };
        assert_eq!(at("https://proxy.example"), None);
        assert_eq!(at("https://proxy.example:446"), Some(446));
    }

    #[test]
    fn foreign_hosts_are_refused() {
        for location in [
            "https://evil.example/a",
            "//evil.example/a",
            "http://outlook.office365.com/a",
            "https://office365.com.evil.example:446/a",
            "javascript:alert(1)",
        ] {
            let error = hop("https://outlook.office365.com/a", location).unwrap_err();
            assert_eq!(error.class, ErrorClass::ForeignHost, "{location}");
        }
    }

    #[test]
    fn circles_and_long_chains_end() {
        let endpoints = Endpoints::published(Cloud::Global).unwrap();
        let url = |path: &str| Url::parse(&format!("https://outlook.office365.com/{path}")).unwrap();
        let go = |location: &str, visited: &[Url]| {
            next_hop(&endpoints, Service::Exchange, &url("a"), Some(location), visited)
                .map_err(|error| error.class)
        };
        assert_eq!(go("/a", &[url("a")]), Err(ErrorClass::Malformed));
        let visited: Vec<Url> = (0..9).map(|hop| url(&hop.to_string())).collect();
        assert_eq!(go("/new", &visited), Err(ErrorClass::Malformed));
        assert!(go("/new", &visited[..8]).is_ok());
    }

    #[test]
    fn later_requests_go_to_the_pinned_host() {
        let endpoints = Endpoints::published(Cloud::Global).unwrap();
        let pins = Pins::default();
        let first = Url::parse("https://outlook.office365.com/adminapi?x=1").unwrap();
        assert_eq!(pins.apply(&endpoints, Service::Exchange, &first), first);
        pins.remember(
            Service::Exchange,
            &Url::parse("https://eur01.outlook.office365.com/other").unwrap(),
        );
        assert_eq!(
            pins.apply(&endpoints, Service::Exchange, &first).as_str(),
            "https://eur01.outlook.office365.com/adminapi?x=1"
        );
        pins.forget(Service::Exchange);
        assert_eq!(pins.apply(&endpoints, Service::Exchange, &first), first);
    }
}
