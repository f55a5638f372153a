//! The writeback of Exchange attributes: adding the one missing mapping, and creating the configuration step by step. Each
//! step first looks whether it is done already, so that an interrupted creation is taken up by doing it again.

use std::time::Duration;

use super::{Draft, SteeringError, Way, jobs, lost, outcome, unread};
use crate::{
    domain::{
        ErrorClass, ServiceError,
        synchronization::{
            Configuration, EXCHANGE_ATTRIBUTE_WRITEBACK, JobKind, ScheduleState, SynchronizationJob,
            served_domains,
        },
    },
    engine::synchronization::{
        ActionOutcome, ActionPlan, Answer, SchemaChange, SynchronizationAction as Action,
        SynchronizationService,
        mail_mapping::{MailMapping, mail_mapping, with_mail_mapping},
        schema_view::{schema_difference, schema_hash},
        writeback::{is_writeback, writeback_job},
    },
};

/// How long a new configuration may take to show everywhere: readings, and the pause between them.
const REPLICATION: (usize, Duration) = (24, Duration::from_secs(5));
/// Longest name of a domain.
const LONGEST_DOMAIN: usize = 255;

pub(super) async fn prepare(draft: Draft<'_>) -> Result<ActionPlan, SteeringError> {
    match draft.plan.action.clone() {
        Action::AddMailMapping { configuration, job } => prepare_mapping(draft, &configuration, &job).await,
        Action::CreateAttributeWriteback { domain } => prepare_creation(draft, &domain).await,
        _ => Err(SteeringError::impossible("this action is none on the writeback")),
    }
}

async fn prepare_mapping(
    mut draft: Draft<'_>,
    configuration: &str,
    id: &str,
) -> Result<ActionPlan, SteeringError> {
    let job = draft.service.job(configuration, id).await?;
    if job.kind() != JobKind::ExchangeAttributeWriteback {
        return Err(SteeringError::impossible(format!(
            "job {} does not write Exchange attributes back",
            jobs::name(&job)
        )));
    }
    let schema = draft.service.schema(configuration, id).await?;
    let state = mail_mapping(&schema);
    if state != MailMapping::Missing {
        return Err(SteeringError::impossible(format!(
            "nothing is added: {}",
            state.describe()
        )));
    }
    let replacement =
        with_mail_mapping(&schema).map_err(|error| SteeringError::impossible(error.to_string()))?;
    let difference = schema_difference(&schema, &replacement);
    draft.say(format!(
        "Add the mapping Mail -> mail to job {}.",
        jobs::name(&job)
    ));
    draft.say("Everything else of the schema stays byte by byte: custom mappings, filters and scope.");
    for line in &difference {
        draft.say(format!("  {line}"));
    }
    draft.warn("The job then writes the mail attribute of every mailbox it writes back. Whatever else writes `mail` in Active Directory must stop doing so.");
    draft.plan.schema = Some(SchemaChange {
        read_hash: schema_hash(&schema),
        replacement,
        difference,
    });
    draft.plan.before = Some(job);
    Ok(draft.plan)
}

async fn prepare_creation(mut draft: Draft<'_>, domain: &str) -> Result<ActionPlan, SteeringError> {
    check_domain(domain)?;
    let service = draft.service;
    draft.say(format!(
        "Create and start the configuration that writes Exchange attributes back to {domain}."
    ));
    if let Some(configuration) = find(service, domain).await? {
        let job = writeback_job(service.jobs(&configuration.id).await?);
        match &job {
            Some(job) if is_complete(job, domain) => {
                return Err(SteeringError::impossible(format!(
                    "the writeback to {domain} is there and started: {}",
                    jobs::state(job)
                )));
            }
            Some(job) => draft.say(format!(
                "It was begun already: the configuration and its job are there ({}). What is missing is done.",
                jobs::state(job)
            )),
            None => draft.say("It was begun already: the configuration is there, its job is not. What is missing is done."),
        }
    } else {
        draft.say(
            "Steps: the configuration, its job, its domain, its start; each is looked at before and after.",
        );
    }
    match agents_of(service, domain).await {
        Ok(Some(0)) => draft.warn(format!(
            "No live agent serves {domain}: nothing is written back before one does."
        )),
        Ok(Some(1)) => draft.warn(format!(
            "Only one live agent serves {domain}; three are recommended."
        )),
        Ok(Some(_)) => {}
        Ok(None) => draft.warn(format!(
            "No agent group serves a domain called {domain}. Check its name."
        )),
        Err(error) => draft.warn(format!("Which agents serve {domain} can't be seen: {error}")),
    }
    draft.warn("It needs agents of version 1.1.1107.0 or newer and the Exchange schema in Active Directory; Graph shows neither.");
    draft.warn("Then it overwrites 24 attributes in Active Directory of every mailbox that was handed over (IsExchangeCloudManaged).");
    Ok(draft.plan)
}

fn check_domain(domain: &str) -> Result<(), SteeringError> {
    let labels: Vec<&str> = domain.split('.').collect();
    let good = domain.len() <= LONGEST_DOMAIN
        && labels.len() >= 2
        && labels.iter().all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_')
        });
    if good {
        return Ok(());
    }
    Err(SteeringError::impossible(format!(
        "`{}` is no full name of a domain such as contoso.local",
        crate::domain::text::clean_to(domain, 80)
    )))
}

/// Live agents of a domain; nothing when no such domain is served.
async fn agents_of(
    service: &dyn SynchronizationService,
    domain: &str,
) -> Result<Option<usize>, ServiceError> {
    if service.is_application() == Some(true) {
        return Err(ServiceError::new(
            ErrorClass::Permission,
            "agents are shown to people only.",
        ));
    }
    let topology = service.agent_topology().await?;
    Ok(served_domains(&topology)
        .into_iter()
        .find(|served| served.domain.eq_ignore_ascii_case(domain))
        .map(|served| served.live))
}

/// The configuration of a domain: by the domain of its job, or by its name while it has none.
async fn find(
    service: &dyn SynchronizationService,
    domain: &str,
) -> Result<Option<Configuration>, ServiceError> {
    let mut by_name = None;
    for configuration in service.configurations().await?.into_iter().filter(is_writeback) {
        let job = match service.jobs(&configuration.id).await {
            Ok(jobs) => writeback_job(jobs),
            // Not replicated yet.
            Err(error) if error.class == ErrorClass::NotFound => None,
            Err(error) => return Err(error),
        };
        match job.as_ref().and_then(SynchronizationJob::domain) {
            Some(served) if served.eq_ignore_ascii_case(domain) => return Ok(Some(configuration)),
            Some(_) => {}
            None if configuration.display_name.eq_ignore_ascii_case(domain) => {
                by_name.get_or_insert(configuration);
            }
            None => {}
        }
    }
    Ok(by_name)
}

fn is_complete(job: &SynchronizationJob, domain: &str) -> bool {
    job.schedule.state == ScheduleState::Active
        && job
            .domain()
            .is_none_or(|served| served.eq_ignore_ascii_case(domain))
}

pub(super) async fn carry_out(way: &Way<'_>) -> Result<ActionOutcome, SteeringError> {
    match &way.plan.action {
        Action::AddMailMapping { configuration, job } => add_mapping(way, configuration, job).await,
        Action::CreateAttributeWriteback { domain } => create(way, domain).await,
        _ => Err(SteeringError::impossible("this action is none on the writeback")),
    }
}

async fn add_mapping(way: &Way<'_>, configuration: &str, job: &str) -> Result<ActionOutcome, SteeringError> {
    let Some(change) = &way.plan.schema else {
        return Err(SteeringError::impossible("the plan holds no schema"));
    };
    let service = way.service;
    let now = service.schema(configuration, job).await?;
    if schema_hash(&now) != change.read_hash {
        // Both with the mapping: what differs is what somebody else changed.
        let theirs = with_mail_mapping(&now).unwrap_or(now);
        return Err(SteeringError::Changed {
            what: "the schema".to_owned(),
            difference: schema_difference(&change.replacement, &theirs),
        });
    }
    let mut found = Vec::new();
    let answer = service
        .replace_schema(configuration, job, change.replacement.clone())
        .await;
    lost(answer, &mut found)?;
    way.tell("Reading the schema again.").await;
    let read = way
        .read_until(
            || service.schema(configuration, job),
            |schema| mail_mapping(schema) == MailMapping::Present,
        )
        .await;
    let (schema, as_wanted) = match read {
        Ok(read) => read,
        Err(error) => return Ok(unread(found, &error)),
    };
    found.push(format!(
        "The schema was read again: {}.",
        mail_mapping(&schema).describe()
    ));
    // The service writes its own version and date into every schema.
    let other: Vec<String> = schema_difference(&change.replacement, &schema)
        .into_iter()
        .filter(|line| !line[1..].trim_start().starts_with("version:"))
        .collect();
    if !other.is_empty() {
        found.push("Besides that it differs from what was sent:".to_owned());
        found.extend(other);
    }
    Ok(outcome(found, Some(as_wanted)))
}

async fn create(way: &Way<'_>, domain: &str) -> Result<ActionOutcome, SteeringError> {
    let service = way.service;
    let mut found = Vec::new();
    let mut created = Vec::new();
    let ended = steps(way, domain, &mut found, &mut created).await;
    match ended {
        Ok((configuration, job)) => {
            let (job, as_wanted) = match way
                .read_until(
                    || service.job(&configuration, &job),
                    |job| is_complete(job, domain),
                )
                .await
            {
                Ok(read) => read,
                Err(error) => {
                    return Ok(ActionOutcome {
                        created,
                        ..unread(found, &error)
                    });
                }
            };
            found.push(format!("Job {}: {}.", jobs::name(&job), jobs::state(&job)));
            Ok(ActionOutcome {
                created,
                ..outcome(found, Some(as_wanted))
            })
        }
        // Something exists already: say what, and how to go on.
        Err(SteeringError::Service(error)) if !created.is_empty() => {
            found.push(format!("Then it failed: {error}"));
            found.push("Do the same again to go on: what is there is not made twice.".to_owned());
            Ok(ActionOutcome {
                created,
                ..outcome(found, Some(false))
            })
        }
        Err(error) => Err(error),
    }
}

/// The steps, each only where it is still needed; ids of configuration and job.
async fn steps(
    way: &Way<'_>,
    domain: &str,
    found: &mut Vec<String>,
    created: &mut Vec<String>,
) -> Result<(String, String), SteeringError> {
    let service = way.service;
    let configuration = match find(service, domain).await? {
        Some(configuration) => {
            found.push("The configuration was there already.".to_owned());
            configuration.id
        }
        None => {
            begin(way, "create the configuration").await?;
            let answer = service.instantiate(EXCHANGE_ATTRIBUTE_WRITEBACK, domain).await;
            match lost(answer, found)? {
                Some(id) => {
                    created.push(id.clone());
                    found.push("The configuration was created.".to_owned());
                    id
                }
                None => match appeared(way, || Box::pin(find(service, domain))).await? {
                    Some(configuration) => {
                        created.push(configuration.id.clone());
                        configuration.id
                    }
                    None => {
                        return Err(ServiceError::new(
                            ErrorClass::Lost,
                            "nobody knows whether the configuration was created: the answer was lost, and it does not show",
                        )
                        .with_advice("Look in the portal in a few minutes, then do the same again.")
                        .into());
                    }
                },
            }
        }
    };
    way.tell("Waiting until the configuration shows everywhere.")
        .await;
    let jobs = appeared(way, || Box::pin(jobs_of(service, &configuration))).await?;
    let Some(jobs) = jobs else {
        return Err(ServiceError::new(
            ErrorClass::Transient,
            "the new configuration does not show after two minutes",
        )
        .into());
    };
    let job = match writeback_job(jobs) {
        Some(job) => {
            found.push("The job was there already.".to_owned());
            job
        }
        None => {
            begin(way, "create the job").await?;
            let template = JobKind::ExchangeAttributeWriteback;
            match lost(service.create_job(&configuration, template.word()).await, found)? {
                Some(job) => {
                    created.push(job.id.clone());
                    found.push("The job was created.".to_owned());
                    job
                }
                None => {
                    let look = || -> Answer<'_, Option<SynchronizationJob>> {
                        let jobs = service.jobs(&configuration);
                        Box::pin(async move { Ok(writeback_job(jobs.await?)) })
                    };
                    let Some(job) = appeared(way, look).await? else {
                        return Err(ServiceError::new(
                            ErrorClass::Lost,
                            "nobody knows whether the job was created: the answer was lost, and it does not show",
                        )
                        .into());
                    };
                    created.push(job.id.clone());
                    job
                }
            }
        }
    };
    match job.domain() {
        Some(served) if served.eq_ignore_ascii_case(domain) => {}
        Some(served) => {
            return Err(SteeringError::impossible(format!(
                "the configuration serves {served}, not {domain}"
            )));
        }
        None => {
            begin(way, "name the domain").await?;
            lost(service.set_domain(&configuration, domain).await, found)?;
            found.push(format!("The domain was set to {domain}."));
        }
    }
    if job.schedule.state != ScheduleState::Active {
        begin(way, "start the job").await?;
        lost(service.start(&configuration, &job.id).await, found)?;
        found.push("The job was started.".to_owned());
    }
    Ok((configuration, job.id))
}

/// The jobs of a configuration; nothing while it does not show.
async fn jobs_of(
    service: &dyn SynchronizationService,
    configuration: &str,
) -> Result<Option<Vec<SynchronizationJob>>, ServiceError> {
    match service.jobs(configuration).await {
        Ok(jobs) => Ok(Some(jobs)),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A step begins: told, and written down before it is done.
async fn begin(way: &Way<'_>, step: &str) -> Result<(), SteeringError> {
    if way.cancel.is_cancelled() {
        return Err(ServiceError::new(
            ErrorClass::Cancelled,
            format!("cancelled before the step: {step}"),
        )
        .into());
    }
    way.trail.step(step).await?;
    way.tell(format!("Step: {step}.")).await;
    Ok(())
}

/// Reads until something shows; nothing when patience ends.
///
/// Takes boxed readings: the futures of async closures are not known to be `Send`.
async fn appeared<'a, T>(
    way: &Way<'_>,
    read: impl Fn() -> Answer<'a, Option<T>>,
) -> Result<Option<T>, ServiceError> {
    let (readings, pause) = REPLICATION;
    for _ in 0..readings {
        if let Some(value) = read().await? {
            return Ok(Some(value));
        }
        if way.rest(Some(&pause)).await {
            return Err(ServiceError::new(
                ErrorClass::Cancelled,
                "cancelled while waiting for the service",
            ));
        }
    }
    Ok(None)
}
