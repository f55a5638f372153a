//! Copying to the clipboard.

use crate::{
    domain::SourceOfAuthority,
    tui::{
        effect::Effect,
        layer::{Layer, Menu, MenuEntry, Picked, sections},
        model::Model,
        msg::{Level, SignInPrompt},
        tab::Tab,
        view,
        widget::Scroll,
    },
};

use super::{Effects, agents, logs, tls};

/// Copies what is at hand; a mailbox has several things to copy, so a menu asks which.
pub fn copy(model: &mut Model, effects: &mut Effects) {
    match model.layers.last_mut() {
        Some(Layer::SignIn(dialog)) => {
            let text = match &dialog.prompt {
                Some(SignInPrompt::DeviceCode { code, .. }) => code.clone(),
                Some(SignInPrompt::Browser { url }) => url.clone(),
                None => return,
            };
            dialog.copied = true;
            effects.push(Effect::Copy(text));
        }
        Some(Layer::Calls(scroll)) => {
            let call = model.calls.iter().rev().nth(scroll.cursor);
            if let Some(call) = call {
                let id = call.request_id.as_deref().unwrap_or("no request id");
                let status = call
                    .status
                    .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
                let text = format!("{} {} {} {status} {id}", call.at, call.method, call.path);
                effects.push(Effect::Copy(text));
                model.notes.tell(model.now, Level::Info, "copied the call");
            }
        }
        Some(Layer::Messages(_)) => {
            if let Some(note) = model.notes.history().back() {
                let parts = [Some(note.text.clone()), note.advice.clone(), note.detail.clone()];
                let text: Vec<String> = parts.into_iter().flatten().collect();
                effects.push(Effect::Copy(text.join("\n")));
                model
                    .notes
                    .tell(model.now, Level::Info, "copied the latest message");
            }
        }
        Some(Layer::Logs(screen)) => {
            let copied = screen.selected().map(logs::copied);
            copy_record(model, copied, effects);
        }
        Some(Layer::LogEntry(screen)) => {
            let copied = Some(logs::copied(&screen.record));
            copy_record(model, copied, effects);
        }
        Some(Layer::Steering | Layer::Timeline(_)) => {
            effects.push(Effect::Copy(view::action_text(model)));
            model
                .notes
                .tell(model.now, Level::Info, "copied what is shown, whole");
        }
        Some(Layer::Information(screen)) => {
            let sections = screen.information.iter().flat_map(|found| sections(found));
            let entries = sections
                .filter(|section| section.copyable)
                .flat_map(|section| section.entries)
                .filter(|(name, _)| !name.is_empty())
                .map(|(name, value)| copy_entry(&name, value));
            let entries = entries.collect();
            open_menu(model, entries);
        }
        _ => copy_menu(model),
    }
}

fn copy_record(model: &mut Model, text: Option<String>, effects: &mut Effects) {
    if let Some(text) = text {
        effects.push(Effect::Copy(text));
        model.notes.tell(model.now, Level::Info, "copied the entry");
    }
}

fn copy_menu(model: &mut Model) {
    if let Some(Layer::Fix(screen)) = model.layers.last() {
        let entries = tls::fix_to_copy(screen).into_iter();
        let entries = entries.map(|(title, text)| copy_entry(title, text)).collect();
        open_menu(model, entries);
        return;
    }
    if model.tab != Tab::Mailboxes {
        let to_copy = if model.tab == Tab::Tls {
            tls::to_copy(model)
        } else {
            agents::to_copy(model)
        };
        let entries = to_copy.into_iter();
        let entries = entries.map(|(title, text)| copy_entry(title, text)).collect();
        open_menu(model, entries);
        return;
    }
    let Some(mailbox) = model.mailboxes.cursor() else {
        return;
    };
    let flag = match mailbox.authority {
        SourceOfAuthority::Unknown => "unknown",
        authority => authority.word(),
    };
    let row = [
        mailbox.id.to_string(),
        mailbox.display_name.to_owned(),
        mailbox.user_principal_name.to_owned(),
        mailbox.primary_smtp_address.to_owned(),
        mailbox.recipient_type.word().to_owned(),
        flag.to_owned(),
    ]
    .join("\t");
    let entries = vec![
        copy_entry("Object id", mailbox.id.to_string()),
        copy_entry("Address", mailbox.primary_smtp_address.to_owned()),
        copy_entry("Sign-in name", mailbox.user_principal_name.to_owned()),
        copy_entry("Name", mailbox.display_name.to_owned()),
        copy_entry("Row", row),
    ];
    open_menu(model, entries);
}

fn copy_entry(title: &str, text: String) -> MenuEntry {
    MenuEntry {
        title: title.to_owned(),
        note: text.replace('\t', "  "),
        doc: String::new(),
        picked: Picked::Copy(text),
    }
}

fn open_menu(model: &mut Model, entries: Vec<MenuEntry>) {
    model.layers.push(Layer::Menu(Menu {
        title: "Copy".to_owned(),
        entries,
        scroll: Scroll::default(),
    }));
}
