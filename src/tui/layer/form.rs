//! A form of a few settings: texts and switches, then a button.

use crate::tui::{context::Context, job::JobId, widget::TextField};

/// The form.
#[derive(Clone, Debug)]
pub struct Form {
    /// Its title.
    pub title: &'static str,
    /// What to know, in a sentence or two.
    pub hint: String,
    /// The fields; none while they are being read.
    pub fields: Vec<FormField>,
    /// The field with the cursor; the button stands behind the last one.
    pub at: usize,
    /// What is wrong.
    pub error: Option<String>,
    /// The reading at work that brings the present values.
    pub reading: Option<JobId>,
    /// What it is for.
    pub purpose: FormPurpose,
}

/// A field.
#[derive(Clone, Debug)]
pub struct FormField {
    /// What it is called.
    pub label: &'static str,
    /// What it holds.
    pub value: FieldValue,
    /// What an empty text means.
    pub hint: &'static str,
}

/// What a field holds.
#[derive(Clone, Debug)]
pub enum FieldValue {
    /// A text.
    Text(TextField),
    /// On or off.
    Switch(bool),
}

/// What a form is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormPurpose {
    /// The threshold of accidental deletions and its recipients.
    Notification {
        /// Id of the configuration.
        configuration: String,
    },
    /// When agents update themselves.
    Updater,
}

impl FormField {
    /// A text.
    pub fn text(label: &'static str, text: &str, hint: &'static str) -> Self {
        Self {
            label,
            value: FieldValue::Text(TextField::new(text)),
            hint,
        }
    }

    /// On or off.
    pub fn switch(label: &'static str, on: bool) -> Self {
        Self {
            label,
            value: FieldValue::Switch(on),
            hint: "",
        }
    }
}

impl Form {
    /// Text fields take letters, the others don't.
    pub fn context(&self) -> Context {
        match self.fields.get(self.at).map(|field| &field.value) {
            Some(FieldValue::Text(_)) => Context::Text,
            _ => Context::Dialog,
        }
    }

    /// Goes to the next or the previous field, or the button.
    pub fn turn(&mut self, forward: bool) {
        let count = self.fields.len() + 1;
        self.at = (self.at + if forward { 1 } else { count - 1 }) % count;
    }

    /// The text field with the cursor.
    pub fn text_field(&mut self) -> Option<&mut TextField> {
        match self.fields.get_mut(self.at).map(|field| &mut field.value) {
            Some(FieldValue::Text(field)) => Some(field),
            _ => None,
        }
    }

    /// What a text field holds, trimmed.
    pub fn text_at(&self, place: usize) -> &str {
        match self.fields.get(place).map(|field| &field.value) {
            Some(FieldValue::Text(field)) => field.text().trim(),
            _ => "",
        }
    }

    /// Whether a switch is on.
    pub fn is_on(&self, place: usize) -> bool {
        matches!(
            self.fields.get(place).map(|field| &field.value),
            Some(FieldValue::Switch(true))
        )
    }
}
