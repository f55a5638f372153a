//! Endpoints on the wire: all of them at once, each within its bound, each with a verdict as soon as it is there.
//!
//! A probe resolves the name, connects, shakes hands through rustls with a verifier that only writes down, and closes.
//! No byte of data is sent over a connection whose certificate nobody trusts; none is sent over the others either.
//! Afterwards Mozilla's list of authorities and this machine's own are asked about the chain. Beside it two hellos made
//! by hand ask for TLS 1.0 and 1.1, and on Windows Schannel shakes hands too.
//!
//! What was verified against what: versions, suites and certificates against servers of OpenSSL 3.0, hostile behaviour
//! against servers written for the tests, inspection against squid with an authority of its own. Not against Microsoft's
//! services, and not against Windows' Schannel.

mod certificate;
mod conclusion;
mod examine;
mod handshake;
mod hello;
mod http_head;
mod judgement;
mod options;
mod overheard;
mod plain_http;
mod proxy;
mod route;
#[cfg(windows)]
mod schannel;
mod together;
mod trust;
mod witness;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

pub use self::{
    certificate::facts as certificate_facts,
    hello::{Answer, Version, client_hello, read_answer},
    http_head::{Head, HeadAnswer, read_head},
    options::{BOUND, ProbeOptions, ProxyChoice},
};
use self::{
    examine::{Equipment, examine},
    together::compare,
    trust::Authorities,
};
use crate::domain::tls::{Endpoint, EndpointReport};

/// Said once per report: what a probe cannot prove (facts/connect section 5.4).
pub const LIMITS: &str = "A handshake by Handover proves the network and the certificates from this machine. It does not prove that Windows' own TLS (Schannel, used by .NET) can do the same with this machine's registry settings, nor anything about another machine.";

/// What a whole check showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeRun {
    /// One report per endpoint, in the order asked; those that a cancelled check did not get to are missing.
    pub reports: Vec<EndpointReport>,
    /// What is said once: limits of a probe, a wrong clock, an inspecting device, a proxy.
    pub notes: Vec<String>,
    /// Whether it was cancelled before its end.
    pub cancelled: bool,
    /// How long it took.
    pub elapsed: Duration,
}

/// Why no probe could begin.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The lists of authorities could not be read.
    #[error("the lists of certificate authorities could not be read; no endpoint was probed. Try again")]
    Authorities,
}

/// Probes all endpoints at once. `on` gets each report with its endpoint's place as soon as it is there, and once more
/// where a comparison of all of them changes it. Takes as long as the slowest endpoint, [`ProbeOptions::bound`] at most.
pub async fn probe_all(
    endpoints: Vec<Endpoint>,
    options: ProbeOptions,
    cancel: CancellationToken,
    mut on: impl FnMut(usize, &EndpointReport),
) -> Result<ProbeRun, ProbeError> {
    let started = Instant::now();
    let count = endpoints.len();
    let equipment = Arc::new(equip(options).await?);
    let mut probes = JoinSet::new();
    for (index, endpoint) in endpoints.into_iter().enumerate() {
        let equipment = equipment.clone();
        probes.spawn(async move { (index, examine(endpoint, equipment).await) });
    }
    let mut found: Vec<Option<EndpointReport>> = vec![None; count];
    let cancelled = loop {
        tokio::select! {
            biased;
            () = cancel.cancelled() => break true,
            next = probes.join_next() => match next {
                Some(Ok((index, report))) => {
                    on(index, &report);
                    found[index] = Some(report);
                }
                // A probe that broke is missing from the reports; the others go on.
                Some(Err(_)) => {}
                None => break false,
            },
        }
    };
    // Dropping the set ends what still runs.
    drop(probes);
    let (places, mut reports): (Vec<usize>, Vec<EndpointReport>) = found
        .into_iter()
        .enumerate()
        .filter_map(|(index, report)| Some((index, report?)))
        .unzip();
    let (changed, mut notes) = compare(&mut reports, Timestamp::now());
    for place in changed {
        on(places[place], &reports[place]);
    }
    if !cancelled && reports.len() < count {
        notes.push(format!(
            "{} of {count} probes broke and have no report: a defect of Handover.",
            count - reports.len()
        ));
    }
    notes.extend(said_once(&reports, &equipment.authorities));
    Ok(ProbeRun {
        reports,
        notes,
        cancelled,
        elapsed: started.elapsed(),
    })
}

/// The machine's list of authorities lies in files on some systems: read off this thread.
async fn equip(options: ProbeOptions) -> Result<Equipment, ProbeError> {
    spawn_blocking(move || {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let authorities = Arc::new(Authorities::read(&options, &provider));
        let rules = proxy::proxy_rules(&options.proxy);
        Equipment {
            options,
            authorities,
            provider,
            rules,
        }
    })
    .await
    .map_err(|_| ProbeError::Authorities)
}

fn said_once(reports: &[EndpointReport], authorities: &Authorities) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(reason) = authorities.system_error() {
        notes.push(format!("This machine's own list of authorities could not be read, so inspection by a trusted device cannot be told from others: {reason}."));
    }
    if let Some(proxy) = reports.iter().find_map(|report| report.proxy.as_deref()) {
        notes.push(format!("Probed through the proxy {proxy}, which this machine's environment or settings name. Connect Sync reads its proxy from machine.config, the agent from AADConnectProvisioningAgent.exe.config: compare them."));
    }
    notes.push(LIMITS.to_owned());
    notes
}
