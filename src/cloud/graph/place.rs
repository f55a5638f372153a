//! Addresses in Graph: every id is one segment of the path, whatever it holds.

use std::fmt::Write as _;

use crate::domain::{ErrorClass, ServiceError, text};

/// A version of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// `v1.0`.
    V1,
    /// `beta`: only for what is in no other (facts/graph section 1).
    Beta,
}

impl Version {
    /// The first segment of the path.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// A resource, below the root of Graph.
#[derive(Clone, Debug)]
pub(super) struct Place {
    version: Version,
    path: String,
    query: String,
}

impl Place {
    /// A resource of version 1.0; the words are ours and stand as they are.
    pub(super) fn v1(words: &str) -> Self {
        Self::of(Version::V1, words)
    }

    /// A resource of the beta version.
    pub(super) fn beta(words: &str) -> Self {
        Self::of(Version::Beta, words)
    }

    fn of(version: Version, words: &str) -> Self {
        Self {
            version,
            path: format!("/{words}"),
            query: String::new(),
        }
    }

    /// The resource below it under words of ours.
    pub(super) fn then(mut self, words: &str) -> Self {
        self.path.push('/');
        self.path.push_str(words);
        self
    }

    /// The resource below it under an id from outside. Ids may hold anything; what would lead to another resource is
    /// encoded, and the three that no encoding saves are refused.
    pub(super) fn id(mut self, id: &str) -> Result<Self, ServiceError> {
        if matches!(id, "" | "." | "..") {
            return Err(ServiceError::new(
                ErrorClass::Rejected,
                format!(
                    "`{}` can't be the id of anything in Graph",
                    text::clean_to(id, 80)
                ),
            )
            .with_advice("Read the list again and choose from it."));
        }
        self.path.push('/');
        encode(id, &mut self.path);
        Ok(self)
    }

    /// With a query option; its value is encoded.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(name);
        self.query.push('=');
        encode(value, &mut self.query);
        self
    }

    /// Its version.
    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// Path below the version, encoded.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Query, encoded.
    pub(super) fn query(&self) -> Option<&str> {
        (!self.query.is_empty()).then_some(&self.query)
    }

    /// As a part of a batch names it.
    pub(super) fn relative(&self) -> String {
        match self.query() {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }
}

/// Everything but letters, digits and `-._~` as its bytes in hexadecimal.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            into.push(char::from(byte));
        } else {
            // Writing into a text can't fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

/// A text in a filter.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn ids_stay_one_segment() {
        let place = Place::v1("servicePrincipals")
            .id("a/../b?c#d%2F")
            .unwrap()
            .then("synchronization/jobs");
        assert_eq!(
            place.path(),
            "/servicePrincipals/a%2F..%2Fb%3Fc%23d%252F/synchronization/jobs"
        );
        for id in ["", ".", ".."] {
            assert!(Place::v1("x").id(id).is_err());
        }
        assert_eq!(quoted("o'neil"), "'o''neil'");
        let filtered = Place::beta("x").with("$filter", "a eq 'b&c'").with("$top", "1");
        assert_eq!(filtered.relative(), "/x?$filter=a%20eq%20%27b%26c%27&$top=1");
    }

    proptest! {
        #[test]
        fn any_id_comes_out_as_it_went_in(id in "\\PC{1,20}|[./%?#\\\\ \u{0}-\u{1f}]{1,6}") {
            if let Ok(place) = Place::v1("jobs").id(&id) {
                let mut url = Url::parse("https://graph.microsoft.com/").unwrap();
                url.set_path(&format!("/v1.0{}/start", place.path()));
                let segments: Vec<&str> = url.path_segments().unwrap().collect();
                prop_assert_eq!(segments.len(), 4);
                prop_assert_eq!(segments[3], "start");
                let decoded: String = url::form_urlencoded::parse(format!("x={}", segments[2]).as_bytes()).map(|(_, value)| value.into_owned()).collect();
                prop_assert_eq!(decoded, id);
            }
        }
    }
}
