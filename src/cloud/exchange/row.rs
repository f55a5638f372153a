//! Inventory rows, read straight from the bytes of a page: texts are borrowed until a row is known to be usable.

use jiff::{Timestamp, civil};
use memchr::memmem;
use serde_json::Value;

use super::{
    cmdlet_error::{CmdletError, inside_success},
    envelope::{self, Envelope},
    reply::{Reply, Row, Rows},
};
use crate::domain::{
    CloudAttributes, Mailbox, ObjectId, RecipientType, ServiceError, SourceOfAuthority, text,
};

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page<T> {
    /// Usable rows in the order they came, each with its identity.
    pub(super) rows: Vec<(ObjectId, T)>,
    /// Rows without usable identity.
    pub(super) without_id: u64,
    /// Whether the first row has the flag at all.
    pub(super) flag_present: Option<bool>,
    pub(super) next_link: Option<String>,
    pub(super) warnings: Vec<String>,
    pub(super) errors: Vec<CmdletError>,
    /// Whether there is a list at all, even an empty one.
    pub(super) has_list: bool,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            without_id: 0,
            flag_present: None,
            next_link: None,
            warnings: Vec::new(),
            errors: Vec::new(),
            has_list: false,
        }
    }
}

/// The next link of a page, found without parsing it; a guess that the parser confirms later.
///
/// The pattern can't stand inside a text: there its quotes would be escaped.
pub(super) fn guess_next_link(body: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"\"@odata.nextLink\"";
    let start = memmem::find_iter(body, NAME).find(|start| *start == 0 || body[start - 1] != b'\\')?;
    let rest = body.get(start + NAME.len()..)?.trim_ascii_start();
    let rest = rest.strip_prefix(b":")?.trim_ascii_start();
    let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<String>();
    values.next()?.ok().filter(|link| !link.is_empty())
}

/// Reads a page of inventory rows.
pub(super) fn inventory_page(body: &[u8]) -> Result<Page<Mailbox>, ServiceError> {
    if body.trim_ascii().is_empty() {
        return Ok(Page::default());
    }
    envelope::refuse_bomb(body)?;
    // One look at the whole page for valid UTF-8 is cheaper than one per text.
    let reply: Reply<'_> = match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body),
    }
    .map_err(|error| envelope::malformed(&error))?;
    if reply.unusual {
        // A shape outside the usual envelope: read slowly, by the rules for every other cmdlet.
        let value = Envelope::from_body(body)?;
        let bytes = serde_json::to_vec(&value.rows).unwrap_or_default();
        let rows: Rows<'_> = serde_json::from_slice(&bytes).map_err(|error| envelope::malformed(&error))?;
        let mut page = mailboxes(&rows.0);
        page.warnings = value.warnings;
        page.errors = value.errors;
        page.next_link = value.next_link;
        page.has_list = value.has_list;
        return Ok(page);
    }
    let mut page = mailboxes(&reply.rows.0);
    page.has_list = true;
    page.next_link = reply.next_link.filter(|link| !link.is_empty());
    page.warnings = envelope::warnings(reply.warnings.as_ref());
    page.errors = reply.errors.as_ref().map(inside_success).unwrap_or_default();
    Ok(page)
}

/// Reads a page of rows with all snapshot attributes.
pub(super) fn attributes_page(body: &[u8]) -> Result<Page<CloudAttributes>, ServiceError> {
    let envelope = Envelope::from_body(body)?;
    let mut page = Page {
        next_link: envelope.next_link,
        warnings: envelope.warnings,
        errors: envelope.errors,
        has_list: envelope.has_list,
        flag_present: envelope
            .rows
            .first()
            .map(|row| row.get("IsExchangeCloudManaged").is_some()),
        ..Page::default()
    };
    for row in envelope.rows {
        match attributes(row) {
            Some(row) => page.rows.push(row),
            None => page.without_id += 1,
        }
    }
    Ok(page)
}

/// A row as attributes with its identity; nothing when it has none.
pub(super) fn attributes(row: Value) -> Option<(ObjectId, CloudAttributes)> {
    let Value::Object(row) = row else { return None };
    let id = row.get(super::attributes::IDENTITY)?.as_str()?.parse().ok()?;
    Some((id, CloudAttributes(row)))
}

fn mailboxes(rows: &[Row<'_>]) -> Page<Mailbox> {
    let mut page = Page {
        rows: Vec::with_capacity(rows.len()),
        flag_present: rows.first().map(|row| row.has_flag),
        ..Page::default()
    };
    for row in rows {
        match row.id.parse::<ObjectId>() {
            Ok(id) if !id.0.is_nil() => page.rows.push((id, row.mailbox(id))),
            _ => page.without_id += 1,
        }
    }
    page
}

impl Row<'_> {
    fn mailbox(&self, id: ObjectId) -> Mailbox {
        Mailbox {
            id,
            display_name: shown(&self.display_name),
            user_principal_name: shown(&self.user_principal_name),
            primary_smtp_address: shown(
                self.primary_smtp_address
                    .strip_prefix("SMTP:")
                    .unwrap_or(&self.primary_smtp_address),
            ),
            alias: shown(&self.alias),
            recipient_type: match RecipientType::from_wire(&self.recipient_type) {
                RecipientType::Other(name) => RecipientType::Other(shown(&name)),
                known => known,
            },
            dir_synced: self.dir_synced,
            authority: SourceOfAuthority::from_flag(self.cloud_managed),
            when_changed: point_in_time(&self.when_changed),
        }
    }
}

/// Text as people may see it.
fn shown(text: &str) -> String {
    text::clean(text).into_owned()
}

/// Reads a point in time; without offset it is UTC. The first year of all stands for "never".
pub(super) fn point_in_time(text: &str) -> Option<Timestamp> {
    let time = text.parse::<Timestamp>().ok().or_else(|| {
        let local: civil::DateTime = text.parse().ok()?;
        local
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    })?;
    // 0001-01-01 and 1601-01-01 are the zero points of .NET and Windows.
    (time.as_second() > -11_000_000_000).then_some(time)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ID: &str = "0f6f5b1e-0000-4000-8000-000000000001";

    fn page(value: &Value) -> Page<Mailbox> {
        inventory_page(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_usual_page() {
        let page = page(&json!({
        "@odata.context": "x", "@adminapi.warnings": ["w"], "@odata.nextLink": "https://x/y",
        "value": [
            {"ExternalDirectoryObjectId": ID, "DisplayName": "Zoë \u{1b}[31m\u{202e}x", "UserPrincipalName": "z@x",
             "PrimarySmtpAddress": "SMTP:z@x", "Alias": "z", "RecipientTypeDetails": "SharedMailbox",
             "IsDirSynced": "True", "IsExchangeCloudManaged": false, "WhenChangedUTC@data.type": "System.DateTime",
             "WhenChangedUTC": "2026-11-01T10:00:00Z", "More": {"a": [1, {"b": null}]}},
            {"ExternalDirectoryObjectId": "", "DisplayName": null},
            17
        ]}));
        assert_eq!((page.rows.len(), page.without_id), (1, 2));
        assert_eq!(page.flag_present, Some(true));
        assert_eq!(page.next_link.as_deref(), Some("https://x/y"));
        assert_eq!(page.warnings, ["w"]);
        let mailbox = &page.rows[0].1;
        assert_eq!(mailbox.display_name, "Zoë [31mx");
        assert_eq!(mailbox.primary_smtp_address, "z@x");
        assert_eq!(mailbox.recipient_type, RecipientType::Shared);
        assert_eq!(
            (mailbox.dir_synced, mailbox.authority),
            (Some(true), SourceOfAuthority::OnPremises)
        );
        assert!(mailbox.when_changed.is_some());
    }

    #[test]
    fn flags_of_any_type() {
        for (flag, expected) in [
            (json!(true), SourceOfAuthority::Cloud),
            (json!("True"), SourceOfAuthority::Cloud),
            (json!("false"), SourceOfAuthority::OnPremises),
            (json!(null), SourceOfAuthority::Unknown),
            (json!(1), SourceOfAuthority::Unknown),
            (json!(["True"]), SourceOfAuthority::Unknown),
            (json!({"a": true}), SourceOfAuthority::Unknown),
        ] {
            let page =
                page(&json!({"value": [{"ExternalDirectoryObjectId": ID, "IsExchangeCloudManaged": flag}]}));
            assert_eq!(page.rows[0].1.authority, expected, "{flag}");
        }
        assert_eq!(
            page(&json!({"value": [{"ExternalDirectoryObjectId": ID}]})).flag_present,
            Some(false)
        );
    }

    #[test]
    fn unusual_shapes_hold_the_same_rows() {
        let row = json!({"ExternalDirectoryObjectId": ID, "Alias": "a"});
        for value in [
            json!([row]),
            row.clone(),
            json!({"value": row}),
            json!({"Value": [row]}),
        ] {
            assert_eq!(page(&value).rows.len(), 1, "{value}");
        }
        for value in [
            json!(null),
            json!({"value": null}),
            json!({"value": []}),
            json!({}),
        ] {
            let page = page(&value);
            assert_eq!(
                (page.rows.len(), page.without_id, page.flag_present),
                (0, 0, None),
                "{value}"
            );
        }
        assert!(inventory_page(b"").unwrap().rows.is_empty());
        assert_eq!(
            page(&json!({"value": [], "@adminapi.errors": ["Ex|T|no"]}))
                .errors
                .len(),
            1
        );
        assert_eq!(page(&json!({"error": {"message": "no"}})).errors.len(), 1);
    }

    #[test]
    fn a_page_knows_whether_it_holds_a_list_and_ends_at_its_bound() {
        for (value, has_list) in [
            (json!({"value": []}), true),
            (json!({"Value": []}), true),
            (json!([]), true),
            (json!({"@odata.context": "x"}), false),
            (json!(null), false),
        ] {
            assert_eq!(page(&value).has_list, has_list, "{value}");
            let survey = attributes_page(value.to_string().as_bytes()).unwrap();
            assert_eq!(survey.has_list, has_list, "{value}");
        }
        let bomb = format!(r#"{{"value":[{}0]}}"#, "0,".repeat(envelope::MOST_ROWS));
        for error in [
            inventory_page(bomb.as_bytes()).unwrap_err(),
            attributes_page(bomb.as_bytes()).unwrap_err(),
        ] {
            assert_eq!(error.class, crate::domain::ErrorClass::Malformed);
        }
    }

    #[test]
    fn the_guess_is_not_fooled_by_texts() {
        let link = "https://x/y?a=\"b";
        let honest = json!({"value": [{"DisplayName": "\"@odata.nextLink\":\"https://evil\""}], "@odata.nextLink": link});
        assert_eq!(
            guess_next_link(honest.to_string().as_bytes()).as_deref(),
            Some(link)
        );
        let none = json!({"value": [{"DisplayName": "\"@odata.nextLink\":\"https://evil\""}]});
        assert_eq!(guess_next_link(none.to_string().as_bytes()), None);
        assert_eq!(guess_next_link(b"\"@odata.nextLink\" : null"), None);
    }

    #[test]
    fn times_in_every_spelling() {
        assert!(point_in_time("2026-11-01T10:00:00Z").is_some());
        assert_eq!(
            point_in_time("2026-11-01T10:00:00"),
            point_in_time("2026-11-01T10:00:00Z")
        );
        for nothing in ["", "0001-01-01T00:00:00Z", "1601-01-01T00:00:00", "yesterday"] {
            assert_eq!(point_in_time(nothing), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = inventory_page(&body);
            let _ = attributes_page(&body);
            let _ = guess_next_link(&body);
        }

        #[test]
        fn cut_pages_are_malformed(cut in 1_usize..200) {
            let whole = json!({"value": [{"ExternalDirectoryObjectId": ID, "IsDirSynced": "True", "A": [1, {"b": 2}]}], "@odata.nextLink": "https://x/y"}).to_string();
            prop_assume!(cut < whole.len());
            let error = inventory_page(&whole.as_bytes()[..cut]).unwrap_err();
            prop_assert_eq!(error.class, crate::domain::ErrorClass::Malformed);
        }
    }
}
