//! `Set-Mailbox` and `Set-OrganizationConfig`: the rules of who may write what.

use jiff::Timestamp;
use serde_json::json;

use crate::lab::{EXCHANGE, Lab, Wanted, failed, options, says, truth};

#[tokio::test]
async fn a_secret_opens_exchange_and_a_flag_can_be_set() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let select = "ExternalDirectoryObjectId,IsDirSynced,IsExchangeCloudManaged,RecipientTypeDetails";
    let rows = lab.all(&token, select, json!({"ResultSize": "Unlimited"})).await;
    assert_eq!(rows.len(), 2_000);
    let state = lab.control("state").await;
    assert_eq!(state["mailboxes"], 2_000);
    assert_eq!(
        state["dirSynced"],
        rows.iter().filter(|row| truth(&row["IsDirSynced"])).count()
    );
    assert_eq!(
        state["cloudManaged"],
        rows.iter()
            .filter(|row| truth(&row["IsExchangeCloudManaged"]))
            .count()
    );
    assert!(state["cloudManaged"].as_u64().unwrap() > 0);

    let row = rows
        .iter()
        .find(|row| {
            row["RecipientTypeDetails"] == "UserMailbox"
                && truth(&row["IsDirSynced"])
                && !truth(&row["IsExchangeCloudManaged"])
        })
        .unwrap();
    let id = row["ExternalDirectoryObjectId"].as_str().unwrap();
    let (status, _) = lab
        .run(
            &token,
            "Set-Mailbox",
            json!({"Identity": id, "IsExchangeCloudManaged": true}),
        )
        .await;
    assert!(status.is_success());
    let mailbox = lab.control(&format!("mailboxes/{id}")).await;
    assert_eq!(mailbox["IsExchangeCloudManaged"], true);
    assert_eq!(mailbox["setCalls"], 1);
    assert_eq!(
        (&mailbox["id"], &mailbox["isExchangeCloudManaged"]),
        (&json!(id), &json!(true))
    );
    let after = lab.control("state").await;
    assert_eq!(
        after["cloudManaged"].as_u64(),
        state["cloudManaged"].as_u64().map(|count| count + 1)
    );
    assert_eq!(after["setCalls"], 1);
}

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
async fn only_synchronized_mailboxes_of_the_right_type_take_the_flag() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    for wanted in [
        Wanted {
            kind: "UserMailbox",
            synced: false,
            managed: false,
        },
        Wanted {
            kind: "LinkedMailbox",
            synced: true,
            managed: false,
        },
        Wanted {
            kind: "DiscoveryMailbox",
            synced: false,
            managed: false,
        },
    ] {
        let id = lab.find(&token, wanted).await.remove(0);
        let answer = lab
            .set(&token, &id, json!({"IsExchangeCloudManaged": true}))
            .await;
        assert!(failed(&answer), "{}", wanted.kind);
        assert_eq!(lab.mailbox(&id).await["IsExchangeCloudManaged"], false);
        assert_eq!(
            lab.mailbox(&id).await["setCalls"],
            1,
            "a refused call reached the tenant all the same"
        );
    }
    for kind in ["SharedMailbox", "RoomMailbox", "EquipmentMailbox"] {
        let id = lab
            .find(
                &token,
                Wanted {
                    kind,
                    synced: true,
                    managed: false,
                },
            )
            .await
            .remove(0);
        assert!(!failed(
            &lab.set(&token, &id, json!({"IsExchangeCloudManaged": true}))
                .await
        ));
        assert_eq!(lab.mailbox(&id).await["IsExchangeCloudManaged"], true);
    }
}

#[tokio::test]
async fn the_flag_travels_alone_and_as_a_boolean() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let id = lab.on_premises(&token).await.remove(0);
    for parameters in [
        json!({"IsExchangeCloudManaged": true, "CustomAttribute1": "x"}),
        json!({"IsExchangeCloudManaged": "True"}),
        json!({"IsExchangeCloudManaged": null}),
    ] {
        assert!(failed(&lab.set(&token, &id, parameters).await));
    }
    assert_eq!(lab.mailbox(&id).await["IsExchangeCloudManaged"], false);
    let with_confirm = json!({"IsExchangeCloudManaged": true, "Confirm": false});
    assert!(!failed(&lab.set(&token, &id, with_confirm).await));
    let dry = json!({"IsExchangeCloudManaged": false, "WhatIf": true});
    let answer = lab.set(&token, &id, dry).await;
    assert!(says(&answer.1, "@adminapi.confirmationmessage"));
    assert_eq!(lab.mailbox(&id).await["IsExchangeCloudManaged"], true);
}

#[tokio::test]
async fn redundant_writes_are_counted() {
    let lab = Lab::start(options()).await;
    let (token, id) = opened(&lab).await;
    let changed: Timestamp = lab.mailbox(&id).await["WhenChangedUTC"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        (Timestamp::now().as_second() - changed.as_second()).abs() < 60,
        "{changed}"
    );
    lab.set(&token, &id, json!({"IsExchangeCloudManaged": true}))
        .await;
    assert_eq!(lab.writes().await, [2, 1, 1]);
    lab.set(&token, &id, json!({"IsExchangeCloudManaged": false}))
        .await;
    assert_eq!(lab.writes().await, [3, 1, 1]);
    assert_eq!(lab.control("state").await["setCalls"], 3);
}

#[tokio::test]
async fn attributes_follow_the_authority() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let id = lab.on_premises(&token).await.remove(0);
    let refused = lab.set(&token, &id, json!({"CustomAttribute3": "wave 1"})).await;
    assert!(failed(&refused));
    assert!(
        says(&refused.1, "out of the current user's write scope"),
        "{}",
        refused.1
    );
    assert!(says(
        &refused.1,
        "because the object is being synchronized from your on-premises organization"
    ));

    lab.set(&token, &id, json!({"IsExchangeCloudManaged": true}))
        .await;
    let parameters = json!({
        "CustomAttribute3": "wave 1",
        "HiddenFromAddressListsEnabled": true,
        "ForwardingSmtpAddress": "smtp:away@partner.example.net",
        "ExtensionCustomAttribute2": ["a", "b"],
        "MailTip": null,
    });
    assert!(!failed(&lab.set(&token, &id, parameters).await));
    let mailbox = lab.mailbox(&id).await;
    assert_eq!(mailbox["CustomAttribute3"], "wave 1");
    assert_eq!(mailbox["HiddenFromAddressListsEnabled"], true);
    assert_eq!(mailbox["ForwardingSmtpAddress"], "smtp:away@partner.example.net");
    assert_eq!(mailbox["ExtensionCustomAttribute2"], json!(["a", "b"]));
    let tagged = json!({"ExtensionCustomAttribute2": {"@odata.type": "#Exchange.GenericHashTable", "Add": "c", "Remove": ["a"]}});
    assert!(!failed(&lab.set(&token, &id, tagged).await));
    assert_eq!(
        lab.mailbox(&id).await["ExtensionCustomAttribute2"],
        json!(["b", "c"])
    );

    let name = lab.set(&token, &id, json!({"DisplayName": "Someone Else"})).await;
    assert!(
        says(&name.1, "out of the current user's write scope"),
        "identity attributes stay on premises"
    );
    let cloud_only = lab
        .find(
            &token,
            Wanted {
                kind: "UserMailbox",
                synced: false,
                managed: false,
            },
        )
        .await
        .remove(0);
    assert!(!failed(
        &lab.set(&token, &cloud_only, json!({"DisplayName": "Someone Else"}))
            .await
    ));
    assert_eq!(lab.mailbox(&cloud_only).await["DisplayName"], "Someone Else");
}

#[tokio::test]
async fn wrong_parameters_and_identities_are_refused() {
    let lab = Lab::start(options()).await;
    let (token, id) = opened(&lab).await;
    let unknown = lab.set(&token, &id, json!({"FavouriteColour": "blue"})).await;
    assert!(says(
        &unknown.1,
        "A parameter cannot be found that matches parameter name 'FavouriteColour'"
    ));
    for parameters in [
        json!({"HiddenFromAddressListsEnabled": "True"}),
        json!({"CustomAttribute1": 7}),
        json!({"CustomAttribute1": "x".repeat(1025)}),
        json!({"CustomAttribute16": "x"}),
        json!({"ResourceCapacity": "many"}),
        json!({"ExtensionCustomAttribute1": {"Add": "untagged"}}),
    ] {
        assert!(
            failed(&lab.set(&token, &id, parameters.clone()).await),
            "{parameters}"
        );
    }
    let nobody = lab
        .set(
            &token,
            "00000000-0000-4000-8000-000000000000",
            json!({"IsExchangeCloudManaged": true}),
        )
        .await;
    assert!(says(&nobody.1, "ManagementObjectNotFoundException") || says(&nobody.1, "couldn't be found"));
    assert!(failed(
        &lab.run(&token, "Set-Mailbox", json!({"IsExchangeCloudManaged": true}))
            .await
    ));
    assert_eq!(lab.control("writes").await["total"], 1);
}

#[tokio::test]
async fn the_tenant_wide_default_has_two_switches() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let property = "BlockExchangeProvisioningFromOnPremEnabled";
    let read =
        async || lab.run(&token, "Get-OrganizationConfig", json!({})).await.1["value"][0][property].clone();
    assert_eq!(read().await, false);
    let switch = "ExchangeAttributesCloudManagedByDefault";
    assert!(!failed(
        &lab.run(&token, "Set-OrganizationConfig", json!({switch: true}))
            .await
    ));
    assert_eq!(read().await, true);
    let both = json!({switch: true, "ExchangeAttributesServerManagedByDefault": true});
    assert!(failed(&lab.run(&token, "Set-OrganizationConfig", both).await));
    assert_eq!(read().await, true);
    assert!(!failed(
        &lab.run(
            &token,
            "Set-OrganizationConfig",
            json!({"ExchangeAttributesServerManagedByDefault": true})
        )
        .await
    ));
    assert_eq!(read().await, false);
    assert!(failed(
        &lab.run(&token, "Set-OrganizationConfig", json!({"MailTipsEnabled": true}))
            .await
    ));
}
