//! The job or configuration that is meant.

use futures_util::future::try_join_all;

use crate::{
    cli::{Failure, synchronization::Tenant},
    domain::{
        ErrorClass, ServiceError,
        synchronization::{Configuration, SynchronizationJob},
    },
};

/// A configuration with its jobs.
pub struct Found {
    /// The configuration.
    pub configuration: Configuration,
    /// Its jobs.
    pub jobs: Vec<SynchronizationJob>,
}

/// Every configuration with its jobs, sorted by name and direction.
pub async fn everything(tenant: &Tenant) -> Result<Vec<Found>, ServiceError> {
    let mut configurations = tenant.service.configurations().await?;
    configurations.sort_by(|left, right| {
        (&left.display_name, left.direction(), &left.id).cmp(&(
            &right.display_name,
            right.direction(),
            &right.id,
        ))
    });
    let reading = configurations.into_iter().map(async |configuration| {
        let jobs = match tenant.service.jobs(&configuration.id).await {
            Ok(jobs) => jobs,
            // Deleted in between.
            Err(error) if error.class == ErrorClass::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Found { configuration, jobs })
    });
    try_join_all(reading).await
}

/// Whether a job is meant by a name.
type Rule<'a> = dyn Fn(&Configuration, &SynchronizationJob) -> bool + 'a;

/// The job a person means.
pub async fn job(tenant: &Tenant, name: &str) -> Result<(Configuration, SynchronizationJob), Failure> {
    let all = everything(tenant).await?;
    let pairs: Vec<(&Configuration, &SynchronizationJob)> = all
        .iter()
        .flat_map(|found| found.jobs.iter().map(move |job| (&found.configuration, job)))
        .collect();
    let wanted = name.to_lowercase();
    let is = |text: &str| text.to_lowercase() == wanted;
    let rules: [&Rule<'_>; 4] = [
        &|_, job| is(&job.id),
        &|configuration, job| {
            is(&format!("{}/{}", configuration.display_name, job.kind().word()))
                || is(&format!("{}/{}", configuration.id, job.kind().word()))
        },
        &|configuration, _| is(&configuration.display_name) || is(&configuration.id),
        &|_, job| is(job.kind().word()) || job.id.to_lowercase().starts_with(&wanted),
    ];
    for rule in rules {
        let fitting: Vec<_> = pairs
            .iter()
            .filter(|(configuration, job)| rule(configuration, job))
            .collect();
        match fitting.as_slice() {
            [] => {}
            [(configuration, job)] => return Ok(((*configuration).clone(), (*job).clone())),
            many => {
                let names: Vec<String> = many
                    .iter()
                    .map(|(configuration, job)| {
                        format!(
                            "{}/{} ({})",
                            configuration.display_name,
                            job.kind().word(),
                            job.id
                        )
                    })
                    .collect();
                return Err(Failure::usage(format!("`{name}` fits {} jobs", many.len()))
                    .advise(format!("Name one of them: {}", names.join(", "))));
            }
        }
    }
    Err(Failure::usage(format!("there is no job `{name}`")).advise("`handover jobs list` lists them."))
}

/// The configuration a person means, by name or id, or by one of its jobs.
pub async fn configuration(tenant: &Tenant, name: &str) -> Result<Configuration, Failure> {
    let all = tenant.service.configurations().await?;
    let wanted = name.to_lowercase();
    if let Some(one) = all
        .iter()
        .find(|configuration| configuration.id.to_lowercase() == wanted)
    {
        return Ok(one.clone());
    }
    let fitting: Vec<&Configuration> = all
        .iter()
        .filter(|configuration| configuration.display_name.to_lowercase() == wanted)
        .collect();
    match fitting.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Ok(job(tenant, name).await?.0),
        many => {
            let names: Vec<String> = many
                .iter()
                .map(|one| format!("{} ({})", one.id, one.direction().unwrap_or("unknown direction")))
                .collect();
            Err(
                Failure::usage(format!("{} configurations are called `{name}`", many.len()))
                    .advise(format!("Use an id: {}", names.join(", "))),
            )
        }
    }
}
