//! An HTTP proxy between this machine and the endpoints: which hosts go through it, tunnels by CONNECT, refusals.

use std::net::SocketAddr;

use http::HeaderValue;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};

use super::{
    http_head::{Head, HeadAnswer, LONGEST_HEAD, read_head},
    options::ProxyChoice,
    route::{Failure, authority, connect},
};
use crate::domain::tls::ProbeOutcome;

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

impl Proxy {
    /// The proxy that the rules name, at its addresses.
    pub fn new(name: String, addresses: Vec<SocketAddr>, rule: &Intercept) -> Self {
        Self {
            name,
            addresses,
            authorization: rule.basic_auth().cloned(),
        }
    }

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

    /// A connection to the endpoint through the proxy, which is asked to CONNECT.
    pub async fn tunnel(&self, host: &str, port: u16, deadline: Instant) -> Result<TcpStream, Failure> {
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
            if bytes.len() > 8 && bytes.last() != Some(&b'\n') && bytes.len() < LONGEST_HEAD {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_never_shows_its_password() {
        let rules = proxy_rules(&ProxyChoice::Fixed(
            "http://anna:hunter2@proxy.example:3128".to_owned(),
        ))
        .unwrap();
        let through = rules
            .intercept(&"https://login.example/".parse().unwrap())
            .unwrap();
        let proxy = Proxy::new("proxy.example:3128".to_owned(), Vec::new(), &through);
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
