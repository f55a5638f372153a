//! One endpoint: name, connection, handshake or request, questions about old versions, judgement.

use std::{sync::Arc, time::Duration};

use hyper_util::client::proxy::matcher::Matcher;
use rustls::{
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use super::{
    certificate,
    conclusion::conclude,
    handshake::{Broken, Handshake, ask, shake, suite_name},
    hello::{Answer, Version},
    judgement,
    options::ProbeOptions,
    plain_http,
    route::{Failure, Route},
    trust::{Authorities, Opinions, Refusal},
};
use crate::domain::tls::{Endpoint, EndpointReport, EndpointSpeech, ProbeOutcome, Verdict};

/// The longest that questions beside the handshake take. A server that drops old hellos in silence would hold every
/// probe up to its bound otherwise.
const SIDE_BOUND: Duration = Duration::from_secs(3);

/// What all probes of one check share.
#[derive(Debug)]
pub struct Equipment {
    /// How to probe.
    pub options: ProbeOptions,
    /// The two lists of authorities.
    pub authorities: Arc<Authorities>,
    /// Cryptography.
    pub provider: Arc<CryptoProvider>,
    /// Which hosts go through a proxy.
    pub rules: Option<Matcher>,
}

/// Probes one endpoint. Takes [`ProbeOptions::bound`] at most, whatever the other end does.
pub async fn examine(endpoint: Endpoint, equipment: Arc<Equipment>) -> EndpointReport {
    let started = Instant::now();
    let deadline = started + equipment.options.bound;
    let mut report = blank(&endpoint);
    let examination = Examination {
        endpoint: &endpoint,
        equipment: &equipment,
        deadline,
    };
    let told = match examination.look(&mut report).await {
        Ok(told) | Err(told) => told,
    };
    conclude(&mut report, told.outcome, &told.detail);
    report.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    report
}

fn blank(endpoint: &Endpoint) -> EndpointReport {
    EndpointReport {
        host: endpoint.host.clone(),
        port: endpoint.port,
        speech: endpoint.speech,
        required: endpoint.required,
        roles: endpoint.roles.clone(),
        purpose: endpoint.purpose.clone(),
        certainty: endpoint.certainty,
        verdict: Verdict::Info,
        outcome: ProbeOutcome::HandshakeFailed,
        detail: String::new(),
        addresses: Vec::new(),
        proxy: None,
        protocol: None,
        suite: None,
        issuer: None,
        expires: None,
        public_trust: None,
        system_trust: None,
        clock_ahead_seconds: None,
        chain: Vec::new(),
        old_protocols: Vec::new(),
        schannel: None,
        milliseconds: 0,
    }
}

struct Examination<'a> {
    endpoint: &'a Endpoint,
    equipment: &'a Equipment,
    deadline: Instant,
}

/// Good news travels in the same clothes as bad: an outcome and a sentence.
type Told = Failure;

impl Examination<'_> {
    async fn look(&self, report: &mut EndpointReport) -> Result<Told, Told> {
        let Endpoint {
            host, port, speech, ..
        } = self.endpoint;
        let equipment = self.equipment;
        let rules = equipment.rules.as_ref();
        let route = Route::find((host, *port), *speech, rules, &equipment.options, self.deadline).await?;
        report.addresses = route
            .addresses()
            .iter()
            .map(|address| address.ip().to_string())
            .collect();
        report.proxy = route.proxy().map(|proxy| proxy.name.clone());
        match speech {
            EndpointSpeech::Tls => self.tls(&route, report).await,
            EndpointSpeech::Http => {
                let stream = match route.proxy() {
                    Some(proxy) => proxy.connect(self.deadline).await?,
                    None => route.open(host, *port, self.deadline).await?,
                };
                let answered = plain_http::ask(stream, self.endpoint, route.proxy(), self.deadline).await?;
                report.clock_ahead_seconds = answered.clock_ahead_seconds;
                Ok(Told::new(ProbeOutcome::Reached, answered.detail))
            }
            EndpointSpeech::Connection => {
                route.open(host, *port, self.deadline).await?;
                Ok(Told::new(
                    ProbeOutcome::Reached,
                    "The connection opens; nothing was asked.",
                ))
            }
        }
    }

    async fn tls(&self, route: &Route, report: &mut EndpointReport) -> Result<Told, Told> {
        let host = &self.endpoint.host;
        let name = ServerName::try_from(host.clone()).map_err(|_| {
            Told::new(
                ProbeOutcome::HandshakeFailed,
                "This is no name that a certificate could be for.",
            )
        })?;
        let stream = route.open(host, self.endpoint.port, self.deadline).await?;
        let (shaken, tls10, tls11, schannel) = tokio::join!(
            shake(stream, name.clone(), &self.equipment.provider, self.deadline),
            self.ask(route, Version::TLS10),
            self.ask(route, Version::TLS11),
            self.schannel(route),
        );
        report.schannel = schannel.as_ref().map(|seen| match seen {
            Ok(agreed) => agreed.clone(),
            Err(reason) => format!("failed: {reason}"),
        });
        let mut old: Vec<Version> = [tls10, tls11]
            .into_iter()
            .filter_map(|answer| match answer {
                Some(Answer::ServerHello { version, .. }) if version < Version::TLS12 => Some(version),
                _ => None,
            })
            .collect();
        old.sort();
        old.dedup();
        report.old_protocols = old.iter().map(|version| version.name().into_owned()).collect();

        let opinions = self.opinions(shaken.chain.clone(), name).await;
        self.describe(report, &shaken, opinions.as_ref());
        match &shaken.result {
            Ok(_) => {
                let Some(opinions) = opinions else {
                    return Err(Told::new(
                        ProbeOutcome::HandshakeFailed,
                        "The server sent no certificate.",
                    ));
                };
                let told = judgement::of_trust(&opinions, &report.chain, host);
                let told = judgement::with_old_versions(told, &report.old_protocols);
                Ok(judgement::with_schannel(told, schannel.as_ref()))
            }
            Err(broken) => {
                let told = self.failed(route, &shaken, broken, report).await;
                Err(judgement::with_schannel(told, schannel.as_ref()))
            }
        }
    }

    /// Fills in what the handshake showed.
    fn describe(&self, report: &mut EndpointReport, shaken: &Handshake, opinions: Option<&Opinions>) {
        if let Ok(agreed) = &shaken.result {
            report.protocol = Some(agreed.version.name().into_owned());
            report.suite = Some(suite_name(agreed.suite));
        }
        report.chain = shaken
            .chain
            .iter()
            .map(|certificate| certificate::facts(certificate))
            .collect();
        report.issuer = report.chain.first().map(|leaf| leaf.issuer.clone());
        report.expires = report.chain.first().and_then(|leaf| leaf.not_after.clone());
        let word = |opinion: &Result<(), Refusal>| match opinion {
            Ok(()) => "trusted".to_owned(),
            Err(reason) => reason.to_string(),
        };
        report.public_trust = opinions.map(|opinions| word(&opinions.public));
        report.system_trust = opinions.map(|opinions| word(&opinions.system));
    }

    /// Why a handshake failed; asks once more with every suite of TLS 1.2 where that can tell.
    async fn failed(
        &self,
        route: &Route,
        shaken: &Handshake,
        broken: &Broken,
        report: &mut EndpointReport,
    ) -> Told {
        let old_only = |versions: &str| {
            Told::new(
                ProbeOutcome::OldProtocolOnly,
                format!("The server speaks {versions} only; the products and Handover need TLS 1.2."),
            )
        };
        if matches!(broken, Broken::Alert(_) | Broken::Incompatible(_) | Broken::Cut) {
            match self.ask(route, Version::TLS12).await {
                Some(Answer::ServerHello { version, suite }) if version >= Version::TLS12 => {
                    report.protocol = Some(version.name().into_owned());
                    report.suite = Some(suite_name(suite));
                    // A server that takes the wide hello and not rustls' own differs in its suites.
                    // One that has shown its certificate, or chooses a suite that rustls has, stumbled over something else.
                    let shared = self
                        .equipment
                        .provider
                        .cipher_suites
                        .iter()
                        .any(|known| u16::from(known.suite()) == suite);
                    if matches!(broken, Broken::Alert(_) | Broken::Incompatible(_))
                        && shaken.chain.is_empty()
                        && !shared
                    {
                        return Told::new(
                            ProbeOutcome::NoCommonSuite,
                            format!(
                                "The server speaks {}, but shares no suite with Handover; offered more, it chose {}.",
                                version.name(),
                                suite_name(suite)
                            ),
                        );
                    }
                }
                Some(Answer::ServerHello { version, .. }) => {
                    let name = version.name().into_owned();
                    if !report.old_protocols.contains(&name) {
                        report.old_protocols.push(name);
                    }
                    return old_only(&report.old_protocols.join(" and "));
                }
                _ if !report.old_protocols.is_empty() => {
                    return old_only(&report.old_protocols.join(" and "));
                }
                _ => {}
            }
        }
        judgement::of_broken(
            broken,
            &shaken.first_bytes,
            self.equipment.options.bound.as_secs_f32(),
        )
    }

    /// What the server says to a hello for one version; `None` where it said nothing, or not in time.
    async fn ask(&self, route: &Route, version: Version) -> Option<Answer> {
        let deadline = self.deadline.min(Instant::now() + SIDE_BOUND);
        let Endpoint { host, port, .. } = self.endpoint;
        let stream = route.open(host, *port, deadline).await.ok()?;
        ask(stream, version, host, deadline).await
    }

    /// What both lists of authorities say; off this thread, since Windows may ask the network.
    async fn opinions(
        &self,
        chain: Vec<CertificateDer<'static>>,
        name: ServerName<'static>,
    ) -> Option<Opinions> {
        if chain.is_empty() {
            return None;
        }
        let authorities = self.equipment.authorities.clone();
        let now = UnixTime::now();
        // The public list is in memory; only the machine's own may have to wait, and must not take the other along.
        let public = authorities.public(&chain, &name, now);
        let judging = spawn_blocking(move || authorities.system(&chain, &name, now));
        let system = match timeout_at(self.deadline, judging).await {
            Ok(Ok(opinion)) => opinion,
            _ => Err(Refusal::Unchecked("no answer in time".to_owned())),
        };
        Some(Opinions { public, system })
    }

    /// What Windows' own TLS makes of the server: version and suite, or why it failed. `None` elsewhere than on Windows.
    #[cfg(windows)]
    async fn schannel(&self, route: &Route) -> Option<Result<String, String>> {
        if !self.equipment.options.schannel {
            return None;
        }
        let Endpoint { host, port, .. } = self.endpoint;
        let opened = route
            .open(host, *port, self.deadline)
            .await
            .ok()?
            .into_std()
            .ok()?;
        let (host, bound) = (host.clone(), self.equipment.options.bound);
        let shaking = spawn_blocking(move || super::schannel::shake(opened, &host, bound));
        match timeout_at(self.deadline, shaking).await {
            Ok(told) => told.ok().flatten(),
            Err(_) => Some(Err("no answer in time".to_owned())),
        }
    }

    #[cfg(not(windows))]
    async fn schannel(&self, _route: &Route) -> Option<Result<String, String>> {
        None
    }
}
