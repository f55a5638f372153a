//! When an action can be done, and the reason when it can't. The engine checks again; this is for people.

mod runs;
mod synchronization;
mod tls;

use crate::domain::{Plan, SourceOfAuthority, Target, count::counted};

use super::{
    action::Why,
    job::JobKind,
    layer::{Layer, SteeringPhase},
    model::Model,
    tab::Tab,
};

pub use runs::{can_cancel_run, can_continue, can_pause, can_resume, has_selected_run, selected_run};
pub use synchronization::{
    as_person, can_add_mapping, can_allow_deletes, can_cancel_action, can_provision, can_read_older,
    can_sign_in_beside, has_action, on_agent, on_configuration, on_group, on_grouped_agent, on_job,
};
pub use tls::{can_apply_fix, can_check, can_fix, can_forget, has_fix};

type Enabled = Result<(), Why>;

fn when(condition: bool, why: &str) -> Enabled {
    if condition { Ok(()) } else { Err(Why::new(why)) }
}

pub fn always(_: &Model) -> Enabled {
    Ok(())
}

pub fn has_mailboxes(model: &Model) -> Enabled {
    when(!model.mailboxes.table.is_empty(), "no mailboxes are loaded yet")
}

pub fn has_rows(model: &Model) -> Enabled {
    if let Some(Layer::Logs(screen)) = model.layers.last() {
        return when(screen.length() > 0, "no entry is shown");
    }
    when(!model.mailboxes.rows().is_empty(), "no mailbox is shown")
}

pub fn has_cursor(model: &Model) -> Enabled {
    if let Some(Layer::Logs(screen)) = model.layers.last() {
        return when(screen.selected().is_some(), "there is no entry under the cursor");
    }
    if model.tab == Tab::Tls {
        let subject = model.tls.screen.is_some() || model.tls.subject().is_some();
        return when(subject, "there is nothing under the cursor");
    }
    if model.tab == Tab::Agents {
        return when(
            model.agents.subject().is_some(),
            "there is nothing under the cursor",
        );
    }
    when(
        model.mailboxes.cursor().is_some(),
        "there is no mailbox under the cursor",
    )
}

pub fn has_marks(model: &Model) -> Enabled {
    when(!model.mailboxes.marks.is_empty(), "no mailbox is marked")
}

fn signed_in(model: &Model) -> Enabled {
    when(model.session.identity.is_some(), "you are not signed in; press S")
}

pub fn can_sign_in(model: &Model) -> Enabled {
    when(model.settings.profile.is_some(), "there is no profile yet")?;
    when(
        model.jobs.active_of(JobKind::SignIn).is_none(),
        "the sign-in is under way",
    )?;
    when(!model.run_active(), "a run is at work")?;
    no_action(model)
}

fn no_run(model: &Model) -> Enabled {
    when(
        !model.run_active(),
        "a run is at work; wait for its end or cancel it",
    )
}

fn no_plan_job(model: &Model) -> Enabled {
    when(
        model.jobs.active_of(JobKind::Plan).is_none(),
        "a plan is being made already",
    )
}

pub fn can_plan(model: &Model) -> Enabled {
    signed_in(model)?;
    has_mailboxes(model)?;
    when(
        model.mailboxes.selection_count() > 0,
        "no mailbox is marked and none is under the cursor",
    )?;
    no_plan_job(model)
}

pub fn can_switch_default(model: &Model) -> Enabled {
    signed_in(model)?;
    let known = model
        .session
        .organization
        .as_ref()
        .is_some_and(|organization| organization.cloud_by_default.is_some());
    when(known, "the service did not say what the default is now")?;
    no_plan_job(model)
}

pub fn can_edit_addresses(model: &Model) -> Enabled {
    has_cursor(model)?;
    let authority = model.mailboxes.cursor().map(|mailbox| mailbox.authority);
    let synced = model.mailboxes.cursor().and_then(|mailbox| mailbox.dir_synced);
    match authority {
        Some(SourceOfAuthority::Cloud) => signed_in(model),
        _ if synced == Some(false) => Err(Why::new(
            "this mailbox is not synchronized; edit its addresses in the Exchange admin center",
        )),
        Some(SourceOfAuthority::OnPremises) => Err(Why::new(
            "the addresses of this mailbox are mastered in Active Directory (proxyAddresses); edit them there, or hand \
             it to the cloud first",
        )),
        _ => Err(Why::new(
            "it is unknown where this mailbox is mastered; reload, then try again",
        )),
    }
}

pub fn can_reload(model: &Model) -> Enabled {
    if model.tab == Tab::Tls && model.layers.is_empty() {
        return can_check(model);
    }
    when(model.settings.profile.is_some(), "there is no profile yet")?;
    if matches!(model.layers.last(), Some(Layer::Logs(_))) {
        return signed_in(model);
    }
    if model.tab == Tab::Agents && !matches!(model.layers.last(), Some(Layer::Runs(_))) {
        signed_in(model)?;
        return when(model.agents.watch.is_some(), "the tab has not begun to read");
    }
    when(
        model.mailboxes.loading.is_none(),
        "loading is under way; Esc stops it and keeps the rows",
    )?;
    signed_in(model)
}

pub fn can_open(model: &Model) -> Enabled {
    match model.layers.last() {
        Some(Layer::Runs(_)) => when(selected_run(model).is_some(), "there is no run under the cursor"),
        Some(Layer::Record(_)) => Err(Why::new("this run is open already")),
        _ => has_cursor(model),
    }
}

pub fn can_copy(model: &Model) -> Enabled {
    match model.layers.last() {
        None | Some(Layer::Details(_) | Layer::Logs(_)) => has_cursor(model),
        Some(Layer::Calls(_)) => when(!model.calls.is_empty(), "there is no call yet"),
        Some(Layer::Messages(_)) => when(!model.notes.history().is_empty(), "there is no message yet"),
        Some(Layer::Information(screen)) => {
            when(screen.information.is_some(), "there is nothing to copy yet")
        }
        Some(_) => Ok(()),
    }
}

pub fn can_switch_tab(model: &Model) -> Enabled {
    when(model.settings.profile.is_some(), "there is no profile yet")?;
    let looks_only = |layer: &Layer| {
        matches!(
            layer,
            Layer::Details(_)
                | Layer::Run(_)
                | Layer::Runs(_)
                | Layer::Record(_)
                | Layer::Waves(_)
                | Layer::Jobs(_)
                | Layer::Calls(_)
                | Layer::Messages(_)
                | Layer::Information(_)
                | Layer::Help { .. }
                | Layer::Menu(_)
        )
    };
    when(
        model.layers.iter().all(looks_only),
        "finish what is open first; Esc goes back",
    )
}

pub fn can_unlock(model: &Model) -> Enabled {
    when(model.settings.profile.is_some(), "there is no profile yet")?;
    no_run(model)
}

pub fn has_run(model: &Model) -> Enabled {
    when(
        model.run.is_some(),
        "no run was started yet; o lists earlier runs",
    )
}

fn writing(model: &Model) -> Enabled {
    when(
        !model.settings.policy.read_only,
        "this session is read-only; W unlocks writing",
    )
}

pub fn can_apply(model: &Model) -> Enabled {
    match model.layers.last() {
        Some(Layer::Plan(screen)) => can_apply_plan(model, &screen.plan),
        Some(Layer::Steering) => can_carry_out(model),
        Some(Layer::Fix(screen)) => can_apply_fix(model, screen),
        _ => Err(Why::new("there is no plan")),
    }
}

/// Whether a plan can be applied, whatever lies over it.
pub fn can_apply_plan(model: &Model, plan: &Plan) -> Enabled {
    let content = &plan.content;
    let tenant_wide = matches!(content.change, crate::domain::Change::SetTenantDefault { .. });
    when(
        tenant_wide || !content.items.is_empty(),
        "nothing is left to change in this plan",
    )?;
    if let Some(finding) = content
        .run_findings
        .iter()
        .find(|finding| finding.severity == crate::domain::Severity::Block)
    {
        return Err(Why::new(format!("blocked: {}", finding.text)));
    }
    let cap = model.settings.policy.max_changes;
    if cap > 0 && content.items.len() > cap {
        return Err(Why::new(format!(
            "the plan changes {}, the policy allows {cap} at once; mark fewer",
            counted(content.items.len(), "mailbox", "mailboxes")
        )));
    }
    writing(model)?;
    signed_in(model)?;
    no_run(model)
}

/// Whether the plan of an action can be carried out.
fn can_carry_out(model: &Model) -> Enabled {
    match model.steering.as_ref().map(|screen| &screen.phase) {
        Some(SteeringPhase::Planned) => {}
        Some(SteeringPhase::Preparing) => return Err(Why::new("the present state is still being looked at")),
        Some(SteeringPhase::Working) => return Err(Why::new("it is being carried out")),
        _ => return Err(Why::new("it is over; begin it anew")),
    }
    writing(model)?;
    signed_in(model)?;
    no_action(model)
}

pub fn is_signed_in(model: &Model) -> Enabled {
    signed_in(model)
}

fn no_action(model: &Model) -> Enabled {
    when(
        model.jobs.active_of(JobKind::Steer).is_none(),
        "an action is being carried out; wait for its end or cancel it",
    )
}

pub fn has_selected_wave(model: &Model) -> Enabled {
    let selected = match model.layers.last() {
        Some(Layer::Waves(scroll)) => model.waves.as_ref().and_then(|waves| waves.get(scroll.cursor)),
        _ => None,
    };
    when(selected.is_some(), "there is no wave under the cursor")
}

pub fn can_cancel_job(model: &Model) -> Enabled {
    let Some(Layer::Jobs(scroll)) = model.layers.last() else {
        return Err(Why::new("open the jobs with J"));
    };
    let job = model.jobs.newest_first().nth(scroll.cursor);
    when(
        job.is_some_and(|job| job.state.is_active()),
        "the job under the cursor is over",
    )
}

pub fn can_remove_address(model: &Model) -> Enabled {
    match model.layers.last() {
        Some(Layer::Addresses(editor)) => editor.can_remove(),
        _ => Err(Why::new("open the addresses of a mailbox with a")),
    }
}

pub fn can_set_primary(model: &Model) -> Enabled {
    match model.layers.last() {
        Some(Layer::Addresses(editor)) => editor.can_set_primary(),
        _ => Err(Why::new("open the addresses of a mailbox with a")),
    }
}

/// The side the tenant-wide default would be switched to.
pub fn other_default(model: &Model) -> Target {
    match model
        .session
        .organization
        .as_ref()
        .and_then(|organization| organization.cloud_by_default)
    {
        Some(true) => Target::OnPremises,
        _ => Target::Cloud,
    }
}
