//! The clouds a profile can name, their service addresses, and which hosts may see a token.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// Where a tenant lives (design section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cloud {
    /// Worldwide and GCC.
    #[default]
    Global,
    /// US Government L4.
    GccHigh,
    /// US Government L5.
    Dod,
    /// 21Vianet.
    China,
    /// Addresses from the profile: a sandbox or a proxy.
    Custom,
}

impl Cloud {
    /// The word in the configuration file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::GccHigh => "gcc-high",
            Self::Dod => "dod",
            Self::China => "china",
            Self::Custom => "custom",
        }
    }
}

/// A service a token is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// The sign-in service itself; never sees a bearer token.
    Login,
    /// Microsoft Graph.
    Graph,
    /// Exchange Online.
    Exchange,
}

impl Service {
    /// The word shown in the title line and the call log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Graph => "graph",
            Self::Exchange => "exchange",
        }
    }
}

/// Base addresses of one cloud's services and the hosts that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Which cloud these addresses belong to.
    pub cloud: Cloud,
    /// Sign-in authority without tenant.
    pub login: Url,
    /// Graph root without version.
    pub graph: Url,
    /// Exchange root without `/adminapi`.
    pub exchange: Url,
}

/// Why a custom address is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not an address at all.
    #[error("`{0}` is not an address such as https://host/path")]
    NotAnAddress(String),
    /// Plain http beyond this machine.
    #[error(
        "`{0}` uses plain http; a token would travel unprotected. Use https, or http on a loopback address only"
    )]
    PlainHttp(String),
}

/// Login, Graph and Exchange roots and the host suffixes of Exchange per cloud
/// (facts/graph section 8, facts/exchange section 1.1; the 21Vianet host has two known spellings).
const CLOUDS: [(Cloud, [&str; 3], &[&str]); 4] = [
    (
        Cloud::Global,
        [
            "https://login.microsoftonline.com",
            "https://graph.microsoft.com",
            "https://outlook.office365.com",
        ],
        &["office365.com"],
    ),
    (
        Cloud::GccHigh,
        [
            "https://login.microsoftonline.us",
            "https://graph.microsoft.us",
            "https://outlook.office365.us",
        ],
        &["office365.us"],
    ),
    (
        Cloud::Dod,
        [
            "https://login.microsoftonline.us",
            "https://dod-graph.microsoft.us",
            "https://outlook-dod.office365.us",
        ],
        &["office365.us"],
    ),
    (
        Cloud::China,
        [
            "https://login.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn",
            "https://partner.outlook.cn",
        ],
        &["office365.cn", "partner.outlook.cn"],
    ),
];

impl Endpoints {
    /// The published addresses of a cloud; nothing for [`Cloud::Custom`], which needs its own.
    pub fn published(cloud: Cloud) -> Option<Self> {
        let (_, [login, graph, exchange], _) = CLOUDS.iter().find(|(known, ..)| *known == cloud)?;
        Some(Self {
            cloud,
            login: Url::parse(login).ok()?,
            graph: Url::parse(graph).ok()?,
            exchange: Url::parse(exchange).ok()?,
        })
    }

    /// Addresses of a custom cloud. Plain http is accepted on loopback only.
    pub fn custom(login: &str, graph: &str, exchange: &str) -> Result<Self, EndpointError> {
        let parse = |text: &str| {
            let url = Url::parse(text).map_err(|_| EndpointError::NotAnAddress(text.to_owned()))?;
            match url.scheme() {
                "https" if url.has_host() => Ok(url),
                "http" if is_loopback(&url) => Ok(url),
                "http" => Err(EndpointError::PlainHttp(text.to_owned())),
                _ => Err(EndpointError::NotAnAddress(text.to_owned())),
            }
        };
        Ok(Self {
            cloud: Cloud::Custom,
            login: parse(login)?,
            graph: parse(graph)?,
            exchange: parse(exchange)?,
        })
    }

    /// The root address of a service.
    pub fn root(&self, service: Service) -> &Url {
        match service {
            Service::Login => &self.login,
            Service::Graph => &self.graph,
            Service::Exchange => &self.exchange,
        }
    }

    /// Whether no proxy may stand between this machine and the services: as soon as one root is plain http, which only
    /// a custom cloud on this machine can have. A proxy would read its tokens, and leads nowhere from here.
    pub fn bypass_proxy(&self) -> bool {
        let roots = [&self.login, &self.graph, &self.exchange];
        roots.iter().any(|root| root.scheme() == "http") || roots.iter().all(|root| is_loopback(root))
    }

    /// Whether a bearer token for `service` may travel to `url`, whatever link or redirect named it.
    ///
    /// Exchange redirects to regional hosts of the same family; Graph and login stay on their own host. A custom
    /// cloud is its configured host on any port (design section 3).
    pub fn may_receive_token(&self, service: Service, url: &Url) -> bool {
        let root = self.root(service);
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        if self.cloud == Cloud::Custom {
            let secure = url.scheme() == "https"
                || (url.scheme() == "http" && root.scheme() == "http" && is_loopback(url));
            return secure && url.host() == root.host();
        }
        if url.scheme() != "https" {
            return false;
        }
        let Some(host) = url.host_str() else { return false };
        if service == Service::Exchange {
            let suffixes = CLOUDS
                .iter()
                .find(|(cloud, ..)| *cloud == self.cloud)
                .map_or(&[][..], |(.., suffixes)| suffixes);
            // 446 is the port Exchange names in some redirects; the caller rewrites it to 443.
            return matches!(url.port(), None | Some(443 | 446))
                && suffixes.iter().any(|suffix| {
                    host == *suffix || host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'))
                });
        }
        url.port().is_none() && url.host() == root.host()
    }
}

/// Whether an address stays on this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn tokens_stay_inside_the_cloud() {
        let global = Endpoints::published(Cloud::Global).unwrap();
        for allowed in [
            "https://outlook.office365.com/x",
            "https://eur01.outlook.office365.com:446/x",
        ] {
            assert!(
                global.may_receive_token(Service::Exchange, &url(allowed)),
                "{allowed}"
            );
        }
        for refused in [
            "http://outlook.office365.com/x",
            "https://office365.com.evil.example/x",
            "https://evil-office365.com/x",
            "https://outlook.office365.us/x",
            "https://outlook.office365.com:8443/x",
            "https://user@outlook.office365.com/x",
        ] {
            assert!(
                !global.may_receive_token(Service::Exchange, &url(refused)),
                "{refused}"
            );
        }
        assert!(global.may_receive_token(Service::Graph, &url("https://graph.microsoft.com/v1.0/users")));
        assert!(!global.may_receive_token(Service::Graph, &url("https://outlook.office365.com/")));
    }

    #[test]
    fn a_custom_cloud_is_its_host_on_any_port() {
        let custom = Endpoints::custom(
            "http://127.0.0.1:4000/login",
            "http://127.0.0.1:4000/graph",
            "http://127.0.0.1:4000/exchange",
        )
        .unwrap();
        assert!(custom.may_receive_token(Service::Exchange, &url("http://127.0.0.1:9/x")));
        assert!(!custom.may_receive_token(Service::Exchange, &url("http://127.0.0.2:4000/x")));
        assert!(!custom.may_receive_token(Service::Exchange, &url("http://localhost:4000/x")));
    }

    #[test]
    fn plain_http_never_meets_a_proxy() {
        let (plain, away, here) = ("http://127.0.0.1:4000", "https://a.example", "https://localhost");
        for (roots, bypass) in [
            ([plain, away, away], true),
            ([away, plain, away], true),
            ([away, away, plain], true),
            ([here, here, here], true),
            ([here, away, away], false),
            ([away, away, away], false),
        ] {
            let endpoints = Endpoints::custom(roots[0], roots[1], roots[2]).unwrap();
            assert_eq!(endpoints.bypass_proxy(), bypass, "{roots:?}");
        }
        assert!(!Endpoints::published(Cloud::Global).unwrap().bypass_proxy());
    }

    #[test]
    fn plain_http_stays_on_loopback() {
        let refused = Endpoints::custom("http://10.0.0.1/login", "https://a.example", "https://a.example");
        assert_eq!(
            refused,
            Err(EndpointError::PlainHttp("http://10.0.0.1/login".into()))
        );
    }
}
