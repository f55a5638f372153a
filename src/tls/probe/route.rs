//! The way to an endpoint: straight to its addresses, or through an HTTP proxy.

use std::{io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, sleep_until, timeout_at},
};

use super::{options::ProbeOptions, proxy::Proxy};
use crate::domain::{
    text::clean_to,
    tls::{EndpointSpeech, ProbeOutcome},
};

/// After this time the next address is tried beside the one still waited for (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Why an endpoint could not be judged any further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// As a word.
    pub outcome: ProbeOutcome,
    /// What happened, as a sentence.
    pub detail: String,
}

impl Failure {
    /// A failure in words.
    pub fn new(outcome: ProbeOutcome, detail: impl Into<String>) -> Self {
        Self {
            outcome,
            detail: detail.into(),
        }
    }
}

/// How to reach an endpoint.
#[derive(Clone, Debug)]
pub enum Route {
    /// Its own addresses, in the order to try.
    Direct(Vec<SocketAddr>),
    /// Through a proxy.
    Proxy(Proxy),
}

impl Route {
    /// Asks the proxy rules, then the name servers.
    pub async fn find(
        (host, port): (&str, u16),
        speech: EndpointSpeech,
        rules: Option<&Matcher>,
        options: &ProbeOptions,
        deadline: Instant,
    ) -> Result<Self, Failure> {
        let scheme = if speech == EndpointSpeech::Http {
            "http"
        } else {
            "https"
        };
        let address = format!("{scheme}://{}/", authority(host, port));
        let through = rules.and_then(|rules| rules.intercept(&address.parse::<Uri>().ok()?));
        let Some(through) = through else {
            return resolve(host, port, options, deadline).await.map(Self::Direct);
        };
        let uri = through.uri();
        let refused = |detail: String| Failure::new(ProbeOutcome::ProxyRefused, detail);
        let proxy_host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let proxy_port = uri.port_u16().unwrap_or(80);
        let name = clean_to(&authority(&proxy_host, proxy_port), 200).into_owned();
        if uri.scheme_str() != Some("http") {
            return Err(refused(format!(
                "The proxy set up for this host, {name}, is spoken to in {}; the probe can speak to http proxies only.",
                uri.scheme_str().unwrap_or("an unknown way")
            )));
        }
        let addresses = resolve(&proxy_host, proxy_port, options, deadline)
            .await
            .map_err(|failure| refused(format!("The proxy {name} cannot be reached. {}", failure.detail)))?;
        Ok(Self::Proxy(Proxy::new(name, addresses, &through)))
    }

    /// The proxy's name, if there is one.
    pub fn proxy(&self) -> Option<&Proxy> {
        match self {
            Self::Direct(_) => None,
            Self::Proxy(proxy) => Some(proxy),
        }
    }

    /// The endpoint's addresses; none through a proxy, which looks names up itself.
    pub fn addresses(&self) -> &[SocketAddr] {
        match self {
            Self::Direct(addresses) => addresses,
            Self::Proxy(_) => &[],
        }
    }

    /// A connection to the endpoint, through a tunnel where a proxy stands between.
    pub async fn open(&self, host: &str, port: u16, deadline: Instant) -> Result<TcpStream, Failure> {
        match self {
            Self::Direct(addresses) => connect(addresses, deadline).await,
            Self::Proxy(proxy) => proxy.tunnel(host, port, deadline).await,
        }
    }
}

/// `host:port`, with brackets around an IPv6 address.
pub fn authority(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// All addresses of a name. The name servers' chains of aliases are followed by the system.
async fn resolve(
    host: &str,
    port: u16,
    options: &ProbeOptions,
    deadline: Instant,
) -> Result<Vec<SocketAddr>, Failure> {
    if let Some(addresses) = options.resolve.get(&(host.to_owned(), port)) {
        return Ok(addresses.clone());
    }
    let not_found = |detail: String| Failure::new(ProbeOutcome::NameNotFound, detail);
    match timeout_at(deadline, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(found)) => {
            let found = by_turns(found.collect());
            if found.is_empty() {
                Err(not_found(format!("The name {host} has no address.")))
            } else {
                Ok(found)
            }
        }
        Ok(Err(error)) => Err(not_found(format!(
            "The name {host} does not resolve: {}.",
            clean_to(&error.to_string(), 200)
        ))),
        Err(_) => Err(not_found(format!(
            "The name servers gave no answer for {host} within {} s.",
            options.bound.as_secs_f32().round()
        ))),
    }
}

/// IPv6 and IPv4 by turns, beginning with the family the system prefers (RFC 8305, section 4).
fn by_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let preferred = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == preferred);
    first.dedup();
    second.dedup();
    let mut mixed = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        let (one, other) = (first.next(), second.next());
        if one.is_none() && other.is_none() {
            return mixed;
        }
        mixed.extend(one);
        mixed.extend(other);
    }
}

/// The first connection that opens; each address gets its turn before the deadline.
pub(super) async fn connect(addresses: &[SocketAddr], deadline: Instant) -> Result<TcpStream, Failure> {
    let mut waiting = addresses.iter();
    let mut attempts = FuturesUnordered::new();
    let mut errors: Vec<(SocketAddr, io::Error)> = Vec::new();
    loop {
        if let Some(&address) = waiting.next() {
            attempts.push(async move { (address, TcpStream::connect(address).await) });
        }
        let more = waiting.len() > 0;
        tokio::select! {
            Some((address, result)) = attempts.next() => match result {
                Ok(stream) => {
                    // A small hello should leave at once.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => {
                    errors.push((address, error));
                    if attempts.is_empty() && !more {
                        return Err(not_connected(&errors));
                    }
                }
            },
            () = sleep(STAGGER), if more => {}
            () = sleep_until(deadline) => {
                let tried: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
                return Err(Failure::new(
                    ProbeOutcome::Blocked,
                    format!("No answer to the connection from {}.", tried.join(", ")),
                ));
            }
        }
    }
}

fn not_connected(errors: &[(SocketAddr, io::Error)]) -> Failure {
    let refused = errors
        .iter()
        .find(|(_, error)| error.kind() == io::ErrorKind::ConnectionRefused);
    let (outcome, found) = match refused {
        Some(found) => (ProbeOutcome::Refused, Some(found)),
        None => (ProbeOutcome::Blocked, errors.last()),
    };
    let detail = match found {
        Some((address, _)) if outcome == ProbeOutcome::Refused => {
            format!("{} refuses the connection.", address.ip())
        }
        Some((address, error)) => {
            format!(
                "No connection to {}: {}.",
                address.ip(),
                clean_to(&error.to_string(), 200)
            )
        }
        None => "There is no address to connect to.".to_owned(),
    };
    Failure::new(outcome, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| text.parse().unwrap())
                .collect::<Vec<SocketAddr>>()
        };
        let mixed = by_turns(parse(&[
            "[::1]:1",
            "[::2]:1",
            "[::3]:1",
            "10.0.0.1:1",
            "10.0.0.2:1",
        ]));
        assert_eq!(
            mixed,
            parse(&["[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1", "[::3]:1"])
        );
        assert!(by_turns(Vec::new()).is_empty());
    }
}
