//! `Set-Mailbox`: the flag, and the attributes that it opens for writing (facts/exchange section 3).

use serde_json::{Value, json};

use super::cmdlet::{Call, conversion, is_common};
use super::refusal::{Refusal, empty_message};
use super::set_addresses::{self, Edit};
use crate::sandbox::Fault;
use crate::sandbox::reply::Reply;
use crate::sandbox::tenant::{Change, Field, Selection, View, position};
use crate::sandbox::world::now;

const FLAG: &str = "IsExchangeCloudManaged";

/// What a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Flag,
    Text,
    /// A list, or a hashtable with `Add` and `Remove`.
    Texts,
    Number,
}

/// Attributes of the mailbox itself: writable once Exchange attributes are managed in the cloud.
const EXCHANGE: [(&str, Shape); 28] = [
    ("Alias", Shape::Text),
    ("HiddenFromAddressListsEnabled", Shape::Flag),
    ("ForwardingAddress", Shape::Text),
    ("ForwardingSmtpAddress", Shape::Text),
    ("DeliverToMailboxAndForward", Shape::Flag),
    ("AcceptMessagesOnlyFrom", Shape::Texts),
    ("AcceptMessagesOnlyFromDLMembers", Shape::Texts),
    ("AcceptMessagesOnlyFromSendersOrMembers", Shape::Texts),
    ("RejectMessagesFrom", Shape::Texts),
    ("RejectMessagesFromDLMembers", Shape::Texts),
    ("RejectMessagesFromSendersOrMembers", Shape::Texts),
    ("RequireSenderAuthenticationEnabled", Shape::Flag),
    ("GrantSendOnBehalfTo", Shape::Texts),
    ("BypassModerationFromSendersOrMembers", Shape::Texts),
    ("ModerationEnabled", Shape::Flag),
    ("ModeratedBy", Shape::Texts),
    ("SendModerationNotifications", Shape::Text),
    ("MailTip", Shape::Text),
    ("MailTipTranslations", Shape::Texts),
    ("LitigationHoldEnabled", Shape::Flag),
    ("LitigationHoldOwner", Shape::Text),
    ("RetentionHoldEnabled", Shape::Flag),
    ("RetentionComment", Shape::Text),
    ("RetentionUrl", Shape::Text),
    ("ResourceCapacity", Shape::Number),
    ("ResourceCustom", Shape::Texts),
    ("AuditEnabled", Shape::Flag),
    ("ArchiveName", Shape::Texts),
];
/// Families of numbered attributes and how many there are.
const NUMBERED: [(&str, u8, Shape); 2] = [
    ("CustomAttribute", 15, Shape::Text),
    ("ExtensionCustomAttribute", 5, Shape::Texts),
];
/// Attributes of the person: mastered in Active Directory as long as the mailbox is synchronized.
const IDENTITY: [&str; 3] = ["DisplayName", "Name", "ImmutableId"];
/// Texts are at most this long.
const LONGEST: usize = 1024;

/// A known parameter: its name as written on the wire, what it takes, and whether it belongs to the person.
fn attribute(name: &str) -> Option<(&'static str, Shape, bool)> {
    let place = position(name)?;
    let wire_name = crate::sandbox::tenant::PROPERTIES[place].0;
    if let Some((_, shape)) = EXCHANGE.iter().find(|(known, _)| *known == wire_name) {
        return Some((wire_name, *shape, false));
    }
    let numbered = NUMBERED.iter().find(|(family, count, _)| {
        wire_name
            .strip_prefix(family)
            .and_then(|number| number.parse::<u8>().ok())
            .is_some_and(|number| (1..=*count).contains(&number))
    });
    match numbered {
        Some((.., shape)) => Some((wire_name, *shape, false)),
        None => IDENTITY
            .contains(&wire_name)
            .then_some((wire_name, Shape::Text, true)),
    }
}

pub(super) fn run(call: &Call<'_>) -> Result<Reply, Refusal> {
    let tenant = &call.world.tenant;
    let named = |known: &str| {
        call.parameters
            .keys()
            .any(|name| name.eq_ignore_ascii_case(known))
    };
    for name in call.parameters.keys() {
        let known = ["Identity", FLAG]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
            || is_common(name)
            || set_addresses::is_parameter(name)
            || attribute(name).is_some()
            || name.contains("@odata.");
        if !known {
            return Err(Refusal::unknown_parameter(name));
        }
    }
    let missing = || {
        Refusal::invalid(
            "Cannot process command because of one or more missing mandatory parameters: Identity.",
        )
    };
    let identity = call.text("Identity")?.ok_or_else(missing)?;
    let index = tenant
        .resolve(identity, &tenant.read())
        .ok_or_else(|| Refusal::not_found(identity))?;
    if named(FLAG) {
        set_flag(call, index)
    } else {
        set_attributes(call, index)
    }
}

fn set_flag(call: &Call<'_>, index: u32) -> Result<Reply, Refusal> {
    let world = call.world;
    let mut changes = world.tenant.write();
    changes.count_call(index);
    let alone = call.parameters.keys().all(|name| {
        is_common(name)
            || name.contains("@odata.")
            || ["Identity", FLAG]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
    });
    if !alone {
        return Err(Refusal::invalid(
            "Parameter set cannot be resolved using the specified named parameters.",
        ));
    }
    let flag = call
        .flag(FLAG)?
        .ok_or_else(|| conversion(FLAG, "System.Boolean"))?;
    let row = world.tenant.row(index);
    if !row.traits.dir_synced || !row.traits.kind.can_be_cloud_managed() {
        // The real wording is not known.
        let what = if row.traits.dir_synced {
            "its recipient type"
        } else {
            "it isn't synchronized from your on-premises organization"
        };
        return Err(Refusal::new(
            400,
            "InvalidOperation",
            "OperationNotAllowedException",
            format!(
                "The parameter 'IsExchangeCloudManaged' can't be set on the mailbox '{}' because of: {what}.",
                row.alias
            ),
        ));
    }
    let before = world.tenant.view(&row, &changes).is_cloud_managed();
    if call.flag("WhatIf")? == Some(true) {
        return Ok(confirmation(call, &row.alias));
    }
    if before == flag {
        changes.redundant += 1;
    } else {
        changes.set_flag(index, before, flag, now());
    }
    drop(changes);
    if flag && world.strikes(Fault::Revert) {
        world.revert_later(index);
    }
    Ok(done(call, index))
}

fn set_attributes(call: &Call<'_>, index: u32) -> Result<Reply, Refusal> {
    let tenant = &call.world.tenant;
    let row = tenant.row(index);
    let mut changes = tenant.write();
    let view = tenant.view(&row, &changes);
    let mut edits = Vec::new();
    for (name, value) in call.parameters.iter().filter(|(name, _)| !is_common(name)) {
        let (name, writable) = match attribute(name) {
            Some((name, shape, of_person)) => {
                edits.push((name, checked(&view, name, shape, value)?));
                (
                    name,
                    if of_person {
                        !row.traits.dir_synced
                    } else {
                        is_open(&view)
                    },
                )
            }
            None if set_addresses::is_parameter(name) => (name.as_str(), is_open(&view)),
            None => continue,
        };
        if !writable {
            return Err(Refusal::out_of_write_scope(&row.alias, name));
        }
    }
    let addresses = match Edit::of(call)? {
        Some(edit) => Some(edit.apply(&view.addresses(), |address| {
            tenant
                .owner_of(address, &changes)
                .filter(|owner| *owner != index)
                .map(|owner| tenant.row(owner).alias)
        })?),
        None => None,
    };
    if call.flag("WhatIf")? == Some(true) {
        return Ok(confirmation(call, &row.alias));
    }
    if let Some(addresses) = &addresses {
        // An address that moved away from one mailbox and came to another has its owner in `added`.
        changes.added.retain(|_, owner| *owner != index);
        changes
            .added
            .extend(addresses.iter().map(|address| (address.to_lowercase(), index)));
    }
    let change: &mut Change = changes.edit(index);
    change.attributes.extend(edits);
    if addresses.is_some() {
        change.addresses = addresses;
    }
    change.changed_at = Some(now());
    drop(changes);
    Ok(done(call, index))
}

/// Whether Exchange attributes of a mailbox can be written in the cloud.
fn is_open(view: &View<'_>) -> bool {
    !view.row.traits.dir_synced || view.is_cloud_managed()
}

/// The value an attribute gets.
fn checked(view: &View<'_>, name: &str, shape: Shape, value: &Value) -> Result<Value, Refusal> {
    match (shape, value) {
        (Shape::Flag, Value::Bool(_)) | (Shape::Number, Value::Number(_)) => Ok(value.clone()),
        (Shape::Text | Shape::Number, Value::Null) => Ok(if name.starts_with("CustomAttribute") {
            "".into()
        } else {
            Value::Null
        }),
        (Shape::Text, Value::String(text)) if text.chars().count() > LONGEST => Err(Refusal::invalid(
            format!("The property {name} can't be longer than {LONGEST} characters."),
        )),
        (Shape::Text, Value::String(_)) => Ok(value.clone()),
        (Shape::Texts, Value::Null) => Ok(json!([])),
        (Shape::Texts, Value::Object(_)) => {
            let (add, remove) = set_addresses::hashtable(name, value)?;
            let mut texts = current(view, name);
            texts.retain(|text| !remove.contains(text));
            texts.extend(add.into_iter().filter(|text| !text.is_empty()));
            texts.dedup();
            Ok(json!(texts))
        }
        (Shape::Texts, _) => Ok(json!(set_addresses::texts(name, value)?)),
        (Shape::Flag, _) => Err(conversion(name, "System.Boolean")),
        (Shape::Number, _) => Err(conversion(name, "System.Int32")),
        (Shape::Text, _) => Err(conversion(name, "System.String")),
    }
}

/// The list an attribute holds now.
fn current(view: &View<'_>, name: &str) -> Vec<String> {
    match position(name).map(|at| view.field(at)) {
        Some(Field::Texts(texts)) => texts,
        Some(Field::Changed(Value::Array(values))) => values
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

/// What the service would do under `WhatIf`.
fn confirmation(call: &Call<'_>, alias: &str) -> Reply {
    let text = format!("What if: Setting mailbox Identity:\"{alias}\".");
    Reply::json(
        200,
        &json!({ "@odata.context": call.context(), "@adminapi.confirmationmessage": text, "value": [] }),
    )
}

/// The answer to a write that was carried out: an object, nothing in several forms, or a false failure.
fn done(call: &Call<'_>, index: u32) -> Reply {
    let world = call.world;
    if world.strikes(Fault::FalseFailure) {
        return empty_message(world.roll());
    }
    let context = call.context();
    match world.roll() >> 32 & 3 {
        0 => {
            let (row, changes) = (world.tenant.row(index), world.tenant.read());
            let (selection, _) =
                Selection::named("ExternalDirectoryObjectId,Guid,Alias,DisplayName,IsExchangeCloudManaged");
            let mut object = Vec::new();
            world
                .tenant
                .view(&row, &changes)
                .write_json(&mut object, &selection, false);
            let object: Value = serde_json::from_slice(&object).unwrap_or_default();
            Reply::json(200, &json!({ "@odata.context": context, "value": [object] }))
        }
        1 => Reply::json(200, &json!({ "@odata.context": context, "value": [] })),
        2 => Reply::json(200, &json!({ "@odata.context": context, "value": null })),
        _ => Reply::new(204, Vec::new()),
    }
}
