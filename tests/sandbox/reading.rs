//! `Get-Mailbox` and the other reads: rows, types, paging, filters, errors.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::lab::{EXCHANGE, Lab, failed, json_of, options, says, truth};

const LISTED: &str = "ExternalDirectoryObjectId,Guid,ExchangeGuid,DisplayName,UserPrincipalName,PrimarySmtpAddress,Alias,RecipientTypeDetails,IsDirSynced,IsExchangeCloudManaged,WhenChangedUTC";

/// Names of facts section 6.4, written out again.
const SNAPSHOT: &str = "ExternalDirectoryObjectId Guid ExchangeGuid ArchiveGuid UserPrincipalName ImmutableId DistinguishedName LegacyExchangeDN OrganizationId EmailAddresses PrimarySmtpAddress WindowsEmailAddress Alias EmailAddressPolicyEnabled PoliciesIncluded PoliciesExcluded RemoteRecipientType RecipientTypeDetails ResourceType ResourceCapacity ResourceCustom HiddenFromAddressListsEnabled AddressBookPolicy CustomAttribute1 CustomAttribute15 ExtensionCustomAttribute1 ExtensionCustomAttribute5 ForwardingAddress ForwardingSmtpAddress DeliverToMailboxAndForward AcceptMessagesOnlyFrom AcceptMessagesOnlyFromDLMembers AcceptMessagesOnlyFromSendersOrMembers RejectMessagesFrom RequireSenderAuthenticationEnabled GrantSendOnBehalfTo BypassModerationFromSendersOrMembers ModerationEnabled ModeratedBy SendModerationNotifications MailTip MailTipTranslations MaxSendSize MaxReceiveSize MessageCopyForSentAsEnabled LitigationHoldEnabled LitigationHoldDate LitigationHoldOwner LitigationHoldDuration InPlaceHolds RetentionHoldEnabled StartDateForRetentionHold EndDateForRetentionHold RetentionComment RetentionUrl RetentionPolicy AuditEnabled AuditLogAgeLimit AuditAdmin AuditDelegate AuditOwner ArchiveName ArchiveStatus ArchiveState IsDirSynced IsExchangeCloudManaged WhenChangedUTC WhenCreatedUTC MailboxMoveStatus";

#[tokio::test]
async fn the_tenant_looks_like_a_real_one() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let rows = lab.all(&token, LISTED, json!({"ResultSize": "Unlimited"})).await;
    let share = |kind: &str| {
        rows.iter()
            .filter(|row| row["RecipientTypeDetails"] == kind)
            .count()
    };
    assert!(
        (1_600..1_800).contains(&share("UserMailbox")),
        "{}",
        share("UserMailbox")
    );
    for kind in [
        "SharedMailbox",
        "RoomMailbox",
        "EquipmentMailbox",
        "SchedulingMailbox",
        "DiscoveryMailbox",
    ] {
        assert!(share(kind) > 0, "{kind}");
    }
    let cloud_only = rows.iter().filter(|row| !truth(&row["IsDirSynced"])).count();
    assert!((80..220).contains(&cloud_only), "{cloud_only}");
    let managed = rows
        .iter()
        .filter(|row| truth(&row["IsExchangeCloudManaged"]))
        .count();
    assert!((1..20).contains(&managed), "{managed}");
    let texts = rows.iter().filter(|row| row["IsDirSynced"].is_string()).count();
    assert!(
        texts > 100 && texts < 1_000,
        "some rows spell booleans as text: {texts}"
    );

    let distinct = |name: &str| {
        rows.iter()
            .map(|row| row[name].to_string())
            .collect::<HashSet<_>>()
            .len()
    };
    for name in [
        "ExternalDirectoryObjectId",
        "Guid",
        "ExchangeGuid",
        "UserPrincipalName",
        "PrimarySmtpAddress",
    ] {
        assert_eq!(distinct(name), rows.len(), "{name}");
    }
    assert!(distinct("DisplayName") < rows.len());
    assert!(
        rows.iter()
            .any(|row| row["UserPrincipalName"] != row["PrimarySmtpAddress"])
    );
    let any_name = |test: fn(&str) -> bool| rows.iter().any(|row| test(row["DisplayName"].as_str().unwrap()));
    assert!(any_name(|name| name.contains('\u{202e}')));
    assert!(any_name(|name| name.contains('\u{1b}')));
    assert!(any_name(|name| name.starts_with('=')));
    assert!(any_name(|name| name.contains('"') && name.contains('\\')));
    assert!(any_name(|name| name.chars().count() > 190));
    assert!(any_name(|name| name.contains('山')));
    for row in &rows {
        assert_eq!(
            row.as_object()
                .unwrap()
                .keys()
                .filter(|name| !name.contains('@'))
                .count(),
            11
        );
        assert_eq!(row["WhenChangedUTC@data.type"], "System.DateTime");
    }
}

#[tokio::test]
async fn a_full_read_has_every_property_with_its_json_type() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let request = lab.invoke(
        &token,
        &lab.invoke_url(),
        "Get-Mailbox",
        &json!({"ResultSize": "Unlimited"}),
    );
    let body = json_of(
        request
            .header("prefer", "odata.maxpagesize=1000")
            .send()
            .await
            .unwrap(),
    )
    .await;
    let rows = body["value"].as_array().unwrap();
    assert_eq!(rows.len(), 1_000);
    for row in rows {
        for name in SNAPSHOT.split(' ') {
            assert!(row.get(name).is_some(), "{name}");
        }
        let addresses = row["EmailAddresses"].as_array().unwrap();
        assert_eq!(row["EmailAddresses@odata.type"], "#Collection(String)");
        let primary: Vec<_> = addresses
            .iter()
            .filter_map(|address| address.as_str().unwrap().strip_prefix("SMTP:"))
            .collect();
        assert_eq!(primary, [row["PrimarySmtpAddress"].as_str().unwrap()]);
        for name in ["CustomAttribute1", "DistinguishedName", "MailboxMoveStatus"] {
            assert!(row[name].is_string(), "{name}");
        }
        truth(&row["AuditEnabled"]);
    }
    let all = body.to_string();
    for prefix in [
        "x500:/o=Contoso",
        "SIP:",
        "SPO:SPO_",
        "@contoso.mail.onmicrosoft.com",
        "@fabrikam.com",
        "InProgress",
    ] {
        assert!(all.contains(prefix), "{prefix}");
    }
    let some = |name: &str| {
        rows.iter()
            .any(|row| !row[name].is_null() && row[name] != false && row[name] != "False" && row[name] != "")
    };
    for name in [
        "ForwardingSmtpAddress",
        "LitigationHoldEnabled",
        "HiddenFromAddressListsEnabled",
        "CustomAttribute15",
    ] {
        assert!(some(name), "{name}");
    }
}

#[tokio::test]
async fn without_a_preference_a_page_is_one_row() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let answer = lab
        .invoke(
            &token,
            &lab.invoke_url(),
            "Get-Mailbox",
            &json!({"ResultSize": "Unlimited"}),
        )
        .send()
        .await
        .unwrap();
    assert!(
        answer.headers()["x-warnings"]
            .to_str()
            .unwrap()
            .starts_with("There are more results available")
    );
    let body = json_of(answer).await;
    assert_eq!(body["value"].as_array().unwrap().len(), 1);
    assert!(says(
        &body["@adminapi.warnings"],
        "increase the value for the ResultSize parameter"
    ));
    assert!(
        body["@odata.nextLink"]
            .as_str()
            .unwrap()
            .starts_with(&lab.ready().exchange)
    );
}

#[tokio::test]
async fn pages_follow_each_other_by_posting_again() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let parameters = json!({"ResultSize": "Unlimited"});
    let url = format!("{}?$select=Alias", lab.invoke_url());
    let ask = async |url: &str, parameters: &Value| {
        let request = lab.invoke(&token, url, "Get-Mailbox", parameters);
        request
            .header("prefer", "odata.maxpagesize=300;odata.continue-on-error")
            .send()
            .await
            .unwrap()
    };
    let body = json_of(ask(&url, &parameters).await).await;
    assert_eq!(body["value"].as_array().unwrap().len(), 300);
    assert!(body.get("@adminapi.warnings").is_none());
    let link = body["@odata.nextLink"].as_str().unwrap().to_owned();
    let second = json_of(ask(&link, &parameters).await).await;
    assert_eq!(second["value"].as_array().unwrap().len(), 300);
    assert_ne!(second["value"][0], body["value"][0]);
    assert_eq!(
        second["value"][0].as_object().unwrap().len(),
        1,
        "the link keeps $select"
    );

    assert_eq!(
        lab.client
            .get(&link)
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .status(),
        405
    );
    assert_eq!(
        ask(&link, &json!({"ResultSize": "Unlimited", "Archive": true}))
            .await
            .status(),
        400
    );
    assert_eq!(
        ask(&format!("{}?$skiptoken=AAAA", lab.invoke_url()), &parameters)
            .await
            .status(),
        400
    );
    let more = lab
        .invoke(&token, &url, "Get-Mailbox", &parameters)
        .header("prefer", "odata.maxpagesize=5000");
    assert_eq!(
        json_of(more.send().await.unwrap()).await["value"]
            .as_array()
            .unwrap()
            .len(),
        1_000
    );

    let limited = json_of(ask(&url, &json!({"ResultSize": 7})).await).await;
    assert_eq!(limited["value"].as_array().unwrap().len(), 7);
    assert!(limited.get("@odata.nextLink").is_none() && limited.get("@adminapi.warnings").is_some());
}

#[tokio::test]
async fn filters_and_identities_select() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let state = lab.control("state").await;
    let synced = lab
        .all(
            &token,
            "Alias",
            json!({"Filter": "IsDirSynced -eq 'True'", "ResultSize": "Unlimited"}),
        )
        .await;
    assert_eq!(synced.len() as u64, state["dirSynced"].as_u64().unwrap());
    let rooms = lab
        .all(
            &token,
            "RecipientTypeDetails",
            json!({"RecipientTypeDetails": ["RoomMailbox", "equipmentmailbox"]}),
        )
        .await;
    assert!(
        rooms.len() > 50
            && rooms
                .iter()
                .all(|row| says(row, "RoomMailbox") || says(row, "EquipmentMailbox"))
    );
    let since = "2026-06-01T00:00:00Z";
    let recent = lab
        .all(
            &token,
            "WhenChangedUTC",
            json!({"Filter": format!("WhenChangedUTC -gt '{since}'")}),
        )
        .await;
    assert!(
        !recent.is_empty()
            && recent
                .iter()
                .all(|row| row["WhenChangedUTC"].as_str().unwrap() > since)
    );

    let id = lab.on_premises(&token).await.remove(3);
    let mailbox = lab.mailbox(&id).await;
    for name in [
        "Guid",
        "ExchangeGuid",
        "UserPrincipalName",
        "PrimarySmtpAddress",
        "Alias",
        "DistinguishedName",
    ] {
        let (_, body) = lab
            .run(&token, "Get-Mailbox", json!({"Identity": mailbox[name]}))
            .await;
        assert_eq!(body["value"][0]["ExternalDirectoryObjectId"], *id, "{name}");
        assert_eq!(body["value"].as_array().unwrap().len(), 1);
        assert!(body.get("@odata.nextLink").is_none());
    }
    let name = mailbox["DisplayName"].as_str().unwrap();
    let found = lab
        .all(&token, "ExternalDirectoryObjectId", json!({"Anr": name}))
        .await;
    assert!(found.iter().any(|row| row["ExternalDirectoryObjectId"] == *id));
    for parameters in [
        json!({"Identity": "nobody@contoso.com"}),
        json!({"Identity": id, "Filter": "IsDirSynced -eq 'True'"}),
        json!({"Filter": "IsExchangeCloudManaged -eq 'True'"}),
        json!({"Filter": "IsDirSynced -eq $true"}),
        json!({"RecipientTypeDetails": "PostBox"}),
        json!({"ResultSize": "Some"}),
        json!({"Colour": 1}),
    ] {
        assert!(
            failed(&lab.run(&token, "Get-Mailbox", parameters.clone()).await),
            "{parameters}"
        );
    }
}

#[tokio::test]
async fn accepted_domains_name_the_default() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let (_, body) = lab.run(&token, "Get-AcceptedDomain", json!({})).await;
    let rows = body["value"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    assert!(
        rows.iter()
            .any(|row| row["DomainName"] == "contoso.com" && row["Default"] == true)
    );
    assert!(
        rows.iter()
            .any(|row| row["DomainName"] == "contoso.onmicrosoft.com" && row["InitialDomain"] == true)
    );
}

#[tokio::test]
async fn larger_bodies_are_compressed_on_request() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let request = lab.invoke(
        &token,
        &lab.invoke_url(),
        "Get-Mailbox",
        &json!({"ResultSize": "Unlimited"}),
    );
    let request = request
        .header("prefer", "odata.maxpagesize=50")
        .header("accept-encoding", "gzip");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let bytes = answer.bytes().await.unwrap();
    let body: Value = serde_json::from_reader(flate2::read::GzDecoder::new(&bytes[..])).unwrap();
    assert_eq!(body["value"].as_array().unwrap().len(), 50);
}
