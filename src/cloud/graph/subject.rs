//! What a call is about, for what is said when it is refused.

/// What a call is about.
#[derive(Debug)]
pub(super) struct Subject {
    /// For people, such as `synchronization jobs`.
    pub(super) what: &'static str,
    /// What to grant when the right is missing.
    pub(super) grant: &'static str,
    /// Whether Graph allows it to people only, not to applications (facts/graph section 0, finding 1).
    pub(super) people_only: bool,
    /// What to do when it is gone.
    pub(super) gone: &'static str,
}

/// Said of everything that an application may not do.
pub(super) const SIGN_IN_AS_A_PERSON: &str = "Graph allows this to people only, whatever permissions an application has: sign in with device-code (method = \
     \"device-code\" in the profile) as a Hybrid Identity Administrator.";

/// The organisation.
pub(super) const ORGANIZATION: Subject = Subject {
    what: "the organisation",
    grant: "Grant the application the permission Organization.Read.All with admin consent, or go on without: it is only \
            needed for checks.",
    people_only: false,
    gone: "Load the inventory again.",
};

/// Who masters whole objects.
pub(super) const AUTHORITY: Subject = Subject {
    what: "the authority over objects",
    grant: "Grant the application the permission User-OnPremisesSyncBehavior.ReadWrite.All with admin consent, or go on \
            without: it is only needed for checks.",
    people_only: false,
    gone: "Load the inventory again.",
};
