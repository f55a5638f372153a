//! Port 80: revocation lists come over plain HTTP, and so do the pages that networks and proxies put in their place.

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use tokio::{net::TcpStream, time::Instant};

use super::{
    http_head::Head,
    proxy::{Broken, Proxy, exchange},
    route::{Failure, authority},
};
use crate::domain::{
    text::clean_to,
    tls::{Endpoint, ProbeOutcome},
};

/// What plain HTTP showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// As a sentence.
    pub detail: String,
    /// How far this machine's clock is ahead of the answer's date, in seconds.
    pub clock_ahead_seconds: Option<i64>,
}

/// Asks for the head of the endpoint's file. Through a proxy the request names the whole address.
pub async fn ask(
    mut stream: TcpStream,
    endpoint: &Endpoint,
    proxy: Option<&Proxy>,
    deadline: Instant,
) -> Result<Answered, Failure> {
    let request = request(endpoint, proxy);
    let head = exchange(&mut stream, &request, deadline)
        .await
        .map_err(|broken| match broken {
            Broken::Silent => Failure::new(
                ProbeOutcome::Silent,
                "Connected, but the HTTP request got no answer.",
            ),
            Broken::Cut => Failure::new(
                ProbeOutcome::Reset,
                "Connected, but the connection was cut before an answer.",
            ),
            Broken::NotHttp => Failure::new(
                ProbeOutcome::NotHttp,
                "Something answered that does not speak HTTP.",
            ),
        })?;
    judge(&head, endpoint, proxy, Timestamp::now())
}

fn request(endpoint: &Endpoint, proxy: Option<&Proxy>) -> String {
    let path = endpoint.path.as_deref().unwrap_or("/");
    let host = match endpoint.port {
        80 => authority(&endpoint.host, 80).trim_end_matches(":80").to_owned(),
        port => authority(&endpoint.host, port),
    };
    let (target, sign_in) = match proxy {
        Some(proxy) => (format!("http://{host}{path}"), proxy.authorization_line()),
        None => (path.to_owned(), String::new()),
    };
    format!(
        "HEAD {target} HTTP/1.1\r\nHost: {host}\r\n{sign_in}User-Agent: handover\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
}

fn judge(
    head: &Head,
    endpoint: &Endpoint,
    proxy: Option<&Proxy>,
    now: Timestamp,
) -> Result<Answered, Failure> {
    let page = |detail: String| Err(Failure::new(ProbeOutcome::PageInstead, detail));
    match (head.status, proxy) {
        (403 | 407 | 502..=504, Some(proxy)) => return Err(proxy.refusal(head)),
        (407, None) => {
            return Err(Failure::new(
                ProbeOutcome::ProxyRefused,
                "A proxy that this machine does not know of answered and wants a sign-in (status 407).",
            ));
        }
        (511, _) => return page("This network wants a sign-in first (status 511).".to_owned()),
        _ => {}
    }
    let elsewhere = redirected_to(head).filter(|host| !host.eq_ignore_ascii_case(&endpoint.host));
    if endpoint.path.is_some() {
        if let Some(host) = elsewhere {
            return page(format!(
                "The request for a file was sent on to {}.",
                clean_to(&host, 200)
            ));
        }
        let html = head
            .value("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
        if html && (200..300).contains(&head.status) {
            return page(format!(
                "An HTML page came in place of a file (status {}).",
                head.status
            ));
        }
    }
    Ok(Answered {
        detail: format!("Answers plain HTTP (status {}).", head.status),
        clock_ahead_seconds: head
            .value("date")
            .and_then(date)
            .map(|date| now.as_second() - date.as_second() - age(head)),
    })
}

fn redirected_to(head: &Head) -> Option<String> {
    if !(300..400).contains(&head.status) {
        return None;
    }
    let address = url::Url::parse(head.value("location")?).ok()?;
    address.host_str().map(str::to_owned)
}

/// Seconds that an answer lay in a cache, which keeps the date of its origin (RFC 9111, section 5.1).
fn age(head: &Head) -> i64 {
    let seconds = head.value("age").and_then(|text| text.trim().parse::<u32>().ok());
    seconds.map_or(0, i64::from)
}

/// A `Date` field: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::super::http_head::{HeadAnswer, read_head};
    use super::*;
    use crate::domain::tls::{Certainty, EndpointSpeech};

    fn judged(path: Option<&str>, head: &str) -> Result<Answered, Failure> {
        let endpoint = Endpoint {
            host: "crl.example".to_owned(),
            port: 80,
            speech: EndpointSpeech::Http,
            path: path.map(str::to_owned),
            required: true,
            roles: Vec::new(),
            purpose: String::new(),
            certainty: Certainty::Documented,
        };
        let HeadAnswer::Head(head) = read_head(format!("HTTP/1.1 {head}\r\n\r\n").as_bytes()) else {
            panic!("{head}");
        };
        judge(&head, &endpoint, None, "2026-11-22T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn pages_in_place_of_files_are_told() {
        let outcome = |path, head| judged(path, head).map_err(|failure| failure.outcome).err();
        let list = Some("/root.crl");
        for (path, head, expected) in [
            (list, "200 OK\r\nContent-Type: application/pkix-crl", None),
            (
                list,
                "200 OK\r\nContent-Type: text/html; charset=utf-8",
                Some(ProbeOutcome::PageInstead),
            ),
            (list, "404 Not Found\r\nContent-Type: text/html", None),
            (
                list,
                "302 Found\r\nLocation: http://portal.example/login",
                Some(ProbeOutcome::PageInstead),
            ),
            (list, "301 Moved\r\nLocation: https://crl.example/root.crl", None),
            (list, "302 Found\r\nLocation: /other.crl", None),
            (None, "200 OK\r\nContent-Type: text/html", None),
            (
                None,
                "511 Network Authentication Required",
                Some(ProbeOutcome::PageInstead),
            ),
            (
                None,
                "407 Proxy Authentication Required",
                Some(ProbeOutcome::ProxyRefused),
            ),
        ] {
            assert_eq!(outcome(path, head), expected, "{path:?} {head}");
        }
    }

    #[test]
    fn the_clock_is_compared_with_the_answer() {
        let ahead = |date: &str| {
            judged(None, &format!("200 OK\r\nDate: {date}"))
                .unwrap()
                .clock_ahead_seconds
        };
        assert_eq!(ahead("Sun, 22 Nov 2026 09:59:00 GMT"), Some(60));
        assert_eq!(ahead("Mon, 23 Nov 2026 10:00:00 GMT"), Some(-86_400));
        assert_eq!(ahead("soon"), None);
        let cached = "Sun, 22 Nov 2026 09:00:00 GMT\r\nAge: 3590";
        assert_eq!(ahead(cached), Some(10), "a cache keeps the date of its origin");
    }
}
