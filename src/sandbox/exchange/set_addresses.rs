//! Proxy addresses: the whole list, added and removed ones, and a new primary address.

use serde_json::Value;

use super::cmdlet::{Call, conversion};
use super::refusal::Refusal;
use crate::sandbox::tenant::DOMAINS;

const LIST: &str = "EmailAddresses";
/// Both make an address the primary one.
const PRIMARY: [&str; 2] = ["WindowsEmailAddress", "PrimarySmtpAddress"];
/// The type tag of a hashtable on the wire (facts/exchange section 1.2).
const HASHTABLE: &str = "#Exchange.GenericHashTable";

/// Whether a parameter changes addresses.
pub(super) fn is_parameter(name: &str) -> bool {
    PRIMARY
        .iter()
        .chain([&LIST])
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// A change of the addresses.
pub(super) enum Edit {
    Whole(Vec<String>),
    Some { add: Vec<String>, remove: Vec<String> },
    Primary(String),
}

impl Edit {
    /// The change a call asks for, if any.
    pub fn of(call: &Call<'_>) -> Result<Option<Self>, Refusal> {
        let mut asked = PRIMARY
            .iter()
            .chain([&LIST])
            .filter(|name| call.parameter(name).is_some());
        let Some(name) = asked.next() else { return Ok(None) };
        if let Some(other) = asked.next() {
            return Err(Refusal::invalid(format!(
                "You can't use the parameters {other} and {name} in the same command."
            )));
        }
        let Some(value) = call.parameter(name) else {
            return Ok(None);
        };
        if *name != LIST {
            let address = value
                .as_str()
                .ok_or_else(|| conversion(name, "Microsoft.Exchange.Data.SmtpAddress"))?;
            return Ok(Some(Self::Primary(address.to_owned())));
        }
        if value.is_object() {
            let (add, remove) = hashtable(LIST, value)?;
            return Ok(Some(Self::Some { add, remove }));
        }
        texts(LIST, value).map(|texts| Some(Self::Whole(texts)))
    }

    /// The addresses afterwards. `owner` names the other mailbox that holds an address (with prefix, lower case).
    pub fn apply(
        self,
        now: &[String],
        owner: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<String>, Refusal> {
        let mut addresses = Vec::new();
        match self {
            Self::Whole(list) => {
                for address in list {
                    push(&mut addresses, prefixed(&address)?);
                }
            }
            Self::Some { add, remove } => {
                let remove = remove.iter().map(|address| Ok(prefixed(address)?.to_lowercase()));
                let remove = remove.collect::<Result<Vec<_>, Refusal>>()?;
                for address in now {
                    let gone = remove.contains(&address.to_lowercase());
                    if gone && address.starts_with("SMTP:") {
                        return Err(Refusal::invalid(format!(
                            "The primary SMTP address \"{address}\" can't be removed. Set another primary address first."
                        )));
                    }
                    if !gone {
                        addresses.push(address.clone());
                    }
                }
                for address in add {
                    push(&mut addresses, prefixed(&address)?);
                }
            }
            Self::Primary(address) => {
                let primary = prefixed(&format!("SMTP:{address}"))?;
                addresses.push(primary.clone());
                for address in now
                    .iter()
                    .filter(|address| address.to_lowercase() != primary.to_lowercase())
                {
                    // The former primary address stays as another one.
                    addresses.push(
                        address
                            .strip_prefix("SMTP:")
                            .map_or_else(|| address.clone(), |bare| format!("smtp:{bare}")),
                    );
                }
            }
        }
        let primaries = addresses
            .iter()
            .filter(|address| address.starts_with("SMTP:"))
            .count();
        if primaries != 1 {
            return Err(Refusal::invalid(format!(
                "The mailbox must have exactly one primary SMTP address, and the list has {primaries}."
            )));
        }
        for address in &addresses {
            let known = now.iter().any(|held| held.eq_ignore_ascii_case(address));
            if let Some(owner) = owner(&address.to_lowercase()).filter(|_| !known) {
                return Err(Refusal::already_exists(address, &owner));
            }
        }
        Ok(addresses)
    }
}

/// Adds an address that is not there yet.
fn push(addresses: &mut Vec<String>, address: String) {
    if !addresses.iter().any(|held| {
        held == &address || (held.eq_ignore_ascii_case(&address) && !address.starts_with("SMTP:"))
    }) {
        addresses.push(address);
    }
}

/// An address with its prefix; SMTP addresses must lie in an accepted domain.
fn prefixed(address: &str) -> Result<String, Refusal> {
    let address = if address.contains(':') {
        address.to_owned()
    } else {
        format!("smtp:{address}")
    };
    let (prefix, bare) = address.split_once(':').unwrap_or_default();
    if prefix.is_empty() || bare.is_empty() {
        return Err(Refusal::invalid(format!(
            "\"{address}\" isn't a valid proxy address."
        )));
    }
    if prefix.eq_ignore_ascii_case("smtp") {
        let invalid = || {
            Refusal::invalid(format!(
                "The address '{bare}' is invalid: it isn't a valid SMTP address."
            ))
        };
        let (local, domain) = bare.rsplit_once('@').ok_or_else(invalid)?;
        if local.is_empty() || local.contains(|letter: char| letter.is_whitespace() || letter == '@') {
            return Err(invalid());
        }
        if !DOMAINS
            .iter()
            .any(|(accepted, ..)| accepted.eq_ignore_ascii_case(domain))
        {
            return Err(Refusal::invalid(format!(
                "You can't use the domain because it's not an accepted domain for your organization. Domain: {domain}"
            )));
        }
        // Only all upper case means primary.
        let prefix = if prefix == "SMTP" { "SMTP" } else { "smtp" };
        return Ok(format!("{prefix}:{bare}"));
    }
    Ok(address)
}

/// `Add` and `Remove` of a hashtable, which has to carry its type tag.
pub(super) fn hashtable(name: &str, value: &Value) -> Result<(Vec<String>, Vec<String>), Refusal> {
    if value["@odata.type"] != HASHTABLE {
        return Err(conversion(
            name,
            "Microsoft.Exchange.Data.MultiValuedProperty`1[System.String]",
        ));
    }
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for (key, value) in value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !key.contains('@'))
    {
        match key.to_ascii_lowercase().as_str() {
            "add" => add = texts(name, value)?,
            "remove" => remove = texts(name, value)?,
            _ => {
                return Err(Refusal::invalid(format!(
                    "Cannot process argument transformation on parameter '{name}': the key '{key}' is neither Add nor Remove."
                )));
            }
        }
    }
    Ok((add, remove))
}

/// One text or a list of texts.
pub(super) fn texts(name: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let wrong = || {
        conversion(
            name,
            "Microsoft.Exchange.Data.MultiValuedProperty`1[System.String]",
        )
    };
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(values) => values
            .iter()
            .map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect(),
        _ => Err(wrong()),
    }
}
