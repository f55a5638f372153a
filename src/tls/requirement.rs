//! The values that Microsoft's script looks at, and the keys around them (facts/connect section 5.1).

use crate::domain::registry::{KeyPath, Lookup, RegistryData, RegistryImage};

use super::{algorithm, cipher_suite, platform};

/// .NET Framework 4, as 32-bit programs see it.
pub(super) const FRAMEWORK_32: &str = r"HKLM\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319";
/// .NET Framework 4, as 64-bit programs see it: Connect and the agent are such.
pub(super) const FRAMEWORK_64: &str = r"HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319";
/// Windows' own TLS.
pub(super) const SCHANNEL: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL";
const SERVER: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server";
pub(super) const CLIENT: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client";

pub(super) const SYSTEM_DEFAULT: &str = "SystemDefaultTlsVersions";
pub(super) const STRONG: &str = "SchUseStrongCrypto";
pub(super) const ENABLED: &str = "Enabled";
pub(super) const DISABLED_BY_DEFAULT: &str = "DisabledByDefault";

/// Which part of Windows a value steers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// .NET Framework, in either view.
    Framework,
    /// Windows' own TLS where this host is the server.
    Server,
    /// Windows' own TLS where this host is the client, as Connect and the agent are.
    Client,
}

/// Which numbers are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// One; .NET documents zero and one only.
    One,
    /// Any but zero: Windows counts `0xFFFFFFFF` like one.
    NonZero,
    /// Zero.
    Zero,
}

/// One value that Microsoft's script looks at. All are `REG_DWORD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// What it steers.
    pub part: Part,
    key: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Which numbers are right.
    pub wanted: Wanted,
    /// Whether the agent's documented prerequisites name it too.
    pub agent: bool,
}

const fn row(part: Part, key: &'static str, name: &'static str, wanted: Wanted, agent: bool) -> Requirement {
    Requirement {
        part,
        key,
        name,
        wanted,
        agent,
    }
}

/// In the order of Microsoft's script.
const REQUIREMENTS: [Requirement; 8] = [
    row(Part::Framework, FRAMEWORK_32, SYSTEM_DEFAULT, Wanted::One, false),
    row(Part::Framework, FRAMEWORK_32, STRONG, Wanted::One, false),
    row(Part::Framework, FRAMEWORK_64, SYSTEM_DEFAULT, Wanted::One, false),
    row(Part::Framework, FRAMEWORK_64, STRONG, Wanted::One, true),
    row(Part::Server, SERVER, ENABLED, Wanted::NonZero, true),
    row(Part::Server, SERVER, DISABLED_BY_DEFAULT, Wanted::Zero, true),
    row(Part::Client, CLIENT, ENABLED, Wanted::NonZero, true),
    row(Part::Client, CLIENT, DISABLED_BY_DEFAULT, Wanted::Zero, true),
];

/// The eight values, in the order of Microsoft's script.
pub fn requirements() -> &'static [Requirement] {
    &REQUIREMENTS
}

/// The keys of the eight values.
pub fn required_keys() -> Vec<KeyPath> {
    let mut keys: Vec<KeyPath> = REQUIREMENTS.iter().map(Requirement::key).collect();
    keys.dedup();
    keys
}

/// Every key that a verdict looks at: what a collector has to read.
pub fn wanted_keys() -> Vec<KeyPath> {
    let mut keys = required_keys();
    keys.extend(
        cipher_suite::KEYS
            .into_iter()
            .chain(platform::KEYS)
            .map(KeyPath::new)
            .chain(algorithm::keys()),
    );
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What stands in place of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A number that is right.
    Good,
    /// A number that is wrong.
    Off,
    /// Neither of the two numbers that are documented.
    Odd,
    /// Not a `REG_DWORD`.
    WrongType,
    /// Nothing.
    Missing,
    /// Something that the source could not show.
    Unreadable,
    /// The source was not allowed to look.
    Denied,
}

impl Requirement {
    /// The key.
    pub fn key(&self) -> KeyPath {
        KeyPath::new(self.key)
    }

    /// The number that a remedy sets.
    pub fn remedy(&self) -> RegistryData {
        RegistryData::Dword(match self.wanted {
            Wanted::One | Wanted::NonZero => 1,
            Wanted::Zero => 0,
        })
    }

    /// What the products need, as words.
    pub fn expected(&self) -> &'static str {
        match self.wanted {
            Wanted::One => "1",
            Wanted::NonZero => "1 (any but 0)",
            Wanted::Zero => "0",
        }
    }

    /// What stands there. A source that does not speak of the key leaves it missing.
    pub(super) fn standing(&self, image: &RegistryImage) -> Standing {
        match image.lookup(&self.key(), self.name) {
            Lookup::Found(value) => match (&value.data, self.wanted) {
                (RegistryData::Dword(1), Wanted::One) | (RegistryData::Dword(0), Wanted::Zero) => {
                    Standing::Good
                }
                (RegistryData::Dword(0), Wanted::One | Wanted::NonZero) => Standing::Off,
                (RegistryData::Dword(_), Wanted::NonZero) => Standing::Good,
                (RegistryData::Dword(_), Wanted::Zero) => Standing::Off,
                (RegistryData::Dword(_), Wanted::One) => Standing::Odd,
                _ => Standing::WrongType,
            },
            Lookup::Missing | Lookup::NotCovered => Standing::Missing,
            Lookup::Unreadable => Standing::Unreadable,
            Lookup::Denied => Standing::Denied,
        }
    }

    /// Whether it is written down as it should be.
    pub fn is_met(&self, image: &RegistryImage) -> bool {
        self.standing(image) == Standing::Good
    }
}

/// One of the eight by key and name.
pub(super) fn requirement(key: &str, name: &str) -> Option<&'static Requirement> {
    REQUIREMENTS
        .iter()
        .find(|requirement| requirement.key == key && requirement.name == name)
}
