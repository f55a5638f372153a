//! Where an attribute is mastered (facts/exchange section 3.2).

/// The side that owns an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// An identity attribute: mastered in Active Directory before and after the handover.
    Identity,
    /// An Exchange attribute: editable in the cloud once the mailbox is handed over.
    Exchange,
    /// Only the cloud has it.
    CloudOnly,
}

impl Home {
    /// What to tell someone who wants to edit the attribute in the cloud.
    pub fn advice(self, attribute: &str) -> String {
        let attribute = super::text::clean(attribute);
        match self {
            Self::Identity => format!(
                "{attribute} is an identity attribute. It stays mastered in Active Directory, also after the handover: \
                 edit it there, for example in Active Directory Users and Computers, and let the next sync cycle bring it."
            ),
            Self::Exchange => format!(
                "{attribute} is an Exchange attribute. It can be edited in Exchange Online once the mailbox is handed over; \
                 until then it is mastered in Active Directory."
            ),
            Self::CloudOnly => {
                format!("{attribute} exists only in Exchange Online and can be edited there at any time.")
            }
        }
    }
}

/// Identity attributes under their names in Active Directory, Graph and Exchange Online, lower case.
const IDENTITY: &[&str] = &[
    "accountenabled",
    "c",
    "city",
    "co",
    "company",
    "countrycode",
    "countryorregion",
    "department",
    "displayname",
    "fax",
    "facsimiletelephonenumber",
    "firstname",
    "givenname",
    "homephone",
    "immutableid",
    "info",
    "initials",
    "ipphone",
    "isdirsynced",
    "l",
    "lastname",
    "manager",
    "mobile",
    "mobilephone",
    "name",
    "notes",
    "objectsid",
    "office",
    "otherfacsimiletelephone",
    "otherhomephone",
    "othertelephone",
    "pager",
    "phone",
    "physicaldeliveryofficename",
    "postalcode",
    "postofficebox",
    "preferredlanguage",
    "samaccountname",
    "sn",
    "sourceanchor",
    "st",
    "stateorprovince",
    "street",
    "streetaddress",
    "telephoneassistant",
    "telephonenumber",
    "thumbnailphoto",
    "title",
    "usagelocation",
    "userprincipalname",
    "webpage",
    "wwwhomepage",
];

/// Exchange attributes under their names in Active Directory and Exchange Online, lower case.
const EXCHANGE: &[&str] = &[
    "acceptmessagesonlyfrom",
    "acceptmessagesonlyfromdlmembers",
    "acceptmessagesonlyfromsendersormembers",
    "alias",
    "altrecipient",
    "archiveguid",
    "archivename",
    "auditadmin",
    "auditdelegate",
    "auditenabled",
    "auditlogagelimit",
    "auditowner",
    "authorig",
    "bypassmoderationfromsendersormembers",
    "delivertomailboxandforward",
    "dlmemrejectperms",
    "dlmemsubmitperms",
    "emailaddresses",
    "enddateforretentionhold",
    "exchangeguid",
    "forwardingaddress",
    "forwardingsmtpaddress",
    "grantsendonbehalfto",
    "hiddenfromaddresslistsenabled",
    "inplaceholds",
    "legacyexchangedn",
    "litigationholddate",
    "litigationholdenabled",
    "litigationholdowner",
    "mail",
    "mailnickname",
    "mailtip",
    "mailtiptranslations",
    "moderatedby",
    "moderationenabled",
    "primarysmtpaddress",
    "proxyaddresses",
    "publicdelegates",
    "recipienttypedetails",
    "rejectmessagesfrom",
    "rejectmessagesfromdlmembers",
    "rejectmessagesfromsendersormembers",
    "requiresenderauthenticationenabled",
    "resourcecapacity",
    "resourcecustom",
    "retentioncomment",
    "retentionholdenabled",
    "retentionurl",
    "sendmoderationnotifications",
    "startdateforretentionhold",
    "targetaddress",
    "unauthorig",
    "usercertificate",
    "usersmimecertificate",
    "windowsemailaddress",
];

/// Exchange attributes that come in numbered rows: the text before the number, lower case.
const EXCHANGE_ROWS: &[&str] = &[
    "customattribute",
    "extensionattribute",
    "extensioncustomattribute",
    "msexch",
];

/// Where an attribute is mastered, by any of its names and in any letter case. Names outside the tables exist in the
/// cloud only.
pub fn attribute_home(name: &str) -> Home {
    let name = name.trim().to_lowercase();
    if IDENTITY.contains(&name.as_str()) {
        Home::Identity
    } else if EXCHANGE.contains(&name.as_str()) || EXCHANGE_ROWS.iter().any(|row| name.starts_with(row)) {
        Home::Exchange
    } else {
        Home::CloudOnly
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_owns_its_attributes() {
        for name in ["DisplayName", "title", "UserPrincipalName", "st"] {
            assert_eq!(attribute_home(name), Home::Identity, "{name}");
        }
        for name in [
            "EmailAddresses",
            "CustomAttribute7",
            "extensionAttribute15",
            "msExchHideFromAddressLists",
            "Alias",
        ] {
            assert_eq!(attribute_home(name), Home::Exchange, "{name}");
        }
        assert_eq!(attribute_home("AddressBookPolicy"), Home::CloudOnly);
        assert!(Home::Identity.advice("Title\u{1b}").contains("Active Directory"));
        assert!(!Home::Identity.advice("Title\u{1b}").contains('\u{1b}'));
    }

    #[test]
    fn no_name_has_two_homes() {
        for name in IDENTITY {
            assert!(!EXCHANGE.contains(name), "{name}");
        }
    }
}
