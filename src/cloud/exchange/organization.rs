//! The organisation as Exchange knows it.

use serde_json::Value;

use super::{ExchangeClient, cmdlet::Cmdlet};
use crate::{
    cloud::transport::clean,
    domain::{ErrorClass, ServiceError, tolerant_flag},
};

/// What Exchange says about the organisation (facts/exchange section 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeOrganization {
    /// Tenant id of the token.
    pub tenant_id: String,
    /// Display name or name, cleaned; nothing when absent.
    pub name: Option<String>,
    /// The default accepted domain; nothing when none is marked.
    pub default_domain: Option<String>,
    /// Every accepted domain, cleaned; empty when they could not be read.
    pub accepted_domains: Vec<String>,
    /// `BlockExchangeProvisioningFromOnPremEnabled`: whether new mailboxes belong to the cloud.
    pub cloud_by_default: Option<bool>,
}

impl ExchangeClient {
    /// Reads organisation and accepted domains. A role that may write mailboxes need not read either of the two: what is
    /// refused stays unknown.
    pub async fn organization(&self) -> Result<ExchangeOrganization, ServiceError> {
        let token = self.token().await?;
        let (config, domains) = (Cmdlet::organization_config(), Cmdlet::accepted_domains());
        let (config, domains) = tokio::join!(self.collect(&config), self.collect(&domains));
        let (config, domains) = (unless_refused(config)?, unless_refused(domains)?);
        let config = config.first();
        let text = |row: Option<&Value>, name: &str| {
            let text = clean(row?.get(name)?.as_str()?);
            (!text.is_empty()).then_some(text)
        };
        let default = domains
            .iter()
            .find(|row| tolerant_flag(row.get("Default")) == Some(true));
        Ok(ExchangeOrganization {
            tenant_id: token.tenant_id,
            name: text(config, "DisplayName").or_else(|| text(config, "Name")),
            default_domain: text(default, "DomainName").or_else(|| text(default, "Name")),
            accepted_domains: domains
                .iter()
                .filter_map(|row| text(Some(row), "DomainName"))
                .collect(),
            cloud_by_default: tolerant_flag(
                config.and_then(|row| row.get("BlockExchangeProvisioningFromOnPremEnabled")),
            ),
        })
    }
}

/// Nothing where the service refuses this one cmdlet for good; any other failure stays one.
fn unless_refused(rows: Result<Vec<Value>, ServiceError>) -> Result<Vec<Value>, ServiceError> {
    use ErrorClass::{NotFound, Permission, Rejected, Unsupported};
    match rows {
        Err(error) if matches!(error.class, Permission | Unsupported | Rejected | NotFound) => Ok(Vec::new()),
        other => other,
    }
}
