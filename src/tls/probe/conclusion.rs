//! From a word and a sentence to what a reader needs: how bad it is, and what to do.

use crate::domain::tls::{Certainty, EndpointReport, EndpointRole, ProbeOutcome, Verdict};

/// Outcome, and what to do about it. What it means stands in the first sentence of a detail.
const ACTIONS: [(ProbeOutcome, &str); 21] = [
    (ProbeOutcome::Reached, ""),
    (
        ProbeOutcome::OldProtocolsOffered,
        "Nothing to do on this machine: a new version was agreed on. If Microsoft runs this host, see who answers in its place.",
    ),
    (
        ProbeOutcome::Intercepted,
        "Someone on the way opens TLS. Exempt this host from TLS inspection: the provisioning agent signs in with a client certificate, so inspection breaks it even where its authority is trusted, and Microsoft does not support inspection for Connect Sync. A host of your own with a private authority looks the same and is fine.",
    ),
    (
        ProbeOutcome::NameNotFound,
        "Ask for the name on the DNS servers that this machine uses, and see that forwarding to the internet works.",
    ),
    (
        ProbeOutcome::Refused,
        "A firewall says no, or nothing listens there. Open this host and port for outbound connections.",
    ),
    (
        ProbeOutcome::Blocked,
        "A firewall swallows the connection, or there is no way to the internet without a proxy. Open this host and port for outbound connections, or set up the proxy.",
    ),
    (
        ProbeOutcome::Silent,
        "Something on the way takes connections and does not pass them on: look at the firewall, the proxy and their TLS inspection.",
    ),
    (
        ProbeOutcome::Reset,
        "A firewall or an inspecting device usually cuts like this when it sees the host's name. Allow this host there.",
    ),
    (
        ProbeOutcome::NotTls,
        "See which service or proxy answers on this port; a proxy that must be asked first has to be set up on this machine.",
    ),
    (ProbeOutcome::NotHttp, "See which service answers on this port."),
    (
        ProbeOutcome::PageInstead,
        "A network's sign-in page or a proxy answers in the place of the host. Allow this host without sign-in; certificates cannot be checked for revocation otherwise.",
    ),
    (
        ProbeOutcome::OldProtocolOnly,
        "No Microsoft service does that: find the device that answers and let it speak TLS 1.2, or pass this host through.",
    ),
    (
        ProbeOutcome::NoCommonSuite,
        "Suites without forward secrecy are refused by Handover; Windows may still take them. Microsoft's services offer ECDHE suites, so find the device that answers in their place.",
    ),
    (
        ProbeOutcome::CertificateExpired,
        "If this is a Microsoft host, check this machine's clock first; else renew the certificate of the device that answers.",
    ),
    (
        ProbeOutcome::ClockWrong,
        "Set this machine's clock (on Windows: w32tm /resync) and check again. Sign-ins and certificates fail until then.",
    ),
    (
        ProbeOutcome::CertificateUntrusted,
        "Nobody vouches for whoever answers. Nothing was sent to it. Find the device on the way, and exempt this host from its TLS inspection.",
    ),
    (
        ProbeOutcome::CertificateWrongName,
        "Another server answers in the place of this host: look at DNS, the hosts file and the proxy.",
    ),
    (
        ProbeOutcome::AuthorityUnknownHere,
        "Update this machine's root authorities: on Windows ctldl.windowsupdate.com must be reachable on port 80 unless they are distributed by policy.",
    ),
    (
        ProbeOutcome::SchannelFailed,
        "The products use Windows' TLS: set this machine's registry values and cipher suites right and restart it.",
    ),
    (
        ProbeOutcome::ProxyRefused,
        "Allow this host on the proxy without sign-in for servers; the provisioning agent cannot answer a sign-in page.",
    ),
    (
        ProbeOutcome::HandshakeFailed,
        "See who answers on this address, and compare with a handshake from another network.",
    ),
];

/// How bad an outcome is for those who need the endpoint.
pub fn verdict(outcome: ProbeOutcome, report: &EndpointReport) -> Verdict {
    let in_the_way = if report.required {
        Verdict::Fail
    } else {
        Verdict::Warn
    };
    match outcome {
        ProbeOutcome::Reached => Verdict::Ok,
        ProbeOutcome::OldProtocolsOffered => Verdict::Info,
        // Only the agent breaks for certain: it signs in with a client certificate.
        ProbeOutcome::Intercepted if !report.roles.contains(&EndpointRole::Agent) => Verdict::Warn,
        ProbeOutcome::NameNotFound if report.certainty == Certainty::Guess => Verdict::Info,
        _ => in_the_way,
    }
}

/// Writes outcome, verdict and text into a report. `what` says what happened.
pub fn conclude(report: &mut EndpointReport, outcome: ProbeOutcome, what: &str) {
    report.outcome = outcome;
    report.verdict = verdict(outcome, report);
    let action = ACTIONS
        .iter()
        .find(|(known, _)| *known == outcome)
        .map_or("", |(_, action)| *action);
    let guess = match (report.certainty, outcome) {
        (Certainty::Guess, ProbeOutcome::NameNotFound) => {
            "The name is a guess, so this may say nothing; the real one stands in the product's trace log."
        }
        (Certainty::Guess, ProbeOutcome::Reached | ProbeOutcome::OldProtocolsOffered) => "",
        (Certainty::Guess, _) => "The name is a guess: no document of Microsoft names it.",
        (Certainty::Documented, _) => "",
    };
    let parts = [what, action, guess];
    report.detail = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_row() {
        for (index, (outcome, action)) in ACTIONS.iter().enumerate() {
            assert!(
                !ACTIONS[..index].iter().any(|(earlier, _)| earlier == outcome),
                "{outcome:?} twice"
            );
            assert_eq!(
                action.is_empty(),
                *outcome == ProbeOutcome::Reached,
                "{outcome:?}"
            );
        }
    }
}
