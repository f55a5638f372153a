//! Proxy addresses through `Set-Mailbox`.

use serde_json::json;

use crate::lab::{EXCHANGE, Lab, failed, options, says};

/// A mailbox that is open for writing, and the token to do it.
async fn opened(lab: &Lab) -> (String, String) {
    let token = lab.app_token(EXCHANGE).await;
    let id = lab.on_premises(&token).await.remove(0);
    let answer = lab
        .set(&token, &id, json!({"IsExchangeCloudManaged": true}))
        .await;
    assert!(!failed(&answer));
    (token, id)
}

#[tokio::test]
async fn addresses_are_added_removed_and_promoted() {
    let lab = Lab::start(options()).await;
    let (token, id) = opened(&lab).await;
    let before = lab.mailbox(&id).await;
    let old = before["PrimarySmtpAddress"].as_str().unwrap().to_owned();
    let tag = "#Exchange.GenericHashTable";

    let add = json!({"EmailAddresses": {"@odata.type": tag, "Add": ["smtp:brand.new@contoso.com", "other.new@fabrikam.com"]}});
    assert!(!failed(&lab.set(&token, &id, add).await));
    let addresses = lab.mailbox(&id).await["EmailAddresses"].clone();
    assert!(
        says(&addresses, "\"smtp:brand.new@contoso.com\"")
            && says(&addresses, "\"smtp:other.new@fabrikam.com\"")
    );
    let by_address = lab
        .run(
            &token,
            "Get-Mailbox",
            json!({"Identity": "Brand.New@contoso.com"}),
        )
        .await;
    assert_eq!(by_address.1["value"][0]["ExternalDirectoryObjectId"], *id);

    let promote = json!({"WindowsEmailAddress": "brand.new@contoso.com"});
    assert!(!failed(&lab.set(&token, &id, promote).await));
    let mailbox = lab.mailbox(&id).await;
    assert_eq!(mailbox["PrimarySmtpAddress"], "brand.new@contoso.com");
    assert_eq!(mailbox["WindowsEmailAddress"], "brand.new@contoso.com");
    assert!(
        says(&mailbox["EmailAddresses"], &format!("\"smtp:{old}\"")),
        "the former primary stays"
    );

    let remove = json!({"EmailAddresses": {"@odata.type": tag, "Remove": "smtp:other.new@fabrikam.com"}});
    assert!(!failed(&lab.set(&token, &id, remove).await));
    assert!(!says(&lab.mailbox(&id).await["EmailAddresses"], "other.new"));

    let whole = before["EmailAddresses"].clone();
    assert!(!failed(
        &lab.set(&token, &id, json!({"EmailAddresses": whole})).await
    ));
    assert_eq!(lab.mailbox(&id).await["EmailAddresses"], before["EmailAddresses"]);
    let freed = lab
        .run(
            &token,
            "Get-Mailbox",
            json!({"Identity": "brand.new@contoso.com"}),
        )
        .await;
    assert!(failed(&freed));
}

#[tokio::test]
async fn impossible_addresses_are_refused() {
    let lab = Lab::start(options()).await;
    let (token, id) = opened(&lab).await;
    let other = lab.on_premises(&token).await.remove(5);
    let taken = lab.mailbox(&other).await["EmailAddresses"][1]
        .as_str()
        .unwrap()
        .to_owned();
    let own = lab.mailbox(&id).await["PrimarySmtpAddress"]
        .as_str()
        .unwrap()
        .to_owned();
    let tag = "#Exchange.GenericHashTable";
    let conflict = lab
        .set(
            &token,
            &id,
            json!({"EmailAddresses": {"@odata.type": tag, "Add": taken}}),
        )
        .await;
    assert!(says(&conflict.1, "already exists"), "{}", conflict.1);
    let before = lab.mailbox(&id).await["EmailAddresses"].clone();
    for parameters in [
        json!({"EmailAddresses": {"Add": "smtp:untagged@contoso.com"}}),
        json!({"EmailAddresses": {"@odata.type": tag, "Add": "smtp:someone@elsewhere.example"}}),
        json!({"EmailAddresses": {"@odata.type": tag, "Remove": format!("SMTP:{own}")}}),
        json!({"EmailAddresses": {"@odata.type": tag, "Add": "SMTP:second.primary@contoso.com"}}),
        json!({"EmailAddresses": {"@odata.type": tag, "Put": "smtp:x@contoso.com"}}),
        json!({"EmailAddresses": []}),
        json!({"EmailAddresses": ["smtp:no.primary@contoso.com"]}),
        json!({"EmailAddresses": ["SMTP:a@contoso.com", "SMTP:b@contoso.com"]}),
        json!({"EmailAddresses": ["SMTP:a b@contoso.com"]}),
        json!({"EmailAddresses": ["SMTP:a@contoso.com"], "WindowsEmailAddress": "a@contoso.com"}),
        json!({"PrimarySmtpAddress": "nowhere"}),
        json!({"PrimarySmtpAddress": 1}),
    ] {
        assert!(
            failed(&lab.set(&token, &id, parameters.clone()).await),
            "{parameters}"
        );
    }
    assert_eq!(lab.mailbox(&id).await["EmailAddresses"], before);
    let closed = lab
        .set(
            &token,
            &other,
            json!({"EmailAddresses": {"@odata.type": tag, "Add": "smtp:x1@contoso.com"}}),
        )
        .await;
    assert!(says(&closed.1, "write scope"));
}
