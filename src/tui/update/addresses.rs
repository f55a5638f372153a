//! The address editor: opening it, removing, making primary.

use crate::{
    domain::AddressEdit,
    tui::{
        effect::Effect,
        job::JobKind,
        layer::{AddressEditor, Layer},
        model::Model,
        msg::Level,
    },
};

use super::Effects;

/// Opens the editor for the mailbox under the cursor; its addresses are read first.
pub fn addresses(model: &mut Model, effects: &mut Effects) {
    let Some((id, name)) = model
        .mailboxes
        .cursor()
        .map(|mailbox| (mailbox.id, mailbox.display_name.to_owned()))
    else {
        return;
    };
    let job = model.jobs.start(model.now, JobKind::Details, name.clone());
    model.layers.push(Layer::Addresses(AddressEditor::new(id, name)));
    effects.push(Effect::ReadDetails { job, id });
}

/// An address without its prefix when it is an SMTP address; whole otherwise.
fn bare(address: &str) -> String {
    match address.split_once(':') {
        Some((prefix, bare)) if prefix.eq_ignore_ascii_case("smtp") => bare.to_owned(),
        _ => address.to_owned(),
    }
}

/// Removes the address under the cursor, or takes it back in.
pub fn remove_address(model: &mut Model) {
    let Some(Layer::Addresses(editor)) = model.layers.last_mut() else {
        return;
    };
    let Some(row) = editor.selected() else { return };
    let edit = match row.word {
        "removed" => AddressEdit::Add(bare(&row.address)),
        _ => AddressEdit::Remove(row.address.clone()),
    };
    if let Err(error) = editor.edit(&edit) {
        model.notes.tell(model.now, Level::Warn, error);
    }
}

/// Makes the address under the cursor the primary one.
pub fn set_primary(model: &mut Model) {
    if let Some(Layer::Addresses(editor)) = model.layers.last_mut()
        && let Some(row) = editor.selected()
        && let Err(error) = editor.edit(&AddressEdit::SetPrimary(bare(&row.address)))
    {
        model.notes.tell(model.now, Level::Warn, error);
    }
}
