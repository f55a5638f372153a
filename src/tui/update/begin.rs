//! What starts by itself, and how each job begins.

use std::sync::Arc;

use crate::{
    domain::{Change, ObjectId, Plan, PlanItem, Target, text::clean},
    engine::InventoryQuery,
    tui::{
        effect::{Effect, PlanRequest},
        enabled,
        job::{JobId, JobKind},
        layer::{DetailsScreen, Layer, Planning, RecordScreen, SetupForm, SignInDialog},
        model::{Model, RunView},
        msg::SignInPrompt,
        tab::Tab,
        view::figures::counted,
    },
};

use super::{Effects, tls};

/// The loop runs.
pub fn start(model: &mut Model, effects: &mut Effects) {
    if model.tab == Tab::Tls {
        tls::shown(model, effects);
        if model.settings.profile.is_none() {
            return;
        }
    }
    if model.settings.profile.is_none() {
        model.layers.push(Layer::Setup(SetupForm::default()));
        return;
    }
    sign_in(model, effects);
    runs(model, effects);
}

/// Signs in.
pub fn sign_in(model: &mut Model, effects: &mut Effects) {
    let subject = model.tenant_domain().to_owned();
    let job = model.jobs.start(model.now, JobKind::SignIn, subject);
    effects.push(Effect::SignIn { job });
}

/// Shows what the sign-in asks for.
pub fn sign_in_prompt(model: &mut Model, job: JobId, prompt: SignInPrompt) {
    let now = model.now;
    let open = model.layers.iter_mut().find_map(|layer| match layer {
        Layer::SignIn(dialog) if dialog.job == job => Some(dialog),
        _ => None,
    });
    match open {
        Some(dialog) => dialog.ask(prompt, now),
        None => {
            let mut dialog = SignInDialog::new(job);
            dialog.ask(prompt, now);
            model.layers.push(Layer::SignIn(dialog));
        }
    }
}

/// Reads the organisation.
pub fn organization(model: &mut Model, effects: &mut Effects) {
    let job = model.jobs.start(model.now, JobKind::Organization, "");
    effects.push(Effect::ReadOrganization { job });
}

/// Loads the mailboxes.
pub fn inventory(model: &mut Model, effects: &mut Effects) {
    if model.mailboxes.loading.is_some() {
        return;
    }
    let job = model.jobs.start(model.now, JobKind::Inventory, "");
    model.mailboxes.start_loading(job, model.now);
    effects.push(Effect::LoadInventory {
        job,
        query: InventoryQuery::default(),
    });
}

/// Reads the runs on disk.
pub fn runs(model: &mut Model, effects: &mut Effects) {
    if model.jobs.active_of(JobKind::Runs).is_none() {
        let job = model.jobs.start(model.now, JobKind::Runs, "");
        effects.push(Effect::ListRuns { job });
    }
}

/// Opens the record of the run under the cursor.
pub fn record(model: &mut Model, effects: &mut Effects) {
    let Some(row) = enabled::selected_run(model).cloned() else {
        return;
    };
    let run = row.run.clone();
    let job = model.jobs.start(model.now, JobKind::Record, run.clone());
    model.layers.push(Layer::Record(RecordScreen {
        row,
        job,
        detail: None,
        failure: None,
        scroll: Default::default(),
    }));
    effects.push(Effect::ShowRun { job, run });
}

/// Opens the details of a mailbox.
pub fn details(model: &mut Model, id: ObjectId, effects: &mut Effects) {
    let job = model.jobs.start(model.now, JobKind::Details, "");
    model.layers.push(Layer::Details(DetailsScreen {
        id,
        job: Some(job),
        details: None,
        failure: None,
        scroll: Default::default(),
    }));
    effects.push(Effect::ReadDetails { job, id });
}

/// Makes a plan.
pub fn plan(model: &mut Model, request: PlanRequest, effects: &mut Effects) {
    let (what, total) = match &request {
        PlanRequest::Authority { target, mailboxes } => (to_words(*target, mailboxes.len()), mailboxes.len()),
        PlanRequest::Addresses { .. } => ("addresses of one mailbox".to_owned(), 1),
        PlanRequest::TenantDefault { target } => (format!("tenant-wide default to {}", target.word()), 0),
    };
    let job = planning(model, what, total as u64);
    effects.push(Effect::BuildPlan { job, request });
}

/// Shows that a plan is being made.
pub fn planning(model: &mut Model, what: String, total: u64) -> JobId {
    let job = model.jobs.start(model.now, JobKind::Plan, what.clone());
    model.layers.push(Layer::Planning(Planning {
        job,
        what,
        checked: 0,
        total,
        doing: String::new(),
    }));
    job
}

/// What a plan does, in a few words.
pub fn to_words(target: Target, count: usize) -> String {
    format!("{} to {}", counted(count, "mailbox", "mailboxes"), target.word())
}

/// What a plan does, in a few words. A single mailbox is named.
pub fn plan_words(plan: &Plan) -> String {
    let items = &plan.content.items;
    let address = |item: &PlanItem| match item.primary_smtp_address.as_str() {
        "" => item.id.to_string(),
        address => clean(address).into_owned(),
    };
    match (&plan.content.change, items.as_slice()) {
        (Change::SetAuthority { target }, [item]) => format!("{} to {}", address(item), target.word()),
        (Change::SetAuthority { target }, _) => to_words(*target, items.len()),
        (Change::SetAddresses { .. }, [item]) => format!("addresses of {}", address(item)),
        (Change::SetAddresses { .. }, _) => "addresses of one mailbox".to_owned(),
        (Change::SetTenantDefault { target }, _) => format!("tenant-wide default to {}", target.word()),
    }
}

/// Goes to the run screen for a run that starts.
fn run_screen(model: &mut Model, what: String, switches_default: bool) -> JobId {
    let job = model.jobs.start(model.now, JobKind::Run, what.clone());
    model.run = Some(RunView {
        job,
        what,
        progress: None,
        outcome: None,
        switches_default,
        stopping: false,
    });
    model.layers.clear();
    model.layers.push(Layer::Run(Default::default()));
    job
}

/// Applies a plan.
pub fn apply(model: &mut Model, plan: Arc<Plan>, effects: &mut Effects) {
    let switches_default = matches!(plan.content.change, Change::SetTenantDefault { .. });
    let job = run_screen(model, plan_words(&plan), switches_default);
    effects.push(Effect::Apply {
        job,
        expect_count: plan.content.items.len() as u64,
        plan,
    });
}

/// Resumes a run.
pub fn resume(model: &mut Model, run: String, effects: &mut Effects) {
    // What a run from before changes stands in its record; asking once too often costs one call.
    let known = model.runs.iter().flatten().find(|row| row.run == run);
    let what = known.map_or_else(|| run.clone(), |row| row.work.words());
    let job = run_screen(model, what, true);
    effects.push(Effect::Resume { job, run });
}
