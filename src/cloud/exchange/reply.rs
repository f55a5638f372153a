//! The JSON of a page of inventory rows, read in one pass without a tree and without copies.
//!
//! Every member may be of any type: a wrong one counts as absent and never fails the page
//! (facts/exchange section 1.4).

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::envelope::MOST_ROWS;

/// A whole answer.
#[derive(Default)]
pub(super) struct Reply<'a> {
    pub(super) rows: Rows<'a>,
    pub(super) next_link: Option<String>,
    pub(super) warnings: Option<Value>,
    pub(super) errors: Option<Value>,
    /// No object, or one without `value`: to be read by the slower rules.
    pub(super) unusual: bool,
}

/// The rows of an answer: an array, one object, or nothing.
#[derive(Default)]
pub(super) struct Rows<'a>(pub(super) Vec<Row<'a>>);

/// One row; absent texts are empty.
#[derive(Default)]
pub(super) struct Row<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) display_name: Cow<'a, str>,
    pub(super) user_principal_name: Cow<'a, str>,
    pub(super) primary_smtp_address: Cow<'a, str>,
    pub(super) alias: Cow<'a, str>,
    pub(super) recipient_type: Cow<'a, str>,
    pub(super) when_changed: Cow<'a, str>,
    pub(super) dir_synced: Option<bool>,
    pub(super) cloud_managed: Option<bool>,
    /// Whether the row has `IsExchangeCloudManaged`, whatever its value.
    pub(super) has_flag: bool,
}

/// A member of any type: text and flags are kept, everything else is nothing.
#[derive(Default)]
struct Member<'a> {
    text: Cow<'a, str>,
    flag: Option<bool>,
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum ReplyField {
    #[serde(rename = "value", alias = "Value")]
    Value,
    #[serde(rename = "@odata.nextLink", alias = "odata.nextLink")]
    NextLink,
    #[serde(rename = "@adminapi.warnings")]
    Warnings,
    #[serde(rename = "@adminapi.errors")]
    Errors,
    #[serde(rename = "error")]
    Error,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum RowField {
    ExternalDirectoryObjectId,
    DisplayName,
    UserPrincipalName,
    PrimarySmtpAddress,
    Alias,
    RecipientTypeDetails,
    #[serde(rename = "WhenChangedUTC")]
    WhenChanged,
    IsDirSynced,
    IsExchangeCloudManaged,
    #[serde(other)]
    Other,
}

/// The visitor methods for values of no interest: null gives `$null`, each other one `$nothing`.
macro_rules! nothing_from {
    ($value:ty, $null:expr, $nothing:expr; $($method:ident($of:ty)),* $(,)?) => {
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("JSON")
        }

        fn visit_unit<E: Error>(self) -> Result<$value, E> {
            Ok($null)
        }

        $(fn $method<E: Error>(self, _: $of) -> Result<$value, E> {
            Ok($nothing)
        })*
    };
}

/// Reads the rest of an array that is of no interest.
fn drain<'de, S: SeqAccess<'de>>(mut seq: S) -> Result<(), S::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Makes `Deserialize` of a type that borrows from its visitor.
macro_rules! read_any_with {
    ($type:ident, $visitor:ident) => {
        struct $visitor<'a>(PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Deserialize<'de> for $type<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any($visitor(PhantomData))
            }
        }
    };
}

read_any_with!(Reply, ReplyVisitor);
read_any_with!(Rows, RowsVisitor);
read_any_with!(Row, RowVisitor);
read_any_with!(Member, MemberVisitor);

fn unusual<'a>() -> Reply<'a> {
    Reply {
        unusual: true,
        ..Reply::default()
    }
}

impl<'de: 'a, 'a> Visitor<'de> for ReplyVisitor<'a> {
    type Value = Reply<'a>;

    nothing_from!(Reply<'a>, unusual(), unusual(); visit_bool(bool), visit_u64(u64), visit_i64(i64), visit_f64(f64), visit_str(&str));

    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Self::Value, S::Error> {
        drain(seq)?;
        Ok(unusual())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut reply = unusual();
        let mut failed = false;
        while let Some(field) = map.next_key::<ReplyField>()? {
            match field {
                ReplyField::Value => {
                    reply.rows = map.next_value()?;
                    reply.unusual = false;
                }
                ReplyField::NextLink => {
                    let link = map.next_value::<Member<'a>>()?.text;
                    reply.next_link = (!link.is_empty()).then(|| link.into_owned());
                }
                ReplyField::Warnings => reply.warnings = Some(map.next_value()?),
                ReplyField::Errors => reply.errors = Some(map.next_value()?),
                ReplyField::Error => {
                    map.next_value::<IgnoredAny>()?;
                    failed = true;
                }
                ReplyField::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        reply.unusual |= failed;
        Ok(reply)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for RowsVisitor<'a> {
    type Value = Rows<'a>;

    // A single value is a row, even one of no use: it must be counted.
    nothing_from!(Rows<'a>, Rows::default(), Rows(vec![Row::default()]); visit_bool(bool), visit_u64(u64), visit_i64(i64), visit_f64(f64), visit_str(&str));

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        let mut rows = Vec::with_capacity(1_000);
        while let Some(row) = seq.next_element()? {
            if rows.len() == MOST_ROWS {
                return Err(S::Error::custom("more rows than a page can hold"));
            }
            rows.push(row);
        }
        Ok(Rows(rows))
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        Ok(Rows(vec![RowVisitor(PhantomData).visit_map(map)?]))
    }
}

impl<'de: 'a, 'a> Visitor<'de> for RowVisitor<'a> {
    type Value = Row<'a>;

    nothing_from!(Row<'a>, Row::default(), Row::default(); visit_bool(bool), visit_u64(u64), visit_i64(i64), visit_f64(f64), visit_str(&str));

    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Self::Value, S::Error> {
        drain(seq)?;
        Ok(Row::default())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut row = Row::default();
        while let Some(field) = map.next_key::<RowField>()? {
            if matches!(field, RowField::Other) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let member: Member<'a> = map.next_value()?;
            match field {
                RowField::ExternalDirectoryObjectId => row.id = member.text,
                RowField::DisplayName => row.display_name = member.text,
                RowField::UserPrincipalName => row.user_principal_name = member.text,
                RowField::PrimarySmtpAddress => row.primary_smtp_address = member.text,
                RowField::Alias => row.alias = member.text,
                RowField::RecipientTypeDetails => row.recipient_type = member.text,
                RowField::WhenChanged => row.when_changed = member.text,
                RowField::IsDirSynced => row.dir_synced = member.flag,
                RowField::IsExchangeCloudManaged => {
                    row.cloud_managed = member.flag;
                    row.has_flag = true;
                }
                RowField::Other => {}
            }
        }
        Ok(row)
    }
}

impl<'a> Member<'a> {
    fn from_text(text: Cow<'a, str>) -> Self {
        let flag = if text.eq_ignore_ascii_case("true") {
            Some(true)
        } else if text.eq_ignore_ascii_case("false") {
            Some(false)
        } else {
            None
        };
        Self { text, flag }
    }
}

impl<'de: 'a, 'a> Visitor<'de> for MemberVisitor<'a> {
    type Value = Member<'a>;

    nothing_from!(Member<'a>, Member::default(), Member::default(); visit_u64(u64), visit_i64(i64), visit_f64(f64));

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Member {
            text: Cow::Borrowed(""),
            flag: Some(flag),
        })
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Member::from_text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Member::from_text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Self::Value, S::Error> {
        drain(seq)?;
        Ok(Member::default())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::default())
    }
}
