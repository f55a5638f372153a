//! What a token is asked for.

use super::Refusal;
use crate::sandbox::connection::Place;
use crate::sandbox::world::World;

/// A service tokens are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Resource {
    Exchange,
    Graph,
}

const EXCHANGE: &str = "https://outlook.office365.com";
const GRAPH: &str = "https://graph.microsoft.com";

impl Resource {
    /// The `aud` of its tokens, the public name also here.
    pub fn audience(self) -> &'static str {
        match self {
            Self::Exchange => EXCHANGE,
            Self::Graph => GRAPH,
        }
    }

    /// Delegated permissions of an app with every consent given.
    fn delegated(self) -> &'static [&'static str] {
        match self {
            Self::Exchange => &["Exchange.Manage"],
            Self::Graph => &[
                "Organization.Read.All",
                "Organization.ReadWrite.All",
                "User.Read",
                "User-OnPremisesSyncBehavior.ReadWrite.All",
                "Application.Read.All",
                "Application.ReadWrite.All",
                "AuditLog.Read.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
                "OnPremDirectorySynchronization.Read.All",
                "OnPremDirectorySynchronization.ReadWrite.All",
                "OnPremisesPublishingProfiles.ReadWrite.All",
                "Policy.Read.HybridAuthentication",
                "Policy.ReadWrite.HybridAuthentication",
                "ProvisioningLog.Read.All",
                "Synchronization.Read.All",
                "Synchronization.ReadWrite.All",
            ],
        }
    }

    /// Application permissions of the app registration. Agents and the tenant's prevention of deletes have none that
    /// would do (facts/graph section 0, finding 1).
    pub fn application(self) -> &'static [&'static str] {
        match self {
            Self::Exchange => &["Exchange.ManageAsApp"],
            Self::Graph => &[
                "Organization.Read.All",
                "Organization.ReadWrite.All",
                "User.Read.All",
                "User-OnPremisesSyncBehavior.ReadWrite.All",
                "Application.ReadWrite.All",
                "AuditLog.Read.All",
                "Directory.ReadWrite.All",
                "Policy.Read.HybridAuthentication",
                "ProvisioningLog.Read.All",
                "Synchronization.ReadWrite.All",
            ],
        }
    }

    /// The resource a name or an address stands for.
    fn named(world: &World, name: &str) -> Option<Self> {
        let name = name.trim_end_matches('/');
        let own = |service| world.root(Place::Main, service);
        if name == EXCHANGE || name == own("exchange") {
            Some(Self::Exchange)
        } else if name == GRAPH || name == own("graph") {
            Some(Self::Graph)
        } else {
            None
        }
    }
}

/// A parsed `scope`.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Scope {
    pub resource: Resource,
    /// Whether it is `<resource>/.default`.
    pub default: bool,
    pub permissions: Vec<String>,
    pub openid: bool,
    pub offline_access: bool,
}

impl Scope {
    pub fn parse(world: &World, text: &str) -> Result<Self, Refusal> {
        let mut scope = Self {
            resource: Resource::Graph,
            default: false,
            permissions: Vec::new(),
            openid: false,
            offline_access: false,
        };
        let mut resource = None;
        for part in text.split_whitespace() {
            match part {
                "openid" => scope.openid = true,
                "offline_access" => scope.offline_access = true,
                "profile" | "email" => {}
                _ => {
                    let (owner, permission) = part.rsplit_once('/').unwrap_or((GRAPH, part));
                    let found = Resource::named(world, owner).ok_or_else(|| unknown_resource(owner))?;
                    if resource.is_some_and(|known| known != found) {
                        let text = "Provided value for the input parameter scope is not valid because it contains more than one resource.";
                        return Err(Refusal::new(400, "invalid_request", 28_000, text));
                    }
                    resource = Some(found);
                    if permission == ".default" {
                        scope.default = true;
                    } else {
                        scope.permissions.push(permission.to_owned());
                    }
                }
            }
        }
        scope.resource = resource.unwrap_or(Resource::Graph);
        if scope.default {
            if !scope.permissions.is_empty() {
                let text = ".default scope can't be combined with resource-specific scopes.";
                return Err(Refusal::new(400, "invalid_scope", 70_011, text));
            }
            scope.permissions = scope
                .resource
                .delegated()
                .iter()
                .map(|&name| name.to_owned())
                .collect();
        } else if let Some(unknown) = scope
            .permissions
            .iter()
            .find(|name| !scope.resource.delegated().contains(&name.as_str()))
        {
            let text =
                format!("The application asked for scope '{unknown}' that doesn't exist on the resource.");
            return Err(Refusal::new(400, "invalid_scope", 650_053, &text));
        }
        Ok(scope)
    }
}

fn unknown_resource(name: &str) -> Refusal {
    let text = format!(
        "The resource principal named {name} was not found in the tenant named Contoso. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant."
    );
    Refusal::new(400, "invalid_resource", 500_011, &text)
}
