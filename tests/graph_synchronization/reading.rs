//! What good answers become, odd ones too.

use handover::domain::{
    ErrorClass,
    synchronization::{
        AgentStatus, AuditQuery, ExecutionState, JobKind, LogQuery, OnDemandSubject, ProvisioningAction,
        QuarantineReason, ScheduleState, StatusCode, served_domains,
    },
};
use serde_json::{Value, json};

use crate::{
    csdl,
    desk::{Desk, Said, fine, refused},
};

const SP: &str = "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb";

fn sample(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(csdl::folder("samples")?.join(name)).unwrap())
}

async fn always(bytes: Vec<u8>) -> Desk {
    Desk::start(move |_, _| Said(200, String::new(), bytes.clone())).await
}

#[tokio::test]
async fn sample_jobs_come_out_whole() {
    let (Some(jobs), Some(quarantined), Some(created)) = (
        sample("jobs.json"),
        sample("job-quarantine-deletes.json"),
        sample("job-created.json"),
    ) else {
        return;
    };
    // The sample is a page with a job; it names no next one.
    let client = always(jobs).await.client(false);
    let jobs = client.jobs(SP).await.unwrap();
    let job = &jobs[0];
    assert_eq!((jobs.len(), job.kind()), (1, JobKind::Provisioning));
    assert_eq!(
        (job.schedule.interval.as_str(), &job.schedule.state),
        ("PT20M", &ScheduleState::Active)
    );
    let last = job.status.last.as_ref().unwrap();
    assert_eq!(
        (
            last.counts.count_imported,
            last.counts.count_escrowed_raw,
            &last.state
        ),
        (7, 11, &ExecutionState::Succeeded)
    );
    assert_eq!(last.ended.unwrap().to_string(), "2026-11-22T10:00:09.7654321Z");
    let good = job.status.last_good.as_ref().unwrap();
    assert_eq!(good.began, None, "the sentinel means never");
    assert_eq!(job.domain(), Some("contoso.example"));
    assert_eq!(
        job.status.entries.iter().map(|entry| entry.value).sum::<i64>(),
        415
    );
    assert_eq!(job.status.troubleshooting_url, None);

    let client = always(quarantined).await.client(false);
    let job = client.job(SP, "j").await.unwrap();
    assert_eq!(job.status.code, StatusCode::Quarantine);
    let quarantine = job.status.quarantine.unwrap();
    assert_eq!(
        (quarantine.reason, quarantine.series_count),
        (QuarantineReason::TooManyDeletes, 2)
    );
    assert_eq!(quarantine.error.unwrap().tenant_actionable, Some(true));

    let client = always(created).await.client(false);
    let job = client.job(SP, "j").await.unwrap();
    assert_eq!(
        (job.kind(), job.status.steady_first),
        (JobKind::Provisioning, None)
    );
    assert_eq!(job.template_id.as_deref(), Some("ADDCInPassthrough"));
}

#[tokio::test]
async fn agents_groups_and_domains_are_read_together() {
    let (Some(agents), Some(groups)) = (sample("agents.json"), sample("agentGroups.json")) else {
        return;
    };
    let desk = Desk::start(move |_, asked| {
        let body = match asked.path.as_str() {
            "beta/onPremisesPublishingProfiles/provisioning/agents" => agents.clone(),
            "beta/onPremisesPublishingProfiles/provisioning/agentGroups" => groups.clone(),
            // The profile is not to be had: the rest still holds.
            _ => return refused(404, "NotFound", "no"),
        };
        Said(200, String::new(), body)
    })
    .await;
    let client = desk.client(false);
    let topology = client.agent_topology().await.unwrap();
    assert_eq!(desk.asked().len(), 1, "one batch");
    assert_eq!(
        topology.agents[1].status,
        AgentStatus::Inactive,
        "in any letter case"
    );
    assert_eq!(
        topology.agents[1].publishing_types,
        ["provisioning", "adAdministration"]
    );
    assert!(topology.groups[1].is_default && !topology.groups[0].is_default);
    let served = served_domains(&topology);
    assert_eq!(
        (served[0].domain.as_str(), served[0].live),
        ("contoso.example", 1)
    );
    assert_eq!(topology.updater, None);
    assert_eq!(client.is_application(), Some(false));
}

#[tokio::test]
async fn agents_are_read_one_by_one_where_there_is_no_batch() {
    let desk = Desk::without_batches(|_, asked| {
        if asked.path.ends_with("$batch") {
            return refused(400, "BadRequest", "Resource not found for the segment '$batch'.");
        }
        if asked.path.ends_with("/provisioning") {
            let updater = json!({"allowUpdateConfigurationOverride": "true", "deferUpdateDateTime": "0001-01-01T00:00:00Z",
                "updateWindow": {"updateWindowStartTime": "02:00:00.0000000", "updateWindowEndTime": "04:00:00.0000000"}});
            return fine(&json!({"hybridAgentUpdaterConfiguration": updater, "publishedResources": null}));
        }
        fine(&json!({"value": [{"id": "1"}]}))
    })
    .await;
    let topology = desk.client(false).agent_topology().await.unwrap();
    let updater = topology.updater.unwrap();
    assert!(updater.allow_override && updater.defer_until.is_none());
    assert_eq!(updater.window.unwrap().start, "02:00:00.0000000");
    assert_eq!(topology.agents.len(), 1);
}

#[tokio::test]
async fn configurations_come_from_every_template_and_from_old_ones() {
    let desk = Desk::start(|_, asked| {
        let filter = asked.option("$filter").unwrap().to_owned();
        if filter.contains("3b99513e") && asked.option("$count") != Some("true") {
            return refused(400, "Request_UnsupportedQuery", "Unsupported query.");
        }
        let rows = match filter.as_str() {
            "applicationTemplateId eq '1a4721b3-e57f-4451-ae87-ef078703ec94'" => json!([
                {"id": "one", "displayName": "contoso.com\u{202e}", "accountEnabled": true, "applicationTemplateId": "1a4721b3-e57f-4451-ae87-ef078703ec94"}]),
            "appId eq '1a4721b3-e57f-4451-ae87-ef078703ec94'" => json!([{"id": "one"}, {"id": "old", "displayName": "Active Directory to ..."}]),
            _ if filter.contains("3b99513e") => {
                assert!(asked.head.contains("eventual"), "{}", asked.head);
                json!([{"id": "writeback", "displayName": "contoso.com"}])
            }
            _ => json!([]),
        };
        fine(&json!({ "value": rows }))
    })
    .await;
    let found = desk.client(false).configurations().await.unwrap();
    let ids: Vec<&str> = found
        .iter()
        .map(|configuration| configuration.id.as_str())
        .collect();
    assert_eq!(ids, ["one", "writeback", "old"]);
    assert_eq!(
        (found[0].display_name.as_str(), found[0].direction()),
        ("contoso.com", Some("AD to Entra"))
    );
}

#[tokio::test]
async fn unknown_words_members_and_types_do_no_harm() {
    let job = json!({"id": "x.y/z", "templateId": null, "novelty": {"a": [1]}, "schedule": {"state": "Dreaming\u{7}", "interval": 20},
        "status": {"code": "quarantine", "escrowsPruned": "True", "progress": [{"completedUnits": "5", "totalUnits": 9.0, "units": null}],
            "quarantine": {"reason": "SolarFlare", "error": {"code": "UnknownError", "message": json!({"error": {"code": "Inner", "message": "why"}}).to_string()}},
            "lastExecution": "soon", "synchronizedEntryCountByType": {}}, "synchronizationJobSettings": [null, {"name": "n"}]});
    let client = always(
        json!({"value": [job, {"templateId": "no id"}, 7]})
            .to_string()
            .into_bytes(),
    )
    .await
    .client(false);
    let jobs = client.jobs(SP).await.unwrap();
    assert_eq!(jobs.len(), 1);
    let job = &jobs[0];
    assert_eq!((job.schedule.state.word(), job.kind().word()), ("Dreaming", "x"));
    assert_eq!(
        (&job.status.code, job.status.escrows_pruned),
        (&StatusCode::Quarantine, true)
    );
    assert_eq!(
        (job.status.progress[0].done, job.status.progress[0].total),
        (5, 9)
    );
    let quarantine = job.status.quarantine.as_ref().unwrap();
    assert_eq!(quarantine.reason.word(), "SolarFlare");
    assert_eq!(quarantine.error.as_ref().unwrap().code, "Inner");
    assert!(job.status.last.is_none() && job.settings.len() == 1);
}

#[tokio::test]
async fn logs_and_audits_are_read() {
    let Some(log) = sample("provisioning-log.json") else {
        return;
    };
    let mut log: Value = serde_json::from_slice(&log).unwrap();
    log.as_object_mut().unwrap().remove("@odata.nextLink");
    let desk = Desk::start(move |_, asked| {
        if asked.path.ends_with("directoryAudits") {
            let filter = asked.option("$filter").unwrap();
            assert!(filter.contains("Account Provisioning") && filter.contains("t/id eq 'sp'"), "{filter}");
            return fine(&json!({"value": [
                {"id": "1", "loggedByService": "Account Provisioning", "activityDateTime": "2026-11-22T10:00:00Z", "targetResources": [{"id": "SP"}]},
                {"id": "2", "loggedByService": "Account Provisioning", "targetResources": [{"id": "other"}]}]}));
        }
        fine(&log)
    })
    .await;
    let client = desk.client(false);
    let (received, entries, next) = client.provisioning_log(&LogQuery::default(), None).await.unwrap();
    assert_eq!((received, entries.len(), next), (1, 1, None));
    let entry = &entries[0];
    assert_eq!(
        (&entry.action, entry.milliseconds),
        (&ProvisioningAction::StagedDelete, Some(120))
    );
    assert_eq!(
        (
            entry.source.display_name.as_str(),
            entry.steps.len(),
            entry.modified.len()
        ),
        ("Ada", 1, 1)
    );
    let elsewhere = LogQuery {
        object: Some("grace".to_owned()),
        ..LogQuery::default()
    };
    let (received, entries, _) = client.provisioning_log(&elsewhere, None).await.unwrap();
    assert_eq!((received, entries.len()), (1, 0), "filtered here");
    let of_it = AuditQuery {
        configuration: Some("sp".to_owned()),
        ..AuditQuery::default()
    };
    let (entries, _) = client.audit(&of_it, None).await.unwrap();
    assert_eq!(entries.len(), 1);
    let elsewhere = AuditQuery {
        object: Some("no such thing".to_owned()),
        ..of_it
    };
    let (entries, _) = client.audit(&elsewhere, None).await.unwrap();
    assert!(entries.is_empty(), "filtered here");
}

#[tokio::test]
async fn on_demand_answers_are_told_step_by_step() {
    let (Some(good), Some(skipped)) = (sample("pod-response.json"), sample("pod-response-skipped.json"))
    else {
        return;
    };
    let subject = OnDemandSubject {
        object_id: "CN=Ada,OU=Staff,DC=contoso,DC=example".to_owned(),
        object_type: "user".to_owned(),
    };
    let client = always(good).await.client(false);
    let outcome = client
        .provision_on_demand(SP, "AD2AADProvisioning.t.j", "r", &subject)
        .await
        .unwrap();
    let kinds: Vec<&str> = outcome.steps.iter().map(|step| step.kind.as_str()).collect();
    assert_eq!(kinds, ["Import", "Scoping", "Export"]);
    assert!(outcome.is_good() && outcome.steps[0].details.len() == 1);
    assert_eq!(
        (outcome.source.as_deref(), outcome.target.as_deref()),
        (Some("s1"), Some("t1"))
    );
    let client = always(skipped).await.client(false);
    let outcome = client
        .provision_on_demand(SP, "AD2AADProvisioning.t.j", "r", &subject)
        .await
        .unwrap();
    assert_eq!(
        (outcome.result.as_str(), outcome.error.unwrap().code.as_str()),
        ("Skipped", "RedundantExport")
    );
}

/// A schema of 600 KB with things in it that nobody knows.
fn large_schema() -> Vec<u8> {
    let mapping = |index: usize| {
        format!(
            "{{\"targetAttributeName\":\"a{index}\",\"odd\":1.{index}0e+2, \"zero\":-0.0 ,\"source\":{{\"expression\":\"[\\u0061\\/{index}]\"}}}}"
        )
    };
    let mappings: Vec<String> = (0..7_000).map(mapping).collect();
    format!(
        "{{\"z\":12345678901234567890123,\"id\":\"j\",\"synchronizationRules\":[{{\"zz\":null,\"objectMappings\":[{{\"attributeMappings\":[\n{}\n]}}]}}],\"version\":\"v\",\"a\":[]}}",
        mappings.join(",\n")
    )
    .into_bytes()
}

#[tokio::test]
async fn a_large_schema_goes_there_and_back_byte_by_byte() {
    let schema = large_schema();
    assert!(schema.len() > 600_000, "{}", schema.len());
    let served = schema.clone();
    let desk = Desk::start(move |_, asked| match asked.method.as_str() {
        "GET" => Said(200, String::new(), served.clone()),
        _ => Said(204, String::new(), Vec::new()),
    })
    .await;
    let client = desk.client(false);
    let read = client.schema(SP, "j").await.unwrap();
    assert!(read == schema, "as it was sent");
    client.replace_schema(SP, "j", read).await.unwrap();
    let asked = desk.asked();
    assert_eq!(asked[1].method, "PUT");
    assert!(asked[1].body == schema, "as it was read");
    let broken = client
        .replace_schema(SP, "j", b"{\"a\":".to_vec())
        .await
        .unwrap_err();
    assert_eq!(
        (broken.class, desk.asked().len()),
        (ErrorClass::Rejected, 2),
        "nothing was sent"
    );
}

#[tokio::test]
async fn a_schema_that_is_cut_off_is_no_schema() {
    let mut schema = large_schema();
    schema.truncate(300_000);
    let client = always(schema).await.client(false);
    assert_eq!(
        client.schema(SP, "j").await.unwrap_err().class,
        ErrorClass::Malformed
    );
}

#[tokio::test]
async fn the_tenants_prevention_is_a_list_of_one() {
    let Some(answer) = sample("onPremisesSynchronization.json") else {
        return;
    };
    let client = always(answer).await.client(false);
    assert_eq!(
        client.delete_prevention().await.unwrap(),
        ("enabledForCount".to_owned(), Some(500))
    );
    let client = always(b"{\"value\":[]}".to_vec()).await.client(false);
    assert_eq!(
        client.delete_prevention().await.unwrap_err().class,
        ErrorClass::Malformed
    );
}
