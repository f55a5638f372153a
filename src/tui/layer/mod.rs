//! What can lie over the tab: screens, drawers and dialogs. Esc takes the top one away, one at a time.

mod addresses;
mod ask;
mod fix;
mod form;
mod information;
mod log_pages;
mod logs;
mod menu;
mod palette;
mod plan_digest;
mod prompt;
mod setup;
mod sign_in;
mod steering;
mod subjects;

use std::sync::Arc;

use crate::{
    domain::{ObjectId, Plan},
    engine::runs::RunDetail,
};

use super::{
    context::Context,
    job::JobId,
    msg::{MailboxDetails, RunRow},
    widget::{Scroll, TextField},
};

pub use addresses::AddressEditor;
pub use ask::{Ask, Choice, SWALLOWED, Tone};
pub use fix::FixScreen;
pub use form::{FieldValue, Form, FormField, FormPurpose};
pub use information::{InformationScreen, sections};
pub use log_pages::{LogField, LogPage, LogPages};
pub use logs::{LogEntryScreen, LogKind, LogRecord, LogScreen, logged_object};
pub use menu::{Menu, MenuEntry, Picked};
pub use palette::{Palette, is_move};
pub use plan_digest::PlanDigest;
pub use prompt::{Prompt, Purpose};
pub use setup::{CLOUDS, FIELDS, METHODS, SetupField, SetupForm};
pub use sign_in::SignInDialog;
pub use steering::{Settled, SteeringPhase, SteeringScreen, TimelineScreen, action_words};
pub use subjects::{SubjectsForm, names_object};

/// Something over the tab.
#[derive(Clone, Debug)]
pub enum Layer {
    /// The filter line is being edited; holds the text before, for Esc.
    Filter {
        /// The line.
        field: TextField,
        /// What it held before.
        before: String,
    },
    /// One mailbox in full.
    Details(DetailsScreen),
    /// A plan is being made.
    Planning(Planning),
    /// A finished plan.
    Plan(PlanScreen),
    /// The run at work or over.
    Run(Scroll),
    /// The runs on disk.
    Runs(Scroll),
    /// The record of one run.
    Record(RecordScreen),
    /// The saved waves.
    Waves(Scroll),
    /// The jobs drawer.
    Jobs(Scroll),
    /// The call log.
    Calls(Scroll),
    /// The messages so far.
    Messages(Scroll),
    /// What is in use.
    Information(InformationScreen),
    /// The help, for the context it was opened in.
    Help {
        /// First visible line.
        scroll: Scroll,
        /// Where it was opened.
        context: Context,
    },
    /// A choice out of a few.
    Menu(Menu),
    /// The command palette.
    Palette(Palette),
    /// A dialog with buttons or a typed confirmation.
    Ask(Ask),
    /// A dialog that wants a line of text.
    Prompt(Prompt),
    /// The sign-in.
    SignIn(SignInDialog),
    /// The addresses of one mailbox.
    Addresses(AddressEditor),
    /// The first run.
    Setup(SetupForm),
    /// A form of a few settings.
    Form(Box<Form>),
    /// Which objects to provision on demand.
    Subjects(Box<SubjectsForm>),
    /// A log of Cloud Sync.
    Logs(Box<LogScreen>),
    /// One entry of it in full.
    LogEntry(Box<LogEntryScreen>),
    /// The latest action on Cloud Sync.
    Steering,
    /// The fix of a host.
    Fix(Box<FixScreen>),
    /// What came of one object that was provisioned on demand.
    Timeline(TimelineScreen),
}

/// One mailbox in full.
#[derive(Clone, Debug)]
pub struct DetailsScreen {
    /// The mailbox.
    pub id: ObjectId,
    /// The read at work.
    pub job: Option<JobId>,
    /// Its attributes, once read.
    pub details: Option<Box<MailboxDetails>>,
    /// Why it could not be read.
    pub failure: Option<String>,
    /// First visible line.
    pub scroll: Scroll,
}

/// The record of one run.
#[derive(Clone, Debug)]
pub struct RecordScreen {
    /// Its row in the list of runs.
    pub row: RunRow,
    /// The read at work, then the one that brought what is shown.
    pub job: JobId,
    /// What the record says, once read.
    pub detail: Option<Box<RunDetail>>,
    /// Why it could not be read.
    pub failure: Option<String>,
    /// First visible line.
    pub scroll: Scroll,
}

/// A plan that is being made.
#[derive(Clone, Debug)]
pub struct Planning {
    /// Its job.
    pub job: JobId,
    /// What is planned, in a few words.
    pub what: String,
    /// Mailboxes checked.
    pub checked: u64,
    /// Mailboxes to check.
    pub total: u64,
    /// What it is doing.
    pub doing: String,
}

/// A finished plan on screen.
#[derive(Clone, Debug)]
pub struct PlanScreen {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Its figures.
    pub digest: PlanDigest,
    /// Where it was saved.
    pub saved: Option<String>,
    /// First visible line.
    pub scroll: Scroll,
}

impl Layer {
    /// The context of the keymap.
    pub fn context(&self) -> Context {
        match self {
            Self::Filter { .. } | Self::Prompt(_) => Context::Text,
            Self::Details(_) => Context::Details,
            Self::Planning(_) => Context::Dialog,
            Self::Plan(_) => Context::Plan,
            Self::Run(_) => Context::Run,
            Self::Runs(_) | Self::Record(_) => Context::Runs,
            Self::Waves(_) => Context::Waves,
            Self::Jobs(_) => Context::Jobs,
            Self::Calls(_) => Context::Calls,
            Self::Messages(_) => Context::Messages,
            Self::Information(_) => Context::Information,
            Self::Help { .. } => Context::Help,
            Self::Menu(_) => Context::Sort,
            Self::Palette(_) => Context::Palette,
            Self::Ask(ask) => match ask.typed {
                Some(_) => Context::Text,
                None => Context::Dialog,
            },
            Self::SignIn(_) => Context::SignIn,
            Self::Addresses(_) => Context::Addresses,
            Self::Setup(form) => form.context(),
            Self::Logs(screen) if screen.editing.is_some() => Context::Text,
            Self::Logs(_) => Context::Logs,
            Self::LogEntry(_) => Context::LogEntry,
            Self::Form(form) => form.context(),
            Self::Subjects(_) => Context::Text,
            Self::Steering => Context::Steering,
            Self::Fix(_) => Context::Fix,
            Self::Timeline(_) => Context::Timeline,
        }
    }
}
