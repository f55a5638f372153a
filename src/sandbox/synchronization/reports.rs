//! `/auditLogs`: the provisioning log and the directory audit (facts/graph sections 5.1 and 5.2).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::directory::Population;
use super::filter::{Field, Filter};
use super::permission::{Needs, READ_AUDIT, READ_LOG};
use super::routes::Context;
use super::{audit, log};
use crate::sandbox::Fault;
use crate::sandbox::reply::Reply;

const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;
/// The most entries looked at for one page, so that a page of a sharp filter can be empty although more follow.
const LOOKED_AT: usize = 10_000;

/// `GET /auditLogs/provisioning`
pub(super) fn provisioning(context: &mut Context) -> Reply {
    let read = |context: &Context, paging: &Paging| {
        let seed = context.seed();
        let entries = &context.sync.log.entries;
        let people = Population {
            tenant: context.tenant(),
            domains: &context.sync.domains,
        };
        paging.page(
            entries.len(),
            |at| entries[at].number,
            |at| paging.filter.accepts(&log::Seen(&entries[at], seed)),
            |at| entries[at].json(&people),
        )
    };
    answer(context, "auditLogs/provisioning", &READ_LOG, log::FIELDS, read)
}

/// `GET /auditLogs/directoryAudits`
pub(super) fn audits(context: &mut Context) -> Reply {
    let read = |context: &Context, paging: &Paging| {
        let seed = context.seed();
        let entries = &context.sync.audits.entries;
        paging.page(
            entries.len(),
            |at| entries[at].number,
            |at| paging.filter.accepts(&audit::Seen(&entries[at], seed)),
            |at| entries[at].json(seed),
        )
    };
    answer(
        context,
        "auditLogs/directoryAudits",
        &READ_AUDIT,
        audit::FIELDS,
        read,
    )
}

/// Rows of a page and the number of the entry the next one begins after.
type Page = (Vec<Value>, Option<u32>);

fn answer(
    context: &mut Context,
    path: &str,
    needs: &Needs,
    fields: &'static [Field],
    read: impl Fn(&Context, &Paging) -> Page,
) -> Reply {
    context.sync.asks.reports += 1;
    if context.method != "GET" {
        return context.not_allowed();
    }
    if let Err(wait) = context.sync.reports.take(Instant::now()) {
        return context.throttled(wait);
    }
    if let Err(reply) = context.needs(needs) {
        return *reply;
    }
    let paging = match Paging::parse(context, fields) {
        Ok(paging) => paging,
        Err(message) => return context.refuse(400, "BadRequest", &message),
    };
    let (mut rows, mut next) = read(context, &paging);
    if !rows.is_empty() && context.world.strikes(Fault::EmptyPage) {
        (rows, next) = (Vec::new(), Some(paging.after.unwrap_or(paging.start())));
    }
    let mut body = json!({ "@odata.context": context.context(path) });
    if let Some(number) = next {
        let root = if context.world.strikes(Fault::ForeignLink) {
            format!("{}/graph/v1.0", context.world.foreign)
        } else {
            context.root()
        };
        let token = BASE64_URL_SAFE_NO_PAD.encode(format!("after:{number}"));
        body["@odata.nextLink"] = format!("{root}/{path}?{}", context.query.with_skip_token(&token)).into();
    }
    body["value"] = rows.into();
    context.answer(200, body)
}

/// What a request for a page asks for.
struct Paging {
    filter: Filter,
    top: usize,
    newest_first: bool,
    after: Option<u32>,
}

impl Paging {
    fn parse(context: &Context, fields: &'static [Field]) -> Result<Self, String> {
        let query = &context.query;
        let top = match query.get("$top") {
            None => DEFAULT_PAGE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|top| (1..=LARGEST_PAGE).contains(top))
                .ok_or(format!("The value of $top must be from 1 to {LARGEST_PAGE}."))?,
        };
        let newest_first = match query.get("$orderby").map(str::trim) {
            None | Some("activityDateTime desc") => true,
            Some("activityDateTime" | "activityDateTime asc") => false,
            Some(other) => return Err(format!("Ordering by '{other}' is not supported.")),
        };
        let after = match query.get("$skiptoken") {
            None => None,
            Some(token) => Some(
                BASE64_URL_SAFE_NO_PAD
                    .decode(token)
                    .ok()
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .and_then(|text| text.strip_prefix("after:")?.parse().ok())
                    .ok_or("The $skiptoken is not valid.")?,
            ),
        };
        Ok(Self {
            filter: Filter::parse(query.get("$filter").unwrap_or_default(), fields)?,
            top,
            newest_first,
            after,
        })
    }

    /// The number before which the first page begins.
    fn start(&self) -> u32 {
        if self.newest_first { u32::MAX } else { 0 }
    }

    /// One page of entries whose numbers ascend.
    fn page(
        &self,
        many: usize,
        number: impl Fn(usize) -> u32,
        accepts: impl Fn(usize) -> bool,
        json: impl Fn(usize) -> Value,
    ) -> Page {
        let after = self.after.unwrap_or(self.start());
        let (mut low, mut high) = (0, many);
        while low < high {
            let middle = usize::midpoint(low, high);
            let before = if self.newest_first {
                number(middle) < after
            } else {
                number(middle) <= after
            };
            (low, high) = if before { (middle + 1, high) } else { (low, middle) };
        }
        let places: Box<dyn Iterator<Item = usize>> = if self.newest_first {
            Box::new((0..low).rev())
        } else {
            Box::new(low..many)
        };
        let mut rows = Vec::new();
        for (looked_at, at) in places.enumerate() {
            if accepts(at) {
                rows.push(json(at));
            }
            let last = if self.newest_first {
                at == 0
            } else {
                at + 1 == many
            };
            if last {
                break;
            }
            if rows.len() == self.top || looked_at + 1 == LOOKED_AT {
                return (rows, Some(number(at)));
            }
        }
        (rows, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(newest_first: bool, top: usize) -> Vec<Vec<u64>> {
        let numbers: Vec<u32> = (3..13).collect();
        let mut paging = Paging {
            filter: Filter::default(),
            top,
            newest_first,
            after: None,
        };
        let mut all = Vec::new();
        loop {
            let (rows, next) = paging.page(10, |at| numbers[at], |at| at != 4, |at| numbers[at].into());
            all.push(rows.iter().filter_map(Value::as_u64).collect());
            match next {
                Some(next) => paging.after = Some(next),
                None => return all,
            }
        }
    }

    #[test]
    fn pages_hold_every_entry_once() {
        assert_eq!(pages(true, 4), [vec![12, 11, 10, 9], vec![8, 6, 5, 4], vec![3]]);
        assert_eq!(pages(false, 9), [vec![3, 4, 5, 6, 8, 9, 10, 11, 12]]);
        assert_eq!(pages(false, 8), [vec![3, 4, 5, 6, 8, 9, 10, 11], vec![12]]);
    }
}
