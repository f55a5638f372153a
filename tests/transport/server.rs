//! A server that says what a script says, and remembers what it heard.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use handover::{
    cloud::{
        AccessToken, CallLog, TokenSource,
        transport::{Body, Effect, Request, RetryTable, Settings, Transport},
    },
    domain::{Endpoints, Service, ServiceError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What the server does with one request.
pub enum Act {
    /// Sends these bytes and closes.
    Say(Vec<u8>),
    /// Closes with a reset, nothing sent.
    Reset,
    /// Sends these bytes and then nothing more, without closing.
    Hang(Vec<u8>),
    /// Sends this head, then bytes until the other side gives up.
    Flood(Vec<u8>),
}

/// One request as it was heard.
#[derive(Clone, Debug)]
pub struct Heard {
    pub head: String,
    pub body: Vec<u8>,
}

impl Heard {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    flooded: Arc<Mutex<usize>>,
}

impl Server {
    /// Serves `script`, which is told the number of the request from 0.
    pub async fn start(script: impl Fn(usize, &Heard) -> Act + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0", script).await
    }

    pub async fn start_at(at: &str, script: impl Fn(usize, &Heard) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            heard: Arc::default(),
            flooded: Arc::default(),
        };
        let (script, shared) = (Arc::new(script), server.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, shared) = (Arc::clone(&script), shared.clone());
                tokio::spawn(async move { shared.serve(stream, script.as_ref()).await });
            }
        });
        server
    }

    /// An address where nobody listens.
    pub async fn absent() -> Self {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            address: closed.local_addr().unwrap(),
            heard: Arc::default(),
            flooded: Arc::default(),
        }
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Bytes of a flood that were taken.
    pub fn flooded(&self) -> usize {
        *self.flooded.lock().unwrap()
    }

    async fn serve(&self, mut stream: TcpStream, script: &(dyn Fn(usize, &Heard) -> Act + Send + Sync)) {
        let Some(heard) = listen(&mut stream).await else {
            return;
        };
        let number = {
            let mut all = self.heard.lock().unwrap();
            all.push(heard.clone());
            all.len() - 1
        };
        match script(number, &heard) {
            Act::Say(bytes) => {
                let _ = stream.write_all(&bytes).await;
            }
            Act::Reset => {
                let _ = stream.set_zero_linger();
            }
            Act::Hang(bytes) => {
                let _ = stream.write_all(&bytes).await;
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
            Act::Flood(head) => {
                let piece = vec![b' '; 1 << 20];
                let _ = stream.write_all(&head).await;
                while stream.write_all(&piece).await.is_ok() {
                    *self.flooded.lock().unwrap() += piece.len();
                }
            }
        }
    }
}

async fn listen(stream: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let mut heard = Heard {
            head: String::from_utf8_lossy(&bytes[..end]).into_owned(),
            body: bytes[end + 4..].to_vec(),
        };
        let length: usize = heard
            .header("content-length")
            .map_or(0, |text| text.parse().unwrap());
        while heard.body.len() < length {
            let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
            heard.body.extend_from_slice(&piece[..count]);
        }
        return Some(heard);
    }
}

/// A whole answer.
pub fn answer(status: u16, headers: &str, body: &[u8]) -> Act {
    let head = format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    Act::Say([head.as_bytes(), body].concat())
}

pub fn fine() -> Act {
    answer(200, "request-id: r1\r\n", b"{}")
}

/// Hands out `token-0`, then `token-1` after a refusal and so on.
pub struct Tokens(pub Mutex<usize>);

impl TokenSource for Tokens {
    fn token<'a>(
        &'a self,
        service: Service,
        rejected: Option<&'a AccessToken>,
    ) -> BoxFuture<'a, Result<AccessToken, ServiceError>> {
        Box::pin(async move {
            let mut number = self.0.lock().unwrap();
            if rejected.is_some() {
                *number += 1;
            }
            Ok(AccessToken {
                secret: format!("token-{number}").into(),
                service,
                tenant_id: "tenant".into(),
                subject: "admin@contoso.com".into(),
                app_only: false,
                rights: Vec::new(),
                expires_at: jiff::Timestamp::MAX,
            })
        })
    }
}

pub fn hasty() -> Settings {
    Settings {
        retry: RetryTable {
            first_wait: Duration::from_millis(5),
            longest_wait: Duration::from_millis(20),
            passing_retries: 3,
            refusal_retries: 5,
            ..RetryTable::default()
        },
        ..Settings::default()
    }
}

pub fn transport(server: &Server, settings: Settings) -> (Arc<Transport>, CallLog) {
    let root = format!("http://{}", server.address);
    let endpoints = Endpoints::custom(&root, &root, &root).unwrap();
    let log = CallLog::default();
    let tokens = Arc::new(Tokens(Mutex::default()));
    (
        Arc::new(Transport::new(endpoints, tokens, log.clone(), settings)),
        log,
    )
}

pub fn request(server: &Server, effect: Effect) -> Request {
    Request {
        service: Service::Exchange,
        method: reqwest::Method::POST,
        url: format!("http://{}/a/b?c=d", server.address).parse().unwrap(),
        headers: vec![("X-Own", "yes".to_owned())],
        body: Body::Json(Arc::from(&b"{\"own\":\"body\"}"[..])),
        operation: "Test x1".to_owned(),
        effect,
        largest_answer: None,
        pace: None,
        time_limit: None,
    }
}
