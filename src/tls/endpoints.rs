//! Which endpoints the products need, per cloud: the table in `assets/tls/endpoints.toml` and the profile's own services.

use std::sync::LazyLock;

use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use crate::domain::{
    Cloud, Endpoints, Service,
    tls::{Certainty, Endpoint, EndpointRole, EndpointSpeech},
};

const HTTPS: u16 = 443;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    endpoint: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    clouds: Vec<Cloud>,
    roles: Vec<EndpointRole>,
    host: String,
    #[serde(default = "https")]
    port: u16,
    #[serde(default = "tls")]
    speech: EndpointSpeech,
    path: Option<String>,
    #[serde(default = "yes")]
    required: bool,
    purpose: String,
    #[serde(default)]
    certainty: Certainty,
}

fn https() -> u16 {
    HTTPS
}

fn tls() -> EndpointSpeech {
    EndpointSpeech::Tls
}

fn yes() -> bool {
    true
}

/// The table is part of the program and read by a test; an empty one would leave the profile's own services.
static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    toml::from_str::<Table>(include_str!("../../assets/tls/endpoints.toml"))
        .map_or_else(|_| Vec::new(), |table| table.endpoint)
});

/// For whom the list is made.
#[derive(Clone, Debug)]
pub struct EndpointNames<'a> {
    /// The profile's cloud and its services.
    pub services: &'a Endpoints,
    /// The tenant's id, where it is known: some names begin with it.
    pub tenant: Option<Uuid>,
    /// Whose endpoints.
    pub roles: &'a [EndpointRole],
}

/// What to probe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointList {
    /// In the order of the table, Handover's own first.
    pub endpoints: Vec<Endpoint>,
    /// Names that could not be made because the tenant's id is not known, with `{tenant}` in its place.
    pub without_tenant: Vec<String>,
}

/// The endpoints of a cloud for the given roles; each host and port once, with all who need it. A custom cloud has
/// Handover's own endpoints only: nobody knows where its products would go.
pub fn endpoint_list(names: &EndpointNames<'_>) -> EndpointList {
    let mut list = EndpointList::default();
    if names.roles.contains(&EndpointRole::Handover) {
        for service in [Service::Login, Service::Graph, Service::Exchange] {
            if let Some(endpoint) = own(service, names.services.root(service)) {
                list.add(endpoint);
            }
        }
    }
    for row in TABLE
        .iter()
        .filter(|row| row.clouds.contains(&names.services.cloud))
    {
        let roles: Vec<EndpointRole> = row
            .roles
            .iter()
            .copied()
            .filter(|role| names.roles.contains(role))
            .collect();
        if roles.is_empty() {
            continue;
        }
        let host = match names.tenant {
            Some(tenant) => row.host.replace("{tenant}", &tenant.to_string()),
            None if row.host.contains("{tenant}") => {
                let name = format!("{}:{}", row.host, row.port);
                if !list.without_tenant.contains(&name) {
                    list.without_tenant.push(name);
                }
                continue;
            }
            None => row.host.clone(),
        };
        list.add(Endpoint {
            host,
            port: row.port,
            speech: row.speech,
            path: row.path.clone(),
            required: row.required,
            roles,
            purpose: row.purpose.clone(),
            certainty: row.certainty,
        });
    }
    list
}

impl EndpointList {
    /// Adds an endpoint, or its roles and its necessity to one with the same host and port.
    fn add(&mut self, endpoint: Endpoint) {
        let same = |known: &&mut Endpoint| known.host == endpoint.host && known.port == endpoint.port;
        let Some(known) = self.endpoints.iter_mut().find(same) else {
            self.endpoints.push(endpoint);
            return;
        };
        for role in endpoint.roles {
            if !known.roles.contains(&role) {
                known.roles.push(role);
            }
        }
        known.required |= endpoint.required;
        known.certainty = known.certainty.min(endpoint.certainty);
    }
}

/// One of Handover's own services. Brackets around an IPv6 address belong to the address text, not to the host.
fn own(service: Service, root: &Url) -> Option<Endpoint> {
    Some(Endpoint {
        host: root.host_str()?.trim_matches(['[', ']']).to_owned(),
        port: root.port_or_known_default()?,
        speech: if root.scheme() == "https" {
            EndpointSpeech::Tls
        } else {
            EndpointSpeech::Http
        },
        path: None,
        required: true,
        roles: vec![EndpointRole::Handover],
        purpose: match service {
            Service::Login => "sign-in of Handover",
            Service::Graph => "Microsoft Graph for Handover",
            Service::Exchange => "Exchange Online for Handover",
        }
        .to_owned(),
        certainty: Certainty::Documented,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [EndpointRole; 3] = [EndpointRole::Connect, EndpointRole::Agent, EndpointRole::Handover];

    fn list(cloud: Cloud, tenant: Option<Uuid>, roles: &[EndpointRole]) -> EndpointList {
        let services = Endpoints::published(cloud).unwrap();
        endpoint_list(&EndpointNames {
            services: &services,
            tenant,
            roles,
        })
    }

    #[test]
    fn the_table_reads_and_holds_no_wildcards() {
        let table: Table = toml::from_str(include_str!("../../assets/tls/endpoints.toml")).unwrap();
        assert_eq!(table.endpoint.len(), TABLE.len());
        for row in &table.endpoint {
            assert!(!row.host.contains('*'), "{}", row.host);
            assert!(!row.clouds.is_empty() && !row.roles.is_empty() && !row.purpose.is_empty());
            assert!(!row.roles.contains(&EndpointRole::Handover), "{}", row.host);
            assert_eq!(row.speech == EndpointSpeech::Http, row.port == 80, "{}", row.host);
            assert!(
                row.path.is_none() || row.speech == EndpointSpeech::Http,
                "{}",
                row.host
            );
            assert!([80, 443, 5671, 8080].contains(&row.port), "{}", row.host);
            if row.clouds.contains(&Cloud::China) {
                assert_eq!(row.certainty, Certainty::Guess, "{}", row.host);
            }
        }
    }

    #[test]
    fn every_cloud_has_endpoints_for_every_role_and_each_once() {
        for cloud in [Cloud::Global, Cloud::GccHigh, Cloud::Dod, Cloud::China] {
            let list = list(cloud, Some(Uuid::nil()), &ALL);
            assert!(list.without_tenant.is_empty());
            for role in ALL {
                assert!(
                    list.endpoints
                        .iter()
                        .any(|endpoint| endpoint.roles.contains(&role)),
                    "{cloud:?} {role:?}"
                );
            }
            let mut seen: Vec<_> = list
                .endpoints
                .iter()
                .map(|endpoint| (&endpoint.host, endpoint.port))
                .collect();
            let before = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), before, "{cloud:?}");
        }
    }

    #[test]
    fn one_host_of_several_roles_is_probed_once() {
        let list = list(Cloud::Global, None, &ALL);
        let login = &list.endpoints[0];
        assert_eq!(login.host, "login.microsoftonline.com");
        assert_eq!(
            login.roles,
            [EndpointRole::Handover, EndpointRole::Connect, EndpointRole::Agent]
        );
    }

    #[test]
    fn names_with_the_tenant_are_told_where_it_is_unknown() {
        let unknown = list(Cloud::Global, None, &[EndpointRole::Agent]);
        assert!(
            unknown
                .without_tenant
                .contains(&"{tenant}.registration.msappproxy.net:443".to_owned())
        );
        assert!(
            unknown
                .endpoints
                .iter()
                .all(|endpoint| !endpoint.host.contains('{'))
        );
        let tenant = Uuid::from_u128(0x1111_2222_3333_4444_5555_6666_7777_8888);
        let known = list(Cloud::Global, Some(tenant), &[EndpointRole::Agent]);
        assert!(known.endpoints.iter().any(|endpoint| {
            endpoint.host == "11112222-3333-4444-5555-666677778888.registration.msappproxy.net"
        }));
    }

    #[test]
    fn a_custom_cloud_has_its_own_services_only() {
        let services = Endpoints::custom(
            "http://127.0.0.1:4000/login",
            "https://graph.example:8443/x",
            "http://[::1]:4000/exchange",
        )
        .unwrap();
        let list = endpoint_list(&EndpointNames {
            services: &services,
            tenant: None,
            roles: &ALL,
        });
        let told: Vec<_> = list
            .endpoints
            .iter()
            .map(|endpoint| (endpoint.host.as_str(), endpoint.port, endpoint.speech))
            .collect();
        assert_eq!(
            told,
            [
                ("127.0.0.1", 4000, EndpointSpeech::Http),
                ("graph.example", 8443, EndpointSpeech::Tls),
                ("::1", 4000, EndpointSpeech::Http),
            ]
        );
    }
}
