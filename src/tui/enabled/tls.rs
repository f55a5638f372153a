//! The TLS tab and fixes.

use crate::tui::{
    layer::{FixScreen, Layer},
    model::Model,
};

use super::{Enabled, when, writing};

pub fn can_check(model: &Model) -> Enabled {
    when(
        !model.tls.is_busy(),
        "a check is at work; it can be cancelled in the jobs drawer (J)",
    )
}

pub fn can_fix(model: &Model) -> Enabled {
    when(
        model.tls.host_at_hand().is_some(),
        "there is no host under the cursor whose registry was read",
    )
}

pub fn can_forget(model: &Model) -> Enabled {
    let place = model.tls.host_place();
    when(
        place.is_some_and(|at| model.tls.file_of_session(at).is_some()),
        "only files that were read in this session can be taken off the list",
    )?;
    can_check(model)
}

pub fn has_fix(model: &Model) -> Enabled {
    match model.layers.last() {
        Some(Layer::Fix(screen)) => when(!screen.changes.is_empty(), "there is nothing to change"),
        _ => when(false, "open a fix first"),
    }
}

pub fn can_apply_fix(model: &Model, screen: &FixScreen) -> Enabled {
    when(!screen.changes.is_empty(), "there is nothing to change")?;
    when(
        screen.host.here,
        "only this machine's registry can be changed from here; save the fix and run it on the host",
    )?;
    when(screen.applying.is_none(), "it is being applied")?;
    writing(model)
}
