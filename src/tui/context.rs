//! Where keys go: each screen and dialog is one context of the keymap.

/// A context of the keymap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Keys of every context that inherits: all but dialogs and text fields.
    Global,
    /// The mailbox table.
    Table,
    /// The Agents tab: jobs, agents, domains, groups.
    Agents,
    /// One synchronization job in full.
    Job,
    /// One agent in full.
    Agent,
    /// The TLS tab: hosts, their values, endpoints.
    Tls,
    /// The fix of a host.
    Fix,
    /// One mailbox in full.
    Details,
    /// The finished plan.
    Plan,
    /// A run at work or over.
    Run,
    /// The list of runs.
    Runs,
    /// The saved waves.
    Waves,
    /// The choice of a sort column.
    Sort,
    /// The jobs drawer.
    Jobs,
    /// The call log.
    Calls,
    /// The messages so far.
    Messages,
    /// What is in use.
    Information,
    /// The help.
    Help,
    /// The addresses of one mailbox.
    Addresses,
    /// An action on Cloud Sync.
    Steering,
    /// What came of one object.
    Timeline,
    /// A log of Cloud Sync.
    Logs,
    /// One entry of it.
    LogEntry,
    /// The sign-in.
    SignIn,
    /// A dialog with buttons.
    Dialog,
    /// A text field: printable keys are text.
    Text,
    /// The command palette: a text field with a list and a history.
    Palette,
}

/// Every context with its name in the keymap file.
pub const CONTEXTS: [(Context, &str); 27] = [
    (Context::Global, "global"),
    (Context::Table, "table"),
    (Context::Agents, "agents"),
    (Context::Job, "job"),
    (Context::Agent, "agent"),
    (Context::Tls, "tls"),
    (Context::Fix, "fix"),
    (Context::Details, "details"),
    (Context::Plan, "plan"),
    (Context::Run, "run"),
    (Context::Runs, "runs"),
    (Context::Waves, "waves"),
    (Context::Sort, "sort"),
    (Context::Jobs, "jobs"),
    (Context::Calls, "calls"),
    (Context::Messages, "messages"),
    (Context::Information, "info"),
    (Context::Help, "help"),
    (Context::Addresses, "addresses"),
    (Context::Steering, "action"),
    (Context::Timeline, "object"),
    (Context::Logs, "logs"),
    (Context::LogEntry, "log-entry"),
    (Context::SignIn, "sign-in"),
    (Context::Dialog, "dialog"),
    (Context::Text, "text"),
    (Context::Palette, "palette"),
];

impl Context {
    /// By its name in the keymap file.
    pub fn named(name: &str) -> Option<Self> {
        CONTEXTS
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(context, _)| *context)
    }

    /// The name in the keymap file.
    pub fn name(self) -> &'static str {
        CONTEXTS
            .iter()
            .find(|(context, _)| *context == self)
            .map_or("", |(_, name)| name)
    }

    /// The context whose keys count here too. A dialog inherits nothing, so that no key reaches through it.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Global | Self::Dialog | Self::Text | Self::SignIn | Self::Plan => None,
            Self::Palette => Some(Self::Text),
            _ => Some(Self::Global),
        }
    }

    /// Whether printable keys are text here.
    pub fn takes_text(self) -> bool {
        matches!(self, Self::Text | Self::Palette)
    }
}
