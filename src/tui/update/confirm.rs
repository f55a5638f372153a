//! The questions before a plan is applied.

use std::sync::Arc;

use crate::{
    domain::{Change, Plan, Target, text::clean},
    tui::{
        layer::{Ask, Choice, Layer, Tone},
        model::Model,
        view::figures::counted,
    },
};

use super::{begin, put};

/// The sentence that accepts a loss.
pub fn loss_sentence(values: usize) -> String {
    format!("accept the loss of {values}")
}

/// Asks before a plan is applied: first for the loss, then for the apply itself.
pub fn ask(model: &mut Model) {
    let Some(Layer::Plan(screen)) = model.layers.last() else {
        return;
    };
    let plan = screen.plan.clone();
    let content = &plan.content;
    let ask = match !content.overwrites.is_empty() && !content.loss_accepted {
        true => loss(&plan),
        false => apply(model, &plan),
    };
    put(model, Layer::Ask(ask));
}

fn loss(plan: &Arc<Plan>) -> Ask {
    let values = plan.content.overwrites.len();
    let mut mailboxes: Vec<_> = plan.content.overwrites.iter().map(|row| row.id).collect();
    mailboxes.sort_unstable();
    mailboxes.dedup();
    Ask::new("Values will be lost", "Cancel")
        .say(
            Tone::Warning,
            format!(
                "WARNING: {} of {} differ from Active Directory. After this plan the next sync overwrites them with the \
                 directory's values.",
                counted(values, "value", "values"),
                counted(mailboxes.len(), "mailbox", "mailboxes")
            ),
        )
        .say(
            Tone::Plain,
            "The lossless way: write the values listed in the plan to Active Directory first, then make the plan again.",
        )
        .button("Accept the loss", Choice::AcceptLoss(plan.clone()))
        .typing(loss_sentence(values))
        .dangerous()
}

fn apply(model: &Model, plan: &Arc<Plan>) -> Ask {
    let content = &plan.content;
    let count = content.items.len();
    let domain = &content.tenant.domain;
    let tenant_wide = matches!(content.change, Change::SetTenantDefault { .. });
    let what = match &content.change {
        Change::SetAuthority {
            target: Target::Cloud,
        } => {
            "From then on their Exchange attributes are edited in Exchange Online; changes in Active Directory no longer \
             reach them."
        }
        Change::SetAuthority {
            target: Target::OnPremises,
        } => "The next sync overwrites their cloud values with those of Active Directory; there is no merge.",
        Change::SetAddresses { .. } => "The whole address list of the mailbox is replaced.",
        Change::SetTenantDefault { .. } => {
            "It concerns every mailbox that is created from now on in the whole tenant. Accounts that come out wrong \
             can't be repaired without Microsoft support."
        }
    };
    let mut ask = Ask::new("Apply the plan", "Cancel")
        .say(Tone::Strong, format!("{} in {domain}", begin::plan_words(plan)));
    if let [item] = content.items.as_slice()
        && !item.display_name.is_empty()
    {
        ask = ask.say(
            Tone::Plain,
            format!("Display name: {}", clean(&item.display_name)),
        );
    }
    ask = ask.say(Tone::Plain, what);
    if content.loss_accepted && !content.overwrites.is_empty() {
        let text = format!(
            "WARNING: the loss of {} was accepted.",
            counted(content.overwrites.len(), "value", "values")
        );
        ask = ask.say(Tone::Warning, text);
    }
    if !tenant_wide {
        ask = ask.say(
            Tone::Muted,
            "Every mailbox is saved to disk before it is written. The run can be paused, cancelled and resumed; undo makes \
             a plan from the saved values.",
        );
    }
    ask = ask.button("Apply", Choice::Apply(plan.clone())).dangerous();
    if tenant_wide {
        return ask.typing(format!("{domain} default"));
    }
    if count > model.settings.policy.confirm_above {
        return ask.typing(format!("{domain} {count}"));
    }
    ask
}
