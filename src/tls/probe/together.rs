//! What only several endpoints together show: a wrong clock, and one authority that signs for everybody.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::conclusion::conclude;
use crate::domain::{
    count::grouped,
    tls::{EndpointReport, EndpointSpeech, ProbeOutcome},
};

/// How far a clock may be off before sign-ins begin to fail: Kerberos and Entra both allow five minutes.
const CLOCK_TOLERANCE: i64 = 5 * 60;

/// Looks at all reports, changes those that mean something else now, and tells which (by place) and what to say once.
pub fn compare(reports: &mut [EndpointReport], now: Timestamp) -> (Vec<usize>, Vec<String>) {
    let mut notes = Vec::new();
    let ahead = clock_ahead(reports);
    if let Some(ahead) = ahead.filter(|ahead| ahead.abs() > CLOCK_TOLERANCE) {
        let side = if ahead > 0 { "ahead of" } else { "behind" };
        notes.push(format!(
            "This machine's clock is {} s {side} the dates in answers on port 80. Set it: sign-ins fail from five minutes on.",
            grouped(ahead.unsigned_abs())
        ));
    }
    let mut changed = wrong_clock(reports, ahead, now);
    changed.extend(same_authority(reports, &mut notes));
    changed.sort_unstable();
    changed.dedup();
    (changed, notes)
}

/// The median of what answers on port 80 say: one proxy with a wrong clock must not decide.
fn clock_ahead(reports: &[EndpointReport]) -> Option<i64> {
    let mut seconds: Vec<i64> = reports
        .iter()
        .filter_map(|report| report.clock_ahead_seconds)
        .collect();
    seconds.sort_unstable();
    seconds.get(seconds.len() / 2).copied()
}

/// Expired certificates that would be valid by the servers' clock; or, where no server told a time, several of them with
/// no more good ones beside.
fn wrong_clock(reports: &mut [EndpointReport], ahead: Option<i64>, now: Timestamp) -> Vec<usize> {
    let expired: Vec<usize> = (0..reports.len())
        .filter(|&index| reports[index].outcome == ProbeOutcome::CertificateExpired)
        .collect();
    let suspects: Vec<usize> = match ahead {
        Some(ahead) => {
            let servers_time = now
                .saturating_sub(SignedDuration::from_secs(ahead))
                .unwrap_or(now);
            expired
                .into_iter()
                .filter(|&index| valid_at(&reports[index], servers_time))
                .collect()
        }
        None => {
            let leaves: BTreeSet<_> = expired
                .iter()
                .filter_map(|&index| reports[index].chain.first())
                .map(|leaf| (&leaf.subject, &leaf.not_before, &leaf.not_after))
                .collect();
            let good = reports
                .iter()
                .filter(|report| report.speech == EndpointSpeech::Tls)
                .filter(|report| {
                    matches!(
                        report.outcome,
                        ProbeOutcome::Reached | ProbeOutcome::OldProtocolsOffered
                    )
                })
                .count();
            if leaves.len() >= 2 && leaves.len() >= good {
                expired
            } else {
                Vec::new()
            }
        }
    };
    for &index in &suspects {
        let reason = match ahead {
            Some(_) => {
                "By the time that servers tell, the certificate is valid: this machine's clock is wrong."
            }
            None => {
                "Several hosts at once have certificates out of their time: this machine's clock is probably wrong."
            }
        };
        let report = &mut reports[index];
        let expires = report.expires.clone().unwrap_or_default();
        conclude(
            report,
            ProbeOutcome::ClockWrong,
            &format!("{reason} It is valid until {expires}."),
        );
    }
    suspects
}

fn valid_at(report: &EndpointReport, time: Timestamp) -> bool {
    let Some(leaf) = report.chain.first() else {
        return false;
    };
    let parse = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    match (parse(&leaf.not_before), parse(&leaf.not_after)) {
        (Some(from), Some(until)) => from <= time && time <= until,
        _ => false,
    }
}

/// One authority without public trust that signs for unrelated hosts is a device that opens TLS, and no server.
fn same_authority(reports: &mut [EndpointReport], notes: &mut Vec<String>) -> Vec<usize> {
    let mut by_issuer: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, report) in reports.iter().enumerate() {
        let signed_by_other = report
            .chain
            .first()
            .is_some_and(|leaf| leaf.subject != leaf.issuer);
        let unknown = matches!(
            report.outcome,
            ProbeOutcome::Intercepted | ProbeOutcome::CertificateUntrusted
        );
        if let Some(issuer) = report.issuer.clone().filter(|_| signed_by_other && unknown) {
            by_issuer.entry(issuer).or_default().push(index);
        }
    }
    let mut changed = Vec::new();
    for (issuer, places) in by_issuer {
        let domains: BTreeSet<String> = places
            .iter()
            .map(|&index| domain_of(&reports[index].host))
            .collect();
        if domains.len() < 2 {
            continue;
        }
        notes.push(format!(
            "One authority, {issuer}, signed the certificates of {} unrelated hosts: a device on the way opens TLS.",
            domains.len()
        ));
        for &index in &places {
            let report = &mut reports[index];
            report.detail.push_str(
                " The same authority signed for unrelated hosts, which only an inspecting device does.",
            );
        }
        changed.extend(places);
    }
    changed
}

/// The last two labels: enough to tell Microsoft's domains from each other.
fn domain_of(host: &str) -> String {
    let labels: Vec<&str> = host.rsplit('.').take(2).collect();
    labels
        .into_iter()
        .rev()
        .collect::<Vec<_>>()
        .join(".")
        .to_ascii_lowercase()
}
