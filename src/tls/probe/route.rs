//! The way to an endpoint: straight to its addresses, or through an HTTP proxy.

use std::{io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, sleep_until, timeout_at},
};

use super::{
    http_head::{Head, HeadAnswer, read_head},
    options::{ProbeOptions, ProxyChoice},
};
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

/// An HTTP proxy. Its password stands in no text.
#[derive(Clone)]
pub struct Proxy {
    /// `host:port`.
    pub name: String,
    addresses: Vec<SocketAddr>,
    authorization: Option<HeaderValue>,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Proxy")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The rules by which hosts go through a proxy.
pub fn proxy_rules(choice: &ProxyChoice) -> Option<Matcher> {
    match choice {
        ProxyChoice::System => Some(Matcher::from_system()),
        ProxyChoice::None => None,
        ProxyChoice::Fixed(address) => Some(Matcher::builder().all(address.clone()).build()),
    }
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
        Ok(Self::Proxy(Proxy {
            name,
            addresses,
            authorization: through.basic_auth().cloned(),
        }))
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

impl Proxy {
    /// A connection to the proxy itself.
    pub async fn connect(&self, deadline: Instant) -> Result<TcpStream, Failure> {
        connect(&self.addresses, deadline).await.map_err(|failure| {
            Failure::new(
                ProbeOutcome::ProxyRefused,
                format!("The proxy {} cannot be reached. {}", self.name, failure.detail),
            )
        })
    }

    /// The line that signs in to the proxy, where the address of the proxy holds a password.
    pub fn authorization_line(&self) -> String {
        match self.authorization.as_ref().and_then(|value| value.to_str().ok()) {
            Some(value) => format!("Proxy-Authorization: {value}\r\n"),
            None => String::new(),
        }
    }

    async fn tunnel(&self, host: &str, port: u16, deadline: Instant) -> Result<TcpStream, Failure> {
        let mut stream = self.connect(deadline).await?;
        let target = authority(host, port);
        let request = format!(
            "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{}\r\n",
            self.authorization_line()
        );
        let head = exchange(&mut stream, &request, deadline)
            .await
            .map_err(|broken| {
                let what = match broken {
                    Broken::Silent => "does not answer",
                    Broken::Cut => "cuts the connection",
                    Broken::NotHttp => "does not speak HTTP",
                };
                Failure::new(
                    ProbeOutcome::ProxyRefused,
                    format!("The proxy {} {what} when asked for {target}.", self.name),
                )
            })?;
        if (200..300).contains(&head.status) {
            Ok(stream)
        } else {
            Err(self.refusal(&head))
        }
    }

    /// What a proxy's refusal means.
    pub fn refusal(&self, head: &Head) -> Failure {
        let name = &self.name;
        let detail = match head.status {
            407 => {
                let mut ways: Vec<&str> = head
                    .values("proxy-authenticate")
                    .filter_map(|value| value.split([' ', ',']).next())
                    .filter(|way| !way.is_empty())
                    .collect();
                ways.dedup();
                let ways = if ways.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", ways.join(", "))
                };
                format!("The proxy {name} wants a sign-in{ways} and got none it accepts (status 407).")
            }
            403 => format!("The proxy {name} forbids this host (status 403)."),
            502..=504 => {
                format!(
                    "The proxy {name} could not reach this host itself (status {}).",
                    head.status
                )
            }
            status => format!("The proxy {name} refused the connection (status {status})."),
        };
        Failure::new(ProbeOutcome::ProxyRefused, detail)
    }
}

/// Why no HTTP head came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Nothing more came in time.
    Silent,
    /// The connection ended.
    Cut,
    /// Something else came.
    NotHttp,
}

/// Sends a request and reads the head of the answer, and not one byte more: what follows in a tunnel is the server's.
pub async fn exchange(stream: &mut TcpStream, request: &str, deadline: Instant) -> Result<Head, Broken> {
    let talk = async {
        stream
            .write_all(request.as_bytes())
            .await
            .map_err(|_| Broken::Cut)?;
        let mut bytes = Vec::new();
        loop {
            bytes.push(stream.read_u8().await.map_err(|_| Broken::Cut)?);
            if bytes.len() > 8 && bytes.last() != Some(&b'\n') && bytes.len() < super::http_head::LONGEST_HEAD
            {
                continue;
            }
            match read_head(&bytes) {
                HeadAnswer::Incomplete => {}
                HeadAnswer::Head(head) => return Ok(head),
                HeadAnswer::NotHttp => return Err(Broken::NotHttp),
            }
        }
    };
    timeout_at(deadline, talk).await.unwrap_or(Err(Broken::Silent))
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
async fn connect(addresses: &[SocketAddr], deadline: Instant) -> Result<TcpStream, Failure> {
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

    #[test]
    fn a_proxy_never_shows_its_password() {
        let rules = proxy_rules(&ProxyChoice::Fixed(
            "http://anna:hunter2@proxy.example:3128".to_owned(),
        ))
        .unwrap();
        let through = rules
            .intercept(&"https://login.example/".parse().unwrap())
            .unwrap();
        let proxy = Proxy {
            name: "proxy.example:3128".to_owned(),
            addresses: Vec::new(),
            authorization: through.basic_auth().cloned(),
        };
        assert!(
            proxy
                .authorization_line()
                .starts_with("Proxy-Authorization: Basic ")
        );
        let secret = proxy.authorization_line();
        let secret = secret.trim_end().rsplit(' ').next().unwrap();
        assert!(!format!("{proxy:?}").contains(secret));
        assert!(!through.uri().to_string().contains("hunter2"));
    }
}
