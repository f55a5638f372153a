//! JSON batches, which Exchange and Graph have in common.

use serde_json::{Map, Value};

use super::Fault;
use super::reply::Reply;
use super::world::World;

/// The most requests of a batch. Graph documents it (facts/graph section 8); for Exchange nobody knows.
const LARGEST: usize = 20;

/// One request of a batch.
pub(super) struct Item {
    pub id: String,
    pub method: String,
    pub url: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub body: Option<Value>,
}

impl Item {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Reads the requests of a batch, or says what is wrong with it.
pub(super) fn read(body: &[u8]) -> Result<Vec<Item>, String> {
    let body: Value = serde_json::from_slice(body).map_err(|_| "The body is not JSON.".to_owned())?;
    let requests = body["requests"].as_array().ok_or("The batch has no requests.")?;
    if requests.is_empty() || requests.len() > LARGEST {
        return Err(format!(
            "Number of requests in the batch must be from 1 to {LARGEST}; this one has {}.",
            requests.len()
        ));
    }
    let mut items: Vec<Item> = Vec::with_capacity(requests.len());
    for request in requests {
        let text = |name: &str| {
            request[name]
                .as_str()
                .map(str::to_owned)
                .ok_or(format!("A request of the batch has no {name}."))
        };
        let headers = request["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (name.to_ascii_lowercase(), value)
            });
        let item = Item {
            id: text("id")?,
            method: text("method")?.to_ascii_uppercase(),
            url: text("url")?,
            headers: headers.collect(),
            body: request.get("body").cloned(),
        };
        if items.iter().any(|known| known.id == item.id) {
            return Err(format!(
                "The id '{}' appears more than once in the batch.",
                item.id
            ));
        }
        items.push(item);
    }
    Ok(items)
}

/// Answers a batch in shuffled order; answers that got lost are left out.
pub(super) fn answer(world: &World, items: Vec<Item>, mut one: impl FnMut(&Item) -> Option<Reply>) -> Reply {
    let mut answers: Vec<(u64, Vec<u8>)> = items
        .iter()
        .filter_map(|item| one(item).map(|reply| (world.roll(), member(world, &item.id, &reply))))
        .collect();
    answers.sort_unstable();
    let mut body = b"{\"responses\":[".to_vec();
    for (at, (_, answer)) in answers.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        body.extend_from_slice(answer);
    }
    body.extend_from_slice(b"]}");
    Reply::new(200, body).with("content-type", "application/json; charset=utf-8")
}

/// One answer. A body that is no JSON has no place in a batch and is left out.
fn member(world: &World, id: &str, reply: &Reply) -> Vec<u8> {
    let status = if world.strikes(Fault::TextStatus) {
        Value::from(reply.status.to_string())
    } else {
        reply.status.into()
    };
    let headers: Map<String, Value> = reply
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
        .collect();
    let mut out = format!(
        "{{\"id\":{},\"status\":{status},\"headers\":{}",
        Value::from(id),
        Value::Object(headers)
    )
    .into_bytes();
    if reply.body.first() == Some(&b'{') {
        out.extend_from_slice(b",\"body\":");
        out.extend_from_slice(&reply.body);
    }
    out.push(b'}');
    out
}
