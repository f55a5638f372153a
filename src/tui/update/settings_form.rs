//! Forms for settings of Cloud Sync: opened with what is now, turned into an action.

use jiff::{Timestamp, civil::Time, tz::TimeZone};

use crate::{
    domain::synchronization::{NotificationSettings, UpdateWindow, UpdaterConfiguration},
    engine::synchronization::SynchronizationAction,
    tui::{
        effect::{Effect, SteeringEffect},
        job::{JobId, JobKind},
        layer::{FieldValue, Form, FormField, FormPurpose, Layer},
        model::Model,
        msg::Failure,
    },
};

use super::{Effects, steering, tell_failure};

/// Reads the threshold and its recipients, to be edited.
pub fn notification(model: &mut Model, configuration: &str, name: &str, effects: &mut Effects) {
    let job = model
        .jobs
        .start(model.now, JobKind::ReadSynchronization, name.to_owned());
    let configuration = configuration.to_owned();
    model.layers.push(Layer::Form(Box::new(Form {
        title: "Accidental deletions",
        hint: format!(
            "For {name}. With a threshold of N a run that would delete N objects or more is held back, and the job goes into \
             quarantine."
        ),
        fields: Vec::new(),
        at: 0,
        error: None,
        reading: Some(job),
        purpose: FormPurpose::Notification {
            configuration: configuration.clone(),
        },
    })));
    effects.push(Effect::Steering(SteeringEffect::ReadNotification {
        job,
        configuration,
    }));
}

/// The threshold and its recipients were read.
pub fn notification_read(
    model: &mut Model,
    job: JobId,
    result: Result<Option<NotificationSettings>, Failure>,
) {
    let place = model
        .layers
        .iter()
        .position(|layer| matches!(layer, Layer::Form(form) if form.reading == Some(job)));
    let Some(place) = place else { return };
    let settings = match result {
        Ok(settings) => settings.unwrap_or_default(),
        Err(failure) => {
            model.layers.remove(place);
            tell_failure(model, "the threshold can't be read", &failure);
            return;
        }
    };
    if let Some(Layer::Form(form)) = model.layers.get_mut(place) {
        form.reading = None;
        form.fields = vec![
            FormField::switch("Threshold", settings.threshold_enabled),
            FormField::text(
                "Deletions",
                &settings.threshold.to_string(),
                "a number, such as 500",
            ),
            FormField::switch("E-mail on quarantine", settings.notify),
            FormField::text(
                "Recipients",
                &settings.recipients,
                "addresses, a comma between them",
            ),
        ];
    }
}

/// Opens the settings of the updater.
pub fn updater(model: &mut Model) {
    let now = model.agents.updater().cloned().unwrap_or_default();
    let window = now.window.clone();
    // The service writes seconds and fractions nobody types.
    let short = |time: &str| time.chars().take(5).collect::<String>();
    let (start, end) = window.map_or_else(Default::default, |window| {
        (short(&window.start), short(&window.end))
    });
    let defer = now.defer_until.map_or_else(String::new, |at| {
        at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M").to_string()
    });
    model.layers.push(Layer::Form(Box::new(Form {
        title: "Updates of agents",
        hint: "When the agents of the whole tenant update themselves. The window is in each agent's own time; a date to wait \
               for counts before it."
            .to_owned(),
        fields: vec![
            FormField::text("Window from", &start, "such as 02:00; empty: at any time"),
            FormField::text("Window to", &end, "such as 04:00"),
            FormField::text("Not before (UTC)", &defer, "such as 2026-12-24T00:00; empty: at once"),
            FormField::switch("Hosts may differ", now.allow_override),
        ],
        at: 0,
        error: None,
        reading: None,
        purpose: FormPurpose::Updater,
    })));
}

/// Enter: the next field, the other side of a switch, or the button.
pub fn accept(model: &mut Model, effects: &mut Effects) {
    let Some(Layer::Form(form)) = model.layers.last_mut() else {
        return;
    };
    if form.reading.is_some() {
        return;
    }
    form.error = None;
    match form.fields.get_mut(form.at).map(|field| &mut field.value) {
        Some(FieldValue::Text(_)) => form.turn(true),
        Some(FieldValue::Switch(on)) => *on = !*on,
        None => match action(form) {
            Ok(action) => steering::begin_action(model, action, effects),
            Err((place, why)) => {
                form.at = place;
                form.error = Some(why);
            }
        },
    }
}

/// What a form wants done, or which field is wrong.
fn action(form: &Form) -> Result<SynchronizationAction, (usize, String)> {
    match &form.purpose {
        FormPurpose::Notification { configuration } => {
            let number = form.text_at(1).replace([',', '.', ' '], "");
            let threshold = number
                .parse()
                .map_err(|_| (1, "the threshold is a number such as 500".to_owned()))?;
            Ok(SynchronizationAction::SetNotification {
                configuration: configuration.clone(),
                settings: NotificationSettings {
                    threshold_enabled: form.is_on(0),
                    threshold,
                    notify: form.is_on(2),
                    recipients: form.text_at(3).to_owned(),
                },
            })
        }
        FormPurpose::Updater => {
            let window = match (form.text_at(0), form.text_at(1)) {
                ("", "") => None,
                (start, end) => Some(UpdateWindow {
                    start: time(start).ok_or_else(|| (0, not_a_time(start)))?,
                    end: time(end).ok_or_else(|| (1, not_a_time(end)))?,
                }),
            };
            Ok(SynchronizationAction::SetUpdater {
                updater: UpdaterConfiguration {
                    window,
                    defer_until: moment(form.text_at(2)).map_err(|why| (2, why))?,
                    allow_override: form.is_on(3),
                },
            })
        }
    }
}

fn not_a_time(text: &str) -> String {
    format!("`{text}` is no time of day; write it as 02:00")
}

/// A time of day as the service writes it.
fn time(text: &str) -> Option<String> {
    let time: Time = text.parse().ok()?;
    Some(time.strftime("%H:%M:%S.0000000").to_string())
}

fn moment(text: &str) -> Result<Option<Timestamp>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let full = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        _ => format!("{}Z", text.trim_end_matches(['z', 'Z'])),
    };
    full.parse()
        .map(Some)
        .map_err(|_| format!("`{text}` is no date; write it as 2026-12-24 or 2026-12-24T18:00"))
}
