//! `/servicePrincipals/{id}/synchronization`: jobs, schemas, secrets, templates (facts/graph sections 2 to 4).

use serde_json::{Value, json};

use super::audit;
use super::clock::SECOND;
use super::job::{Job, restart};
use super::kind::{self, KINDS};
use super::permission::{DISCOVER, READ_JOBS, WRITE_JOBS};
use super::routes::Context;
use super::{definition, job_json, on_demand, schema, stored_schema};
use crate::sandbox::Fault;
use crate::sandbox::reply::Reply;

type Answer = Result<Reply, Box<Reply>>;

/// How often the source mappings are repeated in the metadata of a schema, so that it is as long as a real one.
const WEIGHT: usize = 16;
const FULL_WEIGHT: usize = 80;

/// Answers everything below `synchronization`; `names` are in lower case, `raw` are as they came.
pub(super) fn route(context: &mut Context, principal: &str, names: &[&str], raw: &[&str]) -> Reply {
    answer(context, principal, names, raw).unwrap_or_else(|reply| *reply)
}

fn answer(context: &mut Context, principal: &str, names: &[&str], raw: &[&str]) -> Answer {
    let read = context.method == "GET";
    let asks = &mut context.sync.asks;
    let needs = match names {
        ["secrets"] => {
            asks.secrets += 1;
            // No document says what reading them needs (facts/graph section 2.5).
            WRITE_JOBS
        }
        ["templates", ..] => {
            asks.templates += 1;
            READ_JOBS
        }
        ["jobs", _, "schema", "directories", _, "discover"] => {
            asks.schema += 1;
            DISCOVER
        }
        ["jobs", _, "schema", ..] => {
            asks.schema += 1;
            if read { READ_JOBS } else { WRITE_JOBS }
        }
        ["jobs"] | ["jobs", _] => {
            asks.jobs += 1;
            if read { READ_JOBS } else { WRITE_JOBS }
        }
        ["jobs", _, action] => {
            if action.ends_with("provisionondemand") {
                asks.on_demand += 1;
            } else {
                asks.actions += 1;
            }
            WRITE_JOBS
        }
        _ => {
            return Err(context
                .refuse(400, "BadRequest", "Resource not found for the segment.")
                .into());
        }
    };
    context.needs(&needs)?;
    let place = context
        .place(principal)
        .ok_or_else(|| context.not_found(principal))?;
    match names {
        ["secrets"] => secrets(context, place),
        ["templates"] if read => Ok(templates(context, place)),
        ["jobs"] if read => list(context, place),
        ["jobs"] if context.method == "POST" => create(context, place),
        ["jobs", _, rest @ ..] => {
            let at = job_place(context, place, raw[1])?;
            match (context.method, rest) {
                ("GET", []) => {
                    let it = &context.sync.configurations[place];
                    let row = job_json::job(&it.jobs[at], it, context.now);
                    let what = format!("servicePrincipals('{}')/synchronization/jobs/$entity", it.id);
                    Ok(context.entity(200, &what, row))
                }
                ("DELETE", []) => {
                    let job = context.sync.configurations[place].jobs.remove(at);
                    note(
                        context,
                        place,
                        audit::DELETE,
                        Some(("JobId", job.id().to_owned(), String::new())),
                    );
                    Ok(context.done())
                }
                (_, ["schema", rest @ ..]) => schema(context, place, at, rest, raw),
                ("POST", [action]) => {
                    let action = action.strip_prefix("microsoft.graph.").unwrap_or(action);
                    act(context, place, at, action)
                }
                _ => Ok(context.not_allowed()),
            }
        }
        _ => Ok(context.not_allowed()),
    }
}

/// Writes an audit entry about a configuration.
pub(super) fn note(
    context: &mut Context,
    place: usize,
    activity: &'static str,
    modified: Option<(&'static str, String, String)>,
) {
    let it = &context.sync.configurations[place];
    let target = (it.id, it.display_name.clone());
    context.note(activity, target, modified);
}

fn is_shown(context: &Context, job: &Job) -> bool {
    !job.hidden || context.world.rate(Fault::UnknownKind) > 0.0
}

fn job_place(context: &Context, place: usize, id: &str) -> Result<usize, Box<Reply>> {
    context.sync.configurations[place]
        .jobs
        .iter()
        .position(|job| job.id() == id && is_shown(context, job))
        .ok_or_else(|| {
            Box::new(context.nested(404, "SynchronizationJobNotFound", Some("The job does not exist.")))
        })
}

/// `GET jobs`, also by `templateId`.
fn list(context: &Context, place: usize) -> Answer {
    let template = match context.query.get("$filter").map(str::trim) {
        None | Some("") => None,
        Some(text) => {
            let value = text
                .strip_prefix("templateId eq '")
                .and_then(|rest| rest.strip_suffix('\''));
            let invalid = || context.refuse(400, "BadRequest", "Invalid filter clause.");
            Some(value.ok_or_else(invalid)?)
        }
    };
    let it = &context.sync.configurations[place];
    let rows = it
        .jobs
        .iter()
        .filter(|job| is_shown(context, job))
        .filter(|job| template.is_none_or(|template| job.kind().template == template))
        .map(|job| job_json::job(job, it, context.now));
    let what = format!("servicePrincipals('{}')/synchronization/jobs", it.id);
    Ok(context.list(&what, rows.collect()))
}

/// `POST jobs`
fn create(context: &mut Context, place: usize) -> Answer {
    let body = context.json()?;
    let template = body["templateId"].as_str().unwrap_or_default();
    let application = context.sync.configurations[place].application_template.clone();
    let kind = kind::named(template).filter(|kind| kind.application == application);
    let Some(kind) = kind else {
        return Err(context
            .nested(400, "InvalidTemplate", Some("The template does not exist here."))
            .into());
    };
    let (world, now) = (context.world, context.now);
    let job = context.sync.new_job(&world.tenant, place, kind, now);
    let it = &mut context.sync.configurations[place];
    it.jobs.push(job);
    let at = it.jobs.len() - 1;
    let row = job_json::created(&it.jobs[at], it, now);
    let what = format!("servicePrincipals('{}')/synchronization/jobs/$entity", it.id);
    note(
        context,
        place,
        audit::ADD,
        Some(("TemplateId", String::new(), template.to_owned())),
    );
    Ok(context.entity(201, &what, row))
}

/// `POST start`, `pause`, `restart` and the others.
fn act(context: &mut Context, place: usize, at: usize, action: &str) -> Answer {
    let now = context.now;
    let activity = match action {
        "start" => {
            context.sync.configurations[place].jobs[at].start(now);
            audit::START
        }
        "pause" => {
            context.sync.configurations[place].jobs[at].pause();
            audit::PAUSE
        }
        "restart" => {
            let flags = criteria(context)?;
            context.sync.configurations[place].jobs[at].restart(flags, now);
            audit::RESTART
        }
        "validatecredentials" => return Ok(context.done()),
        "provisionondemand" => return on_demand::provision(context, place, at),
        _ => {
            return Err(context
                .refuse(400, "BadRequest", "Resource not found for the segment.")
                .into());
        }
    };
    let job = context.sync.configurations[place].jobs[at].id().to_owned();
    note(context, place, activity, Some(("JobId", String::new(), job)));
    Ok(context.done())
}

/// `criteria.resetScope`; no criteria mean what the portal's restart means.
fn criteria(context: &Context) -> Result<u8, Box<Reply>> {
    if context.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(restart::DEFAULT);
    }
    let body = context.json()?;
    let scope = match &body["criteria"]["resetScope"] {
        Value::Null => "",
        Value::String(scope) => scope,
        _ => return Err(context.nested(400, "InvalidRequest", None).into()),
    };
    if scope.trim().is_empty() {
        return Ok(restart::DEFAULT);
    }
    let invalid = || context.nested(400, "InvalidResetScope", Some("The scope is not known."));
    Ok(restart::parse(scope).ok_or_else(invalid)?)
}

/// `GET` and `PUT secrets`
fn secrets(context: &mut Context, place: usize) -> Answer {
    let now = context.now;
    match context.method {
        "GET" => {
            let it = &context.sync.configurations[place];
            let rows: Vec<Value> = it
                .seen_secrets(now)
                .iter()
                .map(|(key, value)| json!({ "key": key, "value": value }))
                .collect();
            let what = format!("servicePrincipals('{}')/synchronization/secrets", it.id);
            Ok(Reply::json(
                200,
                &json!({ "@odata.context": context.context(&what), "value": rows }),
            ))
        }
        "PUT" => {
            let body = context.json()?;
            if let Err(code) = context.sync.configurations[place].put_secrets(&body, now) {
                return Err(context.nested(400, code, None).into());
            }
            note(context, place, audit::SECRETS, None);
            Ok(context.done())
        }
        _ => Ok(context.not_allowed()),
    }
}

/// `GET templates`: the job templates of a service principal.
fn templates(context: &Context, place: usize) -> Reply {
    let it = &context.sync.configurations[place];
    let rows = KINDS
        .iter()
        .filter(|kind| kind.application == it.application_template)
        .enumerate()
        .map(|(at, kind)| {
            json!({
                "id": kind.template,
                "applicationId": it.app_id,
                "default": at == 0,
                "description": format!("{} to {}", kind.source_system, kind.target_system),
                "discoverable": true,
                "factoryTag": kind.template,
                "metadata": [],
            })
        });
    let what = format!("servicePrincipals('{}')/synchronization/templates", it.id);
    context.list(&what, rows.collect())
}

/// The weight of schemas at a size.
pub(super) fn weight(full: bool) -> usize {
    if full { FULL_WEIGHT } else { WEIGHT }
}

/// The schema of a job as it is now, without its context.
pub(super) fn schema_text(job: &Job, seed: u64, weight: usize) -> Vec<u8> {
    job.schema
        .clone()
        .unwrap_or_else(|| schema::default_schema(job, seed, weight).to_string().into_bytes())
}

/// Everything below `schema`.
fn schema(context: &mut Context, place: usize, at: usize, rest: &[&str], raw: &[&str]) -> Answer {
    let (seed, now) = (context.seed(), context.now);
    let full = context.sync.options.size == super::CloudSyncSize::Full;
    let it = &context.sync.configurations[place];
    let job = &it.jobs[at];
    match (context.method, rest) {
        ("GET", []) => {
            let text = schema_text(job, seed, weight(full));
            let what = format!(
                "servicePrincipals('{}')/synchronization/jobs('{}')/schema/$entity",
                it.id,
                job.id()
            );
            let mut body =
                format!("{{\"@odata.context\":{},", Value::from(context.context(&what))).into_bytes();
            body.extend_from_slice(text.get(1..).unwrap_or_default());
            if context
                .query
                .get("$expand")
                .is_some_and(|expand| expand.contains("directories"))
            {
                body.pop();
                let directories = Value::from(definition::definitions(job, seed, None));
                body.extend_from_slice(format!(",\"directories\":{directories}}}").as_bytes());
            }
            Ok(Reply::new(200, body).with("content-type", "application/json; charset=utf-8"))
        }
        ("PUT", []) => {
            let job = &mut context.sync.configurations[place].jobs[at];
            job.schema_at = now;
            job.writes.schema += 1;
            let version = schema::version(job, seed);
            match stored_schema::accept(context.body, job.id(), &version) {
                Ok(stored) => replace_schema(job, Some(stored), now),
                Err(code) => return Err(context.nested(400, code, Some("The schema is not valid.")).into()),
            }
            note(context, place, audit::SCHEMA, None);
            Ok(context.done())
        }
        ("DELETE", []) => {
            let job = &mut context.sync.configurations[place].jobs[at];
            (job.schema_at, job.legacy_mappings) = (now, false);
            job.containers.clear();
            job.writes.schema += 1;
            replace_schema(job, None, now);
            note(context, place, audit::SCHEMA, None);
            Ok(context.done())
        }
        ("GET", ["filteroperators"]) => {
            Ok(context.list("Collection(microsoft.graph.filterOperatorSchema)", operators()))
        }
        ("GET", ["directories"]) => Ok(context.list("directories", definition::definitions(job, seed, None))),
        ("GET", ["directories", _]) => {
            let found = one_directory(job, seed, raw[4], None).ok_or_else(|| context.not_found(raw[4]))?;
            Ok(context.entity(200, "directories/$entity", found))
        }
        ("POST", ["directories", _, "discover"]) => {
            let found =
                one_directory(job, seed, raw[4], Some(now)).ok_or_else(|| context.not_found(raw[4]))?;
            Ok(context.entity(200, "microsoft.graph.directoryDefinition", found))
        }
        _ => Ok(context.not_allowed()),
    }
}

fn one_directory(job: &Job, seed: u64, id: &str, discovered: Option<i64>) -> Option<Value> {
    definition::definitions(job, seed, discovered)
        .into_iter()
        .find(|definition| definition["id"] == *id)
}

/// A new schema is worked through from the beginning.
fn replace_schema(job: &mut Job, stored: Option<Vec<u8>>, now: i64) {
    job.schema = stored;
    job.watermark = false;
    job.running = None;
    job.next_begin = now + SECOND;
}

fn operators() -> Vec<Value> {
    [("EQUALS", "Binary"), ("NOT EQUALS", "Binary"), ("IS TRUE", "Unary"), ("IS FALSE", "Unary"), ("IS NULL", "Unary"),
     ("IS NOT NULL", "Unary"), ("REGEX MATCH", "Binary"), ("NOT REGEX MATCH", "Binary")]
    .iter()
    .map(|(id, arity)| json!({ "id": id, "arity": arity, "multivaluedComparisonType": "Any", "supportedAttributeTypes": ["String"] }))
    .collect()
}
