//! Arguments of `handover agents`.

use clap::{Args, Subcommand};

use crate::cli::synchronization::{ConfirmArguments, PersonArguments};

/// Work on provisioning agents.
#[derive(Debug, Subcommand)]
pub enum AgentsVerb {
    /// List agents, those that vanished included.
    List(ListArguments),
    /// List domains and how many live agents serve each; three are recommended.
    Domains(PersonArguments),
    /// List agent groups.
    Groups(PersonArguments),
    /// Change agent groups.
    #[command(subcommand)]
    Group(GroupVerb),
    /// Show or set when agents update themselves.
    Updater(UpdaterArguments),
}

/// How to list.
#[derive(Clone, Debug, Args)]
pub struct ListArguments {
    /// Go on and print each change, until Ctrl-C.
    #[arg(long)]
    pub watch: bool,
    /// Who signs in.
    #[command(flatten)]
    pub person: PersonArguments,
}

/// Changes of groups. Agents and groups are named by name or id.
#[derive(Debug, Subcommand)]
pub enum GroupVerb {
    /// Create a group.
    Create {
        /// Its name.
        name: String,
        /// Who signs in.
        #[command(flatten)]
        person: PersonArguments,
        /// Confirmation.
        #[command(flatten)]
        confirm: ConfirmArguments,
    },
    /// Rename a group.
    Rename {
        /// The group.
        group: String,
        /// Its new name.
        name: String,
        /// Who signs in.
        #[command(flatten)]
        person: PersonArguments,
        /// Confirmation.
        #[command(flatten)]
        confirm: ConfirmArguments,
    },
    /// Delete a group.
    Delete {
        /// The group.
        group: String,
        /// Who signs in.
        #[command(flatten)]
        person: PersonArguments,
        /// Confirmation.
        #[command(flatten)]
        confirm: ConfirmArguments,
    },
    /// Put an agent into a group.
    Assign {
        /// The agent.
        agent: String,
        /// The group.
        group: String,
        /// Who signs in.
        #[command(flatten)]
        person: PersonArguments,
        /// Confirmation.
        #[command(flatten)]
        confirm: ConfirmArguments,
    },
    /// Take an agent out of a group.
    Unassign {
        /// The agent.
        agent: String,
        /// The group.
        group: String,
        /// Who signs in.
        #[command(flatten)]
        person: PersonArguments,
        /// Confirmation.
        #[command(flatten)]
        confirm: ConfirmArguments,
    },
}

/// The updater.
#[derive(Clone, Debug, Args)]
pub struct UpdaterArguments {
    /// `window=02:00-04:00`, `window=none`, `defer-until=2026-12-01T00:00:00Z`, `defer-until=none`, `allow-override=true`; may be
    /// given several times. What is not named stays.
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Who signs in.
    #[command(flatten)]
    pub person: PersonArguments,
    /// Confirmation.
    #[command(flatten)]
    pub confirm: ConfirmArguments,
}
