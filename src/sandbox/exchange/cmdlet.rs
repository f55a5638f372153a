//! One cmdlet on its way: who asked for what, and which code answers.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::refusal::{self, Refusal};
use super::{get_mailbox, organization, set_mailbox};
use crate::sandbox::Fault;
use crate::sandbox::gate::Incoming;
use crate::sandbox::reply::Reply;
use crate::sandbox::world::World;

/// The most rows of a page.
const LARGEST_PAGE: usize = 1000;

/// Every cmdlet and what runs it.
const CMDLETS: [(&str, Run); 5] = [
    ("Get-Mailbox", get_mailbox::run),
    ("Set-Mailbox", set_mailbox::run),
    ("Get-OrganizationConfig", organization::get_config),
    ("Set-OrganizationConfig", organization::set_config),
    ("Get-AcceptedDomain", organization::get_domains),
];

type Run = fn(&Call<'_>) -> Result<Reply, Refusal>;

/// Parameters every cmdlet takes.
const COMMON: [&str; 9] = [
    "Confirm",
    "WhatIf",
    "ErrorAction",
    "WarningAction",
    "InformationAction",
    "Verbose",
    "Debug",
    "ErrorVariable",
    "OutBuffer",
];

/// A cmdlet with all that shapes its answer.
pub(super) struct Call<'a> {
    pub world: &'a World,
    pub cmdlet: String,
    pub parameters: Map<String, Value>,
    pub select: Option<String>,
    /// From `Prefer: odata.maxpagesize`; nothing when the caller did not say.
    pub page_size: Option<usize>,
    pub skip_token: Option<String>,
    /// Address of the endpoint without a query.
    pub address: String,
}

impl<'a> Call<'a> {
    /// From a request of its own.
    pub fn of_request(world: &'a World, incoming: &Incoming) -> Result<Self, Reply> {
        let json_type = incoming
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json"));
        if !json_type {
            return Err(Reply::text(415, ""));
        }
        let body = serde_json::from_slice(&incoming.body).map_err(|_| malformed("The body is not JSON."))?;
        let address = format!("{}/{}", world.root(incoming.place, "exchange"), incoming.path);
        Self::new(world, body, &incoming.query, incoming.header("prefer"), address)
    }

    pub fn new(
        world: &'a World,
        mut body: Value,
        query: &str,
        prefer: Option<&str>,
        address: String,
    ) -> Result<Self, Reply> {
        let input = body.get_mut("CmdletInput").map(Value::take).unwrap_or_default();
        let cmdlet = input["CmdletName"]
            .as_str()
            .ok_or_else(|| malformed("CmdletInput.CmdletName is missing."))?
            .to_owned();
        // Null is refused; cmdlets without parameters send an empty object.
        let Some(Value::Object(parameters)) = input.get("Parameters").cloned() else {
            return Err(malformed("CmdletInput.Parameters must be an object."));
        };
        let option = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.into_owned())
        };
        Ok(Self {
            world,
            cmdlet,
            parameters,
            select: option("$select"),
            page_size: prefer.and_then(page_size),
            skip_token: option("$skiptoken"),
            address,
        })
    }

    /// Runs it.
    pub fn execute(&self) -> Reply {
        if self.world.strikes(Fault::PassingInSuccess) {
            return refusal::transient_inside(self.world);
        }
        let name = self.cmdlet.to_ascii_lowercase();
        let known = CMDLETS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&self.cmdlet));
        match known {
            Some((_, run)) if !self.world.is_denied(&name) => {
                run(self).unwrap_or_else(|refusal| refusal.reply(self.world))
            }
            _ => refusal::forbidden(),
        }
    }

    /// A parameter by name, whatever its letter case; null counts as absent.
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        let found = self
            .parameters
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// A parameter that has to be text when it is there.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.parameter(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(conversion(name, "System.String")),
        }
    }

    /// A parameter that has to be true or false when it is there.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.parameter(name)
            .map(|value| value.as_bool().ok_or_else(|| conversion(name, "System.Boolean")))
            .transpose()
    }

    /// Refuses parameters that are neither in `known` nor common to all cmdlets.
    pub fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let mut names = self.parameters.keys().filter(|name| !name.contains("@odata."));
        let unknown = names
            .find(|name| !is_common(name) && !known.iter().any(|known| known.eq_ignore_ascii_case(name)));
        unknown.map_or(Ok(()), |name| Err(Refusal::unknown_parameter(name)))
    }

    /// The start of the answer's `@odata.context`.
    pub fn context(&self) -> String {
        let base = self.address.rsplit_once('/').map_or("", |(base, _)| base);
        format!("{base}/$metadata#Collection(Exchange.GenericHashTable)")
    }

    /// Rows that are no mailboxes, cut to `$select`.
    pub fn rows(&self, rows: Vec<Map<String, Value>>) -> Reply {
        let wanted: Option<Vec<String>> = self
            .select
            .as_ref()
            .map(|select| select.split(',').map(|name| name.trim().to_lowercase()).collect());
        let rows: Vec<Value> = rows
            .into_iter()
            .map(|row| {
                let keep = |name: &String| {
                    wanted
                        .as_ref()
                        .is_none_or(|wanted| wanted.contains(&name.to_lowercase()))
                };
                Value::Object(row.into_iter().filter(|(name, _)| keep(name)).collect())
            })
            .collect();
        Reply::json(200, &json!({ "@odata.context": self.context(), "value": rows }))
    }
}

/// Whether every cmdlet takes a parameter.
pub(super) fn is_common(name: &str) -> bool {
    COMMON.iter().any(|common| common.eq_ignore_ascii_case(name))
}

pub(super) fn conversion(name: &str, kind: &str) -> Refusal {
    Refusal::invalid(format!(
        "Cannot process argument transformation on parameter '{name}'. Cannot convert value to type \"{kind}\"."
    ))
}

/// `odata.maxpagesize=N` among the preferences.
fn page_size(prefer: &str) -> Option<usize> {
    let mut preferences = prefer.split([',', ';']).map(str::trim);
    let size = preferences.find_map(|preference| preference.strip_prefix("odata.maxpagesize="))?;
    size.trim_matches('"')
        .parse::<usize>()
        .ok()
        .map(|size| size.clamp(1, LARGEST_PAGE))
}

pub(super) fn malformed(message: &str) -> Reply {
    Reply::json(
        400,
        &json!({ "error": { "code": "BadRequest", "message": message } }),
    )
}

/// `GET EXOModuleFile`: the cmdlets that the caller's roles hold.
pub(super) fn module_file(world: &World) -> Reply {
    let allowed: Vec<&str> = CMDLETS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !world.is_denied(&name.to_ascii_lowercase()))
        .collect();
    Reply::json(
        200,
        &json!({ "value": [{ "exportedCmdlets": allowed.join(",") }] }),
    )
}
