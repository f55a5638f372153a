//! Lists of mailboxes, streamed page by page: while one page is parsed the next is on its way.

use std::{collections::HashSet, sync::Arc};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    ExchangeClient,
    attributes::{INVENTORY, SNAPSHOT},
    client::PAGE_SIZE,
    cmdlet::{Cmdlet, MailboxFilter},
    envelope::{no_list, refuse_truncation},
    paging::Chain,
    row::{Page, attributes_page, guess_next_link, inventory_page},
};
use crate::{
    cloud::transport::{Answer, Effect, Request, clean},
    domain::{CloudAttributes, ErrorClass, Mailbox, ObjectId, Service, ServiceError},
};

/// Warnings kept of one list; every page can repeat the same ones.
const MOST_WARNINGS: usize = 50;

/// How a list ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListEnd {
    /// Rows sent.
    pub rows: u64,
    /// Rows without usable object id, left out.
    pub without_id: u64,
    /// Whether the first row had `IsExchangeCloudManaged`; nothing for an empty list.
    pub flag_present: Option<bool>,
    /// What the service warned about, each once.
    pub warnings: Vec<String>,
}

/// Reads the bytes of a page.
type Parse<T> = fn(&[u8]) -> Result<Page<T>, ServiceError>;

/// What was sent so far, so that a list that had to start again sends nothing twice.
#[derive(Default)]
struct Sent {
    ids: Vec<ObjectId>,
    /// Only after a restart: the ids of `ids` to look up.
    known: Option<HashSet<ObjectId>>,
}

impl ExchangeClient {
    /// Streams the inventory. Ends with [`ErrorClass::Cancelled`] when cancelled or nobody listens any more.
    pub async fn inventory(
        &self,
        filter: MailboxFilter,
        pages: mpsc::Sender<Vec<Mailbox>>,
        cancel: CancellationToken,
    ) -> Result<ListEnd, ServiceError> {
        self.list(filter, INVENTORY, inventory_page, pages, cancel).await
    }

    /// Streams all snapshot attributes of every mailbox; ends like [`Self::inventory`].
    pub async fn survey(
        &self,
        filter: MailboxFilter,
        pages: mpsc::Sender<Vec<CloudAttributes>>,
        cancel: CancellationToken,
    ) -> Result<ListEnd, ServiceError> {
        self.list(filter, SNAPSHOT, attributes_page, pages, cancel).await
    }

    async fn list<T: Send + 'static>(
        &self,
        filter: MailboxFilter,
        names: &[&str],
        parse: Parse<T>,
        pages: mpsc::Sender<Vec<T>>,
        cancel: CancellationToken,
    ) -> Result<ListEnd, ServiceError> {
        let work = async {
            let select = self.dropped.select(names);
            match self.list_once(filter, &select, parse, &pages).await {
                Err(error) => match self.shorter_select(&error, names, &select).await? {
                    Some(shorter) => self.list_once(filter, &shorter, parse, &pages).await,
                    None => Err(error),
                },
                end => end,
            }
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(cancelled()),
            end = work => end,
        }
    }

    async fn list_once<T: Send + 'static>(
        &self,
        filter: MailboxFilter,
        select: &str,
        parse: Parse<T>,
        pages: &mpsc::Sender<Vec<T>>,
    ) -> Result<ListEnd, ServiceError> {
        let cmdlet = Cmdlet::list_mailboxes(filter);
        let token = self.token().await?;
        let mut first = self.invoke(&token, &cmdlet, Some(select), Effect::Read)?;
        first.operation = format!("{} page of {PAGE_SIZE}", cmdlet.name());
        first.largest_answer = None;
        let mut sent = Sent::default();
        let mut end = ListEnd::default();
        'list: loop {
            let mut chain = Chain::new(self.limits);
            let mut request = first.clone();
            let mut answer = self.transport.send(&request).await?;
            let mut is_first = true;
            // Of the page at hand: how often it was asked for again, and the link that was followed ahead of its rows.
            let (mut retry, mut followed) = (0, None);
            loop {
                if !answer.is_success() {
                    // A link can outlive its list; the list itself can be started again, once.
                    let stale = !is_first
                        && (400..500).contains(&answer.status)
                        && !matches!(answer.status, 401 | 403 | 429);
                    if stale && sent.known.is_none() {
                        sent.known = Some(sent.ids.iter().copied().collect());
                        continue 'list;
                    }
                    return Err(self.refusal(&answer, Effect::Read));
                }
                let body = Arc::new(std::mem::take(&mut answer.body));
                let guess = guess_next_link(&body);
                let parsed = {
                    let body = Arc::clone(&body);
                    tokio::task::spawn_blocking(move || parse(&body))
                };
                drop(body);
                let (parsed, ahead) = match &guess {
                    Some(link) => {
                        // A page that is asked for again names its link again: that is no circle.
                        if followed.as_ref() != Some(link) {
                            chain.follow(link).map_err(|error| answer.locate(error))?;
                            followed = Some(link.clone());
                        }
                        let next = self.page_request(&first, link)?;
                        let (parsed, ahead) = tokio::join!(parsed, self.transport.send(&next));
                        (parsed, Some((next, ahead)))
                    }
                    None => (parsed.await, None),
                };
                let page = parsed
                    .map_err(|error| {
                        ServiceError::new(
                            ErrorClass::Malformed,
                            format!("a page could not be read: {error}"),
                        )
                    })?
                    .map_err(|error| answer.locate(error))?;
                if self.is_to_be_asked_again(&page, is_first, retry, &answer)? {
                    self.transport.wait_again(Service::Exchange, retry, None).await;
                    retry += 1;
                    answer = self.transport.send(&request).await?;
                    continue;
                }
                let next_link = page.next_link.clone();
                chain
                    .count(page.rows.len())
                    .or_else(|error| if next_link.is_none() { Ok(()) } else { Err(error) })
                    .map_err(|error| answer.locate(error))?;
                self.hand_over(page, &mut sent, &mut end, pages, &answer).await?;
                is_first = false;
                (request, answer) = match (next_link, ahead) {
                    (None, _) => return Ok(end),
                    (link, Some((next, ahead))) if link == guess => (next, ahead?),
                    (Some(link), _) => {
                        chain.follow(&link).map_err(|error| answer.locate(error))?;
                        let next = self.page_request(&first, &link)?;
                        let ahead = self.transport.send(&next).await?;
                        (next, ahead)
                    }
                };
                (retry, followed) = (0, None);
            }
        }
    }

    /// The next page: the same body, posted to the link (facts/exchange section 1.5).
    fn page_request(&self, first: &Request, link: &str) -> Result<Request, ServiceError> {
        let url = self.transport.checked_link(Service::Exchange, link)?;
        Ok(Request { url, ..first.clone() })
    }

    /// Whether a page has to be asked for again: a passing fault inside it, or, once, a further page without a list.
    /// Faults that stay are errors.
    fn is_to_be_asked_again<T>(
        &self,
        page: &Page<T>,
        is_first: bool,
        retry: u32,
        answer: &Answer,
    ) -> Result<bool, ServiceError> {
        if let Some(error) = page.errors.first() {
            let error = self.inner_error(answer.status, error, Effect::Read);
            return match self.is_worth_another_try(&error, retry) {
                true => Ok(true),
                false => Err(answer.locate(error)),
            };
        }
        if is_first || page.has_list {
            return Ok(false);
        }
        match retry {
            0 => Ok(true),
            _ => Err(answer.locate(no_list())),
        }
    }

    /// Sends the rows of a page on and notes what it says beside them.
    async fn hand_over<T>(
        &self,
        page: Page<T>,
        sent: &mut Sent,
        end: &mut ListEnd,
        pages: &mpsc::Sender<Vec<T>>,
        answer: &Answer,
    ) -> Result<(), ServiceError> {
        refuse_truncation(
            page.next_link.as_deref(),
            page.warnings.iter().chain(&answer.warnings),
        )
        .map_err(|error| answer.locate(error))?;
        end.flag_present = end.flag_present.or(page.flag_present);
        end.without_id += page.without_id;
        let in_headers = answer.warnings.iter().map(|warning| clean(warning));
        for warning in page.warnings.into_iter().chain(in_headers) {
            if end.warnings.len() < MOST_WARNINGS && !end.warnings.contains(&warning) {
                end.warnings.push(warning);
            }
        }
        let mut rows = Vec::with_capacity(page.rows.len());
        for (id, row) in page.rows {
            if sent.known.as_ref().is_some_and(|known| known.contains(&id)) {
                continue;
            }
            sent.ids.push(id);
            rows.push(row);
        }
        end.rows += rows.len() as u64;
        if !rows.is_empty() {
            pages.send(rows).await.map_err(|_| cancelled())?;
        }
        Ok(())
    }
}

fn cancelled() -> ServiceError {
    ServiceError::new(
        ErrorClass::Cancelled,
        "loading was cancelled; the rows so far are kept",
    )
}
