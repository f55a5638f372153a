//! What Exchange refuses, and the shapes it refuses in.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::lab::{EXCHANGE, Lab, json_of, options, says};

#[tokio::test]
async fn errors_come_in_all_known_shapes() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let mut shapes = HashSet::new();
    for _ in 0..80 {
        let (status, body) = lab
            .run(&token, "Get-Mailbox", json!({"Identity": "nobody@contoso.com"}))
            .await;
        assert!(says(&body, "couldn't be found"), "{body}");
        shapes.insert(if status.is_success() {
            assert_eq!(body["value"], json!([]));
            "inside a 200"
        } else {
            assert_eq!(status, 404);
            assert_eq!(body["error"]["message"], "Error executing cmdlet");
            match body["error"]["details"][0]["message"].as_str() {
                Some(text) if text.split('|').count() == 3 => "pipes",
                Some(text) => {
                    let inside: Value = serde_json::from_str(text).unwrap();
                    assert_eq!(
                        inside["TypeName"],
                        "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
                    );
                    "json in text"
                }
                None => "inner error",
            }
        });
    }
    assert_eq!(shapes.len(), 4, "{shapes:?}");
}

#[tokio::test]
async fn unknown_cmdlets_and_missing_rights_answer_with_nul_bytes() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let forbidden = async |cmdlet: &str| {
        let answer = lab
            .invoke(&token, &lab.invoke_url(), cmdlet, &json!({}))
            .send()
            .await
            .unwrap();
        let gzip = answer
            .headers()
            .get("content-encoding")
            .is_some_and(|value| value == "gzip");
        answer.status() == 403 && gzip && answer.bytes().await.unwrap().iter().all(|byte| *byte == 0)
    };
    assert!(forbidden("Get-Nothing").await);
    assert!(!forbidden("get-organizationconfig").await);
    let module = format!(
        "{}/AdminApi/v1.0/{}/EXOModuleFile?Version=3.9.2",
        lab.ready().exchange,
        lab.ready().tenant_id
    );
    let cmdlets = async || {
        let answer = lab
            .client
            .get(&module)
            .bearer_auth(&token)
            .header("CommandName", "*")
            .send()
            .await
            .unwrap();
        json_of(answer).await["value"][0]["exportedCmdlets"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(cmdlets().await.split(',').any(|name| name == "Set-Mailbox"));
    assert_eq!(lab.order("deny", "Set-Mailbox").await, 204);
    assert!(forbidden("Set-Mailbox").await);
    assert!(!cmdlets().await.contains("Set-Mailbox"));
    assert!(cmdlets().await.contains("Get-Mailbox"));
}

#[tokio::test]
async fn requests_of_the_wrong_form_are_refused() {
    let lab = Lab::start(options()).await;
    let token = lab.app_token(EXCHANGE).await;
    let post = async |path: &str, kind: &str, body: &str| {
        let url = format!("{}/{path}", lab.ready().exchange);
        let request = lab
            .client
            .post(url)
            .bearer_auth(&token)
            .header("content-type", kind.to_owned())
            .body(body.to_owned());
        request.send().await.unwrap().status().as_u16()
    };
    let tenant = lab.ready().tenant_id.clone();
    let (beta, json) = (
        format!("adminapi/beta/{tenant}/InvokeCommand"),
        "application/json",
    );
    let good = json!({"CmdletInput": {"CmdletName": "Get-AcceptedDomain", "Parameters": {}}}).to_string();
    assert_eq!(post(&beta, json, &good).await, 200);
    assert_eq!(
        post("adminapi/beta/contoso.onmicrosoft.com/InvokeCommand", json, &good).await,
        200
    );
    assert_eq!(post(&beta, "text/plain", &good).await, 415);
    assert_eq!(post(&beta, json, "{").await, 400);
    assert_eq!(post(&beta, json, "{}").await, 400);
    assert_eq!(post(&beta, json, &good.replace("{}", "null")).await, 400);
    assert_eq!(
        post(&format!("adminapi/v1.0/{tenant}/InvokeCommand"), json, &good).await,
        405
    );
    assert_eq!(
        post(
            "adminapi/beta/11111111-1111-4111-8111-111111111111/InvokeCommand",
            json,
            &good
        )
        .await,
        403
    );
    assert_eq!(post("adminapi/beta", json, &good).await, 404);
    let answer = lab
        .client
        .request(Method::PUT, lab.invoke_url())
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 405);

    let select = lab.invoke(
        &token,
        &format!("{}?$select=Alias,Colour", lab.invoke_url()),
        "Get-Mailbox",
        &json!({}),
    );
    assert_eq!(select.send().await.unwrap().status(), 400);
    lab.order("faults", "unknown-select=1").await;
    let select = lab.invoke(
        &token,
        &format!("{}?$select=Alias,Colour", lab.invoke_url()),
        "Get-Mailbox",
        &json!({}),
    );
    assert_eq!(
        json_of(select.send().await.unwrap()).await["value"][0]
            .as_object()
            .unwrap()
            .len(),
        1
    );
}
