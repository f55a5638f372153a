//! Lists of mailboxes, streamed page by page. While one page is read the next two are asked for, one after the other: the
//! link to a page is found long before the page that holds it is read.

use std::collections::HashSet;

use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};
use tokio_util::sync::CancellationToken;

use super::{
    ExchangeClient,
    attributes::{INVENTORY, SNAPSHOT},
    client::PAGE_SIZE,
    cmdlet::{Cmdlet, MailboxFilter},
    envelope::{no_list, refuse_truncation},
    row::{Page, attributes_page, guess_next_link, inventory_page},
};
use crate::{
    cloud::{
        paging::Chain,
        transport::{Answer, Effect, Request, clean},
    },
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

/// A page that is being read off the async threads.
struct Reading<T> {
    /// What was asked, in case it has to be asked again.
    request: Request,
    /// Whether it is not the first page of its list.
    is_further: bool,
    /// The answer without its body.
    answer: Answer,
    /// Where the next page probably is.
    guess: Option<String>,
    page: JoinHandle<Result<Page<T>, ServiceError>>,
}

/// How a list goes on after a page, once it is read.
enum Next {
    /// Not at all.
    End,
    /// At the link that was guessed.
    AsGuessed,
    /// At another link, which this answer named.
    Other(String, Box<Answer>),
}

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
            let mut asked = first.clone();
            let mut answer = self.transport.send(&asked).await;
            let mut is_first = true;
            // The page before `answer`: it has until the one after `answer` is here.
            let mut before: Option<Reading<T>> = None;
            loop {
                let page = match answer {
                    Ok(answer) if answer.is_success() => Ok(Reading::start(asked, !is_first, answer, parse)),
                    refusal => Err(refusal),
                };
                let request = page.as_ref().ok().and_then(|page| {
                    let link = page.guess.as_deref()?;
                    Some(self.page_request(&first, link, &mut chain, &page.answer))
                });
                let finishing = async {
                    match before.take() {
                        Some(before) => {
                            self.finish(before, parse, &mut chain, &mut sent, &mut end, pages)
                                .await
                        }
                        None => Ok(Next::AsGuessed),
                    }
                };
                let fetching = async {
                    Ok(match request {
                        Some(Ok(request)) => {
                            let answer = self.transport.send(&request).await;
                            Some((request, answer))
                        }
                        Some(Err(error)) => Some((first.clone(), Err(error))),
                        None => None,
                    })
                };
                let (mut next, ahead) = tokio::try_join!(finishing, fetching)?;
                if matches!(next, Next::AsGuessed) {
                    let page = match page {
                        Ok(page) => page,
                        // A link can outlive its list; the list itself can be started again, once.
                        Err(Ok(refusal)) if !is_first && is_stale(&refusal) && sent.known.is_none() => {
                            sent.known = Some(sent.ids.iter().copied().collect());
                            continue 'list;
                        }
                        Err(Ok(refusal)) => return Err(self.refusal(&refusal, Effect::Read)),
                        Err(Err(error)) => return Err(error),
                    };
                    is_first = false;
                    if let Some(ahead) = ahead {
                        before = Some(page);
                        (asked, answer) = ahead;
                        continue;
                    }
                    next = self
                        .finish(page, parse, &mut chain, &mut sent, &mut end, pages)
                        .await?;
                }
                // What was fetched by a wrong guess is dropped here.
                match next {
                    Next::End | Next::AsGuessed => return Ok(end),
                    Next::Other(link, named_by) => {
                        asked = self.page_request(&first, &link, &mut chain, &named_by)?;
                        answer = self.transport.send(&asked).await;
                    }
                }
            }
        }
    }

    /// Waits until a page is read, sends its rows on, and says how the list goes on. A page with a passing fault inside
    /// is asked for again.
    async fn finish<T: Send + 'static>(
        &self,
        mut reading: Reading<T>,
        parse: Parse<T>,
        chain: &mut Chain,
        sent: &mut Sent,
        end: &mut ListEnd,
        pages: &mpsc::Sender<Vec<T>>,
    ) -> Result<Next, ServiceError> {
        // The link that was followed ahead of the rows; asking again changes nothing about it.
        let guess = reading.guess.take();
        let mut retry = 0;
        let (page, answer) = loop {
            let answer = reading.answer;
            let page = reading
                .page
                .await
                .map_err(|error| {
                    ServiceError::new(
                        ErrorClass::Malformed,
                        format!("a page could not be read: {error}"),
                    )
                })?
                .map_err(|error| answer.locate(error))?;
            if !self.is_to_be_asked_again(&page, reading.is_further, retry, &answer)? {
                break (page, answer);
            }
            self.transport.wait_again(Service::Exchange, retry, None).await;
            retry += 1;
            let answer = self.transport.send(&reading.request).await?;
            if !answer.is_success() {
                return Err(self.refusal(&answer, Effect::Read));
            }
            reading = Reading::start(reading.request, reading.is_further, answer, parse);
        };
        let next_link = page.next_link.clone();
        chain
            .count(page.rows.len())
            .or_else(|error| if next_link.is_none() { Ok(()) } else { Err(error) })
            .map_err(|error| answer.locate(error))?;
        self.hand_over(page, sent, end, pages, &answer).await?;
        Ok(match next_link {
            None => Next::End,
            link if link == guess => Next::AsGuessed,
            Some(link) => Next::Other(link, Box::new(answer)),
        })
    }

    /// The next page: the same body, posted to the link (facts/exchange section 1.5).
    fn page_request(
        &self,
        first: &Request,
        link: &str,
        chain: &mut Chain,
        answer: &Answer,
    ) -> Result<Request, ServiceError> {
        chain.follow(link).map_err(|error| answer.locate(error))?;
        let url = self.transport.checked_link(Service::Exchange, link)?;
        Ok(Request { url, ..first.clone() })
    }

    /// Whether a page has to be asked for again: a passing fault inside it, or, once, a further page without a list.
    /// Faults that stay are errors.
    fn is_to_be_asked_again<T>(
        &self,
        page: &Page<T>,
        is_further: bool,
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
        if !is_further || page.has_list {
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

impl<T: Send + 'static> Reading<T> {
    fn start(request: Request, is_further: bool, mut answer: Answer, parse: Parse<T>) -> Self {
        let body = std::mem::take(&mut answer.body);
        Self {
            request,
            is_further,
            answer,
            guess: guess_next_link(&body),
            page: spawn_blocking(move || parse(&body)),
        }
    }
}

/// Whether a link may be refused only because it is old.
fn is_stale(refusal: &Answer) -> bool {
    (400..500).contains(&refusal.status) && !matches!(refusal.status, 401 | 403 | 429)
}

fn cancelled() -> ServiceError {
    ServiceError::new(
        ErrorClass::Cancelled,
        "loading was cancelled; the rows so far are kept",
    )
}
