//! A question: what will happen, and buttons of which the harmless one has the cursor, or a text to type.

use std::{sync::Arc, time::Duration};

use crate::{
    domain::Plan,
    engine::{synchronization::ActionPlan, tls_check::CheckedHost},
    tui::widget::TextField,
};

/// How long keys are swallowed after a dangerous question came up: nobody has read it yet.
pub const SWALLOWED: Duration = Duration::from_millis(300);

/// A question on screen.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Its title.
    pub title: String,
    /// What to know first, paragraph by paragraph.
    pub body: Vec<Body>,
    /// The buttons; the first is the harmless one and has the cursor.
    pub buttons: Vec<(&'static str, Choice)>,
    /// The button with the cursor.
    pub selected: usize,
    /// The text to type for the last button; without it the buttons are enough.
    pub typed: Option<(TextField, String)>,
    /// Whether something outside this process will change.
    pub danger: bool,
}

/// A paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// How it looks.
    pub tone: Tone,
    /// What it says.
    pub text: String,
}

/// How a paragraph looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As usual.
    Plain,
    /// What counts most.
    Strong,
    /// A warning; the word stands in the text.
    Warning,
    /// Less important.
    Muted,
}

/// What a button does.
#[derive(Clone, Debug)]
pub enum Choice {
    /// Nothing.
    Cancel,
    /// Applies the plan.
    Apply(Arc<Plan>),
    /// Accepts the loss of the plan.
    AcceptLoss(Arc<Plan>),
    /// Lifts read-only.
    Unlock {
        /// The run that was waiting for it.
        resume: Option<String>,
    },
    /// Resumes a run.
    Resume(String),
    /// Opens the runs list.
    ShowRuns,
    /// Deletes a wave.
    DeleteWave(String),
    /// Plans to switch the tenant-wide default.
    TenantDefault,
    /// Cancels the run.
    CancelRun,
    /// Lets the run finish its current step, then leaves.
    LeaveInterrupted,
    /// Carries out an action on Cloud Sync.
    CarryOut(Arc<ActionPlan>),
    /// Applies the fix of this machine.
    ApplyFix(Arc<CheckedHost>),
    /// Leaves; jobs that only read are dropped.
    Leave,
}

impl Ask {
    /// A question with a harmless first button.
    pub fn new(title: impl Into<String>, harmless: &'static str) -> Self {
        Self {
            title: title.into(),
            body: Vec::new(),
            buttons: vec![(harmless, Choice::Cancel)],
            selected: 0,
            typed: None,
            danger: false,
        }
    }

    /// One more paragraph.
    pub fn say(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.body.push(Body {
            tone,
            text: text.into(),
        });
        self
    }

    /// One more button.
    pub fn button(mut self, label: &'static str, choice: Choice) -> Self {
        self.buttons.push((label, choice));
        self
    }

    /// Wants a text typed before the last button can be pressed.
    pub fn typing(mut self, text: impl Into<String>) -> Self {
        self.typed = Some((TextField::default(), text.into()));
        self
    }

    /// Something outside will change.
    pub fn dangerous(mut self) -> Self {
        self.danger = true;
        self
    }

    /// Goes to the next or the previous button.
    pub fn turn(&mut self, forward: bool) {
        let count = self.buttons.len().max(1);
        self.selected = (self.selected + if forward { 1 } else { count - 1 }) % count;
    }

    /// What Enter does now; a sentence when the typed text is not the one asked for.
    pub fn choose(&self) -> Result<Choice, String> {
        if let Some((field, wanted)) = &self.typed {
            return match field.text().trim() == wanted {
                true => Ok(self
                    .buttons
                    .last()
                    .map_or(Choice::Cancel, |(_, choice)| choice.clone())),
                false => Err(format!("type `{wanted}` exactly, or go back with Esc")),
            };
        }
        Ok(self
            .buttons
            .get(self.selected)
            .map_or(Choice::Cancel, |(_, choice)| choice.clone()))
    }
}
