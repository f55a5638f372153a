//! Cmdlets about the tenant as a whole.

use serde_json::{Map, Value, json};

use super::cmdlet::Call;
use super::refusal::Refusal;
use crate::sandbox::reply::Reply;
use crate::sandbox::tenant::DOMAINS;

const TO_CLOUD: &str = "ExchangeAttributesCloudManagedByDefault";
const TO_SERVER: &str = "ExchangeAttributesServerManagedByDefault";

/// `Get-OrganizationConfig`
pub(super) fn get_config(call: &Call<'_>) -> Result<Reply, Refusal> {
    call.only(&["Identity"])?;
    let tenant = &call.world.tenant;
    let blocked = tenant.read().cloud_by_default;
    Ok(call.rows(vec![object(json!({
        "Name": "contoso.onmicrosoft.com",
        "Identity": "contoso.onmicrosoft.com",
        "DisplayName": "Contoso",
        "Guid": tenant.id,
        "BlockExchangeProvisioningFromOnPremEnabled": blocked,
        "IsDehydrated": false,
        "PublicFoldersEnabled": "Local",
        "DefaultPublicFolderMailbox": null,
    }))]))
}

/// `Set-OrganizationConfig` with one of the two switches of the tenant-wide default (facts/exchange section 3.3).
pub(super) fn set_config(call: &Call<'_>) -> Result<Reply, Refusal> {
    call.only(&[TO_CLOUD, TO_SERVER])?;
    let (cloud, server) = (call.flag(TO_CLOUD)?, call.flag(TO_SERVER)?);
    let cloud_by_default = match (cloud, server) {
        (Some(true), None | Some(false)) => true,
        (None | Some(false), Some(true)) => false,
        (None | Some(false), None | Some(false)) => return Ok(call.rows(Vec::new())),
        (Some(true), Some(true)) => {
            return Err(Refusal::invalid(
                "Parameter set cannot be resolved using the specified named parameters.",
            ));
        }
    };
    if call.flag("WhatIf")? != Some(true) {
        call.world.tenant.write().cloud_by_default = cloud_by_default;
    }
    Ok(call.rows(Vec::new()))
}

/// `Get-AcceptedDomain`
pub(super) fn get_domains(call: &Call<'_>) -> Result<Reply, Refusal> {
    call.only(&["Identity", "ResultSize"])?;
    let wanted = call.text("Identity")?;
    let rows: Vec<_> = DOMAINS
        .iter()
        .filter(|(name, ..)| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name)))
        .map(|(name, default, initial, kind)| {
            object(json!({
                "Name": name,
                "Identity": name,
                "DomainName": name,
                "DomainType": kind,
                "Default": default,
                "InitialDomain": initial,
                "IsCoexistenceDomain": name.ends_with(".mail.onmicrosoft.com"),
            }))
        })
        .collect();
    match wanted {
        Some(wanted) if rows.is_empty() => Err(Refusal::not_found(wanted)),
        _ => Ok(call.rows(rows)),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
