//! Watching until Ctrl-C: one line for each thing that changed.

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Tenant;
use crate::{
    cli::{Exit, Failure, Output, arguments::Global, note, signals},
    engine::synchronization::{
        NoticeLevel, WatchEvent,
        watch::{Focus, Now, WatchSettings, watch_at},
    },
};

/// One line of a watch.
pub struct Line {
    /// What it is about, to tell whether it changed: the same subject with the same value is told once.
    pub subject: String,
    /// The members of its object.
    pub record: Value,
    /// The same for people.
    pub text: String,
}

/// An object that says first what it is about.
pub fn event(name: &str, object: Value) -> Value {
    let mut members = serde_json::Map::new();
    members.insert("event".to_owned(), name.into());
    if let Value::Object(object) = object {
        members.extend(object);
    }
    Value::Object(members)
}

/// Watches and prints until Ctrl-C, which is the way to end it: exit code 0.
pub async fn stream(
    global: &Global,
    tenant: &Tenant,
    focus: Focus,
    mut lines: impl FnMut(&WatchEvent) -> Vec<Line>,
) -> Result<Exit, Failure> {
    let mut output = Output::new(global.output).streaming();
    let cancel = CancellationToken::new();
    signals::cancel_on_interrupt(cancel.clone());
    let settings = WatchSettings {
        data_dir: tenant.data_dir.clone(),
        tenant_id: tenant.id.clone(),
        seed: fastrand::u64(..),
    };
    let (sender, mut events) = mpsc::channel(64);
    let now: Now = std::sync::Arc::new(Timestamp::now);
    let service = std::sync::Arc::clone(&tenant.service);
    let (_control, watching) = watch_at(service, settings, sender, cancel.clone(), focus, now);
    let watching = tokio::spawn(watching);
    let mut told = std::collections::HashMap::new();
    while let Some(event) = events.recv().await {
        match &event {
            WatchEvent::Notice(notice) => {
                let level = match notice.level {
                    NoticeLevel::Info => "info",
                    NoticeLevel::Warn => "warning",
                    NoticeLevel::Alarm => "ALARM",
                };
                let record = serde_json::json!({
                    "event": "notice",
                    "at": notice.at,
                    "level": notice.level,
                    "text": notice.text,
                });
                print(
                    &mut output,
                    notice.at,
                    &record,
                    &format!("{level}: {}", notice.text),
                )?;
            }
            WatchEvent::Failed { what, error, .. } => {
                note(&format!(
                    "{what} can't be read now: {error} The watch tries again."
                ));
            }
            WatchEvent::AgentsRefused { error, .. } if focus == Focus::Agents => {
                cancel.cancel();
                watching.abort();
                let class = error.class;
                return Err(super::offer_person(error.clone().into(), class, false));
            }
            other => {
                for line in lines(other) {
                    let text = line.text.clone();
                    if told.insert(line.subject, text.clone()).as_ref() != Some(&text) {
                        print(&mut output, Timestamp::now(), &line.record, &line.text)?;
                    }
                }
            }
        }
        output.flush()?;
        if cancel.is_cancelled() {
            break;
        }
    }
    cancel.cancel();
    let _ = watching.await;
    Ok(Exit::Done)
}

fn print(output: &mut Output, at: Timestamp, record: &Value, text: &str) -> Result<(), Failure> {
    if output.is_flat() {
        // Lines of several kinds have no common columns.
        return output.text(&format!("{}  {text}", at.strftime("%H:%M:%SZ")));
    }
    output.row(record)
}
