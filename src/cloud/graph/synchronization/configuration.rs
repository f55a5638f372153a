//! Configurations: service principals made from known templates (facts/graph sections 2.1, 2.2 and 2.4).

use serde_json::Value;

use super::{SynchronizationClient, address::configuration, subject::CONFIGURATIONS};
use crate::{
    cloud::graph::{
        body::body,
        client::Manner,
        place::{Place, Version, quoted},
    },
    domain::{
        ErrorClass, ServiceError,
        synchronization::{Configuration, TEMPLATES},
        wire::{Wire, member, wire},
    },
};

/// What is asked of a service principal.
const WANTED: &str =
    "id,appId,displayName,accountEnabled,applicationTemplateId,createdDateTime,homepage,tags";

wire! {
    /// A service principal, as far as it is a configuration. The official descriptions at hand do not hold this type.
    pub(super) struct PrincipalAnswer = "servicePrincipal" {
        id: String = "id",
        display_name: String = "displayName",
        enabled: Option<bool> = "accountEnabled",
        template_id: Option<String> = "applicationTemplateId",
    }
}

wire! {
    /// What a template was made into.
    pub(super) struct InstantiatedAnswer = "applicationServicePrincipal" {
        principal: Option<PrincipalAnswer> = "servicePrincipal",
    }
}

body! {
    /// Makes an application and its service principal from a template.
    pub(super) struct Instantiate = "instantiate()" {
        display_name: String = "displayName",
    }
}

fn by(filter: &str) -> Place {
    Place::v1("servicePrincipals")
        .with("$filter", filter)
        .with("$select", WANTED)
}

impl SynchronizationClient {
    /// The configurations of every known direction, each once; needs `Application.Read.All`.
    ///
    /// Old configurations have no template but its id as `appId` (facts/graph section 2.2): they are looked for as well,
    /// and a refusal of that search alone is no error.
    pub async fn configurations(&self) -> Result<Vec<Configuration>, ServiceError> {
        let filters: Vec<String> = TEMPLATES
            .iter()
            .map(|template| format!("applicationTemplateId eq {}", quoted(template.id)))
            .chain(
                TEMPLATES
                    .first()
                    .map(|template| format!("appId eq {}", quoted(template.id))),
            )
            .collect();
        let places: Vec<Place> = filters.iter().map(|filter| by(filter)).collect();
        let parts = self
            .graph
            .read_parts(Version::V1, &places, "configurations", &CONFIGURATIONS)
            .await?;
        let mut found: Vec<Configuration> = Vec::new();
        for (index, part) in parts.into_iter().enumerate() {
            let first = match part {
                Ok(first) => first,
                Err(_) if index >= TEMPLATES.len() => continue,
                Err(error) if error.status == Some(400) => match self.eventually(&places, index).await {
                    Some(answer) => answer?,
                    None => return Err(error),
                },
                Err(error) => return Err(error),
            };
            for row in self.graph.rest(first, "configurations", &CONFIGURATIONS).await? {
                take(&row, &mut found);
            }
        }
        Ok(found)
    }

    /// The same search as an advanced query, which some properties need.
    async fn eventually(&self, places: &[Place], index: usize) -> Option<Result<Value, ServiceError>> {
        let place = places.get(index)?.clone().with("$count", "true");
        let manner = Manner {
            eventual: true,
            ..Manner::default()
        };
        let url = match self.graph.url(&place) {
            Ok(url) => url,
            Err(error) => return Some(Err(error)),
        };
        Some(
            self.graph
                .get(url, "configurations", &CONFIGURATIONS, &manner)
                .await,
        )
    }

    /// Creates a configuration from a template and waits until it can be read; the id of its service principal. Needs
    /// `Application.ReadWrite.All`.
    pub async fn instantiate(&self, template: &str, name: &str) -> Result<String, ServiceError> {
        let body = Instantiate {
            display_name: name.to_owned(),
        };
        let place = Place::v1("applicationTemplates")
            .id(template)?
            .then("instantiate");
        let created = self
            .graph
            .post(
                &place,
                Some(body.json()?),
                "create configuration",
                &CONFIGURATIONS,
            )
            .await?;
        let principal = member(&created, "servicePrincipal");
        let id = InstantiatedAnswer::of(Some(&created))
            .principal
            .map(|principal| principal.id)
            .filter(|id| !id.is_empty())
            // An older name of the same.
            .or_else(|| {
                principal
                    .and_then(|principal| member(principal, "objectId"))
                    .and_then(String::read)
            })
            .ok_or_else(|| {
                ServiceError::new(
                    ErrorClass::Lost,
                    "Graph did not say which configuration it created",
                )
                .with_advice(
                    "It was created. Read the list of configurations again before you create another one.",
                )
            })?;
        // It takes a while until every server knows it.
        for _ in 0..self.patience.looks {
            let place = configuration(&id)?.with("$select", "id");
            match self
                .graph
                .get_value(&place, "new configuration", &CONFIGURATIONS)
                .await
            {
                Err(error) if error.class == ErrorClass::NotFound => {
                    tokio::time::sleep(self.patience.between).await;
                }
                // Whatever else is wrong, the configuration is there.
                _ => break,
            }
        }
        Ok(id)
    }
}

fn take(row: &Value, found: &mut Vec<Configuration>) {
    let Some(principal) = PrincipalAnswer::read(row).filter(|principal| !principal.id.is_empty()) else {
        return;
    };
    if !found.iter().any(|known| known.id == principal.id) {
        found.push(Configuration {
            id: principal.id,
            display_name: principal.display_name,
            template_id: principal.template_id,
            enabled: principal.enabled,
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_configuration_once_and_only_with_an_id() {
        let mut found = Vec::new();
        for row in [
            json!({"id": "1", "displayName": "contoso.com", "accountEnabled": true, "applicationTemplateId": "t"}),
            json!({"id": "1", "displayName": "again"}),
            json!({"displayName": "nameless"}),
            json!({"id": "2", "applicationTemplateId": null}),
        ] {
            take(&row, &mut found);
        }
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].template_id.as_deref(), Some("t"));
        assert_eq!((found[1].template_id.as_deref(), found[1].enabled), (None, None));
    }
}
