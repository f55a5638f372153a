//! E-mail addresses of a mailbox: reading, comparing and editing the list (facts/exchange section 6.6).

use std::{fmt, str::FromStr};

use super::text::clean;

/// One entry of `EmailAddresses` or `proxyAddresses`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProxyAddress {
    /// Text before the first colon as the service wrote it: `SMTP`, `smtp`, `SIP`, `SPO`, `X500`, `EUM` ...
    pub prefix: String,
    /// Text after the first colon, as written.
    pub address: String,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressSyntaxError {
    /// No prefix before a colon.
    #[error("`{0}` has no prefix such as `smtp:`. Write it as `smtp:name@domain`")]
    NoPrefix(String),
    /// Nothing behind the prefix, or characters no address has.
    #[error("`{0}` is not an e-mail address. Write it as `name@domain`, without spaces")]
    Invalid(String),
}

impl ProxyAddress {
    /// An SMTP address, secondary, from `name@domain` or `smtp:name@domain`; checked.
    pub fn smtp(text: &str) -> Result<Self, AddressSyntaxError> {
        let text = text.trim();
        let bare = text
            .split_once(':')
            .filter(|(prefix, _)| prefix.eq_ignore_ascii_case("smtp"))
            .map_or(text, |(_, address)| address);
        if !is_smtp_address(bare) {
            return Err(AddressSyntaxError::Invalid(clean(text).into_owned()));
        }
        Ok(Self {
            prefix: "smtp".into(),
            address: bare.into(),
        })
    }

    /// Whether it is an SMTP address, primary or not.
    pub fn is_smtp(&self) -> bool {
        self.prefix.eq_ignore_ascii_case("smtp")
    }

    /// Whether it is the primary SMTP address: the prefix is upper case.
    pub fn is_primary(&self) -> bool {
        self.prefix == "SMTP"
    }

    /// Whether it is an X.500 address, which keeps replies to old mail and old meetings working.
    pub fn is_x500(&self) -> bool {
        self.prefix.eq_ignore_ascii_case("x500")
    }

    /// Domain of an SMTP address, lower case.
    pub fn domain(&self) -> Option<String> {
        let (_, domain) = self.address.rsplit_once('@').filter(|_| self.is_smtp())?;
        Some(domain.to_lowercase())
    }

    /// Whether it is the address over which an on-premises server reaches the mailbox.
    pub fn is_routing(&self) -> bool {
        self.domain()
            .is_some_and(|domain| domain.ends_with(".mail.onmicrosoft.com"))
    }

    /// Whether the cloud adds such addresses by itself: secondary ones in `onmicrosoft.com`, `SPO:` and `SIP:`.
    pub fn is_cloud_noise(&self) -> bool {
        ["spo", "sip"]
            .iter()
            .any(|prefix| self.prefix.eq_ignore_ascii_case(prefix))
            || (!self.is_primary()
                && self
                    .domain()
                    .is_some_and(|domain| domain.ends_with(".onmicrosoft.com")))
    }

    /// The form two addresses are compared in: everything lower case, so primary and secondary are alike.
    pub fn comparable(&self) -> String {
        format!("{}:{}", self.prefix, self.address).to_lowercase()
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.prefix, self.address)
    }
}

impl FromStr for ProxyAddress {
    type Err = AddressSyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((prefix, _)) if prefix.is_empty() || !prefix.bytes().all(is_prefix_byte) => {
                Err(AddressSyntaxError::NoPrefix(clean(text).into_owned()))
            }
            Some((_, "")) => Err(AddressSyntaxError::Invalid(clean(text).into_owned())),
            Some((prefix, address)) => Ok(Self {
                prefix: prefix.into(),
                address: address.into(),
            }),
            None => Err(AddressSyntaxError::NoPrefix(clean(text).into_owned())),
        }
    }
}

fn is_prefix_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// The syntax Exchange accepts in practice: dot-atom before the `@`, dotted host name behind it, at most 320 characters.
fn is_smtp_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .chars()
            .all(|character| character.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(character));
    let domain_fits = domain.len() <= 255
        && domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .chars()
                    .all(|character| character.is_alphanumeric() || character == '-')
        });
    local_fits && domain_fits
}

/// How two address lists differ, order and letter case aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressComparison {
    /// Both primaries, lower case, when they differ: first list, second list.
    pub primaries: Option<(Option<String>, Option<String>)>,
    /// Only in the first list, as written there.
    pub only_first: Vec<String>,
    /// Only in the second list, as written there.
    pub only_second: Vec<String>,
    /// Only in the first list and of a kind the cloud adds by itself, as written there.
    pub noise: Vec<String>,
}

/// Compares the cloud's list (first) with the directory's (second) by the rules of facts/exchange section 6.6. Entries
/// without a prefix are compared as they are, none is dropped.
pub fn compare_addresses(cloud: &[&str], directory: &[&str]) -> AddressComparison {
    let lower = |list: &[&str]| -> std::collections::HashSet<String> {
        list.iter().map(|entry| entry.to_lowercase()).collect()
    };
    let (in_cloud, in_directory) = (lower(cloud), lower(directory));
    let mut comparison = AddressComparison::default();
    let primaries = (primary_of(cloud), primary_of(directory));
    if primaries.0 != primaries.1 {
        comparison.primaries = Some(primaries);
    }
    for entry in cloud
        .iter()
        .filter(|entry| !in_directory.contains(&entry.to_lowercase()))
    {
        let noise = entry
            .parse::<ProxyAddress>()
            .is_ok_and(|address| address.is_cloud_noise());
        if noise {
            comparison.noise.push((*entry).to_owned());
        } else {
            comparison.only_first.push((*entry).to_owned());
        }
    }
    for entry in directory
        .iter()
        .filter(|entry| !in_cloud.contains(&entry.to_lowercase()))
    {
        comparison.only_second.push((*entry).to_owned());
    }
    comparison
}

/// The address behind the first `SMTP:`, lower case.
pub fn primary_of(list: &[&str]) -> Option<String> {
    list.iter()
        .find_map(|entry| entry.strip_prefix("SMTP:"))
        .map(str::to_lowercase)
}

/// A wish to change an address list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressEdit {
    /// Add a secondary address.
    Add(String),
    /// Remove an address.
    Remove(String),
    /// Make an address the primary one; it is added when it is not there. The old primary becomes secondary.
    SetPrimary(String),
}

/// Why an edit is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressEditError {
    /// The text is no address.
    #[error(transparent)]
    Syntax(#[from] AddressSyntaxError),
    /// The list already has it.
    #[error("`{0}` is on the list already. Nothing to add")]
    Duplicate(String),
    /// The list does not have it.
    #[error("`{0}` is not on the list. Check the spelling")]
    NotThere(String),
    /// The primary can't be removed.
    #[error("`{0}` is the primary address and can't be removed. Make another address the primary first")]
    RemovesPrimary(String),
    /// A mailbox needs an address.
    #[error("`{0}` is the last e-mail address and can't be removed. Add another one first")]
    RemovesLast(String),
    /// The tenant does not own the domain.
    #[error(
        "`{address}` is in `{domain}`, which is not an accepted domain of the tenant. Use one of: {accepted}"
    )]
    ForeignDomain {
        /// The address.
        address: String,
        /// Its domain.
        domain: String,
        /// The domains that are possible.
        accepted: String,
    },
    /// The list as read has no primary or several; editing it would guess.
    #[error(
        "the list has {0} primary addresses instead of one. Repair the list in the Exchange admin center, then read it again"
    )]
    NotOnePrimary(usize),
}

/// An edited list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedAddresses {
    /// The whole list in order, prefixes kept; exactly one `SMTP:`.
    pub addresses: Vec<String>,
    /// What to think about before writing it, in sentences.
    pub warnings: Vec<String>,
}

/// Applies one edit to an address list. Other entries stay as they are and where they are. `accepted_domains` limits new
/// addresses when given.
pub fn edit_addresses(
    list: &[String],
    edit: &AddressEdit,
    accepted_domains: Option<&[String]>,
) -> Result<EditedAddresses, AddressEditError> {
    let primaries = list.iter().filter(|entry| entry.starts_with("SMTP:")).count();
    if primaries != 1 {
        return Err(AddressEditError::NotOnePrimary(primaries));
    }
    let mut edited = EditedAddresses {
        addresses: list.to_vec(),
        warnings: Vec::new(),
    };
    match edit {
        AddressEdit::Add(text) => {
            let address = new_address(text, accepted_domains)?;
            if position(list, &address).is_some() {
                return Err(AddressEditError::Duplicate(clean(&address.address).into_owned()));
            }
            edited.addresses.push(address.to_string());
        }
        AddressEdit::Remove(text) => remove(&mut edited, text)?,
        AddressEdit::SetPrimary(text) => {
            let address = ProxyAddress::smtp(text)?;
            let known = position(list, &address);
            if known.is_some_and(|at| list.get(at).is_some_and(|entry| entry.starts_with("SMTP:"))) {
                return Err(AddressEditError::Duplicate(clean(&address.address).into_owned()));
            }
            for entry in &mut edited.addresses {
                if let Some(bare) = entry.strip_prefix("SMTP:") {
                    *entry = format!("smtp:{bare}");
                }
            }
            // The spelling of the list wins: the edit names an address, it does not rewrite it.
            match known.and_then(|at| edited.addresses.get_mut(at)) {
                Some(entry) => {
                    let bare = entry.split_once(':').map_or("", |(_, bare)| bare).to_owned();
                    check_domain(
                        &ProxyAddress {
                            prefix: "smtp".into(),
                            address: bare.clone(),
                        },
                        accepted_domains,
                    )?;
                    *entry = format!("SMTP:{bare}");
                }
                None => {
                    check_domain(&address, accepted_domains)?;
                    edited.addresses.push(format!("SMTP:{}", address.address));
                }
            }
            edited.warnings.push(
                "The sign-in name does not follow the primary address; users may see two different names."
                    .into(),
            );
        }
    }
    Ok(edited)
}

fn new_address(text: &str, accepted: Option<&[String]>) -> Result<ProxyAddress, AddressEditError> {
    // Other kinds of address keep their prefix; only SMTP addresses have a syntax to check.
    let other = text
        .trim()
        .parse::<ProxyAddress>()
        .ok()
        .filter(|address| !address.is_smtp());
    if let Some(address) = other {
        if address.address.chars().any(char::is_control) {
            return Err(AddressSyntaxError::Invalid(clean(text).into_owned()).into());
        }
        return Ok(address);
    }
    let address = ProxyAddress::smtp(text)?;
    check_domain(&address, accepted)?;
    Ok(address)
}

fn check_domain(address: &ProxyAddress, accepted: Option<&[String]>) -> Result<(), AddressEditError> {
    let (Some(accepted), Some(domain)) = (accepted, address.domain()) else {
        return Ok(());
    };
    if accepted.iter().any(|known| known.to_lowercase() == domain) {
        return Ok(());
    }
    Err(AddressEditError::ForeignDomain {
        address: clean(&address.address).into_owned(),
        domain: clean(&domain).into_owned(),
        accepted: clean(&accepted.join(", ")).into_owned(),
    })
}

/// Position of an address, letter case aside; primary and secondary are the same address.
fn position(list: &[String], address: &ProxyAddress) -> Option<usize> {
    let wanted = address.comparable();
    list.iter().position(|entry| entry.to_lowercase() == wanted)
}

fn remove(edited: &mut EditedAddresses, text: &str) -> Result<(), AddressEditError> {
    let text = text.trim();
    let named = text.to_lowercase();
    let at = edited
        .addresses
        .iter()
        .position(|entry| entry.to_lowercase() == named || entry.to_lowercase() == format!("smtp:{named}"))
        .ok_or_else(|| AddressEditError::NotThere(clean(text).into_owned()))?;
    let smtp = |entry: &String| {
        entry
            .parse::<ProxyAddress>()
            .is_ok_and(|address| address.is_smtp())
    };
    let last = edited.addresses.iter().filter(|entry| smtp(entry)).count() == 1;
    let entry = edited.addresses.get(at).cloned().unwrap_or_default();
    if smtp(&entry) && last {
        return Err(AddressEditError::RemovesLast(clean(text).into_owned()));
    }
    if entry.starts_with("SMTP:") {
        return Err(AddressEditError::RemovesPrimary(clean(text).into_owned()));
    }
    if let Ok(address) = entry.parse::<ProxyAddress>() {
        if address.is_x500() {
            edited.warnings.push(
                "Without this X500 address, replies to old messages and updates of old meetings come back as undeliverable."
                    .into(),
            );
        }
        if address.is_routing() {
            edited.warnings.push(
                "Without this routing address, mail from on-premises servers no longer reaches the mailbox."
                    .into(),
            );
        }
    }
    edited.addresses.remove(at);
    Ok(())
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
