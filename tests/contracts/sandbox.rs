//! Every answer of the sandbox's Graph about Cloud Sync, and the real client against it.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::BoxFuture;
use handover::{
    cloud::{
        AccessToken, CallLog, TokenSource,
        graph::{GraphClient, SynchronizationClient, synchronization::TenantLimits},
        transport::{Settings, Transport},
    },
    domain::{
        Endpoints, ErrorClass, Service, ServiceError,
        synchronization::{
            AuditQuery, LogQuery, NotificationSettings, OnDemandSubject, ResetScope, SchemaView, StatusCode,
            TEMPLATES, UpdaterConfiguration,
        },
    },
    sandbox::{CloudSyncOptions, CloudSyncSize, Options},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    csdl::{Descriptions, descriptions},
    lab::{GRAPH, Lab, json_of, options},
    routes::{ROUTES, problems, route_of},
};

/// A sandbox with everything in it, whose time stands almost still: answers are compared with nothing that moves.
fn full() -> Options {
    Options {
        cloud_sync: CloudSyncOptions {
            size: CloudSyncSize::Full,
            pace: 0.001,
            story: false,
            ..CloudSyncOptions::default()
        },
        ..options()
    }
}

async fn person_token(lab: &Lab) -> String {
    let client = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
    let scope = format!("{GRAPH}/.default");
    let asked = [("client_id", client), ("scope", scope.as_str())];
    let device = json_of(lab.form("devicecode", &asked).await).await;
    lab.order("approve", "").await;
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", client),
        ("device_code", device["device_code"].as_str().unwrap()),
    ];
    let token = json_of(lab.form("token", &fields).await).await;
    token["access_token"].as_str().unwrap().to_owned()
}

/// Asks the sandbox and holds every good answer against the descriptions.
struct Walk {
    lab: Lab,
    token: String,
    files: [Vec<Descriptions>; 2],
    walked: BTreeSet<&'static str>,
    problems: BTreeSet<String>,
    answers: usize,
}

impl Walk {
    async fn start(options: Options) -> Option<Self> {
        let files = [descriptions("v1.0")?, descriptions("beta")?];
        let lab = Lab::start(options).await;
        let token = person_token(&lab).await;
        Some(Self {
            lab,
            token,
            files,
            walked: BTreeSet::new(),
            problems: BTreeSet::new(),
            answers: 0,
        })
    }

    async fn ask(&mut self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/{path}", self.lab.ready().graph);
        let mut request = self
            .lab
            .client
            .request(method.clone(), url)
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let bytes = answer.bytes().await.unwrap();
        let said = String::from_utf8_lossy(&bytes).into_owned();
        assert!(status.is_success(), "{method} {path}: {status} {said}");
        let (bare, query) = path.split_once('?').unwrap_or((path, ""));
        let route =
            route_of(method.as_str(), bare).unwrap_or_else(|| panic!("{method} {path} is in no table"));
        self.walked.insert(route.path);
        if route.answer == "-" {
            assert!(bytes.is_empty(), "{method} {path}: {said}");
            return Value::Null;
        }
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        let whole = !query.contains("$select");
        for file in &self.files[usize::from(route.version() == "beta")] {
            self.answers += 1;
            for problem in problems(file, route.answer, &answer, whole) {
                // Which row does not matter, what is wrong does.
                let index = problem.chars().map(|c| if c.is_ascii_digit() { '0' } else { c });
                let index: String = index.collect();
                self.problems
                    .insert(format!("{} {}: {index}", route.method, route.path));
            }
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await
    }

    async fn rows(&mut self, path: &str) -> Vec<Value> {
        self.get(path).await["value"].as_array().unwrap().clone()
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[tokio::test]
async fn every_answer_of_the_sandbox_is_as_described() {
    let Some(mut walk) = Walk::start(full()).await else {
        return;
    };
    walk.get("v1.0/organization?$select=id,displayName,onPremisesSyncEnabled,onPremisesLastSyncDateTime,verifiedDomains")
        .await;
    let mut configurations = Vec::new();
    for template in TEMPLATES {
        let filter = format!(
            "v1.0/servicePrincipals?$filter=applicationTemplateId%20eq%20%27{}%27",
            template.id
        );
        let select = "&$select=id,appId,displayName,accountEnabled,applicationTemplateId,createdDateTime,homepage,tags";
        configurations.extend(walk.rows(&format!("{filter}{select}")).await);
    }
    assert_eq!(configurations.len(), 5);
    let mut jobs = Vec::new();
    for configuration in &configurations {
        let id = text(configuration, "id").to_owned();
        walk.get(&format!("v1.0/servicePrincipals/{id}?$select=id,displayName"))
            .await;
        walk.get(&format!("v1.0/servicePrincipals/{id}/synchronization/secrets"))
            .await;
        for job in walk
            .rows(&format!("v1.0/servicePrincipals/{id}/synchronization/jobs"))
            .await
        {
            jobs.push((id.clone(), text(&job, "id").to_owned()));
        }
    }
    assert_eq!(jobs.len(), 15);
    // One job fails, so that executions with errors and quarantines are among the answers; then time goes on.
    walk.lab
        .order(
            &format!("synchronization/jobs/{}/fail", jobs[0].1),
            "HybridIdentityServiceNoActiveAgents",
        )
        .await;
    let mut quarantined = false;
    for _ in 0..10 {
        walk.lab.order("synchronization/advance", "600").await;
        for (configuration, _) in &jobs {
            let path = format!("v1.0/servicePrincipals/{configuration}/synchronization/jobs");
            let listed = walk.rows(&path).await;
            quarantined |= listed.iter().any(|job| job["status"]["quarantine"].is_object());
        }
    }
    assert!(quarantined, "no quarantine was among the answers");
    for (configuration, job) in &jobs {
        let at = format!("v1.0/servicePrincipals/{configuration}/synchronization/jobs/{job}");
        walk.get(&at).await;
        let schema = walk.get(&format!("{at}/schema")).await;
        walk.ask(Method::PUT, &format!("{at}/schema"), Some(schema)).await;
        walk.ask(Method::POST, &format!("{at}/pause"), None).await;
        walk.ask(Method::POST, &format!("{at}/start"), None).await;
        let restart = json!({"criteria": {"resetScope": "Escrows, Watermark, QuarantineState"}});
        walk.ask(Method::POST, &format!("{at}/restart"), Some(restart))
            .await;
        walk.get(&at).await;
    }
    let agents = "beta/onPremisesPublishingProfiles/provisioning";
    walk.get(&format!("{agents}?$expand=publishedResources")).await;
    walk.get(agents).await;
    let listed = walk.rows(&format!("{agents}/agents?$expand=agentGroups")).await;
    assert_eq!(listed.len(), 20);
    walk.get(&format!("{agents}/agentGroups?$expand=agents,publishedResources"))
        .await;
    let made = walk
        .ask(
            Method::POST,
            &format!("{agents}/agentGroups"),
            Some(json!({"displayName": "new"})),
        )
        .await;
    let (agent, group) = (text(&listed[0], "id").to_owned(), text(&made, "id").to_owned());
    let reference = json!({"@odata.id": format!("{}/{agents}/agentGroups/{group}", walk.lab.ready().graph)});
    walk.ask(
        Method::POST,
        &format!("{agents}/agents/{agent}/agentGroups/$ref"),
        Some(reference),
    )
    .await;
    walk.ask(
        Method::DELETE,
        &format!("{agents}/agents/{agent}/agentGroups/{group}/$ref"),
        None,
    )
    .await;
    walk.ask(
        Method::PATCH,
        &format!("{agents}/agentGroups/{group}"),
        Some(json!({"displayName": "newer"})),
    )
    .await;
    walk.ask(Method::DELETE, &format!("{agents}/agentGroups/{group}"), None)
        .await;
    let updater = json!({"hybridAgentUpdaterConfiguration": {"allowUpdateConfigurationOverride": false, "deferUpdateDateTime": null,
        "updateWindow": {"updateWindowStartTime": "01:00:00.0000000", "updateWindowEndTime": "04:00:00.0000000"}}});
    walk.ask(Method::PATCH, agents, Some(updater)).await;
    walk.get(agents).await;
    let mut entries = walk.get("v1.0/auditLogs/provisioning?$top=100").await;
    if let Some(link) = entries["@odata.nextLink"].as_str().map(str::to_owned) {
        let root = format!("{}/", walk.lab.ready().graph);
        entries = walk.get(link.strip_prefix(&root).unwrap()).await;
    }
    assert!(entries["value"].as_array().is_some_and(|rows| rows.len() > 20));
    walk.get("v1.0/auditLogs/directoryAudits").await;
    let tenant = walk.get("v1.0/directory/onPremisesSynchronization").await;
    let id = text(&tenant["value"][0], "id").to_owned();
    let off = json!({"configuration": {"accidentalDeletionPrevention": {"synchronizationPreventionType": "disabled", "alertThreshold": 500}}});
    walk.ask(
        Method::PATCH,
        &format!("v1.0/directory/onPremisesSynchronization/{id}"),
        Some(off),
    )
    .await;
    walk.get("v1.0/directory/onPremisesSynchronization").await;
    let name = json!({"displayName": "new.example"});
    let template = TEMPLATES[2].id;
    let made = walk
        .ask(
            Method::POST,
            &format!("v1.0/applicationTemplates/{template}/instantiate"),
            Some(name),
        )
        .await;
    let made = text(&made["servicePrincipal"], "id").to_owned();
    walk.lab.order("synchronization/advance", "120").await;
    let job = json!({"templateId": "Entra2ADExchangeOnlineAttributeWriteback"});
    let jobs_of = format!("v1.0/servicePrincipals/{made}/synchronization/jobs");
    walk.ask(Method::POST, &jobs_of, Some(job)).await;
    let secrets = json!({"value": [{"key": "Domain", "value": "{\"domain\":\"contoso.com\"}"}]});
    walk.ask(
        Method::PUT,
        &format!("v1.0/servicePrincipals/{made}/synchronization/secrets"),
        Some(secrets),
    )
    .await;
    let (configuration, job) = jobs
        .iter()
        .find(|(_, job)| job.starts_with("AD2AADProvisioning"))
        .unwrap();
    let subjects = walk
        .lab
        .control(&format!("synchronization/jobs/{job}/subjects"))
        .await;
    let schema = walk
        .get(&format!(
            "v1.0/servicePrincipals/{configuration}/synchronization/jobs/{job}/schema"
        ))
        .await;
    let on_demand = json!({"parameters": [{"ruleId": schema["synchronizationRules"][0]["id"],
        "subjects": [{"objectId": subjects["inScope"][0], "objectTypeName": "user"}]}]});
    let path = format!("v1.0/servicePrincipals/{configuration}/synchronization/jobs/{job}/provisionOnDemand");
    walk.ask(Method::POST, &path, Some(on_demand)).await;

    let not_walked: Vec<&str> = ROUTES
        .iter()
        .map(|route| route.path)
        .filter(|path| !walk.walked.contains(path) && !path.contains("onPremisesSyncBehavior"))
        .collect();
    assert!(not_walked.is_empty(), "{not_walked:?}");
    assert!(walk.answers > 500, "{}", walk.answers);
    assert!(walk.problems.is_empty(), "{:#?}", walk.problems);
}

/// Tokens fetched beforehand.
struct Given {
    token: String,
    app_only: bool,
}

impl TokenSource for Given {
    fn token<'a>(
        &'a self,
        service: Service,
        _rejected: Option<&'a AccessToken>,
    ) -> BoxFuture<'a, Result<AccessToken, ServiceError>> {
        Box::pin(async move {
            Ok(AccessToken {
                secret: self.token.clone().into(),
                service,
                tenant_id: "tenant".into(),
                subject: "admin@contoso.com".into(),
                app_only: self.app_only,
                rights: Vec::new(),
                expires_at: jiff::Timestamp::MAX,
            })
        })
    }
}

fn client(lab: &Lab, token: String, app_only: bool) -> SynchronizationClient {
    let ready = lab.ready();
    let endpoints = Endpoints::custom(&ready.login, &ready.graph, &ready.exchange);
    let tokens = Arc::new(Given { token, app_only });
    let transport = Transport::new(
        endpoints.unwrap(),
        tokens,
        CallLog::default(),
        Settings::default(),
    );
    SynchronizationClient::new(
        GraphClient::new(Arc::new(transport)),
        Arc::new(TenantLimits::default()),
    )
}

#[tokio::test]
async fn the_client_and_the_sandbox_understand_each_other() {
    let mut options = full();
    // What is written shows some seconds of the sandbox's time later.
    options.cloud_sync.pace = 20.0;
    let lab = Lab::start(options).await;
    let person = client(&lab, person_token(&lab).await, false);
    let topology = person.agent_topology().await.unwrap();
    assert_eq!((topology.agents.len(), topology.resources.len()), (20, 4));
    assert!(topology.agents.iter().all(|agent| !agent.groups.is_empty()));
    let group = person.create_agent_group("new group").await.unwrap();
    person.assign_agent(&topology.agents[0].id, &group).await.unwrap();
    person.rename_agent_group(&group, "newer").await.unwrap();
    let changed = person.agent_topology().await.unwrap();
    let found = changed.groups.iter().find(|known| known.id == group).unwrap();
    assert_eq!((found.display_name.as_str(), found.agents.len()), ("newer", 1));
    person
        .unassign_agent(&topology.agents[0].id, &group)
        .await
        .unwrap();
    person.delete_agent_group(&group).await.unwrap();
    let updater = UpdaterConfiguration {
        defer_until: Some("2027-01-01T00:00:00Z".parse().unwrap()),
        ..UpdaterConfiguration::default()
    };
    person.set_updater(&updater).await.unwrap();
    assert_eq!(
        person
            .agent_topology()
            .await
            .unwrap()
            .updater
            .unwrap()
            .defer_until,
        updater.defer_until
    );

    let configurations = person.configurations().await.unwrap();
    assert_eq!(configurations.len(), 5);
    let mut kinds = BTreeSet::new();
    let mut on_demand = None;
    for configuration in &configurations {
        for job in person.jobs(&configuration.id).await.unwrap() {
            kinds.insert(job.kind());
            let schema = person.schema(&configuration.id, &job.id).await.unwrap();
            let view = SchemaView::read(&schema).unwrap();
            assert!(!view.rules.is_empty() && !view.version.is_empty());
            if job.id.starts_with("AD2AADProvisioning") && on_demand.is_none() {
                on_demand = Some((configuration.id.clone(), job.id.clone(), view.rules[0].id.clone()));
            }
        }
    }
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    let (configuration, job, rule) = on_demand.unwrap();
    person.pause(&configuration, &job).await.unwrap();
    assert_eq!(
        person.job(&configuration, &job).await.unwrap().status.code,
        StatusCode::Paused
    );
    person.start(&configuration, &job).await.unwrap();
    person
        .restart(&configuration, &job, ResetScope::FULL)
        .await
        .unwrap();
    let subjects = lab.control(&format!("synchronization/jobs/{job}/subjects")).await;
    let subject = OnDemandSubject {
        object_id: subjects["inScope"][0].as_str().unwrap().to_owned(),
        object_type: "user".to_owned(),
    };
    let outcome = person
        .provision_on_demand(&configuration, &job, &rule, &subject)
        .await
        .unwrap();
    assert!(outcome.is_good() && !outcome.steps.is_empty(), "{outcome:?}");
    let settings = NotificationSettings {
        threshold: 17,
        recipients: "ops@contoso.com".to_owned(),
        ..NotificationSettings::default()
    };
    person
        .set_notification_settings(&configuration, &settings)
        .await
        .unwrap();
    assert_eq!(
        person.notification_settings(&configuration).await.unwrap(),
        Some(settings)
    );
    person.disable_delete_prevention().await.unwrap();
    assert_eq!(person.delete_prevention().await.unwrap().0, "disabled");
    let query = LogQuery {
        job_id: Some(job.clone()),
        after: Some("2020-01-01T00:00:00Z".parse().unwrap()),
        ..LogQuery::default()
    };
    let (received, entries, _) = person.provisioning_log(&query, None).await.unwrap();
    assert!(received > 0 && entries.iter().all(|entry| entry.job_id == job));
    let of_it = AuditQuery {
        configuration: Some(configuration.clone()),
        after: query.after,
        ..AuditQuery::default()
    };
    let (audit, _) = person.audit(&of_it, None).await.unwrap();
    assert!(!audit.is_empty(), "the settings were changed");

    let token = lab.app_token(GRAPH).await;
    let application = client(&lab, token, true);
    let refused = application.agent_topology().await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Permission);
    assert!(refused.advice.unwrap().contains("sign in with device-code"));
    assert_eq!(application.configurations().await.unwrap().len(), 5);
}
