//! Which objects to provision on demand: typed, pasted, or named by a file.

use crate::{
    domain::synchronization::{JobKind, OnDemandSubject, ProvisioningLogEntry},
    engine::synchronization::subjects::{MOST_SUBJECTS, read_subjects},
    tui::{
        job::JobId,
        widget::{Scroll, TextField},
    },
};

/// The form.
#[derive(Clone, Debug)]
pub struct SubjectsForm {
    /// Id of the configuration.
    pub configuration: String,
    /// Id of the job.
    pub job_id: String,
    /// What people call the job.
    pub name: String,
    /// What kind of job it is: decides how objects are named.
    pub kind: JobKind,
    /// Place in [`SubjectsForm::types`].
    pub object_type: usize,
    /// The line.
    pub field: TextField,
    /// The objects so far, each once.
    pub subjects: Vec<OnDemandSubject>,
    /// The file being read.
    pub reading: Option<JobId>,
    /// Why something was not taken.
    pub error: Option<String>,
    /// First visible object.
    pub scroll: Scroll,
}

impl SubjectsForm {
    /// An empty form.
    pub fn new(configuration: String, job_id: String, name: String, kind: JobKind) -> Self {
        Self {
            configuration,
            job_id,
            name,
            kind,
            object_type: 0,
            field: TextField::default(),
            subjects: Vec::new(),
            reading: None,
            error: None,
            scroll: Scroll::default(),
        }
    }

    /// The types of objects such a job provisions (facts/graph section 3.3).
    pub fn types(&self) -> &'static [&'static str] {
        match self.kind {
            JobKind::Provisioning => &["user", "group", "contact"],
            JobKind::GroupProvisioning => &["Group"],
            JobKind::ExchangeAttributeWriteback => &["User"],
            _ => &["User", "Group"],
        }
    }

    /// The type of objects that are added now.
    pub fn type_word(&self) -> &'static str {
        let types = self.types();
        types.get(self.object_type).copied().unwrap_or("user")
    }

    /// How objects are named here.
    pub fn naming(&self) -> &'static str {
        match self.kind {
            JobKind::Provisioning => "a distinguished name such as CN=Ada,OU=Staff,DC=contoso,DC=com",
            _ => "an object id such as 6c1e4c10-3b0f-4a0e-9d0e-0f3a3c1b2a11",
        }
    }

    /// Proposes the object of a log entry: its name goes into the line, where it can still be changed.
    pub fn propose(&mut self, entry: &ProvisioningLogEntry) {
        let source = &entry.source;
        let name = match self.kind {
            JobKind::Provisioning => source.distinguished_name.as_deref().unwrap_or_default(),
            _ => &source.id,
        };
        if name.is_empty() {
            self.error = Some("the log entry does not say how the job names this object; type it".to_owned());
            return;
        }
        self.field.set(name);
        let of_this_kind = |word: &str| word.eq_ignore_ascii_case(&source.kind);
        self.object_type = self
            .types()
            .iter()
            .position(|word| of_this_kind(word))
            .unwrap_or(0);
    }

    /// The next type of objects.
    pub fn turn(&mut self) {
        self.object_type = (self.object_type + 1) % self.types().len().max(1);
    }

    /// Adds what a text names, one object a line or a table.
    pub fn add_text(&mut self, text: &str) -> Result<(), String> {
        let found = read_subjects(text, self.type_word()).map_err(|error| error.to_string())?;
        self.add(found)
    }

    /// Adds objects that are not there yet.
    pub fn add(&mut self, found: Vec<OnDemandSubject>) -> Result<(), String> {
        let known: std::collections::HashSet<String> = self
            .subjects
            .iter()
            .map(|subject| subject.object_id.to_lowercase())
            .collect();
        let new: Vec<OnDemandSubject> = found
            .into_iter()
            .filter(|subject| !known.contains(&subject.object_id.to_lowercase()))
            .collect();
        if self.subjects.len() + new.len() > MOST_SUBJECTS {
            return Err(format!(
                "more than {MOST_SUBJECTS} objects are too many to provision one by one; let the next cycle do it"
            ));
        }
        self.subjects.extend(new);
        Ok(())
    }
}

/// Whether a typed text names an object rather than a file.
pub fn names_object(text: &str) -> bool {
    let id = text.rsplit('_').next().unwrap_or(text);
    !text.starts_with('@') && (text.contains('=') || uuid::Uuid::try_parse(id).is_ok())
}
