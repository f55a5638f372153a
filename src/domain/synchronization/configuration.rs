//! Configurations of Cloud Sync and the kinds of jobs inside them (facts/graph section 2).

use super::word::words;

words! {
    /// The kind of a synchronization job. The words are the prefixes of job ids and the ids of job templates.
    JobKind {
        /// Active Directory to Entra ID.
        Provisioning = "AD2AADProvisioning",
        /// Password hashes.
        PasswordHash = "AD2AADPasswordHash",
        /// Exchange hybrid writeback.
        ExchangeHybridWriteback = "AAD2ADExchangeHybridWriteback",
        /// Entra ID to Active Directory, groups.
        GroupProvisioning = "AAD2ADGroupProvisioning",
        /// Exchange Online to Active Directory, attributes of cloud-managed mailboxes.
        ExchangeAttributeWriteback = "Entra2ADExchangeOnlineAttributeWriteback",
    }
}

impl JobKind {
    /// From a job's id and its template. The prefix of the id counts first: documents show ids of this kind beside
    /// another template (facts/graph section 2.3).
    pub fn of(job_id: &str, template_id: Option<&str>) -> Self {
        let prefix = job_id.split('.').next().unwrap_or(job_id);
        match Self::from_word(prefix) {
            Self::Other(prefix) => match template_id {
                Some(template) if !template.is_empty() => Self::from_word(template),
                _ => Self::Other(prefix),
            },
            known => known,
        }
    }

    /// A title for people; unknown kinds raw.
    pub fn title(&self) -> &str {
        match self {
            Self::Provisioning => "AD to Entra",
            Self::PasswordHash => "password hash",
            Self::ExchangeHybridWriteback => "Exchange hybrid writeback",
            Self::GroupProvisioning => "Entra groups to AD",
            Self::ExchangeAttributeWriteback => "EXO attributes to AD",
            Self::Other(word) => word,
        }
    }
}

/// An application template that stands for a direction of Cloud Sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// `applicationTemplateId`.
    pub id: &'static str,
    /// The direction, for people.
    pub title: &'static str,
}

/// The known templates (facts/graph section 2.1: the first from official documents, the others from secondary sources
/// only; job templates are confirmed at run time).
pub const TEMPLATES: [Template; 3] = [
    Template {
        id: "1a4721b3-e57f-4451-ae87-ef078703ec94",
        title: "AD to Entra",
    },
    Template {
        id: "fb81332f-3eca-4ecf-a939-4278e501d330",
        title: "Entra to AD",
    },
    Template {
        id: EXCHANGE_ATTRIBUTE_WRITEBACK,
        title: "EXO to AD attributes",
    },
];

/// The template of a configuration that writes Exchange attributes back (facts/graph section 9).
pub const EXCHANGE_ATTRIBUTE_WRITEBACK: &str = "3b99513e-0cee-4291-aea8-84356239fb82";

/// One configuration: a service principal with jobs. Several may share a name, one per direction; the id is the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Id of the service principal.
    pub id: String,
    /// Display name, usually the domain, cleaned.
    pub display_name: String,
    /// `applicationTemplateId`; nothing for old ones.
    pub template_id: Option<String>,
    /// Whether the service principal is enabled; nothing when not said.
    pub enabled: Option<bool>,
}

impl Configuration {
    /// The direction, for people; nothing when the template is not known.
    pub fn direction(&self) -> Option<&'static str> {
        let id = self.template_id.as_deref()?;
        TEMPLATES
            .iter()
            .find(|template| template.id.eq_ignore_ascii_case(id))
            .map(|template| template.title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_of_the_id_counts_before_the_template() {
        let kind = |id, template| JobKind::of(id, template);
        assert_eq!(
            kind("AD2AADProvisioning.abc.def", Some("ADDCInPassthrough")),
            JobKind::Provisioning
        );
        assert_eq!(kind("x.y", Some("AD2AADPasswordHash")), JobKind::PasswordHash);
        assert_eq!(kind("scim.1", Some("scim")).word(), "scim");
        assert_eq!(kind("scim.1", None).title(), "scim");
    }
}
