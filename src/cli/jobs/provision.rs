//! `handover jobs provision`: objects now, each with the steps it went through.

use std::io::Read;

use serde_json::{Value, json};

use super::{arguments::ProvisionArguments, find};
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::Global,
        runtime,
        synchronization::{Tenant, act, exit_of},
    },
    domain::{
        ServiceError,
        synchronization::{OnDemandOutcome, OnDemandSubject},
    },
    engine::synchronization::{SynchronizationAction, advice::on_demand_advice, subjects::read_subjects},
};

/// Files larger than this are no lists of objects.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// Provisions what was named.
pub fn run(global: &Global, arguments: &ProvisionArguments) -> Result<Exit, Failure> {
    arguments.confirm.permit(global)?;
    let subjects = subjects(arguments)?;
    runtime()?.block_on(async {
        let tenant = Tenant::open(global).await?;
        let (configuration, job) = find::job(&tenant, &arguments.job).await?;
        let action = SynchronizationAction::ProvisionOnDemand {
            configuration: configuration.id,
            job: job.id,
            subjects,
        };
        let Some(outcome) = act(global, &tenant, &arguments.confirm, action).await? else {
            return Ok(Exit::Done);
        };
        let exit = exit_of(&outcome);
        match print(global, &outcome.provisioned) {
            Err(failure) if failure.quiet => Ok(exit),
            Err(failure) => Err(failure),
            Ok(()) => Ok(exit),
        }
    })
}

fn subjects(arguments: &ProvisionArguments) -> Result<Vec<OnDemandSubject>, Failure> {
    let mut text = String::new();
    for object in arguments.objects.iter().chain(&arguments.names) {
        if object.contains(['\n', '\r']) {
            return Err(Failure::usage(
                "one object may not span lines; use --file for a list",
            ));
        }
        text.push_str(object);
        text.push('\n');
    }
    let usage =
        |error: crate::engine::synchronization::subjects::SubjectsError| Failure::usage(error.to_string());
    let mut subjects = if text.is_empty() {
        Vec::new()
    } else {
        read_subjects(&text, &arguments.object_type).map_err(usage)?
    };
    if let Some(path) = &arguments.file {
        let mut bytes = Vec::new();
        let read = if path.as_os_str() == "-" {
            std::io::stdin().take(LARGEST_FILE + 1).read_to_end(&mut bytes)
        } else {
            std::fs::File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
        };
        read.map_err(|error| Failure::file(path, error))?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(Failure::file(path, "the file is too large for a list of objects"));
        }
        let text = String::from_utf8(bytes).map_err(|_| Failure::file(path, "the file is not UTF-8"))?;
        let of_file =
            read_subjects(&text, &arguments.object_type).map_err(|error| Failure::file(path, error))?;
        for subject in of_file {
            let known = subjects
                .iter()
                .any(|known| known.object_id.eq_ignore_ascii_case(&subject.object_id));
            if !known {
                subjects.push(subject);
            }
        }
    }
    if subjects.is_empty() {
        return Err(Failure::usage("no object was given").advise(
            "Name distinguished names (or object ids, for jobs that read Entra ID), or a file of them with --file.",
        ));
    }
    Ok(subjects)
}

type Provisioned = (OnDemandSubject, Result<OnDemandOutcome, ServiceError>);

fn print(global: &Global, provisioned: &[Provisioned]) -> Result<(), Failure> {
    let mut output = Output::new(global.output);
    for (subject, answer) in provisioned {
        if output.is_table() {
            timeline(&mut output, subject, answer)?;
        } else if output.is_flat() {
            let record = record(subject, answer);
            output.row(&json!({
                "object": record["object"],
                "result": record["result"],
                "action": record["action"],
                "errorCode": record["error"]["code"],
                "errorMessage": record["error"]["message"],
                "advice": record["advice"],
            }))?;
        } else {
            output.row(&record(subject, answer))?;
        }
    }
    if output.is_table() {
        return output.flush();
    }
    output.finish()
}

fn record(subject: &OnDemandSubject, answer: &Result<OnDemandOutcome, ServiceError>) -> Value {
    match answer {
        Ok(outcome) => json!({
            "object": subject.object_id,
            "result": outcome.result,
            "good": outcome.is_good(),
            "action": outcome.action,
            "error": outcome.error,
            "advice": on_demand_advice(outcome)
                .map(|advice| format!("{} {}", advice.meaning, advice.action))
                .or_else(|| outcome.recommended.clone()),
            "source": outcome.source,
            "target": outcome.target,
            "steps": outcome.steps.iter().map(|step| json!({
                "name": step.name,
                "kind": step.kind,
                "status": step.status,
                "description": step.description,
                "at": step.at,
                "details": step.details.iter().cloned().map(|(name, value)| (name, Value::from(value)))
                    .collect::<serde_json::Map<_, _>>(),
            })).collect::<Vec<_>>(),
            "modified": outcome.modified,
        }),
        Err(error) => json!({
            "object": subject.object_id,
            "result": "Failed",
            "good": false,
            "action": "",
            "error": {"code": error.code, "message": error.message, "requestId": error.request_id},
            "advice": error.advice,
            "source": null,
            "target": null,
            "steps": [],
            "modified": [],
        }),
    }
}

/// For people: the steps in order, then what was changed.
fn timeline(
    output: &mut Output,
    subject: &OnDemandSubject,
    answer: &Result<OnDemandOutcome, ServiceError>,
) -> Result<(), Failure> {
    let outcome = match answer {
        Ok(outcome) => outcome,
        Err(error) => {
            output.text(&format!("{}  failed: {error}", subject.object_id))?;
            if let Some(advice) = &error.advice {
                output.text(&format!("  {advice}"))?;
            }
            return Ok(());
        }
    };
    output.text(&format!(
        "{}  {}{}",
        subject.object_id,
        outcome.result,
        if outcome.action.is_empty() {
            String::new()
        } else {
            format!(", {}", outcome.action)
        }
    ))?;
    for step in &outcome.steps {
        let at = step
            .at
            .map_or_else(String::new, |at| at.strftime("%H:%M:%S ").to_string());
        output.text(&format!(
            "  {at}{:<10} {:<10} {}  {}",
            step.kind, step.status, step.name, step.description
        ))?;
    }
    for property in &outcome.modified {
        output.text(&format!(
            "  changed    {}: {} -> {}",
            property.name,
            property.old.as_deref().unwrap_or("nothing"),
            property.new.as_deref().unwrap_or("nothing")
        ))?;
    }
    if let Some(error) = &outcome.error {
        output.text(&format!("  error      {}: {}", error.code, error.message))?;
    }
    match on_demand_advice(outcome) {
        Some(advice) => output.text(&format!("  advice     {} {}", advice.meaning, advice.action)),
        None => Ok(()),
    }
}
