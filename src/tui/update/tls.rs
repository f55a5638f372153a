//! The TLS tab: checks, files, what is shown in full, fixes.

use std::{path::PathBuf, sync::Arc};

use crate::{
    engine::tls_check::{CheckedHost, HostRequest, fix},
    tui::{
        effect::{CheckScope, Effect, TlsEffect},
        job::JobKind,
        layer::{Ask, Choice, FixScreen, Layer, Tone},
        model::{Model, TlsScreen, TlsSubject},
        msg::{Level, TlsMsg},
        view::{self, figures::counted},
        widget::{Scroll, Step},
    },
};

use super::{Effects, put, tell_failure};

/// The tab is open: the first time it checks by itself. That needs no sign-in, which may be what TLS is in the way of.
pub fn shown(model: &mut Model, effects: &mut Effects) {
    if !model.tls.begun {
        check(model, CheckScope::Everything, effects);
    }
}

/// Reads and probes.
pub fn check(model: &mut Model, scope: CheckScope, effects: &mut Effects) {
    if model.tls.is_busy() {
        let text = "a check is at work; Esc in the jobs drawer (J) cancels it";
        model.notes.tell(model.now, Level::Info, text);
        return;
    }
    model.tls.begun = true;
    let job = model.jobs.start(model.now, JobKind::TlsCheck, "");
    model.tls.job = Some(job);
    effects.push(Effect::Tls(TlsEffect::Check {
        job,
        scope,
        files: model.tls.files.clone(),
    }));
}

/// One more file, as typed.
pub fn import(model: &mut Model, path: String, effects: &mut Effects) {
    let path = PathBuf::from(path);
    if !model.tls.files.contains(&path) {
        model.tls.files.push(path.clone());
    }
    let request = HostRequest::file(path, None);
    check(model, CheckScope::Host(request), effects);
}

/// Takes a file of this session off the list.
pub fn forget(model: &mut Model) {
    let Some(at) = model.tls.host_place() else {
        return;
    };
    if let Some(path) = model.tls.remove(at) {
        let text = format!("{} is no longer looked at; the file stays", path.display());
        model.notes.tell(model.now, Level::Info, text);
    }
}

/// An answer about a check or a fix.
pub fn answer(model: &mut Model, msg: TlsMsg, effects: &mut Effects) {
    match msg {
        TlsMsg::Begun { job, found } => {
            if model.tls.job != Some(job) {
                return;
            }
            match found {
                Ok((hosts, endpoints)) => model.tls.begin(hosts, endpoints),
                Err(failure) => model.tls.failure = Some(failure.message),
            }
        }
        TlsMsg::Told { job, event } => {
            if model.tls.job == Some(job) {
                model.tls.take_in(event);
            }
        }
        TlsMsg::Ended { job, result } => {
            model.jobs.end(model.now, job, &result);
            if model.tls.job == Some(job) {
                model.tls.job = None;
                model.tls.checked_at = Some(model.now.wall);
            }
            if let Err(failure) = result {
                tell_failure(model, "TLS check", &failure);
            }
        }
        TlsMsg::FixSaved { job, result } => {
            model.jobs.end(model.now, job, &result);
            match result {
                Ok(saved) => {
                    let text = format!("saved {} and {}", saved.0, saved.1);
                    if let Some(screen) = fix_screen(model) {
                        screen.saved = Some(saved);
                    }
                    model.notes.tell(model.now, Level::Info, text);
                }
                Err(failure) => tell_failure(model, "save fix", &failure),
            }
        }
        TlsMsg::FixApplied { job, result } => {
            model.jobs.end(model.now, job, &result);
            let screen = fix_screen(model);
            match result {
                Ok(backup) => {
                    if let Some(screen) = screen {
                        screen.applying = None;
                        screen.applied = backup;
                    }
                    let text = "the values are set; restart Windows so that they count";
                    model.notes.tell(model.now, Level::Info, text);
                    check(model, CheckScope::Everything, effects);
                }
                Err(failure) => {
                    if let Some(screen) = screen {
                        screen.applying = None;
                    }
                    tell_failure(model, "apply fix", &failure);
                }
            }
        }
    }
}

fn fix_screen(model: &mut Model) -> Option<&mut FixScreen> {
    model.layers.iter_mut().find_map(|layer| match layer {
        Layer::Fix(screen) => Some(&mut **screen),
        _ => None,
    })
}

/// Moves the cursor, or the text that is shown in full.
pub fn step(model: &mut Model, step: Step) {
    let (length, visible) = view::extent(model);
    match &mut model.tls.screen {
        Some(screen) => screen.scroll.slide(step, length, visible),
        None => model.tls.step(step),
    }
}

/// Shows what is under the cursor in full.
pub fn open(model: &mut Model) {
    if model.tls.screen.is_none()
        && let Some(subject) = model.tls.subject()
    {
        model.tls.screen = Some(TlsScreen {
            subject,
            scroll: Scroll::default(),
        });
    }
}

/// Back by one level: the screen, then the filter.
pub fn back(model: &mut Model) {
    if model.tls.screen.take().is_none() {
        model.tls.set_filter("");
    }
}

/// Shows what would have to change on the host.
pub fn show_fix(model: &mut Model) {
    if let Some(host) = model.tls.host_at_hand().cloned() {
        model.layers.push(Layer::Fix(Box::new(FixScreen::new(host))));
    }
}

/// Writes the fix and its undo.
pub fn save_fix(model: &mut Model, path: String) -> Option<Effect> {
    let Some(Layer::Fix(screen)) = model.layers.last() else {
        return None;
    };
    let host = Arc::clone(&screen.host);
    let job = model.jobs.start(model.now, JobKind::SaveFix, path.clone());
    Some(Effect::Tls(TlsEffect::SaveFix { job, host, path }))
}

/// Asks before the fix is applied to this machine.
pub fn confirm_fix(model: &mut Model) {
    let Some(Layer::Fix(screen)) = model.layers.last() else {
        return;
    };
    let count = screen.changes.len();
    let host = &screen.host.report.host;
    let ask = Ask::new("Change this machine's registry?", "Cancel")
        .say(
            Tone::Strong,
            format!("Sets {} in the registry of {host}.", counted(count, "value", "values")),
        )
        .say(
            Tone::Plain,
            "The values as they are now are saved as a .reg file first. Windows has to be restarted afterwards: until \
             then nothing changes for running programs.",
        )
        .typing(fix::phrase(&screen.host))
        .button("Apply", Choice::ApplyFix(Arc::clone(&screen.host)))
        .dangerous();
    put(model, Layer::Ask(ask));
}

/// The fix was confirmed.
pub fn apply_fix(model: &mut Model, host: Arc<CheckedHost>, effects: &mut Effects) {
    let job = model
        .jobs
        .start(model.now, JobKind::ApplyFix, host.report.host.clone());
    if let Some(screen) = fix_screen(model) {
        screen.applying = Some(job);
    }
    effects.push(Effect::Tls(TlsEffect::ApplyFix { job, host }));
}

/// What can be copied: title and text of each.
pub fn to_copy(model: &Model) -> Vec<(&'static str, String)> {
    let tab = &model.tls;
    let subject = tab
        .screen
        .as_ref()
        .map(|screen| screen.subject.clone())
        .or_else(|| tab.subject());
    let entries = match subject {
        Some(TlsSubject::Host(_)) => tab.host_at_hand().map_or_else(Vec::new, |host| {
            vec![
                ("Host", host.report.host.clone()),
                (
                    "Fix as PowerShell",
                    fix::as_text(&fix::script(host, fix::Format::PowerShell)),
                ),
                (
                    "Fix as .reg",
                    fix::as_text(&fix::script(host, fix::Format::Registry)),
                ),
            ]
        }),
        Some(TlsSubject::Value(at, value)) => tab.value(at, value).map_or_else(Vec::new, |value| {
            vec![
                ("Key", value.path.clone()),
                ("Name", value.name.clone()),
                ("Reason", value.reason.clone()),
            ]
        }),
        Some(TlsSubject::Endpoint(at)) => tab.endpoints.get(at).map_or_else(Vec::new, |row| {
            let report = row.report.as_ref();
            vec![
                ("Endpoint", format!("{}:{}", row.endpoint.host, row.endpoint.port)),
                (
                    "What was seen",
                    report.map_or_else(String::new, |report| report.detail.clone()),
                ),
                (
                    "Issuer",
                    report
                        .and_then(|report| report.issuer.clone())
                        .unwrap_or_default(),
                ),
            ]
        }),
        None => Vec::new(),
    };
    entries.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// What can be copied of a fix.
pub fn fix_to_copy(screen: &FixScreen) -> Vec<(&'static str, String)> {
    let script = |format| fix::as_text(&fix::script(&screen.host, format));
    let undo = |format| fix::as_text(&fix::undo(&screen.host, format));
    vec![
        ("PowerShell", script(fix::Format::PowerShell)),
        ("PowerShell undo", undo(fix::Format::PowerShell)),
        (".reg", script(fix::Format::Registry)),
        (".reg undo", undo(fix::Format::Registry)),
    ]
}
