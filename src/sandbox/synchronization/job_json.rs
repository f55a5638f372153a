//! A job as JSON (facts/graph section 3.1).

use serde_json::{Value, json};

use super::clock::{self, NEVER, Ticks};
use super::configuration::Configuration;
use super::job::{Ending, Execution, Failure, Job};
use super::kind::{PASSWORD_HASH, PROVISIONING};

/// A job in a list or alone.
pub(super) fn job(job: &Job, configuration: &Configuration, now: Ticks) -> Value {
    let progress: Vec<Value> = job
        .running
        .iter()
        .map(|running| {
            let length = (running.ends - running.began).max(1);
            let done = running.units * (now - running.began).clamp(0, length) / length;
            json!({
                "completedUnits": done,
                "progressObservationDateTime": clock::text(now),
                "totalUnits": running.units,
                "units": "objects",
            })
        })
        .collect();
    // The last good run of some jobs has lost its beginning (facts/graph section 3.1).
    let beginning_lost = job.kind().is(PASSWORD_HASH);
    let last_good = job.last_good.as_ref().map(|good| {
        let mut json = execution(good);
        if beginning_lost {
            json["activityIdentifier"] = Value::Null;
            json["timeBegan"] = NEVER.into();
        }
        json
    });
    let quarantine = job.quarantine.as_ref().map(|quarantine| {
        let (began, count) = job.series.unwrap_or((quarantine.began, 1));
        json!({
            "reason": quarantine.reason,
            "currentBegan": clock::text(quarantine.began),
            "nextAttempt": clock::text(quarantine.next_attempt),
            "seriesBegan": clock::text(began),
            "seriesCount": count,
            "error": failure(&quarantine.error),
        })
    });
    let entries = if job.entries > 0 {
        let mut entries = vec![json!({ "key": job.kind().entry, "value": job.entries })];
        if job.kind().from_directory {
            entries.insert(
                0,
                json!({ "key": "group to Group", "value": 3 + job.entries / 40 }),
            );
        }
        entries
    } else {
        Vec::new()
    };
    json!({
        "id": job.id(),
        "templateId": job.kind().template,
        "schedule": { "expiration": null, "interval": "PT20M", "state": job.schedule.word() },
        "status": {
            "countSuccessiveCompleteFailures": job.failures,
            "escrowsPruned": false,
            "code": job.code(),
            "lastExecution": job.last.as_ref().map(execution),
            "lastSuccessfulExecution": last_good,
            "lastSuccessfulExecutionWithExports": job.last_good_with_exports.as_ref().map(execution),
            "quarantine": quarantine,
            "steadyStateFirstAchievedTime": clock::text_or_never(job.steady_first),
            "steadyStateLastAchievedTime": clock::text_or_never(job.steady_last),
            "troubleshootingUrl": if job.quarantine.is_some() { Value::from("") } else { Value::Null },
            "progress": progress,
            "synchronizedEntryCountByType": entries,
        },
        "synchronizationJobSettings": settings(job, configuration),
    })
}

/// A job as the answer to its creation: under the name of another template, stating another interval (facts/graph
/// section 2.3).
pub(super) fn created(it: &Job, configuration: &Configuration, now: Ticks) -> Value {
    let mut json = job(it, configuration, now);
    if it.kind().is(PROVISIONING) {
        json["templateId"] = "ADDCInPassthrough".into();
    }
    json["schedule"]["interval"] = "PT40M".into();
    json
}

fn failure(failure: &Failure) -> Value {
    json!({ "code": failure.code, "message": failure.message, "tenantActionable": true })
}

fn execution(execution: &Execution) -> Value {
    let counts = &execution.counts;
    json!({
        "activityIdentifier": execution.activity,
        "countEntitled": counts.entitled,
        "countEntitledForProvisioning": counts.entitled_for_provisioning,
        "countEscrowed": counts.escrowed,
        "countEscrowedRaw": counts.escrowed_raw,
        "countExported": counts.exported,
        "countExports": counts.exports,
        "countImported": counts.imported,
        "countImportedDeltas": counts.imported_deltas,
        "countImportedReferenceDeltas": counts.imported_reference_deltas,
        "state": match execution.ending {
            Ending::Succeeded => "Succeeded",
            Ending::Failed => "Failed",
            Ending::EntryLevelErrors => "EntryLevelErrors",
        },
        "error": execution.error.as_ref().map(failure),
        "timeBegan": clock::text(execution.began),
        "timeEnded": clock::text(execution.ended),
    })
}

/// Settings; those of the domain are there once the job has discovered it.
fn settings(job: &Job, configuration: &Configuration) -> Vec<Value> {
    let pair = |name: &str, value: &str| json!({ "name": name, "value": value });
    let mut settings = vec![
        pair("AzureIngestionAttributeOptimization", "False"),
        pair("LookaheadQueryEnabled", "False"),
    ];
    let Some(domain) = configuration.domain().filter(|_| job.last_good.is_some()) else {
        return settings;
    };
    let short = domain.split('.').next().unwrap_or_default().to_uppercase();
    let forest = if domain.ends_with("fabrikam.com") {
        "fabrikam.com"
    } else {
        "contoso.com"
    };
    let forest_short = forest.split('.').next().unwrap_or_default().to_uppercase();
    let whole = json!({ "DomainFQDN": domain, "DomainNetBios": short, "ForestFQDN": forest, "ForestNetBios": forest_short });
    settings.extend([
        pair("Domain", &whole.to_string()),
        pair("DomainDiscoveredAt", &clock::text(job.created)),
        pair("DomainFQDN", &domain),
        pair("DomainNetBios", &short),
        pair("ForestFQDN", forest),
        pair("ForestNetBios", &forest_short),
    ]);
    settings
}
