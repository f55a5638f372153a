//! What codes of Cloud Sync mean and what to do, from the table in `assets/advice`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Advice;
use crate::domain::synchronization::{
    ExecutionState, OnDemandOutcome, Quarantine, QuarantineReason, SynchronizationError, SynchronizationJob,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    advice: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    codes: Vec<String>,
    meaning: String,
    action: String,
}

/// The table is part of the program and read by a test; an empty one would only cost the advice.
static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    toml::from_str::<Table>(include_str!("../../../assets/advice/synchronization.toml"))
        .map_or_else(|_| Vec::new(), |table| table.advice)
});

/// What a code, a quarantine reason or a skip reason means; nothing for those the table does not know.
pub fn advice_for(code: &str) -> Option<Advice> {
    // Services append what the code is about: `TimeOut: ...`, `Code(more)`.
    let code = code
        .trim()
        .split([' ', ':', '(', ','])
        .next()
        .filter(|code| !code.is_empty())?;
    let entry = TABLE
        .iter()
        .find(|entry| entry.codes.iter().any(|known| known.eq_ignore_ascii_case(code)))?;
    Some(Advice {
        about: code.to_owned(),
        meaning: entry.meaning.clone(),
        action: entry.action.clone(),
    })
}

fn advice_for_error(error: Option<&SynchronizationError>) -> Option<Advice> {
    advice_for(&error?.code)
}

/// What to do about a quarantine: by its error first, since that names the cause; else by its reason. Held-back
/// deletions are a reason that no error explains better.
pub fn quarantine_advice(quarantine: &Quarantine) -> Option<Advice> {
    let reason = || advice_for(quarantine.reason.word());
    if quarantine.reason == QuarantineReason::TooManyDeletes {
        return reason();
    }
    advice_for_error(quarantine.error.as_ref()).or_else(reason)
}

/// What to do about a job: its quarantine, or else its last run. Nothing while all is well.
pub fn job_advice(job: &SynchronizationJob) -> Option<Advice> {
    if let Some(quarantine) = &job.status.quarantine {
        return quarantine_advice(quarantine);
    }
    let last = job.status.last.as_ref()?;
    if last.state == ExecutionState::Succeeded {
        return None;
    }
    advice_for_error(last.error.as_ref()).or_else(|| advice_for(last.state.word()))
}

/// What to do about an object that was provisioned on demand: its error, or why it was left out.
pub fn on_demand_advice(outcome: &OnDemandOutcome) -> Option<Advice> {
    advice_for_error(outcome.error.as_ref()).or_else(|| {
        outcome
            .steps
            .iter()
            .flat_map(|step| &step.details)
            .find(|(name, _)| name == "SkipReason")
            .and_then(|(_, reason)| advice_for(reason))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// facts/graph section 5.4 and facts/connect section 8.
    const CODES: [&str; 13] = [
        "TimeOut",
        "HybridSynchronizationActiveDirectoryInternalServerError",
        "HybridIdentityServiceNoAgentsAssigned",
        "HybridIdentityServiceNoActiveAgents",
        "HybridIdentityServiceInvalidResource",
        "HybridIdentityServiceAgentSignalingError",
        "AzureDirectoryServiceServerBusy",
        "AzureActiveDirectoryInvalidCredential",
        "AzureActiveDirectoryExpiredCredentials",
        "AzureActiveDirectoryAuthenticationFailed",
        "AzureDirectoryServiceAuthorizationFailed",
        "HybridSynchronizationActiveDirectoryUnexpectedDuplicateEntriesFound",
        "HybridSynchronizationActiveDirectoryInvalidCredentials",
    ];

    #[test]
    fn every_known_code_and_reason_has_advice() {
        let reasons = QuarantineReason::KNOWN.iter().map(|(_, word)| *word);
        for code in CODES.into_iter().chain(reasons) {
            let advice = advice_for(code).unwrap_or_else(|| panic!("no advice for {code}"));
            assert!(!advice.meaning.is_empty() && !advice.action.is_empty());
        }
    }

    #[test]
    fn the_table_is_whole_and_names_no_code_twice() {
        let table: Table =
            toml::from_str(include_str!("../../../assets/advice/synchronization.toml")).unwrap();
        let mut codes: Vec<String> = table
            .advice
            .iter()
            .flat_map(|entry| entry.codes.iter().map(|code| code.to_lowercase()))
            .collect();
        let count = codes.len();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for entry in &table.advice {
            assert!(
                entry.meaning.ends_with('.') && entry.action.ends_with('.'),
                "{entry:?}"
            );
        }
    }

    #[test]
    fn codes_are_found_with_what_services_append() {
        assert_eq!(advice_for("timeout").unwrap().about, "timeout");
        assert!(advice_for("HybridIdentityServiceNoActiveAgents: none").is_some());
        assert!(advice_for("DeleteThresholdExceeded(made up)").is_some());
        assert_eq!(advice_for(""), None);
        assert_eq!(advice_for("SomethingNew"), None);
    }
}
