//! Versions of Entra Connect Sync.

use std::fmt;

/// Four numbers, compared in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectVersion(pub [u32; 4]);

/// The first version that leaves handed-over mailboxes alone (facts/exchange section 3.1).
pub const MINIMUM_CONNECT_VERSION: ConnectVersion = ConnectVersion([2, 5, 190, 0]);

impl ConnectVersion {
    /// Reads one to four numbers with dots between them; missing ones are zero. Anything else is nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.trim().split('.').collect();
        let mut numbers = [0u32; 4];
        if parts.len() > numbers.len() {
            return None;
        }
        for (slot, part) in numbers.iter_mut().zip(parts) {
            *slot = part.parse().ok()?;
        }
        Some(Self(numbers))
    }
}

impl fmt::Display for ConnectVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, build, revision] = self.0;
        write!(formatter, "{major}.{minor}.{build}.{revision}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number_not_by_text() {
        let version = |text| ConnectVersion::parse(text).unwrap();
        assert!(version("2.5.76.0") < MINIMUM_CONNECT_VERSION);
        assert!(version("2.5.190.0") >= MINIMUM_CONNECT_VERSION);
        assert!(version(" 2.6 ") > MINIMUM_CONNECT_VERSION);
        assert_eq!(version("2.5.190").to_string(), "2.5.190.0");
        for text in ["", "x", "2.5.", "1.2.3.4.5", "-1.2", "99999999999.0"] {
            assert_eq!(ConnectVersion::parse(text), None, "{text}");
        }
    }
}
