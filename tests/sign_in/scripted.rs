//! A login service that answers what a test tells it to. Written by hand: no client code is asked about itself.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

pub type Form = HashMap<String, String>;

/// One answer.
#[derive(Clone)]
pub struct Scripted {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Scripted {
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        }
        .with("content-type", "application/json")
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl IntoResponse for Scripted {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers {
            headers.insert(name, value.parse().unwrap());
        }
        (StatusCode::from_u16(self.status).unwrap(), headers, self.body).into_response()
    }
}

/// A running service and what it was asked.
pub struct Login {
    pub address: String,
    asked: Arc<Mutex<Vec<(String, Form)>>>,
    // Ends the service when dropped.
    _server: JoinSet<()>,
}

impl Login {
    /// Serves; `answer` gets the endpoint's last word, the form and how many requests came before.
    pub async fn serve(answer: impl Fn(&str, &Form, usize) -> Scripted + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/login", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<(String, Form)>>> = Arc::default();
        let (noted, answer) = (asked.clone(), Arc::new(answer));
        let router = Router::new().fallback(move |request: Request| {
            let (noted, answer) = (noted.clone(), answer.clone());
            async move {
                let path = request.uri().path().to_owned();
                assert!(request.headers().get(header::AUTHORIZATION).is_none());
                let body: Bytes = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
                let form: Form = url::form_urlencoded::parse(&body).into_owned().collect();
                let endpoint = path.rsplit('/').next().unwrap().to_owned();
                let before = {
                    let mut noted = noted.lock().unwrap();
                    noted.push((endpoint.clone(), form.clone()));
                    noted.len() - 1
                };
                answer(&endpoint, &form, before)
            }
        });
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            asked,
            _server: server,
        }
    }

    pub fn asked(&self) -> Vec<(String, Form)> {
        self.asked.lock().unwrap().clone()
    }
}

/// A JWT nobody signed.
pub fn jwt(claims: &Value) -> String {
    format!("eyJ.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// An answer with an access token.
pub fn granted(access_token: &str) -> Value {
    json!({"token_type": "Bearer", "access_token": access_token, "expires_in": 3600})
}

/// An answer that refuses.
pub fn refused(error: &str) -> Scripted {
    Scripted::json(
        400,
        &json!({"error": error, "error_description": "No.", "error_codes": []}),
    )
}

/// A device code whose polls may follow each other at once.
pub fn device_code() -> Scripted {
    Scripted::json(
        200,
        &json!({
            "device_code": "d", "user_code": "CODE\u{1b}[2J", "verification_uri": "https://page.example/device",
            "expires_in": 900, "interval": 0, "message": "Go\u{202e} there"
        }),
    )
}
