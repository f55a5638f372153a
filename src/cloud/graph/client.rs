//! The client of Microsoft Graph.

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::{
    error::{Context, explain, malformed},
    place::{Place, Version},
    subject::Subject,
};
use crate::{
    cloud::{
        paging::{Chain, PageLimits},
        transport::{Answer, Body, Effect, Pace, Request, Transport},
    },
    domain::{ErrorClass, Service, ServiceError, wire::member},
};

/// A page of a log with all its details is a megabyte or two.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// Graph answers within seconds; only Exchange thinks for minutes.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Microsoft Graph of one tenant.
pub struct GraphClient {
    transport: Arc<Transport>,
}

/// How a request differs from the usual one.
#[derive(Clone, Default)]
pub(super) struct Manner {
    /// A limit of requests per time.
    pub(super) pace: Option<Arc<Pace>>,
    /// Time for one attempt.
    pub(super) time_limit: Option<Duration>,
    /// Bytes of the answer at most.
    pub(super) largest_answer: Option<usize>,
    /// Whether the query needs `ConsistencyLevel: eventual` (facts/graph section 2.2).
    pub(super) eventual: bool,
}

/// One page of a list.
pub(super) struct Page {
    pub(super) rows: Vec<Value>,
    /// `@odata.nextLink` as it came.
    pub(super) next: Option<String>,
}

impl GraphClient {
    /// A client; nothing is sent yet.
    pub fn new(transport: Arc<Transport>) -> Self {
        Self { transport }
    }

    /// Reads one resource.
    pub(super) async fn get_value(
        &self,
        place: &Place,
        operation: &str,
        subject: &Subject,
    ) -> Result<Value, ServiceError> {
        let url = self.url(place)?;
        self.get(url, operation, subject, &Manner::default()).await
    }

    /// Reads an address.
    pub(super) async fn get(
        &self,
        url: Url,
        operation: &str,
        subject: &Subject,
        manner: &Manner,
    ) -> Result<Value, ServiceError> {
        let request = request(Method::GET, url, Body::Empty, operation, Effect::Read, manner);
        let answer = self.transport.send(&request).await?;
        self.json(&answer, subject, Effect::Read)
    }

    /// Reads a whole list, page by page.
    pub(super) async fn list(
        &self,
        place: &Place,
        operation: &str,
        subject: &Subject,
    ) -> Result<Vec<Value>, ServiceError> {
        let first = self.get_value(place, operation, subject).await?;
        self.rest(first, operation, subject).await
    }

    /// The rows of a first page and of all that follow.
    pub(super) async fn rest(
        &self,
        first: Value,
        operation: &str,
        subject: &Subject,
    ) -> Result<Vec<Value>, ServiceError> {
        let mut chain = Chain::new(PageLimits::default());
        let mut page = page_of(first)?;
        let mut rows = Vec::new();
        loop {
            chain.count(page.rows.len())?;
            rows.append(&mut page.rows);
            let Some(link) = page.next else {
                return Ok(rows);
            };
            chain.follow(&link)?;
            page = self.follow(&link, operation, subject, &Manner::default()).await?;
        }
    }

    /// Reads the page behind a link of an answer, refused when it leads outside the profile's cloud.
    pub(super) async fn follow(
        &self,
        link: &str,
        operation: &str,
        subject: &Subject,
        manner: &Manner,
    ) -> Result<Page, ServiceError> {
        let url = self.transport.checked_link(Service::Graph, link)?;
        page_of(self.get(url, operation, subject, manner).await?)
    }

    /// Changes something; the answer, which may be nothing. Sent again only when it was certainly not carried out.
    pub(super) async fn write(
        &self,
        method: Method,
        place: &Place,
        body: Body,
        operation: &str,
        subject: &Subject,
        manner: &Manner,
    ) -> Result<Value, ServiceError> {
        let request = request(method, self.url(place)?, body, operation, Effect::Write, manner);
        let answer = self.transport.send(&request).await?;
        self.json(&answer, subject, Effect::Write)
    }

    /// Posts a change or an action.
    pub(super) async fn post(
        &self,
        place: &Place,
        body: Option<Vec<u8>>,
        operation: &str,
        subject: &Subject,
    ) -> Result<Value, ServiceError> {
        let body = body.map_or(Body::Empty, |bytes| Body::Json(Arc::from(bytes)));
        self.write(Method::POST, place, body, operation, subject, &Manner::default())
            .await
    }

    /// Posts a reading `$batch`; the answer as it came and as JSON.
    pub(super) async fn read_batch(
        &self,
        version: Version,
        body: &Value,
        operation: &str,
        subject: &Subject,
    ) -> Result<(Answer, Value), ServiceError> {
        let place = match version {
            Version::V1 => Place::v1("$batch"),
            Version::Beta => Place::beta("$batch"),
        };
        let url = self.url(&place)?;
        let body = Body::Json(Arc::from(body.to_string().into_bytes()));
        let request = request(
            Method::POST,
            url,
            body,
            operation,
            Effect::Read,
            &Manner::default(),
        );
        let answer = self.transport.send(&request).await?;
        let value = self.json(&answer, subject, Effect::Read)?;
        Ok((answer, value))
    }

    /// Reads bytes as they are.
    pub(super) async fn get_bytes(
        &self,
        place: &Place,
        operation: &str,
        subject: &Subject,
        manner: &Manner,
    ) -> Result<Vec<u8>, ServiceError> {
        let url = self.url(place)?;
        let request = request(Method::GET, url, Body::Empty, operation, Effect::Read, manner);
        let answer = self.transport.send(&request).await?;
        self.good(&answer, subject, Effect::Read)?;
        Ok(answer.body)
    }

    /// The transport under this client.
    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The whole address of a resource.
    pub(super) fn url(&self, place: &Place) -> Result<Url, ServiceError> {
        let mut url = self.transport.endpoints().root(Service::Graph).clone();
        if url.cannot_be_a_base() {
            return Err(ServiceError::new(
                ErrorClass::Rejected,
                "the Graph address of the profile can't carry a path",
            ));
        }
        let path = format!(
            "{}/{}{}",
            url.path().trim_end_matches('/'),
            place.version().word(),
            place.path()
        );
        url.set_path(&path);
        url.set_query(place.query());
        Ok(url)
    }

    /// What an error answer is about.
    pub(super) fn context<'a>(
        &self,
        answer: &'a Answer,
        subject: &'a Subject,
        effect: Effect,
    ) -> Context<'a> {
        Context {
            subject,
            effect,
            application: answer.token.app_only,
            challenge: answer.challenge.as_deref(),
        }
    }

    fn good(&self, answer: &Answer, subject: &Subject, effect: Effect) -> Result<(), ServiceError> {
        if answer.is_success() {
            return Ok(());
        }
        let error = explain(
            answer.status,
            &answer.body,
            &self.context(answer, subject, effect),
        );
        let rules = self.transport.retry_table();
        Err(answer.locate(rules.with_wait(error, answer.retry_after)))
    }

    fn json(&self, answer: &Answer, subject: &Subject, effect: Effect) -> Result<Value, ServiceError> {
        self.good(answer, subject, effect)?;
        let body = answer.body.trim_ascii();
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(body).map_err(|error| {
            let message = format!(
                "the answer of Graph about {} is not the JSON it should be (line {})",
                subject.what,
                error.line()
            );
            let error = match effect {
                Effect::Read => malformed(&message),
                // The status tells success: it was carried out, only its result is not known.
                Effect::Write => ServiceError::new(ErrorClass::Lost, message)
                    .with_advice("It was carried out. Read the state again before anything else."),
            };
            answer.locate(error)
        })
    }
}

/// Rows and link of a page.
pub(super) fn page_of(mut answer: Value) -> Result<Page, ServiceError> {
    let next = member(&answer, "@odata.nextLink")
        .and_then(Value::as_str)
        .filter(|link| !link.is_empty())
        .map(str::to_owned);
    let rows = match answer.get_mut("value").map(Value::take) {
        Some(Value::Array(rows)) => rows,
        Some(Value::Null) => Vec::new(),
        _ => return Err(malformed("Graph answered with something that is no list")),
    };
    Ok(Page { rows, next })
}

fn request(
    method: Method,
    url: Url,
    body: Body,
    operation: &str,
    effect: Effect,
    manner: &Manner,
) -> Request {
    let mut headers = vec![
        ("Accept", "application/json".to_owned()),
        ("Accept-Language", "en-US".to_owned()),
    ];
    if manner.eventual {
        headers.push(("ConsistencyLevel", "eventual".to_owned()));
    }
    Request {
        service: Service::Graph,
        method,
        url,
        headers,
        body,
        operation: operation.to_owned(),
        effect,
        largest_answer: Some(manner.largest_answer.unwrap_or(LARGEST_ANSWER)),
        pace: manner.pace.clone(),
        time_limit: Some(manner.time_limit.unwrap_or(TIME_LIMIT)),
    }
}
