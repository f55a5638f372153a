//! Actions on Cloud Sync: prepared, and carried out once confirmed.

use std::sync::{Arc, atomic::Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Runtime, files, shared::Shared};
use crate::{
    domain::{ErrorClass, Policy, ServiceError},
    engine::{
        session::OpenSession,
        synchronization::{
            ActionOutcome, ActionPlan, SynchronizationAction,
            steering::{Carrier, SteeringError, prepare},
            subjects::read_subjects,
        },
    },
    tui::{Failure, JobId, Msg, SteeringEffect, SteeringMsg},
};

impl From<SteeringError> for Failure {
    fn from(error: SteeringError) -> Self {
        match error {
            SteeringError::Service(error) => error.into(),
            // The difference is read line by line, not as one sentence.
            SteeringError::Changed { what, difference } => Self {
                message: format!("{what} changed since it was looked at; nothing was changed"),
                advice: Some("Look at what is different, then begin the action anew.".to_owned()),
                detail: Some(difference.join("\n")),
                ..Self::default()
            },
            error => Self::new(error.to_string()),
        }
    }
}

impl<O: OpenSession> Runtime<O> {
    pub(super) fn steer_synchronization(&mut self, effect: SteeringEffect) {
        let shared = Arc::clone(&self.shared);
        match effect {
            SteeringEffect::Prepare { job, action } => {
                let ending = |job, result| Msg::Steering(SteeringMsg::Prepared { job, result });
                let prepare = async move { shared.prepare(*action).await.map(Arc::new) };
                self.jobs.start(job, ending, prepare);
            }
            SteeringEffect::CarryOut { job, plan, confirmed } => {
                let ending = |job, result| Msg::Steering(SteeringMsg::Ended { job, result });
                let messages = self.jobs.messages();
                self.jobs.start_steps(job, ending, |cancel| async move {
                    shared.carry_out(job, &plan, &confirmed, messages, cancel).await
                });
            }
            SteeringEffect::ReadSubjects {
                job,
                path,
                object_type,
            } => {
                let ending = |job, result| Msg::Steering(SteeringMsg::Subjects { job, result });
                self.jobs.start_blocking(job, ending, move || {
                    let text = files::read_text(&path)?;
                    read_subjects(&text, &object_type).map_err(|error| Failure::new(error.to_string()))
                });
            }
            SteeringEffect::ReadNotification { job, configuration } => {
                let ending = |job, result| Msg::Steering(SteeringMsg::Notification { job, result });
                self.jobs.start(job, ending, async move {
                    let service = shared.synchronization().await?;
                    Ok(service.notification_settings(&configuration).await?)
                });
            }
        }
    }
}

impl<O: OpenSession> Shared<O> {
    async fn prepare(&self, action: SynchronizationAction) -> Result<ActionPlan, Failure> {
        let service = self.synchronization().await?;
        let tenant = self.tenant().await?;
        Ok(prepare(&*service, &tenant.domain, action).await?)
    }

    async fn carry_out(
        &self,
        job: JobId,
        plan: &ActionPlan,
        confirmed: &str,
        messages: mpsc::Sender<Msg>,
        cancel: CancellationToken,
    ) -> Result<Box<ActionOutcome>, Failure> {
        let service = self.synchronization().await?;
        let tenant = self.tenant().await?;
        if tenant.domain != plan.tenant {
            let message = format!(
                "this was planned for {}, signed in is {}; nothing was changed",
                plan.tenant, tenant.domain
            );
            return Err(Failure::new(message));
        }
        let unknown =
            || ServiceError::new(ErrorClass::Permission, "nobody is signed in; nothing was changed");
        let tenant_id = self
            .know(|known| known.token_tenant.clone())
            .ok_or_else(unknown)?;
        let who = self
            .know(|known| known.beside.clone())
            .unwrap_or_else(|| self.who());
        // The lock of this moment decides, whatever the process was started with.
        let policy = Policy {
            read_only: !self.write_enabled.load(Ordering::SeqCst),
            ..self.policy
        };
        let carrier = Carrier {
            service: &*service,
            policy: &policy,
            data_dir: &self.data_dir,
            tenant_id: &tenant_id,
            who: &who,
        };
        let (sender, mut arriving) = mpsc::channel(16);
        let forward = async {
            while let Some(progress) = arriving.recv().await {
                let progress = Box::new(progress);
                let told = Msg::Steering(SteeringMsg::Progress { job, progress });
                if messages.send(told).await.is_err() {
                    return;
                }
            }
        };
        let (ended, ()) = tokio::join!(carrier.carry_out(plan, confirmed, sender, cancel), forward);
        Ok(Box::new(ended?))
    }
}
