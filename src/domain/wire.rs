//! Answers of Microsoft Graph, read so that nothing in them can fail: members may be missing, null, of another type or
//! in another letter case, words may be unknown, dates may be sentinels (facts/graph sections 0, 1 and 5).
//!
//! What is read is named once, in [`wire!`], under the official names of types and members. From the same table comes
//! [`Shape`], by which a test compares it with the official type descriptions, so that the two can't drift apart.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    mailbox::tolerant_flag,
    synchronization::{
        AgentStatus, ExecutionState, ProvisioningAction, ProvisioningStatus, QuarantineReason, ScheduleState,
        StatusCode, StepKind,
    },
    text,
};

/// What a member is read as.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A text, or anything that is written as one.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// True or false.
    Boolean,
    /// A point in time.
    Time,
    /// A text that holds JSON.
    Json,
    /// An open type: names and values that no type describes.
    Open,
    /// An enumeration.
    Words {
        /// Official name of the enumeration.
        official: &'static str,
        /// The members that are known here.
        known: Vec<&'static str>,
    },
    /// Many of them.
    List(Box<Shape>),
    /// One that may be null. Only said of what is sent: everything that is read may be null.
    Nullable(Box<Shape>),
    /// A type with members.
    Structure {
        /// Official name of the type.
        official: &'static str,
        /// Its members.
        members: fn() -> Vec<Member>,
    },
}

/// A member of a type.
#[derive(Clone, Debug)]
pub struct Member {
    /// Official name.
    pub name: &'static str,
    /// What it is read, or written, as.
    pub shape: Shape,
}

/// Something that can be read from an answer.
pub trait Wire: Sized {
    /// What it is read as.
    fn shape() -> Shape;

    /// From a value; nothing when it can't be read from that.
    fn read(value: &Value) -> Option<Self>;

    /// What stands for a value that is not there.
    fn missing() -> Self;

    /// From a value that may not be there.
    fn of(value: Option<&Value>) -> Self {
        value.and_then(Self::read).unwrap_or_else(Self::missing)
    }
}

/// The member of an object under a name, in any letter case where the exact one is not there.
pub(crate) fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    object.get(name).or_else(|| {
        object
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

/// Defines a type that is read from answers: Rust members, what they are read as, official names.
macro_rules! wire {
    ($(#[$outer:meta])* $visibility:vis struct $name:ident = $official:literal {
        $($(#[$inner:meta])* $field:ident: $type:ty = $member:literal,)*
    }) => {
        $(#[$outer])*
        #[derive(Clone, Debug)]
        $visibility struct $name {
            $($(#[$inner])* $visibility $field: $type,)*
        }

        impl $crate::domain::wire::Wire for $name {
            fn shape() -> $crate::domain::wire::Shape {
                $crate::domain::wire::Shape::Structure {
                    official: $official,
                    members: || vec![$($crate::domain::wire::Member {
                        name: $member,
                        shape: <$type as $crate::domain::wire::Wire>::shape(),
                    },)*],
                }
            }

            fn read(value: &::serde_json::Value) -> Option<Self> {
                value.is_object().then(|| Self {
                    $($field: $crate::domain::wire::Wire::of($crate::domain::wire::member(value, $member)),)*
                })
            }

            fn missing() -> Self {
                Self { $($field: <$type as $crate::domain::wire::Wire>::missing(),)* }
            }
        }
    };
}

pub(crate) use wire;

impl Wire for String {
    fn shape() -> Shape {
        Shape::Text
    }

    /// Cleaned; an empty text is the same as none.
    fn read(value: &Value) -> Option<Self> {
        let text = match value {
            Value::String(text) => text::clean(text).into_owned(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    fn missing() -> Self {
        Self::new()
    }
}

impl Wire for i64 {
    fn shape() -> Shape {
        Shape::Integer
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number
                .as_i64()
                .or_else(|| number.as_f64().map(|number| number as Self)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    fn missing() -> Self {
        0
    }
}

impl Wire for bool {
    fn shape() -> Shape {
        Shape::Boolean
    }

    fn read(value: &Value) -> Option<Self> {
        tolerant_flag(Some(value))
    }

    fn missing() -> Self {
        false
    }
}

/// A point in time; nothing for the service's "never", which is the year 1, and for what is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Option<Timestamp>);

impl Wire for Moment {
    fn shape() -> Shape {
        Shape::Time
    }

    fn read(value: &Value) -> Option<Self> {
        let text = value.as_str()?.trim();
        let time: Timestamp = text
            .parse()
            // Some answers leave the zone out; the service means UTC.
            .or_else(|_| format!("{text}Z").parse())
            .ok()?;
        Some(Self((time.as_second() > 0).then_some(time)))
    }

    fn missing() -> Self {
        Self(None)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn read(value: &Value) -> Option<Self> {
        T::read(value).map(Some)
    }

    fn missing() -> Self {
        None
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }

    /// Elements that can't be read are left out.
    fn read(value: &Value) -> Option<Self> {
        Some(value.as_array()?.iter().filter_map(T::read).collect())
    }

    fn missing() -> Self {
        Self::new()
    }
}

/// Names and values of an open type, cleaned, in the order in which they came; those without a value are left out, which
/// are most of them (facts/graph section 3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details(pub Vec<(String, String)>);

impl Wire for Details {
    fn shape() -> Shape {
        Shape::Open
    }

    fn read(value: &Value) -> Option<Self> {
        let value_text = |value: &Value| match value {
            Value::Null => None,
            Value::Array(_) | Value::Object(_) => Some(text::clean(&value.to_string()).into_owned()),
            plain => String::read(plain),
        };
        let details = value
            .as_object()?
            .iter()
            .filter(|(name, _)| !name.starts_with("@odata."))
            .filter_map(|(name, value)| Some((text::clean(name).into_owned(), value_text(value)?)))
            .collect();
        Some(Self(details))
    }

    fn missing() -> Self {
        Self::default()
    }
}

/// JSON inside a text; an object in its place counts as well.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JsonText(pub Value);

impl Wire for JsonText {
    fn shape() -> Shape {
        Shape::Json
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => serde_json::from_str(text).ok().map(Self),
            Value::Object(_) => Some(Self(value.clone())),
            _ => None,
        }
    }

    fn missing() -> Self {
        Self::default()
    }
}

/// Official names of the enumerations.
macro_rules! words_on_the_wire {
    ($($name:ident = $official:literal,)+) => {
        $(impl Wire for $name {
            fn shape() -> Shape {
                Shape::Words {
                    official: $official,
                    known: Self::KNOWN.iter().map(|(_, word)| *word).collect(),
                }
            }

            fn read(value: &Value) -> Option<Self> {
                value.as_str().map(Self::from_word)
            }

            fn missing() -> Self {
                Self::Other(String::new())
            }
        })+
    };
}

words_on_the_wire! {
    AgentStatus = "agentStatus",
    ExecutionState = "synchronizationTaskExecutionResult",
    ProvisioningAction = "provisioningAction",
    ProvisioningStatus = "provisioningResult",
    QuarantineReason = "quarantineReason",
    ScheduleState = "synchronizationScheduleState",
    StatusCode = "synchronizationStatusCode",
    StepKind = "provisioningStepType",
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    wire! {
        /// A node of a tree.
        struct Node = "node" {
            name: String = "displayName",
            count: i64 = "count",
            at: Moment = "at",
            state: Option<StatusCode> = "state",
            children: Vec<Node> = "children",
        }
    }

    #[test]
    fn everything_may_be_missing_null_or_odd() {
        let node = Node::of(Some(
            &json!({"DisplayName": "a\u{202e}b", "count": "7", "at": "0001-01-01T00:00:00Z",
            "state": "PAUSED", "children": [null, 3, {"at": "2026-11-22T10:00:00.1234567Z"}], "new": {}}),
        ));
        assert_eq!((node.name.as_str(), node.count, node.at), ("ab", 7, Moment(None)));
        assert_eq!(node.state, Some(StatusCode::Paused));
        assert_eq!(node.children.len(), 1);
        assert_eq!(node.children[0].at.0.unwrap().subsec_nanosecond(), 123_456_700);
        for nothing in [Value::Null, json!([]), json!("x"), json!({})] {
            let node = Node::of(Some(&nothing));
            assert!(node.name.is_empty() && node.state.is_none() && node.children.is_empty());
        }
    }

    #[test]
    fn details_keep_their_order_and_lose_what_is_empty() {
        let details = Details::of(Some(
            &json!({"z": "1", "a": "", "b": null, "c": ["x"], "@odata.type": "t"}),
        ));
        let expected =
            [("z", "1"), ("c", "[\"x\"]")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(details.0, expected);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            let name = prop_oneof!["displayName|count|at|state|children", ".{0,5}"];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec((name, inner), 0..6)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_read(value in any_json()) {
            Node::of(Some(&value));
            Details::of(Some(&value));
            JsonText::of(Some(&value));
        }
    }
}
