//! Sign-in in the browser of this machine: authorization code with PKCE, answered on a loopback port (RFC 8252).

use std::{borrow::Cow, io, net::Ipv4Addr, time::Duration};

use oauth2::{AuthorizationCode, CsrfToken, PkceCodeChallenge, RedirectUrl};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use url::Url;

use super::{
    AuthError, AuthErrorKind, SignInPrompt,
    authenticator::BrowserOpener,
    grant::{Asking, Grant},
    prompt::OpenPrompt,
    wire::Replay,
};

/// How long a person has.
const ANSWER_WITHIN: Duration = Duration::from_secs(300);
/// How long a browser may take to start.
const BROWSER_WITHIN: Duration = Duration::from_secs(5);
/// How long one connection may take; browsers open some they never use.
const CONNECTION_WITHIN: Duration = Duration::from_secs(10);
/// Largest request head; authorization codes are one to two kilobytes.
const LARGEST_HEAD: usize = 32 * 1024;
/// Connections served at a time.
const MOST_CONNECTIONS: usize = 16;

/// Shows the sign-in page in a browser and waits for its answer.
pub(super) async fn sign_in(
    asking: &Asking<'_>,
    prompt: &OpenPrompt,
    open: &BrowserOpener,
    claims: Option<&str>,
) -> Result<Grant, AuthError> {
    let client = asking.client(None)?;
    let cannot_listen = |error: io::Error| {
        AuthError::new(
            AuthErrorKind::Network,
            format!("No port could be opened on this machine for the browser's answer: {error}"),
        )
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(cannot_listen)?;
    let port = listener.local_addr().map_err(cannot_listen)?.port();
    let redirect = RedirectUrl::new(format!("http://localhost:{port}"))
        .map_err(|_| AuthError::new(AuthErrorKind::Configuration, "No redirect address could be made"))?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut request = client
        .authorize_url(|| CsrfToken::new_random_len(32))
        .set_redirect_uri(Cow::Borrowed(&redirect))
        .set_pkce_challenge(challenge)
        .add_scopes(asking.person_scopes())
        // Administrators have several accounts: let them pick.
        .add_extra_param("prompt", "select_account");
    if let Some(claims) = claims {
        request = request.add_extra_param("claims", claims.to_owned());
    }
    let (url, state) = request.url();
    prompt.show(SignInPrompt::Waiting("Opening the browser".to_owned()));
    // The port answers before the browser starts. Dropping the set closes it.
    let mut serving = JoinSet::new();
    serving.spawn(timeout(ANSWER_WITHIN, answer(listener, port, state)));
    let opened = {
        let (open, url) = (open.clone(), url.clone());
        let starting = tokio::task::spawn_blocking(move || open(&url));
        // One that does not come back is running.
        timeout(BROWSER_WITHIN, starting)
            .await
            .map_or(true, |opened| opened.unwrap_or(false))
    };
    prompt.show(SignInPrompt::Browser { url, opened });
    let code = match serving.join_next().await {
        Some(Ok(Ok(answered))) => answered?,
        Some(Ok(Err(_))) => {
            return Err(AuthError::new(
                AuthErrorKind::TimedOut,
                "Nobody finished the sign-in in the browser",
            ));
        }
        _ => {
            return Err(AuthError::new(
                AuthErrorKind::Cancelled,
                "The sign-in in the browser was interrupted",
            ));
        }
    };
    prompt.show(SignInPrompt::Waiting("Finishing the sign-in".to_owned()));
    let exchange = asking.wire.exchange("redeem code", Replay::Once);
    client
        .exchange_code(code)
        .set_redirect_uri(Cow::Borrowed(&redirect))
        .set_pkce_verifier(verifier)
        .add_extra_param(
            "scope",
            asking
                .person_scopes()
                .map(|scope| scope.to_string())
                .collect::<Vec<_>>()
                .join(" "),
        )
        .request_async(&exchange)
        .await
        .map(Grant::from)
        .map_err(|error| exchange.error(error))
}

/// Opens the system's browser; false where there is none to see.
pub(super) fn open_system_browser(url: &Url) -> bool {
    let has_screen = !cfg!(all(unix, not(target_os = "macos")))
        || std::env::var_os("DISPLAY").is_some_and(|value| !value.is_empty())
        || std::env::var_os("WAYLAND_DISPLAY").is_some_and(|value| !value.is_empty());
    // Without a screen a text browser would draw over this terminal.
    has_screen && webbrowser::open(url.as_str()).is_ok()
}

/// Serves the loopback port until the sign-in page has answered.
async fn answer(listener: TcpListener, port: u16, state: CsrfToken) -> Result<AuthorizationCode, AuthError> {
    // Each connection on its own: browsers open spare ones and leave them silent. Dropping the set ends them.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => {
                // A failed accept is one lost connection.
                if let Ok((stream, _)) = accepted {
                    let state = state.secret().clone();
                    connections.spawn(timeout(CONNECTION_WITHIN, serve(stream, port, state)));
                } else {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            Some(ended) = connections.join_next() => {
                match ended {
                    Ok(Ok(Some(Reply::Code(code)))) => return Ok(AuthorizationCode::new(code)),
                    Ok(Ok(Some(Reply::Refused { error, description }))) => {
                        return Err(AuthError::refused(&error, &description, &[]));
                    }
                    _ => {}
                }
            }
        }
    }
}

/// What a request to the loopback port meant.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) enum Reply {
    /// The sign-in page sent a code.
    Code(String),
    /// The sign-in page sent an error.
    Refused { error: String, description: String },
    /// Something else: an icon, another page, another program.
    Foreign,
}

async fn serve(mut stream: TcpStream, port: u16, state: String) -> Option<Reply> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while memchr::memmem::find(&head, b"\r\n\r\n").is_none() {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        head.extend_from_slice(buffer.get(..read)?);
        if head.len() > LARGEST_HEAD {
            return None;
        }
    }
    let reply = read_head(&head, port, &state);
    let (status, text) = match &reply {
        Reply::Code(_) => (
            "200 OK",
            "Signed in. You can close this page and go back to Handover.",
        ),
        Reply::Refused { .. } => ("200 OK", "The sign-in was refused. Handover says why."),
        Reply::Foreign => ("404 Not Found", "There is nothing here."),
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Handover</title><p>{text}</p></html>\n"
    );
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'\r\n\r\n{page}",
        page.len()
    );
    // The code counts even when the browser does not wait for its page.
    if stream.write_all(answer.as_bytes()).await.is_ok() {
        let _ = stream.shutdown().await;
    }
    Some(reply)
}

/// Reads a request head. Only a GET for `/` that names this port as host and carries the state is the page's answer.
pub(super) fn read_head(head: &[u8], port: u16, state: &str) -> Reply {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next(), words.next().unwrap_or_default());
    let host = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("host"))
        .map(|(_, host)| host.trim().to_ascii_lowercase());
    // Another name for this address would be a page of somebody else (DNS rebinding).
    let own_host =
        host.is_some_and(|host| host == format!("localhost:{port}") || host == format!("127.0.0.1:{port}"));
    if method != Some("GET") || !own_host || !target.starts_with("/?") {
        return Reply::Foreign;
    }
    let Ok(url) = Url::parse(&format!("http://localhost{target}")) else {
        return Reply::Foreign;
    };
    let value = |wanted: &str| {
        url.query_pairs()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    if value("state").as_deref() != Some(state) {
        return Reply::Foreign;
    }
    match (value("code"), value("error")) {
        (_, Some(error)) => Reply::Refused {
            error,
            description: value("error_description").unwrap_or_default(),
        },
        (Some(code), None) if !code.is_empty() => Reply::Code(code),
        _ => Reply::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(request: &str) -> Reply {
        read_head(request.as_bytes(), 4711, "s t")
    }

    #[test]
    fn only_the_sign_in_page_is_heard() {
        let host = "Host: localhost:4711\r\n\r\n";
        assert_eq!(
            read(&format!("GET /?code=abc%2F1&state=s+t HTTP/1.1\r\n{host}")),
            Reply::Code("abc/1".into())
        );
        assert_eq!(
            read(&format!(
                "GET /?error=access_denied&error_description=AADSTS65004&state=s%20t HTTP/1.1\r\n{host}"
            )),
            Reply::Refused {
                error: "access_denied".into(),
                description: "AADSTS65004".into()
            }
        );
        for foreign in [
            format!("GET /favicon.ico HTTP/1.1\r\n{host}"),
            format!("GET / HTTP/1.1\r\n{host}"),
            format!("GET /?code=abc&state=other HTTP/1.1\r\n{host}"),
            format!("GET /?code=abc HTTP/1.1\r\n{host}"),
            format!("GET /?state=s+t HTTP/1.1\r\n{host}"),
            format!("POST /?code=abc&state=s+t HTTP/1.1\r\n{host}"),
            "GET /?code=abc&state=s+t HTTP/1.1\r\nHost: evil.example:4711\r\n\r\n".to_owned(),
            "GET /?code=abc&state=s+t HTTP/1.1\r\nHost: localhost:1\r\n\r\n".to_owned(),
            "GET /?code=abc&state=s+t HTTP/1.1\r\n\r\n".to_owned(),
        ] {
            assert_eq!(read(&foreign), Reply::Foreign, "{foreign}");
        }
    }

    #[tokio::test]
    async fn silent_and_foreign_connections_do_not_stop_the_answer() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = CsrfToken::new("right".into());
        let browser = async {
            let _silent = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
            let mut pages = Vec::new();
            for target in [
                "/favicon.ico",
                "/?code=bad&state=wrong",
                "/?code=good&state=right",
            ] {
                let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
                let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
                stream.write_all(request.as_bytes()).await.unwrap();
                let mut page = String::new();
                stream.read_to_string(&mut page).await.unwrap();
                pages.push(page);
            }
            pages
        };
        let (code, pages) = tokio::join!(answer(listener, port, state), browser);
        assert_eq!(code.unwrap().secret(), "good");
        assert!(pages[0].starts_with("HTTP/1.1 404") && pages[1].starts_with("HTTP/1.1 404"));
        assert!(pages[2].starts_with("HTTP/1.1 200") && pages[2].contains("Signed in"));
    }

    proptest! {
        #[test]
        fn no_request_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), target in "\\PC{0,60}") {
            let _ = read_head(&bytes, 1, "s");
            let _ = read(&format!("GET /?{target} HTTP/1.1\r\nHost: localhost:4711\r\n\r\n"));
        }
    }
}
