//! Questions before something dangerous.

use crate::{
    domain::Target,
    tui::{
        effect::Effect,
        enabled,
        layer::{Ask, Choice, Layer, Tone},
        model::Model,
        msg::{Level, RunRow},
        view::figures::grouped,
    },
};

use super::{Effects, put};

/// facts/exchange section 3.3: what the tenant-wide default does, and what can't be repaired.
pub fn tenant_default(model: &mut Model) {
    let target = enabled::other_default(model);
    let mut ask = Ask::new(
        format!("Tenant-wide default: switch to {}", target.word()),
        "Leave it as it is",
    )
    .say(
        Tone::Plain,
        format!(
            "Now: {}. The default decides where NEW mailboxes of the whole tenant are managed; existing ones stay as they are.",
            model.session.default_word()
        ),
    );
    ask = match target {
        Target::Cloud => ask
            .say(
                Tone::Warning,
                "WARNING: unsupported while anything still creates or migrates mailboxes, mail users or remote mailboxes \
                 on-premises. New synchronized users then become bare accounts without a mail user in Exchange Online: not \
                 in the address list, not migratable.",
            )
            .say(
                Tone::Warning,
                "There is no repair of your own: switching back does not fix the accounts concerned, only a Microsoft \
                 support case does.",
            ),
        Target::OnPremises => ask.say(
            Tone::Warning,
            "WARNING: switching back does not fix accounts that were created while the cloud was the default; only a \
             Microsoft support case does.",
        ),
    };
    let ask = ask
        .say(
            Tone::Plain,
            "A plan is made first; nothing is written before you confirm it.",
        )
        .button("Make the plan", Choice::TenantDefault)
        .dangerous();
    put(model, Layer::Ask(ask));
}

/// Before an interrupted run goes on: what it is, and how much of it is left.
pub fn resume(model: &Model, row: &RunRow) -> Ask {
    Ask::new("Resume the run", "Cancel")
        .say(
            Tone::Strong,
            format!(
                "{} in {}, started {}.",
                row.work.words(),
                row.tenant,
                model.day_and_time(row.started_at)
            ),
        )
        .say(Tone::Plain, left(row))
        .button("Resume", Choice::Resume(row.run.clone()))
        .dangerous()
}

/// What is done of a run and what resuming does.
pub fn left(row: &RunRow) -> String {
    let settled = row.done + row.already_there;
    let failed = match row.failed {
        0 => String::new(),
        failed => format!("{} failed, ", grouped(failed)),
    };
    format!(
        "{} done, {failed}{} left. Resuming reads every open mailbox first; it never writes blindly.",
        grouped(settled),
        grouped(row.remaining)
    )
}

/// Asks for the tenant's domain, or puts read-only back.
pub fn unlock(model: &mut Model, effects: &mut Effects) {
    if !model.settings.policy.read_only {
        model.settings.policy.read_only = true;
        // A resume that waits for the sign-in would write.
        model.resume_when_signed_in = None;
        effects.push(Effect::LockWriting);
        model.notes.tell(model.now, Level::Info, "read-only again");
        return;
    }
    ask_unlock(model, None);
}

/// Asks for the tenant's domain, as applying does, before read-only is lifted; a run that waits for it goes on afterwards.
pub fn ask_unlock(model: &mut Model, resume: Option<String>) {
    if model.settings.profile.is_none() {
        return;
    }
    let ask = Ask::new("Unlock writing", "Cancel")
        .say(
            Tone::Plain,
            format!(
                "Lifts read-only for this process, in tenant {}. Plans can be applied then, each after its own confirmation.",
                model.tenant_domain()
            ),
        )
        .button("Unlock", Choice::Unlock { resume })
        .typing(model.tenant_domain())
        .dangerous();
    put(model, Layer::Ask(ask));
}
