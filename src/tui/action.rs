//! Every action of the cockpit, as data: keys, help, palette, hint bar and tests are made from this one table.

use super::{context::Context, enabled, model::Model};

/// One thing the administrator can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Action {
    Down,
    Up,
    PageDown,
    PageUp,
    First,
    Last,
    Open,
    Back,
    Filter,
    Sort,
    Mark,
    RangeMark,
    ExtendDown,
    ExtendUp,
    MarkAll,
    InvertMarks,
    ClearMarks,
    ImportMarks,
    Waves,
    ExportView,
    Copy,
    Reload,
    PlanCloud,
    PlanOnPremises,
    TenantDefault,
    Addresses,
    ImportDirectory,
    Unlock,
    ConnectVersion,
    SignIn,
    Runs,
    ShowRun,
    Help,
    Palette,
    Jobs,
    Calls,
    Messages,
    Information,
    Theme,
    Quit,
    Interrupt,
    Accept,
    NextField,
    PreviousField,
    Apply,
    SavePlan,
    Pause,
    Continue,
    CancelRun,
    CancelJob,
    Resume,
    Verify,
    Undo,
    SaveWave,
    DeleteWave,
    AddAddress,
    RemoveAddress,
    SetPrimary,
    OpenBrowser,
    HistoryBack,
    HistoryForward,
    CancelAction,
    ShowAction,
    Older,
    AllowDeletes,
    SubjectActions,
    StartJob,
    PauseJob,
    RestartJob,
    ProvisionOnDemand,
    Logs,
    StagedDeletes,
    Audit,
    TenantAudit,
    Thresholds,
    DeletePrevention,
    MailMapping,
    CreateWriteback,
    CreateGroup,
    RenameGroup,
    DeleteGroup,
    AssignAgent,
    UnassignAgent,
    Updater,
    NextPane,
    PreviousPane,
    SignInBeside,
    ProbeEndpoints,
    ImportRegistry,
    ForgetHost,
    Fix,
    SaveFix,
    AgentsTab,
    MailboxesTab,
    TlsTab,
    NextTab,
    PreviousTab,
}

/// Why an action can't be done now, in one sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why(pub String);

impl Why {
    /// A reason.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// What the table says about an action.
pub struct ActionInfo {
    /// Which action.
    pub action: Action,
    /// Its name in keymaps and in the palette.
    pub name: &'static str,
    /// Its title: in the hint bar and the palette.
    pub title: &'static str,
    /// One sentence about what it does, for help and dialogs.
    pub doc: &'static str,
    /// Whether it leads to a change outside this process.
    pub danger: bool,
    /// What it takes after its name in the palette, if anything.
    pub argument: Option<&'static str>,
    /// Where it means something.
    pub contexts: &'static [Context],
    /// Whether it can be done now, or why not.
    pub enabled: fn(&Model) -> Result<(), Why>,
}

const GLOBAL: &[Context] = &[Context::Global];
const MOVES: &[Context] = &[Context::Global, Context::Dialog, Context::Plan, Context::Text];
const TABLE: &[Context] = &[Context::Table];
const TABS: &[Context] = &[Context::Table, Context::Agents];
const SIGNED: &[Context] = &[Context::Table, Context::Agents, Context::Tls];
const FILTERED: &[Context] = &[Context::Table, Context::Agents, Context::Tls, Context::Logs];
const PANES: &[Context] = &[Context::Agents, Context::Tls];
const TLS: &[Context] = &[Context::Tls];
const AGENTS: &[Context] = &[Context::Agents, Context::Job, Context::Agent];
const JOB: &[Context] = &[Context::Agents, Context::Job];
const AGENT: &[Context] = &[Context::Agents, Context::Agent];
const RUN: &[Context] = &[Context::Run];
const FORMS: &[Context] = &[Context::Dialog, Context::Text];
const ANYWHERE: &[Context] = &[
    Context::Global,
    Context::Dialog,
    Context::Plan,
    Context::Text,
    Context::SignIn,
];

const fn info(
    action: Action,
    name: &'static str,
    title: &'static str,
    doc: &'static str,
    contexts: &'static [Context],
) -> ActionInfo {
    ActionInfo {
        action,
        name,
        title,
        doc,
        danger: false,
        argument: None,
        contexts,
        enabled: enabled::always,
    }
}

impl ActionInfo {
    const fn dangerous(mut self) -> Self {
        self.danger = true;
        self
    }

    const fn takes(mut self, argument: &'static str) -> Self {
        self.argument = Some(argument);
        self
    }

    const fn when(mut self, enabled: fn(&Model) -> Result<(), Why>) -> Self {
        self.enabled = enabled;
        self
    }
}

/// The table. Order is the order of help and of the hint bar.
#[rustfmt::skip]
pub static ACTIONS: &[ActionInfo] = &[
    // The mailbox table.
    info(Action::Mark, "mark", "mark", "Marks or unmarks the mailbox under the cursor and moves on.", TABLE).when(enabled::has_cursor),
    info(Action::Filter, "filter", "filter", "Shows only the rows that match, such as `type:shared flag:onprem smith !test`, or in a log `status:failure object:anna after:2026-11-20`.", FILTERED).takes("EXPRESSION"),
    info(Action::PlanCloud, "plan-cloud", "plan to cloud", "Makes a plan that hands the marked mailboxes (or the one under the cursor) to the cloud. Nothing is written yet.", TABLE).when(enabled::can_plan),
    info(Action::Open, "open", "details", "Opens what is under the cursor in full.", &[Context::Table, Context::Runs, Context::Agents, Context::Tls, Context::Logs]).when(enabled::can_open),
    info(Action::NextPane, "next-pane", "next pane", "Goes to the next list.", PANES),
    info(Action::Fix, "fix", "fix", "Shows exactly what would have to change on the host, before anything is saved or changed.", TLS).when(enabled::can_fix),
    info(Action::ImportRegistry, "import-registry", "read file", "Reads registry values from a file: a .reg export, the output of `reg query /s`, or of Microsoft's script.", TLS).takes("FILE").when(enabled::can_check),
    info(Action::ProbeEndpoints, "probe", "probe", "Probes the endpoints again: name, connection, handshake, certificate.", TLS).when(enabled::can_check),
    info(Action::ForgetHost, "forget-host", "forget", "Takes a file that was read in this session off the list; the file stays.", TLS).when(enabled::can_forget),
    info(Action::SaveFix, "save-fix", "save fix", "Writes the fix and its undo as PowerShell or as registry files.", &[Context::Fix]).takes("FILE").when(enabled::has_fix),
    info(Action::Sort, "sort", "sort", "Chooses the column to sort by; the same column again turns the order round.", TABS).takes("COLUMN"),
    info(Action::PlanOnPremises, "plan-on-premises", "plan back on-premises", "Makes a plan that gives the marked mailboxes back to Active Directory. The next sync overwrites the cloud's values.", TABLE).when(enabled::can_plan),
    info(Action::RangeMark, "range-mark", "range", "Starts marking a range: moving extends it, the same key ends it.", TABLE).when(enabled::has_cursor),
    info(Action::ExtendDown, "extend-down", "mark down", "Marks and moves down.", TABLE).when(enabled::has_cursor),
    info(Action::ExtendUp, "extend-up", "mark up", "Marks and moves up.", TABLE).when(enabled::has_cursor),
    info(Action::MarkAll, "mark-all", "mark all", "Marks every mailbox the filter shows.", TABLE).when(enabled::has_rows),
    info(Action::InvertMarks, "invert-marks", "invert", "Turns the marks of every mailbox the filter shows round.", TABLE).when(enabled::has_rows),
    info(Action::ClearMarks, "clear-marks", "unmark all", "Takes every mark away, hidden ones too.", TABLE).when(enabled::has_marks),
    info(Action::ImportMarks, "import-marks", "import marks", "Marks the mailboxes a CSV file names.", TABLE).takes("FILE").when(enabled::has_mailboxes),
    info(Action::Waves, "waves", "waves", "Saves the marks under a name, or loads or deletes such a wave.", TABLE),
    info(Action::ExportView, "export-view", "export view", "Writes the rows shown, in their order, to a CSV, JSON or JSON Lines file.", &[Context::Table, Context::Logs]).takes("FILE").when(enabled::has_rows),
    info(Action::Copy, "copy", "copy", "Copies an id, an address, a row, a code, a message or a path to the clipboard.", &[Context::Table, Context::Details, Context::SignIn, Context::Calls, Context::Messages, Context::Information, Context::Agents, Context::Job, Context::Agent, Context::Logs, Context::LogEntry, Context::Steering, Context::Tls, Context::Fix, Context::Timeline]).when(enabled::can_copy),
    info(Action::Reload, "reload", "reload", "Reads what is shown again, now.", &[Context::Table, Context::Details, Context::Runs, Context::Agents, Context::Tls, Context::Job, Context::Agent, Context::Logs]).when(enabled::can_reload),
    info(Action::Addresses, "addresses", "addresses", "Edits the e-mail addresses of a cloud-managed mailbox. Nothing is written before a plan is applied.", &[Context::Table, Context::Details]).when(enabled::can_edit_addresses),
    info(Action::TenantDefault, "tenant-default", "tenant default", "Plans to switch where new mailboxes of the whole tenant are managed.", TABLE).dangerous().when(enabled::can_switch_default),
    info(Action::ImportDirectory, "import-directory", "import directory", "Reads the Active Directory side from an LDIF or CSV export.", TABLE).takes("FILE"),
    info(Action::Unlock, "unlock", "unlock writing", "Lifts read-only for this process, or puts it back.", &[Context::Table, Context::Plan, Context::Runs, Context::Agents, Context::Job, Context::Agent, Context::Steering, Context::Tls, Context::Fix]).dangerous().when(enabled::can_unlock),
    info(Action::Runs, "runs", "runs", "Lists the runs on this machine: look at one, resume, verify, undo.", &[Context::Table, Context::Run]),
    info(Action::ShowRun, "show-run", "show run", "Goes to the run at work, or to the last one.", TABLE).when(enabled::has_run),
    info(Action::SignIn, "sign-in", "sign in", "Signs in, or signs in again.", SIGNED).when(enabled::can_sign_in),
    // The Agents tab.
    info(Action::PreviousPane, "previous-pane", "previous pane", "Goes to the list before.", PANES),
    info(Action::SignInBeside, "sign-in-beside", "sign in beside", "Signs a person in with a device code beside the application: agents can't be read otherwise.", AGENTS).when(enabled::can_sign_in_beside),
    // Plans and runs.
    info(Action::Apply, "apply", "apply", "Applies the plan, or the fix of this machine, after a confirmation.", &[Context::Plan, Context::Steering, Context::Fix]).dangerous().when(enabled::can_apply),
    info(Action::SavePlan, "save-plan", "save plan", "Writes the plan to a file, for review or for `handover mailboxes apply`.", &[Context::Plan]).takes("FILE"),
    info(Action::ConnectVersion, "connect-version", "Connect version", "Notes for this session which version of Connect Sync runs here, as its server shows it; plans check it.", &[Context::Table, Context::Plan]).takes("VERSION"),
    info(Action::Pause, "pause", "pause", "Starts nothing new until told to go on.", RUN).when(enabled::can_pause),
    info(Action::Continue, "continue", "continue", "Goes on after a pause.", RUN).when(enabled::can_continue),
    info(Action::CancelRun, "cancel-run", "cancel run", "Finishes what is in flight and ends the run; it can be resumed later.", RUN).when(enabled::can_cancel_run),
    info(Action::Resume, "resume", "resume", "Goes on with an interrupted run after a confirmation; every open mailbox is read first.", &[Context::Runs]).dangerous().when(enabled::can_resume),
    info(Action::Verify, "verify", "verify", "Reads back what a run wrote and says what has changed since.", &[Context::Runs]).when(enabled::has_selected_run),
    info(Action::Undo, "undo", "undo", "Makes the plan that takes a run back. Nothing is written yet.", &[Context::Runs]).when(enabled::has_selected_run),
    // Cloud Sync.
    info(Action::SubjectActions, "actions", "actions", "Shows everything that can be done with the job, agent, group or domain.", AGENTS).when(enabled::is_signed_in),
    info(Action::Logs, "logs", "logs", "Opens the provisioning log of the job: what it did with each object, and why not.", JOB).when(enabled::on_job),
    info(Action::StartJob, "start-job", "start", "Plans to start or resume the job where it stopped.", JOB).dangerous().when(enabled::on_job),
    info(Action::PauseJob, "pause-job", "pause", "Plans to pause the job; nothing that was written is taken back.", JOB).dangerous().when(enabled::on_job),
    info(Action::RestartJob, "restart-job", "restart", "Offers the ways to restart the job, from ending a quarantine to starting all over.", JOB).dangerous().when(enabled::on_job),
    info(Action::ProvisionOnDemand, "provision", "provision now", "Provisions objects at once and shows each step: import, scoping, matching, export.", &[Context::Agents, Context::Job, Context::Logs, Context::LogEntry]).dangerous().when(enabled::can_provision),
    info(Action::StagedDeletes, "held-back", "held-back deletes", "Lists the deletions that the threshold holds back; from there they can be let through.", JOB).when(enabled::on_job),
    info(Action::Thresholds, "threshold", "threshold", "Sets from how many deletions on a run is held back, and who is told.", JOB).dangerous().when(enabled::on_configuration),
    info(Action::MailMapping, "mail-mapping", "add Mail mapping", "Adds the mapping Mail -> mail that older writeback jobs lack, and nothing else.", JOB).dangerous().when(enabled::can_add_mapping),
    info(Action::Audit, "audit", "audit", "Shows who changed the configuration, when and how.", JOB).when(enabled::on_configuration),
    info(Action::DeletePrevention, "prevention-off", "prevention off", "Plans to switch the tenant's own prevention of accidental deletions off: that of Connect Sync.", AGENTS).dangerous().when(enabled::as_person),
    info(Action::CreateWriteback, "create-writeback", "create writeback", "Creates and starts the configuration that writes Exchange attributes back to a domain.", AGENTS).dangerous().takes("DOMAIN").when(enabled::is_signed_in),
    info(Action::AssignAgent, "assign-agent", "put into group", "Puts the agent into a group.", AGENT).dangerous().when(enabled::on_agent),
    info(Action::UnassignAgent, "unassign-agent", "take out of group", "Takes the agent out of a group.", AGENT).dangerous().when(enabled::on_grouped_agent),
    info(Action::CreateGroup, "create-group", "create group", "Creates an agent group.", AGENTS).dangerous().takes("NAME").when(enabled::as_person),
    info(Action::RenameGroup, "rename-group", "rename group", "Renames the agent group under the cursor.", AGENTS).dangerous().takes("NAME").when(enabled::on_group),
    info(Action::DeleteGroup, "delete-group", "delete group", "Deletes the agent group under the cursor.", AGENTS).dangerous().when(enabled::on_group),
    info(Action::Updater, "updates", "agent updates", "Sets when the agents of the tenant update themselves.", AGENTS).dangerous().when(enabled::as_person),
    info(Action::TenantAudit, "changes", "all changes", "Shows who changed any configuration of the tenant, when and how.", AGENTS).when(enabled::is_signed_in),
    info(Action::CancelAction, "cancel-action", "cancel action", "Ends the action between two steps; what was sent is read again.", &[Context::Steering]).when(enabled::can_cancel_action),
    info(Action::ShowAction, "show-action", "show action", "Goes to the action on Cloud Sync at work, or to the last one.", GLOBAL).when(enabled::has_action),
    info(Action::Older, "older", "read older", "Reads older entries of the log; moving to the end of the list does the same.", &[Context::Logs]).when(enabled::can_read_older),
    info(Action::AllowDeletes, "allow-deletes", "allow deletes", "Plans a restart that carries the listed deletions out. Nothing is deleted yet.", &[Context::Logs]).dangerous().when(enabled::can_allow_deletes),
    // Lists and dialogs.
    info(Action::SaveWave, "save-wave", "save marks", "Saves the marks under a name.", &[Context::Waves]).takes("NAME").when(enabled::has_marks),
    info(Action::DeleteWave, "delete-wave", "delete", "Deletes a saved wave; no mailbox changes.", &[Context::Waves]).when(enabled::has_selected_wave),
    info(Action::CancelJob, "cancel-job", "cancel job", "Cancels a job; what it has brought so far stays.", &[Context::Jobs]).when(enabled::can_cancel_job),
    info(Action::AddAddress, "add-address", "add", "Adds an address.", &[Context::Addresses]),
    info(Action::RemoveAddress, "remove-address", "remove", "Removes an address, or takes it back in.", &[Context::Addresses]).when(enabled::can_remove_address),
    info(Action::SetPrimary, "set-primary", "set primary", "Makes an address the primary one.", &[Context::Addresses]).when(enabled::can_set_primary),
    info(Action::Accept, "accept", "accept", "Presses the button with the cursor, takes the entry of a list, or accepts what is typed.", &[Context::Dialog, Context::Text, Context::Addresses, Context::Plan, Context::Sort, Context::Waves, Context::Steering]),
    info(Action::NextField, "next-field", "next field", "Goes to the next field or button.", FORMS),
    info(Action::PreviousField, "previous-field", "previous field", "Goes to the previous field or button.", FORMS),
    info(Action::OpenBrowser, "open-browser", "open browser", "Opens the sign-in page in the browser of this machine.", &[Context::SignIn]),
    info(Action::HistoryBack, "history-back", "older", "Brings back what was typed before.", &[Context::Palette]),
    info(Action::HistoryForward, "history-forward", "newer", "Goes forward in what was typed before.", &[Context::Palette]),
    // Moving about.
    info(Action::Down, "down", "down", "Moves down.", MOVES),
    info(Action::Up, "up", "up", "Moves up.", MOVES),
    info(Action::PageDown, "page-down", "page down", "Moves down by a page.", MOVES),
    info(Action::PageUp, "page-up", "page up", "Moves up by a page.", MOVES),
    info(Action::First, "first", "first", "Moves to the first entry.", &[Context::Global, Context::Plan]),
    info(Action::Last, "last", "last", "Moves to the last entry.", &[Context::Global, Context::Plan]),
    // Everywhere.
    info(Action::AgentsTab, "agents", "Agents", "Goes to the Agents tab: Cloud Sync agents and jobs, live.", GLOBAL).when(enabled::can_switch_tab),
    info(Action::MailboxesTab, "mailboxes", "Mailboxes", "Goes to the Mailboxes tab.", GLOBAL).when(enabled::can_switch_tab),
    info(Action::TlsTab, "tls", "TLS", "Goes to the TLS tab: registry values of hosts, endpoints on the wire.", GLOBAL).when(enabled::can_switch_tab),
    info(Action::NextTab, "next-tab", "next tab", "Goes to the tab at the right.", GLOBAL).when(enabled::can_switch_tab),
    info(Action::PreviousTab, "previous-tab", "previous tab", "Goes to the tab at the left.", GLOBAL).when(enabled::can_switch_tab),
    info(Action::Jobs, "jobs", "jobs", "Shows what is at work and what has ended.", GLOBAL),
    info(Action::Calls, "calls", "call log", "Shows every call to the services: method, path, status, request id, milliseconds.", GLOBAL),
    info(Action::Messages, "messages", "messages", "Shows every message so far, with advice.", GLOBAL),
    info(Action::Information, "info", "info", "Shows what is in use: version, files and folders, profile, services, where secrets rest, rules, environment.", GLOBAL),
    info(Action::Theme, "theme", "theme", "Changes the colours: dark, light, colour-blind or mono.", GLOBAL).takes("NAME"),
    info(Action::Palette, "palette", "commands", "Finds any action by its name.", GLOBAL),
    info(Action::Help, "help", "help", "Shows every action with its key.", GLOBAL),
    info(Action::Back, "back", "back", "Goes back by one level; while loading, stops loading and keeps the rows.", ANYWHERE),
    info(Action::Quit, "quit", "quit", "Leaves; asks only while jobs run.", GLOBAL),
    info(Action::Interrupt, "interrupt", "interrupt", "Once: cancels, or asks. Twice: stops after the current step.", ANYWHERE),
];

impl Action {
    /// What the table says about it.
    pub fn info(self) -> &'static ActionInfo {
        // Every action has one row; a test keeps it so. The first row stands in rather than a panic.
        ACTIONS
            .iter()
            .find(|info| info.action == self)
            .unwrap_or(&ACTIONS[0])
    }

    /// By its name in keymaps and in the palette.
    pub fn named(name: &str) -> Option<Self> {
        ACTIONS
            .iter()
            .find(|info| info.name == name)
            .map(|info| info.action)
    }
}
