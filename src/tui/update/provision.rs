//! Which objects to provision on demand: typed, pasted, or named by a file.

use crate::{
    domain::synchronization::{JobKind as Kind, OnDemandSubject},
    engine::synchronization::SynchronizationAction,
    tui::{
        effect::{Effect, SteeringEffect},
        job::{JobId, JobKind},
        layer::{Layer, SubjectsForm, logged_object, names_object},
        model::{Model, TabSubject},
        msg::Failure,
    },
};

use super::{Effects, steering, subject_actions};

/// Asks which objects a job is to provision: the job under the cursor, or the one whose log is open. The object of a log
/// entry is proposed.
pub fn open(model: &mut Model) {
    let logged = logged_object(&model.layers);
    let (configuration, job) = match (&logged, model.agents.subject()) {
        (Some((screen, _)), _) => (screen.configuration.clone(), screen.job_id.clone()),
        (None, Some(TabSubject::Job { configuration, job })) => (configuration, job),
        _ => return,
    };
    let template = model
        .agents
        .job(&configuration, &job)
        .and_then(|seen| seen.job.template_id.clone());
    let kind = Kind::of(&job, template.as_deref());
    let name = subject_actions::job_name(model, &configuration, &job);
    let mut form = SubjectsForm::new(configuration, job, name, kind);
    if let Some((_, Some(entry))) = logged {
        form.propose(entry);
    }
    model.layers.push(Layer::Subjects(Box::new(form)));
}

/// Enter: takes what is typed, then looks what provisioning would do.
pub fn accept(model: &mut Model, effects: &mut Effects) {
    let Some(Layer::Subjects(form)) = model.layers.last_mut() else {
        return;
    };
    if form.reading.is_some() {
        return;
    }
    form.error = None;
    let typed = form.field.text().trim().to_owned();
    if !typed.is_empty() && !names_object(&typed) {
        let path = typed.trim_start_matches('@').to_owned();
        let object_type = form.type_word().to_owned();
        let job = model
            .jobs
            .start(model.now, JobKind::ReadSynchronization, path.clone());
        form.reading = Some(job);
        effects.push(Effect::Steering(SteeringEffect::ReadSubjects {
            job,
            path,
            object_type,
        }));
        return;
    }
    if !typed.is_empty() {
        if let Err(why) = form.add_text(&typed) {
            form.error = Some(why);
            return;
        }
        form.field.set("");
    }
    if form.subjects.is_empty() {
        form.error = Some("name an object first, or go back with Esc".to_owned());
        return;
    }
    let action = SynchronizationAction::ProvisionOnDemand {
        configuration: form.configuration.clone(),
        job: form.job_id.clone(),
        subjects: form.subjects.clone(),
    };
    steering::begin_action(model, action, effects);
}

/// Text was pasted: a list of several lines goes to the objects, one line into the field. True when it was a list.
pub fn paste(form: &mut SubjectsForm, text: &str) -> bool {
    if text.trim().lines().count() < 2 {
        return false;
    }
    form.error = form.add_text(text).err();
    true
}

/// A file of objects was read.
pub fn subjects_read(model: &mut Model, job: JobId, result: Result<Vec<OnDemandSubject>, Failure>) {
    let form = model.layers.iter_mut().find_map(|layer| match layer {
        Layer::Subjects(form) if form.reading == Some(job) => Some(form),
        _ => None,
    });
    let Some(form) = form else { return };
    form.reading = None;
    let added = match result {
        Ok(found) => form.add(found),
        Err(failure) => Err(failure.message),
    };
    match added {
        Ok(()) => form.field.set(""),
        Err(why) => form.error = Some(why),
    }
}
