//! `X-AnchorMailbox`: the hint that routes a request to the tenant's servers (facts/exchange section 1.3).

use crate::cloud::AccessToken;

/// The system mailbox every tenant has.
const SYSTEM_MAILBOX: &str = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}";

/// A person's own mailbox, or the system mailbox for applications.
pub(super) fn anchor(token: &AccessToken) -> String {
    // A header carries ASCII only; the system mailbox routes as well.
    let named = !token.subject.is_empty() && token.subject.bytes().all(|byte| byte.is_ascii_graphic());
    if token.app_only || !named {
        format!("APP:{SYSTEM_MAILBOX}@{}", token.tenant_id)
    } else {
        format!("UPN:{}", token.subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Service;

    #[test]
    fn people_and_applications() {
        let mut token = AccessToken {
            secret: "x".into(),
            service: Service::Exchange,
            tenant_id: "t".into(),
            subject: "admin@contoso.com".into(),
            app_only: false,
            rights: Vec::new(),
            expires_at: jiff::Timestamp::UNIX_EPOCH,
        };
        assert_eq!(anchor(&token), "UPN:admin@contoso.com");
        token.subject = "a\r\nX: y@contoso.com".into();
        assert_eq!(
            anchor(&token),
            "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@t"
        );
        token.subject = "application".into();
        token.app_only = true;
        assert_eq!(
            anchor(&token),
            "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@t"
        );
    }
}
