//! The client of Exchange Online: requests, headers, single cmdlets.

use std::{collections::BTreeSet, sync::Arc};

use reqwest::Method;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::{
    advice::explain,
    anchor::anchor,
    attributes::Dropped,
    cmdlet::Cmdlet,
    cmdlet_error::CmdletError,
    envelope::{Envelope, no_list},
};
use crate::{
    cloud::{
        AccessToken,
        paging::{Chain, PageLimits},
        transport::{Answer, Body, Effect, Request, Transport},
    },
    domain::{ErrorClass, Service, ServiceError, Target},
};

/// The page size asked for, and the most the service gives (facts/exchange section 1.5).
pub(super) const PAGE_SIZE: u32 = 1_000;

/// Bytes of any answer but a page of a long list: ten mailboxes with every list full stay well below.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// Exchange Online of one tenant: the one the token is for.
pub struct ExchangeClient {
    pub(super) transport: Arc<Transport>,
    pub(super) limits: PageLimits,
    pub(super) dropped: Dropped,
    connection_id: Uuid,
}

impl ExchangeClient {
    /// A client; nothing is sent yet.
    pub fn new(transport: Arc<Transport>) -> Self {
        Self {
            transport,
            limits: PageLimits::default(),
            dropped: Dropped::default(),
            connection_id: Uuid::new_v4(),
        }
    }

    /// The same client that gives up a list after so many pages.
    pub fn with_most_pages(mut self, pages: u32) -> Self {
        self.limits.pages = pages;
        self
    }

    /// The transport under this client.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Snapshot properties the tenant does not know; they are left out since that was found.
    pub fn dropped_attributes(&self) -> Vec<String> {
        self.dropped.names()
    }

    /// Names of the cmdlets this sign-in may run, sorted (facts/exchange section 1.1, `EXOModuleFile`).
    pub async fn allowed_cmdlets(&self) -> Result<Vec<String>, ServiceError> {
        let token = self.token().await?;
        let mut url = self.url(&["AdminApi", "v1.0", &token.tenant_id, "EXOModuleFile"])?;
        // The version the module names there; the answer lists what the role exports, not the module.
        url.set_query(Some("Version=3.9.2"));
        let mut request = self.request(&token, "EXOModuleFile", url, Body::Empty, Effect::Read);
        request.method = Method::GET;
        request.headers.push(("CommandName", "*".to_owned()));
        // The list comes with whatever else the module file holds.
        request.largest_answer = None;
        let (answer, envelope) = self.read_envelope(&request).await?;
        let mut names = BTreeSet::new();
        for row in &envelope.rows {
            match row.get("exportedCmdlets").or_else(|| row.get("ExportedCmdlets")) {
                Some(Value::String(list)) => names.extend(split_names(list)),
                Some(Value::Array(list)) => {
                    names.extend(list.iter().filter_map(Value::as_str).flat_map(split_names));
                }
                _ => {}
            }
        }
        if names.is_empty() {
            return Err(answer.locate(
                ServiceError::new(
                    ErrorClass::Malformed,
                    "the service did not list the cmdlets of this sign-in",
                )
                .with_advice("Whether this sign-in may change mailboxes is not known."),
            ));
        }
        Ok(names.into_iter().collect())
    }

    /// Switches who owns the Exchange attributes of new mailboxes (facts/exchange section 3.3).
    pub async fn set_tenant_default(&self, target: Target) -> Result<(), ServiceError> {
        let cmdlet = Cmdlet::set_tenant_default(target);
        let token = self.token().await?;
        let request = self.invoke(&token, &cmdlet, None, Effect::Write)?;
        let answer = self.transport.send(&request).await?;
        self.envelope(&answer, Effect::Write).map(drop)
    }

    /// Runs a reading cmdlet and collects all its pages; for short lists.
    pub(super) async fn collect(&self, cmdlet: &Cmdlet) -> Result<Vec<Value>, ServiceError> {
        let mut chain = Chain::new(self.limits);
        let mut rows = Vec::new();
        let token = self.token().await?;
        let mut request = self.invoke(&token, cmdlet, None, Effect::Read)?;
        let (mut first, mut asked_again) = (true, false);
        loop {
            let (answer, envelope) = self.read_envelope(&request).await?;
            if !first && !envelope.has_list {
                if asked_again {
                    return Err(answer.locate(no_list()));
                }
                asked_again = true;
                self.transport.wait_again(Service::Exchange, 0, None).await;
                continue;
            }
            (first, asked_again) = (false, false);
            envelope
                .refuse_truncation(&answer.warnings)
                .map_err(|error| answer.locate(error))?;
            rows.extend(envelope.rows);
            let Some(link) = envelope.next_link else {
                return Ok(rows);
            };
            chain.count(rows.len()).map_err(|error| answer.locate(error))?;
            chain.follow(&link).map_err(|error| answer.locate(error))?;
            request.url = self.transport.checked_link(Service::Exchange, &link)?;
        }
    }

    /// Sends a reading request until its answer holds no passing fault, neither outside nor inside a success.
    pub(super) async fn read_envelope(&self, request: &Request) -> Result<(Answer, Envelope), ServiceError> {
        let mut retry = 0;
        loop {
            let answer = self.transport.send(request).await?;
            match self.envelope(&answer, Effect::Read) {
                Ok(envelope) => return Ok((answer, envelope)),
                Err(error) if answer.is_success() && self.is_worth_another_try(&error, retry) => {
                    self.transport.wait_again(Service::Exchange, retry, None).await;
                    retry += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether a read that met `error` inside a good answer is sent again as retry number `retry` (from 0).
    pub(super) fn is_worth_another_try(&self, error: &ServiceError, retry: u32) -> bool {
        let table = self.transport.retry_table();
        match error.class {
            ErrorClass::Transient => retry < table.passing_retries,
            ErrorClass::Throttled => retry < table.refusal_retries,
            _ => false,
        }
    }

    /// The current token.
    pub(super) async fn token(&self) -> Result<AccessToken, ServiceError> {
        self.transport.token(Service::Exchange).await
    }

    /// A call of one cmdlet through `InvokeCommand`.
    pub(super) fn invoke(
        &self,
        token: &AccessToken,
        cmdlet: &Cmdlet,
        select: Option<&str>,
        effect: Effect,
    ) -> Result<Request, ServiceError> {
        let url = self.invoke_url(token, select)?;
        let body = Body::Json(Arc::from(cmdlet.body().to_string().into_bytes()));
        let mut request = self.request(token, cmdlet.name(), url, body, effect);
        request.headers.push(("X-CmdletName", cmdlet.name().to_owned()));
        Ok(request)
    }

    /// The address of `InvokeCommand`, with `$select` spelled as the service documents it, not percent-encoded.
    pub(super) fn invoke_url(&self, token: &AccessToken, select: Option<&str>) -> Result<Url, ServiceError> {
        let mut url = self.url(&["adminapi", "beta", &token.tenant_id, "InvokeCommand"])?;
        url.set_query(select.map(|names| format!("$select={names}")).as_deref());
        Ok(url)
    }

    pub(super) fn url(&self, segments: &[&str]) -> Result<Url, ServiceError> {
        let mut url = self.transport.endpoints().root(Service::Exchange).clone();
        match url.path_segments_mut() {
            Ok(mut path) => {
                path.pop_if_empty().extend(segments);
            }
            Err(()) => {
                return Err(ServiceError::new(
                    ErrorClass::Rejected,
                    "the Exchange address of the profile can't carry a path",
                ));
            }
        }
        Ok(url)
    }

    /// A request with the headers every call has (facts/exchange section 1.2).
    pub(super) fn request(
        &self,
        token: &AccessToken,
        operation: impl Into<String>,
        url: Url,
        body: Body,
        effect: Effect,
    ) -> Request {
        Request {
            service: Service::Exchange,
            method: Method::POST,
            url,
            headers: vec![
                ("Accept", "application/json".to_owned()),
                // Error texts are looked up by their English words.
                ("Accept-Language", "en-US".to_owned()),
                ("Prefer", format!("odata.maxpagesize={PAGE_SIZE}")),
                ("X-ResponseFormat", "json".to_owned()),
                ("X-SerializationLevel", "Partial".to_owned()),
                ("X-AnchorMailbox", anchor(token)),
                ("X-ClientApplication", "handover".to_owned()),
                ("connection-id", self.connection_id.to_string()),
            ],
            body,
            operation: operation.into(),
            effect,
            largest_answer: Some(LARGEST_ANSWER),
            pace: None,
            time_limit: None,
        }
    }

    /// The envelope of a good answer without errors inside; every other answer explained.
    pub(super) fn envelope(&self, answer: &Answer, effect: Effect) -> Result<Envelope, ServiceError> {
        if !answer.is_success() {
            return Err(self.refusal(answer, effect));
        }
        let envelope = Envelope::from_body(&answer.body).map_err(|error| answer.locate(error))?;
        match envelope.errors.first() {
            Some(error) => Err(answer.locate(self.inner_error(answer.status, error, effect))),
            None => Ok(envelope),
        }
    }

    /// Explains an answer with an error status.
    pub(super) fn refusal(&self, answer: &Answer, effect: Effect) -> ServiceError {
        let (rules, error) = (self.transport.retry_table(), CmdletError::from_body(&answer.body));
        let explained = explain(rules, answer.status, &answer.body, &error, effect);
        answer.locate(rules.with_wait(explained, answer.retry_after))
    }

    /// Explains an error that stands inside a good answer.
    pub(super) fn inner_error(&self, status: u16, error: &CmdletError, effect: Effect) -> ServiceError {
        // The status says 200; the words alone decide, as they would under any error status.
        let words = format!("{} {}", error.code.as_deref().unwrap_or_default(), error.text);
        let mut explained = explain(self.transport.retry_table(), 400, words.as_bytes(), error, effect);
        explained.status = Some(status);
        explained
    }
}

fn split_names(list: &str) -> impl Iterator<Item = String> + '_ {
    list.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(crate::cloud::transport::clean)
}
