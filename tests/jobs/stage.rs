//! A tenant in memory and somebody who may write there.

use std::{path::PathBuf, sync::Arc};

use handover::{
    domain::Policy,
    engine::synchronization::{
        ActionOutcome, ActionPlan, ActionProgress, SynchronizationAction,
        steering::{Carrier, SteeringError, prepare},
    },
};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::synchronization::{Fake, World, job_id};

pub const MAIN: &str = "AD2AADProvisioning";

pub struct Stage {
    pub fake: Arc<Fake>,
    pub policy: Policy,
    pub cancel: CancellationToken,
    folder: tempfile::TempDir,
}

impl Stage {
    pub fn new(world: World) -> Self {
        Self {
            fake: Fake::new(world),
            policy: Policy {
                read_only: false,
                ..Policy::default()
            },
            cancel: CancellationToken::new(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub async fn prepare(&self, action: SynchronizationAction) -> Result<ActionPlan, SteeringError> {
        prepare(&*self.fake, "contoso.com", action).await
    }

    pub async fn carry_out(&self, plan: &ActionPlan, typed: &str) -> Result<ActionOutcome, SteeringError> {
        Ok(self.carry_out_telling(plan, typed).await?.0)
    }

    pub async fn carry_out_telling(
        &self,
        plan: &ActionPlan,
        typed: &str,
    ) -> Result<(ActionOutcome, Vec<ActionProgress>), SteeringError> {
        let (sender, mut receiver) = mpsc::channel(4_096);
        let carrier = Carrier {
            service: &*self.fake,
            policy: &self.policy,
            data_dir: self.folder.path(),
            tenant_id: "Tenant-1",
            who: "ada@contoso.com",
        };
        let outcome = carrier
            .carry_out(plan, typed, sender, self.cancel.clone())
            .await?;
        let mut told = Vec::new();
        while let Ok(progress) = receiver.try_recv() {
            told.push(progress);
        }
        Ok((outcome, told))
    }

    pub async fn done(&self, action: SynchronizationAction) -> ActionOutcome {
        let plan = self.prepare(action).await.unwrap();
        let phrase = plan.phrase.clone();
        self.carry_out(&plan, &phrase).await.unwrap()
    }

    pub fn trail_path(&self) -> PathBuf {
        self.folder.path().join("audit/tenant-1.jsonl")
    }

    pub fn trail(&self) -> Vec<Value> {
        std::fs::read_to_string(self.trail_path())
            .unwrap_or_default()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    pub fn phases(&self) -> Vec<String> {
        self.trail()
            .iter()
            .map(|line| line["phase"].as_str().unwrap().to_owned())
            .collect()
    }
}

pub fn main_job() -> String {
    job_id(MAIN, "d0")
}

pub fn pause() -> SynchronizationAction {
    SynchronizationAction::Pause {
        configuration: "d0".to_owned(),
        job: main_job(),
    }
}

pub fn start() -> SynchronizationAction {
    SynchronizationAction::Start {
        configuration: "d0".to_owned(),
        job: main_job(),
    }
}

pub fn restart(choice: &str) -> SynchronizationAction {
    SynchronizationAction::Restart {
        configuration: "d0".to_owned(),
        job: main_job(),
        choice: choice.to_owned(),
    }
}
