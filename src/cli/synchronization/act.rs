//! One action: planned, shown, confirmed, carried out, read again.

use clap::Args;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Tenant;
use crate::{
    cli::{
        Exit, Failure, Output,
        arguments::Global,
        config::{Settings, process_environment},
        note, signals,
    },
    engine::synchronization::{
        ActionOutcome, ActionPlan, ActionProgress, SynchronizationAction,
        steering::{Carrier, SteeringError, prepare},
    },
};

/// Proof that it was looked at.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfirmArguments {
    /// Only show what would be done and what must be confirmed; change nothing.
    #[arg(long)]
    pub plan: bool,
    /// The tenant it must be, by domain or id as in the profile: refused in any other.
    #[arg(long, value_name = "TENANT")]
    pub expect_tenant: Option<String>,
    /// The phrase that dangerous actions and large numbers ask for; `--plan` shows it.
    #[arg(long, value_name = "PHRASE")]
    pub confirm: Option<String>,
}

impl ConfirmArguments {
    /// Refuses before anyone has to sign in for it.
    pub fn permit(&self, global: &Global) -> Result<(), Failure> {
        let settings = Settings::load(global, &process_environment)?;
        if self.plan || settings.may_write() {
            return Ok(());
        }
        Err(SteeringError::ReadOnly.into())
    }
}

/// Plans an action and carries it out; nothing came of it when it was only planned.
pub async fn act(
    global: &Global,
    tenant: &Tenant,
    confirm: &ConfirmArguments,
    action: SynchronizationAction,
) -> Result<Option<ActionOutcome>, Failure> {
    tenant.must_be(confirm.expect_tenant.as_deref())?;
    let plan = prepare(&*tenant.service, &tenant.name, action).await?;
    for line in &plan.summary {
        note(line);
    }
    for line in &plan.warnings {
        note(&format!("warning: {line}"));
    }
    if confirm.plan {
        Output::new(global.output).object(&plan_record(&plan, tenant))?;
        return Ok(None);
    }
    let carrier = Carrier {
        service: &*tenant.service,
        policy: &tenant.policy,
        data_dir: &tenant.data_dir,
        tenant_id: &tenant.id,
        who: &tenant.who,
    };
    let cancel = CancellationToken::new();
    signals::cancel_on_interrupt(cancel.clone());
    let (progress, mut steps) = mpsc::channel(64);
    let tell = async {
        while let Some(step) = steps.recv().await {
            note(&progress_line(&step));
        }
    };
    let typed = confirm.confirm.as_deref().unwrap_or_default();
    let (ended, ()) = tokio::join!(carrier.carry_out(&plan, typed, progress, cancel), tell);
    let outcome = ended?;
    for line in &outcome.found {
        note(line);
    }
    Ok(Some(outcome))
}

fn plan_record(plan: &ActionPlan, tenant: &Tenant) -> serde_json::Value {
    json!({
        "plan": plan.action,
        "tenant": plan.tenant,
        "summary": plan.summary,
        "warnings": plan.warnings,
        "danger": plan.danger,
        "count": plan.count,
        "confirm": plan.must_be_typed(&tenant.policy).then_some(&plan.phrase),
    })
}

fn progress_line(progress: &ActionProgress) -> String {
    match progress {
        ActionProgress::Step(step) => step.clone(),
        ActionProgress::Provisioned {
            subject,
            outcome,
            done,
            of,
        } => {
            let result = match outcome {
                Ok(outcome) => outcome.result.clone(),
                Err(error) => error.to_string(),
            };
            format!("{done} of {of}: {}: {result}", subject.object_id)
        }
    }
}

/// Prints what came of an action, and the exit code it stands for.
pub fn report(global: &Global, outcome: Option<&ActionOutcome>) -> Result<Exit, Failure> {
    let Some(outcome) = outcome else {
        return Ok(Exit::Done);
    };
    let record = json!({
        "confirmed": outcome.confirmed,
        "found": outcome.found,
        "created": outcome.created,
    });
    let exit = exit_of(outcome);
    match Output::new(global.output).object(&record) {
        // A reader that has gone must not turn a failure into a success.
        Err(failure) if failure.quiet => Ok(exit),
        Err(failure) => Err(failure),
        Ok(()) => Ok(exit),
    }
}

/// The state is the wanted one, can't be seen yet, or is not.
pub fn exit_of(outcome: &ActionOutcome) -> Exit {
    match outcome.confirmed {
        Some(true) => Exit::Done,
        None => Exit::Findings,
        Some(false) => Exit::PartlyFailed,
    }
}

impl From<SteeringError> for Failure {
    fn from(error: SteeringError) -> Self {
        match error {
            SteeringError::Service(error) => error.into(),
            SteeringError::NotConfirmed { phrase } => {
                Self::new(Exit::Refused, "this needs a confirmation; nothing was changed").advise(format!(
                    "Look at the lines above, then add: --confirm \"{phrase}\""
                ))
            }
            SteeringError::Audit { .. } => Self::usage(error.to_string()),
            _ => Self::new(Exit::Refused, error.to_string()),
        }
    }
}
