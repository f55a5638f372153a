//! What a restart forgets (facts/graph section 3.2, `synchronizationJobRestartScope`).

/// Flags of `resetScope`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResetScope(u8);

/// The flags with their words.
const FLAGS: [(ResetScope, &str); 5] = [
    (ResetScope::ESCROWS, "Escrows"),
    (ResetScope::WATERMARK, "Watermark"),
    (ResetScope::QUARANTINE_STATE, "QuarantineState"),
    (ResetScope::FORCE_DELETES, "ForceDeletes"),
    (ResetScope::CONNECTOR_DATA_STORE, "ConnectorDataStore"),
];

impl ResetScope {
    /// The state the service keeps per object. Never alone: support only. Part of [`ResetScope::FULL`].
    const CONNECTOR_DATA_STORE: Self = Self(1);
    /// Errors of objects that wait for another try.
    pub const ESCROWS: Self = Self(2);
    /// How far the source was read.
    pub const WATERMARK: Self = Self(4);
    /// The quarantine.
    pub const QUARANTINE_STATE: Self = Self(8);
    /// Deletions that were held back are carried out.
    pub const FORCE_DELETES: Self = Self(32);
    /// Everything the service knows about the job.
    pub const FULL: Self = Self(15);

    /// Both.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it holds every flag of another.
    pub const fn holds(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// As the service takes it: a comma-separated list, `Full` for everything.
    pub fn wire(self) -> String {
        if self == Self::FULL {
            return "Full".to_owned();
        }
        let words: Vec<&str> = FLAGS
            .iter()
            .filter(|(flag, _)| self.holds(*flag))
            .map(|(_, word)| *word)
            .collect();
        words.join(", ")
    }
}

/// One way to restart a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartChoice {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is forgotten.
    pub scope: ResetScope,
    /// Its title in a menu.
    pub title: &'static str,
    /// What it does and what to know before.
    pub doc: &'static str,
    /// Whether it may change or delete many objects.
    pub danger: bool,
}

/// The ways that are offered, the mildest first. `ConnectorDataStore` alone is not among them on purpose.
pub const RESTART_CHOICES: [RestartChoice; 4] = [
    RestartChoice {
        name: "clear-quarantine",
        scope: ResetScope::QUARANTINE_STATE,
        title: "clear quarantine",
        doc: "Ends the quarantine and goes on where the job stopped. If its cause is still there, the quarantine comes back.",
        danger: false,
    },
    RestartChoice {
        name: "restart",
        scope: ResetScope::QUARANTINE_STATE
            .and(ResetScope::WATERMARK)
            .and(ResetScope::ESCROWS),
        title: "restart",
        doc: "As \"Restart provisioning\" in the portal: reads the whole source again and tries every failed object again. \
              Takes as long as the first cycle.",
        danger: false,
    },
    RestartChoice {
        name: "full",
        scope: ResetScope::FULL,
        title: "full restart",
        doc: "As a restart, and the service forgets what it knows about each object and matches all of them again. Objects \
              whose match has changed may end up elsewhere.",
        danger: true,
    },
    RestartChoice {
        name: "allow-deletes",
        scope: ResetScope::FORCE_DELETES,
        title: "allow held-back deletes",
        doc: "Carries out the deletions that the threshold held back. Look at the list of them first; deleted users can be \
              restored for 30 days, group memberships come back with them.",
        danger: true,
    },
];

impl RestartChoice {
    /// By its name on the command line.
    pub fn named(name: &str) -> Option<&'static Self> {
        RESTART_CHOICES.iter().find(|choice| choice.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_as_the_service_takes_them() {
        let wire: Vec<String> = RESTART_CHOICES.iter().map(|choice| choice.scope.wire()).collect();
        assert_eq!(
            wire,
            [
                "QuarantineState",
                "Escrows, Watermark, QuarantineState",
                "Full",
                "ForceDeletes"
            ]
        );
        assert!(
            RESTART_CHOICES
                .iter()
                .all(|choice| choice.scope != ResetScope::CONNECTOR_DATA_STORE)
        );
    }
}
