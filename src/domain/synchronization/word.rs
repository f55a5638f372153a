//! Enumerations of the service: known members as variants, unknown ones kept as they came.

/// Defines an enumeration whose words come from outside. Words are compared without case, because documents and live
/// answers disagree about it (facts/graph sections 1 and 5.1); an unknown word is kept and shown raw.
macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$outer])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$inner])* $variant,)+
            /// A member this version does not know, cleaned.
            Other(String),
        }

        impl $name {
            /// Every known member with its word on the wire.
            pub const KNOWN: &'static [(Self, &'static str)] = &[$((Self::$variant, $word)),+];

            /// From the wire; never fails.
            pub fn from_word(word: &str) -> Self {
                match Self::KNOWN.iter().find(|(_, known)| known.eq_ignore_ascii_case(word)) {
                    Some((member, _)) => member.clone(),
                    None => Self::Other($crate::domain::text::clean_to(word, 64).into_owned()),
                }
            }

            /// The word on the wire.
            pub fn word(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::from_word(&word))
            }
        }
    };
}

pub(crate) use words;
