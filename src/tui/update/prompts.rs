//! Actions that want a line of text first: which text, and what it is for.

use crate::{
    engine::tls_check::fix::{self, Format},
    tui::{
        action::Action,
        layer::{Layer, Prompt, Purpose},
        model::{Model, TabSubject},
        view::figures::counted,
    },
};

use super::{Effects, subject_actions, submit};

/// Asks for the text an action needs; a text from the palette is taken at once.
pub fn open(model: &mut Model, action: Action, argument: &str, effects: &mut Effects) {
    let Some((title, hint, suggestion, purpose)) = prompt(model, action) else {
        return;
    };
    let text = if argument.is_empty() {
        suggestion.as_str()
    } else {
        argument
    };
    let prompt = Prompt::new(title, hint, text, purpose);
    model.layers.push(Layer::Prompt(prompt));
    if !argument.is_empty() {
        submit::accept(model, effects);
    }
}

/// Title, hint, suggestion and purpose; nothing for an action that needs no text.
fn prompt(model: &Model, action: Action) -> Option<(&'static str, String, String, Purpose)> {
    let nothing = String::new;
    Some(match action {
        Action::ImportMarks => (
            "Import marks",
            "A CSV file with a column such as PrimarySmtpAddress, UserPrincipalName, ExternalDirectoryObjectId or Alias."
                .to_owned(),
            nothing(),
            Purpose::ImportMarks,
        ),
        Action::ImportDirectory => (
            "Import directory export",
            "An export of Active Directory as ldifde, ldapsearch (LDIF) or Get-ADUser | Export-Csv write it.".to_owned(),
            nothing(),
            Purpose::ImportDirectory,
        ),
        Action::ExportView if matches!(model.layers.last(), Some(Layer::Logs(_))) => (
            "Export log",
            "Writes the entries shown, in their order. The ending decides: .csv, .json or .jsonl; steps are left out of CSV."
                .to_owned(),
            "log.csv".to_owned(),
            Purpose::ExportLog,
        ),
        Action::ExportView => (
            "Export view",
            format!(
                "Writes {} shown, in their order. The ending decides: .csv, .json or .jsonl.",
                counted(model.mailboxes.rows().len(), "row", "rows")
            ),
            "mailboxes.csv".to_owned(),
            Purpose::ExportView,
        ),
        Action::SavePlan => {
            let Some(Layer::Plan(screen)) = model.layers.last() else {
                return None;
            };
            (
                "Save plan",
                "The plan as a JSON file with a hash over its content; `handover mailboxes apply` takes it.".to_owned(),
                "plan.json".to_owned(),
                Purpose::SavePlan(screen.plan.clone()),
            )
        }
        Action::ImportRegistry => (
            "Read registry values",
            "A .reg export, the output of reg query /s, or the Path,Name,Value output of Microsoft's script.".to_owned(),
            nothing(),
            Purpose::ImportRegistry,
        ),
        Action::SaveFix => {
            let Some(Layer::Fix(screen)) = model.layers.last() else {
                return None;
            };
            (
                "Save fix",
                "A PowerShell script, or a registry file when the name ends in .reg. The undo is written beside it.".to_owned(),
                fix::file_name(&screen.host, Format::PowerShell),
                Purpose::SaveFix,
            )
        }
        Action::SaveWave => {
            let marked = counted(model.mailboxes.marks.count(), "marked mailbox", "marked mailboxes");
            ("Save wave", format!("A name for {marked}."), nothing(), Purpose::SaveWave)
        }
        Action::AddAddress => (
            "Add address",
            "An e-mail address such as anna@contoso.com, or another kind with its prefix.".to_owned(),
            nothing(),
            Purpose::AddAddress,
        ),
        Action::CreateGroup => (
            "Create agent group",
            "A name for the group. Agents and domains are put into it afterwards.".to_owned(),
            nothing(),
            Purpose::CreateGroup,
        ),
        Action::RenameGroup => {
            let Some(TabSubject::Group { group }) = model.agents.subject() else {
                return None;
            };
            let name = model.agents.group(&group).map_or_else(nothing, |group| group.display_name.clone());
            ("Rename agent group", format!("The new name of {name}."), name, Purpose::RenameGroup(group))
        }
        Action::CreateWriteback => (
            "Create writeback",
            "The Active Directory domain that gets the Exchange attributes of its cloud-managed mailboxes back.".to_owned(),
            subject_actions::suggested_domain(model),
            Purpose::CreateWriteback,
        ),
        Action::ConnectVersion => (
            "Version of Connect Sync",
            "Four numbers such as 2.5.190.0, as \
             (Get-ADSyncGlobalSettings).Parameters['Microsoft.Synchronize.ServerConfigurationVersion'] shows them on the \
             Connect server. Kept for this session."
                .to_owned(),
            model.connect_version.clone().unwrap_or_default(),
            Purpose::ConnectVersion,
        ),
        _ => return None,
    })
}
