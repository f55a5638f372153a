//! `Get-Mailbox`: one mailbox, or pages of them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::cmdlet::{Call, conversion, malformed};
use super::filter::Filter;
use super::refusal::Refusal;
use crate::sandbox::Fault;
use crate::sandbox::reply::Reply;
use crate::sandbox::tenant::{Selection, View, write_json_text};

/// Parameters that are honoured. `SortBy` is not: the order is the tenant's own.
const PARAMETERS: [&str; 9] = [
    "Identity",
    "Anr",
    "Filter",
    "RecipientTypeDetails",
    "ResultSize",
    "IncludeInactiveMailbox",
    "InactiveMailboxOnly",
    "SoftDeletedMailbox",
    "Archive",
];

const TYPES: [&str; 8] = [
    "UserMailbox",
    "SharedMailbox",
    "RoomMailbox",
    "EquipmentMailbox",
    "SchedulingMailbox",
    "LinkedMailbox",
    "DiscoveryMailbox",
    "TeamMailbox",
];

const MORE: &str = "There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.";

/// What makes a mailbox part of the answer.
struct Criteria {
    identity: Option<u32>,
    filter: Option<Filter>,
    types: Option<Vec<String>>,
    anr: Option<String>,
    archive: bool,
    /// Nothing is ever soft-deleted or inactive here.
    nothing: bool,
}

impl Criteria {
    fn of(call: &Call<'_>) -> Result<Self, Refusal> {
        let tenant = &call.world.tenant;
        let identity = match call.text("Identity")? {
            None => None,
            Some(identity) => {
                if call.parameter("Filter").is_some() || call.parameter("Anr").is_some() {
                    return Err(Refusal::invalid(
                        "Parameter set cannot be resolved using the specified named parameters.",
                    ));
                }
                let found = tenant.resolve(identity, &tenant.read());
                Some(found.ok_or_else(|| Refusal::not_found(identity))?)
            }
        };
        let types = call
            .parameter("RecipientTypeDetails")
            .map(type_names)
            .transpose()?;
        Ok(Self {
            identity,
            filter: call.text("Filter")?.map(Filter::parse).transpose()?,
            types,
            anr: call.text("Anr")?.map(str::to_lowercase),
            archive: call.flag("Archive")? == Some(true),
            nothing: call.flag("SoftDeletedMailbox")? == Some(true)
                || call.flag("InactiveMailboxOnly")? == Some(true),
        })
    }

    fn hold(&self, view: &View<'_>) -> bool {
        if self.nothing {
            return false;
        }
        self.filter.as_ref().is_none_or(|filter| filter.holds(view))
            && self
                .types
                .as_ref()
                .is_none_or(|types| types.iter().any(|name| name == view.row.traits.kind.wire_name()))
            && self.anr.as_ref().is_none_or(|start| {
                ["DisplayName", "Alias", "PrimarySmtpAddress"].iter().any(|name| {
                    view.text(name)
                        .is_some_and(|text| text.to_lowercase().starts_with(start))
                })
            })
            && (!self.archive
                || view
                    .text("ArchiveStatus")
                    .is_some_and(|status| status == "Active"))
    }
}

fn type_names(value: &Value) -> Result<Vec<String>, Refusal> {
    let values = match value {
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    values
        .iter()
        .map(|value| {
            let name = value.as_str().unwrap_or_default();
            let known = TYPES.iter().find(|known| known.eq_ignore_ascii_case(name));
            let unknown = || {
                conversion(
                    "RecipientTypeDetails",
                    "Microsoft.Exchange.Data.Directory.Recipient.RecipientTypeDetails[]",
                )
            };
            known.map(|known| (*known).to_owned()).ok_or_else(unknown)
        })
        .collect()
}

/// The most rows in all: `ResultSize` when it is a number.
fn result_size(call: &Call<'_>) -> Result<usize, Refusal> {
    let size = match call.parameter("ResultSize") {
        None => return Ok(usize::MAX),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("unlimited") => return Ok(usize::MAX),
        Some(Value::String(text)) => text.parse::<usize>().ok(),
        Some(Value::Number(number)) => number.as_u64().map(|number| number as usize),
        Some(_) => None,
    };
    size.filter(|size| *size > 0)
        .ok_or_else(|| conversion("ResultSize", "Microsoft.Exchange.Data.Unlimited`1[System.UInt32]"))
}

/// Where a page starts: the row, and how many rows earlier pages held.
struct Start {
    row: u32,
    earlier: usize,
}

impl Start {
    /// Reads a skip token; it is good for the same request only.
    fn of(call: &Call<'_>) -> Option<Self> {
        let Some(token) = &call.skip_token else {
            return Some(Self { row: 0, earlier: 0 });
        };
        let text = BASE64_URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())?;
        let mut parts = text.split('.');
        let (row, earlier, request) = (
            parts.next()?.parse().ok()?,
            parts.next()?.parse().ok()?,
            parts.next()?,
        );
        (request == fingerprint(call)).then_some(Self { row, earlier })
    }

    fn token(&self, call: &Call<'_>) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(format!("{}.{}.{}", self.row, self.earlier, fingerprint(call)))
    }
}

/// Tells requests with another body apart.
fn fingerprint(call: &Call<'_>) -> String {
    let digest = Sha256::digest(Value::Object(call.parameters.clone()).to_string());
    BASE64_URL_SAFE_NO_PAD.encode(&digest[..9])
}

pub(super) fn run(call: &Call<'_>) -> Result<Reply, Refusal> {
    call.only(&PARAMETERS)?;
    let world = call.world;
    let selection = match &call.select {
        None => Selection::all(),
        Some(select) => {
            let (selection, unknown) = Selection::named(select);
            if let Some(name) = unknown.first().filter(|_| !world.strikes(Fault::UnknownSelect)) {
                return Ok(malformed(&format!(
                    "The query specified in the URI is not valid. Could not find a property named '{name}' on type 'Exchange.Mailbox'."
                )));
            }
            selection
        }
    };
    let criteria = Criteria::of(call)?;
    let most = result_size(call)?;
    let Some(start) = Start::of(call) else {
        return Ok(malformed("The skip token is not valid for this request."));
    };
    if call.skip_token.is_some() && world.strikes(Fault::NoValue) {
        return Ok(Reply::json(
            200,
            &serde_json::json!({ "@odata.context": call.context() }),
        ));
    }
    let page_size = call
        .page_size
        .unwrap_or(1)
        .min(most.saturating_sub(start.earlier));
    let page = page(call, &criteria, &selection, &start, page_size);
    let cut = page.next.is_some() && start.earlier + page.rows >= most;
    let truncated = page.next.is_some() && !cut && world.strikes(Fault::Truncated);
    let link = page.next.filter(|_| !cut && !truncated).map(|row| Start {
        row,
        earlier: start.earlier + page.rows,
    });
    let warn = cut || truncated || (link.is_some() && call.page_size.is_none());

    let mut body = Vec::with_capacity(page.json.len() + 512);
    body.extend_from_slice(b"{\"@odata.context\":");
    write_json_text(&mut body, &call.context());
    if warn && !world.strikes(Fault::HeaderWarning) {
        body.extend_from_slice(b",\"@adminapi.warnings\":[");
        write_json_text(&mut body, MORE);
        body.push(b']');
    }
    if let Some(link) = link {
        body.extend_from_slice(b",\"@odata.nextLink\":");
        write_json_text(&mut body, &next_link(call, &start, &link));
    }
    body.extend_from_slice(b",\"value\":[");
    body.extend_from_slice(&page.json);
    body.extend_from_slice(b"]}");
    let reply = Reply::new(200, body).with(
        "content-type",
        "application/json; charset=utf-8; odata.metadata=minimal",
    );
    Ok(if warn {
        reply.with("x-warnings", MORE)
    } else {
        reply
    })
}

struct Page {
    /// The rows' objects with commas between them.
    json: Vec<u8>,
    rows: usize,
    /// The first row that did not fit.
    next: Option<u32>,
}

fn page(call: &Call<'_>, criteria: &Criteria, selection: &Selection, start: &Start, size: usize) -> Page {
    let (world, tenant) = (call.world, &call.world.tenant);
    let hides_flags = world.rate(Fault::UnknownFlag) > 0.0;
    let changes = tenant.read();
    let mut page = Page {
        json: Vec::with_capacity(size.min(1000) * 400),
        rows: 0,
        next: None,
    };
    let indexes = match criteria.identity {
        Some(index) => index..index + 1,
        None => start.row..tenant.count,
    };
    for index in indexes {
        let row = tenant.row(index);
        let view = tenant.view(&row, &changes);
        if !criteria.hold(&view) {
            continue;
        }
        if page.rows == size {
            page.next = Some(index);
            break;
        }
        if page.rows > 0 {
            page.json.push(b',');
        }
        view.write_json(
            &mut page.json,
            selection,
            hides_flags && world.lies_on(Fault::UnknownFlag, index),
        );
        page.rows += 1;
    }
    page
}

fn next_link(call: &Call<'_>, start: &Start, next: &Start) -> String {
    let world = call.world;
    let token = if world.strikes(Fault::EndlessPages) {
        start.token(call)
    } else {
        next.token(call)
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(select) = &call.select {
        query.append_pair("$select", select);
    }
    let query = query.append_pair("$skiptoken", &token).finish();
    let path = call.address.split_once("/exchange/").map_or("", |(_, path)| path);
    if world.strikes(Fault::ForeignLink) {
        format!("{}/exchange/{path}?{query}", world.foreign)
    } else {
        format!("{}?{query}", call.address)
    }
}
