//! Agents, groups, domains and the updater (facts/graph section 1).

use handover::sandbox::CloudSyncSize;
use serde_json::{Value, json};

use crate::lab::{GRAPH, claims};
use crate::stage::{Stage, person, quiet};

const PROFILE: &str = "beta/onPremisesPublishingProfiles/provisioning";

#[tokio::test]
async fn agents_are_for_people_only() {
    let stage = quiet().await;
    let agents = format!("{PROFILE}/agents?$expand=agentGroups");
    let mut codes = Vec::new();
    for _ in 0..20 {
        let (status, body) = stage.application_get(&agents).await;
        assert_eq!(status, 403);
        codes.push(body["error"]["code"].as_str().unwrap().to_owned());
    }
    assert!(codes.contains(&String::new()) && codes.contains(&"Authorization_RequestDenied".to_owned()));
    let prevention = "v1.0/directory/onPremisesSynchronization";
    assert_eq!(stage.application_get(prevention).await.0, 403);
    assert_eq!(stage.rows(&agents).await.len(), 5);
    assert_eq!(stage.rows(prevention).await.len(), 1);
    // The types are in beta only.
    assert_eq!(stage.get(&agents.replace("beta", "v1.0")).await.0, 400);
}

#[tokio::test]
async fn a_device_code_gives_the_scopes_that_were_asked_for() {
    let mut stage = quiet().await;
    let scope = format!("{GRAPH}/Policy.Read.HybridAuthentication openid");
    stage.person = person(&stage.lab, &scope).await;
    assert_eq!(claims(&stage.person)["scp"], "Policy.Read.HybridAuthentication");
    assert_eq!(stage.rows(&format!("{PROFILE}/agents")).await.len(), 5);
    assert_eq!(stage.get("v1.0/servicePrincipals").await.0, 403);
    let created = stage
        .post(&format!("{PROFILE}/agentGroups"), json!({"displayName": "x"}))
        .await;
    assert_eq!(created.0, 403);
    let jobs = person(&stage.lab, &format!("{GRAPH}/Synchronization.Read.All")).await;
    let job = stage.job("AD2AADProvisioning", "contoso.com").await;
    stage.person = jobs;
    stage.shown(&job).await;
    assert_eq!(
        stage
            .post(&format!("v1.0/{}/pause", job.path()), json!({}))
            .await
            .0,
        403
    );
}

#[tokio::test]
async fn a_domain_leads_to_its_agents() {
    let stage = Stage::start(CloudSyncSize::Full, false).await;
    let agents = stage.rows(&format!("{PROFILE}/agents?$expand=agentGroups")).await;
    let groups = stage.rows(&format!("{PROFILE}/agentGroups?$expand=*")).await;
    let resources = stage.rows(&format!("{PROFILE}/publishedResources")).await;
    assert_eq!((agents.len(), groups.len(), resources.len()), (20, 5, 4));
    for (domain, many) in [("contoso.com", 8), ("asia.contoso.com", 2)] {
        let of_domain: Vec<&Value> = groups
            .iter()
            .filter(|group| group["publishedResources"][0]["resourceName"] == domain)
            .collect();
        assert_eq!(of_domain.len(), 1);
        assert_eq!(of_domain[0]["agents"].as_array().unwrap().len(), many);
    }
    // Two spellings of one word, and a default group that only the list of groups knows as such.
    let spelled = |word: &str| agents.iter().any(|agent| agent["status"] == word);
    assert!(spelled("Active") && spelled("active"));
    let default = groups.iter().find(|group| group["isDefault"] == true).unwrap();
    let inside = agents
        .iter()
        .flat_map(|agent| agent["agentGroups"].as_array().unwrap());
    let same: Vec<&Value> = inside.filter(|group| group["id"] == default["id"]).collect();
    assert!(!same.is_empty() && same.iter().all(|group| group["isDefault"] == false));
    let profile = stage
        .read(&format!(
            "{PROFILE}?$expand=publishedResources,agents,agentGroups"
        ))
        .await;
    assert_eq!(profile["agents"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn groups_are_made_filled_and_deleted() {
    let stage = quiet().await;
    let (status, group) = stage
        .post(&format!("{PROFILE}/agentGroups"), json!({"displayName": "North"}))
        .await;
    assert_eq!(status, 201);
    let id = group["id"].as_str().unwrap();
    let path = format!("{PROFILE}/agentGroups/{id}");
    let agents = stage.rows(&format!("{PROFILE}/agents")).await;
    let agent = agents[0]["id"].as_str().unwrap();
    let reference = json!({"@odata.id": stage.url(&path)});
    let assign = format!("{PROFILE}/agents/{agent}/agentGroups/$ref");
    assert_eq!(stage.post(&assign, reference).await.0, 204);
    assert_eq!(stage.post(&assign, json!({"@odata.id": "nonsense"})).await.0, 400);
    let members = |group: &Value| group["agents"].as_array().unwrap().len();
    assert_eq!(members(&stage.read(&format!("{path}?$expand=agents")).await), 1);
    let unassign = format!("{PROFILE}/agents/{agent}/agentGroups/{id}/$ref");
    assert_eq!(stage.delete(&unassign).await.0, 204);
    assert_eq!(members(&stage.read(&format!("{path}?$expand=agents")).await), 0);
    assert_eq!(stage.patch(&path, json!({"displayName": "South"})).await.0, 204);
    assert_eq!(stage.read(&path).await["displayName"], "South");
    assert_eq!(stage.delete(&path).await.0, 204);
    assert_eq!(stage.get(&path).await.0, 404);
    assert_eq!(stage.delete(&format!("{PROFILE}/agents/{agent}")).await.0, 405);
}

#[tokio::test]
async fn the_window_of_the_updater_is_set() {
    let stage = quiet().await;
    let set = json!({"hybridAgentUpdaterConfiguration": {
        "allowUpdateConfigurationOverride": false,
        "deferUpdateDateTime": "2026-12-01T00:00:00Z",
        "updateWindow": {"updateWindowStartTime": "01:00:00.0000000", "updateWindowEndTime": "04:00:00.0000000"},
    }});
    assert_eq!(stage.patch(PROFILE, set.clone()).await.0, 204);
    let profile = stage.read(PROFILE).await;
    assert_eq!(
        profile["hybridAgentUpdaterConfiguration"],
        set["hybridAgentUpdaterConfiguration"]
    );
    let wrong =
        json!({"hybridAgentUpdaterConfiguration": {"updateWindow": {"updateWindowStartTime": "25:00"}}});
    assert_eq!(stage.patch(PROFILE, wrong).await.0, 400);
}

#[tokio::test]
async fn an_agent_falls_silent_turns_inactive_and_vanishes() {
    let stage = quiet().await;
    let path = format!("{PROFILE}/agents");
    let agents = stage.rows(&path).await;
    let id = agents[1]["id"].as_str().unwrap().to_owned();
    let status = async || -> Option<String> {
        let agents = stage.rows(&path).await;
        let agent = agents.iter().find(|agent| agent["id"] == *id)?;
        Some(agent["status"].as_str().unwrap().to_lowercase())
    };
    stage.order(&format!("agents/{id}/silence"), "").await;
    assert_eq!(status().await.as_deref(), Some("active"));
    stage.advance(31).await;
    assert_eq!(status().await.as_deref(), Some("inactive"));
    stage.advance(180).await;
    assert_eq!(status().await, None);
    assert_eq!(stage.get(&format!("{path}/{id}")).await.0, 404);
    let truth = stage.truth().await;
    assert!(
        truth["agents"]
            .as_array()
            .unwrap()
            .iter()
            .any(|agent| agent["status"] == "vanished")
    );
    stage.order(&format!("agents/{id}/revive"), "").await;
    assert_eq!(status().await.as_deref(), Some("active"));
}
