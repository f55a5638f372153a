//! Plans as jobs.

use std::sync::Arc;

use crate::{domain::Plan, tui::Failure};

/// The same plan with the loss accepted, sealed again. The administrator has typed the sentence.
pub(super) fn accept_loss(plan: &Plan) -> Result<Arc<Plan>, Failure> {
    let mut content = plan.content.clone();
    content.loss_accepted = true;
    let plan = Plan::seal(content).map_err(|error| Failure::new(error.to_string()))?;
    Ok(Arc::new(plan))
}
