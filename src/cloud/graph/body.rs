//! Bodies as Graph takes them, under the official names of their types and members.

use crate::domain::wire::Shape;

/// Something that is sent.
pub(in crate::cloud::graph) trait Sent {
    /// What it is written as.
    fn shape() -> Shape;
}

impl Sent for String {
    fn shape() -> Shape {
        Shape::Text
    }
}

impl Sent for bool {
    fn shape() -> Shape {
        Shape::Boolean
    }
}

impl Sent for i64 {
    fn shape() -> Shape {
        Shape::Integer
    }
}

impl Sent for jiff::Timestamp {
    fn shape() -> Shape {
        Shape::Time
    }
}

impl<T: Sent> Sent for Option<T> {
    fn shape() -> Shape {
        Shape::Nullable(Box::new(T::shape()))
    }
}

impl<T: Sent> Sent for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }
}

/// Defines a body. An official name with `()` is that of an action: its members are parameters.
macro_rules! body {
    ($(#[$outer:meta])* $visibility:vis struct $name:ident = $official:literal {
        $($(#[$inner:meta])* $field:ident: $type:ty = $member:literal,)*
    }) => {
        $(#[$outer])*
        #[derive(Clone, Debug, ::serde::Serialize)]
        $visibility struct $name {
            $($(#[$inner])* #[serde(rename = $member)] pub(super) $field: $type,)*
        }

        impl $crate::cloud::graph::body::Sent for $name {
            fn shape() -> $crate::domain::wire::Shape {
                $crate::domain::wire::Shape::Structure {
                    official: $official,
                    members: || vec![$($crate::domain::wire::Member {
                        name: $member,
                        shape: <$type as $crate::cloud::graph::body::Sent>::shape(),
                    },)*],
                }
            }
        }

        impl $name {
            #[allow(dead_code, reason = "parts of bodies are not sent alone")]
            pub(super) fn json(&self) -> Result<Vec<u8>, $crate::domain::ServiceError> {
                $crate::cloud::graph::body::bytes(self)
            }
        }
    };
}

pub(in crate::cloud::graph) use body;

/// A body as it is sent.
pub(in crate::cloud::graph) fn bytes(
    body: &impl serde::Serialize,
) -> Result<Vec<u8>, crate::domain::ServiceError> {
    serde_json::to_vec(body).map_err(|error| {
        crate::domain::ServiceError::new(
            crate::domain::ErrorClass::Rejected,
            format!("the request can't be written down: {error}"),
        )
    })
}
